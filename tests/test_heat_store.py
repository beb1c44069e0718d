"""When tickets arrive by hour of the week, from the store: on the reader's clocks, and stored."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.digests.heat import FEWEST_WAITS
from bot.domain import Removal, Window
from bot.store import heat, kept
from bot.store.database import Database
from bot.store.readings import Sources
from bot.store.tables import Desk
from bot.store.tickets import keep
from tests.store_samples import SECRET, Plan, a_ticket, a_workspace
from tests.times import T

ATHENS, KATHMANDU = ZoneInfo("Europe/Athens"), ZoneInfo("Asia/Kathmandu")
NINE_WEEKS = Window(T(days=-63), T())


@pytest.mark.thorough
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    tickets=st.lists(
        st.tuples(st.integers(0, 4_000), st.none() | st.integers(0, 900)), min_size=1, max_size=60
    ),
    zone=st.sampled_from([ATHENS, KATHMANDU]),
)
def test_every_hour_holds_the_tickets_that_arrived_in_it(
    database: Database, tickets: list[tuple[int, int | None]], zone: ZoneInfo
) -> None:
    """The clocks of Kathmandu are three quarters of an hour beside those of most others."""
    counts: Counter[tuple[int, int]] = Counter()
    waits: dict[tuple[int, int], list[float]] = defaultdict(list)
    made = []
    for number, (start, wait) in enumerate(tickets):
        created = T(days=-60) + start * timedelta(minutes=20)
        replied = None if wait is None else created + timedelta(minutes=wait)
        made.append(a_ticket(str(number), created, first_reply_at=replied))
        local = created.astimezone(zone)
        counts[local.weekday(), local.hour] += 1
        if replied is not None and replied < T():
            waits[local.weekday(), local.hour].append((replied - created).total_seconds())
    with database.writing() as session:
        workspace = a_workspace(session)
        gone = a_ticket("gone", T(days=-9), removal=Removal.SPAM)
        Plan("acme", [*made, gone, a_ticket("later", T())]).store(session, workspace)
        found = heat.read(session, workspace, NINE_WEEKS, zone)
    for day in range(7):
        for hour in range(24):
            told = waits[day, hour]
            wanted = median(told) if len(told) >= FEWEST_WAITS else None
            assert found.arrivals[day][hour] == counts[day, hour]
            assert found.waits[day][hour] == (None if wanted is None else pytest.approx(wanted))


def test_what_is_stored_is_told_until_late_data_touch_it(database: Database) -> None:
    with database.writing() as session:
        workspace = a_workspace(session)
        mondays = [a_ticket(str(n), T(days=-4 - 7 * (n % 8), minutes=n)) for n in range(120)]
        desk = Plan("acme", mondays).store(session, workspace)
        desk_id = desk.id
        computed = heat.compute(session, workspace, NINE_WEEKS, ATHENS)
        heat.store(
            session,
            workspace,
            NINE_WEEKS,
            ATHENS,
            computed,
            revision=kept.revision(session, workspace),
            basis=Sources(session, workspace).basis,
        )
    with database.reading() as session:
        assert heat.is_stored(session, workspace, NINE_WEEKS, ATHENS)
        assert not heat.is_stored(session, workspace, NINE_WEEKS, KATHMANDU)
        told = heat.read(session, workspace, NINE_WEEKS, ATHENS)
        assert told == computed
        assert told.busiest is not None
        assert told.busiest.weekday == 0
    with database.writing() as session:
        late = a_ticket("late", T(days=-30))
        keep(session, session.get_one(Desk, desk_id), [late], SECRET)
    with database.reading() as session:
        assert not heat.is_stored(session, workspace, NINE_WEEKS, ATHENS)
        again = heat.read(session, workspace, NINE_WEEKS, ATHENS)
        assert sum(map(sum, again.arrivals)) == sum(map(sum, told.arrivals)) + 1
