"""The words of many languages by which telltales are known; `words.toml` has them."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib.resources import files

from bot.surveys.telltales.folding import fold


@cache
def lexicon(part: str) -> Mapping[str, str]:
    """One part of the file: texts by the names that they have in it."""
    told: Mapping[str, str] = _whole()[part]
    return told


@cache
def words(part: str) -> frozenset[str]:
    """All words of a part, folded."""
    return frozenset(word for text in lexicon(part).values() for word in fold(text).split())


def words_of(part: str, names: Collection[str]) -> frozenset[str]:
    """The words that some of the names in a part have, folded; none for a name that is not there."""
    told = lexicon(part)
    return frozenset(word for name in names for word in fold(told.get(name, "")).split())


def phrases(part: str) -> Iterator[str]:
    """All phrases of a part, folded; a comma is between two."""
    for text in lexicon(part).values():
        yield from (" ".join(phrase.split()) for phrase in fold(text).split(","))


@cache
def _whole() -> Mapping[str, Mapping[str, str]]:
    text = (files("bot.surveys.telltales") / "words.toml").read_text("utf-8")
    return tomllib.loads(text)
