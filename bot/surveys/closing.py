"""What comes of a wave when it closes: its ballots are counted, and what the gate lets out is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from bot.surveys.ballot import Slip
from bot.surveys.gate import Closing, Decision, Reason, Ruling, decide
from bot.surveys.isolation import Release
from bot.surveys.lots import draw
from bot.surveys.results import EVERYBODY, Told
from bot.surveys.survey import Question
from bot.surveys.tally import counted, subjects, together


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is told of a wave, by subject and team, and what later waves are held against.

    `left_out`: so many answers the lots left out of all numbers.
    """

    told: Mapping[tuple[str, str], Told]
    releases: Mapping[str, Sequence[Release]]
    left_out: int


def outcome(
    closing: Closing, slips: Sequence[Slip], teams: Sequence[str], random: Random
) -> Outcome:
    """Counts the slips of a wave, without those that the lots leave out, and asks the gate.

    `teams` are the names of the teams by their places. `random` has to be one that nobody can guess.
    """
    kept, left_out = draw(closing, slips, random)
    decisions = decide(closing, kept, left_out)
    told = {}
    for place, name in _groups(closing, teams):
        own = kept if place is None else [slip for slip in kept if slip.team == place]
        without = left_out if place is None else [one for one in left_out if one.team == place]
        for subject, one in _told(closing.scales, decisions, own, place):
            told[subject, name] = replace(one, left_out=len(without))
    return Outcome(
        told, {key: decision.releases for key, decision in decisions.items()}, len(left_out)
    )


def _groups(closing: Closing, teams: Sequence[str]) -> Iterator[tuple[int | None, str]]:
    yield None, EVERYBODY
    if closing.by_team:
        yield from ((place, teams[place]) for place in sorted(closing.teams))


def _told(
    questions: Sequence[Question],
    decisions: Mapping[str, Decision],
    slips: Sequence[Slip],
    team: int | None,
) -> Iterator[tuple[str, Told]]:
    """What is told of each question, and of those together of which something is told."""
    rulings = {one.key: _ruling(decisions[one.key], team) for one in questions}
    for question in questions:
        yield question.key, _of_question(question, rulings[question.key], slips)
    for subject, asked in subjects(questions).items():
        told = [one for one in asked if rulings[one.key].withheld is None]
        yield subject, _of_several(told, [rulings[one.key] for one in asked], slips)


def _ruling(decision: Decision, team: int | None) -> Ruling:
    return decision.total if team is None else decision.teams[team]


def _of_question(question: Question, ruling: Ruling, slips: Iterable[Slip]) -> Told:
    if ruling.withheld is not None:
        return Told(withheld=ruling.withheld)
    numbers = counted(slips, question)
    if ruling.shares_withheld is None:
        return Told(numbers)
    return Told(numbers.without_shares, shares_withheld=ruling.shares_withheld)


def _of_several(told: Sequence[Question], rulings: Sequence[Ruling], slips: Sequence[Slip]) -> Told:
    """Only of what is told of them one by one: what is withheld of one is not in the mean either."""
    if not told:
        return Told(withheld=_why(rulings))
    numbers = together(slips, told)
    shared_out = all(one.shares_withheld is None for one in rulings if one.withheld is None)
    return Told(numbers if shared_out else numbers.without_shares)


def _why(rulings: Sequence[Ruling]) -> Reason:
    return next(one.withheld for one in rulings if one.withheld is not None)
