"""Reads whom a survey asks: channels, user groups and people, as Slack hands them over."""

from __future__ import annotations

import re

from bot.errors import UsageError
from bot.surveys.survey import Audience
from commands.alert_words import Typed
from commands.survey_phrases import EVERYBODY
from commands.words import examples, quoted

#: As Slack writes them for a command that asks it to (`should_escape`).
_NAMED = re.compile(
    r"<#(?P<channels>[CG][A-Z0-9]+)(?:\|[^<>]*)?>|<@(?P<people>[UW][A-Z0-9]+)(?:\|[^<>]*)?>|"
    r"<!subteam\^(?P<groups>S[A-Z0-9]+)(?:\|[^<>]*)?>"
)
_LABEL = re.compile(r"<(?:(?P<sign>[#@])[A-Z0-9]+|!subteam\^[A-Z0-9]+)\|(?P<name>[^<>]+)>")
_MENTION = re.compile(r"<[@#!][^<>\s]*>")


def apart(text: str) -> str:
    """The text with a blank on both sides of each name, however close to others it was typed."""
    return _MENTION.sub(r" \g<0> ", text)


def as_typed(text: str) -> str:
    """The text with `#support` and `@ann` in the place of what Slack makes of them."""
    return _LABEL.sub(lambda found: (found["sign"] or "") + found["name"], text).strip()


def is_name(typed: str) -> bool:
    """Whether a word names somebody, or was meant to."""
    return typed.startswith(("<#", "<@", "<!", "#", "@"))


class Named:
    """Who has been named so far, each once."""

    def __init__(self) -> None:
        self._ids: dict[str, list[str]] = {"channels": [], "groups": [], "people": []}

    @property
    def audience(self) -> Audience:
        return Audience(**{kind: tuple(ids) for kind, ids in self._ids.items()})

    def take(self, words: Typed, example: str) -> bool:
        """Whether a name comes next, which is read then. Raises `UsageError` for what is none."""
        typed = words.next.typed
        if (named := _NAMED.fullmatch(typed)) is not None:
            kind = named.lastgroup or ""
            if named[kind] not in self._ids[kind]:
                self._ids[kind].append(named[kind])
            words.take()
            return True
        if typed.startswith("<!") or words.begins(EVERYBODY):
            raise UsageError(
                "“{typed}” names nobody. Where no name is said, all in this channel are asked.",
                "Leave it out, or pick a channel, a group or people. For example: {example}",
                typed=quoted(typed.strip("<!>")),
                example=examples(example),
            )
        if is_name(typed):
            raise UsageError(
                "Slack did not understand “{typed}” as a name.",
                "Pick it from the list that Slack offers while you type. For example: {example}",
                typed=quoted(typed),
                example=examples(example),
            )
        return False
