"""A month after a wave its lead is reminded, once, of what no note says anything was done about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.store.tables import SurveyRow, WaveRow
from bot.surveys.survey import Cadence, Every, Kind, Theme
from jobs.deliver import deliver
from jobs.survey_deeds import MONTH, survey_deeds
from jobs.survey_openings import survey_openings
from tests.programs import another, failing, together
from tests.survey_samples import ATHENS
from tests.survey_workspace import (
    PEOPLE,
    Kept,
    close,
    inbox,
    launch,
    made,
    newest,
    open_office,
    opened,
    plan,
    questions_of,
    restore,
    says,
    shown,
    start,
)
from tests.workspace import AGENT, APPOINTED, LEAD, Workspace

THEMES = (Theme.WORKLOAD, Theme.TOOLS, Theme.TEAM)
PULSE = {"themes": THEMES, "many": 3}
SCORES = {Theme.WORKLOAD: 4, Theme.TOOLS: 2, Theme.TEAM: 3}


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    """A pulse about three themes closed a month ago, on Monday 23 November at 17:00."""
    with open_office() as workspace:
        restore(workspace, _closed())
        workspace.clock.set(datetime(2026, 12, 24, 10, 0, tzinfo=ATHENS))
        yield workspace


@cache
def _closed() -> Kept:
    def happens(workspace: Workspace) -> None:
        wave = opened(workspace, plan(Kind.PULSE, **PULSE))
        closes(workspace, wave, SCORES)

    return made(happens)


def closes(
    workspace: Workspace, wave: WaveRow, scores: Mapping[Theme, int], many: int = len(PEOPLE)
) -> None:
    for user in PEOPLE[:many]:
        answers = {one.key: scores[one.theme] for one in questions_of(wave) if one.theme}
        says(workspace.services, wave, user, answers)
    close(workspace, wave)


def a_closed(workspace: Workspace, **more: Any) -> WaveRow:
    """Another pulse, asked and closed now."""
    wave = opened(workspace, plan(Kind.PULSE, **{**PULSE, **more}))
    closes(workspace, wave, SCORES)
    return wave


def reminded(workspace: Workspace) -> list[str]:
    """What the lead finds, once the job has looked."""
    survey_deeds(workspace.services, workspace.clock.now())
    deliver(workspace.services, workspace.clock.now())
    return [shown(one) for one in inbox(workspace, LEAD)]


@pytest.mark.thorough
def test_the_lead_hears_once_which_themes_have_no_note_the_lowest_first(
    workspace: Workspace,
) -> None:
    (told,) = reminded(workspace)
    assert "Nothing is noted yet about what was done about: Tools, Team, Workload." in told
    assert "Note it: `/pulse did tools: …`" in told
    workspace.clock.move(hours=1)
    assert len(reminded(workspace)) == 1
    workspace.clock.move(days=20)
    assert len(reminded(workspace)) == 1


def test_nobody_is_reminded_before_a_month_has_passed_nor_long_after(workspace: Workspace) -> None:
    workspace.clock.set(datetime(2026, 12, 23, 15, 0, tzinfo=ATHENS))
    assert reminded(workspace) == []
    workspace.clock.set(datetime(2027, 1, 25, 12, 0, tzinfo=ATHENS))
    assert reminded(workspace) == []


def test_it_waits_for_a_good_hour_of_the_lead(workspace: Workspace) -> None:
    for moment in (
        datetime(2026, 12, 24, 3, 0, tzinfo=ATHENS),
        datetime(2026, 12, 25, 12, 0, tzinfo=ATHENS),  # Christmas
        datetime(2026, 12, 26, 12, 0, tzinfo=ATHENS),  # a Saturday
    ):
        workspace.clock.set(moment)
        assert reminded(workspace) == []
    workspace.clock.set(datetime(2026, 12, 28, 10, 0, tzinfo=ATHENS))
    assert len(reminded(workspace)) == 1


def test_a_theme_with_a_note_is_not_missed(workspace: Workspace) -> None:
    workspace.types("/pulse did tools: a new CRM", user=LEAD)
    workspace.types("/pulse did team: a dinner", user=LEAD)
    (told,) = reminded(workspace)
    assert "about: Workload." in told


def test_where_all_is_noted_nobody_hears_anything(workspace: Workspace) -> None:
    for theme in THEMES:
        workspace.types(f"/pulse did {theme}: something", user=LEAD)
    assert reminded(workspace) == []


def test_what_was_withheld_is_not_asked_about() -> None:
    with open_office() as workspace:
        wave = opened(workspace, plan(Kind.PULSE, **PULSE))
        closes(workspace, wave, SCORES, many=4)
        workspace.clock.set(datetime(2026, 12, 24, 10, 0, tzinfo=ATHENS))
        assert reminded(workspace) == []


@pytest.mark.thorough
def test_of_an_enps_any_note_will_do() -> None:
    with open_office() as workspace:
        wave = opened(workspace)
        for user in PEOPLE:
            says(workspace.services, wave, user, {"enps": 9})
        close(workspace, wave)
        workspace.clock.set(datetime(2026, 12, 24, 3, 0, tzinfo=ATHENS))
        assert reminded(workspace) == []
        workspace.clock.move(hours=7)
        (told,) = reminded(workspace)
        assert "Nothing is noted yet about what was done.\n" in told
        assert "`/enps did …`" in told


def test_a_note_about_an_enps_ends_it() -> None:
    with open_office() as workspace:
        wave = opened(workspace)
        for user in PEOPLE:
            says(workspace.services, wave, user, {"enps": 9})
        close(workspace, wave)
        workspace.types("/enps did A dinner", user=LEAD)
        workspace.clock.set(datetime(2026, 12, 24, 10, 0, tzinfo=ATHENS))
        assert reminded(workspace) == []


def test_who_is_no_lead_any_more_hears_of_nothing_and_another_lead_does(
    workspace: Workspace,
) -> None:
    with workspace.writing() as session:
        row = session.get_one(SurveyRow, 1)
        row.created_by = AGENT
        session.add(row)
    assert len(reminded(workspace)) == 1
    assert inbox(workspace, AGENT) == []
    assert len(inbox(workspace, APPOINTED)) == 1


@pytest.mark.thorough
def test_what_is_noted_while_the_next_wave_is_open_is_read_by_whoever_is_asked_after_it() -> None:
    with open_office() as workspace:
        first = opened(workspace, plan(Kind.PULSE, **PULSE))
        closes(workspace, first, SCORES)
        workspace.types("/pulse did tools: A first note.", user=LEAD)
        second = in_a_week(workspace)
        assert "A first note." in asked(workspace)
        workspace.types("/pulse did team: A second note.", user=LEAD)
        closes(workspace, second, SCORES)
        in_a_week(workspace)
        assert "A second note." in asked(workspace)
        assert "A first note." not in asked(workspace)


def in_a_week(workspace: Workspace) -> WaveRow:
    workspace.clock.move(days=7)
    workspace.clock.set(workspace.clock.now().replace(hour=9))
    return start(workspace, plan(Kind.PULSE, **PULSE))


def asked(workspace: Workspace) -> str:
    """What somebody was asked last."""
    return shown(inbox(workspace, PEOPLE[0])[-1])


@pytest.mark.thorough
def test_a_note_about_a_later_wave_of_the_same_people_counts(workspace: Workspace) -> None:
    workspace.clock.set(datetime(2026, 12, 10, 10, 0, tzinfo=ATHENS))
    a_closed(workspace)
    for theme in (Theme.TOOLS, Theme.TEAM):
        workspace.types(f"/pulse did {theme}: something", user=LEAD)
    workspace.clock.set(datetime(2026, 12, 24, 10, 0, tzinfo=ATHENS))
    (told,) = reminded(workspace)
    assert "about: Workload." in told


@pytest.mark.thorough
def test_a_pulse_every_two_weeks_reminds_of_a_theme_once_a_month() -> None:
    fortnightly = Cadence(2, Every.WEEK, weekday=1, at=time(10))
    tuesday, moments = datetime(2026, 11, 24, 10, tzinfo=ATHENS), []
    with open_office() as workspace:
        launch(workspace, plan(Kind.PULSE, cadence=fortnightly, days=0, **PULSE))
        for day in range(75):
            workspace.clock.set(tuesday + timedelta(days=day))
            if day % 14 == 0:
                survey_openings(workspace.services, workspace.clock.now())
                closes(workspace, newest(workspace), SCORES)
            there = len(inbox(workspace, LEAD))
            if len(reminded(workspace)) > there:
                moments.append(workspace.clock.now())
    assert len(moments) == 2
    assert moments[1] - moments[0] >= MONTH


def test_two_workers_remind_once(workspace: Workspace) -> None:
    now = workspace.clock.now()
    with another(workspace.services) as other:
        together(lambda: survey_deeds(workspace.services, now), lambda: survey_deeds(other, now))
    assert len(reminded(workspace)) == 1


def test_after_a_crash_the_lead_still_hears_of_it(workspace: Workspace) -> None:
    with capture_logs(), failing(workspace.services.database, "INSERT INTO outbox"):
        survey_deeds(workspace.services, workspace.clock.now())
    assert len(reminded(workspace)) == 1
