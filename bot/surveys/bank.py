"""The ready questions of surveys, and which of them a pulse asks next."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import chain, zip_longest

from bot.surveys.survey import Question, Scale, Theme

#: No question comes back within so many days. The longest quarter of a calendar has 92, so two days
#: that are as far apart lie in two quarters, however one counts them. Of a pulse of five questions
#: every week fourteen waves fall into them: 70 questions.
QUARTER = 92

#: Of this language are the questions that readers of others get.
_FIRST = "en"

ENPS = Question(
    "enps",
    Scale.LIKELIHOOD,
    {
        "en": "How likely are you to recommend working here to a friend?",
        "ar": "ما مدى احتمال أن توصي صديقًا بالعمل هنا؟",
        "de": "Wie wahrscheinlich ist es, dass du Freunden empfiehlst, hier zu arbeiten?",
        "el": "Πόσο πιθανό είναι να συστήσεις σε φίλους σου να δουλέψουν εδώ;",
        "es": "¿Qué probabilidad hay de que recomiendes trabajar aquí a alguien cercano?",
        "fa": "چقدر احتمال دارد کار کردن در اینجا را به دوستانتان پیشنهاد کنید؟",
        "fr": "Quelle est la probabilité que vous recommandiez à un proche de travailler ici\u00a0?",
    },
)


@cache
def questions() -> tuple[Question, ...]:
    """All questions of pulses, by theme; each in every language, English first."""
    texts = {language: _texts(language) for language in languages()}
    return tuple(
        Question(
            key,
            Scale.AGREEMENT,
            {language: texts[language][key] for language in texts},
            Theme(key.rpartition("-")[0]),
        )
        for key in texts[_FIRST]
    )


@cache
def languages() -> tuple[str, ...]:
    """The languages that the questions are in, English first."""
    names = (file.name.removesuffix(".toml") for file in _folder().iterdir())
    return tuple(sorted(names, key=lambda name: (name != _FIRST, name)))


def pick(
    asked: Mapping[str, date], themes: Collection[Theme], many: int, day: date
) -> list[Question]:
    """The `many` questions to ask on a day, of `themes` (none: of all).

    `asked` tells when each question was asked last, by its key. None of the last `QUARTER` days comes
    back; where the bank has no more than those, the list is shorter. The theme that was not asked
    about for longest comes first, and all come as often as each other. The same is given the same.
    """
    rows = [_free(asked, theme, day) for theme in _by_turns(asked, themes or tuple(Theme), day)]
    turns = chain.from_iterable(zip_longest(*rows))
    return [question for question in turns if question is not None][:many]


def _by_turns(asked: Mapping[str, date], themes: Collection[Theme], day: date) -> list[Theme]:
    """The themes in their turn: by the day on which one was asked about, then by how often lately."""

    def turn(theme: Theme) -> tuple[date, int]:
        dates = [asked[one.key] for one in _of(theme) if one.key in asked]
        return max(dates, default=date.min), sum(_is_recent(one, day) for one in dates)

    return sorted((theme for theme in Theme if theme in themes), key=turn)


def _free(asked: Mapping[str, date], theme: Theme, day: date) -> list[Question]:
    """The questions about a theme that may be asked: those never asked, then the oldest first."""
    free = [one for one in _of(theme) if not _is_recent(asked.get(one.key, date.min), day)]
    return sorted(free, key=lambda one: asked.get(one.key, date.min))


def _is_recent(asked_on: date, day: date) -> bool:
    return (day - asked_on).days < QUARTER


def _of(theme: Theme) -> Iterator[Question]:
    return (question for question in questions() if question.theme is theme)


def _texts(language: str) -> dict[str, str]:
    return tomllib.loads((_folder() / f"{language}.toml").read_text("utf-8"))


def _folder() -> Traversable:
    """Where the texts are: a file for each language."""
    return files("bot.surveys") / "questions"
