"""Alert rules as a file: what is in the store as text, and a file brought into the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot.alerts.config import Config, Difference, Entry, difference, read, write
from bot.alerts.rule import Rule
from bot.alerts.wording import written
from bot.errors import UsageError
from bot.locale import Reader
from bot.services import Services
from bot.store import alerts as rules
from bot.store import people
from bot.store.tables import AlertRule
from commands.alert_buttons import ask
from commands.alert_checks import goals_now
from commands.alert_switch import read_rule
from commands.alert_text import parse_rule
from commands.alert_trial import price


def exported(session: Session, workspace: int) -> str:
    """The rules of all channels as the text of a file."""
    channels: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for row in rules.all_of(session, workspace):
        channels[row.channel].append((row.text, row.paused))
    return write(channels)


def understood(session: Session, services: Services, text: str, reader: Reader) -> Config:
    """What a file says, each of its rules held against the help desks there are.

    One that is switched on already is taken as it is: it was held against them then.
    """
    there = {row.text for row in rules.all_of(session, services.workspace)}

    def parse(line: str) -> tuple[Rule, str]:
        rule = parse_rule(line, goals=goals_now(session, services))
        if written(rule) not in there:
            rule = read_rule(session, services, line, reader)
        return rule, written(rule)

    return read(text, parse)


def compared(session: Session, services: Services, config: Config) -> Difference:
    """What has to change in the store."""
    there = rules.all_of(session, services.workspace)
    return difference(map(_entry, there), config)


def _entry(row: AlertRule) -> Entry:
    return Entry(row.channel, row.text, row.paused, rules.rule_of(row), id=row.id or 0)


@dataclass(frozen=True, slots=True)
class Change:
    """A file that is brought into the store: what changes, and in whose name.

    `owner` is the Slack id of whoever owns the new rules, `file` the name of the file, for the audit
    log.
    """

    services: Services
    config: Config
    difference: Difference
    reader: Reader
    owner: str
    file: str
    now: datetime

    def apply(self) -> None:
        """Makes all of the changes, or none.

        Raises `UsageError` where somebody has changed the rules since the difference was made.
        """
        costs = self._costs()
        with self.services.writing() as session:
            if compared(session, self.services, self.config) != self.difference:
                raise UsageError(
                    "Somebody has changed the rules meanwhile, so nothing was done.",
                    "Look at the difference once more.",
                )
            for entry in self.difference.removed:
                self._remove(session, self._row(session, entry))
            for _, entry in self.difference.replaced:
                self._replace(session, self._row(session, entry), entry, costs)
            for entry in (*self.difference.paused, *self.difference.resumed):
                self._turn(session, self._row(session, entry), entry)
            for entry in self.difference.added:
                self._add(session, entry, costs)

    def _costs(self) -> Mapping[str, float | None]:
        """False alarms a week of each new rule, by its text."""
        new = [*self.difference.added, *(after for _, after in self.difference.replaced)]
        with self.services.reading() as session:
            return {
                entry.text: price(session, self.services, _rule(entry), self.reader.zone)
                for entry in new
            }

    def _row(self, session: Session, entry: Entry) -> AlertRule:
        return session.get_one(AlertRule, entry.id)

    def _remove(self, session: Session, row: AlertRule) -> None:
        rules.remove(session, row, now=self.now)
        self._ends(session, row)
        self._log(session, "alert remove", row)

    def _replace(
        self, session: Session, row: AlertRule, entry: Entry, costs: Mapping[str, float | None]
    ) -> None:
        rules.replace(session, row, _rule(entry), now=self.now)
        rules.priced(session, row, costs[entry.text])
        self._ends(session, row)
        self._log(session, "alert edit", row)
        if entry.paused is not row.paused:
            self._turn(session, row, entry)

    def _turn(self, session: Session, row: AlertRule, entry: Entry) -> None:
        """Pauses or resumes a rule."""
        if entry.paused:
            rules.pause(session, row)
            self._ends(session, row)
        else:
            rules.resume(session, row, now=self.now)
        self._log(session, "alert pause" if entry.paused else "alert resume", row)

    def _add(self, session: Session, entry: Entry, costs: Mapping[str, float | None]) -> None:
        row = rules.add(
            session,
            self.services.workspace,
            entry.channel,
            _rule(entry),
            reader=self.reader,
            by=self.owner,
            now=self.now,
        )
        rules.priced(session, row, costs[entry.text])
        self._log(session, "alert add", row)
        if entry.paused:
            rules.pause(session, row)

    def _ends(self, session: Session, row: AlertRule) -> None:
        """What was going on ends with it: the job says so in the message."""
        ask(session, self.services, row, None, "stop", by=self.owner)

    def _log(self, session: Session, action: str, row: AlertRule) -> None:
        who, detail = f"apply {self.file}", f"{row.channel} {row.id} {row.text}"
        people.log(session, self.services.workspace, who, action, detail, now=self.now)


def _rule(entry: Entry) -> Rule:
    if entry.rule is None:
        raise TypeError("a rule of a file has been read")
    return entry.rule


def touched(found: Difference) -> Iterable[str]:
    """The channels in which something changes."""
    entries = [*found.added, *found.removed, *found.paused, *found.resumed]
    entries += [after for _, after in found.replaced]
    return sorted({entry.channel for entry in entries})
