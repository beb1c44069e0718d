"""Whom releases isolate is found exactly: the fewest people, and nobody where there is nobody."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from bot.surveys.isolation import Release, smallest_isolated
from tests.brute_force import isolated_by


def random_releases(random: Random) -> list[Release]:
    people = "abcdefgh"[: random.randint(3, 8)]
    made: list[Release] = []
    for _ in range(random.randint(1, 5)):
        its = set(random.choice(made).people) if made and random.random() < 0.6 else set()
        its ^= {mark for mark in people if random.random() < random.choice([0.2, 0.6])}
        lot = random.choice(["", "", "", "one", "two"])
        made.append(Release(frozenset(its), {lot: len(lot) - 1} if lot else {}))
    return made


def found_as_by_trying_all(seed: int) -> int | None:
    random = Random(seed)
    *beside, release = random_releases(random)
    below = random.randint(2, 5)
    found = smallest_isolated(release, beside, below)
    assert found == isolated_by(release, beside, below), seed
    return found


def test_the_fewest_who_are_isolated_are_those_that_a_search_of_all_sets_finds() -> None:
    found = Counter(map(found_as_by_trying_all, range(300)))
    assert min(found[few] for few in (None, 1, 2, 3, 4)) > 5


@pytest.mark.thorough
def test_the_same_are_found_in_many_releases() -> None:
    assert len(Counter(map(found_as_by_trying_all, range(1_000, 2_500)))) == 5


def people(first: int, last: int) -> frozenset[str]:
    return frozenset(map(str, range(first, last + 1)))


@pytest.mark.parametrize(
    ("releases", "wanted"),
    [
        pytest.param([people(1, 4)], 4, id="a few alone"),
        pytest.param([people(1, 9)], None, id="enough alone"),
        pytest.param([people(1, 9), people(1, 9)], None, id="the same again"),
        pytest.param([people(1, 9), people(1, 10)], 1, id="a joiner"),
        pytest.param([people(1, 9), people(1, 8)], 1, id="a leaver"),
        pytest.param([people(1, 9), people(2, 10)], 2, id="a swap"),
        pytest.param([people(1, 9), people(4, 12)], None, id="three for three"),
        pytest.param([people(1, 9), people(1, 6), people(4, 9)], 3, id="two parts that overlap"),
        pytest.param([people(1, 6), people(7, 12), people(1, 13)], 1, id="two halves and a joiner"),
        # Nobody sees at a glance that twice the second is the first and the third, but for one.
        pytest.param(
            [
                people(1, 6) | people(7, 12),
                people(7, 12) | people(13, 18),
                people(1, 6) | people(13, 18) | people(30, 30),
                people(1, 6),
            ],
            1,
            id="four that make one",
        ),
    ],
)
def test_some_sets_of_people(releases: list[frozenset[str]], wanted: int | None) -> None:
    *beside, release = map(Release, releases)
    assert smallest_isolated(release, beside, 5) == wanted


def test_whom_earlier_releases_isolate_is_no_fault_of_a_new_one() -> None:
    beside = [Release(people(1, 9)), Release(people(1, 10))]
    assert smallest_isolated(Release(people(21, 29)), beside, 5) is None
    # It is 10 alone whom the two isolate: no more is told of them by a third.
    assert smallest_isolated(Release(people(10, 18)), beside, 5) is None


def test_those_whom_a_lot_left_out_count_as_people() -> None:
    before, now = Release(people(1, 9)), people(1, 10)
    assert smallest_isolated(Release(now, {"a": 3}), [before], 6) == 4
    assert smallest_isolated(Release(now, {"a": 5}), [before], 6) is None
    # The same lot in two releases falls out of their difference; another one does not.
    again = Release(people(1, 12), {"a": 5})
    assert smallest_isolated(again, [before, Release(now, {"a": 5})], 6) == 2
    assert (
        smallest_isolated(replace(again, lots={"b": 5}), [before, Release(now, {"a": 5})], 6)
        is None
    )


def test_what_takes_too_long_to_find_out_counts_as_nobody_being_safe() -> None:
    beside = [Release(people(start, start + 9)) for start in range(1, 9)]
    assert smallest_isolated(Release(people(1, 30)), beside, 5) is None
    assert smallest_isolated(Release(people(1, 30)), beside, 5, effort=20) == 0


def test_a_release_is_kept_as_json() -> None:
    release = Release(people(1, 9), {"w1 0": 3}, shared_out=True)
    assert Release.from_json(release.to_json()) == release
