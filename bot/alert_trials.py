"""Tries the rules of a file on the past before they are switched on, and adds up what they will cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.alerts.budget import Cost
from bot.alerts.config import Difference, Entry
from bot.alerts.looser import proposals
from bot.alerts.rule import Rule
from bot.alerts.wording import written
from bot.errors import said
from bot.locale import Reader
from bot.services import Services
from bot.slack.alerts.costs import Budget, costs, spent
from bot.slack.alerts.rehearsal import Proposal, Tried, proposed
from bot.slack.alerts.verdicts import against, how_often
from bot.store import alerts as rules
from bot.store import budgets
from bot.store.observations import Past
from bot.store.rehearsals import history
from bot.store.tables import AlertRule
from commands.alert_trial import try_out

#: So many cheaper rules are proposed for one.
MOST_PROPOSALS = 2


@dataclass(frozen=True, slots=True)
class Trial:
    """A rule of a file that is new, or takes the place of another, and what came of trying it."""

    entry: Entry
    tried: Tried
    zone: ZoneInfo

    @property
    def cost(self) -> float | None:
        """False alarms a week; `None` where history is too short to say."""
        return self.tried.cost.per_week if isinstance(self.tried.cost, Cost) else None


def rule_of(entry: Entry) -> Rule:
    """The rule of an entry that comes from a file."""
    if entry.rule is None:
        raise TypeError("a rule of a file has been read")
    return entry.rule


def new_of(found: Difference) -> list[Entry]:
    """What is added, and what takes the place of something; the latter has its number."""
    return [*(after for _, after in found.replaced), *found.added]


def trials(
    session: Session, services: Services, found: Difference, reader: Reader
) -> Iterator[Trial]:
    """Tries each new rule on the past, one after the other: one that is edited in its own zone."""
    for entry in new_of(found):
        row = rules.get(session, services.workspace, entry.id) if entry.id else None
        tried = try_out(
            session,
            services,
            rule_of(entry),
            entry.channel,
            reader,
            replaces=None if row is None else row.id,
        )
        yield Trial(entry, tried, reader.zone if row is None else ZoneInfo(row.zone))


def told(trial: Trial, reader: Reader) -> list[str]:
    """What to say of one, as plain text: how often it fired, what speaks against it, what it costs."""
    tried = trial.tried
    lines = [
        how_often(tried.rehearsal, reader),
        *against(tried.rehearsal, tried.finding, reader),
    ]
    if tried.cost is not None and not tried.is_always:
        lines.append(costs(tried.cost, None, reader))
    # What costs less is looked for once it is known what all of them cost.
    milder = (one for one in tried.proposals if one.fired is not None or one.a_day is not None)
    lines += [proposed(one, reader, written=str) for one in milder]
    return [f"{trial.entry}:", *(f"  {line}" for line in lines)]


# --- What the channels put up with ---------------------------------------------------------------


def after(
    session: Session, services: Services, found: Difference, tried: Sequence[Trial]
) -> dict[str, Budget]:
    """What the rules of each channel will cost once all of the file is done, beside its budget."""
    there = rules.all_of(session, services.workspace)
    return {
        channel: Budget(
            budgets.of_channel(session, services.workspace, channel),
            _standing(there, channel, found) + _new(tried, channel),
        )
        for channel in touched(found)
    }


def _standing(there: Iterable[AlertRule], channel: str, found: Difference) -> float:
    """What the rules cost that stay as they are, but for being paused or resumed."""
    gone = {entry.id for entry in (*found.removed, *(after for _, after in found.replaced))}
    paused = {entry.id for entry in found.paused}
    resumed = {entry.id for entry in found.resumed}
    judged = [
        row
        for row in there
        if row.channel == channel
        and row.id not in gone
        and ((not row.paused and row.id not in paused) or row.id in resumed)
    ]
    return sum((row.cost or 0.0 for row in judged), 0.0)


def _new(tried: Iterable[Trial], channel: str) -> float:
    there = (one for one in tried if one.entry.channel == channel and not one.entry.paused)
    return sum((one.cost or 0.0 for one in there), 0.0)


def too_much(
    session: Session,
    services: Services,
    after: Mapping[str, Budget],
    tried: Sequence[Trial],
    reader: Reader,
) -> Iterator[str]:
    """Which channels will be told more than they put up with, and which rules would not do so."""
    past = _past(session, services)
    for channel, budget in after.items():
        if budget.is_spent:
            yield f"{channel}: {spent(budget, reader)}"
            for one in tried:
                if one.entry.channel == channel and not one.entry.paused and one.cost:
                    yield from _cheaper(past, services, one, budget, reader)


def _cheaper(
    past: Past, services: Services, trial: Trial, budget: Budget, reader: Reader
) -> Iterator[str]:
    """What would leave the rest of the channel enough, instead of a rule."""
    left = budget.allowed - ((budget.expected or 0.0) - (trial.cost or 0.0))
    look = partial(history, past, zone=trial.zone, now=services.clock.now())
    found = proposals(rule_of(trial.entry), look, trial.zone, budget=max(left, 0.0))
    for one in found[:MOST_PROPOSALS]:
        cheaper = Proposal(written(one.rule), one.cost.per_week)
        yield f"  {proposed(cheaper, reader, written=str)}"


def silent(tried: Iterable[Trial], reader: Reader) -> list[str]:
    """Of each channel why nothing could be posted to it, before anybody relies on it."""
    found = {
        f"{one.entry.channel}: ⚠️ {said(warning, reader.template)}"
        for one in tried
        for warning in one.tried.warnings
    }
    return sorted(found)


def touched(found: Difference) -> list[str]:
    """The channels in which something changes."""
    entries = [*new_of(found), *found.removed, *found.paused, *found.resumed]
    return sorted({entry.channel for entry in entries})


def _past(session: Session, services: Services) -> Past:
    return Past(session, services.workspace, patience=services.settings.stale_after)
