"""The roll of a wave: who is asked, how each of them stands, and who is to be asked now.

It is kept sealed, as one piece of one length: every change to it looks the same from outside.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import blake2b
from typing import Self

#: How many hexadecimal digits name a ballot, and the seed of the names of somebody's ballots.
DIGITS = 32

_NO_SEED = "0" * DIGITS


class Standing(StrEnum):
    """How somebody stands in a wave. One letter each, so that all rolls are of one length."""

    WAITING = "w"
    ANSWERED = "a"
    DECLINED = "d"


class Act(StrEnum):
    """What somebody may do once in a wave: answer, and say why, then or at the same time."""

    ANSWER = "answer"
    WHY = "why"
    ANSWER_AND_WHY = "answer and why"


class Cast(StrEnum):
    """What became of an answer."""

    DONE = "done"
    TWICE = "twice"
    CLOSED = "closed"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who is asked.

    `asked` counts the messages that went out to them: the first one, then the reminders, the last one
    on their local day `asked_on` (its number in the calendar). `said_why`: whether they sent the
    comment that belongs to an eNPS. `forgotten`: whether they asked that nothing leads to them.
    `seed` names the ballots that they are just casting; it is forgotten as soon as these are stored.
    `team` is the place of the team in the wave's list, `names` are the words by which people know
    them.
    """

    user: str
    team: int
    zone: str
    locale: str
    names: tuple[str, ...] = ()
    standing: Standing = Standing.WAITING
    asked: int = 0
    asked_on: int = 0
    said_why: bool = False
    forgotten: bool = False
    seed: str = ""

    def may(self, act: Act) -> bool:
        """Whether they have not done it yet."""
        if act is Act.WHY:
            return self.standing is Standing.ANSWERED and not self.said_why
        return self.standing is not Standing.ANSWERED

    def done(self, act: Act) -> Seat:
        """They did it, and which ballots are theirs is forgotten."""
        said_why = self.said_why or act is not Act.ANSWER
        return replace(self, standing=Standing.ANSWERED, said_why=said_why, seed="")

    def without_traces(self) -> Seat:
        """They are asked and named no more; that they are on the roll is left, so that it adds up."""
        waits = self.standing is Standing.WAITING
        standing = Standing.DECLINED if waits else self.standing
        return replace(self, standing=standing, names=(), forgotten=True)


@dataclass(frozen=True, slots=True)
class Roll:
    """Everybody who is asked in a wave, by their Slack ids.

    It takes at least as many bytes as before, which are its `least`: else it would show when somebody
    is forgotten.
    """

    seats: Mapping[str, Seat]
    least: int = field(default=0, compare=False)

    @classmethod
    def of(cls, seats: Iterable[Seat]) -> Self:
        return cls({seat.user: seat for seat in seats})

    def __iter__(self) -> Iterator[Seat]:
        return iter(self.seats.values())

    def __len__(self) -> int:
        return len(self.seats)

    def with_(self, seat: Seat) -> Roll:
        """The roll in which somebody stands otherwise."""
        return replace(self, seats={**self.seats, seat.user: seat})

    @property
    def answered(self) -> list[Seat]:
        return [seat for seat in self if seat.standing is Standing.ANSWERED]

    @property
    def waiting(self) -> list[Seat]:
        return [seat for seat in self if seat.standing is Standing.WAITING]

    def sharing(self, team: int) -> int:
        """How many of those asked are in a team."""
        return sum(seat.team == team for seat in self)

    def to_bytes(self) -> bytes:
        """The roll as it is sealed: as many bytes whoever answered, declined, or was forgotten."""
        rows = [
            [seat.user, seat.team, seat.zone, seat.locale, list(seat.names), _state(seat)]
            for seat in self
        ]
        told = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
        # Half of a pair of surrogates, which a name may hold, is kept as it is.
        return told.encode(errors="surrogatepass").ljust(self.least)

    @classmethod
    def from_bytes(cls, told: bytes) -> Self:
        seats = (
            Seat(
                user=user,
                team=team,
                zone=zone,
                locale=locale,
                names=tuple(names),
                standing=Standing(state[0]),
                asked=int(state[1]),
                said_why=state[2] == "1",
                forgotten=state[3] == "1",
                asked_on=int(state[4:11]),
                seed="" if state[11:] == _NO_SEED else state[11:],
            )
            for user, team, zone, locale, names, state in json.loads(told)
        )
        return cls({seat.user: seat for seat in seats}, least=len(told))


def _state(seat: Seat) -> str:
    """What changes of a seat, always in as many characters."""
    marks = f"{seat.standing}{seat.asked}{int(seat.said_why)}{int(seat.forgotten)}"
    return f"{marks}{seat.asked_on:07}{seat.seed or _NO_SEED}"


def ballot_ids(seed: str, many: int) -> list[str]:
    """The names of the ballots that somebody casts together: they tell nothing of one another.

    Whoever casts again after a crash casts the same ones, so none is counted twice.
    """
    return [
        blake2b(f"{seed} {place}".encode(), digest_size=DIGITS // 2).hexdigest()
        for place in range(many)
    ]
