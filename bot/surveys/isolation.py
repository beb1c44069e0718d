"""Whom published numbers isolate: the fewest people whose answers can be worked out of their differences.

A published number is an equation over people: the sum of the answers of those who gave one. Two of
them, over some people and over the same with one who joined, tell by their difference what that one
answered; any number of them can be multiplied, added up and taken from each other. So the question
is on how few people such a sum can depend. (To the coding theorist: the least weight in a coset of
a linear code. Here it is one over the rationals, reckoned in whole numbers, so nothing is rounded.)

It is answered exactly. The old equations are brought into a form in which each is *found by* a cell,
people who are in no other old equation, and not in the new one. What a sum has in that cell is the
multiple with which the equation is in it: a sum that does not depend on that cell goes without the
equation. So where no more than m people are looked for, it is enough to try for each choice of m of
these cells what sums there are with their equations alone. And where the equations can be brought
into s such forms, with other people each, m people that are looked for are at most m ÷ s in the cells
of one of them: of that form, so few are enough. (Brouwer and Zimmermann find the least distance of a
code in this way.) What is safe has many forms, so that hardly anything is left to be tried.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import gcd
from typing import Any, Self

#: How many numbers the search may look at before it is given up: less than half a second's work.
MOST_EFFORT = 500_000


@dataclass(frozen=True, slots=True)
class Release:
    """A number that is told of the answers of some people, by their marks.

    `lots` names the lots that left some of their answers out, and how many: nobody knows whose. The
    same lot in two releases left out the same answers. `shared_out`: it is also told how many gave
    which answer.
    """

    people: frozenset[str]
    lots: Mapping[str, int] = field(default_factory=dict)
    shared_out: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "people": sorted(self.people),
            "lots": dict(self.lots),
            "shared_out": self.shared_out,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        return cls(frozenset(told["people"]), dict(told["lots"]), told["shared_out"])


def smallest_isolated(
    release: Release, beside: Iterable[Release], below: int, *, effort: int = MOST_EFFORT
) -> int | None:
    """How many people a release isolates beside others, if these are fewer than `below`; else `None`.

    That is the least number of people on whose answers a sum of multiples of the releases depends
    that has some of this release in it. What a lot left out counts as so many people. `None` also
    where it tells nothing that the others do not tell together; what they isolate without it is not
    its fault. 0 where the `effort` was not enough to find out: it may isolate anybody.
    """
    try:
        table = _laid_out(release, list(beside), _Effort(effort))
        return _fewest(table, below - 1) if table.new else None
    except _Spent:
        return 0


#: An equation: how often the answers of each cell are in it. A cell is the people who are in the same
#: releases; only those with some answers are listed.
_Row = dict[int, int]

#: Somebody's mark, or the name of a lot, and which of the two it is.
_Member = tuple[str, str]


class _Spent(Exception):
    """The search took more effort than it may."""


@dataclass(slots=True)
class _Effort:
    left: int

    def spend(self, numbers: int) -> None:
        self.left -= numbers
        if self.left < 0:
            raise _Spent


@dataclass(slots=True)
class _Table:
    """The old equations by the cells by which they are found, and the new one, found by none."""

    old: dict[int, _Row]
    new: _Row
    weights: Sequence[int]
    effort: _Effort

    def only(self, cells: Iterable[int]) -> _Table:
        """The new equation, and of the old ones those that are found by these cells."""
        return _Table({cell: self.old[cell] for cell in cells}, self.new, self.weights, self.effort)

    def add(self, row: _Row) -> None:
        """Takes an old equation in, unless the others tell it already."""
        for cell, other in self.old.items():
            if cell in row:
                row = self._without(cell, row, other)
        if row:
            self._find(row, self._heaviest(row))

    def keep(self, cell: int) -> bool:
        """Goes without what depends on a cell; `False` if all that has the new equation in it does."""
        holders = (
            [cell] if cell in self.old else [one for one, row in self.old.items() if cell in row]
        )
        if holders:
            row = self.old.pop(min(holders, key=lambda one: len(self.old[one])))
            self._clear(cell, row)
        return cell not in self.new

    def let(self, cell: int) -> None:
        """Looks at a cell no longer: whatever depends on it may."""
        row = self.old.pop(cell, None)
        self.old = {found_by: _less(other, cell) for found_by, other in self.old.items()}
        self.new = _less(self.new, cell)
        if row is not None and len(row) > 1:
            row = _less(row, cell)
            self._find(row, self._heaviest(row))

    def trim(self) -> None:
        """Drops the old equations that share no cell with the new one, not even by way of others."""
        reached, apart, grew = set(self.new), self.old, True
        self.old = {}
        while grew:
            near = {cell: row for cell, row in apart.items() if not reached.isdisjoint(row)}
            apart = {cell: row for cell, row in apart.items() if cell not in near}
            reached.update(*near.values())
            self.old |= near
            grew = bool(near)

    def cells(self) -> set[int]:
        return set(self.new).union(*self.old.values())

    @property
    def size(self) -> int:
        return len(self.new) + sum(map(len, self.old.values()))

    def weight(self, cells: Iterable[int]) -> int:
        """How many people are in some cells."""
        return sum(self.weights[cell] for cell in cells)

    def forms(self, most: int) -> Iterator[_Table]:
        """The same equations, each time found by other people, in up to so many ways."""
        left = Counter(dict(enumerate(self.weights)))
        form = self
        for _ in range(most):
            left.subtract(form.old.keys())
            yield form
            form = form.only(form.old)
            if not form.is_found_by(left):
                return

    def is_found_by(self, left: Counter[int]) -> bool:
        """Lets the equations be found by cells of which some people are left, where there are such."""
        for cell in [cell for cell in self.old if not left[cell]]:
            row = self.old.pop(cell)
            best = max(row, key=lambda one: left[one])
            if not left[best]:
                return False
            self._find(row, best)
        return True

    def _find(self, row: _Row, cell: int) -> None:
        self._clear(cell, row)
        self.old[cell] = row

    def _clear(self, cell: int, row: _Row) -> None:
        """Takes a cell out of all equations by means of one that has it."""
        for found_by, other in self.old.items():
            if cell in other:
                self.old[found_by] = self._without(cell, other, row)
        if cell in self.new:
            self.new = self._without(cell, self.new, row)

    def _without(self, cell: int, row: _Row, other: _Row) -> _Row:
        """A multiple of a row less one of another, so that the cell drops out."""
        self.effort.spend(len(row) + len(other))
        by, less = other[cell], row[cell]
        made = {one: by * times for one, times in row.items()}
        for one, times in other.items():
            made[one] = made.get(one, 0) - less * times
        common = gcd(*made.values())
        return {one: times // common for one, times in made.items() if times}

    def _heaviest(self, row: _Row) -> int:
        return max(row, key=lambda cell: self.weights[cell])


def _less(row: _Row, cell: int) -> _Row:
    return {one: times for one, times in row.items() if one != cell} if cell in row else row


def _laid_out(release: Release, beside: Sequence[Release], effort: _Effort) -> _Table:
    """The releases over cells: members who are in the same of them are one."""
    together = [*beside, release]
    places: defaultdict[_Member, list[int]] = defaultdict(list)
    weights: dict[_Member, int] = {}
    for place, one in enumerate(together):
        for member, weight in _members(one):
            places[member].append(place)
            weights[member] = weight
    cells: Counter[tuple[int, ...]] = Counter()
    for member, shared in places.items():
        cells[tuple(shared)] += weights[member]
    rows: list[_Row] = [{} for _ in together]
    for cell, shared_by in enumerate(cells):
        for place in shared_by:
            rows[place][cell] = 1
    table = _Table({}, rows.pop(), list(cells.values()), effort)
    for row in rows:
        table.add(row)
    return table


def _members(release: Release) -> Iterator[tuple[_Member, int]]:
    """The people that a release is over, and its lots, and how many people each is."""
    yield from ((("person", mark), 1) for mark in release.people)
    yield from ((("lot", name), left_out) for name, left_out in release.lots.items() if left_out)


def _fewest(table: _Table, most: int) -> int | None:
    """The least weight of cells on which something that has the new equation in it depends alone.

    `None` if that is above `most`. Uses the table up.
    """
    table.effort.spend(table.size)
    heavy = [cell for cell in table.cells() if table.weights[cell] > most]
    if not all(table.keep(cell) for cell in heavy):
        return None
    table.trim()
    if not table.old:
        weight = table.weight(table.new)
        return weight if weight <= most else None
    forms = list(table.forms(most + 1))
    fewest = None
    for number in range(most // len(forms) + 1):
        for form in forms:
            for cells in combinations(form.old, number):
                found = _depending(form, cells, most)
                if found is not None:
                    fewest, most = found, found - 1
    return fewest


def _depending(form: _Table, cells: Collection[int], most: int) -> int | None:
    """The same where, of the cells by which the old equations are found, it depends on these alone."""
    form.effort.spend(1)
    weight = form.weight(cells)
    if weight > most:
        return None
    part = form.only(cells)
    for cell in cells:
        part.let(cell)
    found = _fewest(part, most - weight)
    return None if found is None else found + weight
