"""How a rehearsal looks: how often a rule would have fired, when, what it costs, and a question."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from slackblocks import Block

from bot.alerts import milder
from bot.alerts.around import Surroundings, nothing
from bot.alerts.budget import Cost, TooLittle
from bot.alerts.hindsight import Finding, History
from bot.alerts.life import Kind
from bot.alerts.rehearsal import Firing, Rehearsal
from bot.alerts.rule import Rule, Waiting
from bot.errors import said
from bot.locale import Reader, whole_days
from bot.message import Message
from bot.slack import numbers
from bot.slack.alerts.costs import Budget, costs, rate
from bot.slack.alerts.exhibits import Exhibit, Posted, steps_of, worst_of
from bot.slack.alerts.rules import amount, code, sentence, slice_of, title
from bot.slack.alerts.shown import no_link
from bot.slack.alerts.verdicts import against, how_often, tickets_a_day
from bot.slack.blocks import (
    LONGEST_TEXT,
    actions,
    blocks_of,
    button,
    context,
    plain,
    section,
    table,
)

#: The actions of the buttons, which `commands/alert.py` answers; each hands back a `Wanted`.
SWITCH_ON, EDIT, DISCARD, TRY = "alert_switch_on", "alert_edit", "alert_discard", "alert_try"

#: The most firings that are listed, and the most thresholds that are proposed.
MOST, MOST_PROPOSALS = 12, 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a button hands back: a rule as text for a channel; `number` where it is to be changed.

    `was` is what it has to be still for that, as text: nobody wants another change undone.
    """

    channel: str
    text: str
    number: int | None = None
    was: str | None = None

    def to_text(self) -> str:
        told = {"channel": self.channel, "rule": self.text, "number": self.number, "was": self.was}
        there = {name: one for name, one in told.items() if one is not None}
        return json.dumps(there, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Wanted:
        """What `to_text` gave."""
        told: Mapping[str, str | int] = json.loads(text)
        number, was = told.get("number"), told.get("was")
        return cls(
            str(told["channel"]),
            str(told["rule"]),
            None if number is None else int(number),
            None if was is None else str(was),
        )


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule, as text, that would do better: of one of the three it is known how much.

    It would cost about so many false alarms a week (`expected`), or would have `fired` so often, or
    told so many tickets `a_day`.
    """

    text: str
    expected: float = 0.0
    fired: int | None = None
    a_day: float | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying a rule on the past, and what is to be said of it.

    `budget` is that of the whole channel with the rule. `warnings` are further things that somebody
    should know, as `DeskpulseError.kept` gives them. `number` is that of a rule that is switched on,
    `replaces` that of the rule whose place it is to take.
    """

    rehearsal: Rehearsal
    text: str
    channel: str
    finding: Finding | None = None
    cost: Cost | TooLittle | None = None
    budget: Budget | None = None
    proposals: Sequence[Proposal] = ()
    warnings: Sequence[str] = ()
    number: int | None = None
    replaces: int | None = None

    @property
    def wanted(self) -> Wanted:
        """What its buttons hand back."""
        return Wanted(self.channel, self.text, self.number or self.replaces)

    @property
    def rule(self) -> Rule:
        return self.rehearsal.rule

    @property
    def is_always(self) -> bool:
        """Whether it is an alert that is always there, so that nobody is asked for it."""
        return self.finding is not None and self.finding.says is History.ALWAYS

    @property
    def days(self) -> int:
        """How many days of history it was tried on."""
        return round(milder.days(self.rehearsal))

    @property
    def days_asked(self) -> int:
        asked = self.rehearsal.asked
        return round((asked.end - asked.start) / timedelta(days=1))


def rehearsed(tried: Tried, reader: Reader) -> Message:
    """How often the rule would have fired, when, and at what cost; and whether to switch it on."""
    told = [_how_often(tried, reader), *_warnings(tried, reader)]
    firings = tried.rehearsal.firings
    rows = _rows(tried, firings, reader)
    heading = f"*{title(tried.rule, reader)}*"
    # What is always there hardly ever begins: it would seem to cost nothing.
    is_priced = tried.cost is not None and not tried.is_always
    cost = costs(tried.cost, tried.budget, reader) if tried.cost and is_priced else None
    latest = firings[::-1][:MOST]
    lines = [_line(tried.rule, *one, reader) for one in zip(rows[1:], latest, strict=True)]
    return Message(
        text="\n".join([heading, *told, *lines, *([cost] if cost else [])])[:LONGEST_TEXT],
        blocks=blocks_of(
            section("\n".join([heading, *told])[:3_000], "rehearsal-told"),
            table(rows, "rehearsal-firings") if firings else None,
            _earlier(firings, reader),
            section(cost, "rehearsal-cost") if cost is not None else None,
            *_proposals(tried, reader),
            _buttons(tried, reader),
            context(sentence(tried.rule, reader), "rehearsal-rule"),
            context(_foot(tried, reader), "rehearsal-history"),
        ),
    )


def messages(
    tried: Tried,
    reader: Reader,
    *,
    link: Callable[[str], str | None] = no_link,
    around: Surroundings = nothing,
) -> Iterator[Posted]:
    """The very messages that would have been posted, oldest first, each made when it is asked for.

    `link` gives the address of a ticket, of the part "<desk>:<id>"; `around` what stood beside the
    number in a moment.
    """
    exhibit = Exhibit(tried.rule, tried.text, tried.number or 0, link, around)
    return exhibit.messages(tried.rehearsal.firings, reader)


# --- How often -----------------------------------------------------------------------------------


def _how_often(tried: Tried, reader: Reader) -> str:
    is_on = tried.number is not None or tried.replaces is not None
    asks = not is_on and not tried.is_always
    return how_often(tried.rehearsal, reader, asks=asks, lists=True)


def _warnings(tried: Tried, reader: Reader) -> Iterator[str]:
    """What keeps the number of firings from being taken at its face."""
    for one in tried.warnings:
        yield f"⚠️ {plain(said(one, reader.template))}"
    yield from against(tried.rehearsal, tried.finding, reader)
    if 0 < tried.days < tried.days_asked - 1:
        yield reader.plural(
            "⚠️ There is only {n} day of history to judge by, not {asked}.",
            "⚠️ There are only {n} days of history to judge by, not {asked}.",
            tried.days,
            asked=reader.number(tried.days_asked),
        )


# --- When ----------------------------------------------------------------------------------------


def _rows(tried: Tried, firings: Sequence[Firing], reader: Reader) -> list[list[str]]:
    """The latest first, each with how long it stood, its worst, and how often people were called again."""
    heads = [reader.text("Fired"), reader.text("stood"), reader.text("worst")]
    last = "tickets" if isinstance(tried.rule.condition, Waiting) else "told again"
    rows = [[*heads, reader.text(last)]]
    rows += [_row(tried, one, reader) for one in list(firings)[::-1][:MOST]]
    return rows if any(row[3] for row in rows[1:]) else [row[:3] for row in rows]


def _line(rule: Rule, row: Sequence[str], one: Firing, reader: Reader) -> str:
    """A row where there are no tables: in a notification, and in a window."""
    when, stood, worst = map(plain, row[:3])
    told = {"when": when, "stood": stood, "worst": worst}
    n = _again(rule, one)
    if isinstance(rule.condition, Waiting):
        return reader.text(
            "• {when}: stood {stood}, worst {worst}, tickets: {n}", **told, n=reader.number(n)
        )
    if not n:
        return reader.text("• {when}: stood {stood}, worst {worst}", **told)
    return reader.plural(
        "• {when}: stood {stood}, worst {worst}, told again {n} time",
        "• {when}: stood {stood}, worst {worst}, told again {n} times",
        n,
        **told,
    )


def _row(tried: Tried, one: Firing, reader: Reader) -> list[str]:
    until = one.closed_at or tried.rehearsal.asked.end
    stood = reader.duration((until - one.opened_at).total_seconds())
    if one.closed_at is None:
        stood = reader.text("{span} so far", span=stood)
    worst = amount(tried.rule, worst_of(tried.rule, one), reader)
    again = _again(tried.rule, one)
    return [_when(tried.rule, one, reader), stood, worst, reader.number(again) if again else ""]


def _when(rule: Rule, one: Firing, reader: Reader) -> str:
    """Thu 19 Nov, 14:05 · Billing; and when it would have been told, if not at once."""
    when = reader.day_and_time(one.opened_at)
    if one.told is None:
        when = reader.text("{when} (held back)", when=when)
    elif one.told.at > one.opened_at:
        told = reader.moment(one.told.at, one.opened_at)
        when = reader.text("{when} (told {moment})", when=when, moment=told)
    names = _parts(rule, one, reader)
    if not names:
        return when
    return reader.text("{when} · {parts}", when=when, parts=reader.listed(names))


def _parts(rule: Rule, one: Firing, reader: Reader) -> list[str]:
    """The parts that fired, at most three of them."""
    fired = [step.part for step in steps_of(one.moments) if step.kind is Kind.FIRED]
    slices = [slice_of(rule, name) for name in dict.fromkeys(fired)] if rule.by else []
    told = [numbers.part_plainly(reader, one) for one in slices[:3] if one is not None]
    return [*told, *(["…"] if len(slices) > 3 else [])]


def _again(rule: Rule, one: Firing) -> int:
    """How often people would have been called again; of single tickets how many were told."""
    kind = Kind.FIRED if isinstance(rule.condition, Waiting) else Kind.REMINDED
    return sum(step.kind is kind for step in steps_of(one.moments))


def _earlier(firings: Sequence[Firing], reader: Reader) -> Block | None:
    more = len(firings) - MOST
    if more <= 0:
        return None
    told = reader.plural("and {n} earlier one", "and {n} earlier ones", more)
    return context(told, "rehearsal-more")


# --- What it costs, and what to do ---------------------------------------------------------------


def _proposals(tried: Tried, reader: Reader) -> Iterator[Block]:
    for place, one in enumerate(tried.proposals[:MOST_PROPOSALS]):
        told = proposed(one, reader)
        wanted = replace(tried.wanted, text=one.text).to_text()
        tries = button(reader.text("Try this"), TRY, wanted)
        yield section(told[:3_000], f"rehearsal-proposal-{place}", tries)


def proposed(one: Proposal, reader: Reader, *, written: Callable[[str], str] = code) -> str:
    """A rule that would do better, and how much; `written` says how a rule is shown as text."""
    rule = written(one.text)
    if one.fired is not None:
        return reader.plural(
            "{rule} would have fired {n} time.",
            "{rule} would have fired {n} times.",
            one.fired,
            rule=rule,
        )
    if one.a_day is not None:
        told = tickets_a_day(one.a_day, reader)
        return reader.text("{rule} would have told {rate}.", rule=rule, rate=told)
    n = rate(one.expected, reader)
    return reader.text("{rule} would cost about {n} a week.", rule=rule, n=n)


def agreed(tried: Tried, reader: Reader) -> str:
    """What stands on the button that switches the rule on, or changes it."""
    if tried.is_always:
        return reader.text("Switch on anyway")
    return reader.text("Switch on") if tried.replaces is None else reader.text("Change it")


def _buttons(tried: Tried, reader: Reader) -> Block:
    value = tried.wanted.to_text()
    change = button(reader.text("Change"), EDIT, value)
    if tried.number is not None:
        return actions("rehearsal-actions", change)
    return actions(
        "rehearsal-actions",
        button(
            agreed(tried, reader), SWITCH_ON, value, style=None if tried.is_always else "primary"
        ),
        change,
        button(reader.text("Cancel"), DISCARD, value),
    )


def _foot(tried: Tried, reader: Reader) -> str:
    covered = tried.rehearsal.covered
    if covered is None:
        return code(tried.text)
    start, end = (one.astimezone(reader.zone) for one in (covered.start, covered.end))
    days = reader.days(*whole_days(start, end))
    return reader.text("{text} · tried on {days}", text=code(tried.text), days=days)
