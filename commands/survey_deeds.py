"""“You said, we did”: a lead notes what was done about what a survey said."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from slack_bolt import Ack, App, Respond

from bot.errors import UsageError
from bot.locale import Reader
from bot.services import Services
from bot.slack.surveys import deeds as shown
from bot.slack.surveys.words import theme_label
from bot.store import deeds, people
from bot.store.tables import DeedRow
from bot.surveys.survey import Kind, Theme
from bot.surveys.taming import seen
from commands.asked import Asked
from commands.survey_results import closed_wave
from commands.words import FOR_EXAMPLE, closest, examples, plain, quoted, unescaped

#: A note of what was done is no longer.
LONGEST = 500

#: `workload: two people more`, after `#3`, the number of a survey, or without. An address is no theme.
_DEED = re.compile(
    r"(?:#(?P<survey>\d{1,9})(?:\s+|$))?(?:(?P<theme>[^:\s][^:]{0,39}):(?!//)\s*)?(?P<text>.*)",
    re.DOTALL,
)

#: The number of a survey without its sign; only before a theme, as notes begin with numbers too.
_BARE = re.compile(r"(?P<survey>\d{1,9})\s+(?P<theme>.+)", re.DOTALL)

#: Whom and what Slack writes as a name: `<@U1|anna>`, `<#C1|support>`.
_NAME = re.compile(r"<([@#])[A-Z0-9]+\|([^<>]+)>")


class Typed(NamedTuple):
    """What was typed behind `did`: of which survey (the latest for ""), about what, and the note.

    `meant` is the theme with whose name a note begins that is about none.
    """

    survey: str
    theme: Theme | None
    text: str
    meant: Theme | None = None


def register(app: App) -> None:
    app.action(shown.TAKE_BACK)(take_back)


def did(asked: Asked, kind: Kind, rest: str) -> None:
    """Answers `/pulse did workload: two people more`."""
    asked.require_lead()
    typed = parse_deed(kind, rest, asked.reader)
    wave = closed_wave(asked, kind, typed.survey, "did")
    services, now = asked.services, asked.services.clock.now()
    with services.writing() as session:
        row = deeds.note(session, wave, typed.theme, typed.text, by=asked.user, now=now)
        people.log(session, services.workspace, asked.user, "survey did", _detail(row), now=now)
        noted = shown.Noted(row.id or 0, typed.theme, typed.text, typed.meant, _again(typed))
    asked.answer(shown.noted(noted, asked.reader))


def _detail(row: DeedRow) -> str:
    return f"wave {row.wave_id}: {row.text}"


def _again(typed: Typed) -> str:
    """How a note is typed that is about what was probably meant."""
    return f"/pulse did {typed.survey and f'#{typed.survey} '}{typed.meant}: …"


def take_back(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """A lead takes a note back: whoever is asked from now on is not shown it."""
    ack()
    asked, now = Asked.by_button(body, respond, services), services.clock.now()
    asked.require_lead()
    with services.writing() as session:
        row = deeds.take_back(session, services.workspace, int(action["value"]))
        if row is None:
            raise UsageError("This note was taken back already.")
        people.log(
            session, services.workspace, asked.user, "survey took back", _detail(row), now=now
        )
        told = shown.taken_back(row.text, asked.reader)
    asked.answer(told, replace=True)


def parse_deed(kind: Kind, typed: str, reader: Reader) -> Typed:
    """Reads a note. Raises `UsageError` for an empty or long one, and for one about no theme."""
    plain_names = _NAME.sub(r"\1\2", seen(typed).strip())
    match = _DEED.fullmatch(unescaped(plain_names))
    survey, theme, text = match.group("survey", "theme", "text") if match else ("", None, "")
    survey = survey or ""
    if theme is not None and kind is Kind.ENPS:
        # An eNPS has no themes: there a colon is part of the note.
        theme, text = None, f"{theme}: {text}"
    if theme is not None and not survey and (bare := _BARE.fullmatch(theme)) is not None:
        survey, theme = bare["survey"], bare["theme"]
    meant, rest = _begins(text, reader) if kind is Kind.PULSE and theme is None else (None, text)
    if not rest.strip():
        raise UsageError(
            "It is not said what was done.", FOR_EXAMPLE, example=examples(_example(kind))
        )
    if len(text) > LONGEST:
        raise UsageError(
            "A note of what was done has at most {most} letters; this one has {many}.",
            most=LONGEST,
            many=len(text),
        )
    about = None if theme is None else _theme(theme, reader)
    return Typed(survey, about, text.strip(), meant)


def _begins(text: str, reader: Reader) -> tuple[Theme | None, str]:
    """The theme with whose name a note begins, and what follows it."""
    names, words = {_spelled(name): theme for name, theme in _names(reader).items()}, text.split()
    for length in (2, 1):
        theme = names.get(_spelled(" ".join(words[:length])))
        if theme is not None:
            return theme, " ".join(words[length:])
    return None, text


def _spelled(name: str) -> str:
    return plain(name).replace("-", " ").strip(" ,;.")


def _example(kind: Kind) -> str:
    if kind is Kind.ENPS:
        return "/enps did We hired two people for the night shift"
    return "/pulse did workload: We hired two people for the night shift"


def _names(reader: Reader) -> dict[str, Theme]:
    """The themes by their names, as the reader sees them and in English."""
    names = {theme_label(reader, theme): theme for theme in Theme}
    return names | {str(theme): theme for theme in Theme}


def _theme(typed: str, reader: Reader) -> Theme:
    """The theme that was typed. Raises `UsageError` for none."""
    names = _names(reader)
    found = closest(typed, names)
    if found is None:
        raise UsageError(
            "There is no theme “{typed}”.",
            "The themes are: {themes}. For example: {example}",
            typed=quoted(typed),
            themes=reader.listed(theme_label(reader, theme) for theme in Theme),
            example=examples(_example(Kind.PULSE)),
        )
    return names[found]
