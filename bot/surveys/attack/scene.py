"""A wave as attackers see it: what they know of people, of rows, and of what was around people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.surveys.attack.case import Case, Question, Signal, Watched
from bot.surveys.attack.evidence import Happening, RowId
from bot.surveys.attack.linking import KnownRows
from bot.surveys.attack.reading import Clues, around_seen, around_watched, clues
from bot.surveys.attack.scalars import Kind, traces
from bot.surveys.attack.sight import Known, Person, Sight, known_of

#: Names of rows that are as long as this are nothing else by chance.
_SHORTEST_NAME = 16


@dataclass(frozen=True, slots=True)
class Scene:
    """What can be known of people, and read around them: without and with having watched them."""

    case: Case
    people: tuple[Known, Known]
    around: tuple[Mapping[str, Clues], Mapping[str, Clues]]

    @classmethod
    def of(cls, case: Case) -> Scene:
        sight, versions = Sight(case.people), case.evidence.versions
        seen = known_of(versions, sight)
        near = {one: clues(own) for one, own in around_seen(versions, sight).items()}
        own = {one: clues(around_watched(versions, at)) for one, at in case.watched.items()}
        return cls(case, (seen, {**seen, **_watched(case), **_lengths(own)}), (near, own))

    def rows(self, question: Question) -> KnownRows:
        """The rows that are somebody's, with their traces."""
        wanted = frozenset[RowId]().union(*self.case.rows_of(question).values())
        return _known_rows(self.case, wanted) | _named_rows(self.case, wanted)


def _watched(case: Case) -> Known:
    """What is known of when people did what."""
    return {
        **_between("answered", case.watched),
        **_between("wrote a letter", case.letters),
        **_between("ended it", case.ends),
    }


def _between(did: str, watched: Mapping[str, Watched]) -> Known:
    if not watched:
        return {}
    order = {one: at.after for one, at in watched.items()}
    return {
        f"the order in which people {did}": (Kind.ORDER, dict(order)),
        f"the copies between which somebody {did}": (Kind.COPY, dict(watched)),  # type: ignore[arg-type]
    }


def _lengths(around: Mapping[str, Clues]) -> Known:
    """The lengths of what came while people were watched."""
    found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for person, own in around.items():
        for clue, value in own.items():
            if clue.signal is Signal.LENGTHS:
                found[f"{clue.name} (while watched)"][person] = value
    return {name: (Kind.LENGTH, of) for name, of in found.items() if len(set(of.values())) > 1}


def _known_rows(case: Case, wanted: frozenset[RowId]) -> KnownRows:
    found: defaultdict[tuple[str, Kind], dict[RowId, Any]] = defaultdict(dict)
    for version in case.evidence.versions:
        if version.row in wanted and version.happening is not Happening.WENT:
            later = "" if version.happening is Happening.CAME else " (changed)"
            for trace in traces(version):
                found[f"{trace.name}{later}", trace.kind][version.row] = trace.value
    for row in wanted & case.published.keys():
        found["the length of the published text", Kind.LENGTH][row] = len(case.published[row])
    return {name: (kind, of) for (name, kind), of in found.items() if len(set(of.values())) > 1}


def _named_rows(case: Case, wanted: frozenset[RowId]) -> KnownRows:
    """What other rows and logs tell of these: they are seen there by their names, as people are."""
    names = {
        name: row for row in wanted for name in row.key.split("/") if len(name) >= _SHORTEST_NAME
    }
    others = [one for one in case.evidence.versions if one.row not in wanted]
    return {
        f"{name} (naming it)": (kind, {names[one]: value for one, value in of.items()})
        for name, (kind, of) in known_of(others, Sight(map(Person, names))).items()
    }
