"""Every metric of the catalogue as Request Tracker's own database has it, and which it cannot give."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain import Fact
from tests.live.request_tracker import Oracle, TicketFacts

#: The queue in which every ticket counts as escalated.
TIER = "Billing"

#: What a Request Tracker cannot give, and the first fact that it lacks for it.
LACKING = {
    "complaint_rate": Fact.COMPLAINTS,
    "csat": Fact.CSAT,
    "csat_response_rate": Fact.CSAT,
    "nps": Fact.NPS,
    "ces": Fact.CES,
    "call_volume": Fact.CALLS,
    "hold_time": Fact.CALLS,
    "speed_of_answer": Fact.CALLS,
    "abandonment_rate": Fact.CALLS,
    "article_views": Fact.ARTICLES,
    "article_read_time": Fact.ARTICLES,
    "self_service_ratio": Fact.ARTICLES,
}

#: What no help desk is asked for.
RECORDED = ("quality_score", "churn_rate", "conversion_rate")
SURVEYED = ("enps", "pulse_score", "survey_participation")

#: The numbers of one metric, by the names that a reading and `deskpulse kpi` give them.
Numbers = Mapping[str, Any]


def durations(seconds: Sequence[float]) -> Numbers:
    if not seconds:
        return {"value": None, "n": 0, "p90": None}
    ordered = sorted(seconds)
    p90 = statistics.quantiles(ordered, n=10, method="inclusive")[8] if ordered[1:] else ordered[0]
    return {"value": statistics.median(ordered), "n": len(ordered), "p90": p90}


def share(pair: tuple[int, int]) -> Numbers:
    hits, n = pair
    return {"value": hits / n if n else None, "n": n}


def expected(
    oracle: Oracle, start: datetime, end: datetime, queue: str | None, *, until: datetime
) -> dict[str, Numbers]:
    """All metrics of what happened from `start` to `end`, read at `until`; without business hours."""
    solved = oracle.tickets_solved(start, end, queue)
    solvers = oracle.solvers(start, end, queue)
    volume = oracle.ticket_volume(start, end, queue)
    backlog = oracle.backlog(end, queue)
    nothing = {key: {"value": None, "n": 0} for key in (*LACKING, *RECORDED, *SURVEYED)}
    return nothing | {
        "ticket_volume": {"value": volume, "n": volume},
        "tickets_solved": {"value": solved, "n": solved},
        "backlog": {"value": backlog, "n": backlog},
        "tickets_per_agent": {"value": solved / solvers if solvers else None},
        "after_hours_share": {"value": None, "n": 0},
        "first_response_time": durations(oracle.first_response_times(start, end, queue)),
        "response_time": durations(oracle.response_times(start, end, queue)),
        "resolution_time": durations(oracle.resolution_times(start, end, queue)),
        "first_resolution_time": durations(oracle.first_resolution_times(start, end, queue)),
        "requester_wait_time": durations(oracle.requester_wait_times(start, end, queue)),
        "first_contact_resolution": share(oracle.first_contact(start, end, queue, until=until)),
        "one_touch_rate": share(oracle.one_touch(start, end, queue)),
        "interactions_per_resolution": share(oracle.interactions(start, end, queue)),
        "reopen_rate": share(oracle.reopened(start, end, queue)),
        "repeat_contact_rate": share(oracle.repeat_contacts(start, end, queue)),
        "transfer_rate": share(oracle.transferred(start, end, queue)),
        "escalation_rate": share(oracle.escalated(start, end, queue, tier=TIER)),
        # Of what is due later today nothing is known yet.
        "sla_attainment": share(oracle.kept_promises(start, min(end, until), queue)),
        "handle_time": share(oracle.handled(start, end, queue)),
    }


# --- business hours ---


@dataclass(frozen=True, slots=True)
class Shift:
    """The same hours on some days of the week (Monday is 0), on the wall clock of a zone."""

    zone: ZoneInfo
    days: range
    opens: time
    closes: time

    def seconds(self, start: datetime, end: datetime) -> float:
        """How long it is open from one moment to another."""
        day, total = start.astimezone(self.zone).date(), 0.0
        while day <= end.astimezone(self.zone).date():
            if day.weekday() in self.days:
                opens = datetime.combine(day, self.opens, tzinfo=self.zone).timestamp()
                closes = datetime.combine(day, self.closes, tzinfo=self.zone).timestamp()
                total += max(0.0, min(closes, end.timestamp()) - max(opens, start.timestamp()))
            day += timedelta(days=1)
        return total


#: The hours of a queue; "" stands for all others.
SHIFTS = {
    "": Shift(ZoneInfo("America/New_York"), range(6), time(8), time(20)),
    "General": Shift(ZoneInfo("Europe/Athens"), range(5), time(9), time(17)),
}

#: The same, as the settings of deskpulse have them.
HOURS = {
    "all": {"week": "mon-sat 8:00-20:00", "zone": "America/New_York"},
    "general": {"week": "mon-fri 9:00-17:00", "zone": "Europe/Athens", "groups": ["General"]},
}


@dataclass(frozen=True)
class InHours:
    """The metrics on the business clock: each stretch counts in the hours of its queue."""

    oracle: Oracle

    def expected(self, start: datetime, end: datetime, queue: str | None) -> dict[str, Numbers]:
        tickets = {
            number: ticket
            for number, ticket in self._tickets.items()
            if queue in (None, ticket.queue)
        }
        solved = [
            (number, ticket.created, ticket.last_solved)
            for number, ticket in tickets.items()
            if ticket.is_solved
        ]
        answered = [
            (number, asked, replied)
            for number, responses in self._responses.items()
            for asked, replied, _ in responses
            if number in tickets
        ]
        first = [(number, one.created, one.first_reply) for number, one in tickets.items()]
        resolved = [(number, one.created, one.first_solved) for number, one in tickets.items()]
        created = [(number, one.created) for number, one in tickets.items()]
        came = [self._is_closed(*one) for one in created if start <= one[1] < end]
        return {
            "first_response_time": self._durations(first, start, end),
            "response_time": self._durations(answered, start, end),
            "resolution_time": self._durations(solved, start, end),
            "first_resolution_time": self._durations(resolved, start, end),
            "requester_wait_time": durations(
                [self._waited[number] for number, _, at in solved if at and start <= at < end]
            ),
            "after_hours_share": share((sum(came), len(came))),
        }

    def _durations(
        self,
        lasted: Sequence[tuple[int, datetime, datetime | None]],
        start: datetime,
        end: datetime,
    ) -> Numbers:
        return durations(
            [
                self._open(number, began, ended)
                for number, began, ended in lasted
                if ended is not None and start <= ended < end
            ]
        )

    def _open(self, number: int, began: datetime, ended: datetime) -> float:
        """The open seconds of a ticket from one moment to another, whatever its queue was when."""
        stays = self._stays(number)
        ends = [*(since for since, _ in stays[1:]), ended]
        total = 0.0
        for (since, shift), until in zip(stays, ends, strict=True):
            first, last = max(since, began), min(until, ended)
            if first < last:
                total += shift.seconds(first, last)
        return total

    def _is_closed(self, number: int, moment: datetime) -> bool:
        [(_, shift), *_] = self._stays(number)
        return shift.seconds(moment, moment + timedelta(seconds=1)) == 0

    def _stays(self, number: int) -> list[tuple[datetime, Shift]]:
        ticket = self._tickets[number]
        stays = self._moved.get(number) or [(ticket.created, ticket.queue)]
        return [(since, SHIFTS.get(queue, SHIFTS[""])) for since, queue in stays]

    @cached_property
    def _tickets(self) -> dict[int, TicketFacts]:
        return self.oracle.tickets()

    @cached_property
    def _moved(self) -> dict[int, list[tuple[datetime, str]]]:
        return self.oracle.stays()

    @cached_property
    def _responses(self) -> dict[int, list[tuple[datetime, datetime, int]]]:
        return self.oracle.responses()

    @cached_property
    def _waited(self) -> dict[int, float]:
        return {
            number: sum(self._open(number, began, ended) for began, ended in stretches)
            for number, stretches in self.oracle.waiting().items()
        }
