"""The words of a rule as they were typed, one after the other; names in quotation marks are one word."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from commands.questions import QUOTES
from commands.words import plain

Read = TypeVar("Read")

#: What means above or below; as Slack escapes it as well.
_SIGNS = "(?:&[gl]t;|[<>])=?|=[<>]|[≥≤≧≦]"
_SPELLED = {"&gt;": ">", "&lt;": "<", "=>": ">=", "=<": "<=", "≥": ">=", "≧": ">="}
_SPELLED |= {"≤": "<=", "≦": "<=", "&gt;=": ">=", "&lt;=": "<="}

#: What keyboards make of a minus.
_DASHES = str.maketrans("−–", "--")

#: A sign before a number stands alone, however close to its neighbours it was typed: `csat<85%`.
_SIGN = re.compile(rf"(?:{_SIGNS})(?=\s*[+−–-]?[%٪]?\d)")

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Word:
    """One word, or a whole name where it is in quotation marks (without them).

    `plain` is the word in small letters and without the comma behind it; empty for a name, which means
    nothing else.
    """

    typed: str
    plain: str = ""
    in_quotes: bool = False


def _word(typed: str) -> Word:
    said = plain(typed)
    return Word(typed, _SPELLED.get(said) or said.rstrip(",;").translate(_DASHES))


def split(text: str) -> list[Word]:
    """The words of a text. What is in quotation marks is kept to the letter."""
    return list(_split(text))


def _split(text: str) -> Iterator[Word]:
    at = 0
    while match := _WORD.search(text, at):
        at = match.start()
        name, end = _in_quotes(text, at)
        if name is not None:
            yield Word(name, in_quotes=True)
            at = end
            continue
        while sign := _SIGN.search(text, at):
            if sign.start() >= match.end():
                break
            if sign.start() > at:
                yield _word(text[at : sign.start()])
            yield _word(sign[0])
            at = sign.end()
        if at < match.end():
            yield _word(text[at : match.end()])
        at = max(at, match.end())


def _in_quotes(text: str, start: int) -> tuple[str | None, int]:
    """The name whose quotation mark is at `start`, and where the text goes on behind it.

    It ends with a mark before a space, a comma or the end; one that is written twice is of the name.
    """
    ends = QUOTES.get(text[start], "")
    at, name = start + 1, ""
    while ends and at < len(text):
        letter, after = text[at], text[at + 1 : at + 2]
        if letter in ends and after == letter:
            at += 1
        elif letter in ends and (not after or after.isspace() or after in ",;"):
            return name, at + 1
        name += letter
        at += 1
    return None, start


class Typed:
    """Words that are read from the first to the last; `at` is the next one."""

    def __init__(self, words: Sequence[Word]) -> None:
        # A comma alone, or a mark of direction, says nothing.
        self._words = [word for word in words if word.in_quotes or word.plain]
        self.at = 0

    def __bool__(self) -> bool:
        return self.at < len(self._words)

    @property
    def left(self) -> Sequence[Word]:
        """The words that are left."""
        return self._words[self.at :]

    @property
    def next(self) -> Word:
        """The next word, which stays there; an empty one at the end."""
        return self._words[self.at] if self else Word("")

    @property
    def last(self) -> Word:
        """The word that was read last; an empty one at the beginning."""
        return self._words[self.at - 1] if self.at else Word("")

    def take(self) -> Word:
        """The next word, which is read now; an empty one at the end."""
        word = self.next
        self.at += bool(self)
        return word

    def _plain(self, most: int) -> list[str]:
        return [word.plain for word in self._words[self.at : self.at + most]]

    def begins(self, phrases: Collection[str]) -> str | None:
        """The longest of the phrases with which the words go on."""
        left = self._plain(_LONGEST_PHRASE)
        runs = (" ".join(left[:length]) for length in range(len(left), 0, -1))
        return next((run for run in runs if run in phrases), None)

    def phrase(self, phrases: Mapping[str, Read]) -> Read | None:
        """What the longest of the phrases means with which the words go on; it is read then."""
        found = self.begins(phrases)
        if found is None:
            return None
        self.at += len(found.split(" "))
        return phrases[found]

    def skip(self, phrases: Collection[str]) -> None:
        """Goes over words that change nothing."""
        while (found := self.begins(phrases)) is not None:
            self.at += len(found.split(" "))

    def longest(self, read: Callable[[str], Read | None], most: int) -> Read | None:
        """What `read` makes of as many of the next words as it can, up to so many; they are read then."""
        left = self._plain(most)
        for length in range(len(left), 0, -1):
            found = read(" ".join(left[:length])) if all(left[:length]) else None
            if found is not None:
                self.at += length
                return found
        return None


#: How many words a phrase has at most.
_LONGEST_PHRASE = 5
