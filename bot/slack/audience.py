"""Who a survey asks: the people behind the channels and user groups that a lead named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from typing import TypeVar

from bot.clock import Clock
from bot.errors import SlackBusy, SlackHeld, SlackRefused
from bot.slack.calls import is_nobody
from bot.slack.messenger import Messenger, Person
from bot.surveys.survey import OTHERS, Audience

Found = TypeVar("Found")

#: So often Slack may ask to wait in a row before it is given up for now.
_PATIENCE = 5


@dataclass(frozen=True, slots=True)
class Invited:
    """Those who are asked: each person once, with the place of their team in `teams`.

    Whoever is in several teams counts in the first that was named; `twice` counts those people.
    """

    teams: Sequence[str]
    people: Sequence[tuple[Person, int]]
    twice: int = 0


def invited(
    messenger: Messenger, audience: Audience, clock: Clock, stopping: Event | None = None
) -> Invited:
    """The people of an audience as it is now, without bots and those who were deactivated.

    Nor are those of another workspace asked, with whom a channel is shared: it is not their work. But
    guests are: who answers tickets under a contract is one. Whom Slack does not show is left out, like
    who was deactivated. Waits where Slack asks to, unless the program is `stopping`. Raises a
    `SlackError`, e.g. where the bot is in a channel no more.
    """
    patient = _Patient(clock, stopping)
    home = patient.ask(lambda _: messenger.identity().team, "")
    teams: list[str] = []
    seen: set[str] = set()
    again: set[str] = set()
    people: list[tuple[Person, int]] = []
    for name, members in _teams(messenger, audience, patient):
        newcomers = sorted(members - seen)
        again |= members & seen
        seen |= members
        asked = [_person(messenger, user, patient) for user in newcomers]
        place = len(teams)
        people += [(one, place) for one in asked if one is not None and _is_asked(one, home)]
        teams.append(name)
    return Invited(teams, people, twice=sum(one.id in again for one, _ in people))


def is_public(
    messenger: Messenger, channel: str, clock: Clock, stopping: Event | None = None
) -> bool:
    """Whether everybody can read a channel. Raises a `SlackError` where Slack does not tell now."""
    try:
        return not _Patient(clock, stopping).ask(messenger.channel, channel).is_private
    except (SlackHeld, SlackRefused):
        # One that the bot does not see is none, or private.
        return False


def _person(messenger: Messenger, user: str, patient: _Patient) -> Person | None:
    """What Slack says about somebody; `None` where it does not show them."""
    try:
        return patient.ask(messenger.person, user)
    except SlackRefused as error:
        if is_nobody(error):
            return None
        raise


def _is_asked(person: Person, home: str) -> bool:
    is_stranger = bool(person.teams) and home not in person.teams
    return not (person.is_bot or person.is_away or is_stranger)


def _teams(
    messenger: Messenger, audience: Audience, patient: _Patient
) -> Iterator[tuple[str, frozenset[str]]]:
    for id_ in audience.channels:
        channel = patient.ask(messenger.channel, id_)
        yield f"#{channel.name}", patient.ask(messenger.members, id_)
    for id_ in audience.groups:
        group = patient.ask(messenger.group, id_)
        yield f"@{group.name}", group.members
    if audience.people:
        yield OTHERS, frozenset(audience.people)


class _Patient:
    """Asks again after Slack asked to wait: to look up a hundred people takes more than a minute."""

    def __init__(self, clock: Clock, stopping: Event | None = None) -> None:
        self._clock = clock
        self._stopping = stopping or Event()

    def ask(self, question: Callable[[str], Found], about: str) -> Found:
        for _ in range(_PATIENCE):
            try:
                return question(about)
            except SlackBusy as error:
                if not error.retry_after or self._stopping.is_set():
                    raise
                self._clock.sleep(error.retry_after)
        return question(about)
