"""How the alerts of a channel look when they are listed: each rule, the mutes, and the budget."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from slackblocks import Block

from bot.alerts.life import Part, Phase, Standing
from bot.alerts.quiet import Mute, Period, Weekly
from bot.alerts.rule import Rule
from bot.errors import said
from bot.locale import Reader
from bot.message import BlockJson, Message
from bot.slack.alerts.costs import Budget, spent
from bot.slack.alerts.rules import code, title
from bot.slack.blocks import LONGEST_TEXT, actions, blocks_of, button, context, plain, section

#: The actions of the buttons, which `commands/alert.py` answers; each hands back a rule's number.
TEST, EDIT_RULE, PAUSE, RESUME = "alert_test", "alert_edit_rule", "alert_pause", "alert_resume"
REMOVE = "alert_remove"

#: Ends a mute, whose number it hands back; makes a new rule.
END_MUTE, NEW = "alert_end_mute", "alert_new"

#: So much JSON of rules and mutes fits a message (Slack takes 12,000 characters), with room for
#: what follows them; and so many mutes at most.
MOST_JSON, MOST_MUTES = 8_500, 6

#: So many further rules stand as lines below them, each so long at most.
MOST_LINES, LONGEST_LINE = 20, 80


@dataclass(frozen=True, slots=True)
class Listed:
    """A rule of a channel: how it stands, how often it `fired` in 30 days, and what is wrong.

    `problem` is an error as `DeskpulseError.kept` gave it, or a text: why it cannot be posted.
    """

    number: int
    rule: Rule
    text: str
    standing: Standing
    owner: str
    fired: int = 0
    paused: bool = False
    problem: str | None = None
    muted_until: datetime | None = None
    muted_why: str | None = None


@dataclass(frozen=True, slots=True)
class Muted:
    """A time in which alerts are held back: of the whole channel, or of one rule by its number."""

    id: int
    mute: Mute
    why: str
    by: str
    rule: int | None = None


def listed(
    rules: Sequence[Listed],
    now: datetime,
    reader: Reader,
    *,
    mutes: Sequence[Muted] = (),
    budget: Budget | None = None,
) -> Message:
    """The alerts of a channel, with buttons; those that do not fit the message as lines."""
    if not rules and not mutes:
        told = reader.text(
            "This channel has no alerts yet. A lead sets one up: "
            "`/alert add first_response_time &gt; 4h for 30m`, or with the button."
        )
        return Message(text=told, blocks=blocks_of(section(told, "alerts-none"), _new(reader)))
    quiet = [_mute(one, now, reader) for one in mutes[:MOST_MUTES]]
    blocks = [_rule(one, now, reader) for one in rules]
    fit = _fit(blocks, sum(map(_length, quiet)))
    return Message(
        text=_text(rules, now, reader),
        blocks=[
            *(block for some in (*quiet, *blocks[:fit]) for block in some),
            *blocks_of(
                _others(rules[fit:], reader),
                _more_mutes(len(mutes), reader),
                _new(reader),
                context(spent(budget, reader), "alerts-budget") if budget else None,
            ),
        ],
    )


def _fit(blocks: Sequence[Sequence[BlockJson]], length: int) -> int:
    """How many of them fit a message in which there is so much JSON already."""
    for place, some in enumerate(blocks):
        length += _length(some)
        if length > MOST_JSON:
            return place
    return len(blocks)


def _length(blocks: Sequence[BlockJson]) -> int:
    return len(json.dumps(blocks, ensure_ascii=False))


def _new(reader: Reader) -> Block:
    return actions("alerts-new", button(reader.text("New alert"), NEW))


def _text(rules: Sequence[Listed], now: datetime, reader: Reader) -> str:
    lines = [f"{title(one.rule, reader)}: {_state(one, now, reader)}" for one in rules]
    if not lines:
        return reader.text("This channel has no alerts yet.")
    return "\n".join(lines)[:LONGEST_TEXT]


def _others(rules: Sequence[Listed], reader: Reader) -> Block | None:
    if not rules:
        return None
    lines = [reader.text("There are more:"), *(_brief(one, reader) for one in rules[:MOST_LINES])]
    more = len(rules) - MOST_LINES
    if more > 0:
        lines.append(reader.plural("and {n} more", "and {n} more", more))
    return section("\n".join(lines), "alerts-others")


def _more_mutes(mutes: int, reader: Reader) -> Block | None:
    more = mutes - MOST_MUTES
    if more <= 0:
        return None
    told = reader.plural("and {n} more mute", "and {n} more mutes", more)
    return context(told, "alerts-mutes")


def _brief(one: Listed, reader: Reader) -> str:
    text = code(one.text[:LONGEST_LINE])
    return reader.text("rule {number}: {text}", number=str(one.number), text=text)


# --- One rule ------------------------------------------------------------------------------------


def _rule(one: Listed, now: datetime, reader: Reader) -> Sequence[BlockJson]:
    value = str(one.number)
    toggle = (
        button(reader.text("Resume"), RESUME, value)
        if one.paused
        else button(reader.text("Pause"), PAUSE, value)
    )
    return blocks_of(
        section("\n".join(_about(one, now, reader)), f"alert-{value}"),
        actions(
            f"alert-{value}-actions",
            button(reader.text("Test"), TEST, value),
            button(reader.text("Edit"), EDIT_RULE, value),
            toggle,
            button(reader.text("Remove"), REMOVE, value),
        ),
    )


def _about(one: Listed, now: datetime, reader: Reader) -> Iterator[str]:
    yield f"*{title(one.rule, reader)}*"
    yield _state(one, now, reader)
    yield reader.plural(
        "{text} · rule {number} · fired {n} time in 30 days · {user}",
        "{text} · rule {number} · fired {n} times in 30 days · {user}",
        one.fired,
        text=code(one.text),
        number=str(one.number),
        user=f"<@{one.owner}>",
    )


def _state(one: Listed, now: datetime, reader: Reader) -> str:
    """How it is, in one line: what somebody has to mend comes first."""
    if one.problem:
        problem = plain(said(one.problem, reader.template))
        return reader.text("⚠️ Nobody is told: {problem}", problem=problem)
    if one.paused:
        return reader.text("⏸️ Paused: it looks at nothing until it is resumed.")
    told = _stands(one, now, reader)
    if one.muted_until is None:
        return told
    until = reader.moment(one.muted_until, now)
    if not one.muted_why:
        return reader.text("{state} Held back until {until}.", state=told, until=until)
    why = plain(one.muted_why)
    return reader.text("{state} Held back until {until}: {why}", state=told, until=until, why=why)


def _stands(one: Listed, now: datetime, reader: Reader) -> str:
    standing = one.standing
    if standing.firing:
        return _fires(standing, one.rule, now, reader)
    if standing.no_data_since is not None:
        since = reader.moment(standing.no_data_since, now)
        return reader.text("⚪ No data since {since}.", since=since)
    if standing.parts:
        return _pends(standing.parts.values(), one.rule, now, reader)
    return reader.text("✓ Fine.")


def _fires(standing: Standing, rule: Rule, now: datetime, reader: Reader) -> str:
    began = min(part.fired_at or part.since for part in standing.firing.values()) - rule.lasting
    since = reader.moment(began, now)
    taken = standing.incident and standing.incident.acknowledged_by
    if taken and standing.incident and standing.incident.acknowledged_until:
        return reader.text("🟠 Since {since}, {user} has it.", since=since, user=f"<@{taken}>")
    if all(part.phase is Phase.RECOVERING for part in standing.firing.values()):
        return reader.text("⏳ Since {since}, back inside now.", since=since)
    return reader.text("🔴 Fires since {since}.", since=since)


def _pends(parts: Iterable[Part], rule: Rule, now: datetime, reader: Reader) -> str:
    since = min(part.since for part in parts)
    return reader.text(
        "🟡 Bad since {since}, fires {at} if it stays so.",
        since=reader.moment(since, now),
        at=reader.moment(since + rule.lasting, now),
    )


# --- Mutes and the budget ------------------------------------------------------------------------


def _mute(one: Muted, now: datetime, reader: Reader) -> Sequence[BlockJson]:
    places = {
        "when": _when(one.mute, now, reader),
        "why": plain(one.why),
        "user": f"<@{one.by}>",
        "number": str(one.rule),
    }
    if one.rule is None:
        told = reader.text("🔕 All alerts are held back {when}: {why} ({user})", **places)
    else:
        told = reader.text("🔕 Rule {number} is held back {when}: {why} ({user})", **places)
    ends = button(reader.text("End it"), END_MUTE, str(one.id))
    return blocks_of(section(told[:3_000], f"mute-{one.id}", ends))


def _when(mute: Mute, now: datetime, reader: Reader) -> str:
    match mute:
        case Period(start, until) if start > now:
            return reader.text(
                "from {start} until {until}",
                start=reader.moment(start, now),
                until=reader.moment(until, now),
            )
        case Period(_, until):
            return reader.text("until {until}", until=reader.moment(until, now))
        case Weekly(weekdays, opens, closes) if len(weekdays) == 7:
            if opens == closes:
                return reader.text("every day")
            return reader.text(
                "every day from {start} to {end}",
                start=reader.clock_time(opens),
                end=reader.clock_time(closes),
            )
        case Weekly(weekdays, opens, closes) if opens == closes:
            return reader.text("on {weekdays}", weekdays=reader.weekdays(weekdays))
        case Weekly(weekdays, opens, closes):
            return reader.text(
                "on {weekdays} from {start} to {end}",
                weekdays=reader.weekdays(weekdays),
                start=reader.clock_time(opens),
                end=reader.clock_time(closes),
            )


def help_text(reader: Reader) -> Message:
    """How to set up an alert, by example, and how to live with it."""
    parts = [reader.text(part) for part in _HELP]
    blocks = [section(part, f"alert-help-{place}") for place, part in enumerate(parts)]
    return Message(text="\n".join(parts), blocks=blocks_of(*blocks))


#: What is set up, how it is tried and changed, when it is quiet, and what is to be found out.
_HELP = (
    (
        "*Alerts for this channel*\n"
        "`/alert` the rules of this channel, and how each stands\n"
        "`/alert new` asks for all that a rule takes\n"
        "`/alert add …` tries a rule on the past first; then it is switched on:\n"
        "• `/alert add first_response_time &gt; 4h for 30m`\n"
        "• `/alert add csat &lt; 85% over 7d by group min 20`\n"
        "• `/alert add ticket_volume +40% vs usual`\n"
        "• `/alert add first_response_time unusual`\n"
        "• `/alert add ticket waiting &gt; 1h without reply`\n"
        "• `/alert add sla burns 6x goal 95%`\n"
        "• `/alert add data older than 2h`\n"
        "More can be said of each: `over 2h`, `recover 3h`, `keep 15m`, `every 4h`, "
        "`for group Billing`, `in office hours`"
    ),
    (
        "*A rule goes by its number*, also in another channel; where there is only one, by none\n"
        "`/alert test 3` on the last 90 days, `/alert test 3 30d` on fewer\n"
        "`/alert edit 3`, `/alert pause 3`, `/alert resume 3`, `/alert remove 3`"
    ),
    (
        "*Quiet for a while*\n"
        "• `/alert mute for 2h because we move the office`\n"
        "• `/alert mute every sat,sun because nobody is here`\n"
        "• `/alert mute 3 until tomorrow 9:00 because we move the office`\n"
        "`/alert unmute` ends all of it, `/alert unmute 3` what is about that rule"
    ),
    (
        "*What happened, and what it is worth*\n"
        "`/alert log` what happened\n"
        "`/alert why 3 yesterday 14:05` why it did or did not fire\n"
        "`/alert review` what each rule earned\n"
        "`/alert budget 1` how many false alarms a week this channel puts up with\n"
        "Leads set them up; everybody reads them, takes them on and snoozes them."
    ),
)
