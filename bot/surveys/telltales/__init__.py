"""What in a comment could tell who wrote it, found before it is sent, on this machine.

Nobody is hindered to send it: so what is no telltale does little harm, and what is missed does more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.surveys.survey import FEWEST
from bot.surveys.telltales import patterns
from bot.surveys.telltales.folding import Folded
from bot.surveys.telltales.lexicon import lexicon, words_of
from bot.surveys.telltales.names import Names
from bot.surveys.telltales.tongues import Tongue, tongues

#: From where to where, what it is about, and how many are in it.
_Found = tuple[int, int, str, int | None]


class Clue(StrEnum):
    """What a telltale is."""

    MENTION = "mention"
    COLLEAGUE = "colleague"
    OWN_NAME = "own name"
    EMAIL = "email"
    LINK = "link"
    PHONE = "phone"
    NUMBER = "number"
    TIME = "time"
    ONLY_ONE = "only one"
    TEAM = "team"
    OWN_TEAM = "own team"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Telltale:
    """One place in a comment, `text[start:end]`, which is the `excerpt`.

    `about` is the team (its name as it was given), or the language or script (a code of CLDR: "el",
    "Cyrl") of the whole excerpt; `many` is how many of those who are asked are in it, or read it.
    Of all others they are empty and `None`.
    """

    clue: Clue
    start: int
    end: int
    excerpt: str
    about: str = ""
    many: int | None = None


def telltales(
    text: str,
    *,
    names: Collection[str],
    own_names: Collection[str] = (),
    teams: Mapping[str, int] | None = None,
    own_team: str | None = None,
    languages: Mapping[str, int] | None = None,
    own_language: str | None = None,
) -> list[Telltale]:
    """The telltales of a comment, in the order in which they stand there; no two overlap.

    `names` are those of the people of the workspace, `own_names` the author's. `teams` tells how
    many of those who are asked are in each team (or do some work: roles are told like teams), and
    `languages` how many read which (locales). Only the language of all of it may overlap others.
    """
    folded = Folded(text)
    spoken = list(tongues(_without_addresses(folded), languages or {}, own_language))
    common = _common(spoken, own_language)
    small = {name: many for name, many in (teams or {}).items() if many < FEWEST}
    own = {name: many for name, many in small.items() if name == own_team}
    by_clue = {
        Clue.LINK: _matches(folded, patterns.LINK),
        Clue.EMAIL: _matches(folded, patterns.EMAIL),
        Clue.MENTION: _matches(folded, patterns.MENTION),
        Clue.TIME: _matches(folded, patterns.days()),
        Clue.PHONE: _matches(folded, patterns.PHONE),
        Clue.NUMBER: _numbers(folded),
        Clue.OWN_TEAM: _teams(folded, own),
        Clue.TEAM: _teams(folded, small),
        Clue.OWN_NAME: _names(folded, own_names, common),
        Clue.COLLEAGUE: _names(folded, names, common),
        Clue.ONLY_ONE: _matches(folded, patterns.only_ones()),
    }
    found = [*_apart(text, by_clue), *_languages(text, spoken)]
    return sorted(found, key=lambda one: (one.start, one.end))


def _apart(text: str, by_clue: Mapping[Clue, Iterator[_Found]]) -> Iterator[Telltale]:
    """What was found, but for what lies in something of an earlier clue."""
    taken = bytearray(len(text))
    for clue, found in by_clue.items():
        for start, end, about, many in found:
            if not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                yield Telltale(clue, start, end, text[start:end], about, many)


def _matches(folded: Folded, pattern: re.Pattern[str]) -> Iterator[_Found]:
    for match in pattern.finditer(folded.text):
        yield *folded.span(*match.span()), "", None


def _numbers(folded: Folded) -> Iterator[_Found]:
    yield from _matches(folded, patterns.numbers())
    for start, end, _, _ in _matches(folded, patterns.KEY):
        if folded.source[start:end].isupper():
            yield start, end, "", None


def _names(folded: Folded, names: Collection[str], common: Collection[str]) -> Iterator[_Found]:
    for start, end in Names(names).find(folded, common):
        yield start, end, "", None


def _without_addresses(folded: Folded) -> Folded:
    """The text with blanks where addresses are: they are in no language."""
    letters = list(folded.source)
    for pattern in (patterns.LINK, patterns.EMAIL, patterns.MENTION):
        for start, end, _, _ in _matches(folded, pattern):
            letters[start:end] = " " * (end - start)
    return Folded("".join(letters))


def _common(spoken: Collection[Tongue], own_language: str | None) -> Collection[str]:
    """The common words of the languages that a comment is in; where that is not clear, of one's own."""
    known = {one.code for one in spoken} & lexicon("common").keys()
    return words_of("common", known or {(own_language or "en").partition("_")[0]})


def _teams(folded: Folded, teams: Mapping[str, int]) -> Iterator[_Found]:
    """The names of teams, word by word: “#night-shift” is “Night shift” as well."""
    first: dict[str, list[tuple[list[str], str]]] = {}
    for name in teams:
        called = [word.text for word in Folded(name).words]
        if called:
            first.setdefault(called[0], []).append((called, name))
    texts = [word.text for word in folded.words]
    for at, text in enumerate(texts):
        for called, name in first.get(text, ()):
            if texts[at : at + len(called)] == called:
                last = folded.words[at + len(called) - 1]
                yield folded.words[at].start, last.end, name, teams[name]


def _languages(text: str, spoken: Collection[Tongue]) -> Iterator[Telltale]:
    for one in spoken:
        if one.many is not None and one.many < FEWEST:
            excerpt = text[one.start : one.end]
            yield Telltale(Clue.LANGUAGE, one.start, one.end, excerpt, one.code, one.many)
