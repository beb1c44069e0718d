"""What a metric is: declarative data that the store turns into SQL and a renderer into words.

A metric is an aggregate over terms. A `Sum` adds up columns over the rows whose moment falls into a
window (or counts those rows), a `Distinct` counts different values. Everything else follows from a
handful of such numbers, by the formulas in `bot/metrics/values.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from bot.domain import Dimension, Fact


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


class Clock(StrEnum):
    """On which clock a duration runs: nights and weekends count, or only business hours."""

    CALENDAR = "calendar"
    BUSINESS = "business"


class Population(StrEnum):
    """Which rows a metric counts. Removed tickets (spam, merged, deleted) are in none of them."""

    TICKETS = "tickets"
    RESPONSES = "responses"
    TARGETS = "targets"
    RATINGS = "ratings"
    CALLS = "calls"
    ARTICLES = "articles"
    RECORDED = "recorded"

    @property
    def dimensions(self) -> frozenset[Dimension]:
        """By what these rows can be sliced."""
        return _DIMENSIONS.get(self, frozenset(Dimension))


_DIMENSIONS = {
    Population.CALLS: frozenset(
        {Dimension.DESK, Dimension.CHANNEL, Dimension.GROUP, Dimension.AGENT}
    ),
    Population.ARTICLES: frozenset({Dimension.DESK}),
    Population.TARGETS: frozenset(Dimension) - {Dimension.AGENT},
    Population.RECORDED: frozenset(Dimension) - {Dimension.AGENT},
}

Test = Literal["=", ">=", "<=", "there"]


@dataclass(frozen=True, slots=True)
class Where:
    """What holds for the rows that are meant; "there" asks only that the column has a value."""

    column: str
    test: Test
    value: float | str = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a population whose `moment` falls into a window, and that pass every `where`."""

    population: Population
    moment: str
    where: tuple[Where, ...] = ()
    needs: frozenset[Fact] = frozenset()

    def that(self, *where: Where) -> Rows:
        """Those of them for which this holds as well."""
        return Rows(self.population, self.moment, (*self.where, *where), self.needs)

    def needing(self, *facts: Fact) -> Rows:
        """The same of those desks alone that give these facts."""
        return Rows(self.population, self.moment, self.where, self.needs | {*facts})


@dataclass(frozen=True, slots=True)
class Sum:
    """Columns added up over rows; without columns, how many rows there are.

    `squared`: what the columns of a row come to is squared before it is added.
    """

    rows: Rows
    columns: tuple[str, ...] = ()
    squared: bool = False


@dataclass(frozen=True, slots=True)
class Distinct:
    """How many different values a column has in rows."""

    rows: Rows
    column: str


@dataclass(frozen=True, slots=True)
class AtStart:
    """A column added up over the earliest rows of the window only: a stock, not a flow."""

    rows: Rows
    column: str


Term = Sum | Distinct | AtStart


@dataclass(frozen=True, slots=True)
class Count:
    """A number of things."""

    of: tuple[Sum, ...]

    @property
    def terms(self) -> tuple[Term, ...]:
        return self.of


@dataclass(frozen=True, slots=True)
class Share:
    """The share of things that have some property: `hits` of `of`."""

    hits: tuple[Term, ...]
    of: tuple[Term, ...]

    @property
    def terms(self) -> tuple[Term, ...]:
        return (*self.hits, *self.of)


@dataclass(frozen=True, slots=True)
class Quotient:
    """One sum divided by another: a mean, or so many for each.

    That of a mean of rows has the `squares` of what is added up, for its interval.
    """

    total: tuple[Term, ...]
    of: tuple[Term, ...]
    squares: tuple[Sum, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        return (*self.total, *self.of, *self.squares)


@dataclass(frozen=True, slots=True)
class NetScore:
    """The share of promoters less the share of detractors, in points of a hundred."""

    promoters: Sum
    detractors: Sum
    of: Sum

    @property
    def terms(self) -> tuple[Term, ...]:
        return (self.promoters, self.detractors, self.of)


@dataclass(frozen=True, slots=True)
class Median:
    """The median of a duration; the 90th percentile travels with it.

    On the calendar clock it is the time from one moment to another, or what the column `lasting`
    holds; on the business clock what the column `business` holds.
    """

    rows: Rows
    business: str
    start: str = ""
    end: str = ""
    lasting: str = ""


@dataclass(frozen=True, slots=True)
class Unsolved:
    """How many tickets are unsolved at the end of the window: a snapshot, not a flow."""


@dataclass(frozen=True, slots=True)
class Surveyed:
    """Asked of the agents: only the privacy gate of the surveys gives it out."""


Aggregate = Count | Share | Quotient | NetScore | Median | Unsolved | Surveyed


@dataclass(frozen=True, slots=True)
class Metric:
    """One number, declared once.

    `definition` is the sentence that travels with the number; `revision` changes with its meaning.
    `needs` are the facts that a help desk must give; a desk that lacks one gives no data for this
    metric. A number is `settled` so many days after the window: what happens until then counts as
    well. `short` is its name where room is scarce, `aliases` are further names by which people ask
    for it. `counted` says of what it is a number, where the unit alone does not. Values lie within
    `bounds`.
    """

    key: str
    label: str
    definition: str
    unit: Unit
    better: Better
    aggregate: Aggregate
    needs: frozenset[Fact] = frozenset()
    short: str = ""
    aliases: tuple[str, ...] = ()
    counted: str = ""
    bounds: tuple[float, float] | None = None
    settled: int = 0
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

    @property
    def rows(self) -> tuple[Rows, ...]:
        """Which rows it counts, those of its numerator first."""
        match self.aggregate:
            case Median(rows):
                return (rows,)
            case Unsolved() | Surveyed():
                return ()
        return tuple(dict.fromkeys(term.rows for term in self.aggregate.terms))

    @property
    def numerator(self) -> tuple[Rows, ...]:
        """Which rows are above the line: where there is none, all that it counts."""
        match self.aggregate:
            case Count(terms) | Share(terms) | Quotient(terms):
                return tuple(term.rows for term in terms)
        return self.rows

    @property
    def dimensions(self) -> frozenset[Dimension]:
        """By what it can be sliced: where all of its rows carry it."""
        if self.is_surveyed:
            return frozenset()
        of_desks = [rows for rows in self.rows if rows.population is not Population.RECORDED]
        found = [rows.population.dimensions for rows in of_desks or self.rows]
        by_agent = bool(found) and all(_tells_agent(rows) for rows in of_desks)
        common = frozenset(Dimension).intersection(*found)
        return common if by_agent else common - {Dimension.AGENT}

    @property
    def is_surveyed(self) -> bool:
        """Whether surveys tell it, by wave: no help desk does, and there is no usual day of it."""
        return isinstance(self.aggregate, Surveyed)

    @property
    def has_business_clock(self) -> bool:
        """Whether it exists on the business clock as well."""
        return isinstance(self.aggregate, Median)

    @property
    def is_recordable(self) -> bool:
        """Whether measurements of it can be recorded: by hand, from a file, by another program."""
        return self.key in {
            where.value
            for rows in self.rows
            if rows.population is Population.RECORDED
            for where in rows.where
        }


def _tells_agent(rows: Rows) -> bool:
    """Whether it is known which agent stands behind each of these rows."""
    if rows.population is not Population.TICKETS:
        return True
    return rows.moment in ("first_reply_at", "solved_at", "last_solved_at")
