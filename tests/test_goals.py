"""Targets and their history."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from bot.digests.goals import Goal
from bot.store.database import Database
from bot.store.goals import at as goals_at
from bot.store.goals import end_goal, set_goal
from bot.store.tables import Goal as GoalRow
from tests.store_samples import a_workspace
from tests.times import T

FRT, REOPENS = "first_response_time", "reopen_rate"


def at(session: Session, workspace: int, moment: datetime) -> dict[str, float]:
    """The targets of all tickets that held at a moment, by metric."""
    found = goals_at(session, workspace, moment)
    return {goal.metric: goal.target for goal in found if goal.slice is None}


def test_a_goal_holds_from_when_it_is_set_until_it_is_replaced(database: Database) -> None:
    with database.writing() as session:
        set_goal(session, 1, Goal(FRT, 3_600), by="U1", now=T())
        set_goal(session, 1, Goal(REOPENS, 0.05), by="U1", now=T(hours=1))
    with database.writing() as session:
        set_goal(session, 1, Goal(FRT, 1_800), by="U2", now=T(hours=2))
    with database.reading() as session:
        assert at(session, 1, T(-1)) == {}
        assert at(session, 1, T()) == {FRT: 3_600}
        assert at(session, 1, T(hours=1)) == {FRT: 3_600, REOPENS: 0.05}
        assert at(session, 1, T(7_199)) == {FRT: 3_600, REOPENS: 0.05}
        assert at(session, 1, T(hours=2)) == {FRT: 1_800, REOPENS: 0.05}
        assert at(session, 1, T(days=400)) == {FRT: 1_800, REOPENS: 0.05}


def test_a_replaced_goal_is_kept_with_who_set_it(database: Database) -> None:
    with database.writing() as session:
        set_goal(session, 1, Goal(FRT, 3_600), by="U1", now=T())
        set_goal(session, 1, Goal(FRT, 1_800), by="U2", now=T(60))
    with database.reading() as session:
        kept = session.scalars(select(GoalRow).order_by("id"))
        assert [(g.target, g.set_by, g.set_at, g.ended_at) for g in kept] == [
            (3_600, "U1", T(), T(60)),
            (1_800, "U2", T(60), None),
        ]


def test_a_goal_that_is_ended_holds_no_longer_and_can_be_set_again(database: Database) -> None:
    with database.writing() as session:
        set_goal(session, 1, Goal(FRT, 3_600), by="U1", now=T())
        assert end_goal(session, 1, Goal(FRT, 0), now=T(60))
        assert not end_goal(session, 1, Goal(FRT, 0), now=T(120))
        assert not end_goal(session, 1, Goal(REOPENS, 0), now=T(120))
        set_goal(session, 1, Goal(FRT, 600), by="U1", now=T(180))
    with database.reading() as session:
        assert at(session, 1, T(59)) == {FRT: 3_600}
        assert at(session, 1, T(60)) == at(session, 1, T(179)) == {}
        assert at(session, 1, T(180)) == {FRT: 600}


def test_two_goals_in_one_second_leave_the_later_one(database: Database) -> None:
    with database.writing() as session:
        for target in (3_600, 1_800):
            set_goal(session, 1, Goal(FRT, target), by="U1", now=T())
    with database.reading() as session:
        assert at(session, 1, T()) == {FRT: 1_800}


def test_the_goals_of_another_workspace_are_not_ours(database: Database) -> None:
    with database.writing() as session:
        other = a_workspace(session)
        set_goal(session, 1, Goal(FRT, 3_600), by="U1", now=T())
        set_goal(session, other, Goal(FRT, 60), by="U9", now=T())
        assert end_goal(session, other, Goal(FRT, 0), now=T(5))
    with database.reading() as session:
        assert at(session, 1, T(60)) == {FRT: 3_600}
        assert at(session, other, T(60)) == {}
