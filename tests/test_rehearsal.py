from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session

from bot.alerts.budget import Cost, TooLittle
from bot.alerts.judge import Verdict, judge
from bot.alerts.life import Kind
from bot.alerts.quiet import Period, muted_by
from bot.alerts.rehearsal import Rehearsal
from bot.alerts.rule import Burn, Limit, Old, Rule, Side, Unusual, Waiting
from bot.domain import Dimension, Target, Ticket, Window
from bot.locale import Reader
from bot.message import Message
from bot.store import alerts as rules
from bot.store import budgets, desks, outbox
from bot.store.database import Database
from bot.store.earnings import earnings
from bot.store.observations import Past
from bot.store.rehearsals import history, priced, rehearse, rehearse_on
from bot.store.tables import AlertIncident, AlertRule, AlertVote, Desk, OutboxRow
from bot.store.tickets import keep
from tests.store_samples import HOURS, SECRET, a_desk, a_ticket
from tests.times import T

ATHENS = ZoneInfo("Europe/Athens")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PATIENCE = 2 * HOUR


def volume(above: float, **told: Any) -> Rule:
    """More than so many tickets in an hour."""
    told = {"over": HOUR, "keep": timedelta(0), **told}
    return Rule(Limit(Side.ABOVE, above, above), "ticket_volume", **told)


def arrive(session: Session, desk: Desk, tickets: Iterable[Ticket]) -> None:
    keep(session, desk, list(tickets), SECRET, HOURS)


def burst(at: datetime, count: int, **told: Any) -> list[Ticket]:
    """So many tickets, a second apart."""
    return [a_ticket(f"{at:%j%H%M}-{n}", at + timedelta(seconds=n), **told) for n in range(count)]


def tried(session: Session, rule: Rule, *, now: datetime = T(), **told: Any) -> Rehearsal:
    return rehearse(session, 1, rule, ATHENS, now=now, patience=PATIENCE, **told)


def fired(found: Rehearsal) -> list[datetime]:
    return [one.opened_at for one in found.firings]


# --- How much history there is -------------------------------------------------------------------


def test_it_is_told_what_history_it_was_tried_on(database: Database) -> None:
    with database.writing() as session:
        desk = a_desk(session, data_from=T(days=-10), data_until=T())
        arrive(session, desk, [*burst(T(days=-3), 6), *burst(T(days=-12), 6)])
        found = tried(session, volume(5))
    assert fired(found) == [T(days=-3, minutes=5)]
    assert found.asked == Window(T(days=-90), T())
    # The first window that lies in it as a whole ends an hour after its beginning.
    assert found.covered is not None
    assert found.covered == Window(T(days=-10, minutes=55), T())
    assert found.slots == (10 * DAY - HOUR) // (5 * MINUTE) + 1
    assert (found.judged, found.without_data, found.few) == (found.slots, 0, 0)
    assert found.weeks == pytest.approx(10 / 7, rel=0.01)


@pytest.mark.parametrize(("data_from", "data_until"), [(None, None), (T(), T())])
def test_without_history_nothing_is_tried(
    database: Database, data_from: datetime | None, data_until: datetime | None
) -> None:
    with database.writing() as session:
        a_desk(session, data_from=data_from, data_until=data_until)
        found = tried(session, volume(5))
    assert (found.covered, found.slots, found.firings) == (None, 0, [])


def test_it_goes_so_many_days_back_as_are_asked_for(database: Database) -> None:
    with database.writing() as session:
        desk = a_desk(session, data_until=T())
        arrive(session, desk, [*burst(T(days=-3), 6), *burst(T(days=-5), 6)])
        week, days = tried(session, volume(5), days=7), tried(session, volume(5), days=4)
    assert fired(week) == [T(days=-5, minutes=5), T(days=-3, minutes=5)]
    assert fired(days) == [T(days=-3, minutes=5)]
    assert days.covered == Window(T(days=-4), T())


def test_what_is_not_read_yet_is_not_tried(database: Database) -> None:
    with database.writing() as session:
        a_desk(session, data_until=T(minutes=-17))
        found = tried(session, volume(5), days=1)
    assert found.covered is not None
    assert found.covered.end == T(minutes=-20)


def test_moments_without_data_are_counted_and_no_firings(database: Database) -> None:
    """Four hours were not read until they were over; two of them are within the patience."""
    with database.writing() as session:
        desk = a_desk(session, data_until=None)
        for at in (T(days=-2), T(hours=-10), T(hours=-6), T()):
            desks.finished(session, desk.id or 0, data_until=at, at=at)
        arrive(session, desk, burst(T(hours=-9, minutes=-30), 6))
        found = tried(session, volume(5), days=1)
    assert fired(found) == []
    lacking = [step for moment in found.moments for step in moment.steps]
    assert [step.kind for step in lacking][:2] == [Kind.NO_DATA, Kind.DATA_BACK]
    assert 0 < found.without_data < found.slots


def test_moments_with_too_few_are_counted(database: Database) -> None:
    rule = Rule(Limit(Side.ABOVE, 3_600, 3_000), "first_response_time", fewest=3)
    with database.writing() as session:
        desk = a_desk(session, data_until=T())
        replied = {"first_reply_at": T(hours=-5)}
        arrive(session, desk, burst(T(hours=-7), 3, **replied))
        arrive(session, desk, burst(T(hours=-8), 2, first_reply_at=T(hours=-3)))
        found = tried(session, rule, days=1)
    assert fired(found) == [T(hours=-5, minutes=5)]
    assert found.judged == 12
    assert found.few == found.slots - 12


OF_EVERY_KIND = [
    volume(5),
    Rule(Limit(Side.ABOVE, 3_600, 3_000), "first_response_time", fewest=4),
    Rule(Limit(Side.ABOVE, 3_600, 3_000), "first_response_time", fewest=4, by=Dimension.GROUP),
    Rule(Limit(Side.BELOW, 0.9, 0.95), "sla_attainment", over=DAY, fewest=3),
    Rule(Burn(2.0, 0.9, HOUR), "sla_attainment", over=6 * HOUR, fewest=3),
    Rule(Burn(2.0, 0.9, HOUR), "sla_attainment", over=6 * HOUR, fewest=3, by=Dimension.GROUP),
    Rule(Unusual(Side.ABOVE), "first_response_time", over=6 * HOUR, fewest=4),
    Rule(Unusual(Side.ABOVE), "ticket_volume", over=6 * HOUR, by=Dimension.GROUP),
    Rule(Unusual(Side.BELOW), "sla_attainment", over=DAY, fewest=3),
]


@pytest.mark.thorough
def test_too_few_is_what_the_judge_says(database: Database) -> None:
    with database.writing() as session:
        desk = a_desk(session, data_from=T(days=-66), data_until=T())
        for day in range(66):
            for hour in (1, 5):
                at = T(days=-day, hours=-hour * (1 + day % 3))
                targets = [Target("reply", at + HOUR, at + HOUR * (day % 4) / 2)]
                told = {"group": f"g{day % 2}", "first_reply_at": at + HOUR, "targets": targets}
                arrive(session, desk, burst(at, (day + hour) % 7, **told))
        past = Past(session, 1, patience=PATIENCE)
        for rule in OF_EVERY_KIND:
            found = rehearse_on(past, rule, ATHENS, days=8, now=T())
            assert found.covered is not None
            seen = past.seen(rule, ATHENS, rule.slots(found.covered.start, T()))
            verdicts = [{judge(rule, one) for one in (some or {}).values()} for some in seen]
            assert found.few == sum(some <= {Verdict.FEW} for some in verdicts), rule
            assert found.judged > 0, rule
            assert found.slots == len(seen)


def test_what_is_usual_takes_eight_weeks_of_history(database: Database) -> None:
    rule = replace(volume(0), condition=Unusual(Side.ABOVE))
    with database.writing() as session:
        desk = a_desk(session, data_from=T(days=-70), data_until=T())
        found = tried(session, rule)
        assert found.covered is not None
        assert found.covered.end - found.covered.start < 15 * DAY
        desk.data_from = T(days=-40)
        session.add(desk)
        session.flush()
        assert tried(session, rule).covered is None


def test_an_age_and_a_ticket_that_waits_are_never_too_few(database: Database) -> None:
    with database.writing() as session:
        desk = a_desk(session, data_until=None)
        for at in (T(days=-2), T(hours=-5), T()):
            desks.finished(session, desk.id or 0, data_until=at, at=at)
        arrive(session, desk, [a_ticket("1", T(days=-3), first_reply_at=T(days=-3, hours=4))])
        old, waits = tried(session, Rule(Old(3 * HOUR))), tried(session, Rule(Waiting(HOUR)))
    assert (old.few, waits.few) == (0, 0)
    assert fired(waits) == [T(days=-3, hours=1, minutes=5)]
    assert len(old.firings) == 2


# --- What would have happened --------------------------------------------------------------------


def test_what_would_have_been_held_back_is_told_when_it_may_be(database: Database) -> None:
    muted = muted_by([Period(T(hours=-6), T(hours=-4))])
    with database.writing() as session:
        desk = a_desk(session, data_until=T())
        arrive(session, desk, [*burst(T(hours=-6), 6), *burst(T(hours=-4, minutes=-10), 6)])
        found = tried(session, volume(5), days=1, muted=muted)
    over, late = found.firings
    assert (over.opened_at, over.told) == (T(hours=-6, minutes=5), None)
    assert late.told is not None
    assert late.told.at == T(hours=-4)


def test_what_is_still_going_on_is_not_closed(database: Database) -> None:
    with database.writing() as session:
        desk = a_desk(session, data_until=T())
        arrive(session, desk, burst(T(minutes=-20), 6))
        found = tried(session, volume(5))
    assert [one.closed_at for one in found.firings] == [None]


@pytest.mark.thorough
def test_many_rules_on_one_past_do_the_same_as_each_by_itself(database: Database) -> None:
    many = [
        volume(5),
        volume(2, by=Dimension.GROUP),
        volume(1, over=6 * HOUR),
        replace(volume(0), condition=Unusual(Side.ABOVE)),
        Rule(Waiting(HOUR)),
    ]
    with database.writing() as session:
        desk = a_desk(session, data_until=T())
        for day in range(0, 80, 3):
            arrive(session, desk, burst(T(days=-day, hours=-day % 7), day % 8, group=f"g{day % 2}"))
        past = Past(session, 1, patience=PATIENCE)
        together = [rehearse_on(past, rule, ATHENS, days=5, now=T()) for rule in many]
        assert together == [tried(session, rule, days=5) for rule in many]
    assert any(one.firings for one in together)


# --- What a rule costs, by what is stored --------------------------------------------------------


def twelve_weeks(session: Session, *, days: int = 84) -> Desk:
    """Two tickets an hour, and at nine o'clock on each Tuesday twelve."""
    desk = a_desk(session, data_from=T(days=-days), data_until=T())
    for back in range(1, days):
        nine = T(days=-back).astimezone(ATHENS).replace(hour=9)
        arrive(session, desk, [t for hour in range(6) for t in burst(nine + hour * HOUR, 2)])
        if nine.weekday() == 1:
            arrive(session, desk, burst(nine + MINUTE, 12))
    return desk


@pytest.mark.thorough
def test_a_rule_costs_what_it_would_have_fired_for_no_reason(database: Database) -> None:
    with database.writing() as session:
        twelve_weeks(session)
        found = priced(session, 1, volume(10), ATHENS, now=T(), patience=PATIENCE)
        quiet = priced(session, 1, volume(15), ATHENS, now=T(), patience=PATIENCE)
    assert isinstance(found, Cost)
    assert found.per_week == pytest.approx(1, abs=0.1)
    assert found.weeks == pytest.approx(12, abs=0.2)
    assert isinstance(quiet, Cost)
    assert quiet.per_week == 0


def test_too_little_history_has_no_cost(database: Database) -> None:
    with database.writing() as session:
        a_desk(session, data_from=T(days=-50), data_until=T())
        found = priced(session, 1, volume(10), ATHENS, now=T(), patience=PATIENCE)
    assert isinstance(found, TooLittle)
    assert found.weeks == pytest.approx(7, abs=0.2)


def test_what_is_usual_is_not_in_the_history_of_a_cost(database: Database) -> None:
    """It is drawn anew; the slots are those of the rule itself."""
    rule = replace(volume(0), condition=Unusual(Side.ABOVE))
    with database.writing() as session:
        a_desk(session, data_from=T(days=-70), data_until=T())
        found = history(Past(session, 1, patience=PATIENCE), rule, ATHENS, now=T())
    assert found.moments[1] - found.moments[0] == 15 * MINUTE
    assert found.moments[-1] - found.moments[0] > 69 * DAY
    assert all(one is not None and one[None].usual is None for one in found.seen)


def test_a_channel_puts_up_with_one_false_alarm_a_week_unless_it_says_otherwise(
    database: Database,
) -> None:
    with database.writing() as session:
        assert budgets.of_channel(session, 1, "C1") == 1
        budgets.keep(session, 1, "C1", 0.5, by="U1", now=T())
        budgets.keep(session, 1, "C1", 2, by="U1", now=T())
        session.flush()
        assert budgets.of_channel(session, 1, "C1") == 2
        assert budgets.of_channel(session, 1, "C2") == 1


# --- What a rule earned --------------------------------------------------------------------------


def a_rule(session: Session) -> AlertRule:
    reader = Reader("en", ATHENS)
    return rules.add(session, 1, "C1", volume(5), reader=reader, by="U1", now=T(days=-60))


def incident(session: Session, row: AlertRule, opened: datetime, **told: Any) -> AlertIncident:
    """One that was told at once, and over an hour later."""
    usual = {"told_at": opened, "closed_at": opened + HOUR}
    found = AlertIncident(workspace_id=1, rule_id=row.id or 0, opened_at=opened, **usual | told)
    session.add(found)
    session.flush()
    return found


def test_what_no_one_saw_was_not_told(database: Database) -> None:
    """Neither what could not be posted, nor what waits; a message that is forgotten was seen."""
    with database.writing() as session:
        row = a_rule(session)
        posted, failed, waits = (
            outbox.queue(session, 1, "C1", Message("!"), subject="alert:1", now=T(days=-2))
            for _ in range(3)
        )
        session.get_one(OutboxRow, posted).shown = 1
        outbox.failed(session, failed, "Slack answered is_archived.")
        for days, message in enumerate((posted, failed, waits, "forgotten"), start=2):
            incident(session, row, T(days=-days), message=message)
        found = earnings(session, 1, [row], since=T(days=-30), until=T())[row.id or 0]
    assert (found.fired, found.told, found.ignored) == (4, 2, 2)


def vote(session: Session, of: AlertIncident, user: str, *, useful: bool) -> None:
    row = AlertVote(
        incident_id=of.id or 0, user=user, workspace_id=1, useful=useful, at=of.opened_at
    )
    session.add(row)


def taken(opened: datetime, minutes: int) -> dict[str, Any]:
    return {"acknowledged_by": "U2", "acknowledged_at": opened + minutes * MINUTE}


def test_a_rule_earned_what_people_made_of_it(database: Database) -> None:
    with database.writing() as session:
        row, other = a_rule(session), a_rule(session)
        for days, minutes in ((-20, 5), (-19, 40), (-18, 10)):
            incident(session, row, T(days=days), **taken(T(days=days), minutes))
        voted = incident(session, row, T(days=-10))
        vote(session, voted, "U1", useful=True)
        vote(session, voted, "U2", useful=False)
        vote(session, voted, "U3", useful=True)
        incident(session, row, T(days=-9))
        incident(session, row, T(days=-8), told_at=None)
        incident(session, row, T(days=-2), closed_at=None)
        incident(session, row, T(hours=-20), closed_at=None)
        incident(session, row, T(days=-40))
        session.flush()
        found = earnings(session, 1, [row, other], since=T(days=-30), until=T())
        by_number = [found[one.id or 0] for one in (row, other)]
    earned, nothing = by_number
    assert (earned.fired, earned.told) == (8, 7)
    assert (earned.acknowledged, earned.median) == (3, 10 * MINUTE)
    # One was over, and one is a day old; the youngest may yet be taken on.
    assert earned.ignored == 2
    assert (earned.useful, earned.useless) == (2, 1)
    assert (nothing.fired, nothing.median) == (0, None)
