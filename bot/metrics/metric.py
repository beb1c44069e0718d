"""What a metric is: declarative data that the store turns into SQL and a renderer into words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from bot.domain import Fact


class Unit(StrEnum):
    """In what a value is counted. A duration is always in seconds."""

    SECONDS = "seconds"
    RATIO = "ratio"
    COUNT = "count"
    SCORE = "score"


class Better(StrEnum):
    """Which direction is good news."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


class Population(StrEnum):
    """Which rows a metric counts. Removed tickets (spam, merged, deleted) are in none of them."""

    TICKETS = "tickets"
    RESPONSES = "responses"


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows there are."""


@dataclass(frozen=True, slots=True)
class Share:
    """The share of rows in which a counting column equals, or reaches, a number."""

    column: str
    test: Literal["=", ">="]
    number: int


@dataclass(frozen=True, slots=True)
class Median:
    """The median time from one moment to another; the 90th percentile travels with it."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class PerRow:
    """The sum of counting columns over all rows, divided by the number of rows."""

    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PerDistinct:
    """The number of rows divided by the number of distinct values of a column."""

    column: str


@dataclass(frozen=True, slots=True)
class Unsolved:
    """How many tickets are unsolved at the end of the window: a snapshot, not a flow."""


Aggregate = Count | Share | Median | PerRow | PerDistinct | Unsolved


@dataclass(frozen=True, slots=True)
class Metric:
    """One number, declared once.

    `moment` is the column whose timestamp puts a row into a window (the bucket). `definition` is
    the sentence that travels with the number; `revision` changes with its meaning. `needs` are the
    facts that a help desk must give; a desk that lacks one gives no data for this metric. `short` is
    its name where room is scarce, `aliases` are further names by which people ask for it.
    """

    key: str
    label: str
    definition: str
    unit: Unit
    better: Better
    population: Population
    moment: str
    aggregate: Aggregate
    needs: frozenset[Fact] = frozenset()
    short: str = ""
    aliases: tuple[str, ...] = ()
    revision: int = 1

    @property
    def brief(self) -> str:
        """Its name in the head of a column."""
        return self.short or self.label

    @property
    def names(self) -> tuple[str, ...]:
        """Every name by which it can be asked for."""
        return tuple(name for name in (self.key, self.label, self.short, *self.aliases) if name)

    @property
    def definition_id(self) -> str:
        """Names the definition under which a number was computed, e.g. "reopen_rate/v1"."""
        return f"{self.key}/v{self.revision}"
