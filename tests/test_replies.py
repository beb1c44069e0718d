from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from sqlmodel import Session

from bot.services import WORKSPACE
from bot.store import outbox
from bot.store.database import Database
from bot.store.tables import Delivery
from tests.outgoing import NATIVE_BLOCK, OVER, Line, open_line, saying
from tests.programs import together
from tests.slack_faults import (
    Fault,
    LostResponse,
    Meanwhile,
    RateLimited,
    Refused,
    Reset,
    ServerError,
    Through,
)
from tests.times import StandingClock, T

POST, UPDATE = "chat.postMessage", "chat.update"


@pytest.fixture
def line(database: Database, clock: StandingClock) -> Iterator[Line]:
    with open_line(database, clock) as line:
        yield line


# --- Withdrawn ---


@pytest.mark.parametrize("state", [Delivery.QUEUED, Delivery.RETRY])
def test_a_message_that_nobody_has_seen_can_be_withdrawn_with_its_replies(
    line: Line, state: Delivery
) -> None:
    if state is Delivery.RETRY:
        line.faults.on(POST, Refused("not_in_channel"))
    line.queue("4 h 12")
    below = line.reply("acknowledged")
    if state is Delivery.RETRY:
        line.send()
    assert line.state == state
    assert line.withdraw()
    assert (line.state, line.problem()) == (Delivery.FAILED, OVER)
    assert line.row(below).state == Delivery.FAILED
    line.send_for(600, every=30)
    assert line.slack.posted == []


def test_a_message_that_is_posted_cannot_be_withdrawn(line: Line) -> None:
    line.posted("4 h 12")
    assert not line.withdraw()
    line.change("over")
    assert not line.withdraw()
    line.send()
    assert line.shown() == ["over"]


UNDERWAY: list[tuple[Fault, bool]] = [
    (LostResponse(), True),
    (Reset(), False),
    (ServerError(), False),
]


@pytest.mark.parametrize(("fault", "done"), UNDERWAY)
def test_a_lost_message_that_is_withdrawn_is_edited_if_it_is_there_and_else_given_up(
    line: Line, fault: Fault, *, done: bool
) -> None:
    line.faults.on(POST, fault)
    line.queue("4 h 12")
    line.send()
    assert not line.withdraw()
    line.change("over")
    below = line.reply("over after 1 h 40")
    line.send_for(40)
    assert line.shown() == (["over"] if done else [])
    assert (line.state, line.problem()) == (("sent", "") if done else ("failed", OVER))
    assert line.row(below).state == (Delivery.SENT if done else Delivery.FAILED)
    assert line.withdraw() is not done


@pytest.mark.parametrize("hook", ["before", "after"])
@pytest.mark.parametrize("lost", [False, True])
def test_a_message_that_is_withdrawn_while_it_is_posted_stays(
    line: Line, hook: str, *, lost: bool
) -> None:
    answers: list[bool] = []
    happens: dict[str, Any] = {hook: lambda: answers.append(line.withdraw())}
    line.faults.on(POST, Meanwhile(**happens, then=LostResponse() if lost else Through()))
    line.queue("4 h 12")
    line.send_for(5)
    assert (answers, line.shown(), line.state) == ([False], ["4 h 12"], Delivery.SENT)


NOTHING_POSTED: list[Fault] = [
    RateLimited(1),
    Refused("external_channel_migrating"),
    Refused("not_in_channel"),
    Refused("is_archived"),
    Refused("invalid_blocks"),
    Refused("msg_too_long"),
]


@pytest.mark.parametrize("fault", NOTHING_POSTED)
def test_a_message_that_is_withdrawn_while_slack_refuses_it_is_given_up(
    line: Line, fault: Fault
) -> None:
    """Also where it would be tried again otherwise: later, or plainer."""
    line.faults.on(POST, Meanwhile(before=line.withdraw, then=fault))
    line.queue("4 h 12", blocks=[NATIVE_BLOCK])
    line.send_for(600, every=30)
    assert (line.state, line.problem(), line.slack.posted) == (Delivery.FAILED, OVER, [])
    assert line.withdraw()


@pytest.mark.thorough
def test_of_one_that_nobody_could_look_for_it_is_not_said_that_nobody_saw_it(line: Line) -> None:
    line.faults.on(POST, LostResponse())
    line.faults.on("conversations.history", *[Refused("missing_scope")] * 20)
    line.queue("4 h 12")
    line.send_for(13 * 3600, every=3600)
    assert line.state == Delivery.FAILED
    assert not line.withdraw()
    assert line.shown() == ["4 h 12"]


def hung(line: Line) -> None:
    """A process claimed the message and hangs; others have looked for it in vain."""
    with line.services.writing() as session:
        now = line.clock.now()
        assert outbox.start(session, line.row(), now=now)
        outbox.unknown(session, line.delivery, look_at=now, problem="lost")
        outbox.not_found(session, line.delivery, now=now)


ENDS: list[Callable[[Session, str, datetime], None]] = [
    lambda session, delivery, now: outbox.again(session, delivery, at=now, problem="busy"),
    lambda session, delivery, now: outbox.held(session, delivery, at=now, problem="held"),
    lambda session, delivery, now: outbox.unknown(session, delivery, look_at=now, problem="lost"),
    lambda session, delivery, _now: outbox.failed(session, delivery, "refused"),
]


@pytest.mark.parametrize("end", ENDS)
def test_a_message_that_was_withdrawn_is_not_brought_back_by_a_process_that_hung(
    line: Line, end: Callable[[Session, str, datetime], None]
) -> None:
    """It tells late that it could not post it, or does not know."""
    line.queue("4 h 12")
    hung(line)
    assert line.withdraw()
    with line.services.writing() as session:
        end(session, line.delivery, line.clock.now())
    line.send_for(60, every=5)
    assert (line.state, line.problem(), line.slack.posted) == (Delivery.FAILED, OVER, [])


def test_what_a_process_that_hung_has_posted_after_all_is_posted(line: Line) -> None:
    line.queue("4 h 12")
    hung(line)
    assert line.services.messenger is not None
    message = saying("4 h 12")
    channel, ts = line.services.messenger.post(
        "C1", message.text, message.blocks, delivery=line.delivery
    )
    with line.services.writing() as session:
        outbox.sent(session, line.delivery, channel=channel, ts=ts, version=1)
    assert (line.state, line.row().shown) == (Delivery.SENT, 1)
    line.change("over")
    line.send_for(60, every=5)
    assert (line.shown(), line.row().shown) == (["over"], 2)


# --- Replies ---


def test_a_reply_of_later_hangs_below_its_message(line: Line) -> None:
    line.posted("4 h 12")
    line.clock.move(hours=1)
    below = line.reply("acknowledged by Ada")
    line.send()
    assert line.thread() == ["acknowledged by Ada"]
    row = line.row(below)
    assert (row.state, row.subject, row.channel) == (Delivery.SENT, "alert:1", "C1")
    assert line.shown() == ["4 h 12"]


def test_a_broadcast_reply_shows_in_the_channel_too(line: Line) -> None:
    line.posted("4 h 12")
    line.reply("for 4 h, and nobody has seen it", broadcast=True)
    line.reply("acknowledged")
    line.send_for(2)
    below = line.slack.thread("C1", line.row().sent_as or "")
    assert [(one.text, one.broadcast) for one in below] == [
        ("for 4 h, and nobody has seen it", True),
        ("acknowledged", False),
    ]


@pytest.mark.thorough
def test_replies_wait_for_the_message_and_for_each_other(line: Line) -> None:
    """The first one is lost and looked for, the second may not overtake it."""
    line.slack.add_channel("C1", is_member=False)
    line.queue("4 h 12")
    for n in range(3):
        line.reply(str(n))
    line.send_for(120, every=10)
    assert line.faults.calls(POST) == 1
    line.slack.add_channel("C1", is_member=True)
    line.clock.move(minutes=5)
    line.faults.on(POST, Meanwhile(), Reset(), Refused("not_in_channel"))
    line.send_for(400, every=4)
    assert line.thread() == ["0", "1", "2"]
    assert line.faults.calls(POST) == 7


def test_a_reply_that_slack_never_takes_holds_up_no_other(line: Line) -> None:
    line.posted("4 h 12")
    line.faults.on(POST, Refused("msg_too_long"))
    line.reply("too long")
    line.reply("fits")
    line.send_for(2)
    assert line.thread() == ["fits"]


def test_a_reply_does_not_wait_for_an_edit_that_is_held(line: Line) -> None:
    line.posted("4 h 12")
    line.faults.on(UPDATE, Refused("ekm_access_denied"))
    line.change("4 h 40")
    line.send()
    line.reply("acknowledged")
    line.send_for(2)
    assert line.thread() == ["acknowledged"]


@pytest.mark.parametrize("state", [Delivery.FAILED, Delivery.LOST])
def test_a_reply_to_a_message_of_which_nothing_comes_fails_at_once(
    line: Line, state: Delivery
) -> None:
    if state is Delivery.FAILED:
        line.faults.on(POST, Refused("msg_too_long"))
        line.queue("4 h 12")
        line.send()
    else:
        line.posted("4 h 12")
        line.delete()
        line.change("4 h 40")
        line.send()
    row = line.row(line.reply("acknowledged"))
    why = {
        Delivery.FAILED: "The message above it was not posted.",
        Delivery.LOST: "The message above it is gone.",
    }
    assert (line.state, row.state, row.problem) == (state, Delivery.FAILED, why[state])


def test_a_reply_that_comes_back_into_the_line_below_a_lost_message_is_given_up(
    line: Line,
) -> None:
    """It was lost itself while the message above it was: nobody waits for it for ever."""
    line.posted("4 h 12")
    line.faults.on(POST, Reset())
    below = line.reply("acknowledged")
    line.clock.move(seconds=1)
    line.send()
    line.delete()
    line.change("4 h 40")
    line.send_for(60)
    assert (line.state, line.row(below).state) == (Delivery.LOST, Delivery.FAILED)
    with line.services.reading() as session:
        assert not outbox.anything_due(session, WORKSPACE, now=T(days=1))


def test_a_reply_that_a_process_left_below_a_lost_message_is_given_up(line: Line) -> None:
    """It died when it had put the reply back into the line."""
    line.posted("4 h 12")
    line.faults.on(POST, Reset())
    below = line.reply("acknowledged")
    line.clock.move(seconds=1)
    line.send()
    line.delete()
    line.change("4 h 40")
    line.clock.move(seconds=1)
    line.send()
    with line.services.writing() as session:
        outbox.not_found(session, below, now=line.clock.now())
    assert (line.state, line.row(below).state) == (Delivery.LOST, Delivery.QUEUED)
    line.send()
    assert line.row(below).state == Delivery.FAILED


def test_replies_of_two_processes_at_once_have_an_order(line: Line) -> None:
    line.posted("4 h 12")
    below = together(*[partial(line.reply, str(n)) for n in range(8)])
    assert len({line.row(one).place for one in below}) == 8
