"""“You said, we did”: a lead notes what was done about what a survey said."""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.errors import UsageError
from bot.locale import Reader
from bot.slack.surveys import deeds as shown
from bot.slack.surveys.words import theme_label
from bot.store import deeds, people
from bot.surveys.survey import Kind, Theme
from commands.asked import Asked
from commands.survey_results import closed_wave
from commands.words import FOR_EXAMPLE, closest, examples, quoted, unescaped

#: A note of what was done is no longer.
LONGEST = 500

#: `workload: two people more`, after `#3`, the number of a survey, or without. An address is no theme.
_DEED = re.compile(
    r"(?:#(?P<survey>\d{1,9})\s+)?(?:(?P<theme>[^:\s][^:]{0,39}):(?!//)\s*)?(?P<text>.*)", re.DOTALL
)

#: Whom and what Slack writes as a name: `<@U1|anna>`, `<#C1|support>`.
_NAME = re.compile(r"<([@#])[A-Z0-9]+\|([^<>]+)>")


class Typed(NamedTuple):
    """What was typed behind `did`: of which survey (the latest for ""), about what, and the note."""

    survey: str
    theme: Theme | None
    text: str


def did(asked: Asked, kind: Kind, rest: str) -> None:
    """Answers `/pulse did workload: two people more`."""
    asked.require_lead()
    typed = parse_deed(kind, rest, asked.reader)
    wave = closed_wave(asked, kind, typed.survey, "did")
    services, now = asked.services, asked.services.clock.now()
    with services.writing() as session:
        deeds.note(session, wave, typed.theme, typed.text, by=asked.user, now=now)
        detail = f"wave {wave.id}: {typed.text}"
        people.log(session, services.workspace, asked.user, "survey did", detail, now=now)
    asked.answer(shown.noted(typed.theme, typed.text, asked.reader))


def parse_deed(kind: Kind, typed: str, reader: Reader) -> Typed:
    """Reads a note. Raises `UsageError` for an empty or long one, and for one about no theme."""
    plain_names = _NAME.sub(r"\1\2", typed.strip())
    match = _DEED.fullmatch(unescaped(plain_names))
    survey, theme, text = match.group("survey", "theme", "text") if match else ("", None, "")
    if theme is not None and kind is Kind.ENPS:
        # An eNPS has no themes: there a colon is part of the note.
        theme, text = None, f"{theme}: {text}"
    if not text.strip():
        raise UsageError(
            "It is not said what was done.", FOR_EXAMPLE, example=examples(_example(kind))
        )
    if len(text) > LONGEST:
        raise UsageError(
            "A note of what was done has at most {most} letters; this one has {many}.",
            most=LONGEST,
            many=len(text),
        )
    return Typed(survey or "", None if theme is None else _theme(theme, reader), text.strip())


def _example(kind: Kind) -> str:
    if kind is Kind.ENPS:
        return "/enps did We hired two people for the night shift"
    return "/pulse did workload: We hired two people for the night shift"


def _theme(typed: str, reader: Reader) -> Theme:
    """The theme that was typed, by its name in English or as the reader sees it."""
    names = {theme_label(reader, theme): theme for theme in Theme}
    names |= {str(theme): theme for theme in Theme}
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
