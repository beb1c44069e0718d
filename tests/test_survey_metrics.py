"""What surveys tell as metrics: in readings, `/kpi`, goals, exports and digests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlmodel import Session

from bot.digests.digest import Digest
from bot.digests.goals import Goal
from bot.digests.line import Line
from bot.digests.timetable import Kind as DigestKind
from bot.digests.timetable import days_window
from bot.domain import Dimension, Slice, Window
from bot.locale import Reader
from bot.metrics import CATALOGUE, Reading
from bot.metrics.comparison import Verdict
from bot.metrics.reading import NOT_FOR_ALL
from bot.metrics.statistics import wilson
from bot.slack import digest as digest_message
from bot.slack import numbers
from bot.store import deeds, goals, results, surveys
from bot.store.database import Database
from bot.store.digests import freshness, gather, look
from bot.store.readings import Sources, read
from bot.store.tables import SurveyRow
from bot.surveys.gate import Reason
from bot.surveys.results import EVERYBODY
from bot.surveys.survey import Kind, Results, Theme
from tests.shell import deskpulse
from tests.store_samples import Plan, a_ticket
from tests.survey_samples import TOOLS, WORKLOAD
from tests.survey_waves import Survey, a_survey, mean, net, withheld
from tests.test_messages import sketch
from tests.times import T
from tests.workspace import AGENT, LEAD, Workspace, open_desks

ATHENS = ZoneInfo("Europe/Athens")
READER = Reader("en", ATHENS)
MINUTE = timedelta(minutes=1)

#: The week that ends before `T()`, a Friday.
WEEK = days_window(date(2026, 11, 13), 7, ATHENS)
DAY = days_window(date(2026, 11, 18), 1, ATHENS)
QUARTER = days_window(date(2026, 7, 1), 92, ATHENS)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.writing() as session:
        yield session


def reading(session: Session, metric: str, window: Window = WEEK) -> Reading:
    (found,) = read(session, 1, [CATALOGUE[metric]], [window])
    return found


def test_what_was_told_in_a_private_channel_is_set_beside_nothing(session: Session) -> None:
    """The channel was private when the first wave opened, and is public now."""
    survey = a_survey(session, Kind.PULSE)
    first = survey.closes(WEEK.start - timedelta(days=14), mean(3.0))
    first.for_all = False
    second = survey.closes(WEEK.start, mean(3.4))
    polls, now = Sources(session, 1).polls, reading(session, "pulse_score")
    assert [one.wave for one in polls.since(now, QUARTER.start)] == [second.id]
    assert polls.earlier(now, 12) == []
    assert polls.values(now.metric, [days_window(date(2026, 10, 26), 7, ATHENS)]) != {}
    assert reading(session, "pulse_score", days_window(date(2026, 10, 26), 7, ATHENS)).value is None


# --- Which wave a window is about ----------------------------------------------------------------


def test_a_window_has_the_number_of_the_wave_that_closed_last_in_it(session: Session) -> None:
    survey = a_survey(session)
    survey.closes(WEEK.start, net(9, 0, 9))
    survey.closes(WEEK.start + timedelta(days=3), net(9, 5, 4))
    survey.closes(WEEK.end, net(0, 0, 18))
    week = reading(session, "enps")
    assert week.value == pytest.approx(100 * 5 / 18)
    assert (week.n, week.poll and week.poll.wave) == (18, survey.waves[1].id)
    days = [days_window(date(2026, 11, day), 1, ATHENS) for day in (13, 14, 16, 20)]
    found = read(session, 1, [CATALOGUE["enps"]], days)
    assert [one.value and round(one.value) for one in found] == [0.0, None, 28, -100]


def test_the_interval_is_that_of_the_results(session: Session) -> None:
    survey = a_survey(session)
    wave = survey.closes(WEEK.start, net(9, 5, 4), asked=20)
    score = Sources(session, 1).polls.result(wave).score("enps")
    found = reading(session, "enps")
    assert score is not None
    assert (found.value, found.n) == (score.value, score.n)
    assert (found.low, found.high) == (score.low, score.high)
    assert found.low is not None


def test_of_waves_that_closed_at_once_that_with_most_answers_counts(session: Session) -> None:
    """Two surveys often close on Friday at five; they are not put together."""
    many, few = a_survey(session), a_survey(session)
    many.closes(WEEK.start, net(10, 5, 5), answered=20)
    few.closes(WEEK.start, net(0, 0, 6), answered=6)
    assert reading(session, "enps").value == pytest.approx(25)


def test_a_pulse_is_no_enps_and_how_many_take_part_is_of_both(session: Session) -> None:
    a_survey(session).closes(WEEK.start, net(9, 5, 4))
    a_survey(session, Kind.PULSE).closes(WEEK.start + MINUTE, mean(3.4), asked=20, answered=15)
    assert reading(session, "pulse_score").value == pytest.approx(3.4)
    assert reading(session, "enps").n == 18
    part = reading(session, "survey_participation")
    assert (part.value, part.numerator, part.denominator) == (0.75, 15, 20)
    assert (part.low, part.high) == wilson(15, 20)


def test_how_many_took_part_is_told_where_the_score_is_withheld(session: Session) -> None:
    a_survey(session).closes(WEEK.start, withheld(), asked=12, answered=4)
    assert reading(session, "enps").value is None
    assert reading(session, "survey_participation").value == pytest.approx(1 / 3)


def test_a_pulse_without_such_questions_has_no_score_and_hides_none(session: Session) -> None:
    """One of free text alone says nothing of a score: the wave before does."""
    survey = a_survey(session, Kind.PULSE)
    survey.closes(WEEK.start, mean(3.4))
    survey.closes(WEEK.start + timedelta(days=2))
    assert reading(session, "pulse_score").value == pytest.approx(3.4)


def test_an_open_wave_tells_nothing(session: Session) -> None:
    survey = a_survey(session)
    survey.opens(WEEK.start + MINUTE)
    assert reading(session, "enps").poll is None
    assert not reading(session, "survey_participation").is_possible


def test_the_surveys_of_another_workspace_are_not_ours(session: Session) -> None:
    a_survey(session).closes(WEEK.start, net(9, 5, 4))
    (found,) = read(session, 2, [CATALOGUE["enps"]], [WEEK])
    assert (found.value, found.is_possible) == (None, False)


@pytest.mark.parametrize("results_for", [Results.LEADS, Results.ASKED])
def test_a_survey_that_is_not_for_everybody_is_no_metric(
    session: Session, results_for: Results
) -> None:
    """Anybody may ask for a metric, and digests and alerts post it to channels."""
    hidden = a_survey(session, results_for=results_for)
    hidden.closes(WEEK.start + timedelta(days=2), net(0, 0, 18))
    for metric in ("enps", "survey_participation"):
        found = reading(session, metric)
        assert (found.value, found.n, found.numerator) == (None, 0, None)
        assert found.poll is not None
        assert (found.poll.withheld, found.poll.asked, found.poll.answered) == (NOT_FOR_ALL, 0, 0)
    a_survey(session).closes(WEEK.start, net(9, 5, 4))
    assert reading(session, "enps").value == pytest.approx(100 * 5 / 18)


# --- Why there is no number ----------------------------------------------------------------------


def nothing(_survey: Survey) -> None:
    """No wave ever closed."""


WHY: list[tuple[Callable[[Survey], object], str]] = [
    (nothing, "No survey has been held yet."),
    (
        lambda survey: survey.closes(WEEK.end, net(9, 5, 4)),
        "No survey closed in these days. The last results: `/enps results`",
    ),
    (
        lambda survey: survey.closes(WEEK.start, withheld()),
        "🔒 Withheld: of fewer than 5 answers, single ones could show.",
    ),
    (
        lambda survey: survey.closes(WEEK.start, withheld(Reason.OVER_TIME)),
        (
            "🔒 Withheld: beside earlier results it would tell of fewer than 5 people, who joined, left "
            "or did not answer."
        ),
    ),
]


@pytest.mark.parametrize(("held", "told"), WHY)
def test_it_says_why_there_is_no_number(
    session: Session, held: Callable[[Survey], object], told: str
) -> None:
    held(a_survey(session))
    assert numbers.why_none(READER, reading(session, "enps")) == told


def test_it_says_that_results_are_not_for_everybody(session: Session) -> None:
    a_survey(session, Kind.PULSE, results_for=Results.LEADS).closes(WEEK.start, mean(4))
    why = numbers.why_none(READER, reading(session, "pulse_score"))
    assert why == (
        "The results of this survey are not for everybody. Who may see them asks: `/pulse results`"
    )


def test_a_number_that_is_there_needs_no_reason(session: Session) -> None:
    a_survey(session).closes(WEEK.start, net(9, 5, 4))
    assert numbers.why_none(READER, reading(session, "enps")) is None


# --- What it is beside ---------------------------------------------------------------------------


def seen(
    session: Session, metric: str = "enps", window: Window = WEEK, before: Window | None = None
) -> Line:
    fresh = freshness(session, 1, window, now=T(), stale_after=timedelta(minutes=30))
    (line,) = look(session, 1, [CATALOGUE[metric]], fresh, before=before)
    return line


def test_a_score_is_held_against_the_wave_before_however_long_ago_that_was(
    session: Session,
) -> None:
    survey = a_survey(session)
    survey.closes(QUARTER.start, net(0, 0, 18))
    survey.closes(QUARTER.start + timedelta(days=90), net(2, 4, 12))
    a_survey(session, channel="C2").closes(WEEK.start - timedelta(days=9), net(1, 0, 17))
    survey.closes(WEEK.start, net(14, 3, 1))
    line = seen(session, before=days_window(date(2026, 11, 6), 7, ATHENS))
    assert line.before is not None
    assert line.before.value == pytest.approx(-100 * 10 / 18)
    assert line.before.window == days_window(date(2026, 9, 26), 4, ATHENS)
    assert [round(one.value or 0) for one in line.history] == [-100, -56]
    assert line.verdict is Verdict.HIGHER
    assert (line.usual, line.complete) == (None, True)


def test_the_wave_of_an_earlier_window_is_the_one_that_was_asked_for(session: Session) -> None:
    survey = a_survey(session)
    for month, told in ((7, net(14, 3, 1)), (9, net(2, 4, 12)), (11, net(9, 5, 4))):
        survey.closes(datetime(2026, month, 15, 17, tzinfo=ATHENS), told)
    line = seen(session, before=days_window(date(2026, 7, 1), 31, ATHENS))
    assert line.before is not None
    assert line.before.value == pytest.approx(100 * 13 / 18)


def test_it_is_not_by_intervals_but_by_the_surveys_that_a_change_is_told_from_chance(
    session: Session,
) -> None:
    """All who were asked answered, so the interval of their score has no width: moods vary still."""
    survey = a_survey(session)
    survey.closes(QUARTER.start, net(4, 4, 4), asked=12, answered=12)
    survey.closes(WEEK.start, net(6, 4, 2), asked=12, answered=12)
    line = seen(session)
    assert (line.reading.low, line.reading.high) == (line.reading.value, line.reading.value)
    assert line.verdict is Verdict.CANNOT_TELL


def test_of_other_questions_no_change_is_told(session: Session) -> None:
    """A pulse asks each question once a quarter: another one is answered otherwise."""
    survey = a_survey(session, Kind.PULSE)
    for start, score, key in (
        (QUARTER.start, 4.6, WORKLOAD.key),
        (QUARTER.end, 4.2, TOOLS.key),
        (WEEK.start, 2.2, TOOLS.key),
    ):
        survey.closes(start, mean(score), more={(key, EVERYBODY): mean(score)})
    assert seen(session, "pulse_score").verdict is Verdict.LOWER
    line = seen(session, "pulse_score", days_window(QUARTER.end.date(), 1, ATHENS))
    assert line.before is not None
    assert line.before.value == pytest.approx(4.6)
    assert line.verdict is Verdict.UNKNOWN
    assert line.is_of_other_questions


@pytest.mark.parametrize("before", [QUARTER, None])
def test_no_number_of_other_people_stands_beside_it(
    session: Session, before: Window | None
) -> None:
    a_survey(session, channel="C2").closes(QUARTER.start, net(0, 0, 18))
    a_survey(session, results_for=Results.LEADS).closes(QUARTER.start, net(0, 0, 18))
    a_survey(session, Kind.PULSE).closes(QUARTER.start, mean(3))
    a_survey(session).closes(WEEK.start, net(14, 3, 1))
    for metric in ("enps", "survey_participation"):
        line = seen(session, metric, before=before)
        assert (line.before, line.history, line.verdict) == (None, [], Verdict.UNKNOWN)


@pytest.mark.parametrize("before", [QUARTER, None])
def test_one_that_is_started_anew_every_time_is_compared_as_its_results_are(
    session: Session, before: Window | None
) -> None:
    a_survey(session).closes(QUARTER.start, net(0, 0, 18))
    wave = a_survey(session).closes(WEEK.start, net(14, 3, 1))
    line = seen(session, before=before)
    (told,) = results.earlier(session, wave)
    assert line.before is not None
    assert line.before.value == -100
    assert (told.wave, line.verdict) == (line.before.poll and line.before.poll.wave, Verdict.HIGHER)
    assert [one.value for one in line.history] == [-100]


def test_a_wave_before_that_is_withheld_has_nothing_to_be_held_against(session: Session) -> None:
    survey = a_survey(session)
    survey.closes(QUARTER.start, net(0, 0, 18))
    survey.closes(QUARTER.start + timedelta(days=9), withheld())
    survey.closes(WEEK.start, net(14, 3, 1))
    line = seen(session)
    assert line.before is not None
    assert (line.before.value, line.verdict) == (None, Verdict.UNKNOWN)


def test_how_many_take_part_is_held_against_the_wave_before_too(session: Session) -> None:
    survey = a_survey(session)
    survey.closes(QUARTER.start, net(9, 5, 4), asked=400, answered=390)
    survey.closes(WEEK.start, net(9, 5, 4), asked=400, answered=200)
    assert seen(session, "survey_participation").verdict is Verdict.LOWER


# --- What is stored ------------------------------------------------------------------------------


def test_it_is_never_stored_with_the_readings_of_closed_periods(session: Session) -> None:
    """A wave that closes late would not be in it, and nothing is saved: it is a row or two."""
    Plan("acme", [], data_from=T(days=-30), data_until=T()).store(session, 1)
    a_survey(session).closes(WEEK.start, net(9, 5, 4))
    (period,) = Sources(session, 1).periods([WEEK], None).values()
    assert not {"enps", "pulse_score", "survey_participation"} & period.metrics
    assert "ticket_volume" in period.metrics


def test_it_has_no_parts(session: Session) -> None:
    a_survey(session).closes(WEEK.start, net(9, 5, 4))
    metric = CATALOGUE["enps"]
    assert read(session, 1, [metric], [WEEK], by=Dimension.GROUP) == []
    (of_part,) = read(session, 1, [metric], [WEEK], only=Slice(Dimension.GROUP, "Billing"))
    assert (of_part.value, of_part.poll) == (None, None)


# --- As people ask for it ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def office() -> Iterator[Workspace]:
    """A workspace without any help desk that holds surveys; nothing is changed in it."""
    with open_desks() as workspace:
        with workspace.writing() as session:
            hold_surveys(session)
        yield workspace


def hold_surveys(session: Session) -> None:
    """ENPS in April and August, a pulse every two weeks, the last one a week ago."""
    quarterly, pulse = a_survey(session), a_survey(session, Kind.PULSE)
    quarterly.closes(datetime(2026, 4, 10, 17, tzinfo=ATHENS), net(6, 6, 6))
    quarterly.closes(datetime(2026, 8, 14, 17, tzinfo=ATHENS), net(9, 5, 4))
    for weeks, score in ((5, 4.2), (3, 4.1), (1, 3.4)):
        pulse.closes(T(days=-7 * weeks, hours=8), mean(score, n=40), asked=60, answered=40)


def test_kpi_tells_the_score_of_a_quarter_beside_the_one_before(office: Workspace) -> None:
    answered = office.types("/kpi enps last quarter")
    assert answered.table()[-1] == ["All", "28", "-10 – 58", "18"]
    assert "Apr 1 – Jun 30, 2026: 0 (▲ 28 points, unclear). The difference can be chance." in (
        answered.told
    )
    assert "survey that closed August 14, 2026, 18 of 24 answered" in answered.told
    assert "help desk" not in answered.told


def test_kpi_tells_what_really_moved(office: Workspace) -> None:
    told = office.types("/kpi pulse score last 4 weeks").told
    assert "Sep 25 – Oct 22, 2026: 4.2 (▼ 0.8 points, worse). A real change." in told
    assert "75" not in office.types("/kpi participation last 4 weeks").told
    assert "67%" in office.types("/kpi participation last 4 weeks").told


def test_kpi_explains_what_a_window_of_surveys_holds(office: Workspace) -> None:
    told = office.types("/kpi explain enps").told
    assert "A window has the number of the survey that closed last in it." in told
    assert "Example: `/kpi enps last quarter`" in told


def test_all_numbers_list_those_of_surveys_without_a_help_desk(office: Workspace) -> None:
    rows = office.types("/kpi last 4 weeks").table()
    assert ["Pulse score", "3.4", "▼ 0.8 points, worse", "40"] in rows
    assert len(rows) == 3


def test_what_was_asked_of_the_last_days_says_that_none_closed(office: Workspace) -> None:
    told = office.types("/kpi enps last 7d").told
    assert "No survey closed in these days. The last results: `/enps results`" in told


def test_where_no_days_are_named_the_last_survey_of_a_quarter_is_told(
    workspace: Workspace,
) -> None:
    """One that closed today too: with the seven days of other numbers there was mostly none."""
    assert "Aug 21 – Nov 20, 2026: –. No survey closed in these days." in (
        workspace.types("/kpi enps").told
    )
    assert ["All", "3.4", "3.2 – 3.6", "40"] in workspace.types("/kpi pulse score").table()
    with workspace.writing() as session:
        a_survey(session).closes(T(minutes=-5), net(2, 4, 12))
    assert workspace.types("/kpi enps").table()[-1][:2] == ["All", "-56"]
    assert "Nov 13 – 19, 2026" in workspace.types("/kpi csat").told


def test_an_answer_can_be_shared(office: Workspace) -> None:
    answered = office.types("/kpi enps last quarter")
    office.presses("kpi_share", answered.buttons()["kpi_share"]["value"])
    (queued,) = [row for row in office.waiting() if row.subject == f"share:{AGENT}"]
    assert "▲ 28 points" in queued.text


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_desks() as workspace:
        with workspace.writing() as session:
            hold_surveys(session)
        yield workspace


def test_a_goal_is_set_and_judged(workspace: Workspace) -> None:
    said = workspace.types("/kpi goal enps 30", user=LEAD).told
    assert said.startswith("Goal set: Employee net promoter score 30.")
    assert "No survey" not in said
    assert "Goal 30 ✗." in workspace.types("/kpi enps last quarter").told
    workspace.types("/kpi goal participation 60%", user=LEAD)
    assert "Goal 60% ✓." in workspace.types("/kpi participation last 4 weeks").told


def test_the_way_to_a_goal_begins_at_the_last_wave_of_the_year(workspace: Workspace) -> None:
    said = workspace.types("/kpi goal enps 40 by 2027-06-01", user=LEAD).told
    assert "40 by June 1, 2027, from 28 today." in said


def test_without_a_survey_a_way_to_a_goal_has_no_beginning() -> None:
    with open_desks() as workspace:
        told = workspace.types("/kpi goal enps 40 by 2027-06-01", user=LEAD).told
        assert "No survey of the last year tells where to start." in told
        assert "No survey has been held yet." in workspace.types("/kpi goal enps 9", user=LEAD).told


@pytest.mark.thorough
def test_the_command_line_prints_and_exports_them(office: Workspace) -> None:
    folder = Path(office.services.database.url.database or "").parent
    settings = {"DATABASE_URL": f"sqlite:///{folder / 'deskpulse.db'}"}
    span = ("--from", "2026-01-01", "--to", "2026-11-19")
    for metric, days in (("enps", 92), ("csat", 8)):
        usual = deskpulse(folder, "kpi", metric, "--format", "json", **settings)
        (told,) = json.loads(usual.out)
        start, end = (datetime.fromisoformat(told[edge]) for edge in ("start", "end"))
        assert end - start <= timedelta(days=days) < end - start + timedelta(days=2)
    kpi = deskpulse(folder, "kpi", "enps", *span, "--format", "json", **settings)
    (told,) = json.loads(kpi.out)
    assert (round(told["value"]), told["n"], told["unit"]) == (28, 18, "score")
    assert told["as_of"] == "2026-08-14T14:00:00+00:00"
    lines = deskpulse(
        folder,
        *("export", "--metric", "enps", "--metric", "survey_participation"),
        *(*span, "--every", "month"),
        **settings,
    ).out.splitlines()
    rows = [line.split(",") for line in lines[1:]]
    told_of = [(row[0], row[1][:7], row[5][:4]) for row in rows if row[5]]
    assert told_of == [
        ("enps", "2026-04", "0.0"),
        ("enps", "2026-08", "27.7"),
        ("survey_participation", "2026-04", "0.75"),
        ("survey_participation", "2026-08", "0.75"),
        ("survey_participation", "2026-10", "0.66"),
    ]


# --- Digests -------------------------------------------------------------------------------------


def digest(session: Session, kind: DigestKind = DigestKind.WEEKLY, window: Window = WEEK) -> Digest:
    return gather(session, 1, kind, window, now=T(), stale_after=timedelta(minutes=30))


def told(session: Session, kind: DigestKind = DigestKind.WEEKLY, window: Window = WEEK) -> str:
    return sketch(digest_message.render(digest(session, kind, window), READER, with_chart=False))


@pytest.fixture
def busy(session: Session) -> Session:
    """A help desk with a few tickets, and an eNPS of last quarter with a goal."""
    tickets = [a_ticket(f"{n}", T(days=-n, hours=-1)) for n in range(1, 60)]
    Plan("acme", tickets, data_from=T(days=-90), data_until=T()).store(session, 1)
    goals.set_goal(session, 1, Goal("enps", 30), by=LEAD, now=T(days=-9))
    a_survey(session).closes(QUARTER.start, net(6, 6, 6))
    return session


def again(session: Session) -> Survey:
    """The survey of last quarter."""
    row = session.scalars(select(SurveyRow)).one()
    return Survey(session, row, surveys.plan_of(row))


@pytest.mark.thorough
@pytest.mark.parametrize("kind", DigestKind)
def test_a_digest_of_days_in_which_no_survey_closed_says_nothing_of_any(
    busy: Session, kind: DigestKind
) -> None:
    window = WEEK if kind is DigestKind.WEEKLY else DAY
    said = told(busy, kind, window)
    for word in ("eNPS", "Pulse", "Participation", "Employee", "People", "urvey"):
        assert word not in said
    assert digest(busy, kind, window).goals == []


@pytest.mark.thorough
@pytest.mark.parametrize("kind", DigestKind)
def test_a_digest_tells_the_survey_that_closed_in_its_days(busy: Session, kind: DigestKind) -> None:
    again(busy).closes(DAY.start + timedelta(hours=17), net(9, 5, 4))
    said = told(busy, kind, WEEK if kind is DigestKind.WEEKLY else DAY)
    line = "*eNPS +28* · 18 of 24 answered. Last time 0: the difference can be chance. Goal +30\u00a0✗."
    assert line in said
    assert ("eNPS | +28 | 0 | +30\u00a0✗" in said) is (kind is DigestKind.WEEKLY)


@pytest.mark.thorough
def test_nothing_is_called_usual_beside_a_survey_that_moved(busy: Session) -> None:
    assert "Nothing unusual." in told(busy, DigestKind.DAILY, DAY)
    again(busy).closes(DAY.start + timedelta(hours=17), net(18, 0, 0))
    said = told(busy, DigestKind.DAILY, DAY)
    assert "*eNPS +100* · 18 of 24 answered. 🟢 Higher than last time (0)" in said
    assert "Nothing unusual" not in said
    assert said.index("eNPS") < said.index(" solved, backlog ")


@pytest.mark.thorough
def test_a_survey_does_not_make_a_quiet_day_loud(busy: Session) -> None:
    before = digest(busy, DigestKind.DAILY, DAY)
    again(busy).closes(DAY.start, net(9, 5, 4))
    after = digest(busy, DigestKind.DAILY, DAY)
    assert before.is_quiet
    assert after.is_quiet
    assert after.headline == before.headline
    assert [line.reading.metric.key for line in after.people.scores] == ["enps"]


@pytest.mark.thorough
def test_a_digest_says_that_a_result_is_withheld_and_why(busy: Session) -> None:
    again(busy).closes(DAY.start, withheld(), asked=12, answered=4)
    said = told(busy)
    assert "*eNPS* · 4 of 12 answered. 🔒 Withheld: of fewer than 5 answers" in said
    assert "Participation | 33% | 75%" in said


@pytest.mark.thorough
def test_a_digest_is_silent_about_results_that_are_not_for_everybody(busy: Session) -> None:
    before = told(busy)
    a_survey(busy, results_for=Results.LEADS).closes(DAY.start, net(0, 0, 18))
    assert told(busy) == before


@pytest.mark.thorough
def test_what_was_done_is_told_in_the_week_in_which_it_was_noted(busy: Session) -> None:
    wave = again(busy).closes(QUARTER.end, net(9, 5, 4))
    hidden = a_survey(busy, results_for=Results.LEADS).closes(QUARTER.end, net(0, 0, 18))
    for at, text, of in (
        (WEEK.start, "Two more people", wave),
        (WEEK.end, "Too late", wave),
        (WEEK.start, "For leads", hidden),
    ):
        deeds.note(busy, of, Theme.WORKLOAD, text, by=LEAD, now=at)
    said = told(busy)
    assert "*You said, we did*\n• Workload: Two more people" in said
    assert "Too late" not in said
    assert "For leads" not in said
    assert "eNPS" not in said
    assert "You said" not in told(
        busy, DigestKind.DAILY, days_window(date(2026, 11, 13), 1, ATHENS)
    )


def test_a_workspace_that_only_holds_surveys_has_a_digest_of_them(session: Session) -> None:
    survey = a_survey(session, Kind.PULSE)
    survey.closes(WEEK.start, mean(3.4), workload=mean(2.9))
    said = told(session)
    assert "*Pulse 3.4 of 5* · 18 of 24 answered." in said
    assert "⚠️" not in said
    assert "There are no data" not in said


@pytest.mark.thorough
def test_the_numbers_of_a_digest_as_json_have_those_of_surveys(busy: Session) -> None:
    again(busy).closes(DAY.start, net(9, 5, 4))
    made = digest(busy)
    values = {line.reading.metric.key: line.reading.value for line in made.lines}
    assert values["enps"] == pytest.approx(100 * 5 / 18)
    assert "pulse_score" not in values
    assert [line.reading.metric.key for line in made.goals] == ["enps"]
