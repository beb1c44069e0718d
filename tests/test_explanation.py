from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from bot.alerts.explanation import Answer, Explanation, HeldBy, Late
from bot.alerts.judge import Verdict
from bot.alerts.life import Kind, Phase
from bot.alerts.quiet import Period, Weekly
from bot.alerts.rule import Limit, NoData, Rule, Side, Waiting
from bot.domain import Dimension
from bot.store import alerts as rules
from bot.store import mutes, runs
from bot.store.database import Database
from bot.store.explanations import explain
from bot.store.tables import AlertRule, Desk
from jobs.alert_deeds import alert_deeds
from jobs.alerts import alerts
from tests.store_samples import a_desk
from tests.test_alerts_job import (
    ATHENS,
    CHANNEL,
    MINUTE,
    OWNER,
    Office,
    an_office,
    arriving,
    volume,
)
from tests.times import StandingClock, T

#: Each takes a day of an alert's life.
pytestmark = pytest.mark.thorough


@pytest.fixture
def office(database: Database, clock: StandingClock) -> Office:
    return an_office(database, clock)


def at(hour: int, minute: int = 0) -> datetime:
    """A time of this day in Athens; it begins with `T()`, at 9:00."""
    return T(hours=hour - 9, minutes=minute)


def why(office: Office, row: AlertRule, moment: datetime, **told: Any) -> Explanation:
    """What is said of a rule at a moment."""
    with office.services.reading() as session:
        own = rules.of_any_time(session, office.services.workspace, row.id or 0)
        assert own is not None
        return explain(
            session,
            office.services.workspace,
            own,
            moment,
            patience=office.services.settings.stale_after,
            **told,
        )


def kinds(found: Explanation) -> list[Kind]:
    return [step.kind for step in found.steps]


def changes(office: Office, row: AlertRule, what: str) -> None:
    """Pauses, resumes or removes a rule now."""
    with office.services.writing() as session:
        own = rules.get(session, office.services.workspace, row.id or 0)
        assert own is not None
        if what == "pause":
            rules.pause(session, own)
        elif what == "resume":
            rules.resume(session, own, now=office.clock.now())
        else:
            rules.remove(session, own, now=office.clock.now())


# --- A day: six tickets at 9:20, a rule about more than five in an hour, for 10 minutes ----------


@pytest.fixture
def row(office: Office) -> AlertRule:
    made = office.watch(volume(5, lasting=10 * MINUTE, keep=15 * MINUTE))
    office.hears(*arriving(6, at(9, 20)))
    office.goes_on(180)
    return made


DAY = [
    ((9, 4), Answer.NOT_ON),
    ((9, 24), Answer.INSIDE),
    ((9, 25), Answer.PENDING),
    ((9, 33), Answer.PENDING),
    ((9, 35), Answer.FIRED),
    ((9, 39), Answer.FIRED),
    ((9, 40), Answer.FIRING),
    ((10, 20), Answer.FIRING),
    ((10, 25), Answer.RECOVERING),
    ((10, 40), Answer.ENDED),
    ((10, 45), Answer.INSIDE),
    ((12, 1), Answer.INSIDE),
    ((12, 5), Answer.NOT_YET),
]


def test_it_is_told_why_it_did_what_it_did(office: Office, row: AlertRule) -> None:
    told = [why(office, row, at(*moment)) for moment, _ in DAY]
    assert [(moment, one.answer) for (moment, _), one in zip(DAY, told, strict=True)] == DAY
    assert [one.asked for one in told] == [at(*moment) for moment, _ in DAY]
    assert [one.slot for one in told] == [at(h, m // 5 * 5) for (h, m), _ in DAY]
    assert not any(one.changed for one in told)


def test_what_was_seen_is_told_with_how_long_it_has_to_last(office: Office, row: AlertRule) -> None:
    (part,) = why(office, row, at(9, 30)).parts
    assert (part.part, part.seen.value, part.seen.n) == (None, 6, 6)
    assert part.verdict is Verdict.BREACH
    assert part.before is not None
    assert (part.before.phase, part.before.since) == (Phase.PENDING, at(9, 25))
    assert part.left == 5 * MINUTE
    assert why(office, row, at(9, 40)).parts[0].left is None


def test_the_log_of_the_moment_is_told_and_the_last_step_before(
    office: Office, row: AlertRule
) -> None:
    found = why(office, row, at(9, 37))
    assert [step.kind for step in found.logged] == [Kind.FIRED, Kind.TOLD]
    assert kinds(found) == [Kind.FIRED, Kind.TOLD]
    assert found.last is not None
    assert (found.last.kind, found.last.at) == (Kind.PENDING, at(9, 25))
    assert found.after.incident is not None
    quiet = why(office, row, at(9, 50))
    assert (list(quiet.logged), list(quiet.steps)) == ([], [])
    assert quiet.last is not None
    assert quiet.last.kind is Kind.TOLD


def test_data_that_came_later_change_the_answer(office: Office, row: AlertRule) -> None:
    office.hears(*arriving(8, at(11, 31), name="late"))
    found = why(office, row, at(11, 35))
    assert found.answer is Answer.PENDING
    assert found.parts[0].seen.value == 8
    assert (found.logged, found.changed) == ([], True)
    # It goes on: had it been known, it would have fired.
    assert (why(office, row, at(11, 45)).answer, why(office, row, at(11, 45)).changed) == (
        Answer.FIRED,
        True,
    )
    before = why(office, row, at(11, 30))
    assert (before.answer, before.changed) == (Answer.INSIDE, False)


def test_what_calmed_down_did_not_last(office: Office) -> None:
    row = office.watch(volume(5, lasting=30 * MINUTE, over=15 * MINUTE))
    office.hears(*arriving(6, at(9, 20)))
    office.goes_on(60)
    found = why(office, row, at(9, 40))
    assert (found.answer, kinds(found)) == (Answer.CALMED, [Kind.CALMED])


# --- Not judged ----------------------------------------------------------------------------------


def test_a_rule_says_nothing_while_it_is_paused(office: Office, row: AlertRule) -> None:
    changes(office, row, "pause")
    office.goes_on(30)
    assert why(office, row, at(12, 5)).answer is Answer.PAUSED
    assert why(office, row, at(9, 35)).answer is Answer.FIRED
    changes(office, row, "resume")
    office.goes_on(30)
    while_paused = why(office, row, at(12, 5))
    assert (while_paused.answer, while_paused.since) == (Answer.NOT_ON, at(12, 30))
    assert why(office, row, at(12, 35)).answer is Answer.INSIDE


def edits(office: Office, row: AlertRule, rule: Rule) -> None:
    with office.services.writing() as session:
        own = rules.get(session, office.services.workspace, row.id or 0)
        assert own is not None
        rules.replace(session, own, rule, now=office.clock.now())


def test_what_it_did_stays_explained_after_a_pause(office: Office, row: AlertRule) -> None:
    changes(office, row, "pause")
    office.goes_on(30)
    changes(office, row, "resume")
    office.goes_on(30)
    told = [why(office, row, at(*moment)) for moment, _ in DAY[:-1]]
    assert [(moment, one.answer) for (moment, _), one in zip(DAY, told, strict=False)] == DAY[:-1]
    assert not any(one.changed for one in told)


def test_what_it_did_stays_explained_by_the_rule_that_it_was(
    office: Office, row: AlertRule
) -> None:
    """Edited twice, the second time while it was paused."""
    first = rules.rule_of(row)
    edits(office, row, volume(50))
    office.hears(*arriving(60, at(12, 10), name="more"))
    office.goes_on(30)
    changes(office, row, "pause")
    office.goes_on(30)
    edits(office, row, volume(99))
    office.goes_on(30)
    changes(office, row, "resume")
    office.goes_on(30)
    told = [why(office, row, at(*moment)) for moment, _ in DAY[:-1]]
    assert [(moment, one.answer) for (moment, _), one in zip(DAY, told, strict=False)] == DAY[:-1]
    assert {one.rule for one in told} == {first}
    second = why(office, row, at(12, 15))
    assert (second.answer, second.rule, second.since) == (Answer.FIRED, volume(50), at(12))
    off = [why(office, row, at(*moment)) for moment in ((12, 35), (12, 59), (13, 5), (13, 30))]
    assert {(one.answer, one.since) for one in off[:2]} == {(Answer.NOT_ON, at(13))}
    assert {one.answer for one in off} == {Answer.NOT_ON}
    assert off[-1].since == at(13, 30)
    assert why(office, row, at(13, 35)).rule == volume(99)


def test_of_a_slot_before_an_edit_the_rule_of_before_is_told(
    office: Office, row: AlertRule
) -> None:
    office.clock.move(minutes=2)
    edits(office, row, volume(50))
    found = why(office, row, at(12, 3))
    assert (found.slot, found.answer) == (at(12), Answer.INSIDE)
    assert found.rule == rules.rule_of(row)


def test_a_rule_that_was_removed_stays_explained(office: Office, row: AlertRule) -> None:
    changes(office, row, "remove")
    office.clock.move(minutes=30)
    assert why(office, row, at(9, 35)).answer is Answer.FIRED
    assert why(office, row, at(12, 5)).answer is Answer.REMOVED


def test_what_is_to_come_is_not_judged_yet(office: Office, row: AlertRule) -> None:
    found = why(office, row, at(18))
    assert (found.answer, found.judged_until) == (Answer.NOT_YET, at(12))
    assert found.parts == ()


# --- Without data, or with too few ---------------------------------------------------------------


def late(office: Office) -> None:
    """No desk is read for four hours, of which more than the patience is too long."""
    office.goes_on(4 * 60, read=False)
    office.reads(office.clock.now())
    alerts(office.services, office.clock.now())


def test_without_data_it_is_told_which_desk_was_late(office: Office) -> None:
    row = office.watch(volume(5))
    office.goes_on(30)
    late(office)
    found = why(office, row, at(10))
    assert (found.answer, kinds(found)) == (Answer.NO_DATA, [])
    assert found.late == [Late("acme", at(9, 30))]
    assert kinds(why(office, row, at(9, 35))) == [Kind.NO_DATA]
    back = why(office, row, at(13, 30))
    assert (back.answer, back.late) == (Answer.INSIDE, ())


def test_of_several_desks_the_late_ones_are_told(office: Office) -> None:
    row = office.watch(volume(5))
    office.goes_on(30)
    with office.services.writing() as session:
        a_desk(session, name="other", data_until=at(17))
    late(office)
    assert why(office, row, at(10)).late == [Late("acme", at(9, 30))]


def test_missing_data_fire_where_the_rule_says_so(office: Office) -> None:
    row = office.watch(volume(5, no_data=NoData.ALERT))
    office.goes_on(30)
    late(office)
    found = why(office, row, at(9, 35))
    assert (found.answer, [one.desk for one in found.late]) == (Answer.FIRED, ["acme"])
    assert why(office, row, at(10)).answer is Answer.NO_DATA


def waits(minutes: int, count: int, moment: datetime, **facts: Any) -> list[Any]:
    """Tickets that are answered at a moment, after so many minutes."""
    asked = moment - minutes * MINUTE
    return arriving(count, asked, first_reply_at=moment, name=f"{moment:%H%M}", **facts)


def slow(**told: Any) -> Rule:
    """A first response time of more than an hour."""
    limit = Limit(Side.ABOVE, 3_600.0, 3_000.0)
    return replace(volume(0), condition=limit, metric="first_response_time", **told)


def test_too_few_claim_nothing(office: Office) -> None:
    row = office.watch(slow(fewest=5))
    office.hears(*waits(90, 4, at(9, 20)))
    office.goes_on(30)
    found = why(office, row, at(9, 25))
    assert found.answer is Answer.FEW
    (part,) = found.parts
    assert part.seen.value == pytest.approx(5_400, abs=5)
    assert (part.seen.n, part.verdict) == (4, Verdict.FEW)


def test_where_there_is_nothing_at_all_there_is_too_little(office: Office) -> None:
    row = office.watch(slow())
    office.goes_on(30)
    assert why(office, row, at(9, 25)).answer is Answer.FEW


def test_the_part_that_did_worst_comes_first(office: Office) -> None:
    row = office.watch(slow(fewest=2, by=Dimension.GROUP))
    office.hears(
        *waits(10, 3, at(9, 20), group="fine"),
        *waits(90, 3, at(9, 21), group="bad"),
        *waits(120, 3, at(9, 22), group="worse"),
        *waits(300, 1, at(9, 23), group="lone"),
    )
    office.goes_on(30)
    found = why(office, row, at(9, 25))
    assert [(one.part, one.verdict) for one in found.parts] == [
        ("worse", Verdict.BREACH),
        ("bad", Verdict.BREACH),
        ("fine", Verdict.CLEAR),
        ("lone", Verdict.FEW),
    ]
    assert found.answer is Answer.FIRED


def test_no_ticket_that_waits_is_an_answer(office: Office) -> None:
    row = office.watch(Rule(Waiting(60 * MINUTE)))
    office.goes_on(30)
    found = why(office, row, at(9, 25))
    assert (found.answer, found.parts) == (Answer.INSIDE, [])


# --- Held back, taken on -------------------------------------------------------------------------


def mutes_(office: Office, mute: Period | Weekly, why_: str, **of: Any) -> None:
    with office.services.writing() as session:
        told = {"rule": None, "by": OWNER, "now": T(), **of}
        mutes.add(session, office.services.workspace, CHANNEL, mute, why=why_, **told)


def test_who_held_it_back_is_told_and_why(office: Office) -> None:
    row = office.watch(volume(5))
    mutes_(office, Period(at(9), at(9, 40)), "moving house")
    every_friday = Weekly((4,), time(9), time(9, 30), ATHENS, T(days=-7))
    mutes_(office, every_friday, "stand-up", by="U0AGENT")
    mutes_(office, Period(at(12), at(13)), "lunch")
    mutes_(office, Period(at(9), at(17)), "another rule", rule=office.watch(volume(99)).id)
    office.hears(*arriving(6, at(9, 20)))
    office.goes_on(60)
    found = why(office, row, at(9, 25))
    assert (found.answer, kinds(found)) == (Answer.FIRED, [Kind.FIRED, Kind.HELD])
    assert found.held_by == [
        HeldBy(OWNER, "moving house", at(9, 40)),
        HeldBy("U0AGENT", "stand-up"),
    ]
    assert why(office, row, at(9, 30)).held_by == [HeldBy(OWNER, "moving house", at(9, 40))]
    told = why(office, row, at(9, 40))
    assert (kinds(told), told.held_by) == ([Kind.TOLD], [])


def test_a_mute_is_no_reason_where_there_was_nothing_to_tell(office: Office) -> None:
    row = office.watch(volume(5))
    mutes_(office, Period(at(9), at(9, 40)), "moving house")
    office.goes_on(30)
    assert why(office, row, at(9, 25)).held_by == []


def test_closed_hours_hold_back_what_is_told_in_office_hours(office: Office) -> None:
    in_hours, always = (office.watch(volume(5, in_hours=one)) for one in (True, False))
    office.hears(*arriving(6, at(9, 20)))
    office.goes_on(30)

    def closed(_moment: datetime) -> bool:
        return False

    found = why(office, in_hours, at(9, 25), is_open=closed)
    assert found.held_by == [HeldBy(is_closed=True)]
    assert why(office, always, at(9, 25), is_open=closed).held_by == []


def test_who_took_it_on_is_told(office: Office, clock: StandingClock) -> None:
    row = office.watch(volume(5))
    office.hears(*arriving(6, at(9, 20)))
    office.goes_on(30)
    with office.services.writing() as session:
        request = {"deed": "acknowledge", "incident": None}
        runs.ask(session, 1, f"alert:{row.id}", "1", request, by="U0AGENT", now=clock.now())
    alert_deeds(office.services, clock.now())
    office.goes_on(20)
    incident = why(office, row, at(9, 45)).after.incident
    assert incident is not None
    assert (incident.acknowledged_by, incident.acknowledged_at) == ("U0AGENT", at(9, 30))
    found = why(office, row, at(9, 29))
    assert found.after.incident is not None
    assert found.after.incident.acknowledged_by is None
    assert not found.changed


def test_all_that_happened_is_explained_as_it_happened(office: Office) -> None:
    """At every moment of a lively day the answer agrees with the log."""
    row = office.watch(volume(5, lasting=5 * MINUTE, keep=10 * MINUTE, over=15 * MINUTE))
    for start, count in ((20, 6), (31, 3), (40, 9), (80, 6), (84, 6), (110, 4)):
        office.hears(*arriving(count, T(minutes=start), name=f"{start}-"))
    office.goes_on(60)
    office.goes_on(3 * 60, read=False)
    office.reads(office.clock.now())
    alerts(office.services, office.clock.now())
    logged = [(step.at, step.kind, step.part) for step in office.steps(row)]
    assert len(logged) > 6
    slots = [T(minutes=5 * n) for n in range(1, 48)]
    told = [why(office, row, slot + timedelta(minutes=2)) for slot in slots]
    assert [(s.at, s.kind, s.part) for one in told for s in one.steps] == logged
    assert not any(one.changed for one in told)


def test_while_a_desk_is_read_for_the_first_time_there_are_no_data(
    database: Database, clock: StandingClock
) -> None:
    """What the first reading brings is known later, but the rule had nothing to go by."""
    office = an_office(database, clock)
    with office.services.writing() as session:
        desk = session.get_one(Desk, office.desk.id)
        desk.data_until = None
    row = office.watch(volume(5))
    office.goes_on(60, read=False)
    assert office.told(row) == ["no data"]
    office.hears(*arriving(9, T(minutes=6)))
    office.reads(T(minutes=60))
    office.goes_on(20)
    for minutes in (10, 20):
        found = why(office, row, T(minutes=minutes))
        assert (found.answer, found.changed) == (Answer.NO_DATA, False)
        assert found.late == [Late("acme")]
    # Of half an hour ago it came in time.
    found = why(office, row, T(minutes=30))
    assert (found.answer, found.late) == (Answer.FIRED, ())
    assert [step.kind for step in found.logged] == ["data back", "fired", "told"]
