"""Readings against an oracle that counts the same tickets in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from math import comb, cos, pi, sqrt, tan
from statistics import fmean, median, quantiles
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from bot.domain import (
    ArticleDay,
    Call,
    Dimension,
    Fact,
    Question,
    Rating,
    Removal,
    Reopening,
    Response,
    Scale,
    Slice,
    Status,
    Target,
    Ticket,
    Window,
)
from bot.metrics import CATALOGUE, Reading
from bot.store.database import Database
from bot.store.desks import of as desks_of
from bot.store.readings import read
from bot.store.tickets import keep
from tests.store_samples import (
    CLOSES,
    EVERY_FACT,
    OPENS,
    SECRET,
    Plan,
    a_solved_ticket,
    a_ticket,
    a_workspace,
    plans,
    windows,
)
from tests.times import T

METRICS = list(CATALOGUE.values())
WEEK = timedelta(days=7)
ATHENS = ZoneInfo("Europe/Athens")

# --- The oracle: what each metric's definition says, over lists ------------------------------------


@dataclass
class Answer:
    """What a reading is to be; the ends of its interval may be off by `near`."""

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    p90: float | None = None
    mean: float | None = None
    near: float = 1e-6


NO_DATA = Answer(None, 0)


@dataclass
class Rows:
    """What a reading is about: the rows of its desks that belong to its slice.

    `everything` are all tickets of the workspace, whose requesters may have written before.
    """

    tickets: Sequence[Ticket]
    ratings: Sequence[Rating]
    calls: Sequence[Call]
    articles: Sequence[ArticleDay]
    everything: Sequence[tuple[str, Ticket]]
    settled: datetime | None


Oracle = Callable[[Rows, Window], Answer]


def within(moment: datetime | None, window: Window) -> bool:
    return moment is not None and window.start <= moment < window.end


def solved_in(tickets: Iterable[Ticket], window: Window) -> list[Ticket]:
    return [t for t in tickets if t.status.is_solved and within(t.last_solved_at, window)]


def count(rows: Sequence[object]) -> Answer:
    return Answer(len(rows), len(rows))


def average(total: float, divisor: int) -> Answer:
    return Answer(total / divisor, divisor) if divisor else NO_DATA


def mean_of(values: Sequence[float], *scale: float) -> Answer:
    """Student's interval around the mean; answers on a scale get a quarter more at either end."""
    n = len(values)
    if n < 2:
        return Answer(values[0], 1) if values else NO_DATA
    weighted = [(value, 1.0) for value in values] + [(end, 0.25) for end in scale]
    weight = sum(its for _, its in weighted)
    centre = sum(value * its for value, its in weighted) / weight
    variance = sum(its * (value - centre) ** 2 for value, its in weighted) / (weight - 1)
    reach = t_point(n - 1) * sqrt(variance / weight)
    lowest, highest = scale or (0.0, float("inf"))
    value = fmean(values)
    low, high = min(centre - reach, value), max(centre + reach, value)
    # Three degrees of freedom are where the expansion of t is furthest off: 0.12 %.
    near = max(1e-6, 0.002 * reach)
    return Answer(value, n, max(low, lowest), min(high, highest), near=near)


@cache
def t_point(freedom: int) -> float:
    """The point beyond which 2.5 % of Student's t lie, by adding up thin slices of its density."""
    steps, far = 4_000, 1.0
    # With t = tan(a) · √freedom the density is cos(a)^(freedom − 1), which ends at ±90°.
    width = pi / 2 / steps
    slices = [cos((step + 0.5) * width) ** (freedom - 1) for step in range(steps)]
    wanted, beyond = 0.05 * sum(slices), 0.0
    for step in reversed(range(steps)):
        if beyond + slices[step] > wanted:
            far = (step + 1 - (wanted - beyond) / slices[step]) * width
            break
        beyond += slices[step]
    return tan(far) * sqrt(freedom)


def seconds(spans: Iterable[timedelta]) -> float:
    return sum(span.total_seconds() for span in spans)


def whole_days(articles: Iterable[ArticleDay], window: Window) -> list[ArticleDay]:
    """Those of the days of which no moment lies outside of the window (it is in UTC here)."""
    midnights = {a.day: datetime.combine(a.day, time.min, tzinfo=UTC) for a in articles}
    return [
        a
        for a in articles
        if window.start <= midnights[a.day] and midnights[a.day] + timedelta(days=1) <= window.end
    ]


def requester(desk: str, ticket: Ticket) -> str | None:
    """An address is the same customer everywhere; the tests know no other."""
    assert ticket.requester is None or "@" in ticket.requester, desk
    return ticket.requester


def contacts(rows: Rows, ticket: Ticket, since: datetime, until: datetime) -> bool:
    """Whether the requester of a ticket opened another one after `since`, up to `until`."""
    return ticket.requester is not None and any(
        other.removal is None
        and requester(desk, other) == ticket.requester
        and since < other.created_at <= until
        for desk, other in rows.everything
    )


def settled(rows: Rows, window: Window) -> list[Ticket]:
    """Solved in the window, and it is known whose they are and whether that one came back."""
    return [
        t
        for t in solved_in(rows.tickets, window)
        if rows.settled is not None
        and (t.last_solved_at or T()) < rows.settled
        and t.requester is not None
    ]


def is_resolved_at_first(rows: Rows, ticket: Ticket) -> bool:
    solved_at = ticket.last_solved_at or T()
    return (
        ticket.customer_messages <= 1
        and ticket.reopens == 0
        and not contacts(rows, ticket, solved_at, solved_at + WEEK)
    )


def has_written_before(rows: Rows, ticket: Ticket) -> bool:
    second = timedelta(seconds=1)
    created = ticket.created_at
    return contacts(rows, ticket, created - WEEK - second, created - second)


def repeat_contacts(rows: Rows, window: Window) -> Answer:
    created = [t for t in rows.tickets if within(t.created_at, window) and t.requester]
    again = {t.requester for t in created if has_written_before(rows, t)}
    return share(len(again), len({t.requester for t in created}))


def is_after_hours(moment: datetime) -> bool:
    return moment.weekday() > 4 or not OPENS <= moment.hour < CLOSES


def targets(rows: Rows, window: Window) -> Answer:
    """Met when it was done in time, and then; lost when it fell due before."""
    told = [target for ticket in rows.tickets for target in ticket.targets]
    met = [t for t in told if t.done_at and t.done_at <= t.due_at and within(t.done_at, window)]
    lost = [t for t in told if not (t.done_at and t.done_at <= t.due_at)]
    return share(len(met), len(met) + sum(within(t.due_at, window) for t in lost))


def ratings(rows: Rows, question: Question, window: Window, *scales: Scale) -> list[float]:
    """The answers in a window on some scales (any, when none is named); wrong ones are none."""
    return [
        r.raw
        for r in rows.ratings
        if r.question is question
        and r.raw is not None
        and abs(r.raw) <= 103
        and within(r.given_at, window)
        and r.scale in (scales or (r.scale,))
    ]


def csat(rows: Rows, window: Window) -> Answer:
    stars = ratings(rows, Question.CSAT, window, Scale.STARS)
    thumbs = ratings(rows, Question.CSAT, window, Scale.THUMBS)
    faces = ratings(rows, Question.CSAT, window, Scale.FRESHDESK)
    good = [s for s in stars if s >= 4] + [t for t in thumbs if t] + [f for f in faces if f > 100]
    return share(len(good), len(stars) + len(thumbs) + len(faces))


def csat_answered(rows: Rows, window: Window) -> Answer:
    asked = [r for r in rows.ratings if r.question is Question.CSAT and within(r.asked_at, window)]
    return share(sum(r.raw is not None and abs(r.raw) <= 103 for r in asked), len(asked))


def nps(rows: Rows, window: Window) -> Answer:
    """The adjusted Wald interval: ¾ of a promoter and of a detractor more, of three answers more."""
    told = ratings(rows, Question.NPS, window, Scale.NPS)
    if not told:
        return NO_DATA
    up, down, n = sum(t >= 9 for t in told), sum(t <= 6 for t in told), len(told)
    p, d = (up + 0.75) / (n + 3), (down + 0.75) / (n + 3)
    reach = 1.959964 * sqrt((p + d - (p - d) ** 2) / (n + 3))
    score, middle = 100 * (up - down) / n, p - d
    low, high = max(-100, 100 * (middle - reach)), min(100, 100 * (middle + reach))
    return Answer(score, n, min(low, score), max(high, score))


def ces(rows: Rows, window: Window) -> Answer:
    return mean_of(ratings(rows, Question.CES, window, Scale.CES), 1, 7)


def calls(rows: Rows, window: Window) -> list[Call]:
    return [c for c in rows.calls if c.inbound and within(c.started_at, window)]


def answered(rows: Rows, window: Window) -> list[Call]:
    return [c for c in calls(rows, window) if c.answered]


def handled(rows: Rows, window: Window) -> Answer:
    on_phone = [c.talk + c.hold + c.wrap_up for c in answered(rows, window)]
    on_tickets = [t.handle for t in solved_in(rows.tickets, window) if t.handle is not None]
    return mean_of([span.total_seconds() for span in on_phone + on_tickets])


def abandoned(rows: Rows, window: Window) -> Answer:
    five = timedelta(seconds=5)
    at_once = [c for c in calls(rows, window) if not c.answered and c.wait < five]
    later = [c for c in calls(rows, window) if not c.answered and c.wait >= five]
    return share(len(later), len(calls(rows, window)) - len(at_once))


def views(rows: Rows, window: Window) -> int:
    return sum(a.views for a in whole_days(rows.articles, window))


def created(rows: Rows, window: Window) -> list[Ticket]:
    return [t for t in rows.tickets if within(t.created_at, window)]


def share(hits: int, n: int) -> Answer:
    """Wilson's interval holds every p whose own spread reaches the share: found by halving."""
    if not n:
        return NO_DATA

    def reaches(p: float) -> bool:
        return (hits / n - p) ** 2 <= 1.959964**2 * p * (1 - p) / n

    def edge(inside: float, outside: float) -> float:
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if reaches(middle) else (inside, middle)
        return inside

    return Answer(hits / n, n, low=edge(hits / n, 0), high=edge(hits / n, 1))


def durations(stretches: Iterable[tuple[datetime, datetime | None]]) -> Answer:
    found = sorted(
        max(0.0, (end - start).total_seconds()) for start, end in stretches if end is not None
    )
    if not found:
        return NO_DATA
    low, high = middle_ranks(found)
    p90 = quantiles(found, n=10, method="inclusive")[8] if len(found) > 1 else found[0]
    return Answer(median(found), len(found), low, high, p90, fmean(found))


def middle_ranks(ordered: Sequence[float]) -> tuple[float | None, float | None]:
    """The narrowest symmetric pair of values that holds the median 95 % of the time."""
    n = len(ordered)
    for rank in range(n // 2, 0, -1):
        if sum(comb(n, k) for k in range(rank, n - rank + 1)) / 2**n >= 0.95:
            return ordered[rank - 1], ordered[n - rank]
    return None, None


def is_unsolved(ticket: Ticket, moment: datetime) -> bool:
    """Replays what happened before `moment`: unsolved, unless a solve was the last of it."""
    if ticket.created_at >= moment:
        return False
    events = [(stretch.solved_at, "solved") for stretch in ticket.reopenings]
    events += [(stretch.reopened_at, "reopened") for stretch in ticket.reopenings]
    if ticket.status.is_solved and ticket.last_solved_at is not None:
        events.append((ticket.last_solved_at, "solved"))
    past = [what for when, what in sorted(events) if when < moment]
    return not past or past[-1] != "solved"


ORACLE: dict[str, tuple[set[Fact], Oracle]] = {
    "ticket_volume": (set(), lambda of, w: count(created(of, w))),
    "tickets_solved": ({Fact.SOLVES}, lambda of, w: count(solved_in(of.tickets, w))),
    "backlog": (
        {Fact.SOLVES, Fact.REOPENS},
        lambda of, w: count([t for t in of.tickets if is_unsolved(t, w.end)]),
    ),
    "tickets_per_agent": (
        {Fact.SOLVES, Fact.SOLVER},
        lambda of, w: average(
            len(solved_in(of.tickets, w)),
            len({t.solver for t in solved_in(of.tickets, w)} - {None}),
        ),
    ),
    "after_hours_share": (
        {Fact.HOURS},
        lambda of, w: share(
            sum(is_after_hours(t.created_at) for t in created(of, w)), len(created(of, w))
        ),
    ),
    "interactions_per_resolution": (
        {Fact.SOLVES, Fact.REPLIES},
        lambda of, w: mean_of(
            [t.agent_messages + t.customer_messages for t in solved_in(of.tickets, w)]
        ),
    ),
    "first_response_time": (
        {Fact.FIRST_REPLY},
        lambda of, w: durations(
            (t.created_at, t.first_reply_at) for t in of.tickets if within(t.first_reply_at, w)
        ),
    ),
    "response_time": (
        {Fact.RESPONSES},
        lambda of, w: durations(
            (r.asked_at, r.answered_at)
            for t in of.tickets
            for r in t.responses
            if within(r.answered_at, w)
        ),
    ),
    "resolution_time": (
        {Fact.SOLVES},
        lambda of, w: durations((t.created_at, t.last_solved_at) for t in solved_in(of.tickets, w)),
    ),
    "first_resolution_time": (
        {Fact.SOLVES, Fact.FIRST_SOLVE},
        lambda of, w: durations(
            (t.created_at, t.first_solved_at) for t in of.tickets if within(t.first_solved_at, w)
        ),
    ),
    "requester_wait_time": (
        {Fact.SOLVES, Fact.WAITS},
        lambda of, w: durations(
            (T(), T() + t.requester_wait)
            for t in solved_in(of.tickets, w)
            if t.requester_wait is not None
        ),
    ),
    "first_contact_resolution": (
        {Fact.SOLVES, Fact.REOPENS, Fact.REPLIES, Fact.REQUESTER},
        lambda of, w: share(
            sum(is_resolved_at_first(of, t) for t in settled(of, w)), len(settled(of, w))
        ),
    ),
    "one_touch_rate": (
        {Fact.SOLVES, Fact.REPLIES},
        lambda of, w: share(
            sum(t.agent_replies == 1 for t in solved_in(of.tickets, w)),
            len(solved_in(of.tickets, w)),
        ),
    ),
    "reopen_rate": (
        {Fact.SOLVES, Fact.REOPENS},
        lambda of, w: share(
            sum(t.reopens > 0 for t in of.tickets if within(t.last_solved_at, w)),
            sum(within(t.last_solved_at, w) for t in of.tickets),
        ),
    ),
    "repeat_contact_rate": ({Fact.REQUESTER}, repeat_contacts),
    "transfer_rate": (
        {Fact.SOLVES, Fact.TRANSFERS},
        lambda of, w: share(
            sum(t.transfers > 0 for t in solved_in(of.tickets, w)), len(solved_in(of.tickets, w))
        ),
    ),
    "escalation_rate": (
        {Fact.ESCALATIONS},
        lambda of, w: share(sum(t.escalated for t in created(of, w)), len(created(of, w))),
    ),
    "sla_attainment": ({Fact.SLA}, targets),
    "complaint_rate": (
        {Fact.COMPLAINTS},
        lambda of, w: share(sum(t.complaint for t in created(of, w)), len(created(of, w))),
    ),
    "csat": ({Fact.CSAT}, csat),
    "csat_response_rate": ({Fact.CSAT, Fact.CSAT_REQUESTS}, csat_answered),
    "nps": ({Fact.NPS}, nps),
    "ces": ({Fact.CES}, ces),
    "handle_time": ({Fact.CALLS, Fact.HANDLE_TIME}, handled),
    "call_volume": ({Fact.CALLS}, lambda of, w: count(calls(of, w))),
    "hold_time": (
        {Fact.CALLS, Fact.HOLD_TIME},
        lambda of, w: mean_of([c.hold.total_seconds() for c in answered(of, w)]),
    ),
    "speed_of_answer": (
        {Fact.CALLS},
        lambda of, w: mean_of([c.wait.total_seconds() for c in answered(of, w)]),
    ),
    "abandonment_rate": ({Fact.CALLS}, abandoned),
    "article_views": ({Fact.ARTICLES}, lambda of, w: Answer(views(of, w), views(of, w))),
    "article_read_time": (
        {Fact.ARTICLES, Fact.READING_TIME},
        lambda of, w: average(
            seconds(a.reading for a in whole_days(of.articles, w)),
            sum(a.timed_views for a in whole_days(of.articles, w)),
        ),
    ),
    "self_service_ratio": (
        {Fact.ARTICLES},
        lambda of, w: average(views(of, w), len(created(of, w))),
    ),
}

#: What no help desk gives.
OF_PEOPLE = {
    *("quality_score", "churn_rate", "conversion_rate"),
    *("enps", "pulse_score", "survey_participation"),
}

#: Of these two facts one is enough.
EITHER = {"handle_time"}

#: Of these it is not known which agent stands behind a row, or there is more than one.
OF_NO_AGENT = {
    *("ticket_volume", "backlog", "after_hours_share", "first_resolution_time"),
    *("repeat_contact_rate", "escalation_rate", "sla_attainment", "complaint_rate"),
}
OF_CALLS = {"call_volume", "hold_time", "speed_of_answer", "abandonment_rate", "handle_time"}
OF_ARTICLES = {"article_views", "article_read_time", "self_service_ratio"}


def can_slice(key: str, by: Dimension) -> bool:
    """Whether the rows of a metric tell to which part they belong."""
    if key in OF_ARTICLES:
        return by is Dimension.DESK
    if key in OF_CALLS:
        return by is not Dimension.PRIORITY
    return by is not Dimension.AGENT or key not in OF_NO_AGENT


def answered_by(plan: Plan, ticket: Ticket, parts: Sequence[Slice]) -> Ticket:
    """The ticket with those responses alone that an agent gave, where the parts are agents."""
    agents = [part.value for part in parts if part.dimension is Dimension.AGENT]
    own = [r for r in ticket.responses if all(of_desk(plan, r.agent) == agent for agent in agents)]
    return replace(ticket, responses=own)


def of_desk(plan: Plan, agent: str | None) -> str | None:
    """The same number is somebody else at another desk."""
    return None if agent is None else f"{plan.name}:{agent}"


def part_of_ticket(plan: Plan, ticket: Ticket | None, by: Dimension, key: str) -> str | None:
    if by is Dimension.DESK:
        return plan.name
    if ticket is None:
        return None
    agent = ticket.first_replier if key == "first_response_time" else ticket.solver
    told = {
        Dimension.CHANNEL: ticket.channel,
        Dimension.GROUP: ticket.group,
        Dimension.PRIORITY: ticket.priority,
        Dimension.AGENT: of_desk(plan, agent),
    }
    return told[by]


def part_of_rating(plan: Plan, rating: Rating, by: Dimension) -> str | None:
    about = next((t for t in plan.tickets if t.id == rating.ticket), None)
    own = part_of_ticket(plan, about, by, "")
    return (of_desk(plan, rating.agent) or own) if by is Dimension.AGENT else own


def part_of_call(plan: Plan, call: Call, by: Dimension) -> str | None:
    told = {
        Dimension.DESK: plan.name,
        Dimension.CHANNEL: "phone",
        Dimension.GROUP: call.group,
        Dimension.AGENT: of_desk(plan, call.agent),
    }
    return told.get(by)


def gives(plan: Plan, key: str) -> bool:
    needs = ORACLE[key][0]
    return bool(needs & plan.gives) if key in EITHER else needs <= plan.gives


def able(plans: Sequence[Plan], key: str, slices: Sequence[Slice | None]) -> list[Plan]:
    """The desks that a reading is about."""
    named = [part.value for part in slices if part and part.dimension is Dimension.DESK]
    return [
        plan
        for plan in plans
        if not plan.retired and gives(plan, key) and all(name == plan.name for name in named)
    ]


def was_read(plan: Plan, window: Window) -> bool:
    """Whether the window and what was read of the desk have a moment in common."""
    if plan.data_from is None:
        return False
    return plan.data_from < window.end and (
        plan.data_until is None or window.start < plan.data_until
    )


def expected(plans: Sequence[Plan], key: str, window: Window, *slices: Slice | None) -> Answer:
    parts = [part for part in slices if part is not None]
    desks = [] if key in OF_PEOPLE else able(plans, key, slices)
    if not any(was_read(plan, window) for plan in desks):
        return NO_DATA
    if not all(can_slice(key, part.dimension) for part in parts):
        return NO_DATA
    return ORACLE[key][1](rows_of(plans, desks, key, parts), window)


def rows_of(plans: Sequence[Plan], desks: Sequence[Plan], key: str, parts: Sequence[Slice]) -> Rows:
    by_row = [p for p in parts if key != "response_time" or p.dimension is not Dimension.AGENT]

    def belongs(told: Callable[[Dimension], str | None]) -> bool:
        return all(told(part.dimension) == part.value for part in by_row)

    untils = [plan.data_until for plan in plans if not plan.retired]
    is_known = bool(untils) and None not in untils
    return Rows(
        tickets=[
            answered_by(
                plan,
                t if Fact.HANDLE_TIME in plan.gives else replace(t, handle=None),
                parts if key == "response_time" else [],
            )
            for plan in desks
            for t in plan.tickets
            if t.removal is None and belongs(lambda by, p=plan, t=t: part_of_ticket(p, t, by, key))  # type: ignore[misc]
        ],
        ratings=[
            r
            for plan in desks
            for r in plan.ratings
            if r.ticket not in {t.id for t in plan.tickets if t.removal}
            and belongs(lambda by, p=plan, r=r: part_of_rating(p, r, by))  # type: ignore[misc]
        ],
        calls=[
            c
            for plan in desks
            for c in plan.calls
            if Fact.CALLS in plan.gives and belongs(lambda by, p=plan, c=c: part_of_call(p, c, by))  # type: ignore[misc]
        ],
        articles=[a for plan in desks for a in plan.articles],
        everything=[(plan.name, t) for plan in plans for t in plan.tickets],
        settled=min(filter(None, untils)) - WEEK if is_known else None,
    )


def answer(reading: Reading) -> Answer:
    return Answer(reading.value, reading.n, reading.low, reading.high, reading.p90, reading.mean)


def assert_same(found: Answer, wanted: Answer, where: object) -> None:
    for name in ("value", "n", "low", "high", "p90", "mean"):
        one, other = getattr(found, name), getattr(wanted, name)
        if one is None or other is None:
            assert one is other, (name, found, wanted, where)
        else:
            near = wanted.near if name in ("low", "high") else 1e-6
            assert one == pytest.approx(other, rel=1e-6, abs=near), (name, where)


def one(session: Session, workspace: int, key: str, window: Window) -> Reading:
    (reading,) = read(session, workspace, [CATALOGUE[key]], [window])
    return reading


# --- Every metric, at random -----------------------------------------------------------------------

slices = st.one_of(
    st.none(),
    st.builds(Slice, st.just(Dimension.DESK), st.sampled_from(["north", "south", "nowhere"])),
    st.builds(Slice, st.just(Dimension.GROUP), st.sampled_from(["billing", None, "nobody"])),
    st.builds(Slice, st.just(Dimension.CHANNEL), st.sampled_from(["email", None])),
    st.builds(Slice, st.just(Dimension.PRIORITY), st.sampled_from(["high", None])),
)

at_random = settings(
    max_examples=8,
    deadline=None,
    # Every example has a workspace of its own in the database that they share.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def test_the_oracle_knows_every_metric() -> None:
    assert ORACLE.keys() | OF_PEOPLE == CATALOGUE.keys()
    assert not ORACLE.keys() & OF_PEOPLE


@pytest.mark.parametrize("key", ORACLE)
def test_a_metric_can_be_sliced_by_what_its_rows_carry(key: str) -> None:
    assert CATALOGUE[key].dimensions == {by for by in Dimension if can_slice(key, by)}


@pytest.mark.thorough
@at_random
@given(
    north=plans("north", 12),
    south=plans("south", 6),
    asked=st.lists(windows(), min_size=1, max_size=4),
    only=slices,
)
def test_every_reading_is_what_its_definition_says(
    database: Database, north: Plan, south: Plan, asked: list[Window], only: Slice | None
) -> None:
    """All metrics, several windows at once, by every dimension, filtered or not."""
    desks = [north, south]
    with database.writing() as session:
        workspace = a_workspace(session)
        for plan in desks:
            plan.store(session, workspace)
    with database.reading() as session:
        totals = read(session, workspace, METRICS, asked, only=only)
        assert [(r.metric.key, r.window) for r in totals] == [
            (metric.key, window) for metric in METRICS for window in asked
        ]
        for reading in totals:
            wanted = expected(desks, reading.metric.key, reading.window, only)
            assert_same(answer(reading), wanted, (reading.metric.key, reading.window, only))
        for by in Dimension:
            found = read(session, workspace, METRICS, asked, by=by, only=only)
            for reading in found:
                wanted = expected(desks, reading.metric.key, reading.window, reading.slice, only)
                assert_same(answer(reading), wanted, (reading.metric.key, reading.slice, only))
            told = {(r.metric.key, r.window, r.slice) for r in found}
            assert told >= with_rows(desks, asked, by, only)


def with_rows(
    desks: Sequence[Plan], asked: Sequence[Window], by: Dimension, only: Slice | None
) -> set[tuple[str, Window, Slice | None]]:
    """Every reading that has to be there because it rests on something."""
    parts = {
        Slice(by, part_of_ticket(plan, t, by, key))
        for plan in desks
        for t in plan.tickets
        for key in ("first_response_time", "")
    }
    return {
        (key, window, part)
        for key in ORACLE
        for window in asked
        for part in parts
        if expected(desks, key, window, part, only).n
    }


# --- What the numbers rest on ----------------------------------------------------------------------

DAY = Window(T(hours=-24), T())
BUSY = [
    a_solved_ticket(
        str(number),
        T(hours=-20),
        T(hours=-10, minutes=number),
        group="billing",
        channel="email",
        priority="high",
        solver="7",
        first_reply_at=T(hours=-19),
        agent_messages=1,
        customer_messages=1,
        agent_replies=1,
        responses=[Response(T(hours=-20), T(hours=-19))],
    )
    for number in range(7)
]


def store(database: Database, *desks: Plan) -> int:
    with database.writing() as session:
        workspace = a_workspace(session)
        for plan in desks:
            plan.store(session, workspace)
    return workspace


def all_of(database: Database, workspace: int, window: Window = DAY) -> dict[str, Reading]:
    with database.reading() as session:
        return {r.metric.key: r for r in read(session, workspace, METRICS, [window])}


@pytest.mark.thorough
@pytest.mark.parametrize("removal", Removal)
def test_a_removed_ticket_counts_nowhere(database: Database, removal: Removal) -> None:
    """It was open, answered, solved and reopened before it was removed."""
    removed = a_solved_ticket(
        "gone",
        T(hours=-20),
        T(hours=-2),
        first_reply_at=T(hours=-1),
        reopens=1,
        reopenings=[Reopening(T(hours=-9), T(hours=-3))],
        responses=[Response(T(hours=-20), T(hours=-1))],
        removal=removal,
    )
    without = store(database, Plan("acme", BUSY))
    beside = store(database, Plan("acme", [*BUSY, removed]))
    assert all_of(database, beside) == all_of(database, without)
    with database.reading() as session:
        everything = [Window(T(days=-30), T(hours=hour)) for hour in range(-24, 1)]
        assert read(session, beside, METRICS, everything) == read(
            session, without, METRICS, everything
        )


@pytest.mark.parametrize("about", ["gone", "1", "never told", None])
def test_a_rating_counts_unless_its_ticket_was_removed(
    database: Database, about: str | None
) -> None:
    given = {"asked_at": T(hours=-3), "given_at": T(hours=-2), "raw": 5.0}
    rating = Rating("r", Question.CSAT, Scale.STARS, ticket=about, **given)  # type: ignore[arg-type]
    gone = a_ticket("gone", T(hours=-20), removal=Removal.SPAM)
    workspace = store(database, Plan("acme", [*BUSY, gone], ratings=[rating]))
    found = all_of(database, workspace)
    told = (found["csat"].n, found["csat_response_rate"].n)
    assert told == ((0, 0) if about == "gone" else (1, 1))


def test_a_ticket_that_is_removed_later_no_longer_counts(database: Database) -> None:
    workspace = store(database, Plan("acme", BUSY))
    assert all_of(database, workspace)["response_time"].n == 7
    with database.writing() as session:
        (desk,) = desks_of(session, workspace)
        keep(session, desk, [replace(BUSY[0], removal=Removal.SPAM)], SECRET)
    found = all_of(database, workspace)
    assert {key: found[key].n for key in ("ticket_volume", "tickets_solved", "response_time")} == {
        "ticket_volume": 6,
        "tickets_solved": 6,
        "response_time": 6,
    }


def test_without_a_desk_there_is_no_data(database: Database) -> None:
    found = all_of(database, store(database))
    assert {reading.value for reading in found.values()} == {None}
    assert {reading.n for reading in found.values()} == {0}
    assert {reading.as_of for reading in found.values()} == {None}


@pytest.mark.parametrize(
    ("data_from", "data_until", "volume"),
    [
        pytest.param(None, None, None, id="never read"),
        pytest.param(T(), T(days=1), None, id="the window ends where the data begin"),
        pytest.param(T(minutes=-1), T(days=1), 0, id="the data begin in the window"),
        pytest.param(T(days=-9), T(hours=-24), None, id="the data end where the window begins"),
        pytest.param(T(days=-9), T(hours=-23), 0, id="the data end in the window"),
        pytest.param(T(days=-9), None, 0, id="the first sync is still running"),
    ],
)
def test_nothing_read_is_no_data_and_nothing_found_is_zero(
    database: Database,
    data_from: datetime | None,
    data_until: datetime | None,
    volume: float | None,
) -> None:
    plan = Plan("acme", [], data_from=data_from, data_until=data_until)
    found = all_of(database, store(database, plan))
    counts = {"ticket_volume", "tickets_solved", "backlog", "call_volume", "article_views"}
    assert {key: found[key].value for key in counts} == dict.fromkeys(counts, volume)
    assert {found[key].value for key in found.keys() - counts} == {None}


THREE_DAYS = Window(T(days=-3), T())

#: A desk of which every number is known, long enough after to know who came back.
KNOWN = Plan(
    "acme",
    [
        replace(
            ticket,
            requester=f"{ticket.id}@example.org",
            requester_wait=timedelta(hours=1),
            targets=[Target("resolution", T(), T(hours=-1))],
            handle=timedelta(minutes=9),
        )
        for ticket in BUSY
    ],
    data_until=T(days=10),
    ratings=[
        Rating("1", Question.CSAT, Scale.STARS, T(hours=-9), T(hours=-8), 5, "1"),
        Rating("2", Question.NPS, Scale.NPS, T(hours=-9), T(hours=-8), 9),
        Rating("3", Question.CES, Scale.CES, T(hours=-9), T(hours=-8), 6),
    ],
    calls=[Call("1", T(hours=-9), answered=True, talk=timedelta(minutes=3))],
    articles=[ArticleDay("a", T(days=-1).date(), 30, 10, timedelta(minutes=9))],
)


@pytest.mark.thorough
@pytest.mark.parametrize("fact", sorted(EVERY_FACT))
def test_a_desk_that_lacks_a_fact_gives_no_data_for_what_needs_it(
    database: Database, fact: Fact
) -> None:
    plan = replace(KNOWN, gives=EVERY_FACT - {fact})
    found = all_of(database, store(database, plan), THREE_DAYS)
    missing = {key for key, reading in found.items() if reading.value is None}
    assert missing == OF_PEOPLE | {key for key in ORACLE if not gives(plan, key)}
    for key in ORACLE:
        assert [(lack.desk, lack.fact) for lack in found[key].lacks] == (
            [("acme", fact)] if key in missing else []
        )
        assert found[key].is_possible is (key not in missing)


def test_what_no_desk_gives_is_no_lack_of_a_desk(database: Database) -> None:
    found = all_of(database, store(database, KNOWN), THREE_DAYS)
    assert {key for key, reading in found.items() if not reading.is_possible} == OF_PEOPLE
    assert {reading.lacks for reading in found.values()} == {()}


def test_of_two_desks_only_the_one_that_knows_is_counted(database: Database) -> None:
    """The other one's tickets would look as if nobody had ever solved them."""
    workspace = store(
        database,
        Plan("knows", BUSY),
        Plan("lacks", [a_ticket(str(n), T(hours=-5)) for n in range(3)], gives=frozenset()),
    )
    found = all_of(database, workspace)
    assert found["ticket_volume"].value == 10
    assert found["backlog"].value == 0
    assert found["tickets_solved"].value == 7


def test_a_retired_desk_counts_nowhere(database: Database) -> None:
    workspace = store(database, Plan("old", BUSY, retired=True), Plan("new", BUSY[:2]))
    assert all_of(database, workspace)["ticket_volume"].value == 2
    with database.reading() as session:
        by_desk = read(session, workspace, [CATALOGUE["ticket_volume"]], [DAY], by=Dimension.DESK)
        assert [(r.slice, r.value) for r in by_desk] == [(Slice(Dimension.DESK, "new"), 2)]
        only_old = read(
            session,
            workspace,
            [CATALOGUE["ticket_volume"]],
            [DAY],
            only=Slice(Dimension.DESK, "old"),
        )
        assert [r.value for r in only_old] == [None]


def test_another_workspace_is_never_counted(database: Database) -> None:
    mine = store(database, Plan("acme", BUSY))
    store(database, Plan("acme", [replace(t, id=f"other {t.id}") for t in BUSY]))
    assert all_of(database, mine)["ticket_volume"].value == 7


def test_a_reading_says_until_when_and_since_when_it_knows(database: Database) -> None:
    """The slowest desk decides; a metric that one desk cannot give speaks of the others alone."""
    workspace = store(
        database,
        Plan("slow", BUSY, data_from=T(days=-90), data_until=T(hours=-3)),
        Plan(
            "quick", BUSY, frozenset({Fact.SOLVES}), data_from=T(days=-30), data_until=T(hours=-1)
        ),
    )
    found = all_of(database, workspace)
    assert (found["ticket_volume"].as_of, found["ticket_volume"].since) == (
        T(hours=-3),
        T(days=-30),
    )
    assert (found["response_time"].as_of, found["response_time"].since) == (
        T(hours=-3),
        T(days=-90),
    )
    with database.reading() as session:
        by_desk = read(session, workspace, [CATALOGUE["ticket_volume"]], [DAY], by=Dimension.DESK)
    assert {r.slice.value: (r.as_of, r.since) for r in by_desk if r.slice} == {
        "slow": (T(hours=-3), T(days=-90)),
        "quick": (T(hours=-1), T(days=-30)),
    }


def test_a_desk_that_was_never_read_whole_leaves_as_of_open(database: Database) -> None:
    workspace = store(database, Plan("read", BUSY), Plan("reading", [], data_until=None))
    reading = all_of(database, workspace)["ticket_volume"]
    assert (reading.value, reading.as_of) == (7, None)


def test_a_slice_of_a_desk_that_was_not_read_then_is_no_data(database: Database) -> None:
    """The other desk's having been read does not turn this one's silence into a zero."""
    late = Plan("late", BUSY, data_from=T(hours=-24))
    workspace = store(database, Plan("early", BUSY), late)
    weeks = [Window(T(days=-8), T(days=-7)), DAY]
    with database.reading() as session:
        found = read(session, workspace, [CATALOGUE["ticket_volume"]], weeks, by=Dimension.DESK)
    assert {(r.slice and r.slice.value, r.window): r.value for r in found} == {
        ("early", weeks[0]): 0,
        ("late", weeks[0]): None,
        ("early", DAY): 7,
        ("late", DAY): 7,
    }


def test_without_windows_there_are_no_readings(database: Database) -> None:
    workspace = store(database, Plan("acme", BUSY))
    with database.reading() as session:
        assert read(session, workspace, METRICS, []) == []


@pytest.mark.thorough
def test_many_windows_give_what_each_gives_alone(database: Database) -> None:
    """Forty days at once, asked for in no order and one of them twice."""
    tickets = [a_ticket(str(n), T(hours=-7 * n)) for n in range(300)]
    workspace = store(database, Plan("acme", tickets))
    days = [Window(T(days=-n), T(days=1 - n)) for n in (*range(40, 0, -2), *range(1, 40, 2), 5)]
    with database.reading() as session:
        together = read(session, workspace, METRICS, days)
        for key in ("ticket_volume", "backlog"):
            assert [r.value for r in together if r.metric.key == key] == [
                one(session, workspace, key, day).value for day in days
            ]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_local_day_has_the_hours_that_daylight_saving_gives_it(
    database: Database, day: str, hours: int
) -> None:
    """One ticket every hour, from a day before until a day after."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=ATHENS)
    window = Window(midnight, midnight + timedelta(days=1))
    first = midnight.astimezone(UTC) - timedelta(days=1)
    tickets = [a_ticket(str(n), first + timedelta(hours=n)) for n in range(73)]
    workspace = store(database, Plan("acme", tickets))
    with database.reading() as session:
        assert one(session, workspace, "ticket_volume", window).value == hours


def test_a_solved_ticket_without_a_moment_is_not_solved_at_any(database: Database) -> None:
    """A desk that knows that it is solved, and not since when, has it in its backlog."""
    ticket = a_ticket("1", T(hours=-5), status=Status.CLOSED)
    found = all_of(database, store(database, Plan("acme", [ticket])))
    assert (found["tickets_solved"].value, found["resolution_time"].value) == (0, None)
