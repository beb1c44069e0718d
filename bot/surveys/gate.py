"""The gate: what of a wave may be told, so that nobody's answer can be worked out of all that is told.

Whoever looks is taken to know everything but the answers: who is asked, in which team, who answered,
and whatever any wave told before. To them every number is an equation over people, and what they can
work out of all equations together depends on few people or on many (`isolation`). Nothing is told
that isolates fewer than `fewest` people, and no shares (how many gave which answer) that isolate
fewer than `FEWEST_SHARED_OUT` (METHODS, “Privacy of answers”). Somebody's answer to a question counts
as the same in all waves that ask it.

**Within a wave** the total comes first, then the teams from the largest to the smallest, each only if
nothing that was told before it tells, together with it, of too few people. That is complementary
suppression: all teams that are withheld can be worked out together, as the total less the others; so
a team is told only if those that are still to come, with those that are too small, are as many as
it takes, or none at all. While a team that is large enough is still to come, they are; so it is the
smallest such team, the last one, that has to stay behind with those that are too small. Some skip a
question, and nobody knows who: so the same must hold of the numbers of answers.

**Over time** people join, leave and do not answer, and the difference of two waves is about these few.
There a *lot* helps: some answers, drawn at random, are left out of all numbers of the wave. Nobody
knows whose, so that the difference is about so many people more: as many as it takes are drawn. A
team has a lot of its own, as its numbers differ by fewer people than the total; where it is too small
for one, or for the one that the total needs, it is thrown together with others and not told. A score
can be told so, shares cannot: they count whole people, and where more are counted than before although
some are left out, it is known who the new one is.

**Forgotten** people stand in earlier releases under a mark that is nobody's. Where they answer again
they are two people to the gate, and to a sum of which, in truth, they drop out these two look like
enough. So it takes two people more for each of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from bot.surveys.ballot import Slip
from bot.surveys.isolation import MOST_EFFORT, Release, smallest_isolated
from bot.surveys.survey import FEWEST, FEWEST_SHARED_OUT, Question, Scale

#: For so long after its close a wave is held against later ones, and it is kept who answered.
REMEMBERED = timedelta(days=396)


class Reason(StrEnum):
    """Why something is withheld.

    `TOO_FEW`: it rests on too few answers. `TOO_FEW_LEFT`: with what else is told of this wave it
    would tell of too few others. `OVER_TIME`: with what earlier waves told it would tell of too few
    who came, left, or did not answer. `TOO_COMPLEX`: there is so much to hold it against that it
    could not be shown to be safe.
    """

    TOO_FEW = "too few"
    TOO_FEW_LEFT = "too few left"
    OVER_TIME = "over time"
    TOO_COMPLEX = "too complex"


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether a number may be told, and the shares that it is made of; `None` where they may."""

    withheld: Reason | None
    shares_withheld: Reason | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What may be told of a question: of all together, and of each team by its place.

    `releases` are to be kept as long as the question counts as the same: later waves are held
    against them.
    """

    total: Ruling
    teams: Mapping[int, Ruling]
    releases: tuple[Release, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """What it takes to tell something: so many answers, and as many people as the bar is high.

    Together with the `earlier` releases, what is told must not isolate fewer. `takes_lots`: whether it
    may be told of what a lot was drawn from.
    """

    fewest: int
    bar: int
    earlier: Sequence[Release]
    effort: int
    takes_lots: bool

    def isolated(
        self, release: Release, now: Iterable[Release] = (), *, more: int = 0
    ) -> int | None:
        """How many people a release isolates, if fewer than the bar, raised by some more."""
        beside = [*self.earlier, *now]
        return smallest_isolated(release, beside, self.bar + more, effort=self.effort)


@dataclass(frozen=True, slots=True)
class Closing:
    """A wave at its close, and all that was told before of the same questions.

    `wave` names it among all waves. `people` are those who answered, by their marks, with the place
    of their team; somebody's mark is the same in all waves. `asked` says how many were asked, by the
    place of their team. `earlier` are the releases of each
    question by its key. Of the people in these, `forgotten` are there under marks that are nobody's,
    each under the same one in all of them. `fewest` may be above 5; teams are told if `by_team`. With
    more than `effort` to look at, nothing counts as safe.
    """

    wave: str
    people: Mapping[str, int]
    asked: Mapping[int, int]
    questions: Sequence[Question]
    earlier: Mapping[str, Sequence[Release]] = field(default_factory=dict)
    fewest: int = FEWEST
    fewest_of_shares: int = FEWEST_SHARED_OUT
    by_team: bool = False
    forgotten: int = 0
    effort: int = MOST_EFFORT

    @property
    def scales(self) -> list[Question]:
        """The questions that are not answered in words."""
        return [question for question in self.questions if question.scale is not Scale.TEXT]

    @property
    def teams(self) -> Counter[int]:
        """How many answered of each team, be it nobody."""
        answered = Counter(dict.fromkeys(self.asked, 0))
        answered.update(self.people.values())
        return answered

    def members(self, teams: Collection[int]) -> frozenset[str]:
        return frozenset(mark for mark, team in self.people.items() if team in teams)

    def limits(self, question: Question) -> tuple[Limit, Limit]:
        """Those of scores and those of shares; nothing is told of a choice but its shares."""
        earlier = self.earlier.get(question.key, ())
        fewest = max(self.fewest, self.fewest_of_shares)
        shared_out = [one for one in earlier if one.shared_out]
        of_shares = self._limit(fewest, shared_out, takes_lots=False)
        if question.scale is Scale.CHOICE:
            return of_shares, of_shares
        return self._limit(self.fewest, earlier, takes_lots=True), of_shares

    def _limit(self, fewest: int, earlier: Sequence[Release], *, takes_lots: bool) -> Limit:
        bar = fewest + 2 * self.forgotten if earlier else fewest
        return Limit(fewest, bar, earlier, self.effort, takes_lots)


def shows_comments(answered: int, fewest: int) -> bool:
    """Whether comments may be shown: never beside a team, or anything else of who wrote them."""
    return answered >= fewest


def decide(closing: Closing, kept: Iterable[Slip], left_out: Iterable[Slip]) -> dict[str, Decision]:
    """What may be told of each question, by its key, of the slips that `draw` kept and left out."""
    kept, left_out = list(kept), list(left_out)
    return {
        question.key: _decided(
            closing, question, _given(question, kept), _given(question, left_out)
        )
        for question in closing.scales
    }


def largest_first(sizes: Mapping[int, int]) -> list[int]:
    """Teams by their sizes; of those of one size always the same one first."""
    return sorted(sizes, key=lambda team: (-sizes[team], team))


def _given(question: Question, slips: Iterable[Slip]) -> Counter[int]:
    """How many answered a question, by team."""
    return Counter(slip.team for slip in slips if question.key in slip.answers)


class _Number(NamedTuple):
    """What is to be told of `n` answers, in shares or together, and of how many who were asked."""

    release: Release
    n: int
    asked: int


def _decided(
    closing: Closing, question: Question, given: Counter[int], left_out: Counter[int]
) -> Decision:
    def number(teams: Collection[int]) -> _Number:
        lots = {f"{closing.wave} {team}": left_out[team] for team in teams if left_out[team]}
        release = Release(closing.members(teams), lots)
        n = sum(given[team] for team in teams)
        return _Number(release, n, sum(closing.asked[team] for team in teams))

    of_scores, of_shares = closing.limits(question)
    gate, everybody = _Gate(_Telling(of_scores), _Telling(of_shares)), list(closing.teams)
    total = gate.rule(number(everybody), is_total=True)
    told = largest_first({team: given[team] for team in everybody}) if closing.by_team else []
    teams = {team: gate.rule(number([team])) for team in told}
    return Decision(total, teams, gate.releases)


class _Rest(NamedTuple):
    """The answers of the total that are in none of the teams told, and how many were asked there."""

    n: int
    asked: int

    def without(self, number: _Number) -> _Rest:
        return _Rest(self.n - number.n, self.asked - number.asked)

    def is_too_few(self, fewest: int) -> bool:
        """Also where nobody of a few has answered: it would be known of them."""
        return 0 < self.n < fewest or 0 < self.asked < fewest


@dataclass(slots=True)
class _Telling:
    """What is told as a score, or in shares, until now, and what may be told beside it.

    `rest` is what is left of the total; `None` where the total is not told.
    """

    limit: Limit
    now: list[Release] = field(default_factory=list)
    rest: _Rest | None = None

    def reason(self, number: _Number) -> Reason | None:
        """Why a number may not be told."""
        fewest = self.limit.fewest
        if number.n < fewest:
            return Reason.TOO_FEW
        if self.rest is not None and self.rest.without(number).is_too_few(fewest):
            return Reason.TOO_FEW_LEFT
        if number.release.lots and not self.limit.takes_lots:
            return Reason.OVER_TIME
        found = self.limit.isolated(number.release, self.now)
        if found is None:
            return None
        if smallest_isolated(number.release, self.now, fewest):
            return Reason.TOO_FEW_LEFT
        return Reason.OVER_TIME if found else Reason.TOO_COMPLEX

    def tell(self, number: _Number, *, is_total: bool) -> None:
        self.now.append(number.release)
        if is_total:
            self.rest = _Rest(number.n, number.asked)
        elif self.rest is not None:
            self.rest = self.rest.without(number)


@dataclass(frozen=True, slots=True)
class _Gate:
    """The gate of one question: scores go through it, and shares where there are more answers."""

    scores: _Telling
    shares: _Telling

    def rule(self, number: _Number, *, is_total: bool = False) -> Ruling:
        withheld = self.scores.reason(number)
        shares_withheld = withheld or self.shares.reason(number)
        if withheld is None:
            self.scores.tell(number, is_total=is_total)
        if shares_withheld is None:
            self.shares.tell(number, is_total=is_total)
        return Ruling(withheld, shares_withheld)

    @property
    def releases(self) -> tuple[Release, ...]:
        shared_out = self.shares.now
        return tuple(replace(one, shared_out=one in shared_out) for one in self.scores.now)
