"""Nobody learns from the database, or from the log, whom a sealed message was for or what it said."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

import pytest
import structlog
from sqlalchemy import text as sql
from sqlmodel import select

from bot import logs
from bot.errors import SlackBusy, SlackUnknown, said
from bot.message import BlockJson, Message, Picture
from bot.seals import Seals
from bot.services import WORKSPACE, Services
from bot.slack.messenger import SlackMessenger
from bot.store import leases, outbox
from bot.store.database import Database
from bot.store.migrating import downgrade
from bot.store.tables import Delivery, OutboxRow
from jobs.deliver import SPAN, deliver
from jobs.tidy import tidy
from tests.choices import Choices, every_way
from tests.databases import ON_SQLITE
from tests.programs import Recorder, another, program
from tests.slack_double import Posted, SlackDouble
from tests.slack_faults import (
    Fault,
    LostResponse,
    Meanwhile,
    RateLimited,
    Refused,
    Reset,
    ServerError,
    SlackFaults,
)
from tests.times import StandingClock, T

POST, HISTORY = "chat.postMessage", "conversations.history"

#: Somebody of whom nothing else on the server of a live test has heard.
ANNA, BEN = "UANNAKATHARINA7", "UBENJAMINCLEMENS8"
QUESTION = "How likely are you to recommend working here to a zebra?"
BLOCKS: list[BlockJson] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*From giraffe to zebra*"}}
]
SECRETS = (ANNA, "zebra", "giraffe")


@pytest.fixture
def slack(clock: StandingClock) -> Iterator[SlackDouble]:
    with SlackDouble(clock=clock) as double:
        double.add_user(ANNA)
        double.add_user(BEN)
        double.add_channel("C1")
        yield double


@pytest.fixture
def faults(slack: SlackDouble) -> Iterator[SlackFaults]:
    with SlackFaults(slack.api_url) as proxy:
        yield proxy


@pytest.fixture
def services(database: Database, clock: StandingClock, faults: SlackFaults) -> Services:
    return connected(database, clock, faults)


def connected(database: Database, clock: StandingClock, faults: SlackFaults) -> Services:
    messenger = SlackMessenger(SlackDouble.bot_token, url=faults.api_url)
    return program(database, clock, messenger=messenger)


def queue(
    services: Services, text: str = QUESTION, to: str = ANNA, blocks: Sequence[BlockJson] = BLOCKS
) -> None:
    with services.writing() as session:
        outbox.queue_sealed(
            session,
            WORKSPACE,
            to,
            Message(text, blocks),
            seals=services.seals,
            subject="survey",
            now=services.clock.now(),
        )


def send(services: Services) -> None:
    deliver(services, services.clock.now())


def send_for(services: Services, clock: StandingClock, seconds: int, every: int = 1) -> None:
    """Lets the job run every second, or more seldom, for so long; the last time at the end."""
    end = clock.now() + timedelta(seconds=seconds)
    send(services)
    while clock.now() < end:
        clock.move(seconds=every)
        send(services)


def rows(services: Services) -> list[OutboxRow]:
    with services.reading() as session:
        return list(session.scalars(select(OutboxRow).order_by("place")))


def the_row(services: Services) -> OutboxRow:
    [row] = rows(services)
    return row


def states(services: Services) -> list[str]:
    return [row.state for row in rows(services)]


def texts(posted: Sequence[Posted]) -> list[str]:
    return [one.text for one in posted]


# --- What the database says ---


def holds(database: Database, secret: str) -> bool:
    """Whether a text stands anywhere in the files of a database: deleted or not, and in its log."""
    if database.is_sqlite:
        file = Path(database.url.database or "")
        return any(secret.encode() in one.read_bytes() for one in file.parent.glob("*.db*"))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("CHECKPOINT")
        return bool(connection.execute(sql(_FILES), {"secret": secret.encode()}).scalar())


#: The tables of the program, with what is stored beside them, and the write-ahead log.
_FILES = """
    SELECT bool_or(position(CAST(:secret AS bytea) IN pg_read_binary_file(file)) > 0) FROM (
        SELECT pg_relation_filepath(oid) AS file FROM pg_class
        WHERE relkind IN ('r', 'i', 't') AND relnamespace IN (
            SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'pg_toast'))
        UNION ALL SELECT 'pg_wal/' || name FROM pg_ls_waldir()
    ) AS files
"""


def leaks(database: Database) -> list[str]:
    return [secret for secret in SECRETS if holds(database, secret)]


def test_what_stands_in_the_clear_is_found_also_when_it_is_deleted(services: Services) -> None:
    """So that the tests below are not empty ones."""
    with services.writing() as session:
        message, now = Message("okapi"), services.clock.now()
        outbox.queue(session, WORKSPACE, "UCAROLAANGELA9", message, subject="survey", now=now)
    with services.writing() as session:
        session.connection().execute(sql("DELETE FROM outbox"))
    assert holds(services.database, "okapi")
    assert holds(services.database, "UCAROLAANGELA9")


def test_the_database_never_holds_whom_it_is_for_or_what_it_says(
    services: Services, slack: SlackDouble, faults: SlackFaults, clock: StandingClock
) -> None:
    """Neither while it waits, nor while it is sent, tried again or looked for, nor afterwards."""
    seen: list[tuple[str, list[str]]] = []

    def look() -> None:
        seen.append((the_row(services).state, leaks(services.database)))

    faults.on(POST, Meanwhile(before=look, then=RateLimited(2)))
    faults.on(POST, Meanwhile(before=look, after=look, then=LostResponse()))
    queue(services)
    look()
    send(services)
    look()
    clock.move(seconds=2)
    send(services)
    look()
    send_for(services, clock, 3)
    assert states(services) == []
    assert seen == [
        (Delivery.QUEUED, []),
        (Delivery.SENDING, []),
        (Delivery.RETRY, []),
        (Delivery.SENDING, []),
        (Delivery.SENDING, []),
        (Delivery.UNKNOWN, []),
    ]
    assert leaks(services.database) == []
    [posted] = slack.posted
    assert not holds(services.database, posted.metadata["event_payload"]["id"])  # type: ignore[index]


@ON_SQLITE
def test_the_row_has_nothing_in_the_clear(services: Services) -> None:
    queue(services)
    row = the_row(services)
    assert (row.channel, row.subject, row.text, row.blocks) == ("somebody", "survey", "", [])
    assert (row.sent_as, row.sent_channel, row.problem) == (None, None, None)


def section(text: str) -> BlockJson:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def at_worst(seed: int) -> str:
    """As much as a comment may hold, of what compresses worst: ideographs without any sense."""
    drawn = random.Random(seed)
    return "".join(chr(drawn.randrange(0x4E00, 0x9FFF)) for _ in range(3_000))


COMMENT, ANSWER = at_worst(1), at_worst(2)


@ON_SQLITE
@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("", [{"type": "divider"}]),
        (QUESTION, BLOCKS),
        (QUESTION, [section("y" * 3_000)] * 50),
        (COMMENT + ANSWER, [section(COMMENT), section(ANSWER)]),
        ("&lt;" * 3_000, [section("\\" * 3_000)]),
        ("half of a face: \ud83d", [section("\udc00")]),
    ],
)
def test_all_are_of_one_length(services: Services, text: str, blocks: Sequence[BlockJson]) -> None:
    queue(services, text, blocks=blocks)
    queue(services, "short", to=BEN)
    first, second = rows(services)
    assert len(first.sealed or b"") == len(second.sealed or b"") == 16_384 + 40
    envelope = outbox.opened(first, services.seals)
    assert (envelope.channel, envelope.text, envelope.blocks) == (ANNA, text, blocks)


@ON_SQLITE
def test_the_same_message_to_the_same_person_looks_different_each_time(services: Services) -> None:
    queue(services)
    queue(services)
    first, second = rows(services)
    assert first.sealed != second.sealed


@ON_SQLITE
@pytest.mark.parametrize(
    "more",
    [
        {"thread": [Message("below")]},
        {"pictures": [Picture("F1", b"", "")]},
        {"alternatives": {"chart": Picture("F1", b"", "")}},
    ],
)
def test_what_cannot_be_sealed_is_not_queued(services: Services, more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="neither a thread nor pictures"), services.writing() as s:
        outbox.queue_sealed(
            s, 1, ANNA, Message("", **more), seals=services.seals, subject="survey", now=T()
        )
    assert rows(services) == []


# --- How it is posted ---


def test_it_is_posted_to_the_person_and_the_row_is_gone(
    services: Services, slack: SlackDouble
) -> None:
    queue(services)
    send(services)
    [posted] = slack.posted
    assert (posted.channel, posted.text, posted.blocks) == (f"D{ANNA}", QUESTION, BLOCKS)
    assert rows(services) == []
    send(services)
    assert len(slack.posted) == 1


@ON_SQLITE
def test_slack_gets_another_delivery_id_than_the_row_has(
    services: Services, slack: SlackDouble
) -> None:
    """So that nobody who may read Slack's metadata finds the row of a message in a copy."""
    queue(services)
    row = the_row(services)
    send(services)
    [posted] = slack.posted
    assert posted.metadata is not None
    delivery = posted.metadata["event_payload"]["id"]
    assert delivery == outbox.opened(row, services.seals).delivery != row.id


def test_messages_in_the_clear_and_sealed_ones_keep_their_order(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    queue(services, "1")
    with services.writing() as session:
        now = clock.now()
        outbox.queue(session, WORKSPACE, "C1", Message("2"), subject="digest:1", now=now)
    queue(services, "3", to=BEN)
    send(services)
    assert texts(slack.posted) == ["1", "2", "3"]
    assert states(services) == [Delivery.SENT]


@ON_SQLITE
def test_each_person_gets_a_message_a_second_and_nobody_waits_for_another(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    for text in ("1", "2", "3"):
        queue(services, text)
        queue(services, text, to=BEN)
    send(services)
    assert clock.slept == [1.0, 1.0]
    for person in (ANNA, BEN):
        moments = [float(posted.ts) - T().timestamp() for posted in slack.posts(f"D{person}")]
        assert moments == pytest.approx([0, 1, 2], abs=0.01)


# --- What can go wrong ---


def test_one_whose_answer_was_lost_is_found_and_not_posted_again(
    services: Services, slack: SlackDouble, faults: SlackFaults, clock: StandingClock
) -> None:
    faults.on(POST, LostResponse())
    queue(services)
    send(services)
    assert states(services) == [Delivery.UNKNOWN]
    send_for(services, clock, 3)
    assert rows(services) == []
    assert slack.called(HISTORY)[0]["channel"] == f"D{ANNA}"
    assert (texts(slack.posted), faults.calls(POST)) == ([QUESTION], 1)


@ON_SQLITE
@pytest.mark.parametrize("fault", [Reset(), ServerError(500), Refused("internal_error")])
def test_one_that_is_not_found_is_posted_again(
    services: Services, slack: SlackDouble, faults: SlackFaults, clock: StandingClock, fault: Fault
) -> None:
    faults.on(POST, fault)
    queue(services)
    send_for(services, clock, 32, every=4)
    assert (states(services), slack.posted) == ([Delivery.UNKNOWN], [])
    send_for(services, clock, 4)
    assert (rows(services), texts(slack.posted)) == ([], [QUESTION])


@pytest.mark.parametrize("arrived", [True, False])
def test_what_a_killed_process_was_sending_is_looked_for(
    services: Services, slack: SlackDouble, clock: StandingClock, *, arrived: bool
) -> None:
    queue(services)
    row, now = the_row(services), clock.now()
    with services.writing() as session:
        leases.take(session, WORKSPACE, "sender", "killed", now=now, span=SPAN)
        assert outbox.start(session, row, now=now)
    if arrived:
        envelope = outbox.opened(row, services.seals)
        assert services.messenger is not None
        services.messenger.post(ANNA, QUESTION, BLOCKS, delivery=envelope.delivery)
    send_for(services, clock, 119, every=17)
    assert states(services) == [Delivery.SENDING]
    send_for(services, clock, 60, every=5)
    assert (rows(services), texts(slack.posted)) == ([], [QUESTION])


def test_while_slack_asks_to_wait_it_waits(
    services: Services, slack: SlackDouble, faults: SlackFaults, clock: StandingClock
) -> None:
    faults.on(POST, RateLimited(30))
    queue(services)
    queue(services, "to another", to=BEN)
    send_for(services, clock, 29)
    assert (faults.calls(POST), slack.posted) == (1, [])
    send_for(services, clock, 1)
    assert sorted(texts(slack.posted)) == [QUESTION, "to another"]
    assert rows(services) == []


@ON_SQLITE
@pytest.mark.parametrize("code", ["user_not_found", "invalid_blocks", "messages_tab_disabled"])
def test_one_that_slack_never_takes_is_deleted(
    services: Services, slack: SlackDouble, faults: SlackFaults, code: str
) -> None:
    faults.on(POST, Refused(code))
    queue(services)
    send(services)
    assert (rows(services), slack.posted) == ([], [])


@pytest.mark.thorough
@ON_SQLITE
def test_one_that_waits_for_somebody_to_mend_something_is_deleted_when_it_is_too_old(
    services: Services, faults: SlackFaults, clock: StandingClock
) -> None:
    faults.on(POST, *[Refused("token_expired")] * 200)
    queue(services)
    while clock.now() < T(hours=12):
        send(services)
        assert states(services) == [Delivery.RETRY]
        clock.move(hours=1)
    send(services)
    assert rows(services) == []


def test_one_that_was_never_tried_is_deleted_when_it_is_too_old(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    queue(services)
    clock.move(hours=12)
    send(services)
    assert (rows(services), slack.posted) == ([], [])


@pytest.mark.thorough
@ON_SQLITE
def test_one_that_cannot_be_looked_for_is_deleted_when_it_is_too_old(
    services: Services, slack: SlackDouble, faults: SlackFaults, clock: StandingClock
) -> None:
    faults.on(POST, LostResponse())
    queue(services)
    send(services)
    del slack.users[ANNA]
    send_for(services, clock, 3)
    [row] = rows(services)
    assert row.state == Delivery.UNKNOWN
    assert said(row.problem or "") == "Slack answered user_not_found."
    send_for(services, clock, 12 * 3_600, every=3_600)
    assert rows(services) == []


# --- Another secret ---


def test_one_that_was_sealed_with_another_secret_waits_until_that_is_set_again(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    """A process with the wrong secret loses no message, and `deskpulse doctor` says what is wrong."""
    queue(services)
    with another(services, seals=Seals(b"another secret")) as mistaken:
        deliver(mistaken, clock.now())
    with services.reading() as session:
        [row] = outbox.troubled(session, WORKSPACE)
    assert (row.channel, row.state) == ("somebody", Delivery.RETRY)
    assert said(row.problem or "").startswith("What was sealed cannot be opened: DESKPULSE_SECRET")
    assert slack.posted == []
    clock.move(minutes=5)
    send(services)
    assert (rows(services), texts(slack.posted)) == ([], [QUESTION])


@pytest.mark.thorough
@ON_SQLITE
@pytest.mark.parametrize("fault", [None, LostResponse()])
def test_one_whose_secret_is_gone_is_deleted_when_it_is_too_old(
    services: Services,
    slack: SlackDouble,
    faults: SlackFaults,
    clock: StandingClock,
    fault: Fault | None,
) -> None:
    queue(services)
    if fault is not None:
        faults.on(POST, fault)
        send(services)
    with another(services, seals=Seals(b"another secret")) as changed:
        send_for(changed, clock, 12 * 3_600, every=3_600)
    assert rows(services) == []
    assert len(slack.posted) == (fault is not None)


# --- Beside the others ---


def test_it_is_counted_while_it_waits_and_tidying_leaves_it_alone(services: Services) -> None:
    queue(services)
    tidy(services, T(days=31))
    with services.reading() as session:
        assert outbox.counts(session, WORKSPACE) == {Delivery.QUEUED: 1}
        assert outbox.anything_due(session, WORKSPACE, now=T())
        assert outbox.latest(session, WORKSPACE, "digest:1") is None


def test_an_earlier_version_posts_none_to_nobody(
    new_database: Database, clock: StandingClock, faults: SlackFaults
) -> None:
    services = connected(new_database, clock, faults)
    queue(services)
    with services.writing() as session:
        outbox.queue(session, WORKSPACE, "C1", Message("digest"), subject="digest:1", now=T())
    with services.database.engine.begin() as connection:
        downgrade(connection, "0004")
        assert connection.exec_driver_sql("SELECT text FROM outbox").scalars().all() == ["digest"]


@pytest.fixture
def _plain_logs() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.thorough
@ON_SQLITE
@pytest.mark.usefixtures("_plain_logs")
def test_the_log_says_that_a_survey_was_sent_and_no_more(
    services: Services,
    slack: SlackDouble,
    faults: SlackFaults,
    clock: StandingClock,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not even the details of a refusal, in which Slack may say something of the message."""
    logs.configure("json")
    faults.on(POST, LostResponse(), Reset(), RateLimited(1), Refused("channel_not_found"))
    for _ in range(4):
        queue(services)
    ids = [row.id for row in rows(services)]
    send_for(services, clock, 600, every=5)
    slack.unknown_blocks = {"section"}
    queue(services)
    send(services)
    assert (rows(services), len(slack.posted)) == ([], 4)
    lines = capsys.readouterr().err + caplog.text
    for told in (
        "message_sent",
        "message_found",
        "message_not_sent",
        "Slack answered invalid_blocks",
    ):
        assert told in lines
    marks = [posted.metadata["event_payload"]["id"] for posted in slack.posted]  # type: ignore[index]
    for secret in (*SECRETS, *ids, *marks, "unsupported type"):
        assert secret not in lines


# --- Whatever happens on the way ---

#: What may become of a call.
Fate: TypeAlias = Literal[
    "done", "refused for now", "lost, not done", "lost, but done", "killed before", "killed after"
]
FATES: Sequence[Fate] = (
    "done",
    "refused for now",
    "lost, not done",
    "lost, but done",
    "killed before",
    "killed after",
)


Answer = TypeVar("Answer")


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


class Unreliable(Recorder):
    """A Slack of which every call may go wrong, by choice."""

    choices: Choices

    def post(self, *args: Any, **more: Any) -> tuple[str, str]:
        return self._call(partial(super().post, *args, **more), lost=("", ""))

    def find(self, *args: Any, **more: Any) -> str | None:
        return self._call(partial(super().find, *args, **more), lost=None)

    def _call(self, work: Callable[[], Answer], *, lost: Answer) -> Answer:
        fate = self.choices.pick(FATES)
        if fate == "killed before":
            raise Killed
        if fate == "refused for now":
            raise SlackBusy("Busy.")
        answer = lost if fate == "lost, not done" else work()
        if fate == "killed after":
            raise Killed
        if fate.startswith("lost"):
            raise SlackUnknown("Lost.")
        return answer


def live(database: Database, choices: Choices) -> None:
    """A message from its queue to its end, in a world of those choices."""
    clock, slack = StandingClock(T(days=next(_LATER))), Unreliable()
    slack.choices = choices
    services = program(database, clock, messenger=slack)
    queue(services)
    for _ in range(60):
        try:
            send(services)
        except Killed:
            with services.writing() as session:
                # Unlike an exception, a signal gives nothing back.
                now = clock.now()
                leases.take(session, WORKSPACE, "sender", "killed", now=now, span=SPAN)
        if not rows(services):
            break
        clock.move(seconds=31)
    assert rows(services) == []
    assert [(sent.channel, sent.text) for sent in slack.sent] == [(ANNA, QUESTION)]


#: Lives in one database come one after the other, so that none sees the clock go back.
_LATER = count()


@pytest.mark.thorough
def test_one_thing_that_goes_wrong_anywhere_leaves_one_message_and_no_row(
    database: Database,
) -> None:
    assert every_way(partial(live, database), unusual=1) > 5


@pytest.mark.thorough
@ON_SQLITE
def test_two_things_that_go_wrong_anywhere_leave_one_message_and_no_row(
    database: Database,
) -> None:
    assert every_way(partial(live, database), unusual=2) > 30
