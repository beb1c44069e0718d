"""What `deskpulse doctor` says of a LiveAgent: facts, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.clocks import clock_told, roughly
from bot.helpdesks.liveagent.names import Directory
from bot.helpdesks.liveagent.settings import Settings
from bot.helpdesks.liveagent.walk import Newest, Walk
from bot.helpdesks.liveagent.web import Reports, Web
from bot.helpdesks.liveagent.wire import CallRow, Setting
from bot.helpdesks.liveagent.zones import Zone
from bot.webapi import Forbidden, NotThere

#: A newest change that is older than now by just the offset of a zone hints at that zone.
ABOUT = timedelta(minutes=5)


class Checks:
    """Asks a few things and says what came of them. Raises the `DeskError` of what it must have."""

    def __init__(
        self, settings: Settings, web: Web, directory: Directory, walk: Walk, clock: Clock
    ) -> None:
        self._settings, self._web, self._directory = settings, web, directory
        self._walk, self._clock = walk, clock

    def of_the_account(self) -> Iterator[str]:
        people = len(self._directory.people.known())
        groups = len(self._directory.departments.known())
        yield f"LiveAgent answers; agents: {people}, departments: {groups}."
        levels = len(self._directory.levels.known())
        yield (
            f"SLA levels: {levels}." if levels else "There are no SLA levels that the key may see."
        )
        if self._settings.calls:
            yield self._of_calls()

    def of_reports(self, reports: Reports | None) -> Iterator[str]:
        if reports is None:
            yield "No report_token is set, so there are no ratings."
            return
        zone = Zone(self._settings.report_zone)
        now = zone.since(self._clock.now())
        try:
            for _ in reports.tallies(now, now):
                break
        except (Forbidden, NotThere):
            yield "The report_token does not open the reports of API v1, so there are no ratings."
        else:
            yield f"The reports of API v1 answer; their days are taken for those of {zone.name}."

    def of_clocks(self) -> Iterator[str]:
        newest = self._walk.newest()
        told_at = newest.told_at or self._clock.now()
        if newest.changed is None:
            yield "There are no tickets that the key may see."
        else:
            yield f"The newest change is {roughly(told_at - newest.changed)} old."
        yield from self._of_zones(newest, told_at)
        yield from clock_told(told_at, self._clock.now())

    def _of_zones(self, newest: Newest, told_at: datetime) -> Iterator[str]:
        zone = self._account_zone()
        if zone is None:
            yield "The key may not see the time zone of the account."
            return
        yield f"The time zone of the account is {zone.name}."
        if self._settings.report_token and self._differ(zone, self._settings.report_zone, told_at):
            yield f"Set report_zone to {zone.name}: reports are dated in the zone of the account."
        off = Zone(self._settings.zone).offset(told_at) - zone.offset(told_at)
        age = told_at - newest.changed if newest.changed else None
        if off and age is not None and abs(age - off) < ABOUT:
            yield f"If tickets seem to change {roughly(abs(off))} late, set zone to {zone.name}."

    def _differ(self, zone: Zone, name: str, at: datetime) -> bool:
        return zone.offset(at) != Zone(name).offset(at)

    def _account_zone(self) -> Zone | None:
        try:
            told = self._web.get(Setting, "settings", {})
        except (Forbidden, NotThere):
            return None
        name = next((one.value for one in told if one.name == "TIMEZONE"), None)
        try:
            return Zone(name) if name else None
        except (ValueError, OSError, KeyError):
            return None

    def _of_calls(self) -> str:
        try:
            calls = self._web.get(CallRow, "calls", {"_perPage": 1})
        except (Forbidden, NotThere):
            return "The key may not read calls, or the plan has none, so there are none."
        return "Calls can be read." if calls else "Calls can be read; there are none so far."
