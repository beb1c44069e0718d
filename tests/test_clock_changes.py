from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session

from bot.alerts.judge import Verdict, judge
from bot.alerts.life import CALM, Incident, Standing
from bot.alerts.rehearsal import Moment
from bot.alerts.rule import Change, Limit, Rule, Side, Unusual
from bot.store.database import Database
from bot.store.observations import Past
from bot.store.surroundings import around
from bot.store.tickets import keep
from tests.databases import ON_SQLITE
from tests.store_samples import HOURS, SECRET, a_desk, a_ticket

#: The nights in which clocks change: an hour in Athens, half of one on Lord Howe Island.
NIGHTS = [
    ("Europe/Athens", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Europe/Athens", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
]
SPANS = [timedelta(minutes=minutes) for minutes in (15, 30, 60, 120)]
WEEKS = timedelta(weeks=9)


def an_even_desk(session: Session, change: datetime) -> None:
    """A ticket every six minutes for nine weeks, in the hours around that of the change."""
    desk = a_desk(session, data_from=change - 2 * WEEKS, data_until=change + timedelta(days=2))
    days = [change + timedelta(days=day) for day in range(-WEEKS.days, 2)]
    tickets = [
        a_ticket(f"{day:%m%d}-{n}", day + timedelta(minutes=6 * n - 360))
        for day in days
        for n in range(120)
    ]
    keep(session, desk, tickets, SECRET, HOURS)


@pytest.mark.thorough
@ON_SQLITE  # What is tried is the arithmetic.
@pytest.mark.parametrize(("zone", "change"), NIGHTS)
def test_a_night_in_which_the_clocks_change_is_no_news(
    database: Database, zone: str, change: datetime
) -> None:
    """Nothing is ever wrong at this desk; live and rehearsal see the same of every moment."""
    with database.writing() as session:
        an_even_desk(session, change)
    with database.reading() as session:
        for over in SPANS:
            for condition in (Unusual(Side.EITHER), Change(Side.ABOVE, 0.4)):
                rule = Rule(condition, "ticket_volume", over=over)
                slots = rule.slots(change - timedelta(hours=3), change + timedelta(hours=5))
                past = Past(session, 1, patience=timedelta(minutes=30))
                seen = list(past.seen(rule, ZoneInfo(zone), slots))
                for slot, one in zip(slots, seen, strict=True):
                    alone = Past(session, 1, patience=timedelta(minutes=30))
                    assert list(alone.seen(rule, ZoneInfo(zone), [slot])) == [one]
                    assert one is not None
                    assert judge(rule, one[None]) is not Verdict.BREACH, (over, slot)
                assert any(one is not None and one[None].usual is not None for one in seen)


@pytest.mark.thorough
@ON_SQLITE
@pytest.mark.parametrize(("zone", "change"), NIGHTS)
def test_what_stands_beside_a_number_is_found_in_every_moment_of_such_a_night_and_the_next(
    database: Database, zone: str, change: datetime
) -> None:
    """Without it no message could be written, and the rule would be judged no further."""
    rule = Rule(Limit(Side.ABOVE, 3, 3), "ticket_volume", over=timedelta(minutes=15))
    with database.writing() as session:
        a_desk(session, data_from=change - 2 * WEEKS, data_until=change + timedelta(days=2))
    with database.reading() as session:
        for slot in rule.slots(change - timedelta(hours=3), change + timedelta(hours=30)):
            past = Past(session, 1, patience=timedelta(minutes=30))
            moment = Moment(slot, CALM, Standing(incident=Incident(slot)), ())
            around(session, 1, past, rule, ZoneInfo(zone), moment)


@pytest.mark.parametrize(("zone", "change"), NIGHTS)
def test_the_window_of_a_rule_is_as_long_on_local_clocks(zone: str, change: datetime) -> None:
    rule = Rule(Limit(Side.ABOVE, 3, 3), "ticket_volume", over=timedelta(minutes=15))
    for slot in rule.slots(change - timedelta(hours=3), change + timedelta(hours=3)):
        window = rule.window(slot.astimezone(ZoneInfo(zone)))
        assert window.end.timestamp() - window.start.timestamp() == 15 * 60
        assert window.end.utcoffset() == slot.astimezone(ZoneInfo(zone)).utcoffset()
