"""Nothing that is told of waves, alone or together, tells of fewer people than it must."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from random import Random

import pytest

from bot.surveys.ballot import Slip
from bot.surveys.gate import Closing, Decision, Reason, Ruling, decide
from bot.surveys.isolation import Release
from bot.surveys.lots import draw
from bot.surveys.survey import Question, Scale
from tests.brute_force import isolated, isolated_by

LIKELY = Question("enps", Scale.LIKELIHOOD, {"en": "How likely?"})


@dataclass(frozen=True)
class Closed:
    """A wave of an organisation, and what the gate let out of it."""

    closing: Closing
    kept: Sequence[Slip]
    left_out: Sequence[Slip]
    decision: Decision

    def release(self, *teams: int) -> Release:
        """What would be told of some teams together."""
        left_out = Counter(slip.team for slip in self.left_out if LIKELY.key in slip.answers)
        lots = {f"{self.closing.wave} {team}": left_out[team] for team in teams if left_out[team]}
        return Release(self.closing.members(teams), lots)

    def n(self, *teams: int) -> int:
        return sum(slip.team in teams and LIKELY.key in slip.answers for slip in self.kept)

    @property
    def rulings(self) -> Iterator[tuple[tuple[int, ...], Ruling]]:
        yield tuple(self.closing.asked), self.decision.total
        yield from (((team,), ruling) for team, ruling in self.decision.teams.items())


def closed(closing: Closing, random: Random, *, skipping: float = 0) -> Closed:
    slips = [
        Slip(team, {} if random.random() < skipping else {LIKELY.key: random.randint(0, 10)})
        for team in closing.people.values()
    ]
    kept, left_out = draw(closing, slips, random)
    return Closed(closing, kept, left_out, decide(closing, kept, left_out)[LIKELY.key])


@dataclass
class Organisation:
    """A handful of people in up to three teams, who come, go, move, and answer or do not.

    Its gate remembers so many waves. Where it `forgets`, two of them are forgotten after a wave each,
    of which the gate is told or not (`tells`). The limit may be `raised` with every wave.
    """

    random: Random
    remembers: int = 9
    forgets: bool = False
    tells: bool = True
    raised: int = 0
    people: dict[str, int] = field(default_factory=dict)
    waves: list[Closed] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)

    def live(self) -> list[Closed]:
        random = self.random
        fewest, stricter, teams = random.randint(2, 3), random.randint(0, 1), random.randint(1, 3)
        answering, skipping = random.choice([0.6, 0.8, 1.0]), random.choice([0, 0, 0.15])
        self.people = {f"{n}": random.randrange(teams) for n in range(random.randint(5, 8))}
        for wave in range(random.randint(1, 4)):
            answered = {m: team for m, team in self.people.items() if random.random() < answering}
            closing = Closing(
                f"w{wave}",
                answered,
                Counter(self.people.values()),
                [LIKELY],
                {LIKELY.key: [self.kept(release) for release in self.told(self.remembers)]},
                fewest=fewest + wave * self.raised,
                fewest_of_shares=fewest + stricter,
                by_team=teams > 1,
                forgotten=len(self.renamed) if self.tells else 0,
            )
            self.waves.append(closed(closing, random, skipping=skipping))
            self.change(teams, wave)
        return self.waves

    def told(self, waves: int = 9) -> list[Release]:
        """What the last so many waves told."""
        return list(chain.from_iterable(wave.decision.releases for wave in self.waves[-waves:]))

    def kept(self, release: Release) -> Release:
        """A release as it is remembered: the forgotten are in it under other marks."""
        marks = frozenset(self.renamed.get(mark, mark) for mark in release.people)
        return replace(release, people=marks)

    def change(self, teams: int, wave: int) -> None:
        random = self.random
        for mark in list(self.people):
            what = random.random()
            if what < 0.1:
                del self.people[mark]
            elif what < 0.2:
                self.people[mark] = random.randrange(teams)
        for n in range(random.choice([0, 0, 1, 1, 2])):
            if len(self.people) < 10:
                self.people[f"{wave}-{n}"] = random.randrange(teams)
        others = sorted(self.people.keys() - self.renamed.keys())
        if self.forgets and wave < 2 and others:
            mark = random.choice(others)
            self.renamed[mark] = f"nobody {mark}"


def organisations(seeds: Iterable[int], **how: object) -> Iterator[Organisation]:
    for seed in seeds:
        made = Organisation(Random(seed), **how)  # type: ignore[arg-type]
        made.live()
        yield made


def isolates_too_few(made: Organisation) -> bool:
    """Whether all that an organisation was told, as scores or in shares, tells of fewer than it may."""
    limit, told = made.waves[0].closing, made.told()
    shares = [release for release in told if release.shared_out]
    return (
        isolated(told, limit.fewest) is not None
        or isolated(shares, limit.fewest_of_shares) is not None
    )


@pytest.fixture(scope="module")
def lived() -> list[Organisation]:
    return list(organisations(range(300)))


def test_all_that_is_told_of_random_organisations_isolates_too_few_of_nobody(
    lived: list[Organisation],
) -> None:
    told = 0
    for made in lived:
        assert not isolates_too_few(made)
        assert not any(release.lots for release in made.told() if release.shared_out)
        told += len(made.told())
    assert told > 900


@pytest.mark.thorough
def test_a_raised_limit_holds_for_all_that_is_told_from_then_on() -> None:
    raised = 0
    for made in organisations(range(150), raised=1):
        before: list[Release] = []
        for wave in made.waves:
            for release in wave.decision.releases:
                assert isolated_by(release, before, wave.closing.fewest) is None
                before.append(release)
                raised += wave is not made.waves[0]
        assert not isolates_too_few(made)
    assert raised > 80


@pytest.mark.thorough
def test_it_does_so_in_no_more_of_many_organisations() -> None:
    assert not any(map(isolates_too_few, organisations(range(1_000, 2_500))))
    assert not any(map(isolates_too_few, organisations(range(1_000, 2_000), forgets=True)))


@pytest.mark.thorough
def test_those_who_were_forgotten_isolate_nobody_when_they_answer_again() -> None:
    told = 0
    for made in organisations(range(300), forgets=True):
        assert not isolates_too_few(made)
        told += len(made.told())
    assert told > 700


@pytest.mark.parametrize(
    "how", [{"remembers": 1}, {"remembers": 2}, {"forgets": True, "tells": False}], ids=str
)
def test_a_gate_that_does_not_know_of_what_was_before_is_found_out(how: dict[str, int]) -> None:
    assert any(map(isolates_too_few, organisations(range(300), **how)))


def leaves_too_few(wave: Closed, *more: int) -> bool:
    """Whether the teams that are told, and one more, leave answers of too few, or too few asked."""
    told = {team for team, ruling in wave.decision.teams.items() if ruling.withheld is None}
    rest, fewest = wave.closing.asked.keys() - told - set(more), wave.closing.fewest
    asked = sum(wave.closing.asked[team] for team in rest)
    return 0 < wave.n(*rest) < fewest or 0 < asked < fewest


def test_what_is_told_of_a_wave_leaves_enough_answers_or_none(lived: list[Organisation]) -> None:
    for made in lived:
        for wave in made.waves:
            assert wave.decision.total.withheld is not None or not leaves_too_few(wave)


def needs_withholding(wave: Closed, teams: tuple[int, ...], beside: Sequence[Release]) -> bool:
    """Whether a number that was withheld would have told of too few, beside all that was told."""
    closing, release = wave.closing, wave.release(*teams)
    bar = closing.fewest + (2 * closing.forgotten if closing.earlier[LIKELY.key] else 0)
    return (
        wave.n(*teams) < closing.fewest
        or (wave.decision.total.withheld is None and leaves_too_few(wave, *teams))
        or isolated_by(release, [*beside, *wave.decision.releases], bar) is not None
    )


def test_nothing_is_withheld_without_need(lived: list[Organisation]) -> None:
    withheld = Counter[Reason]()
    for made in lived:
        for wave in made.waves:
            for teams, ruling in wave.rulings:
                if ruling.withheld is not None:
                    assert needs_withholding(wave, teams, wave.closing.earlier[LIKELY.key])
                    withheld[ruling.withheld] += 1
    assert withheld[Reason.OVER_TIME] > 20
    assert withheld[Reason.TOO_FEW_LEFT] > 50


def test_no_lot_is_larger_than_it_has_to_be(lived: list[Organisation]) -> None:
    drawn = 0
    for made in lived:
        for wave in made.waves:
            drawn += lot_is_needed(wave)
    assert drawn > 30


def lot_is_needed(wave: Closed) -> int:
    """The lot of a wave whose teams are not told, after it was seen that no smaller one does."""
    closing, left_out = wave.closing, len(wave.left_out)
    if closing.by_team:
        return 0
    told = closing.earlier[LIKELY.key]
    for fewer in range(left_out):
        release = Release(frozenset(closing.people), {closing.wave: fewer})
        assert isolated_by(release, told, closing.fewest) is not None
    return left_out
