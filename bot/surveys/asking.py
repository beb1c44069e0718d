"""What somebody is asked in a wave, and who is to be asked, or reminded, now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.surveys.moments import is_good_hour
from bot.surveys.roll import Roll, Seat, Standing
from bot.surveys.survey import Kind, Question, Results, Theme

#: What was done about a theme; `None` where it is about none of the bank.
Deed = tuple[Theme | None, str]


@dataclass(frozen=True, slots=True)
class Asking:
    """A wave as somebody is asked in it. `deeds` say what was done since the last one, by theme.

    `results` and `channel` say who will see what comes of it, as in its plan. `before` counts the
    messages that they got of it already.
    """

    wave: int
    kind: Kind
    questions: Sequence[Question]
    closes_at: datetime
    fewest: int
    results: Results
    channel: str
    deeds: Sequence[Deed] = ()
    before: int = 0
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Rounds:
    """The moments from which on everybody is asked, and reminded, each at their own next good hour."""

    asked: datetime
    reminders: Sequence[datetime]
    closes: datetime

    def is_due(self, seat: Seat, now: datetime, zone: ZoneInfo) -> bool:
        """Whether somebody is to get a message now; never two on one of their days."""
        if seat.standing is not Standing.WAITING or now >= self.closes:
            return False
        begins = [self.asked, *self.reminders]
        if seat.asked >= len(begins) or now < begins[seat.asked]:
            return False
        is_another_day = now.astimezone(zone).date().toordinal() != seat.asked_on
        return is_another_day and is_good_hour(now, zone)

    def is_last(self, seat: Seat) -> bool:
        """Whether the message that somebody gets next is the last one."""
        return seat.asked == len(self.reminders)


def due(roll: Roll, rounds: Rounds, now: datetime) -> list[Seat]:
    """Those who are to get a message now, by the zones that they had last."""
    return [seat for seat in roll if rounds.is_due(seat, now, ZoneInfo(seat.zone))]
