"""Asks those who are on the roll of an open wave, and reminds those who have not answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import SystemRandom
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.errors import SlackError, SlackRefused
from bot.locale import Reader, known_locale
from bot.message import Message
from bot.services import Services, known_zone
from bot.slack.surveys.question import question
from bot.store import outbox, rolls, waves
from bot.store.askings import asking
from bot.store.tables import WaveRow
from bot.surveys.asking import Rounds, due
from bot.surveys.moments import reminder_moments
from bot.surveys.roll import Roll, Seat, Standing
from jobs import attempt, job

#: Under which name the messages of surveys travel: it names neither the wave nor anybody.
SUBJECT = "survey"

#: A message that could not be posted for so long is given up: by then it is night for somebody.
LATEST = timedelta(hours=6)


@job(every=timedelta(minutes=1))
def survey_questions(services: Services, due: datetime) -> None:
    """Sends what is due in every open wave; each wave is a piece of work of its own."""
    with services.reading() as session:
        there = waves.open_ones(session, services.workspace)
    for wave in there:
        attempt(f"survey wave {wave.id}", partial(ask, services, wave, due))


def ask(services: Services, wave: WaveRow, now: datetime) -> int:
    """Queues a message for everybody who is to get one now; says how many.

    Slack is asked before anything is written, where each of them is now: whoever travels is asked
    by day there. Whoever was deactivated meanwhile is asked no more.
    """
    rounds = rounds_of(wave)
    with services.reading() as session:
        roll = rolls.read(session, wave.id or 0, services.seals)
    seats = [] if roll is None else [_now(services, seat) for seat in due(roll, rounds, now)]
    if not seats:
        return 0
    with services.writing() as session:
        return _queue(session, services, wave, seats, now)


def rounds_of(wave: WaveRow) -> Rounds:
    """When everybody in a wave is asked and reminded."""
    number = waves.plan_of(wave).reminders
    reminders = reminder_moments(wave.opened_at, wave.closes_at, number)
    return Rounds(wave.opened_at, reminders, wave.closes_at)


def _now(services: Services, seat: Seat) -> Seat:
    """The seat with the zone and the language that the person has now."""
    if services.messenger is None:
        return seat
    try:
        person = services.messenger.person(seat.user)
    except SlackRefused:
        return replace(seat, standing=Standing.DECLINED)
    except SlackError:
        return seat
    if person.is_away:
        return replace(seat, standing=Standing.DECLINED)
    return replace(
        seat,
        zone=known_zone(person.zone, ZoneInfo(seat.zone)).key,
        locale=known_locale(person.locale, seat.locale),
    )


def _queue(
    session: Session, services: Services, wave: WaveRow, seats: list[Seat], now: datetime
) -> int:
    """Queues the messages, in no order, and writes the roll, both or neither."""
    roll = rolls.locked(session, wave.id or 0, services.seals)
    if roll is None:
        return 0
    told, rounds, queued = asking(session, wave), rounds_of(wave), 0
    for found in SystemRandom().sample(seats, len(seats)):
        seat, is_due = _as_it_stands(roll, found, rounds, now)
        if is_due:
            message = question(
                replace(told, before=seat.asked, is_last=rounds.is_last(seat)),
                Reader(seat.locale, ZoneInfo(seat.zone)),
            )
            until = min(wave.closes_at, now + LATEST)
            _send(session, services, seat.user, message, now, until=until)
            seat, queued = _asked(seat, now), queued + 1
        roll = roll.with_(seat)
    rolls.keep(session, wave.id or 0, roll, services.seals)
    return queued


def _send(
    session: Session,
    services: Services,
    user: str,
    message: Message,
    now: datetime,
    *,
    until: datetime,
) -> None:
    """Puts a message on its way of which nobody can read whom it is for."""
    outbox.queue_sealed(
        session,
        services.workspace,
        user,
        message,
        seals=services.seals,
        subject=SUBJECT,
        now=now,
        until=until,
    )


def _as_it_stands(roll: Roll, found: Seat, rounds: Rounds, now: datetime) -> tuple[Seat, bool]:
    """The seat as it stands by now, at the place found a moment ago; and whether it is still due."""
    standing = roll.seats[found.user]
    if standing.standing is not Standing.WAITING:
        return standing, False
    seat = replace(standing, zone=found.zone, locale=found.locale, standing=found.standing)
    return seat, rounds.is_due(seat, now, ZoneInfo(seat.zone))


def _asked(seat: Seat, now: datetime) -> Seat:
    day = now.astimezone(ZoneInfo(seat.zone)).date().toordinal()
    return replace(seat, asked=seat.asked + 1, asked_on=day)
