"""A text as words are looked for in it: in small letters, without accents, widths and hidden letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

#: Letters that Unicode does not take apart, or that keyboards of two languages write differently;
#: and the many dashes and apostrophes.
_ALIKE = str.maketrans("‐–—−’‘ʼ`´ıłøđħðيىكةہ", "----'''''ilodhdییکهه") | str.maketrans(
    {"æ": "ae", "œ": "oe", "þ": "th", "ـ": ""}
)

#: What is written on, in or between letters and changes none of them.
_UNSEEN = frozenset({"Mn", "Mc", "Me", "Cf"})

#: Letters and marks that show nothing although Unicode calls them letters and marks.
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")

_WORD = re.compile(r"[^\W_]+")

#: Behind these, or at the beginning, a sentence begins: a capital says nothing there.
_BEFORE_SENTENCES = frozenset('.!?…:;\n•*->"“”«»([')


def fold(text: str) -> str:
    """The text as it is compared: “Μαρία”, “ΜΑΡΙΑ” and “μαρια” are the same."""
    return "".join(map(_letter, text))


@lru_cache(maxsize=4096)
def _letter(letter: str) -> str:
    """What a letter counts as: none, one or several letters."""
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    if letter in INVISIBLE:
        return ""
    apart = unicodedata.normalize("NFKD", letter.casefold()).casefold()
    seen = (one for one in apart if unicodedata.category(one) not in _UNSEEN)
    return "".join(seen).translate(_ALIKE)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a folded text, and where it stands in the text as it was written.

    `is_capital` is true as well for words of scripts without capitals; `is_first` of those with which
    a sentence begins.
    """

    text: str
    start: int
    end: int
    is_capital: bool
    is_first: bool


class Folded:
    """A text and what it is folded to, in which `text` is searched; `span` leads back."""

    def __init__(self, source: str) -> None:
        self.source = source
        letters = [_letter(letter) for letter in source]
        self.text = "".join(letters)
        self._places = [place for place, folded in enumerate(letters) for _ in folded]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the folded letters from `start` to `end` (at least one) stand in the source.

        What is hidden between them, or written on the last one, belongs to them.
        """
        after = self._places[end] if end < len(self._places) else len(self.source)
        first, last = self._places[start], self._places[end - 1]
        return first, max(after, last + 1)

    @cached_property
    def words(self) -> list[Word]:
        return list(self._words())

    def pieces(self, word: Word) -> list[str]:
        """A word, and its parts where a non-joiner stands in it: Persian writes endings behind one."""
        parts = self.source[word.start : word.end].split("\u200c")
        return [word.text] if len(parts) == 1 else [word.text, *map(fold, parts)]

    def _words(self) -> Iterator[Word]:
        end = 0
        for match in _WORD.finditer(self.text):
            before = self.text[end : match.start()].rstrip(" ")[-1:]
            first = self.source[self._places[match.start()]]
            yield Word(
                match[0],
                *self.span(*match.span()),
                # Letters of scripts without capitals are the same in both.
                is_capital=first.lower() == first.upper() or first != first.lower(),
                is_first=not end or before in _BEFORE_SENTENCES,
            )
            end = match.end()
