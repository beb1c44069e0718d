"""The lots: how many answers of a wave are left out, at random, so that more of it can be told.

Between two waves a few people join, leave or do not answer. A difference of their numbers tells of
these alone, unless it also depends on answers that nobody knows whose they are. What that takes is
simple: all that a number tells beside earlier ones has its lot in it, as the lot is in no earlier one;
so the people of the lot add up with those who would be isolated without it. Where a number tells
nothing new, because the same people answered, there is no lot or one that is large enough of itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple, Self

from bot.surveys.ballot import Slip
from bot.surveys.gate import Closing, Limit, largest_first
from bot.surveys.isolation import Release


@dataclass(frozen=True, slots=True)
class Lot:
    """So many of the slips of some teams are left out."""

    teams: frozenset[int]
    number: int


def draw(closing: Closing, slips: Sequence[Slip], random: Random) -> tuple[list[Slip], list[Slip]]:
    """The slips that are to be counted, in a random order, and those that the lots leave out.

    Those with the most answers are drawn first: a slip that skips a question helps that one nothing.
    `random` has to be one that nobody can guess, as `SystemRandom`.
    """
    order = random.sample(range(len(slips)), len(slips))
    fullest = sorted(order, key=lambda place: -len(slips[place].answers))
    drawn: list[int] = []
    for lot in lots(closing):
        drawn += [place for place in fullest if slips[place].team in lot.teams][: lot.number]
    return [slips[place] for place in order if place not in drawn], [slips[one] for one in drawn]


def lots(closing: Closing) -> list[Lot]:
    """How many slips are left out, and of which teams.

    As few as let the totals of the most questions be told, and, after that, the most teams; where
    teams are not asked for, the most totals in shares, which takes that there is none. Of the people among whom a lot is drawn as
    many stay as it takes to tell of them. Teams are thrown together with the smaller ones until all
    of that is so.
    """
    own = list(_own_lots(closing).items()) if closing.by_team else []
    total = _Needs.of(closing, closing.teams, in_shares=not closing.by_team)
    plans = [_plan(closing, dict(own[:told]), total) for told in range(len(own), -1, -1)]
    return min(plans, key=lambda plan: plan.unmet).lots


class _Need(NamedTuple):
    """The smallest and the largest lot with which a number may be told; none at all may do as well."""

    least: int
    most: int
    or_none: bool

    @classmethod
    def of(cls, people: frozenset[str], limit: Limit) -> Self:
        """Found out with a lot of one: where a number tells nothing new, that one is isolated."""
        found = limit.isolated(Release(people, {"": 1}), more=1)
        least = 0 if found is None else limit.bar - max(0, found - 1)
        most = len(people) - limit.fewest
        return cls(least, most if limit.takes_lots else min(0, most), or_none=found == 1)

    def is_met(self, lot: int) -> bool:
        return (self.least <= lot or (self.or_none and not lot)) and lot <= self.most


class _Needs(NamedTuple):
    """What lots all questions need to be told of some people: as scores, and in shares."""

    scores: list[_Need]
    shares: list[_Need]

    @classmethod
    def of(cls, closing: Closing, teams: Collection[int], *, in_shares: bool) -> Self:
        people = closing.members(teams)
        limits = [closing.limits(question) for question in closing.scales] if people else []
        return cls(
            [_Need.of(people, of_scores) for of_scores, _ in limits],
            [_Need.of(people, of_shares) for _, of_shares in limits if in_shares],
        )

    def unmet(self, lot: int) -> tuple[int, int]:
        """How many may not be told with a lot."""
        scores, shares = ([not need.is_met(lot) for need in needs] for needs in self)
        return sum(scores), sum(shares)


class _Plan(NamedTuple):
    """Lots, and what may not be told with them: of the total, and of those not told by team."""

    lots: list[Lot]
    unmet: tuple[tuple[int, int], ...]


def _own_lots(closing: Closing) -> dict[int, int]:
    """The lot of each team of which something can be told, the largest team first."""
    own: dict[int, int] = {}
    for team in largest_first(+closing.teams):
        needs = _Needs.of(closing, [team], in_shares=False)
        lot = min(range(closing.teams[team]), key=needs.unmet)
        if needs.unmet(lot) < (len(needs.scores), 0):
            own[team] = lot
    return own


def _plan(closing: Closing, own: Mapping[int, int], total: _Needs) -> _Plan:
    """Some teams with their own lots, and all others with one lot together.

    The others can be worked out as the total less those teams, so that they need a lot as a team does.
    """
    already, rest = sum(own.values()), frozenset(closing.teams.keys() - own.keys())
    others = _Needs.of(closing, rest, in_shares=False)

    def unmet(lot: int) -> tuple[tuple[int, int], ...]:
        return total.unmet(already + lot), others.unmet(lot)

    room = len(closing.members(rest)) - closing.fewest
    lot = min(range(max(0, room) + 1), key=unmet)
    drawn = [*((frozenset([team]), number) for team, number in own.items()), (rest, lot)]
    return _Plan([Lot(teams, number) for teams, number in drawn if number], unmet(lot))
