"""The targets (SLA) of a ticket, from the promises that its audits tell of.

An audit says which metric has to be reached within how many minutes, and whether these are of
business time (developer.zendesk.com, "Ticket Audit events reference"); of several the last counts that was
made before it was kept. What each metric measures: support.zendesk.com 4408829459866.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bot.domain import Status, Target
from bot.helpdesks.zendesk.schedules import Schedules
from bot.helpdesks.zendesk.wire import (
    FIRST_REPLY,
    NEXT_REPLY,
    PROMISES,
    RESOLUTIONS,
    WAIT,
    WORK,
    Audit,
    Promise,
)
from bot.history import WAITING, Author, Facts, Message, StatusChange

#: While a ticket stands so, the clock of each of these metrics runs.
_RUNS = {WAIT: WAITING, WORK: frozenset({Status.NEW, Status.OPEN})}
_NAMES = {WAIT: "requester wait", WORK: "agent work"}


@dataclass(frozen=True, slots=True)
class Made:
    """A promise that was made at a moment; `None` where it was taken back."""

    at: datetime
    metric: str
    promise: Promise | None


@dataclass(frozen=True, slots=True)
class Course:
    """What happened to a ticket, as far as promises are kept or broken by it."""

    created_at: datetime
    facts: Facts
    messages: Sequence[Message]
    changes: Sequence[StatusChange]
    solved_at: datetime | None
    """Its last solve, where that stands."""


def targets(course: Course, audits: Sequence[Audit], schedules: Schedules) -> Iterator[Target]:
    """All targets whose due date is known: a clock that stands still has none."""
    made = list(_made(audits))
    if not made:
        return
    book = _Book(made, _assigned(audits), schedules)
    yield from _first_reply(course, book)
    yield from _next_replies(course, book)
    for metric in RESOLUTIONS:
        if promise := book.last(metric, course.solved_at):
            due = book.due(course.created_at, promise)
            yield from _target("resolution", due, course.solved_at)
    for metric in (WAIT, WORK):
        promise = book.last(metric, course.solved_at)
        if promise and not promise.in_business_hours:
            due = _ran_out(course, metric, _span(promise))
            yield from _target(_NAMES[metric], due, course.solved_at)


def _made(audits: Sequence[Audit]) -> Iterator[Made]:
    for audit in audits:
        for event in audit.events:
            metric, promise = event.field_name, event.value
            if metric not in PROMISES:
                continue
            if promise is None and event.previous_value is not None:
                yield Made(audit.created_at, metric, None)
            elif isinstance(promise, Promise) and promise.minutes is not None:
                yield Made(audit.created_at, metric, promise)


def _assigned(audits: Sequence[Audit]) -> Sequence[tuple[datetime, str | None]]:
    """From when on which schedule held for the ticket."""
    return [
        (audit.created_at, event.new_schedule_id)
        for audit in audits
        for event in audit.events
        if event.type == "ScheduleAssignment"
    ]


@dataclass(frozen=True, slots=True)
class _Book:
    """The promises, and the schedules by which business time counts."""

    made: Sequence[Made]
    assigned: Sequence[tuple[datetime, str | None]]
    schedules: Schedules

    def last(self, metric: str, kept_at: datetime | None) -> Promise | None:
        """The last promise that was made until it was kept, or else the first.

        `None` where it was taken back before; what is kept may be taken back in the same update.
        """
        made = [one for one in self.made if one.metric == metric]
        in_time = [
            one
            for one in made
            if kept_at is None or one.at < kept_at or (one.promise and one.at == kept_at)
        ]
        chosen = in_time[-1:] or made[:1]
        return chosen[0].promise if chosen else None

    def due(self, since: datetime, promise: Promise) -> datetime | None:
        if not promise.in_business_hours:
            return since + _span(promise)
        schedule = self.assigned[-1][1] if self.assigned else None
        return self.schedules.due(schedule, since, _span(promise))


def _first_reply(course: Course, book: _Book) -> Iterator[Target]:
    """By when an agent was to reply first; a solve without a reply keeps it, too."""
    replied = [course.facts["first_reply_at"], course.facts["first_solved_at"]]
    done_at = min(filter(None, replied), default=None)
    if promise := book.last(FIRST_REPLY, done_at):
        yield from _target("first reply", book.due(course.created_at, promise), done_at)


def _next_replies(course: Course, book: _Book) -> Iterator[Target]:
    """The replies after the first one, counted from 1."""
    for place, (asked_at, answered_at) in enumerate(_later_questions(course), start=1):
        if promise := book.last(NEXT_REPLY, answered_at):
            yield from _target(f"next reply {place}", book.due(asked_at, promise), answered_at)


def _later_questions(course: Course) -> Iterator[tuple[datetime, datetime | None]]:
    """From when customers waited again after the first reply, and until when."""
    first = course.facts["first_reply_at"]
    asked_at: datetime | None = None
    for message in course.messages if first else ():
        if message.by is Author.CUSTOMER and message.at > first:  # type: ignore[operator]
            asked_at = asked_at or message.at
        elif message.by is Author.AGENT and asked_at is not None:
            yield asked_at, message.at
            asked_at = None
    if asked_at is not None:
        yield asked_at, course.solved_at


def _ran_out(course: Course, metric: str, span: timedelta) -> datetime | None:
    """When a clock that runs in some statuses only has run for so long, or would have."""
    left, end = span, course.created_at
    for stretch in _stretches(course, _RUNS[metric]):
        if stretch.end is None or stretch.start + left <= stretch.end:
            return stretch.start + left
        left, end = left - (stretch.end - stretch.start), stretch.end
    return None if course.solved_at is None else max(end, course.solved_at) + left


@dataclass(frozen=True, slots=True)
class _Stretch:
    start: datetime
    end: datetime | None


def _stretches(course: Course, running: frozenset[Status]) -> Iterator[_Stretch]:
    """The stretches of time in which a ticket was in one of these statuses; the last has no end."""
    stands = [(course.created_at, Status.NEW)]
    stands += [(change.at, change.new) for change in course.changes]
    for (start, status), (end, _) in pairwise(stands):
        if status in running:
            yield _Stretch(start, end)
    if stands[-1][1] in running:
        yield _Stretch(stands[-1][0], None)


def _target(name: str, due: datetime | None, done: datetime | None) -> Iterator[Target]:
    if due is not None:
        yield Target(name, due, done)


def _span(promise: Promise) -> timedelta:
    return timedelta(minutes=promise.minutes or 0)
