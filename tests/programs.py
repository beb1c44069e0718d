"""Builds the program for tests: everything that it works with is handed over, nothing is patched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from threading import Barrier, Event
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from bot.app import build
from bot.clock import Clock
from bot.domain import Agent, ArticleDay, Call, Fact, Rating, Status, Ticket, Window
from bot.errors import SlackHeld
from bot.helpdesks import Capabilities, Counted, Cursor, HelpDesk, Page, Stream
from bot.message import BlockJson
from bot.services import Services
from bot.settings import BusinessHours, Given
from bot.slack.messenger import Channel, Group, Identity, Messenger, Person
from bot.store.database import Database

Happening = Callable[[], object]


def program(
    database: Database,
    clock: Clock,
    *,
    desks: Iterable[HelpDesk] = (),
    messenger: Messenger | None = None,
    **settings: Any,
) -> Services:
    """The services of a program that knows these collaborators; `settings` are its settings."""
    told: dict[str, Any] = {"zone": "Europe/Athens", "secret": "a secret of the tests", **settings}
    return build(
        Given(**told, slack_bot_token=None, desks={}),
        clock=clock,
        database=database,
        desks={desk.name: desk for desk in desks},
        messenger=messenger,
    )


@contextmanager
def another(services: Services, **changes: Any) -> Iterator[Services]:
    """A second process on the same database: it shares nothing else, but for what `changes` say."""
    database = Database(services.database.url.render_as_string(hide_password=False))
    try:
        yield replace(services, **{"database": database, "stopping": Event(), **changes})
    finally:
        database.close()


def together(*work: Callable[[], Any]) -> list[Any]:
    """Does several things at the same moment, each in a thread; gives what they gave."""
    ready = Barrier(len(work), timeout=30)

    def one(task: Callable[[], Any]) -> Any:
        ready.wait()
        return task()

    with ThreadPoolExecutor(len(work)) as threads:
        return list(threads.map(one, work))


@contextmanager
def failing(database: Database, statement: str, which: int = 1) -> Iterator[None]:
    """The database fails at every statement that begins so, as it does when its disk is full.

    From the first one on, or from the second one on …
    """
    seen = count(1)

    def fail(_connection: Any, _cursor: Any, text: str, *_more: Any) -> None:
        if text.startswith(statement) and next(seen) >= which:
            raise OperationalError(text, None, OSError("no space left"))

    event.listen(database.engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(database.engine, "before_cursor_execute", fail)


@contextmanager
def noted(database: Database) -> Iterator[list[str]]:
    """The statements that the database is given meanwhile."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, text: str, *_more: Any) -> None:
        found.append(text)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@contextmanager
def happening(database: Database, what: Callable[[], object], which: int) -> Iterator[None]:
    """Something happens just before the database is asked for the `which`th time from now on."""
    seen = count(1)

    def happen(_connection: Any, _cursor: Any, text: str, *_more: Any) -> None:
        if text.startswith("SELECT") and next(seen) == which:
            what()

    event.listen(database.engine, "before_cursor_execute", happen)
    try:
        yield
    finally:
        event.remove(database.engine, "before_cursor_execute", happen)


def raising(error: Exception) -> Callable[..., NoReturn]:
    """Something that happens by raising `error`."""

    def happen(*_given: object, **_named: object) -> NoReturn:
        raise error

    return happen


def ticket(id_: str, created_at: datetime, **facts: Any) -> Ticket:
    """A new ticket; `facts` are fields of `Ticket`."""
    told: dict[str, Any] = {"updated_at": created_at, "status": Status.NEW, **facts}
    return Ticket(id_, created_at, **told)


@dataclass
class PagedDesk:
    """A help desk that serves the pages it is given. `happens[k]` happens before page `k` is served.

    Beside tickets it serves one page of `facts` for each stream that has any. Its cursor is the
    number of the next page. `counted` is its own count of tickets by the day (as
    "2026-11-19") on which they were created; without it, it cannot count. `reports` are its counts
    of other things, all by the days of `zone`. It keeps what it was
    asked: `windows` are those of `start`, `cursors` those of `tickets`.
    """

    name: str = "acme"
    pages: Sequence[Sequence[Ticket]] = ()
    happens: Mapping[int, Happening] = field(default_factory=dict)
    counted: Mapping[str, int] | None = None
    reports: Mapping[Counted, Mapping[str, int]] = field(default_factory=dict)
    zone: str = "UTC"
    facts: Mapping[Stream, Sequence[Rating | Call | ArticleDay]] = field(default_factory=dict)
    team: Sequence[Agent] = ()
    opening: Mapping[str, BusinessHours] = field(default_factory=dict)
    windows: list[Window] = field(default_factory=list)
    cursors: list[Cursor] = field(default_factory=list)

    @property
    def capabilities(self) -> Capabilities:
        streams = frozenset({Stream.TICKETS, *self.facts})
        return Capabilities(
            frozenset(Fact) - {Fact.HOURS, Fact.BUSINESS_TIMES},
            streams,
            counts=frozenset({Counted.TICKETS} if self.counted is not None else ())
            | frozenset(self.reports),
            zone=self.zone,
        )

    def start(self, window: Window, stream: Stream = Stream.TICKETS) -> Cursor:
        if stream is Stream.TICKETS:
            self.windows.append(window)
        return {"page": 0}

    def tickets(self, since: Cursor) -> Iterator[Page[Ticket]]:
        self.cursors.append(since)
        expected = sum(map(len, self.pages))
        for number in range(since["page"], len(self.pages)):
            self.happens.get(number, lambda: None)()
            yield Page(self.pages[number], {"page": number + 1}, expected)

    def ratings(self, since: Cursor) -> Iterator[Page[Any]]:
        return self._facts(Stream.RATINGS, since)

    def calls(self, since: Cursor) -> Iterator[Page[Any]]:
        return self._facts(Stream.CALLS, since)

    def articles(self, since: Cursor) -> Iterator[Page[Any]]:
        return self._facts(Stream.ARTICLES, since)

    def _facts(self, stream: Stream, since: Cursor) -> Iterator[Page[Any]]:
        if since["page"] == 0:
            yield Page(self.facts[stream], {"page": 1})

    def agents(self) -> Sequence[Agent]:
        return self.team

    def hours(self) -> Mapping[str, BusinessHours]:
        return self.opening

    def count(self, window: Window, what: Counted = Counted.TICKETS) -> int | None:
        told = self.counted if what is Counted.TICKETS else self.reports.get(what)
        day = window.start.astimezone(ZoneInfo(self.zone)).strftime("%Y-%m-%d")
        return (told or {}).get(day, 0)

    def check(self) -> Sequence[str]:
        return [f"{len(self.pages)} pages"]

    def url(self, ticket_id: str) -> str | None:
        return f"https://desk.example/{ticket_id}"

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that a `Recorder` was given."""

    channel: str
    text: str
    blocks: Sequence[BlockJson]
    delivery: str
    thread: str | None
    broadcast: bool = False


@dataclass
class Recorder:
    """A messenger that keeps what it is given. `happens` happens before each post and each edit, with its text.

    The timestamp of a message is its place in `sent`, which says what was posted. `edits` are the
    later ones, in order: the timestamp and the text.
    """

    sent: list[Sent] = field(default_factory=list)
    edits: list[tuple[str, str]] = field(default_factory=list)
    views: list[BlockJson] = field(default_factory=list)
    people: Mapping[str, Person] = field(default_factory=dict)
    in_channel: Mapping[str, frozenset[str]] = field(default_factory=dict)
    happens: Callable[[str], object] = lambda _text: None

    def identity(self) -> Identity:
        return Identity("T1", "Recorder", "U0BOT", frozenset())

    def person(self, user: str) -> Person:
        return self.people.get(user, Person(user, zone=None, locale=None, is_admin=False))

    def channel(self, channel: str) -> Channel:
        return Channel(channel, "support", is_member=True, is_archived=False)

    def members(self, channel: str) -> frozenset[str]:
        return self.in_channel.get(channel, frozenset())

    def group(self, group: str) -> Group:
        return Group(group, group.lower(), self.in_channel.get(group, frozenset()))

    def upload(self, png: bytes, *, name: str, alt: str) -> str:
        raise SlackHeld(f"{name} ({len(png)} bytes, {alt}) cannot be kept here.")

    def post(
        self,
        channel: str,
        text: str,
        blocks: Sequence[BlockJson],
        *,
        delivery: str,
        thread: str | None = None,
        broadcast: bool = False,
    ) -> tuple[str, str]:
        self.happens(text)
        self.sent.append(Sent(channel, text, blocks, delivery, thread, broadcast))
        return channel, f"{len(self.sent)}.000000"

    def update(self, channel: str, ts: str, text: str, blocks: Sequence[BlockJson]) -> None:
        del channel, blocks
        self.happens(text)
        self.edits.append((ts, text))

    def find(
        self, channel: str, delivery: str, *, since: datetime, thread: str | None = None
    ) -> str | None:
        del since
        for place, sent in enumerate(self.sent, start=1):
            if (sent.channel, sent.delivery, sent.thread) == (channel, delivery, thread):
                return f"{place}.000000"
        return None

    def shows(self, delivery: str) -> list[str]:
        """What the messages of that delivery id show now: one text for each, so one at most."""
        changed = dict(self.edits)
        return [
            changed.get(f"{place}.000000", sent.text)
            for place, sent in enumerate(self.sent, start=1)
            if sent.delivery == delivery
        ]

    def open_view(self, trigger: str, view: BlockJson) -> str:
        del trigger
        self.views.append(view)
        return f"V{len(self.views)}"

    def update_view(self, view_id: str, view: BlockJson, *, hash_: str | None) -> None:
        del view_id, hash_
        self.views.append(view)
