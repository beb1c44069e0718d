"""What the tests of the store put into it: workspaces, desks, tickets, and random lives of tickets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlmodel import Session

from bot.domain import (
    ArticleDay,
    Call,
    Fact,
    Question,
    Rating,
    Removal,
    Reopening,
    Response,
    Scale,
    Status,
    Stretch,
    Target,
    Ticket,
    Window,
)
from bot.hours import DeskHours
from bot.settings import BusinessHours
from bot.store import facts
from bot.store.tables import Desk, Workspace
from bot.store.tickets import keep
from tests.times import T

SECRET = b"a secret of the tests, 32 bytes."

#: Every fact but business times of the desk's own: these tests count them by our hours.
EVERY_FACT = frozenset(Fact) - {Fact.BUSINESS_TIMES}

#: Business hours of the random desks: in UTC, so that an oracle can count them by hand.
OPENS, CLOSES = 9, 17
HOURS = DeskHours({"all": BusinessHours(week=f"mon-fri {OPENS}-{CLOSES}")}, ZoneInfo("UTC"))

#: Random moments lie on a grid, so that many of them fall on the edge of a window.
STEP = timedelta(hours=4)

#: How many steps a random history is long: ten days before `T()`.
STEPS = 60


def at(step: int) -> datetime:
    """The moment so many steps after the beginning of random histories."""
    return T() + (step - STEPS) * STEP


def a_workspace(session: Session) -> int:
    """A workspace beside all others, so that many examples can share a database."""
    last = session.scalars(select(func.max(Workspace.id))).one()
    workspace = Workspace(id=(last or 0) + 1)
    session.add(workspace)
    session.flush()
    return workspace.id or 0


def a_desk(
    session: Session,
    workspace: int = 1,
    name: str = "acme",
    *,
    gives: Iterable[Fact] = EVERY_FACT,
    data_from: datetime | None = T(days=-400),
    data_until: datetime | None = T(days=1),
    retired: bool = False,
) -> Desk:
    """The row of a desk that gives every fact and was read from long ago until after `T()`."""
    desk = Desk(
        workspace_id=workspace,
        name=name,
        kind="demo",
        retired=retired,
        gives=sorted(gives),
        data_from=data_from,
        data_until=data_until,
    )
    session.add(desk)
    session.flush()
    return desk


def a_ticket(id_: str = "1", created_at: datetime = T(), **facts: Any) -> Ticket:
    """A new ticket that nobody has touched but for the `facts` given."""
    told: dict[str, Any] = {"updated_at": created_at, "status": Status.NEW, **facts}
    return Ticket(id=id_, created_at=created_at, **told)


def a_solved_ticket(id_: str, created_at: datetime, solved_at: datetime, **facts: Any) -> Ticket:
    """A ticket that was solved once and still is."""
    return a_ticket(
        id_,
        created_at,
        **{"status": Status.SOLVED, "first_solved_at": solved_at, "last_solved_at": solved_at}
        | facts,
    )


@dataclass(frozen=True)
class Plan:
    """A help desk as a test describes it, before it is stored."""

    name: str
    tickets: list[Ticket]
    gives: frozenset[Fact] = EVERY_FACT
    data_from: datetime | None = T(days=-400)
    data_until: datetime | None = T(days=1)
    retired: bool = False
    ratings: list[Rating] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    articles: list[ArticleDay] = field(default_factory=list)

    def store(self, session: Session, workspace: int) -> Desk:
        desk = a_desk(
            session,
            workspace,
            self.name,
            gives=self.gives,
            data_from=self.data_from,
            data_until=self.data_until,
            retired=self.retired,
        )
        keep(session, desk, self.tickets, SECRET, HOURS)
        facts.keep(session, desk, [*self.ratings, *self.calls, *self.articles])
        return desk


# --- Random lives ----------------------------------------------------------------------------------

_UNSOLVED = [Status.NEW, Status.OPEN, Status.PENDING, Status.HOLD]
_SOLVED = [Status.SOLVED, Status.CLOSED]
_few = st.integers(0, 3)


def _offsets(most: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 20), max_size=most, unique=True).map(sorted)


@st.composite
def lives(draw: st.DrawFn, id_: str) -> Ticket:
    """A ticket that was solved and reopened at random moments, with whatever else it may carry."""
    created = draw(st.integers(0, STEPS))
    changes = [at(created + offset) for offset in draw(_offsets(5))]
    solves, reopened = changes[::2], changes[1::2]
    is_solved = len(solves) > len(reopened)
    messages = [at(created + offset) for offset in draw(_offsets(6))]
    # A desk's import can date a reply before its ticket.
    reply = draw(st.none() | st.integers(-2, 12))
    return a_ticket(
        id_,
        at(created),
        status=draw(st.sampled_from(_SOLVED if is_solved else _UNSOLVED)),
        group=draw(st.sampled_from(["billing", "tech", None])),
        channel=draw(st.sampled_from(["email", "chat", None])),
        priority=draw(st.sampled_from(["high", "low", None])),
        requester=draw(st.sampled_from(["ann@example.org", "bob@example.org", None])),
        solver=draw(st.sampled_from(["7", "8", "9", None])) if solves else None,
        first_reply_at=None if reply is None else at(created + reply),
        first_solved_at=solves[0] if solves else None,
        last_solved_at=solves[-1] if solves else None,
        agent_messages=draw(_few),
        customer_messages=draw(_few),
        agent_replies=draw(_few),
        reopens=len(reopened),
        transfers=draw(_few),
        reopenings=[Reopening(*stretch) for stretch in zip(solves, reopened, strict=False)],
        responses=[
            Response(*run, agent=draw(st.sampled_from(["7", "8", None])))
            for run in zip(messages[::2], messages[1::2], strict=False)
        ],
        first_replier=draw(st.sampled_from(["7", "8", None])),
        waits=_waits(at(created), solves),
        requester_wait=sum((w.end - w.start for w in _waits(at(created), solves)), timedelta())
        if solves
        else None,
        targets=[
            Target(name, at(created + due), None if done is None else at(created + done))
            for name, due, done in draw(_targets)
        ],
        handle=draw(st.none() | st.integers(0, 9).map(lambda n: timedelta(minutes=n))),
        escalated=draw(st.booleans()),
        complaint=draw(st.booleans()),
        removal=draw(st.sampled_from([None, None, None, None, *Removal])),
    )


def _waits(created: datetime, solves: list[datetime]) -> list[Stretch]:
    """As if the requester had waited half of the time until each solve."""
    starts = [created, *solves]
    return [
        Stretch(start, start + (end - start) / 2)
        for start, end in zip(starts, solves, strict=False)
        if start < end
    ]


_targets = st.lists(
    st.tuples(
        st.sampled_from(["first reply", "resolution"]),
        st.integers(0, 12),
        st.none() | st.integers(0, 12),
    ),
    max_size=2,
    unique_by=lambda target: target[0],
)

_answers = st.sampled_from(
    [(Question.CSAT, Scale.STARS, raw) for raw in (1, 3, 4, 5, None)]
    + [(Question.CSAT, Scale.THUMBS, raw) for raw in (0, 1)]
    + [(Question.CSAT, Scale.FRESHDESK, raw) for raw in (-101, 100, 101, 103, 500)]
    + [(Question.NPS, Scale.NPS, raw) for raw in (0, 6, 7, 8, 9, 10)]
    + [(Question.NPS, Scale.OLD_NPS, 9)]
    + [(Question.CES, Scale.CES, raw) for raw in (1, 4, 7)]
    + [(Question.CES, Scale.OLD_CES, 2)]
)


@st.composite
def many_ratings(draw: st.DrawFn, most: int) -> list[Rating]:
    """Ratings of tickets "0" to "5", some of which there may not be, and of nothing."""
    told = draw(st.lists(st.tuples(_answers, _steps, _few), max_size=most))
    return [
        Rating(
            str(number),
            question,
            scale,
            asked_at=at(asked),
            given_at=None if raw is None else at(asked + later),
            raw=raw,
            ticket=draw(st.sampled_from([None, "0", "1", "2", "5"])),
            agent=draw(st.sampled_from([None, "7"])),
        )
        for number, ((question, scale, raw), asked, later) in enumerate(told)
    ]


@st.composite
def many_calls(draw: st.DrawFn, most: int) -> list[Call]:
    seconds = st.sampled_from([0, 4, 5, 40, 300]).map(lambda n: timedelta(seconds=n))
    return [
        Call(
            str(number),
            at(draw(_steps)),
            inbound=draw(st.sampled_from([True, True, True, False])),
            answered=draw(st.booleans()),
            wait=draw(seconds),
            talk=draw(seconds),
            hold=draw(seconds),
            wrap_up=draw(seconds),
            group=draw(st.sampled_from(["billing", None])),
            agent=draw(st.sampled_from(["7", "8", None])),
        )
        for number in range(draw(st.integers(0, most)))
    ]


@st.composite
def many_articles(draw: st.DrawFn, most: int) -> list[ArticleDay]:
    told = draw(
        st.lists(
            st.tuples(st.sampled_from(["a", "b"]), _steps, st.integers(0, 50)),
            max_size=most,
            unique_by=lambda one: (one[0], at(one[1]).date()),
        )
    )
    return [
        ArticleDay(article, at(step).date(), views, views // 2, timedelta(seconds=30 * views))
        for article, step, views in told
    ]


_steps = st.integers(0, STEPS + 12)


@st.composite
def many_lives(draw: st.DrawFn, most: int) -> list[Ticket]:
    """None at all, or a good part of `most`: few tickets seldom contradict each other."""
    count = draw(st.just(0) | st.integers(most // 2, most))
    return [draw(lives(str(number))) for number in range(count)]


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """A window on the grid, from empty to the whole of the random history and more."""
    start = draw(st.integers(-3, STEPS))
    return Window(at(start), at(start + draw(st.integers(0, STEPS + 10))))


@st.composite
def plans(draw: st.DrawFn, name: str, most: int) -> Plan:
    """A desk that may lack facts, may be read in part only, or be retired."""
    lacking = draw(st.sets(st.sampled_from(sorted(Fact)), max_size=2))
    read_whole = draw(st.booleans())
    return Plan(
        name,
        draw(many_lives(most)),
        gives=EVERY_FACT - lacking,
        data_from=T(days=-400) if read_whole else draw(st.none() | _moments),
        data_until=T(days=1) if read_whole else draw(st.none() | _moments),
        retired=draw(st.sampled_from([False, False, False, True])),
        ratings=draw(many_ratings(most)),
        calls=draw(many_calls(most)),
        articles=draw(many_articles(most)),
    )


_moments = st.integers(0, STEPS).map(at)
