"""Alerts about what surveys tell: a number that stands until the next wave closes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from bot.alerts.budget import Basis, Cost, TooLittle
from bot.alerts.hindsight import History
from bot.alerts.judge import Observation
from bot.alerts.rule import Rule
from bot.locale import Reader
from bot.services import Services
from bot.slack.alerts.rules import sentence
from bot.store import alerts as rules
from bot.store.database import Database
from bot.store.explanations import explain
from bot.store.observations import Past
from bot.store.observations.closings import HOLDS
from bot.store.polls import Polls
from bot.store.rehearsals import finding_on, priced, rehearse
from bot.store.tables import AlertRule, AlertStep, WaveRow
from bot.surveys.results import Told
from bot.surveys.survey import Kind, Results
from commands.alert_text import parse_rule
from jobs.alerts import alerts
from tests.alert_workspace import posted, send, watch
from tests.programs import Recorder, program
from tests.survey_waves import Survey, a_survey, ends, mean, net, withheld
from tests.times import StandingClock, T
from tests.workspace import CHANNEL, LEAD, Workspace, open_desks

ATHENS = ZoneInfo("Europe/Athens")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PATIENCE = 30 * MINUTE

BELOW_0 = parse_rule("enps < 0")

#: −50, −25, +8 and +50 of 12 answers: 10 is where the alert is over.
BAD, LESS_BAD, BETWEEN, GOOD = net(2, 2, 8), net(3, 3, 6), net(4, 5, 3), net(8, 2, 2)


@dataclass
class Team:
    """A workspace without any help desk, its surveys, and a clock that is moved on."""

    services: Services
    clock: StandingClock
    session: Session
    survey: Survey

    def watch(self, rule: Rule = BELOW_0) -> AlertRule:
        with self.services.writing() as session:
            return rules.add(
                session,
                self.services.workspace,
                CHANNEL,
                rule,
                reader=Reader("en", ATHENS),
                by=LEAD,
                now=self.clock.now(),
            )

    def closes(
        self, score: Told, *, at: datetime | None = None, survey: Survey | None = None
    ) -> None:
        """A wave closes now, or did at a moment."""
        with self.services.writing() as session:
            of = survey or self.survey
            of.session = session
            of.closes(at or self.clock.now(), score, asked=24, answered=12)

    def goes_on(self, span: timedelta, *, looks: timedelta = HOUR) -> None:
        """Lets time pass, with a look of the job now and then."""
        end = self.clock.now() + span
        while self.clock.now() < end:
            self.clock.move(seconds=min(looks, end - self.clock.now()).total_seconds())
            alerts(self.services, self.clock.now())

    def told(self, row: AlertRule) -> list[str]:
        return [step.kind for step in self.steps(row)]

    def steps(self, row: AlertRule) -> list[AlertStep]:
        with self.services.reading() as session:
            wanted = select(AlertStep).where(col(AlertStep.rule_id) == row.id)
            return list(session.scalars(wanted.order_by(col(AlertStep.id))))


@pytest.fixture
def team(database: Database, clock: StandingClock) -> Team:
    services = program(database, clock, messenger=Recorder())
    with services.writing() as session:
        survey = a_survey(session)
    return Team(services, clock, session, survey)


# --- Its life ------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_an_alert_fires_when_a_wave_closes_below_its_limit_and_is_told_once(team: Team) -> None:
    row = team.watch()
    team.goes_on(HOUR)
    team.closes(BAD)
    team.goes_on(3 * DAY, looks=6 * HOUR)
    first, told = team.steps(row)
    assert (first.kind, first.at, first.value, first.n) == ("fired", T(hours=1, minutes=5), -50, 12)
    assert told.kind == "told"


@pytest.mark.thorough
def test_it_is_over_with_the_wave_that_is_well_inside_again(team: Team) -> None:
    row = team.watch()
    for score in (BAD, LESS_BAD, BETWEEN, GOOD):
        team.goes_on(DAY, looks=6 * HOUR)
        team.closes(score)
    team.goes_on(DAY, looks=6 * HOUR)
    assert team.told(row) == ["fired", "told", "recovering", "recovered", "ended"]


def test_a_withheld_wave_neither_fires_nor_lacks_data(team: Team) -> None:
    row = team.watch()
    team.closes(withheld())
    team.goes_on(2 * DAY, looks=6 * HOUR)
    assert team.told(row) == []


def test_an_alert_closes_where_the_next_wave_is_withheld(team: Team) -> None:
    """Nobody knows whether it is still bad: nothing is left to judge it by."""
    row = team.watch()
    team.closes(BAD)
    team.goes_on(DAY, looks=6 * HOUR)
    team.closes(withheld())
    team.goes_on(3 * HOUR)
    assert team.told(row) == ["fired", "told", "lapsed", "ended"]


def test_a_survey_says_how_things_stand_for_13_months(database: Database) -> None:
    with database.writing() as session:
        a_survey(session).closes(T(days=-500), BAD)
        past = Past(session, 1, patience=PATIENCE)
        last = T(days=-500) + HOLDS
        seen = past.seen(BELOW_0, ATHENS, [last, last + 5 * MINUTE])
    assert [dict(one or {}) for one in seen] == [{None: Observation(-50.0, 12)}, {}]


def test_the_wave_that_closed_last_counts_whichever_survey_it_is_of(database: Database) -> None:
    with database.writing() as session:
        one, other = a_survey(session), a_survey(session)
        hidden = a_survey(session, results_for=Results.LEADS)
        one.closes(T(days=-9), BAD)
        other.closes(T(days=-5), GOOD, answered=12)
        one.closes(T(days=-5), BAD, answered=11)
        hidden.closes(T(days=-1), BAD)
        moments = [T(days=days) for days in (-10, -9, -5, 0)]
        seen = Past(session, 1, patience=PATIENCE).seen(BELOW_0, ATHENS, moments)
    values = [{part: one.value for part, one in (some or {}).items()} for some in seen]
    assert values == [{}, {None: -50}, {None: 50}, {None: 50}]


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        ("survey participation < 60%", True),
        ("survey participation < 40%", False),
        ("pulse score < 3", False),
        ("pulse score > 3", True),
    ],
)
def test_the_other_numbers_of_surveys_can_be_watched(team: Team, text: str, fires: bool) -> None:
    with team.services.writing() as session:
        pulse = a_survey(session, Kind.PULSE)
    row = team.watch(parse_rule(text))
    team.closes(mean(3.2), survey=pulse)
    team.goes_on(HOUR)
    assert team.told(row) == (["fired", "told"] if fires else [])


# --- What waits for a wave that is due -----------------------------------------------------------


def ready(session: Session, moments: Sequence[datetime], now: datetime) -> int:
    return Past(session, 1, patience=PATIENCE).ready(BELOW_0, moments, now)


def test_a_moment_waits_for_a_wave_that_was_due_by_then_but_not_for_ever(
    database: Database,
) -> None:
    """It may be closed at that very moment and be kept a second later."""
    moments = BELOW_0.slots(T(minutes=-30), T(hours=2))
    with database.writing() as session:
        survey = a_survey(session)
        assert ready(session, moments, T()) == 6
        survey.opens(T())
        assert ready(session, moments, T(-1)) == 5
        assert ready(session, moments, T(minutes=4)) == 5
        assert ready(session, moments, T(minutes=29)) == 5
        assert ready(session, moments, T(minutes=36)) == 7


def test_a_wave_that_is_not_due_keeps_nothing_waiting(database: Database) -> None:
    moments = BELOW_0.slots(T(minutes=-30), T(hours=2))
    with database.writing() as session:
        a_survey(session).opens(T(days=2))
        assert ready(session, moments, T(minutes=20)) == 10


# --- Rehearsals ----------------------------------------------------------------------------------


@pytest.mark.thorough
def test_a_rehearsal_makes_the_very_decisions_that_were_made(team: Team) -> None:
    """Waves close at odd moments, some late, some withheld; the job looks when it comes to it."""
    random = Random(6)
    row = team.watch()
    began = team.clock.now()
    scores = [random.choice([BAD, LESS_BAD, BETWEEN, GOOD, withheld()]) for _ in range(14)]
    for score in scores:
        team.goes_on(timedelta(minutes=random.randint(30, 4_000)), looks=11 * HOUR)
        with team.services.writing() as session:
            team.survey.session = session
            opened = team.survey.opens(team.clock.now()).id
        team.goes_on(timedelta(minutes=random.randint(0, 25)), looks=4 * MINUTE)
        with team.services.writing() as session:
            wave = session.get_one(WaveRow, opened)
            ends(session, wave, team.clock.now(), {("enps", ""): score})
    team.goes_on(DAY, looks=HOUR)
    lived = [(step.at, step.kind, step.value) for step in team.steps(row)]
    with team.services.reading() as session:
        tried = rehearse(
            session, 1, BELOW_0, ATHENS, days=60, now=team.clock.now(), patience=PATIENCE
        )
    steps = [step for moment in tried.moments for step in moment.steps]
    assert [(step.at, step.kind, step.value) for step in steps] == lived
    assert {"fired", "recovered", "lapsed"} <= {kind for _, kind, _ in lived}
    assert tried.covered is not None
    assert tried.covered.start > began


def test_it_is_tried_since_the_first_wave_that_told_everybody_something(
    database: Database,
) -> None:
    with database.writing() as session:
        a_survey(session, results_for=Results.LEADS).closes(T(days=-80), BAD)
        none = rehearse(session, 1, BELOW_0, ATHENS, now=T(), patience=PATIENCE)
        a_survey(session).closes(T(days=-20), BAD)
        some = rehearse(session, 1, BELOW_0, ATHENS, now=T(), patience=PATIENCE)
        past = Past(session, 1, patience=PATIENCE)
        finding = finding_on(past, BELOW_0, ATHENS, now=T())
    assert (none.covered, none.firings) == (None, [])
    (firing,) = some.firings
    assert firing.opened_at == T(days=-20)
    assert firing.closed_at is None
    assert (some.judged, some.without_data) == (some.slots, 0)
    # It stands since, which says nothing against the rule: it is told once.
    assert finding.says is History.SOUND


@pytest.mark.thorough
def test_what_it_costs_is_how_often_it_fired(database: Database) -> None:
    with database.writing() as session:
        survey = a_survey(session)
        survey.closes(T(days=-40), GOOD)
        young = priced(session, 1, BELOW_0, ATHENS, now=T(), patience=PATIENCE)
        survey.closes(T(days=-85), BAD)
        found = priced(session, 1, BELOW_0, ATHENS, now=T(), patience=PATIENCE)
    assert isinstance(young, TooLittle)
    assert isinstance(found, Cost)
    assert found.basis is Basis.HISTORY
    assert found.per_week == pytest.approx(7 / 85, rel=0.01)


def test_a_results_row_is_read_once_for_all_moments(database: Database) -> None:
    with database.writing() as session:
        wave = a_survey(session).closes(T(days=-40), BAD)
        polls = Polls(session, 1)
        assert polls.result(wave) is polls.result(wave)


def test_why_it_fired_is_told_by_the_log_and_by_the_wave(team: Team) -> None:
    row = team.watch()
    team.closes(BAD)
    team.goes_on(HOUR)
    with team.services.reading() as session:
        own = rules.of_any_time(session, 1, row.id or 0)
        assert own is not None
        found = explain(session, 1, own, T(minutes=5), patience=PATIENCE)
    assert found.answer == "fired"
    assert [one.seen for one in found.parts] == [Observation(-50.0, 12)]
    assert (list(found.late), found.changed) == ([], False)


# --- As people see it ----------------------------------------------------------------------------


def test_a_rule_says_in_words_what_it_looks_at() -> None:
    told = sentence(BELOW_0, Reader("en", ATHENS))
    assert told == (
        "Fires when *Employee net promoter score* is below 0. Judged by the survey that closed last, "
        "for 13 months at most, every 5 min. Over once it has been at least 10 for 15 min. Told once: "
        "nothing changes until the next survey closes."
    )


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    """Without any help desk; ENPS of the spring and of the autumn."""
    with open_desks() as workspace:
        with workspace.writing() as session:
            survey = a_survey(session)
            survey.closes(T(days=-300), GOOD, answered=12)
            survey.closes(T(days=-70), BAD, answered=12)
        yield workspace


@pytest.mark.thorough
def test_a_rule_is_tried_on_the_past_switched_on_and_fires(workspace: Workspace) -> None:
    tried = workspace.types("/alert add enps &lt; 0", user=LEAD)
    assert "On the last 90 days this would have fired 1 time, here it is. Switch it on?" in (
        tried.told
    )
    assert "help desk" not in tried.told
    value = tried.buttons()["alert_switch_on"]["value"]
    workspace.presses("alert_switch_on", value, user=LEAD)
    workspace.clock.move(minutes=10)
    alerts(workspace.services, workspace.clock.now())
    send(workspace)
    (message,) = posted(workspace)
    assert message.text.startswith("🔴 *Employee net promoter score -50* (limit 0)")
    assert "12 answers in the survey that closed last." in message.text
    assert "*Employee net promoter score below 0*" in workspace.types("/alert").told
    assert "9:05 AM · fired: -50" in workspace.types("/alert log 1").told
    assert "🔴" in workspace.types("/alert why 1 09:05").told


def test_without_any_survey_a_rule_waits_for_the_first() -> None:
    with open_desks() as workspace:
        told = workspace.types("/alert add enps &lt; 0", user=LEAD).told
        assert "There is no history to try this on yet." in told
        assert "No survey told this number in these days" in told
        number = watch(workspace, "enps < 0")
        workspace.clock.move(minutes=10)
        alerts(workspace.services, workspace.clock.now())
        assert "no data" not in workspace.types(f"/alert log {number}").told.lower()
