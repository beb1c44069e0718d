"""Keeps what help desks tell beside tickets: ratings, calls, articles, and who works there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, SQLModel, col

from bot.domain import Agent, ArticleDay, Call, Rating
from bot.store import touched
from bot.store.tables import AgentRow, ArticleRow, CallRow, Desk, RatingRow, day_number, kept
from bot.store.upserts import hashed, replace_rows, seconds_of

#: What a page of another stream than that of tickets holds.
Fact = Rating | Call | ArticleDay


def keep(session: Session, desk: Desk, facts: Sequence[Fact]) -> None:
    """Stores the rows of a page; what is told again replaces what was told before."""
    ratings = {one.id: _rating(desk, one) for one in facts if isinstance(one, Rating)}
    calls = {one.id: _call(desk, one) for one in facts if isinstance(one, Call)}
    articles = {
        (one.article, one.day): _article(desk, one) for one in facts if isinstance(one, ArticleDay)
    }
    _replace(session, desk, RatingRow, list(ratings.values()))
    _replace(session, desk, CallRow, list(calls.values()))
    _replace(session, desk, ArticleRow, list(articles.values()))


def _replace(
    session: Session, desk: Desk, table: type[SQLModel], rows: Sequence[dict[str, Any]]
) -> None:
    if not rows:
        return
    late = touched.by_rows(session, desk, table, rows)
    key = [column.name for column in table.__table__.primary_key]  # type: ignore[attr-defined]
    replace_rows(session, table, rows, key=key)
    touched.mark(session, desk.workspace_id, late)


def _rating(desk: Desk, rating: Rating) -> dict[str, Any]:
    # An answer outside of its scale is none: it would count for something that nobody said.
    is_given = rating.given_at is not None and rating.normalised is not None
    return {
        "desk_id": desk.id,
        "id": rating.id,
        "workspace_id": desk.workspace_id,
        "kind": rating.question.value,
        "scale": rating.scale.value,
        "asked_at": kept(rating.asked_at),
        "given_at": kept(rating.given_at) if is_given else None,
        "raw": rating.raw,
        "normalised": rating.normalised,
        "positive": rating.is_positive if is_given else None,
        "ticket_id": rating.ticket,
        "agent": rating.agent,
    }


def _call(desk: Desk, call: Call) -> dict[str, Any]:
    return {
        "desk_id": desk.id,
        "id": call.id,
        "workspace_id": desk.workspace_id,
        "started_at": kept(call.started_at),
        "inbound": call.inbound,
        "answered": call.answered,
        "abandoned": call.is_abandoned,
        "hung_up_at_once": call.hung_up_at_once,
        "wait": seconds_of(call.wait),
        "talk": seconds_of(call.talk),
        "hold": seconds_of(call.hold),
        "wrap_up": seconds_of(call.wrap_up),
        "group": call.group,
        "agent": call.agent,
    }


def _article(desk: Desk, told: ArticleDay) -> dict[str, Any]:
    return {
        "desk_id": desk.id,
        "id": told.article,
        "day": day_number(told.day),
        "workspace_id": desk.workspace_id,
        "views": told.views,
        "timed_views": told.timed_views,
        "reading": seconds_of(told.reading),
    }


def keep_agents(session: Session, desk: Desk, agents: Iterable[Agent], secret: bytes) -> None:
    """Stores who works at a desk; somebody who left stays, for the tickets that they solved."""
    rows = [
        {
            "desk_id": desk.id,
            "id": agent.id,
            "workspace_id": desk.workspace_id,
            "name": agent.name,
            "email": hashed(agent.email, secret) if agent.email else None,
        }
        for agent in {agent.id: agent for agent in agents}.values()
    ]
    replace_rows(session, AgentRow, rows, key=("desk_id", "id"))


def agents(session: Session, workspace: int) -> dict[str, AgentRow]:
    """Everybody who works, or worked, at the desks: by the name of the slice that is theirs."""
    rows = session.execute(
        select(AgentRow, col(Desk.name))
        .join(Desk, col(Desk.id) == col(AgentRow.desk_id))
        .where(col(AgentRow.workspace_id) == workspace)
    )
    return {f"{desk}:{agent.id}": agent for agent, desk in rows}


def names(session: Session, workspace: int) -> dict[str, str]:
    """What everybody is called, by the name of their slice."""
    return {part: agent.name for part, agent in agents(session, workspace).items()}
