"""Finds the names of people in a text: whole or in part, inflected, and in any script."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from functools import cache, cached_property

from bot.surveys.telltales.folding import Folded, Word, fold
from bot.surveys.telltales.lexicon import words
from bot.surveys.telltales.sounds import script, sound

#: A shorter name is one only with a capital: “Bo”, “Al”.
_SHORT = 3
#: Of so long a name the end may change: Annas, Marian, Michaelin.
_LONG, _LONGEST_ENDING = 5, 3

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})

_GREEK_OR_CYRILLIC = re.compile(r"[α-ωа-яіїєґ]+")
_ENDING = re.compile(
    fold(
        "(?:ους|ος|ης|ας|ες|ων|ου|οι|ε|α|η|ο|ι|ω|ами|ями|ого|ему|ой|ей|ом|ем|ою|ам|ах|ов|"
        "а|я|у|ю|е|и|ы|о|ь|і)$"
    )
)

#: What Arabic and Hebrew write before a name, in one word with it: and, to, with, from, that.
_PREFIXES = frozenset("وفبلکולבמשהכ")

#: The letters of scripts without spaces between words (Thai to Khmer, Kana, Han), and of Hangul, where
#: what follows a name is one word with it. Of Hangul it is the parts that letters are folded to.
_SOLID = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+"
)
_SOLID_SOURCE = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]{2,}"
)
_IDEOGRAPHS = re.compile("[\u3400-\u9fff\uac00-\ud7a3]{3,4}")
_LONGEST_SOLID = 16


class Names:
    """The names of some people, ready to be looked for."""

    def __init__(self, names: Collection[str]) -> None:
        """`names` are whole ones (“Anna Schmidt-Ruiz”), display names, or parts of them."""
        folded = {fold(spelling) for name in names for spelling in _spellings(name)}
        apart = {word for name in folded for word in re.findall(r"[^\W_]{2,}", name)}
        self._words = {one for one in apart if not one.isdecimal()} - words("no_names")
        self._solid = {fold(part) for name in names for part in _solid_parts(name)}
        self._stems = {stem for word in self._words if (stem := _stem(word))}
        self._sounds = {(script(word), sound(word)) for word in self._words}
        self._scripts = {name for name, _ in self._sounds if name}

    @cached_property
    def _ordered(self) -> list[str]:
        return sorted(self._words)

    def find(self, folded: Folded, common: Collection[str] = ()) -> Iterator[tuple[int, int]]:
        """From where to where names stand in the text that was folded.

        `common` are the words that, in the languages of the text, are names of nobody unless a
        capital stands where none belongs.
        """
        for word in folded.words:
            if any(self._is_name(text, word, common) for text in folded.pieces(word)):
                yield word.start, word.end
        if self._solid:
            yield from self._in_one(folded)

    def _is_name(self, text: str, word: Word, common: Collection[str]) -> bool:
        if text in common:
            return text in self._words and word.is_capital and not word.is_first
        return (
            any(one in self._words and _can_be_name(one, word) for one in _bare(text, word))
            or self._is_inflected(text, word)
            or self._is_nickname(text, word)
            or self._sounds_like(text, word)
        )

    def _is_inflected(self, text: str, word: Word) -> bool:
        stem = _stem(text)
        if not stem or stem not in self._stems:
            return False
        return word.is_capital or (len(stem) > _SHORT and stem not in _everyday_stems())

    def _is_nickname(self, text: str, word: Word) -> bool:
        """“Alex” of “Alexandra”: where a capital inside of a sentence says that it is a name."""
        if len(text) < _SHORT or word.is_first or not word.is_capital or _is_caseless(text):
            return False
        if text in _no_nicknames():
            return False
        at = bisect_left(self._ordered, text)
        return at < len(self._ordered) and self._ordered[at].startswith(text)

    def _sounds_like(self, text: str, word: Word) -> bool:
        """“Μαρία” where she is called “Maria”: a name in another script, with a capital."""
        own, heard = script(text), sound(text)
        if not (own and heard and word.is_capital):
            return False
        return any((other, heard) in self._sounds for other in self._scripts - {own})

    def _in_one(self, folded: Folded) -> Iterator[tuple[int, int]]:
        """Names in scripts without spaces, wherever they stand; of two the longer one."""
        for run in _SOLID.finditer(folded.text):
            at = run.start()
            while at < run.end():
                ends = range(min(at + _LONGEST_SOLID, run.end()), at + 1, -1)
                end = next((end for end in ends if folded.text[at:end] in self._solid), None)
                if end is not None:
                    yield folded.span(at, end)
                at = end or at + 1


# --- Names ---------------------------------------------------------------------------------------


def _spellings(name: str) -> Iterable[str]:
    """A name as it is, and as it is spelled without its umlauts, or with them."""
    spelled = name.casefold()
    yield name
    yield spelled.translate(_UMLAUTS)
    yield spelled.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _solid_parts(name: str) -> Iterator[str]:
    """Names in scripts without spaces, also the family's and the given one where they are clear."""
    for run in _SOLID_SOURCE.findall(name):
        yield run
        if _IDEOGRAPHS.fullmatch(run):
            yield from (run[:2], run[-2:])


def _stem(text: str) -> str:
    """What stays the same of a Greek or Slavic name in all its cases; empty for all others."""
    stem = _ENDING.sub("", text) if _GREEK_OR_CYRILLIC.fullmatch(text) else ""
    return stem if len(stem) >= _SHORT else ""


@cache
def _everyday_stems() -> frozenset[str]:
    return frozenset(map(_stem, words("everyday")))


@cache
def _no_nicknames() -> frozenset[str]:
    return words("everyday") | words("common") | words("no_names")


# --- Words of the text ---------------------------------------------------------------------------


def _bare(text: str, word: Word) -> Iterator[str]:
    """A word, and what it is without what grammar put before it or behind it."""
    yield text
    if text[:1] in _PREFIXES:
        yield from (one for one in (text[1:], text[1:].removeprefix("ال")) if len(one) >= _SHORT)
    # “less” is no Les, but “Toms” is Tom's.
    if text.endswith("s") and len(text) > _SHORT + (not word.is_capital):
        yield text[:-1]
    if word.is_capital and not _is_caseless(text):
        cuts = range(1, _LONGEST_ENDING + 1)
        yield from (text[:-cut] for cut in cuts if len(text) - cut >= _LONG)


def _can_be_name(text: str, word: Word) -> bool:
    """Whether somebody's name is that here, and not the same word of every day."""
    is_plain = len(text) >= _SHORT and text not in words("everyday")
    return word.is_capital or is_plain


def _is_caseless(text: str) -> bool:
    return text.upper() == text
