"""What alert rules look at: what readings give, by the data that were there in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from bot.alerts.judge import Seen
from bot.alerts.rule import Limit, Rule, Side
from bot.alerts.watchable import alertable
from bot.domain import Dimension, Slice
from bot.metrics import CATALOGUE, Clock
from bot.store.database import Database
from bot.store.observations import Past
from bot.store.readings import read
from tests.store_samples import STEP, STEPS, Plan, a_ticket, a_workspace, at, plans

ATHENS = ZoneInfo("Europe/Athens")
PATIENCE = timedelta(minutes=30)
#: What surveys tell is looked at in `test_survey_alerts.py`.
METRICS = [one for one in CATALOGUE.values() if alertable(one) and not one.is_surveyed]

at_random = settings(
    deadline=None,
    max_examples=25,
    phases=[Phase.generate],
    # Every example has a workspace of its own in the database that they share.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
slices = st.none() | st.sampled_from(
    [
        Slice(Dimension.DESK, "north"),
        Slice(Dimension.DESK, "nowhere"),
        Slice(Dimension.CHANNEL, "email"),
        Slice(Dimension.CHANNEL, "phone"),
        Slice(Dimension.GROUP, "billing"),
        Slice(Dimension.GROUP, None),
        Slice(Dimension.PRIORITY, "high"),
        Slice(Dimension.AGENT, "north:7"),
        Slice(Dimension.AGENT, None),
    ]
)
spans = st.integers(1, STEPS).map(lambda steps: steps * STEP)
moments = st.lists(st.integers(0, STEPS + 10).map(at), min_size=1, max_size=6).map(sorted)


def a_rule(metric: str, over: timedelta, **more: object) -> Rule:
    """A rule that looks at a number and does nothing with it."""
    return Rule(Limit(Side.ABOVE, 1, 1), metric=metric, over=over, **more)  # type: ignore[arg-type]


@pytest.mark.thorough
@at_random
@given(
    north=plans("north", 12),
    south=plans("south", 6),
    over=spans,
    looked=moments,
    by=st.none() | st.sampled_from(Dimension),
    only=slices,
)
def test_a_rule_looks_at_what_readings_tell(
    database: Database,
    north: Plan,
    south: Plan,
    over: timedelta,
    looked: Sequence[datetime],
    by: Dimension | None,
    only: Slice | None,
) -> None:
    """Every number, several moments at once, by every dimension, filtered or not, on both clocks."""
    with database.writing() as session:
        workspace = a_workspace(session)
        for plan in (north, south):
            plan.store(session, workspace)
    with database.reading() as session:
        past = Past(session, workspace, patience=PATIENCE)
        for metric in METRICS:
            for clock in Clock if metric.has_business_clock else [Clock.CALENDAR]:
                rule = a_rule(metric.key, over, by=by, only=only, clock=clock)
                seen = past.seen(rule, ATHENS, looked)
                for moment, one in zip(looked, seen, strict=True):
                    if one is not None:
                        told = as_read(session, workspace, rule, moment)
                        if by is Dimension.DESK:  # Of one that was never read there is nothing.
                            told = {part: one for part, one in told.items() if one != (None, 0)}
                        assert numbers(one, rule) == told, (metric.key, clock, moment)


def test_of_desks_one_by_one_that_is_left_out_whose_first_reading_is_not_done(
    database: Database,
) -> None:
    """Half of its tickets are there: neither readings nor rules say anything of it."""
    with database.writing() as session:
        workspace = a_workspace(session)
        Plan("north", [a_ticket("1", at(3))]).store(session, workspace)
        south = [a_ticket("2", at(3))]
        Plan("south", south, data_from=None, data_until=None).store(session, workspace)
    rule = a_rule("ticket_volume", 10 * STEP, by=Dimension.DESK)
    with database.reading() as session:
        [seen] = Past(session, workspace, patience=PATIENCE).seen(rule, ATHENS, [at(8)])
        told = as_read(session, workspace, rule, at(8))
    assert seen is not None
    assert numbers(seen, rule) == {"north": (1, 1)}
    assert told == {"north": (1, 1), "south": (None, 0)}


def as_read(
    session: Session, workspace: int, rule: Rule, moment: datetime
) -> dict[str | None, tuple[float | None, int]]:
    """What readings tell of the window of a rule, by part."""
    assert rule.of is not None
    found = read(
        session,
        workspace,
        [rule.of],
        [rule.window(moment)],
        by=rule.by,
        only=rule.only,
        clock=rule.clock,
    )
    return {one.slice.value if one.slice else None: (one.value, one.n) for one in found}


def numbers(seen: Seen, rule: Rule) -> Mapping[str | None, tuple[float | None, int]]:
    """The same of an observation; parts that are only remembered have nothing in the window."""
    return {part: (one.value, one.n) for part, one in seen.items() if one.n or rule.by is None}
