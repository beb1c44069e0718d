"""Alert rules as a file: what is in the store as text, and a file brought into the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot.alert_trials import rule_of
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
    rows = rules.all_of(session, services.workspace)
    there = {row.text for row in rows if rules.is_readable(row)}

    def parse(line: str) -> tuple[Rule, str]:
        rule = parse_rule(line, goals=goals_now(session, services))
        if written(rule) not in there:
            rule = read_rule(session, services, line, reader)
        return rule, written(rule)

    return read(text, parse)


def compared(session: Session, services: Services, config: Config) -> Difference:
    """What has to change in the store.

    A rule that this version cannot read is taken away, also where the file has the same: it is made
    anew.
    """
    there = rules.all_of(session, services.workspace)
    return difference(map(_entry, there), config)


def _entry(row: AlertRule) -> Entry:
    if not rules.is_readable(row):
        text = f"{row.text}  # cannot be read by this version"
        return Entry(row.channel, text, row.paused, id=row.id or 0)
    return Entry(row.channel, row.text, row.paused, rules.rule_of(row), id=row.id or 0)


@dataclass(frozen=True, slots=True)
class Change:
    """A file that is brought into the store: what changes, and in whose name.

    `costs` are the false alarms a week of each new rule, by its channel and its text. `owner` is the
    Slack id of whoever owns those that are added, `file` the name of the file, for the audit log.
    """

    services: Services
    config: Config
    difference: Difference
    costs: Mapping[tuple[str, str], float | None]
    reader: Reader
    owner: str | None
    file: str
    now: datetime

    def apply(self) -> None:
        """Makes all of the changes, or none.

        Raises `UsageError` where somebody has changed the rules since the difference was made.
        """
        with self.services.writing() as session:
            rules.one_by_one(session, self.services.workspace)
            if compared(session, self.services, self.config) != self.difference:
                raise UsageError(
                    "Somebody has changed the rules meanwhile, so nothing was done.",
                    "Look at the difference once more.",
                )
            for entry in self.difference.removed:
                self._remove(session, self._row(session, entry))
            for _, entry in self.difference.replaced:
                self._replace(session, self._row(session, entry), entry)
            for entry in (*self.difference.paused, *self.difference.resumed):
                self._turn(session, self._row(session, entry), entry)
            for entry in self.difference.added:
                self._add(session, entry)

    def _row(self, session: Session, entry: Entry) -> AlertRule:
        return session.get_one(AlertRule, entry.id)

    def _remove(self, session: Session, row: AlertRule) -> None:
        rules.remove(session, row, now=self.now)
        self._ends(session, row)
        self._log(session, "alert remove", row)

    def _replace(self, session: Session, row: AlertRule, entry: Entry) -> None:
        rules.replace(session, row, rule_of(entry), now=self.now)
        rules.priced(session, row, self.costs[entry.channel, entry.text])
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

    def _add(self, session: Session, entry: Entry) -> None:
        if self.owner is None:
            raise TypeError("a rule that is added has an owner")
        row = rules.add(
            session,
            self.services.workspace,
            entry.channel,
            rule_of(entry),
            reader=self.reader,
            by=self.owner,
            now=self.now,
        )
        rules.priced(session, row, self.costs[entry.channel, entry.text])
        self._log(session, "alert add", row)
        if entry.paused:
            rules.pause(session, row)

    def _ends(self, session: Session, row: AlertRule) -> None:
        """What was going on ends with it: the job says so in the message. Nobody in Slack did it."""
        ask(session, self.services, row, None, "stop", by=None)

    def _log(self, session: Session, action: str, row: AlertRule) -> None:
        who, detail = f"apply {self.file}", f"{row.channel} {row.id} {row.text}"
        people.log(session, self.services.workspace, who, action, detail, now=self.now)
