"""Which language or script a comment is in, as far as few people may share it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from babel.core import get_global

from bot.surveys.telltales.folding import Folded, fold
from bot.surveys.telltales.lexicon import lexicon

#: So many letters of a script in a row are a word of it, not a sign: π, ツ.
_FEWEST_LETTERS = 2

#: So many common words say which language it is; one is enough of somebody's own.
_FEWEST_WORDS = 2

#: Arabic writes its article in one word with what follows; in Persian few words begin like that.
_ARTICLE, _LONG_WITH_ARTICLE = "ال", 4


@dataclass(frozen=True, slots=True)
class Tongue:
    """From where to where a comment is in a language or script, `code` in CLDR, and who shares it.

    `many` is how many read it of those who are asked; `None` where nothing is known of that.
    """

    code: str
    start: int
    end: int
    many: int | None = None


def tongues(
    folded: Folded, languages: Mapping[str, int], own: str | None = None
) -> Iterator[Tongue]:
    """The languages of a comment, each by its words, or else by its script.

    `languages` tells how many people read which (locales); `own` is the author's, which is known by
    fewer words. Latin letters are counted where they are most of it: names of products are in them.
    """
    found = list(_stretches(folded.source))
    for script, stretch in _as_one(found).items():
        if script != "Latn" or stretch.letters * 2 > sum(one.letters for _, one in found):
            code = _language(folded, script, languages, own) or lexicon("only_language").get(
                script, script
            )
            many = _readers(languages, code) if languages else None
            yield Tongue(code, stretch.start, stretch.end, many)


# --- Scripts -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Stretch:
    """From where to where the letters of a script stand, and how many they are."""

    start: int
    end: int
    letters: int

    def __or__(self, other: _Stretch) -> _Stretch:
        start, end = min(self.start, other.start), max(self.end, other.end)
        return _Stretch(start, end, self.letters + other.letters)


def _stretches(text: str) -> Iterator[tuple[str, _Stretch]]:
    """The words of each script: letters in a row. Marks and hidden letters do not end one."""
    script, start, end, letters = "", 0, 0, 0
    for place, letter in enumerate(f"{text} "):
        other = _script(letter)
        if other is None:
            continue
        if other != script:
            if letters >= _FEWEST_LETTERS:
                yield script, _Stretch(start, end, letters)
            script, start, letters = other, place, 0
        letters += bool(other)
        end = place + 1


@lru_cache(maxsize=4096)
def _script(letter: str) -> str | None:
    """The script of a letter; empty for what is none, `None` for what is part of one."""
    category = unicodedata.category(letter)
    if category[0] == "M" or category in ("Cf", "Lm"):
        return None
    if category[0] != "L":
        return ""
    name = unicodedata.name(fold(letter)[:1] or letter, "")
    return lexicon("scripts").get(name.partition(" ")[0], "Zzzz")


def _as_one(stretches: Iterable[tuple[str, _Stretch]]) -> dict[str, _Stretch]:
    """By script. Beside Japanese letters, Han letters are Japanese as well."""
    found: dict[str, _Stretch] = {}
    for script, one in stretches:
        found[script] = found[script] | one if script in found else one
    if "Jpan" in found and "Hani" in found:
        found["Jpan"] |= found.pop("Hani")
    return found


# --- Languages -----------------------------------------------------------------------------------


def _language(
    folded: Folded, script: str, languages: Mapping[str, int], own: str | None
) -> str | None:
    """The language of the words in a script; `None` where they do not tell."""
    mine = (own or "").partition("_")[0]
    likely = [
        (number, language == mine, _readers(languages, language), language)
        for language, number in Counter(_hits(folded)).items()
        if script_of(language) == script
        if number >= (1 if language == mine else _FEWEST_WORDS)
    ]
    return max(likely)[-1] if likely else None


def _hits(folded: Folded) -> Iterator[str]:
    """A language for each word that is common in it, and for each letter that it has alone."""
    for word in folded.words:
        if word.text.startswith(_ARTICLE) and len(word.text) > _LONG_WITH_ARTICLE:
            yield "ar"
        for piece in folded.pieces(word):
            yield from _common().get(piece, ())
    yield from (_letters()[one] for one in folded.source if one in _letters())


@cache
def _common() -> dict[str, list[str]]:
    """The languages in which a word is common."""
    found: dict[str, list[str]] = {}
    for language, words in lexicon("common").items():
        for word in fold(words).split():
            found.setdefault(word, []).append(language)
    return found


@cache
def _letters() -> dict[str, str]:
    """The only language that has a letter."""
    return {letter: one for one, letters in lexicon("letters").items() for letter in letters}


@cache
def script_of(locale: str) -> str:
    """The script in which a language is mostly written: “Latn”, “Jpan”."""
    likely = get_global("likely_subtags")
    told: str = likely.get(locale) or likely.get(locale.partition("_")[0], "")
    found = next((part for part in [*locale.split("_"), *told.split("_")] if len(part) == 4), "")
    return "Hani" if found in ("Hans", "Hant") else found


def _readers(languages: Mapping[str, int], code: str) -> int:
    """How many read a language; of a script, how many read one that is written in it."""

    def reads(locale: str) -> bool:
        return code in (locale.partition("_")[0], script_of(locale))

    return sum(many for locale, many in languages.items() if reads(locale))
