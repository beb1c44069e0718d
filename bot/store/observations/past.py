"""What alert rules look at: the same for a rehearsal of 90 days as for the moment that is due."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.alerts.explanation import Late
from bot.alerts.judge import Observation
from bot.alerts.rule import Burn, Old, Rule, Waiting
from bot.alerts.sights import Sights, Told
from bot.alerts.slots import Slots
from bot.digests.timetable import COMPARED
from bot.domain import Dimension, Fact
from bot.store import desk_reads
from bot.store.desk_reads import DeskReads, Outage
from bot.store.observations.closings import Closings
from bot.store.observations.number import Number
from bot.store.readings import Sources, capable
from bot.store.tables import Desk, kept

#: How much history it takes to say what is usual.
HISTORY = timedelta(weeks=COMPARED)


class Past:
    """What there was to see for alert rules at any moments, by what is stored in this session.

    Rows are read once for all rules that are asked about. Moments are slots of the rule, in order.
    """

    def __init__(self, session: Session, workspace: int, *, patience: timedelta) -> None:
        """`patience` is how long after a moment a desk may be read, so that its data were in time."""
        self._session = session
        self._patience = _seconds(patience)
        self._sources = Sources(session, workspace)
        # NumPy comes with it, which takes its time: only who judges a rule needs it.
        from bot.store.observations.looks import Looks  # noqa: PLC0415

        self._looks = Looks(session, workspace, self._sources)
        self._closings = Closings(session, workspace, self._sources.polls)
        self._reads: dict[int, DeskReads] = {}
        self._reads_since: datetime | None = None

    def seen(
        self,
        rule: Rule,
        zone: ZoneInfo,
        moments: Sequence[datetime],
        *,
        since: datetime | None = None,
    ) -> Sights:
        """What there is to see at each moment; `None` where the data of that moment were not in time.

        `zone` says which earlier times are comparable. Of tickets that wait those are told whose
        limit passed after `since`.
        """
        ats = _ats(moments)
        if rule.of is not None and rule.of.is_surveyed:
            return self._closings.seen(rule.of, ats)
        match rule.condition:
            case Old():
                return Sights(self._ages(rule, ats), b"\1" * len(ats))
            case Waiting(limit):
                desks = tuple(desk.id or 0 for desk in self._needed(rule))
                there = self._there(rule, ats)
                return self._looks.at_tickets(
                    rule, _seconds(limit), desks, ats, there, since=kept(since)
                )
        known = max((kept(desk.data_from) or 0 for desk in self._needed(rule)), default=0)
        columns = self._looks.at_number(rule, zone, ats, known_from=known)
        return Sights(columns, self._there(rule, ats))

    def ready(self, rule: Rule, moments: Sequence[datetime], now: datetime) -> int:
        """How many of consecutive slots can be judged by now: the first ones.

        Those up to which all desks that it takes were read, and those for which that is too late. What
        surveys tell is known when they close.
        """
        ats = _ats(moments)
        if isinstance(rule.condition, Old) or not ats:
            return bisect_right(ats, now.timestamp())
        if rule.is_of_surveys:
            return self._closings.ready(ats, now, self._patience)
        needed, reads = self._needed(rule), self._reads_from(moments[0])
        untils = [reads[desk.id or 0].last_until for desk in needed]
        known = min((-1 if until is None else until for until in untils), default=-1)
        return max(bisect_right(ats, known), bisect_left(ats, now.timestamp() - self._patience))

    def known_from(self, rule: Rule, zone: ZoneInfo) -> datetime | None:  # noqa: ARG002
        """The first moment at which stored history tells what it looks at; `None` without any.

        Where it asks what is usual, that is once there are eight weeks of it.
        """
        if rule.of is not None and rule.of.is_surveyed:
            return self._closings.known_from(rule.of)
        if isinstance(rule.condition, Old):
            firsts = self._reads_from(datetime.max.replace(tzinfo=UTC)).values()
            ats = [reads.first[0] for reads in firsts if reads.first is not None]
            return datetime.fromtimestamp(min(ats), UTC) if ats else None
        needed = self._needed(rule)
        froms = [desk.data_from for desk in needed if desk.data_from is not None]
        if not froms or len(froms) < len(needed):
            return None
        history = HISTORY if rule.asks_usual else timedelta(0)
        return max(froms) + timedelta(seconds=_reach(rule)) + history

    def late(self, rule: Rule, moment: datetime) -> list[Late]:
        """The desks for whose sake there were no data of a moment in time."""
        at, reads = int(moment.timestamp()), self._reads_from(moment)
        found = []
        for desk in self._needed(rule):
            gaps = self._gaps(rule, desk, reads)
            if any(after < at and (until is None or at <= until) for after, until in gaps):
                known = reads[desk.id or 0].known_until(at + self._patience)
                found.append(
                    Late(desk.name, None if known is None else datetime.fromtimestamp(known, UTC))
                )
        return found

    def unread(self, rule: Rule, moment: datetime) -> list[Late]:
        """The desks that it takes, where none of them had been read to its end in time for a moment."""
        if isinstance(rule.condition, Old):
            return []
        at, reads = int(moment.timestamp()) + self._patience, self._reads_from(moment)
        needed = self._needed(rule)
        for read in (reads[desk.id or 0] for desk in needed):
            if read.first is not None and (read.first[0] <= at or not read.is_logged):
                return []
        return [Late(desk.name) for desk in needed]

    def _ages(self, rule: Rule, ats: Sequence[int]) -> Mapping[str | None, Told]:
        """How long ago everything was known of each desk; nothing of one that was never read."""
        if not ats:
            return {}
        reads = self._reads_from(datetime.fromtimestamp(ats[0], UTC))
        return {
            desk.name: Told([_age(reads[desk.id or 0].known_until(at), at) for at in ats])
            for desk in self._chosen(rule, self._sources.desks)
        }

    # --- What was known ---

    def _needed(self, rule: Rule) -> list[Desk]:
        """The desks without which it cannot be judged.

        One whose first reading is not done yet is not waited for, as long as there are others: a
        help desk that is connected does not silence the rules of those that are.
        """
        able = self._able(rule)
        return [desk for desk in able if desk.data_until is not None] or able

    def _able(self, rule: Rule) -> list[Desk]:
        """The desks that give what it looks at."""
        desks = self._chosen(rule, self._sources.desks)
        if isinstance(rule.condition, Waiting):
            return [desk for desk in desks if Fact.FIRST_REPLY in desk.gives]
        number = Number.of(rule)
        return capable(number.metric, desks, number.clock) if number.can_be_sliced else []

    def _chosen(self, rule: Rule, desks: Sequence[Desk]) -> list[Desk]:
        only = rule.only
        if only is None or only.dimension is not Dimension.DESK:
            return list(desks)
        return [desk for desk in desks if desk.name == only.value]

    def _there(self, rule: Rule, ats: Sequence[int]) -> bytes:
        """1 for each moment of which the data of all desks that it takes were there in time."""
        there = bytearray(b"\1" * len(ats))
        needed = self._needed(rule)
        if not needed or not ats:
            return bytes(len(ats))
        reads = self._reads_from(datetime.fromtimestamp(ats[0], UTC))
        for desk in needed:
            for after, until in self._gaps(rule, desk, reads):
                first = bisect_right(ats, after)
                last = len(ats) if until is None else bisect_right(ats, until)
                there[first:last] = bytes(max(0, last - first))
        return bytes(there)

    def _gaps(self, rule: Rule, desk: Desk, reads: Mapping[int, DeskReads]) -> list[Outage]:
        """The moments of which a desk's data were not there in time, or do not go back so far."""
        if desk.data_from is None:
            return [(-1, None)]
        first = (kept(desk.data_from) or 0) + _reach(rule)
        return [(-1, first - 1), *reads[desk.id or 0].outages(self._patience)]

    def _reads_from(self, moment: datetime) -> dict[int, DeskReads]:
        """The log of readings as far back as that moment needs it."""
        if self._reads_since is None or moment < self._reads_since:
            self._reads = desk_reads.load(self._session, self._sources.desks, moment)
            self._reads_since = moment
        return self._reads


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def _ats(moments: Sequence[datetime]) -> Sequence[int]:
    """Moments in seconds since 1970; of slots there may be thousands."""
    if isinstance(moments, Slots):
        return moments.seconds
    return tuple(int(moment.timestamp()) for moment in moments)


def _reach(rule: Rule) -> int:
    """How far before a moment lies what it is judged by, in seconds."""
    match rule.condition:
        case Waiting(limit):
            return _seconds(limit)
        case Burn(fast=fast):
            return _seconds(max(rule.over, fast))
    return _seconds(rule.over + rule.settles)


def _age(until: int | None, at: int) -> Observation:
    return Observation(None) if until is None else Observation(float(at - until), 1)
