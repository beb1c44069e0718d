"""The mailbox of a closed wave: who wrote the comments that may be answered, and the letters about them.

It is kept sealed, as one piece for all conversations: which of them a change is about nobody can see.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

#: For so long after a wave closed the authors of its comments can be reached.
LIFETIME = timedelta(days=30)

#: So many bytes a mailbox takes at first. Ten of the longest letters fit in, or some hundred usual
#: ones: most mailboxes never take more, and of others it shows only that they came to so much.
ROOM = 128 * 1024


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter about a comment; `by` is the lead who wrote it, `None` for the author's own.

    `place` is its place among the letters about that comment. Until it is `relayed`, with the batch
    of the moment `slot`, only those on its writer's side see it.
    """

    comment: str
    place: int
    by: str | None
    text: str
    slot: datetime
    relayed: bool = False


class News(NamedTuple):
    """That somebody has letters about a comment to read: told once, however many there are."""

    recipient: str
    comment: str
    is_author: bool


@dataclass(frozen=True, slots=True)
class Mailbox:
    """`authors` are the Slack ids of those who can be reached, by comment; `letters` the oldest first.

    `room` is how many bytes it takes. That grows, and never shrinks: whoever has filled it up to the
    brim with letters about one comment would see whether that is the one that is ended.
    """

    authors: Mapping[str, str]
    letters: Sequence[Letter] = ()
    room: int = ROOM

    def about(self, comment: str) -> list[Letter]:
        """The letters about a comment, oldest first."""
        return [one for one in self.letters if one.comment == comment]

    def of(self, user: str) -> list[str]:
        """The comments by which somebody can be reached."""
        return [comment for comment, author in self.authors.items() if author == user]

    def with_letter(self, comment: str, text: str, *, by: str | None, slot: datetime) -> Mailbox:
        """The mailbox with one letter more, which waits for its batch."""
        letter = Letter(comment, len(self.about(comment)) + 1, by, text, slot)
        return replace(self, letters=[*self.letters, letter])

    def without(self, comments: Iterable[str]) -> Mailbox:
        """Nobody can be reached by these comments any more; letters that are not relayed are dropped."""
        ended = frozenset(comments)
        authors = {one: author for one, author in self.authors.items() if one not in ended}
        letters = [one for one in self.letters if one.relayed or one.comment not in ended]
        return replace(self, authors=authors, letters=letters)

    # --- the batches ---

    def due(self, now: datetime) -> list[Letter]:
        """The letters whose batch goes now."""
        return [one for one in self.letters if not one.relayed and one.slot <= now]

    def news(self, now: datetime) -> set[News]:
        """Who is to be told of the letters that are due."""
        found = set()
        for one in self.due(now):
            is_author = one.by is not None
            to = self.authors.get(one.comment) if is_author else self._lead(one.comment)
            if to is not None:
                found.add(News(to, one.comment, is_author))
        return found

    def _lead(self, comment: str) -> str | None:
        """The lead who wrote to the author of a comment last."""
        return next((one.by for one in reversed(self.about(comment)) if one.by is not None), None)

    def relayed(self, now: datetime) -> Mailbox:
        """All that is due is on its way."""
        due = self.due(now)
        letters = [replace(one, relayed=True) if one in due else one for one in self.letters]
        return replace(self, letters=letters)

    # --- as it is sealed ---

    def to_bytes(self) -> bytes:
        """The mailbox as it is sealed: always of the same length, until it takes twice as much room."""
        told = json.dumps(
            [self.authors, [_row(one) for one in self.letters]],
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode(errors="surrogatepass")
        room = self.room
        while len(told) > room:
            room *= 2
        # What follows is no part of it for whoever reads JSON.
        return told.ljust(room)

    @classmethod
    def from_bytes(cls, told: bytes) -> Self:
        authors, letters = json.loads(told.decode(errors="surrogatepass"))
        return cls(authors, [_letter(*row) for row in letters], room=len(told))


def seen(letters: Iterable[Letter], *, by_author: bool) -> list[Letter]:
    """The letters that the author of the comment sees by now, or the leads."""
    return [one for one in letters if one.relayed or (one.by is None) is by_author]


_Row = tuple[str, int, str | None, str, int, bool]


def _row(one: Letter) -> _Row:
    return one.comment, one.place, one.by, one.text, int(one.slot.timestamp()), one.relayed


def _letter(
    comment: str, place: int, by: str | None, text: str, slot: int, relayed: bool
) -> Letter:
    return Letter(comment, place, by, text, datetime.fromtimestamp(slot, UTC), relayed)
