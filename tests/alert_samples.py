"""Every message and every window that is about alerts, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

from bot.alerts.budget import Basis, Cost, TooLittle
from bot.alerts.earnings import Earnings, Review
from bot.alerts.explanation import Answer, Explanation, HeldBy, Late, Undelivered, looked
from bot.alerts.hindsight import Finding, History
from bot.alerts.judge import Observation
from bot.alerts.life import CALM, Kind, Standing, Step
from bot.alerts.quiet import Period, Weekly
from bot.alerts.rehearsal import Moment, Rehearsal
from bot.alerts.rule import Burn, Change, Limit, NoData, Rule, Side, Unusual
from bot.alerts.wording import written
from bot.domain import Dimension, Slice, Window
from bot.errors import UsageError
from bot.locale import Reader
from bot.message import BlockJson, Message
from bot.metrics import Clock
from bot.slack.alerts import explained, listing, log, modal, rehearsal, review
from bot.slack.alerts.costs import Budget
from bot.slack.alerts.form import Form, Sort, filled
from bot.slack.alerts.rehearsal import Proposal, Tried
from tests.alert_lives import (
    ALL_BACK,
    ATHENS,
    BACKLOG,
    BAD,
    BAD_CSAT,
    BESIDE,
    BURNS,
    BURNS_BY_GROUP,
    BUSY,
    HOUR,
    LIVES,
    MINUTE,
    NUMBER,
    OLD,
    OVER,
    QUIET,
    SLOW,
    SLOW_BY_GROUP,
    SLOW_EMAIL,
    START,
    THREADS,
    UNUSUAL,
    UNUSUAL_BY_GROUP,
    WAITING,
    WORST,
    Look,
    desks,
    groups,
    held,
    hours,
    lived,
    out_of,
    put_off,
    seen,
    slow,
    taken_on,
    tickets,
)
from tests.workspace import words

# --- The rules of a channel ----------------------------------------------------------------------


def standing(rule: Rule, looks: Sequence[Look], **told: Any) -> Standing:
    return lived(rule, looks, **told)[-1].after


def listed_as(number: int, rule: Rule, standing_: Standing = CALM, **told: Any) -> listing.Listed:
    return listing.Listed(number, rule, written(rule), standing_, "U1LEAD", **told)


NOW = START + 40 * MINUTE
LISTED = [
    listed_as(3, SLOW_EMAIL, standing(SLOW, WORST), fired=4),
    listed_as(4, SLOW, standing(SLOW, WORST, deeds=[taken_on(37 * MINUTE)]), fired=4),
    listed_as(5, BACKLOG, standing(BACKLOG, [Observation(231.0)] * 4), fired=1),
    listed_as(6, SLOW_BY_GROUP, standing(SLOW, [*BAD, *hours(1, 1)])),
    listed_as(7, OLD, Standing(no_data_since=START)),
    listed_as(8, BAD_CSAT, muted_until=START + 5 * HOUR, muted_why="we <b>move</b>"),
    listed_as(9, BUSY, paused=True, fired=31),
    listed_as(
        10,
        WAITING,
        problem=held("not_in_channel", "Invite the bot: type /invite @deskpulse in the channel."),
    ),
]
MUTES = [
    listing.Muted(1, Period(START, START + 3 * HOUR), "we <b>move</b>", "U2LEAD"),
    listing.Muted(
        2, Period(START + 30 * HOUR, START + 40 * HOUR), "we celebrate", "U2LEAD", rule=3
    ),
    listing.Muted(3, Weekly((5, 6), time(0), time(0), ATHENS, START), "nobody is here", "U2LEAD"),
    listing.Muted(
        4, Weekly(tuple(range(7)), time(22), time(7), ATHENS, START), "we sleep", "U2LEAD"
    ),
]


def listed(
    rules: Sequence[listing.Listed],
    mutes: Sequence[listing.Muted] = (),
    budget: Budget | None = None,
) -> Callable[[Reader], Message]:
    return lambda reader: listing.listed(rules, NOW, reader, mutes=mutes, budget=budget)


RULES: dict[str, Callable[[Reader], Message]] = {
    "list": listed(LISTED[:4], MUTES[:2], Budget(1.0, 0.4)),
    "list of troubles": listed(LISTED[4:], MUTES[2:], Budget(1.0, 1.4)),
    "long list": listed(
        [replace(one, number=10 * n + at) for n in range(5) for at, one in enumerate(LISTED)],
        budget=Budget(2.0),
    ),
    "list of a mute": listed([], MUTES[:1]),
    "list of many mutes": listed([], [replace(MUTES[3], id=n) for n in range(9)]),
    "list none": listed([]),
    "help": listing.help_text,
}

# --- Rehearsals ----------------------------------------------------------------------------------

DAYS = Window(START - timedelta(days=90), START)
#: Three firings: the second is held back until it is over, the third goes on.
PAST = [*hours(1), *OVER, *hours(*[1] * 3), *OVER, *hours(*[1] * 3), *hours(*[4.2] * 80)]


def rehearsal_of(rule: Rule, looks: Sequence[Look], **told: Any) -> Rehearsal:
    moments = [replace(one, at=one.at) for one in lived(rule, looks, **told)]
    window = Window(DAYS.start, moments[-1].at if moments else START)
    return Rehearsal(rule, window, window, slots=900, moments=moments)


def tried(rule: Rule, looks: Sequence[Look], **told: Any) -> Callable[[Reader], Message]:
    made = tried_as(rule, looks, **told)
    return lambda reader: rehearsal.rehearsed(made, reader)


def tried_as(rule: Rule, looks: Sequence[Look], **told: Any) -> Tried:
    """`lacking` is in which share of the moments there were no data in time."""
    covered, lacking = told.pop("covered", timedelta(days=90)), told.pop("lacking", 0.0)
    found = rehearsal_of(
        rule, looks, deeds=told.pop("deeds", ()), muted_for=told.pop("muted_for", None)
    )
    window = Window(found.asked.end - covered, found.asked.end) if covered else None
    found = replace(found, covered=window, without_data=round(found.slots * lacking))
    return Tried(found, written(rule), "C0SUPPORT", **told)


def finding(
    says: History, *, out: int = 0, most: int = 37, longest: timedelta = 0 * HOUR
) -> Finding:
    return Finding(says, 1_000, 990, 900, out, most, longest, Observation(3.5 * 3600, 40))


PROPOSALS = [
    Proposal("first_response_time > 5h for 30m over 2h", 0.3),
    Proposal("first_response_time > 4h for 1h over 2h", 0.02),
]
DEAR = Cost(1.6, 0.9, 2.6, 12.8)
CHEAP = Cost(0.25, 0.1, 0.6, 12.8)

REHEARSALS: dict[str, Callable[[Reader], Message]] = {
    "rehearsal": tried(SLOW, PAST, cost=CHEAP, budget=Budget(1.0, 0.65)),
    "rehearsal held back": tried(SLOW, PAST, muted_for=8 * HOUR, cost=CHEAP),
    "rehearsal too dear": tried(
        SLOW, PAST, cost=DEAR, budget=Budget(1.0, 2.0), proposals=PROPOSALS
    ),
    "rehearsal of a rule that is on": tried(SLOW_BY_GROUP, ALL_BACK, number=7, cost=CHEAP),
    "rehearsal of many": tried(SLOW, [*OVER, *hours(*[1] * 3)] * 14),
    "rehearsal never": tried(SLOW, hours(1), finding=finding(History.NEVER)),
    "rehearsal not long enough": tried(
        SLOW, hours(1), finding=finding(History.SHORT, out=4, longest=20 * MINUTE)
    ),
    "rehearsal always": tried(
        SLOW,
        hours(*[4.2] * 200),
        finding=finding(History.ALWAYS, out=850),
        cost=CHEAP,
        proposals=[Proposal("first_response_time > 9h", fired=3)],
    ),
    "rehearsal often": tried(
        SLOW,
        hours(*[4.2] * 200),
        finding=finding(History.OFTEN, out=720),
        cost=CHEAP,
        budget=Budget(1.0, 0.65),
        proposals=[Proposal("first_response_time > 9h", fired=1)],
    ),
    "rehearsal too new": tried(
        UNUSUAL,
        hours(1),
        finding=finding(History.NEW),
        covered=timedelta(days=12),
        cost=TooLittle(1.7),
    ),
    "rehearsal too few": tried(SLOW, hours(1), finding=finding(History.FEW, most=12)),
    "rehearsal without history": tried(SLOW, hours(1), covered=timedelta(0)),
    "rehearsal unread": tried(SLOW, hours(1), finding=finding(History.UNREAD), lacking=1.0),
    "rehearsal with gaps": tried(SLOW, PAST, cost=CHEAP, lacking=0.3),
    "rehearsal of a ticket": tried(
        WAITING, [tickets(t4711=1.05), {}], cost=Cost(0, 0, 0, 12, Basis.NEVER)
    ),
    "rehearsal of many tickets": tried(
        WAITING,
        [tickets(**{f"t{n}": 1.05 for n in range(3_699)}), {}],
        cost=Cost(0, 0, 0, 12, Basis.NEVER),
        proposals=[Proposal("ticket waiting > 4h without reply", a_day=8.5)],
    ),
    "rehearsal of data": tried(
        OLD,
        [desks(acme=7_800), *[desks(acme=120)] * 5],
        cost=Cost(0.2, 0.1, 0.4, 12, Basis.HISTORY),
        warnings=["The desk refuses the token <now>."],
    ),
}

# --- The log, why, and the review ----------------------------------------------------------------


def entries(rule: Rule, looks: Sequence[Look], **told: Any) -> list[log.Entry]:
    """Every step, the newest first."""
    steps = [step for moment in lived(rule, looks, **told) for step in moment.steps]
    return [log.Entry(step, rule, NUMBER) for step in reversed(steps)]


LOGGED = [
    log.Entry(Step(Kind.MISSED, START + 30 * HOUR, many=3), SLOW, NUMBER),
    log.Entry(Step(Kind.STOPPED, START + 29 * HOUR, who="U1LEAD"), SLOW, 8),
    log.Entry(
        Step(Kind.REMINDED, START + 28 * HOUR, value=20_000.0),
        SLOW,
        NUMBER,
        Undelivered("The message above it is gone."),
    ),
    log.Entry(
        Step(Kind.TOLD, START + 27 * HOUR, value=18_000.0),
        SLOW,
        NUMBER,
        Undelivered("Slack answered <b>is_inactive</b>.", is_gone=True),
    ),
    *entries(
        SLOW,
        [*hours(4.2, 1), *WORST, None, *hours(1, 4.4), *hours(*[1] * 5)],
        deeds=[taken_on(47 * MINUTE), put_off(48 * MINUTE, 50 * MINUTE)],
    ),
    *entries(SLOW_BY_GROUP, ALL_BACK, muted_for=33 * MINUTE),
]


def why(rule: Rule, looks: Sequence[Look], answer: Answer, **told: Any) -> Callable[..., Message]:
    """Why a rule did what it did in the last of some looks."""
    moments = lived(rule, looks, deeds=told.pop("deeds", ()))
    last = moments[-1] if moments else Moment(START, CALM, CALM, (), seen(looks[-1]))
    found = Explanation(
        rule,
        last.at + 2 * MINUTE,
        last.at,
        answer,
        since=START - timedelta(days=20),
        judged_until=last.at + 5 * MINUTE,
        parts=looked(rule, last.seen, last),
        before=last.before,
        after=last.after,
        logged=last.steps,
        **told,
    )
    return lambda reader: explained.explained(found, reader, number=NUMBER, text=written(rule))


LAST = Step(Kind.ENDED, START - 30 * HOUR, value=18_120.0, n=37)
UNTOLD = [
    HeldBy("U2LEAD", "we <b>move</b>", START + 3 * HOUR),
    HeldBy(is_closed=True),
    HeldBy(),
]
LATE = [Late("acme", START - 40 * MINUTE), Late("<shop> & co")]

EXPLAINED: dict[str, Callable[[Reader], Message]] = {
    "why it fired": why(SLOW, BAD, Answer.FIRED),
    "why it did not fire": why(
        SLOW_BY_GROUP,
        [groups(Billing=3.8, Sales=1), groups(Billing=3.8, Sales=1)],
        Answer.INSIDE,
        last=LAST,
    ),
    "why it was firing already": why(SLOW, [*WORST], Answer.FIRING, deeds=[taken_on(37 * MINUTE)]),
    "why it was pending": why(SLOW, BAD[:3], Answer.PENDING, held_by=UNTOLD),
    "why nothing was known": why(SLOW, [*BAD[:3], None], Answer.NO_DATA, late=LATE, changed=True),
    "why it was not judged": why(SLOW, hours(1), Answer.NOT_ON),
    "why of what is unusual": why(UNUSUAL, [out_of(130)], Answer.FIRED),
}

EARNED = [
    Review(
        3,
        SLOW_EMAIL,
        written(SLOW_EMAIL),
        Earnings(4, 4, 3, 1, useful=2, median=timedelta(minutes=12)),
    ),
    Review(
        4,
        BUSY,
        written(BUSY),
        Earnings(19, 19, 1, 17, useless=3, median=timedelta(minutes=50)),
        looser=replace(BUSY, condition=Change(Side.ABOVE, 0.8)),
        cost=0.2,
    ),
    Review(5, BAD_CSAT, written(BAD_CSAT), Earnings()),
    Review(6, BACKLOG, written(BACKLOG), Earnings(1, 1, 1)),
]
#: Rules of which too little can be said yet.
YOUNG = [
    Review(7, SLOW, written(SLOW), Earnings(), age=timedelta(days=3)),
    Review(8, OLD, written(OLD), Earnings(), age=timedelta(hours=3)),
    Review(9, WAITING, written(WAITING), Earnings(), age=timedelta(days=14)),
]


def reviewed(earned: Sequence[Review], budget: Budget | None = None) -> Callable[..., Message]:
    first, last = date(2026, 11, 1), date(2026, 11, 30)
    return lambda reader: review.reviewed(earned, first, last, "C0SUPPORT", reader, budget=budget)


REVIEWS: dict[str, Callable[[Reader], Message]] = {
    "review": reviewed(EARNED, Budget(1.0, 1.4)),
    "review of a good month": reviewed(EARNED[:1]),
    "review of young rules": reviewed(YOUNG),
    "review of nothing": reviewed(EARNED[2:3]),
    "review of many": reviewed(
        [replace(one, number=10 * n + at) for n in range(4) for at, one in enumerate(EARNED)]
    ),
    "log": lambda reader: log.logged(LOGGED, reader),
    "log of one rule": lambda reader: log.logged(
        LOGGED[1:4], reader, number=NUMBER, text=written(SLOW)
    ),
    "log of nothing": lambda reader: log.logged([], reader),
}

#: Every message about alerts, as `tests/test_messages.py` and `tests/test_language.py` try them.
ALERTS: dict[str, Callable[[Reader], Message]] = {
    f"alert {name}": made
    for some in (LIVES, THREADS, BESIDE, RULES, REHEARSALS, EXPLAINED, REVIEWS)
    for name, made in some.items()
}

# --- Windows -------------------------------------------------------------------------------------

ALL_RULES = (
    *(SLOW, SLOW_EMAIL, SLOW_BY_GROUP, BAD_CSAT, BUSY, QUIET, UNUSUAL, UNUSUAL_BY_GROUP, OLD),
    *(BURNS, BURNS_BY_GROUP, WAITING, BACKLOG),
    slow(no_data=NoData.OK, in_hours=True, keep=HOUR, every=2 * HOUR, fewest=5),
    slow(no_data=NoData.ALERT, clock=Clock.BUSINESS),
    replace(BURNS, condition=Burn(6.0, 0.95, timedelta(minutes=15))),
    replace(SLOW, condition=Limit(Side.ABOVE, 4 * 3600.0, 3 * 3600.0)),
    replace(OLD, only=Slice(Dimension.DESK, "acme")),
    replace(WAITING, only=Slice(Dimension.GROUP, "VIP 1"), in_hours=True),
    replace(UNUSUAL, condition=Unusual(Side.EITHER)),
    replace(UNUSUAL, condition=Unusual(Side.BELOW)),
    replace(BUSY, condition=Change(Side.BELOW, 0.125), lasting=HOUR),
    Rule(Limit(Side.BELOW, 0.7, 0.73), "first_contact_resolution", over=timedelta(days=1)),
)

WRONG = UsageError(
    "The limit of a share is a percentage, “{typed}” is not.",
    "For example: {example}",
    typed="<now>",
    example="`/alert add csat < 85%`",
)

VIEWS: dict[str, Callable[[Reader], modal.ViewJson]] = {
    "alert modal new": lambda reader: modal.view(Form("C0SUPPORT"), modal.Preview(), reader),
    "alert modal filled": lambda reader: modal.view(
        filled(SLOW_EMAIL, "C0SUPPORT", NUMBER),
        modal.Preview(SLOW_EMAIL, written(SLOW_EMAIL), tried=rehearsal_of(SLOW_EMAIL, PAST)),
        reader,
    ),
    "alert modal wrong": lambda reader: modal.view(
        Form("C0SUPPORT", Sort.CHANGE, "csat", Side.EITHER, "<now>", in_hours=True),
        modal.Preview(problem=WRONG.kept()),
        reader,
    ),
    **{
        f"alert modal {sort}": lambda reader, sort=sort: modal.view(  # type: ignore[misc]
            Form("C0SUPPORT", sort), modal.Preview(), reader
        )
        for sort in (Sort.UNUSUAL, Sort.OLD, Sort.BURN, Sort.WAITING)
    },
    "alert modal snooze": lambda reader: modal.snooze_until("42", START, reader),
}

# --- What is seen of them ------------------------------------------------------------------------

READER = Reader("en_GB", ATHENS)


def told(name: str, reader: Reader = READER) -> str:
    """The notification of a message."""
    return words({"text": ALERTS[f"alert {name}"](reader).text})


def everything(message: Message) -> str:
    """All that is shown, but for the notification."""
    return words({"blocks": list(message.blocks)})


def elements(message: Message) -> list[BlockJson]:
    return [element for block in message.blocks for element in block.get("elements", [])]


def actions(message: Message) -> list[str]:
    return [one["action_id"] for one in elements(message) if "action_id" in one]


def rows(message: Message) -> list[list[str]]:
    (table,) = (block for block in message.blocks if block["type"] == "table")
    return [[cell["text"] for cell in row] for row in table["rows"]]
