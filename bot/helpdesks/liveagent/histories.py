"""Reads what happened to one ticket: its message groups, its history and its SLA times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import structlog

from bot.domain import Removal
from bot.errors import DeskMisunderstood
from bot.helpdesks.liveagent.story import REMOVALS, colleagues, is_merged
from bot.helpdesks.liveagent.web import Web
from bot.helpdesks.liveagent.wire import Group, Promise, Row, Spell
from bot.webapi import Forbidden, Garbled, NotThere

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class History:
    """What was read of one ticket: how it was removed, or else what happened to it."""

    removal: Removal | None
    groups: Sequence[Group] = ()
    spells: Sequence[Spell] = ()
    promises: Sequence[Promise] = ()

    @property
    def colleagues(self) -> set[str]:
        return colleagues(self.groups, self.spells)


class Histories:
    """Asks for one ticket after the other; several threads may do so."""

    def __init__(self, name: str, web: Web) -> None:
        self._name, self._web = name, web
        self._missed: set[str] = set()
        self._lock = Lock()

    def of(self, row: Row, *, has_levels: bool) -> History:
        """Two requests, or three where it may have SLA times."""
        removal = REMOVALS.get(row.status or "")
        if removal is Removal.SPAM:
            return History(removal)
        try:
            groups = list(self._web.all(Group, _messages(row)))
            if removal:
                return History(Removal.MERGED if is_merged(groups) else removal)
            spells = self._spells(row)
        except NotThere:
            # It was in the list a moment ago and has been erased since.
            return History(Removal.DELETED)
        return History(None, groups, spells, self._promises(row) if has_levels else [])

    def _spells(self, row: Row) -> list[Spell]:
        """Its history, none where it has no such thing. Raises `NotThere` once it is erased."""
        try:
            return self._web.get(Spell, f"tickets/{row.id}/history", {})
        except NotThere:
            self._web.get(Group, _messages(row), {"_page": 1, "_perPage": 1})
            self._miss("history", row)
            return []

    def _promises(self, row: Row) -> list[Promise]:
        """Its SLA times. The vendor's client has one of them where a ticket may have several.

        (QualityUnit/LiveAgent-api-python, docs/SlasApi.md.) An answer of another shape costs the
        SLA times; one that breaks off is asked for again with the next sync.
        """
        try:
            return self._web.some(Promise, f"slas/{row.id}/history")
        except (Forbidden, NotThere):
            return []
        except Garbled:
            raise
        except DeskMisunderstood:
            self._miss("SLA times", row)
            return []

    def _miss(self, what: str, row: Row) -> None:
        """Has the log tell once of what a ticket does without."""
        with self._lock:
            is_first = what not in self._missed
            self._missed.add(what)
        if is_first:
            log.warning("history_left_out", desk=self._name, about=what, ticket=row.id)


def _messages(row: Row) -> str:
    return f"tickets/{row.id}/messages"
