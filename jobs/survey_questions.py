"""Asks those who are on the roll of an open wave, and reminds those who have not answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import SystemRandom
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.errors import SlackError
from bot.locale import Reader, known_locale
from bot.message import Message
from bot.services import Services, known_zone
from bot.slack.calls import is_nobody
from bot.slack.surveys.question import question
from bot.store import outbox, rolls, waves
from bot.store.askings import asking
from bot.store.outbox import Hours, Sealed
from bot.store.tables import WaveRow
from bot.surveys.asking import Rounds, due
from bot.surveys.moments import reminder_moments
from bot.surveys.roll import Roll, Seat, Standing
from jobs import attempt, job

#: Under which name the messages of surveys travel: it names neither the wave nor anybody.
SUBJECT = "survey"

#: A reminder that could not be posted for so long is given up: by then it may be wrong.
LATEST = timedelta(hours=1)

#: So many messages are queued in one transaction: meanwhile nobody else can write.
AT_ONCE = 50


@job(every=timedelta(minutes=1))
def survey_questions(services: Services, due: datetime) -> None:
    """Sends what is due in every open wave; each wave is a piece of work of its own."""
    with services.reading() as session:
        there = waves.open_ones(session, services.workspace)
    for wave in there:
        attempt(f"survey wave {wave.id}", partial(ask, services, wave, due))


def ask(services: Services, wave: WaveRow, now: datetime) -> int:
    """Queues a message for everybody who is to get one now, in no order; says how many.

    Slack is asked before anything is written, where each of them is now: whoever travels is asked
    by day there. Whoever was deactivated meanwhile is asked no more. Nor is anything written while
    messages are made; so that nobody who answers has to wait, some are queued, then some more.
    """
    with services.reading() as session:
        roll = rolls.read(session, wave.id or 0, services.seals)
    found = [] if roll is None else due(roll, rounds_of(wave), now)
    seats = [_now(services, seat) for seat in SystemRandom().sample(found, len(found))]
    if not seats:
        return 0
    letters, queued = _Letters(services, wave, now), 0
    for start in range(0, len(seats), AT_ONCE):
        if services.stopping.is_set():
            break
        ready = [_Ready(seat, letters.to(seat)) for seat in seats[start : start + AT_ONCE]]
        with services.writing() as session:
            queued += _queue(session, services, wave, ready, now)
    return queued


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
    except SlackError as error:
        return replace(seat, standing=Standing.DECLINED) if is_nobody(error) else seat
    if person.is_away:
        return replace(seat, standing=Standing.DECLINED)
    return replace(
        seat,
        zone=known_zone(person.zone, ZoneInfo(seat.zone)).key,
        locale=known_locale(person.locale, seat.locale),
    )


class _Ready(NamedTuple):
    """A message that is ready to be queued for somebody who was due."""

    seat: Seat
    letter: Sealed


class _Letters:
    """What those who are due are sent: made once for all who read alike, and sealed for each."""

    def __init__(self, services: Services, wave: WaveRow, now: datetime) -> None:
        with services.reading() as session:
            self._told = asking(session, wave)
        self._seals = services.seals
        self._rounds = rounds_of(wave)
        self._now = now
        self._made: dict[tuple[Reader, int], Message] = {}

    def to(self, seat: Seat) -> Sealed:
        """A message of which nobody can read whom it is for.

        The first one arrives whenever Slack, or this program, is there again: at a good hour until
        the close.
        """
        closes = self._told.closes_at
        hours = Hours(seat.zone, min(closes, self._now + LATEST) if seat.asked else closes)
        return outbox.seal(seat.user, self._message(seat), self._seals, hours)

    def _message(self, seat: Seat) -> Message:
        reader = Reader(seat.locale, ZoneInfo(seat.zone))
        like = reader, seat.asked
        if like not in self._made:
            is_last = self._rounds.is_last(seat)
            told = replace(self._told, before=seat.asked, is_last=is_last)
            self._made[like] = question(told, reader)
        return self._made[like]


def _queue(
    session: Session, services: Services, wave: WaveRow, ready: Sequence[_Ready], now: datetime
) -> int:
    """Queues messages and writes the roll, both or neither."""
    roll = rolls.locked(session, wave.id or 0, services.seals)
    if roll is None:
        return 0
    rounds, to_send = rounds_of(wave), []
    for found, letter in ready:
        seat, is_due = _as_it_stands(roll, found, rounds, now)
        if is_due:
            to_send.append(letter)
            seat = _asked(seat, now)
        roll = roll.with_(seat)
    outbox.queue_all_sealed(session, services.workspace, to_send, subject=SUBJECT, now=now)
    rolls.keep(session, wave.id or 0, roll, services.seals)
    return len(to_send)


def _as_it_stands(roll: Roll, found: Seat, rounds: Rounds, now: datetime) -> tuple[Seat, bool]:
    """The seat as it stands by now, at the place found a moment ago; and whether it is still due.

    Whoever answered meanwhile, or was asked by another process, is not.
    """
    standing = roll.seats[found.user]
    if standing.standing is not Standing.WAITING or standing.asked != found.asked:
        return standing, False
    seat = replace(standing, zone=found.zone, locale=found.locale, standing=found.standing)
    return seat, rounds.is_due(seat, now, ZoneInfo(seat.zone))


def _asked(seat: Seat, now: datetime) -> Seat:
    day = now.astimezone(ZoneInfo(seat.zone)).date().toordinal()
    return replace(seat, asked=seat.asked + 1, asked_on=day)
