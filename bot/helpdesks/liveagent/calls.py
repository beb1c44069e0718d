"""The calls of a LiveAgent, told once they have ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.domain import Call
from bot.helpdesks import Page
from bot.helpdesks.liveagent.names import Directory
from bot.helpdesks.liveagent.place import Place
from bot.helpdesks.liveagent.settings import Settings
from bot.helpdesks.liveagent.web import Web, filters
from bot.helpdesks.liveagent.wire import CallRow, Spell
from bot.helpdesks.liveagent.zones import Zone, utc
from bot.vocabulary import Vocabulary
from bot.webapi import Forbidden, NotThere

#: Calls are asked for by so many days at once, in whichever order they come.
SPAN = timedelta(days=30)

#: A call that began so long ago has ended and is in the list.
LONGEST = timedelta(hours=4)

#: One that has not ended after so long will never be told as ended.
LOST = timedelta(days=1)

#: Whether a customer called. Between agents (T) is no call of a customer.
_DIRECTIONS = {"I": True, "O": False, "T": None}

#: Who took a call, and in which group.
_Taker = tuple[str | None, str | None]
_NOBODY: _Taker = (None, None)

#: Of so many calls it is remembered, of those that were asked for last.
REMEMBERED = 10_000


class Calls:
    """The list of calls, and of each the history of its ticket, which knows group and agent."""

    def __init__(
        self, name: str, settings: Settings, web: Web, directory: Directory, clock: Clock
    ) -> None:
        self._settings, self._web, self._directory, self._clock = settings, web, directory, clock
        self._zone = Zone(settings.zone)
        self._inbound = Vocabulary[bool | None](name, "call type", _DIRECTIONS, None)
        self._takers: dict[str, _Taker] = {}

    def since(self, place: Place) -> Iterator[Page[Call]]:
        """The calls that began since then, a span of days after the other."""
        begun: datetime | None = None
        running: list[datetime] = []
        start = place.since
        while begun is None or start < begun:
            for rows, told_at in self._between(start, start + SPAN):
                begun = begun or told_at or self._clock.now()
                running += filter(None, (self._zone.at_if(row.created) for row in _going_on(rows)))
                told = self._told([row for row in rows if row.finished], begun)
                if told:
                    yield Page(told, Place(start).cursor)
            start += SPAN
            if begun is None or start < begun:
                yield Page((), Place(start).cursor)
        lately = [one for one in running if one > begun - LOST]
        yield Page((), Place(min([begun - self._back, *lately])).cursor)

    @property
    def _back(self) -> timedelta:
        return max(self._settings.overlap, LONGEST)

    def _between(
        self, start: datetime, end: datetime
    ) -> Iterator[tuple[list[CallRow], datetime | None]]:
        period = filters(("dateCreated", ">=", utc(start)), ("dateCreated", "<=", utc(end)))
        asked: dict[str, str | int] = {
            "_sortField": "dateCreated",
            "_sortDir": "ASC",
            "_filters": period,
        }
        for answer in self._web.through(CallRow, "calls", asked):
            yield answer.data, answer.sent_at

    def _told(self, rows: Sequence[CallRow], begun: datetime) -> list[Call]:
        meant = [row for row in rows if row.created and self._inbound.of(row.type) is not None]
        takers = self._who_took(meant, begun)
        return [self._call(row, takers.get(row.id, _NOBODY)) for row in meant]

    def _call(self, row: CallRow, taker: _Taker) -> Call:
        created, answered, finished = map(
            self._zone.at_if, (row.created, row.answered, row.finished)
        )
        assert created is not None
        ended = max(finished or created, created)
        taken = min(answered, ended) if answered else None
        group, agent = taker
        return Call(
            id=row.id,
            started_at=created,
            inbound=bool(self._inbound.of(row.type)),
            answered=taken is not None,
            wait=max((taken or ended) - created, timedelta(0)),
            talk=ended - taken if taken else timedelta(0),
            group=group,
            agent=agent if taken else None,
        )

    def _who_took(self, rows: Sequence[CallRow], begun: datetime) -> dict[str, _Taker]:
        """Group and agent of each; what is known of a call that ended is not asked for again.

        Nor is that nobody knows, but for one that ended just now: its history may come late.
        """
        if not self._settings.histories:
            return {}
        unknown = [row for row in rows if row.id not in self._takers and row.ticket]
        histories = self._web.each(self._history, unknown)
        departments = {spell.department_id for spells in histories for spell in spells}
        names = self._directory.names(departments, (), sla=False) if unknown else None
        for row, spells in zip(unknown, histories, strict=True):
            ended = self._zone.at_if(row.finished)
            if spells and names is not None:
                spell = self._spell(row, spells)
                group = names.group(spell.department_id, spell.department_name)
                self._takers[row.id] = (group, spell.agent_id)
            elif ended is None or ended < begun - self._settings.overlap:
                self._takers[row.id] = _NOBODY
        told = {row.id: self._takers[row.id] for row in rows if row.id in self._takers}
        self._takers = dict(list(self._takers.items())[-REMEMBERED:])
        return told

    def _history(self, row: CallRow) -> list[Spell]:
        try:
            return self._web.get(Spell, f"tickets/{row.ticket}/history", {})
        except (Forbidden, NotThere):
            return []

    def _spell(self, row: CallRow, spells: Sequence[Spell]) -> Spell:
        """The stretch of the ticket's history in which the call was taken, or else came in."""
        at = self._zone.at_if(row.answered) or self._zone.at_if(row.created)
        end = self._zone.at_if(row.finished)
        dated = [(self._zone.at(one.date_from), one) for one in spells if one.date_from]
        dated.sort(key=lambda one: one[0])
        before = [one for since, one in dated if at and since <= at]
        chosen = before[-1] if before else next((one for _, one in dated), Spell())
        if chosen.agent_id is None and row.answered:
            during = (one for since, one in dated if at and end and at < since <= end)
            chosen = next((one for one in during if one.agent_id), chosen)
        return chosen


def _going_on(rows: Sequence[CallRow]) -> list[CallRow]:
    return [row for row in rows if row.finished is None]
