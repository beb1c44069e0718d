"""The main job without any account: a made-up help desk, read into SQLite, becomes digests and an alert.

Made-up agents answer an eNPS and a pulse beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import app
from bot.clock import Clock
from bot.demo_survey import surveys_of
from bot.digests.goals import Goal
from bot.digests.timetable import Kind, Timetable
from bot.helpdesks import load
from bot.locale import Reader
from bot.services import Services
from bot.settings import BusinessHours, Given
from bot.slack import digest as digest_message
from bot.slack.alerts import rehearsal
from bot.slack.preview import Conversation, to_html
from bot.store import goals
from bot.store.observations import Past
from bot.store.surroundings import around
from commands.alert_switch import read_rule
from commands.alert_trial import try_out
from commands.kpi import answer
from commands.questions import parse
from jobs.digests import compose
from jobs.sync import Progress, read_desk

ZONE = ZoneInfo("Europe/Athens")

#: Whoever looks at the demo.
READER = Reader("en_GB", ZONE)

#: Enough for eight comparable weeks.
HISTORY = timedelta(days=120)

GOALS = {"first_response_time": 3_600.0, "resolution_time": 86_400.0}

#: The alert rule that is tried on the demo desk.
ALERT = "first response time unusual over 4h min 10"

PAGE = "deskpulse-demo.html"


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo made: the messages, and the page that shows them."""

    conversations: list[Conversation]
    page: Path
    tickets: int


def moment_of(now: datetime) -> datetime:
    """The demo plays at 9:00 in its own zone, on the last morning after two working days."""
    local = now.astimezone(ZONE)
    moment = datetime.combine(local.date(), time(9), tzinfo=ZONE)
    while moment > local or moment.weekday() not in (2, 3, 4):
        moment -= timedelta(days=1)
    return moment


def play(folder: Path, now: datetime, progress: Progress = lambda _done, _of: None) -> Demo:
    """Reads the demo desk into a database in `folder`, and writes the page with its digests."""
    moment = moment_of(now)
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "demo.db"
    for old in (kept, kept.with_name("demo.db-wal"), kept.with_name("demo.db-shm")):
        old.unlink(missing_ok=True)
    services = _services(kept, _Frozen(moment))
    try:
        services.database.migrate()
        done = read_desk(services, "demo", progress=progress)
        _set_goals(services, moment - HISTORY)
        conversations = _conversations(services, moment)
    finally:
        services.database.close()
    page = folder / PAGE
    page.write_text(to_html(conversations, title="deskpulse demo", reader=READER), encoding="utf-8")
    return Demo(conversations, page, done.tickets)


@dataclass(frozen=True, slots=True)
class _Frozen:
    """The moment that the demo plays at."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        """Nothing has to be waited for."""


def _services(database: Path, clock: Clock) -> Services:
    trouble = clock.now().date() - timedelta(days=1)
    settings = Given(
        database_url=f"sqlite:///{database}",
        desks={"demo": {"kind": "demo"}},
        zone=ZONE.key,
        locale=READER.locale,
        history=HISTORY,
        hours={"team": BusinessHours(week="mon-fri 9:00-18:00", country="GR")},
        slack_bot_token=None,
    )
    desk = load("demo", {"kind": "demo", "incident": trouble}, clock)
    return app.build(settings, clock=clock, desks={"demo": desk})


def _set_goals(services: Services, since: datetime) -> None:
    with services.writing() as session:
        for metric, target in GOALS.items():
            goals.set_goal(
                session, services.workspace, Goal(metric, target), by="U0DEMO", now=since
            )


def _conversations(services: Services, moment: datetime) -> list[Conversation]:
    """A quiet day, the day of trouble with billing, a week, and a question."""
    daily = Timetable(Kind.DAILY, time(9), ZONE, (0, 1, 2, 3, 4))
    weekly = Timetable(Kind.WEEKLY, time(9), ZONE, (0,))

    def digest(timetable: Timetable, due_at: datetime, note: str) -> Conversation:
        made = compose(services, timetable, due_at, now=due_at)
        message = digest_message.render(made, READER, schedule=1)
        return Conversation("#support", due_at, message, note)

    question = parse("first response time last 7d by channel", now=moment, reader=READER)
    return [
        digest(daily, moment - timedelta(days=1), "The daily digest after a quiet day"),
        digest(daily, moment, "The daily digest when something moved"),
        digest(weekly, _monday(moment), "The weekly digest"),
        Conversation(
            "#support",
            moment,
            answer(services, question, READER, share=True),
            "The answer to /kpi first response time last 7d by channel, seen only by who asked",
        ),
        *_alerts(services, moment),
        *surveys_of(services, moment, READER),
    ]


def _alerts(services: Services, moment: datetime) -> Iterator[Conversation]:
    """A rule that is tried on the past, and the last alert that it would have raised."""
    with services.reading() as session:
        rule = read_rule(session, services, ALERT, READER)
        tried = try_out(session, services, rule, "C0DEMO", READER)
        past = Past(session, services.workspace, patience=services.settings.stale_after)
        beside = partial(around, session, services.workspace, past, rule, ZONE)
        # As if it had been switched on as the first rule.
        posted = list(rehearsal.messages(replace(tried, number=1), READER, around=beside))
    yield Conversation(
        "#support",
        moment,
        rehearsal.rehearsed(tried, READER),
        f"The answer to /alert add {ALERT}, seen only by who asked",
    )
    notes = ("The alert when it fired …", "… and the same message when it was over")
    for one, note in zip(posted[-2:], notes, strict=False):
        yield Conversation("#support", one.at.astimezone(ZONE), one.message, note)


def _monday(moment: datetime) -> datetime:
    """Nine o'clock of this week's Monday."""
    return datetime.combine(moment.date() - timedelta(days=moment.weekday()), time(9), tzinfo=ZONE)
