"""The surveys that there are: listed, paused, resumed, removed, closed early."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from slack_bolt import Ack, App, Respond
from sqlmodel import Session

from bot.errors import UsageError
from bot.message import Message
from bot.services import Services
from bot.slack.surveys import listing
from bot.slack.surveys.listing import Draft, Listed, Open
from bot.store import surveys, waves
from bot.store.tables import SurveyRow, WaveRow
from bot.surveys.moments import opens
from bot.surveys.survey import Kind
from commands import survey_results, survey_window
from commands.asked import Asked
from commands.survey_drafts import log
from commands.survey_numbers import known_wave, number_in, numbered, other_kind, which
from commands.words import examples, quoted


def register(app: App) -> None:
    app.action(listing.NEW)(new_pressed)
    app.action(listing.PAUSE)(pause_pressed)
    app.action(listing.RESUME)(resume_pressed)
    app.action(listing.REMOVE)(remove_pressed)
    app.action(listing.REMOVE_NOW)(remove_now)
    app.action(listing.KEEP)(keep)
    app.action(listing.RESULTS)(results_pressed)
    app.action(listing.CLOSE)(close_pressed)
    app.action(listing.CLOSE_NOW)(close_now)
    app.action(listing.KEEP_OPEN)(keep_open)


# --- The list ------------------------------------------------------------------------------------


def show_list(asked: Asked, kind: Kind, _text: str) -> None:
    """What is open, what comes next, what is paused, and the drafts of whoever asks."""
    asked.answer(listed(asked, kind))


def listed(asked: Asked, kind: Kind) -> Message:
    services, now = asked.services, asked.services.clock.now()
    with services.reading() as session:
        there = list(_listed(session, services, kind, now))
        drafts = [
            Draft(row.id or 0, surveys.plan_of(row))
            for row in surveys.drafts(session, services.workspace, kind, by=asked.user)
        ]
    return listing.listed(kind, there, drafts, asked.reader)


def _listed(session: Session, services: Services, kind: Kind, now: datetime) -> Iterator[Listed]:
    """The surveys of which a wave is open or to come; also removed ones whose wave is open."""
    open_ = defaultdict(list)
    for wave in waves.open_ones(session, services.workspace, kind):
        if wave.closes_at > now:
            open_[wave.survey_id].append(Open(wave.closes_at, wave.asked))
    standing = surveys.standing(session, services.workspace, kind)
    for row in standing:
        is_once = row.plan["cadence"] is None
        if not (is_once and row.id not in open_ and waves.count(session, row.id or 0)):
            yield _one(session, row, open_.pop(row.id or 0, ()), now)
    for survey_id, there in open_.items():
        yield _one(session, session.get_one(SurveyRow, survey_id), there, now)


def _one(session: Session, row: SurveyRow, there: Sequence[Open], now: datetime) -> Listed:
    closed = waves.closed_ones(session, row.workspace_id, survey=row.id, limit=1)
    plan = surveys.plan_of(row)
    has_next = plan.cadence is not None and not row.paused and row.removed_at is None
    return Listed(
        number=row.id or 0,
        plan=plan,
        by=row.created_by,
        open=there,
        next=opens(plan.cadence, row.since, plan.zone, now).at
        if has_next and plan.cadence
        else None,
        closed=closed[0].id if closed else None,
        is_paused=row.paused,
        is_over=row.removed_at is not None,
    )


# --- Pausing, resuming, removing -----------------------------------------------------------------


def pause(asked: Asked, kind: Kind, text: str) -> None:
    """Opens no wave of a survey until it is resumed."""
    _change(asked, "pause", kind, text)


def resume(asked: Asked, kind: Kind, text: str) -> None:
    """Opens waves again."""
    _change(asked, "resume", kind, text)


def remove(asked: Asked, kind: Kind | None, text: str) -> None:
    """Asks whether a survey is to be ended, which cannot be undone; a wave that is open goes on."""
    asked.require_lead()
    with asked.services.reading() as session:
        row = numbered(session, asked, kind, text, "remove")
    asked.answer(listing.removes(row.id or 0, surveys.plan_of(row), asked.reader))


def _change(asked: Asked, verb: str, kind: Kind | None, text: str) -> None:
    """Pauses, resumes or removes a survey, and shows what there is now."""
    asked.require_lead()
    services, now = asked.services, asked.services.clock.now()
    with services.writing() as session:
        row = numbered(session, asked, kind, text, verb)
        if verb == "pause":
            surveys.pause(session, row)
        elif verb == "resume":
            surveys.resume(session, row, now=now)
        else:
            surveys.remove(session, row, now=now)
        log(session, asked, verb, row)
    asked.answer(listed(asked, Kind(row.kind)), replace=True)


# --- Closing a wave early ------------------------------------------------------------------------


def close(asked: Asked, kind: Kind, text: str) -> None:
    """Asks whether the open wave of a survey is to be closed now."""
    asked.require_lead()
    services, now = asked.services, asked.services.clock.now()
    number = number_in(text, f"/{kind} close 3") if text else None
    with services.reading() as session:
        there = waves.open_ones(session, services.workspace, kind)
        open_ = [wave for wave in there if wave.closes_at > now]
        row = surveys.get(session, services.workspace, number or 0)
    if row is not None and row.kind != kind:
        raise other_kind(row.id or 0, row.kind, "close")
    if text:
        open_ = [wave for wave in open_ if wave.survey_id == number][:1]
        if not open_:
            message = "Survey {number} is not open."
            raise UsageError(message, "See: `/{kind} list`", number=quoted(text), kind=kind)
    asked.answer(_asks(_only_open(open_, kind), asked))


def _only_open(there: Sequence[WaveRow], kind: Kind) -> WaveRow:
    if len(there) == 1:
        return there[0]
    if there:
        raise which([wave.survey_id for wave in there], kind)
    raise UsageError(_NONE_OPEN[kind], "See: `/{kind} list`", kind=kind)


_NONE_OPEN = {Kind.ENPS: "No eNPS is open.", Kind.PULSE: "No pulse is open."}


def _asks(wave: WaveRow, asked: Asked) -> Message:
    open_ = Open(wave.closes_at, wave.asked)
    plan = waves.plan_of(wave)
    return listing.closes_now(wave.survey_id, wave.id or 0, plan, open_, asked.reader)


def close_now(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Closes a wave; the job counts it."""
    ack()
    asked, now = Asked.by_button(body, respond, services), services.clock.now()
    asked.require_lead()
    with services.writing() as session:
        wave = _still_open(session, services, int(action["value"]), now)
        waves.close_early(session, wave, now=now)
        log(session, asked, "close", session.get_one(SurveyRow, wave.survey_id))
    told = asked.reader.text(
        "It is closed, and is being counted. See: {example}",
        example=examples(f"/{wave.kind} results"),
    )
    asked.answer(Message(told), replace=True)


def _still_open(session: Session, services: Services, wave_id: int, now: datetime) -> WaveRow:
    """A wave that nobody else closes meanwhile. Raises `UsageError` for one that is closed."""
    wave = waves.locked(session, wave_id)
    if wave is None or wave.workspace_id != services.workspace or wave.closes_at <= now:
        raise UsageError("It is closed already.")
    return wave


def keep_open(ack: Ack, body: dict[str, Any], respond: Respond, services: Services) -> None:
    """Leaves a wave open after all."""
    ack()
    asked = Asked.by_button(body, respond, services)
    asked.answer(Message(asked.reader.text("It stays open.")), replace=True)


# --- Buttons -------------------------------------------------------------------------------------


def new_pressed(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    ack()
    asked = Asked.by_button(body, respond, services)
    asked.require_lead()
    survey_window.new(asked, Kind(action["value"]), "")


def pause_pressed(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    ack()
    _change(Asked.by_button(body, respond, services), "pause", None, action["value"])


def resume_pressed(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    ack()
    _change(Asked.by_button(body, respond, services), "resume", None, action["value"])


def remove_pressed(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    ack()
    remove(Asked.by_button(body, respond, services), None, action["value"])


def remove_now(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Removes a survey; the list takes the place of the question."""
    ack()
    _change(Asked.by_button(body, respond, services), "remove", None, action["value"])


def keep(ack: Ack, body: dict[str, Any], respond: Respond, services: Services) -> None:
    """Leaves a survey as it is after all."""
    ack()
    asked = Asked.by_button(body, respond, services)
    asked.answer(Message(asked.reader.text("It stays.")), replace=True)


def close_pressed(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    ack()
    asked = Asked.by_button(body, respond, services)
    with services.reading() as session:
        kind = Kind(session.get_one(SurveyRow, int(action["value"])).kind)
    close(asked, kind, action["value"])


def results_pressed(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Shows what came of a wave."""
    ack()
    asked = Asked.by_button(body, respond, services)
    survey_results.show_results(asked, known_wave(services, action["value"], closed=True))
