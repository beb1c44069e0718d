"""Whom releases isolate, by a search of all sets of people, which knows nothing of how the gate looks.

A few people are isolated by equations if some sum of multiples of these depends on them alone: if
the columns of all others have fewer that are independent of each other than the columns of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations

from bot.surveys.isolation import Release

Column = tuple[int, ...]


@cache
def independent(columns: frozenset[Column]) -> int:
    """How many of the columns are independent: each is taken out of all after it."""
    left = [[Fraction(number) for number in column] for column in sorted(columns)]
    found = 0
    while left:
        first = left.pop()
        place = next((place for place, number in enumerate(first) if number), None)
        if place is not None:
            found += 1
            left = [
                [
                    one - other[place] / first[place] * by
                    for one, by in zip(other, first, strict=True)
                ]
                for other in left
            ]
    return found


def columns_of(releases: Sequence[Release]) -> list[Column]:
    """In which releases each of the people is, and each of those whom a lot left out."""
    people = sorted(frozenset[str]().union(*(release.people for release in releases)))
    left_out = {
        (name, one) for release in releases for name, n in release.lots.items() for one in range(n)
    }
    return [tuple(int(mark in release.people) for release in releases) for mark in people] + [
        tuple(-int(name in release.lots) for release in releases) for name, _ in sorted(left_out)
    ]


def isolated(releases: Sequence[Release], below: int) -> int | None:
    """The fewest people whom releases isolate together, by trying all sets of so few."""
    columns = columns_of(releases)
    all_of_them = independent(frozenset(columns))
    for size in range(1, below):
        for few in combinations(range(len(columns)), size):
            others = frozenset(column for place, column in enumerate(columns) if place not in few)
            if independent(others) < all_of_them:
                return size
    return None


def isolated_by(release: Release, beside: Sequence[Release], below: int) -> int | None:
    """The same where the release itself has to be in the sum: without them it is no new equation."""
    columns = columns_of([*beside, release])

    def is_new(left: Iterable[Column]) -> bool:
        its = frozenset(left)
        return independent(its) > independent(frozenset(column[:-1] for column in its))

    if not is_new(columns):
        return None
    for size in range(1, below):
        for few in combinations(range(len(columns)), size):
            if not is_new(column for place, column in enumerate(columns) if place not in few):
                return size
    return None
