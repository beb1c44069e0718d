"""Who a survey asks: the people behind the channels and user groups that a lead named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.clock import Clock
from bot.errors import SlackBusy
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


def invited(messenger: Messenger, audience: Audience, clock: Clock) -> Invited:
    """The people of an audience as it is now, without bots and those who were deactivated.

    Waits where Slack asks to. Raises a `SlackError`, e.g. where the bot is in a channel no more.
    """
    patient = _Patient(clock)
    teams: list[str] = []
    seen: set[str] = set()
    again: set[str] = set()
    people: list[tuple[Person, int]] = []
    for name, members in _teams(messenger, audience, patient):
        newcomers = sorted(members - seen)
        again |= members & seen
        seen |= members
        asked = [patient.ask(messenger.person, user) for user in newcomers]
        place = len(teams)
        people += [(one, place) for one in asked if not one.is_bot and not one.is_away]
        teams.append(name)
    return Invited(teams, people, twice=sum(one.id in again for one, _ in people))


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

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def ask(self, question: Callable[[str], Found], about: str) -> Found:
        for _ in range(_PATIENCE):
            try:
                return question(about)
            except SlackBusy as error:
                if not error.retry_after:
                    raise
                self._clock.sleep(error.retry_after)
        return question(about)
