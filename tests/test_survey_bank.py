"""The ready questions: in every language the same, and rotated so that none comes back too soon."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.surveys.bank import ENPS, QUARTER, languages, pick, questions
from bot.surveys.survey import Question, Scale, Theme

patient = settings(deadline=None)

DAY = date(2026, 11, 24)
LONGEST = 110
#: A sentence ends with these: a full stop, or the question marks of Latin, Greek and Arabic script.
ENDS = (".", "?", ";", "؟")
#: What Persian writes between letters that are not joined, inside of a word. It has no direction.
NON_JOINER = "\u200c"


def keys(of: Iterable[Question]) -> list[str]:
    return [question.key for question in of]


def week(number: int) -> date:
    return DAY + timedelta(weeks=number)


def asked_over(waves: int, many: int, themes: Sequence[Theme] = ()) -> list[list[str]]:
    """What a weekly pulse asks, wave after wave, by the keys of the questions."""
    asked: dict[str, date] = {}
    found = []
    for number in range(waves):
        picked = keys(pick(asked, themes, many, week(number)))
        asked |= dict.fromkeys(picked, week(number))
        found.append(picked)
    return found


def themes_of(picked: Sequence[str]) -> list[Theme]:
    return [Theme(key.rpartition("-")[0]) for key in picked]


# --- The texts -----------------------------------------------------------------------------------


def test_the_bank_is_in_these_languages() -> None:
    assert languages() == ("en", "ar", "de", "el", "es", "fa", "fr")
    assert set(ENPS.texts) == set(languages())


def test_there_are_nine_questions_about_every_theme() -> None:
    assert [question.key for question in questions()] == [
        f"{theme}-{number}" for theme in Theme for number in range(1, 10)
    ]


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.key)
def test_a_question_is_about_its_theme_and_agreed_with_in_every_language(
    question: Question,
) -> None:
    assert question.scale is Scale.AGREEMENT
    assert question.key.startswith(f"{question.theme}-")
    assert tuple(question.texts) == languages()


def test_the_question_of_an_enps_is_answered_from_0_to_10() -> None:
    assert ENPS.key == "enps"
    assert ENPS.scale.ends == (0, 10)
    assert ENPS.wording("en")[0] == "How likely are you to recommend working here to a friend?"
    assert ENPS.wording("fr_CA")[0].endswith("ici\u00a0?")
    assert ENPS.wording("ja") == ENPS.wording("en")


@pytest.mark.parametrize("language", languages())
def test_every_text_is_one_short_sentence(language: str) -> None:
    for question in (ENPS, *questions()):
        text = question.texts[language]
        assert text == text.strip(), question.key
        assert "  " not in text, question.key
        assert 12 <= len(text) <= LONGEST, question.key
        assert text.endswith(ENDS), question.key
        assert not re.search(r"[.!?;؟]\s", text), question.key
        assert text == unicodedata.normalize("NFC", text), question.key


@pytest.mark.parametrize("language", languages())
def test_no_text_is_there_twice_in_a_language(language: str) -> None:
    texts = [question.texts[language] for question in questions()]
    assert [text for text, times in Counter(texts).items() if times > 1] == []


def scripts(text: str) -> set[str]:
    return {unicodedata.name(letter).split(" ")[0] for letter in text if letter.isalpha()}


@pytest.mark.parametrize(
    ("language", "script"),
    [*((one, "LATIN") for one in ("en", "de", "es", "fr")), ("el", "GREEK")]
    + [(one, "ARABIC") for one in ("fa", "ar")],
)
def test_a_text_is_in_the_script_of_its_language_alone(language: str, script: str) -> None:
    for question in (ENPS, *questions()):
        assert scripts(question.texts[language]) == {script}, question.key


@pytest.mark.parametrize("language", languages())
def test_no_text_has_a_hidden_mark_of_direction(language: str) -> None:
    is_persian = language == "fa"
    for question in (ENPS, *questions()):
        hidden = {one for one in question.texts[language] if unicodedata.category(one) == "Cf"}
        assert hidden <= ({NON_JOINER} if is_persian else set()), question.key


@pytest.mark.parametrize(
    ("language", "letters"), [("fa", "يكة٠١٢٣٤٥٦٧٨٩"), ("ar", "یکپچژگ۴۵۶")], ids=["fa", "ar"]
)
def test_persian_and_arabic_do_not_borrow_each_others_letters(language: str, letters: str) -> None:
    for question in (ENPS, *questions()):
        assert not set(question.texts[language]) & set(letters), question.key


@pytest.mark.parametrize("language", languages())
def test_a_language_is_one_that_babel_knows(language: str) -> None:
    assert Locale.parse(language).language == language


def test_no_statement_says_two_things_at_once() -> None:
    for question in questions():
        assert not re.search(r"\b(and|or|but|not|never)\b", question.texts["en"]), question.key


# --- The rotation --------------------------------------------------------------------------------


def test_a_weekly_pulse_of_five_never_runs_out_and_repeats_nothing_within_a_quarter() -> None:
    waves = asked_over(60, 5)
    assert {len(wave) for wave in waves} == {5}
    last: dict[str, int] = {}
    for number, wave in enumerate(waves):
        for key in wave:
            if key in last:
                assert (week(number) - week(last[key])).days >= QUARTER, key
            last[key] = number


def quarter(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // 3


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_so_many_days_later_is_another_quarter_of_the_calendar(day: date) -> None:
    assert quarter(day + timedelta(days=QUARTER)) != quarter(day)


def test_no_shorter_time_is_another_quarter_always() -> None:
    assert quarter(date(2026, 7, 1)) == quarter(date(2026, 7, 1) + timedelta(days=QUARTER - 1))


def test_the_first_waves_go_round_the_themes() -> None:
    first, second, third = (themes_of(wave) for wave in asked_over(3, 5))
    assert first == [*Theme][:5]
    assert second == [*[*Theme][5:], *[*Theme][:2]]
    assert third == [*[*Theme][2:7]]


@pytest.mark.parametrize("many", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("themes", [(), (Theme.TOOLS, Theme.TEAM, Theme.MANAGER)])
def test_every_theme_comes_round_as_often_as_the_others(
    many: int, themes: tuple[Theme, ...]
) -> None:
    waves = asked_over(3 * 9 // max(many, len(themes)), many, themes)
    for until in range(1, len(waves) + 1):
        times = Counter(theme for wave in waves[:until] for theme in themes_of(wave))
        counts = [times[theme] for theme in themes or Theme]
        assert max(counts) - min(counts) <= 1, waves[:until]


def test_the_theme_that_was_not_asked_about_for_longest_comes_first() -> None:
    asked = {f"{theme}-1": week(-1) for theme in Theme}
    asked |= {"growth-2": week(-30), "growth-1": week(-20), "team-1": week(-19)}
    assert themes_of(keys(pick(asked, (), 2, DAY))) == [Theme.GROWTH, Theme.TEAM]


def test_what_was_never_asked_comes_before_what_was_and_the_oldest_first() -> None:
    asked = {f"tools-{number}": week(-20 - number) for number in range(1, 9)}
    assert keys(pick(asked, [Theme.TOOLS], 3, DAY)) == ["tools-9", "tools-8", "tools-7"]


def test_with_more_questions_than_themes_a_theme_comes_twice() -> None:
    picked = keys(pick({}, [Theme.GROWTH, Theme.TOOLS], 5, DAY))
    assert picked == ["tools-1", "growth-1", "tools-2", "growth-2", "tools-3"]


def test_a_theme_that_has_no_more_leaves_its_turn_to_the_others() -> None:
    asked = {f"tools-{number}": week(-1) for number in range(1, 10)}
    picked = keys(pick(asked, [Theme.TOOLS, Theme.TEAM], 3, DAY))
    assert picked == ["team-1", "team-2", "team-3"]


def test_a_bank_that_runs_out_gives_fewer_than_were_wanted() -> None:
    waves = asked_over(3, 10, [Theme.TOOLS, Theme.TEAM])
    assert [len(wave) for wave in waves] == [10, 8, 0]


@pytest.mark.parametrize(("days", "is_free"), [(QUARTER - 1, False), (QUARTER, True)])
def test_a_question_is_free_again_after_a_quarter(days: int, *, is_free: bool) -> None:
    asked = {f"tools-{number}": DAY - timedelta(days=days) for number in range(1, 10)}
    assert bool(pick(asked, [Theme.TOOLS], 1, DAY)) is is_free


def test_questions_of_ones_own_and_of_old_do_not_disturb() -> None:
    asked = {"own-1": week(-1), "enps": week(-2), "tools-99": week(-1)}
    assert pick(asked, (), 5, DAY) == pick({}, (), 5, DAY)


@pytest.mark.thorough
@patient
@given(
    st.dictionaries(st.sampled_from(keys(questions())), st.dates(week(-60), week(4))),
    st.sets(st.sampled_from(Theme)),
    st.integers(0, 12),
)
def test_whatever_was_asked_what_is_picked_is_free_wanted_and_there_once(
    asked: dict[str, date], themes: set[Theme], many: int
) -> None:
    picked = pick(asked, themes, many, DAY)
    assert len(picked) <= many
    assert len(set(keys(picked))) == len(picked)
    assert all(one.theme in (themes or set(Theme)) for one in picked)
    assert all((DAY - asked.get(one.key, date.min)).days >= QUARTER for one in picked)
    assert picked == pick(dict(reversed(asked.items())), sorted(themes, reverse=True), many, DAY)
    if len(picked) < many:
        free = {one.key for one in questions() if one.theme in (themes or set(Theme))}
        assert {one for one in free if (DAY - asked.get(one, date.min)).days >= QUARTER} == set(
            keys(picked)
        )
