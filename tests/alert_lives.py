"""The messages of alerts through lives that the evaluator itself has lived, and those beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.alerts.judge import Observation, Seen
from bot.alerts.life import Kind, Missed, Step, acknowledge, snooze, stop
from bot.alerts.quiet import Period, muted_by
from bot.alerts.rehearsal import Deed, Moment, firings, replay
from bot.alerts.rule import Burn, Change, Limit, NoData, Old, Rule, Side, Unusual, Waiting
from bot.alerts.wording import written
from bot.domain import Dimension, Slice
from bot.errors import SlackHeld, SlackRefused
from bot.locale import Reader
from bot.message import Message
from bot.metrics.usual import Usual
from bot.slack.alerts import behind, incident, notices, thread
from bot.slack.alerts.shown import Shown, ended_of, past_of

ATHENS = ZoneInfo("Europe/Athens")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

#: Friday, 14:00 in Athens.
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NUMBER = 7

# --- Rules ---------------------------------------------------------------------------------------


def slow(**told: Any) -> Rule:
    """First response time above 4 h."""
    rule = Rule(Limit(Side.ABOVE, 4 * 3600.0, 3.6 * 3600.0), "first_response_time")
    return replace(rule, over=2 * HOUR, lasting=30 * MINUTE, **told)


EMAIL = Slice(Dimension.CHANNEL, "email")
SLOW = slow()
SLOW_EMAIL = slow(only=EMAIL)
SLOW_BY_GROUP = slow(by=Dimension.GROUP)
BAD_CSAT = Rule(Limit(Side.BELOW, 0.85, 0.865), "csat", over=timedelta(days=7))
BUSY = Rule(Change(Side.ABOVE, 0.4), "ticket_volume")
QUIET = Rule(Change(Side.EITHER, 0.4), "ticket_volume", by=Dimension.CHANNEL)
UNUSUAL = Rule(Unusual(Side.ABOVE), "first_response_time", over=2 * HOUR)
UNUSUAL_BY_GROUP = replace(UNUSUAL, by=Dimension.GROUP)
OLD = Rule(Old(2 * HOUR))
BURNS = Rule(Burn(6.0, 0.95, 30 * MINUTE), "sla_attainment", over=6 * HOUR)
BURNS_BY_GROUP = replace(BURNS, by=Dimension.GROUP, only=EMAIL)
WAITING = Rule(Waiting(HOUR))
BACKLOG = Rule(Limit(Side.ABOVE, 200.0, 180.0), "backlog", lasting=HOUR)

# --- Lives ---------------------------------------------------------------------------------------

Look = Mapping[str | None, Observation] | Observation | float | None


def seen(look: Look) -> Seen | None:
    """What there was to see: a number of all tickets, of 37, is enough to say."""
    match look:
        case float() | int():
            return {None: Observation(float(look), 37)}
        case Observation():
            return {None: look}
    return look


def lived(
    rule: Rule,
    looks: Sequence[Look],
    *,
    deeds: Iterable[Deed] = (),
    muted_for: timedelta | None = None,
) -> list[Moment]:
    """What happens from `START` on, looked at as often as the rule is; the last look is a moment."""
    slots = rule.slots(START - rule.tick, START + rule.tick * (len(looks) - 1))
    muted = muted_by([Period(START, START + muted_for)] if muted_for else [])
    found = list(replay(rule, slots, [seen(one) for one in looks], deeds=deeds, muted=muted))
    if found and found[-1].at < slots[-1]:
        standing = found[-1].after
        found.append(Moment(slots[-1], standing, standing, (), seen(looks[-1])))
    return found


def taken_on(after: timedelta, by: str = "U1LEAD") -> Deed:
    at = START + after
    return at, lambda standing: acknowledge(standing, by=by, at=at)


def put_off(after: timedelta, until: timedelta, by: str = "U1LEAD") -> Deed:
    at = START + after
    return at, lambda standing: snooze(standing, by=by, at=at, until=START + until)


def stopped(after: timedelta, by: str = "U1LEAD") -> Deed:
    at = START + after
    return at, lambda standing: stop(standing, by=by, at=at)


def shown(rule: Rule, moments: Sequence[Moment], **told: Any) -> Shown:
    """How the message of the first incident stands after the moments, as the job makes it."""
    first = firings(moments)[0]
    life = [one for one in moments if one.at >= first.opened_at]
    steps = [step for one in life for step in one.steps]
    before = first.moments[0].after.incident
    return Shown(
        rule,
        NUMBER,
        written(rule),
        life[-1].after,
        life[-1].at,
        first.opened_at,
        incident=42,
        told_at=before.told_at if before else None,
        ended=ended_of(steps),
        past=past_of(steps),
        link=lambda part: f"https://acme.example/t/{part.partition(':')[2]}?a=1&b=2",
        **told,
    )


def message(rule: Rule, looks: Sequence[Look], **told: Any) -> Callable[[Reader], Message]:
    """The message after some looks; `told` are deeds, and what the job adds to what is shown."""
    how = {name: told.pop(name) for name in ("deeds", "muted_for") if name in told}
    moments = lived(rule, looks, **how)
    made = shown(rule, moments, **told)
    return lambda reader: incident.render(made, reader)


def hours(*values: float) -> list[Look]:
    return [value * 3600 for value in values]


def groups(**values: float | None) -> Look:
    return {name: Observation(value and value * 3600, 37) for name, value in values.items()}


def desks(**ages: float) -> Look:
    """How many seconds ago each help desk was read."""
    return {name: Observation(age) for name, age in ages.items()}


def tickets(**ages: float) -> Look:
    """The tickets that wait, each with how many hours it has."""
    return {f"acme:{name[1:]}": Observation(age * 3600, 1) for name, age in ages.items()}


#: It is bad for half an hour, then it fires.
BAD = hours(*[4.2] * 7)
USUAL = Usual(40 * 60, 60 * 60, 80 * 60)
BILLING = Slice(Dimension.GROUP, "Billing")
FACTS: Mapping[str, Any] = {"usual": USUAL, "mostly": BILLING, "data_until": START + 30 * MINUTE}
WORST = [*BAD, *hours(5.03, 4.6)]
BACK = hours(*[55 / 60] * 2)
OVER = [*WORST, *hours(*[55 / 60] * 4)]
THREE = [
    *[groups(Billing=4.2, Technical=4.5, Sales=0.5)] * 7,
    groups(Billing=5.03, Technical=4.4, Sales=0.5),
]
#: One group is back inside while the other goes on.
ONE_LEFT = [*THREE, *[groups(Billing=4.9, Technical=1, Sales=0.5)] * 4]
ALL_BACK: list[Look] = [*ONE_LEFT, *[groups(Billing=1, Technical=1, Sales=0.5)] * 4]
FOURTEEN: list[Look] = [
    {f"Group {n:02}": Observation((4.1 + n / 10) * 3600, 25) for n in range(14)}
] * 7
#: Names of groups as people give them: right to left, and as if they were markup.
ODD: list[Look] = [
    {
        name: Observation(hours_ * 3600, 30)
        for name, hours_ in {
            "<!channel> & <b>": 6.0,
            "پشتیبانی فنی": 5.0,
            "الفواتير (VIP)": 4.5,
            "*bold* _it_ `code` ~gone~": 4.2,
            None: 4.1,
        }.items()
    }
] * 7
FEW: list[Look] = [*WORST, *[Observation(900.0, 3)] * 30]


def usually(value: float, n: int = 142) -> Observation:
    return Observation(value, n, Usual(80, 96, 112))


def out_of(value: float) -> Observation:
    return Observation(value * 60, 37, Usual(35 * 60, 50 * 60, 70 * 60))


def burning(slow_: float, fast: float) -> Observation:
    return Observation(slow_, 120, fast=fast)


LIVES: dict[str, Callable[[Reader], Message]] = {
    "firing": message(SLOW, BAD),
    "firing with facts": message(SLOW_EMAIL, WORST, **FACTS),
    "just above": message(SLOW, [*hours(*[4.002] * 7)]),
    "acknowledged": message(SLOW_EMAIL, WORST, deeds=[taken_on(42 * MINUTE - 5 * MINUTE)], **FACTS),
    "snoozed": message(SLOW, WORST, deeds=[put_off(37 * MINUTE, 20 * HOUR)]),
    "acknowledged and snoozed": message(
        SLOW, WORST, deeds=[taken_on(36 * MINUTE), put_off(37 * MINUTE, 3 * HOUR)]
    ),
    "recovering": message(SLOW_EMAIL, [*WORST, *BACK], usual=USUAL),
    "over": message(SLOW, OVER),
    "over and voted": message(SLOW_EMAIL, OVER, deeds=[taken_on(37 * MINUTE)], votes=(3, 1)),
    "no data": message(SLOW, [*WORST, None, None]),
    "no data is bad": message(slow(no_data=NoData.ALERT), [None] * 8),
    "no data is fine": message(slow(no_data=NoData.OK), [*WORST, None]),
    "over without data": message(slow(no_data=NoData.OK), [*WORST, *[None] * 4]),
    "too few": message(SLOW, FEW),
    "stopped": message(SLOW, [*WORST, *hours(4.1)], deeds=[stopped(42 * MINUTE)]),
    "one group": message(SLOW_BY_GROUP, [groups(Billing=4.2, Sales=1)] * 7),
    "by group": message(SLOW_BY_GROUP, THREE),
    "by group one left": message(SLOW_BY_GROUP, ONE_LEFT),
    "by group over": message(SLOW_BY_GROUP, ALL_BACK),
    "fourteen groups": message(SLOW_BY_GROUP, FOURTEEN),
    "odd names": message(SLOW_BY_GROUP, ODD),
    "below": message(BAD_CSAT, [Observation(0.82, 61)]),
    "backlog": message(BACKLOG, [Observation(231.0, 231)] * 14, usual=Usual(110, 140, 170)),
    "change": message(BUSY, [usually(142)]),
    "change by channel": message(
        QUIET, [{"email": usually(142), "chat": usually(31, 31), "web": usually(96)}]
    ),
    "change of nothing": message(BUSY, [Observation(12.0, 12, Usual(0, 0, 3))]),
    "unusual": message(UNUSUAL, [out_of(130)]),
    "unusual by group": message(UNUSUAL_BY_GROUP, [{"Billing": out_of(130), "Sales": out_of(90)}]),
    "old": message(OLD, [desks(acme=7_800, shop=120)]),
    "old at two desks": message(
        OLD, [{"acme": Observation(7_800.0), "<shop> & co": Observation(11_000.0)}]
    ),
    "old over": message(OLD, [desks(acme=7_800), *[desks(acme=120)] * 4]),
    "burning": message(BURNS, [burning(8.0, 12.4)]),
    "burning by group": message(
        BURNS_BY_GROUP, [{"Billing": burning(8.0, 12.4), "Sales": burning(6.6, 7.0)}]
    ),
    "burning over": message(BURNS, [burning(8.0, 12.4), *[burning(4.0, 0.8)] * 5]),
    "ticket waiting": message(WAITING, [tickets(t4711=1.05)]),
    "tickets waiting": message(
        WAITING,
        [
            tickets(t4711=1.05),
            tickets(t4711=1.13, t4720=1.02, t4721=1.01),
            tickets(t4711=1.2, t4721=1.1),
        ],
    ),
    "many tickets waiting": message(
        WAITING, [tickets(**{f"t{4700 + n}": 1.05 + n / 10 for n in range(13)})]
    ),
    "no ticket waiting": message(WAITING, [tickets(t4711=1.05), tickets(t4711=2.4), {}]),
}

# --- Threads -------------------------------------------------------------------------------------


def with_thread(rule: Rule, looks: Sequence[Look], **told: Any) -> Callable[[Reader], Message]:
    """The message in the end, below it what is said of each moment."""
    moments = lived(rule, looks, **told)

    def made(reader: Reader) -> Message:
        lines = [
            line
            for place, moment in enumerate(moments, start=1)
            if firings(moments[:place])
            for line, _ in thread.replies(moment.steps, shown(rule, moments[:place]), reader)
        ]
        return replace(incident.render(shown(rule, moments), reader), thread=lines)

    return made


THREADS: dict[str, Callable[[Reader], Message]] = {
    "thread": with_thread(
        SLOW,
        [*WORST, None, *hours(4.1, 1, 1, 4.4), *hours(*[4.3] * 120), *hours(*[1] * 5)],
        deeds=[taken_on(37 * MINUTE), put_off(80 * MINUTE, 100 * MINUTE)],
    ),
    "thread of groups": with_thread(
        SLOW_BY_GROUP,
        [
            *[groups(Billing=4.2, Sales=1)] * 8,
            *[groups(Billing=4.2, Sales=5)] * 8,
            *[groups(Billing=1, Sales=5)] * 4,
            *[groups(Sales=0.5)] * 4,
        ],
        deeds=[taken_on(37 * MINUTE)],
    ),
    "thread of a stop": with_thread(SLOW, [*WORST, *hours(4.1)], deeds=[stopped(42 * MINUTE)]),
}

# --- Beside the alerts ---------------------------------------------------------------------------


def missed(
    *worst: float | None, many: int | None = None, rule: Rule = SLOW
) -> Callable[..., Message]:
    gone = tuple(
        Missed(START + place * HOUR, START + place * HOUR + 40 * MINUTE, one)
        for place, one in enumerate(worst)
    )
    step = Step(Kind.MISSED, START + 20 * HOUR, missed=gone, many=many or len(gone))
    text = written(rule)
    return lambda reader: notices.missed(step, rule, reader, number=NUMBER, text=text)


STANDS = shown(SLOW, lived(SLOW, WORST))


def notice(problem: str, *, stands: bool = True) -> Callable[[Reader], Message]:
    return lambda reader: notices.notice(
        NUMBER,
        written(SLOW),
        "C0SUPPORT",
        problem,
        reader,
        rule=SLOW if stands else None,
        shown=STANDS if stands else None,
    )


def refused(code: str) -> str:
    return SlackRefused("Slack answered {told}.", code=code, told=code).kept()


def held(code: str, mend: str) -> str:
    return SlackHeld("Slack answered {told}.", mend, code=code, told=code).kept()


BEHIND = [
    behind.Behind(
        "acme",
        "4711",
        START - 6 * HOUR,
        "https://acme.example/t/4711?a=1&b=2",
        18_120.0,
        "Billing",
        "email",
    ),
    behind.Behind("<shop> & co", "<9>", START - 30 * HOUR, None, 15_000.0),
    behind.Behind(
        "acme",
        "4713",
        START - 5 * HOUR,
        f"https://acme.example/{'x' * 900}",
        14_600.0,
        "پشتیبانی فنی",
    ),
]

BESIDE: dict[str, Callable[[Reader], Message]] = {
    "missed": missed(18_120.0),
    "missed often": missed(18_120.0, None, 15_000.0, many=9),
    "missed tickets": missed(5_000.0, rule=WAITING),
    "not posted": notice(refused("msg_too_long")),
    "deleted": notice(refused("message_not_found")),
    "archived": notice(held("is_archived", "Unarchive the channel.")),
    "channel lost": notice(
        held("not_in_channel", "Invite the bot: type /invite @deskpulse in the channel.")
    ),
    "token revoked": notice(
        held(
            "token_revoked",
            "Install the Slack app again and set SLACK_BOT_TOKEN to its new token.",
        ),
        stands=False,
    ),
    "too old to change": notice(refused("edit_window_closed")),
    "tickets": lambda reader: behind.tickets(BEHIND, SLOW, START, reader, part=BILLING),
    "tickets and more": lambda reader: behind.tickets(BEHIND * 9, SLOW, START, reader, many=140),
    "no tickets": lambda reader: behind.tickets([], SLOW, START, reader),
}
