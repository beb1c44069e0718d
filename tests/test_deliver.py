from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
import structlog
from sqlmodel import select

from bot import logs
from bot.errors import said
from bot.message import Message, Picture
from bot.services import WORKSPACE, Services
from bot.slack.messenger import SCOPES, SlackMessenger
from bot.store import leases, outbox
from bot.store.database import Database
from bot.store.tables import Delivery, OutboxRow, PictureRow
from jobs.deliver import SPAN, TRIES_WITH_PICTURE, deliver
from tests.live.components import free_port, wait_until
from tests.programs import Recorder, another, program, raising, together
from tests.slack_double import Posted, SlackDouble
from tests.slack_faults import (
    Fault,
    LostResponse,
    RateLimited,
    Refused,
    Reset,
    ServerError,
    SlackFaults,
    Through,
)
from tests.times import StandingClock, T

POST, HISTORY, REPLIES = "chat.postMessage", "conversations.history", "conversations.replies"
UPLOAD = "files.getUploadURLExternal"

CHART = Picture("FCHART", b"\x89PNG chart", "tickets of eight weeks")
CHART_BLOCK = {"type": "image", "slack_file": {"id": "FCHART"}, "alt_text": CHART.alt}
NATIVE_BLOCK = {
    "type": "data_visualization",
    "block_id": "weeks",
    "title": "New tickets",
    "chart": {
        "type": "line",
        "series": [{"name": "new", "data": [{"label": "12 Nov", "value": 7}]}],
        "axis_config": {"categories": ["12 Nov"]},
    },
}
NUMBERS_BLOCK = {"type": "section", "text": {"type": "mrkdwn", "text": "12 tickets"}}


@pytest.fixture
def slack(clock: StandingClock) -> Iterator[SlackDouble]:
    with SlackDouble(clock=clock) as double:
        double.add_channel("C1")
        double.add_channel("C2")
        yield double


@pytest.fixture
def faults(slack: SlackDouble) -> Iterator[SlackFaults]:
    with SlackFaults(slack.api_url) as proxy:
        yield proxy


@pytest.fixture
def services(database: Database, clock: StandingClock, faults: SlackFaults) -> Services:
    messenger = SlackMessenger(SlackDouble.bot_token, url=faults.api_url)
    return program(database, clock, messenger=messenger)


def queue(services: Services, text: str = "digest", channel: str = "C1", **more: Any) -> str:
    """Queues a message; `more` are fields of `Message`. Gives its delivery id."""
    now = services.clock.now()
    with services.writing() as session:
        message = Message(text, **more)
        return outbox.queue(
            session, services.workspace, channel, message, subject="digest:1", now=now
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


def row_of(services: Services, delivery: str) -> OutboxRow:
    with services.reading() as session:
        return session.get_one(OutboxRow, delivery)


def told(services: Services) -> list[tuple[str, str, str | None]]:
    """Of every row its text, its state and its problem, in order."""
    with services.reading() as session:
        rows = session.scalars(select(OutboxRow).order_by("place"))
        return [(row.text, row.state, row.problem and said(row.problem)) for row in rows]


def texts(posted: Sequence[Posted]) -> list[str]:
    return [one.text for one in posted]


# --- A message and its thread ---


def test_a_message_and_its_thread_arrive_once_and_in_order(
    services: Services, slack: SlackDouble
) -> None:
    replies = [Message(f"table {n}") for n in range(3)]
    delivery = queue(services, "digest", thread=replies)
    send(services)
    send(services)
    [digest] = slack.posts("C1")
    assert digest.text == "digest"
    assert texts(slack.thread("C1", digest.ts)) == ["table 0", "table 1", "table 2"]
    row = row_of(services, delivery)
    assert (row.state, row.sent_channel, row.sent_as) == (Delivery.SENT, "C1", digest.ts)


@pytest.mark.thorough
def test_messages_of_the_same_second_go_in_the_order_in_which_they_were_queued(
    services: Services, slack: SlackDouble
) -> None:
    """Each with its thread, which is not held up by what was queued behind it."""
    for n in range(8):
        queue(services, f"{n}", thread=[Message(f"{n}a"), Message(f"{n}b")])
        queue(services, f"{n}", channel="C2")
    send(services)
    in_c1 = [posted.text for posted in slack.posted if posted.channel == "C1"]
    assert in_c1 == [f"{n}{part}" for n in range(8) for part in ("", "a", "b")]
    assert texts(slack.posts("C2")) == [f"{n}" for n in range(8)]


def test_messages_of_one_transaction_go_in_the_order_in_which_they_were_queued(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    with services.writing() as session:
        for n in range(8):
            message, now = Message(f"{n}"), clock.now()
            outbox.queue(session, WORKSPACE, "C1", message, subject="digest:1", now=now)
    send(services)
    assert texts(slack.posted) == [f"{n}" for n in range(8)]


def test_the_order_holds_when_what_was_sent_before_is_forgotten(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    slack.add_channel("C1", is_member=False)
    queue(services, "waits")
    queue(services, "goes", channel="C2")
    send(services)
    with services.writing() as session:
        assert outbox.tidy(session, WORKSPACE, before=clock.now() + timedelta(seconds=1)) == 1
    queue(services, "behind it")
    slack.add_channel("C1", is_member=True)
    clock.move(minutes=5)
    send(services)
    assert texts(slack.posted) == ["goes", "waits", "behind it"]


def test_of_two_messages_about_a_subject_in_the_same_second_the_later_is_the_latest(
    services: Services,
) -> None:
    for n in range(8):
        delivery = queue(services, f"{n}", thread=[Message(f"{n}a")])
        with services.reading() as session:
            latest = outbox.latest(session, WORKSPACE, "digest:1")
        assert latest is not None
        assert latest.id == delivery


def test_a_message_carries_its_delivery_id_and_its_blocks(
    services: Services, slack: SlackDouble
) -> None:
    delivery = queue(services, blocks=[NUMBERS_BLOCK])
    send(services)
    [posted] = slack.posted
    assert posted.blocks == [NUMBERS_BLOCK]
    assert posted.metadata == {
        "event_type": "deskpulse_delivery",
        "event_payload": {"id": delivery},
    }


@pytest.mark.thorough
def test_a_reply_waits_until_the_message_above_it_is_posted(
    services: Services, slack: SlackDouble, faults: SlackFaults, clock: StandingClock
) -> None:
    faults.on(POST, Refused("not_in_channel"))
    queue(services, "digest", thread=[Message("table")])
    send_for(services, clock, 60)
    assert faults.calls(POST) == 1
    clock.move(minutes=5)
    send(services)
    [digest] = slack.posts("C1")
    assert texts(slack.thread("C1", digest.ts)) == ["table"]


def test_without_slack_messages_wait(database: Database, clock: StandingClock) -> None:
    services = program(database, clock)
    queue(services)
    send(services)
    assert told(services) == [("digest", Delivery.QUEUED, None)]


# --- Answers that are lost ---


def test_a_message_whose_answer_was_lost_is_found_and_not_posted_again(
    services: Services, slack: SlackDouble, faults: SlackFaults, clock: StandingClock
) -> None:
    faults.on(POST, LostResponse())
    delivery = queue(services, thread=[Message("table")])
    send(services)
    assert row_of(services, delivery).state == Delivery.UNKNOWN
    send_for(services, clock, 3)
    [digest] = slack.posts("C1")
    assert row_of(services, delivery).sent_as == digest.ts
    assert texts(slack.thread("C1", digest.ts)) == ["table"]
    assert faults.calls(POST) == 2


def test_a_reply_whose_answer_was_lost_is_found_in_its_thread(
    services: Services, slack: SlackDouble, faults: SlackFaults, clock: StandingClock
) -> None:
    queue(services, thread=[Message("table")])
    faults.on(POST, RateLimited(1), LostResponse(), LostResponse())
    send_for(services, clock, 30)
    assert texts(slack.posted) == ["digest", "table"]
    assert [state for _, state, _ in told(services)] == [Delivery.SENT, Delivery.SENT]
    assert slack.called(REPLIES)[0]["ts"] == slack.posted[0].ts


NEVER_ARRIVED = [Reset(), ServerError(500), ServerError(503), Refused("internal_error")]


@pytest.mark.parametrize("fault", NEVER_ARRIVED)
def test_a_message_that_may_have_arrived_is_looked_up_twice_before_it_is_posted_again(
    services: Services,
    slack: SlackDouble,
    faults: SlackFaults,
    clock: StandingClock,
    fault: Fault,
) -> None:
    faults.on(POST, fault)
    delivery = queue(services)
    send_for(services, clock, 32)
    assert row_of(services, delivery).state == Delivery.UNKNOWN
    assert (len(slack.called(HISTORY)), slack.posted) == (1, [])
    send_for(services, clock, 1)
    assert (len(slack.called(HISTORY)), texts(slack.posted)) == (2, ["digest"])
    assert row_of(services, delivery).state == Delivery.SENT


@pytest.mark.thorough
def test_a_message_that_is_lost_again_and_again_arrives_once(
    services: Services, slack: SlackDouble, faults: SlackFaults, clock: StandingClock
) -> None:
    faults.on(POST, Reset(), ServerError(), Reset(), LostResponse())
    queue(services)
    send_for(services, clock, 180, every=3)
    assert texts(slack.posted) == ["digest"]
    assert faults.left(POST) == 0


@pytest.mark.parametrize(
    "fault", [Reset(), ServerError(), RateLimited(5), Refused("missing_scope")]
)
def test_what_cannot_be_looked_up_is_not_posted_again(
    services: Services,
    slack: SlackDouble,
    faults: SlackFaults,
    clock: StandingClock,
    fault: Fault,
) -> None:
    faults.on(POST, LostResponse())
    faults.on(HISTORY, fault)
    delivery = queue(services)
    send_for(services, clock, 10)
    assert row_of(services, delivery).state == Delivery.UNKNOWN
    clock.move(minutes=5)
    send(services)
    assert row_of(services, delivery).state == Delivery.SENT
    assert (faults.calls(POST), texts(slack.posted)) == (1, ["digest"])


@pytest.mark.thorough
def test_what_can_never_be_looked_up_is_given_up(
    database: Database, clock: StandingClock, faults: SlackFaults, slack: SlackDouble
) -> None:
    slack.scopes = tuple(scope for scope in SCOPES if scope != "channels:history")
    messenger = SlackMessenger(SlackDouble.bot_token, url=faults.api_url)
    services = program(database, clock, messenger=messenger)
    faults.on(POST, LostResponse())
    delivery = queue(services)
    for _ in range(13):
        clock.move(hours=1)
        send(services)
    row = row_of(services, delivery)
    assert row.state == Delivery.FAILED
    assert row.problem is not None
    assert said(row.problem).startswith("Slack answered missing_scope.")
    assert texts(slack.posted) == ["digest"]


# --- Slack asks to wait ---


def test_a_rate_limit_holds_everything_for_every_process(
    services: Services, slack: SlackDouble, faults: SlackFaults, clock: StandingClock
) -> None:
    faults.on(POST, RateLimited(30))
    queue(services, "first")
    queue(services, "second", channel="C2")
    send(services)
    queue(services, "queued while waiting", channel="C2")
    with another(services) as other:
        clock.move(seconds=29)
        send(other)
        assert (faults.calls(POST), slack.posted) == (1, [])
        clock.move(seconds=1)
        send(other)
    assert sorted(texts(slack.posted)) == ["first", "queued while waiting", "second"]


def test_a_rate_limit_does_not_hold_up_a_look(
    services: Services, faults: SlackFaults, clock: StandingClock
) -> None:
    faults.on(POST, LostResponse(), RateLimited(600))
    lost = queue(services, "lost")
    send(services)
    queue(services, "waits", channel="C2")
    send_for(services, clock, 3)
    assert row_of(services, lost).state == Delivery.SENT
    assert faults.calls(POST) == 2


# --- Somebody has to mend something ---


@pytest.mark.thorough
def test_a_message_waits_for_an_invitation_and_holds_up_no_other_channel(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    slack.add_channel("C1", is_member=False)
    delivery = queue(services, "waits")
    queue(services, "goes", channel="C2")
    send_for(services, clock, 400, every=20)
    assert texts(slack.posted) == ["goes"]
    row = row_of(services, delivery)
    assert row.state == Delivery.RETRY
    assert "Invite the bot: type /invite @deskpulse" in said(row.problem or "")
    slack.add_channel("C1", is_member=True)
    send_for(services, clock, 300, every=20)
    assert texts(slack.posted) == ["goes", "waits"]


def test_a_message_to_an_archived_channel_waits_with_its_thread_until_that_is_unarchived(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    slack.add_channel("C1", is_archived=True)
    delivery = queue(services, thread=[Message("table")])
    send(services)
    assert slack.posted == []
    problem = said(row_of(services, delivery).problem or "")
    assert problem.startswith("Slack answered is_archived. Unarchive the channel")
    slack.add_channel("C1", is_archived=False)
    send_for(services, clock, 400, every=20)
    assert texts(slack.posted) == ["digest", "table"]


@pytest.mark.thorough
def test_a_message_that_nobody_invited_for_twelve_hours_is_given_up(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    slack.add_channel("C1", is_member=False)
    delivery = queue(services, thread=[Message("table")])
    while clock.now() < T(hours=12):
        send(services)
        assert row_of(services, delivery).state == Delivery.RETRY
        clock.move(hours=1)
    slack.add_channel("C1", is_member=True)
    send(services)
    assert slack.posted == []
    [(_, state, problem), (_, below, _)] = told(services)
    assert (state, below) == (Delivery.FAILED, Delivery.FAILED)
    assert (problem or "").startswith("Slack answered not_in_channel.")


def test_a_message_that_was_queued_half_a_day_ago_and_never_tried_is_no_news(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    queue(services, "old", thread=[Message("old table")])
    clock.move(hours=12)
    queue(services, "new")
    send(services)
    assert texts(slack.posted) == ["new"]
    assert [state for _, state, _ in told(services)] == ["failed", "failed", "sent"]


def test_a_thread_whose_message_went_out_in_time_follows_it(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    queue(services, thread=[Message("table 1"), Message("table 2")])
    clock.move(hours=11, minutes=59, seconds=59)
    send(services)
    assert texts(slack.posted) == ["digest", "table 1", "table 2"]


@pytest.mark.thorough
def test_slack_may_be_out_of_reach_for_hours(
    database: Database, clock: StandingClock, faults: SlackFaults, slack: SlackDouble
) -> None:
    nowhere = SlackMessenger(SlackDouble.bot_token, url=f"http://127.0.0.1:{free_port()}/api/")
    services = program(database, clock, messenger=nowhere)
    delivery = queue(services)
    for _ in range(50):
        clock.move(minutes=10)
        send(services)
    row = row_of(services, delivery)
    assert row.state == Delivery.RETRY
    assert row.problem is not None
    assert said(row.problem).startswith("Slack could not be reached")
    there = SlackMessenger(SlackDouble.bot_token, url=faults.api_url)
    with another(services, messenger=there) as mended:
        clock.move(minutes=5)
        send(mended)
    assert texts(slack.posted) == ["digest"]


@pytest.mark.thorough
def test_tries_come_at_growing_intervals(database: Database, clock: StandingClock) -> None:
    nowhere = SlackMessenger(SlackDouble.bot_token, url=f"http://127.0.0.1:{free_port()}/api/")
    services = program(database, clock, messenger=nowhere)
    delivery = queue(services)
    waits = []
    for _ in range(11):
        send(services)
        waits.append((row_of(services, delivery).next_at - clock.now()).total_seconds())
        clock.set(row_of(services, delivery).next_at)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


# --- Processes that die, and processes that meet ---


def died_while_sending(services: Services, delivery: str) -> None:
    """Leaves the rows of a process that was killed between claiming a message and its answer."""
    now = services.clock.now()
    with services.writing() as session:
        leases.take(session, services.workspace, "sender", "killed", now=now, span=SPAN)
        assert outbox.start(session, session.get_one(OutboxRow, delivery), now=now)


@pytest.mark.parametrize("arrived", [True, False])
def test_what_a_killed_process_was_sending_is_looked_up(
    services: Services, slack: SlackDouble, clock: StandingClock, *, arrived: bool
) -> None:
    delivery = queue(services)
    died_while_sending(services, delivery)
    if arrived:
        assert services.messenger is not None
        services.messenger.post("C1", "digest", [], delivery=delivery)
    send_for(services, clock, 119, every=7)
    assert row_of(services, delivery).state == Delivery.SENDING
    send_for(services, clock, 60, every=5)
    assert row_of(services, delivery).state == Delivery.SENT
    assert texts(slack.posted) == ["digest"]


@pytest.mark.thorough
@pytest.mark.parametrize("fault", [None, RateLimited(30), LostResponse(), ServerError()])
def test_nothing_waits_for_a_clock_that_was_moved_back_to_be_there_again(
    services: Services, slack: SlackDouble, clock: StandingClock, faults: SlackFaults, fault: Fault
) -> None:
    """Neither what is queued, nor what is tried or looked for again, nor what Slack put off."""
    delivery = queue(services, thread=[Message("below")])
    if fault is not None:
        faults.on(POST, fault)
        send(services)
    clock.move(days=-3)
    send_for(services, clock, 60)
    assert texts(slack.posted) == ["digest", "below"]
    assert row_of(services, delivery).state == Delivery.SENT


def test_what_is_queued_goes_out_however_little_a_clock_was_moved_back(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    """It waits for nothing; what is to be tried again may wait for as long as that is less."""
    queue(services)
    clock.move(minutes=-20)
    send(services)
    assert texts(slack.posted) == ["digest"]


@pytest.mark.thorough
def test_a_message_does_not_live_longer_because_a_clock_was_moved_back(
    services: Services, clock: StandingClock, faults: SlackFaults
) -> None:
    faults.on(POST, *[Refused("not_in_channel")] * 200)
    delivery = queue(services)
    clock.move(days=-3)
    send_for(services, clock, 13 * 3_600, every=300)
    assert row_of(services, delivery).state == Delivery.FAILED


@pytest.mark.thorough
def test_the_lease_of_a_sender_that_was_killed_ends_when_its_clock_is_moved_back(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    died_while_sending(services, queue(services, "in the middle"))
    clock.move(days=-3)
    queue(services, "next", channel="C2")
    send_for(services, clock, 60)
    assert texts(slack.posted) == ["next", "in the middle"]


@pytest.mark.thorough
def test_two_senders_whose_clocks_differ_do_not_try_without_end(
    services: Services, clock: StandingClock, faults: SlackFaults
) -> None:
    """What the one puts off is not at once due again for the other."""
    faults.on(POST, *[ServerError()] * 200)
    queue(services)
    slow = StandingClock(clock.now() - timedelta(minutes=50))
    with another(services, clock=slow) as behind:
        for _ in range(30):
            clock.move(seconds=60)
            slow.move(seconds=60)
            for _ in range(5):
                send(services)
                send(behind)
    assert faults.calls(POST) < 30


def test_another_takes_over_a_minute_after_a_sender_was_killed(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    died_while_sending(services, queue(services, "in the middle"))
    queue(services, "next", channel="C2")
    send_for(services, clock, 59, every=59)
    assert slack.posted == []
    send_for(services, clock, 1)
    assert texts(slack.posted) == ["next"]


@pytest.mark.thorough
def test_a_sender_keeps_its_lease_for_as_long_as_it_sends(
    database: Database, clock: StandingClock
) -> None:
    def somebody_else_tries(_text: str) -> None:
        with database.writing() as session:
            now = clock.now()
            got.append(leases.take(session, WORKSPACE, "sender", "else", now=now, span=SPAN))

    got: list[bool] = []
    services = program(database, clock, messenger=Recorder(happens=somebody_else_tries))
    for n in range(70):
        queue(services, str(n))
    send(services)
    assert clock.now() > T() + SPAN
    assert got == [False] * 70


def test_a_sender_that_lost_its_lease_stops_after_the_message_it_is_sending(
    database: Database, clock: StandingClock
) -> None:
    def hang(_text: str) -> None:
        clock.move(seconds=90)
        with database.writing() as session:
            now = clock.now()
            leases.take(session, WORKSPACE, "sender", "another", now=now, span=SPAN)

    recorder = Recorder(happens=hang)
    services = program(database, clock, messenger=recorder)
    queue(services, "slow")
    queue(services, "not mine any more")
    send(services)
    assert [sent.text for sent in recorder.sent] == ["slow"]


def test_a_sender_that_is_done_lets_the_next_process_send_at_once(
    services: Services, slack: SlackDouble
) -> None:
    queue(services, "by hand")
    send(services)
    queue(services, "by the worker", channel="C2")
    with another(services) as worker:
        deliver(worker, worker.clock.now())
    assert texts(slack.posted) == ["by hand", "by the worker"]


def test_two_senders_at_once_post_each_message_once(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    for n in range(12):
        queue(
            services, f"{n}", channel=f"C{1 + n % 2}", thread=[Message(f"{n}a"), Message(f"{n}b")]
        )

    def emptied(mine: Services) -> bool:
        send(mine)
        return not outbox_is_open(mine)

    # The clock of the second one is ahead, so that it takes over although the first is alive.
    ahead = StandingClock(clock.now() + 1.5 * SPAN)
    with another(services, clock=ahead) as other:
        both = [partial(emptied, services), partial(emptied, other)]
        together(*[partial(wait_until, one, 30, "an empty outbox") for one in both])
    assert Counter(texts(slack.posted)).most_common(1)[0][1] == 1
    assert len(slack.posted) == 36
    for head in (*slack.posts("C1"), *slack.posts("C2")):
        assert texts(slack.thread(head.channel, head.ts)) == [f"{head.text}a", f"{head.text}b"]


def outbox_is_open(services: Services) -> bool:
    with services.reading() as session:
        states = outbox.counts(session, services.workspace)
    assert set(states) <= {Delivery.QUEUED, Delivery.SENDING, Delivery.SENT}
    return set(states) != {Delivery.SENT}


def test_of_many_who_claim_a_row_at_once_one_gets_it(services: Services) -> None:
    delivery = queue(services)
    row = row_of(services, delivery)

    def claim() -> bool:
        with services.writing() as session:
            return outbox.start(session, row, now=T())

    assert sorted(together(*[claim] * 8)) == [False] * 7 + [True]


def test_a_look_that_ends_late_does_not_undo_what_another_found(services: Services) -> None:
    delivery = queue(services)
    send(services)
    with services.writing() as session:
        outbox.not_found(session, delivery, now=T())
        outbox.unknown(session, delivery, look_at=T(), problem="late")
    assert row_of(services, delivery).state == Delivery.SENT


def test_an_unforeseen_error_loses_nothing_and_posts_nothing_twice(
    database: Database, clock: StandingClock
) -> None:
    recorder = Recorder(happens=raising(RuntimeError("a bug")))
    services = program(database, clock, messenger=recorder)
    queue(services, "first")
    queue(services, "second", channel="C2")
    for _ in range(2):
        with pytest.raises(RuntimeError):
            send(services)
    recorder.happens = lambda _text: None
    send_for(services, clock, 180, every=3)
    assert sorted(sent.text for sent in recorder.sent) == ["first", "second"]


def test_a_process_that_is_asked_to_end_stops_between_two_messages(
    database: Database, clock: StandingClock
) -> None:
    recorder = Recorder()
    services = program(database, clock, messenger=recorder)
    recorder.happens = lambda _text: services.stopping.set()
    queue(services, "first")
    queue(services, "second")
    send(services)
    assert [sent.text for sent in recorder.sent] == ["first"]
    with another(services) as next_process:
        deliver(next_process, clock.now())
    assert [sent.text for sent in recorder.sent] == ["first", "second"]


# --- Pace ---


def test_a_channel_gets_a_message_a_second(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    queue(services, "digest", thread=[Message("table 1"), Message("table 2")])
    send(services)
    assert clock.slept == [1.0, 1.0]
    assert [float(posted.ts) - T().timestamp() for posted in slack.posted] == [0, 1, 2]


def test_channels_take_turns_instead_of_waiting_for_each_other(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    for n in range(3):
        queue(services, f"1-{n}", channel="C1")
        queue(services, f"2-{n}", channel="C2")
    send(services)
    assert clock.slept == [1.0, 1.0]
    for channel in ("C1", "C2"):
        moments = [float(posted.ts) for posted in slack.posts(channel)]
        assert [b - a >= 0.999 for a, b in pairwise(moments)] == [True, True]


def test_a_refused_message_takes_its_second_too(
    services: Services, faults: SlackFaults, clock: StandingClock
) -> None:
    faults.on(POST, Refused("invalid_blocks"))
    queue(services, "refused")
    queue(services, "taken")
    send(services)
    assert clock.slept == [1.0]


# --- Pictures ---


def queue_chart(services: Services) -> str:
    return queue(services, blocks=[NUMBERS_BLOCK, CHART_BLOCK], pictures=[CHART])


def shown(posted: Posted) -> list[str]:
    """The ids of the files that a message shows."""
    return [block["slack_file"]["id"] for block in posted.blocks if "slack_file" in block]


def kept_pictures(services: Services) -> list[PictureRow]:
    with services.reading() as session:
        return list(session.scalars(select(PictureRow)))


def test_a_picture_is_uploaded_and_shown_and_not_kept(
    services: Services, slack: SlackDouble
) -> None:
    queue_chart(services)
    send(services)
    [posted] = slack.posted
    [file] = slack.files.values()
    assert (file.content, file.alt) == (CHART.png, CHART.alt)
    assert shown(posted) == [file.id]
    assert posted.blocks[0] == NUMBERS_BLOCK
    assert kept_pictures(services) == []


def test_a_picture_that_slack_still_takes_in_is_posted_once_with_the_message(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    slack.files_unready_for = 3
    queue_chart(services)
    send_for(services, clock, 10)
    [posted] = slack.posted
    assert shown(posted) == list(slack.files)
    assert (len(slack.called(POST)), len(slack.called(UPLOAD))) == (4, 1)


def test_a_message_goes_without_a_picture_that_slack_does_not_take(
    database: Database, clock: StandingClock
) -> None:
    may = [scope for scope in SCOPES if scope != "files:write"]
    with SlackDouble(clock=clock, scopes=may) as slack:
        slack.add_channel("C1")
        messenger = SlackMessenger(slack.bot_token, url=slack.api_url)
        services = program(database, clock, messenger=messenger)
        delivery = queue_chart(services)
        send(services)
    [posted] = slack.posted
    assert posted.blocks == [NUMBERS_BLOCK]
    assert row_of(services, delivery).state == Delivery.SENT


def test_a_message_waits_for_an_upload_that_failed_on_the_way(
    services: Services, slack: SlackDouble, faults: SlackFaults, clock: StandingClock
) -> None:
    faults.on(UPLOAD, Reset())
    faults.on("upload", Reset())
    faults.on("files.completeUploadExternal", LostResponse())
    queue_chart(services)
    send_for(services, clock, 10)
    [posted] = slack.posted
    assert slack.files[shown(posted)[0]].complete
    assert faults.left("upload") == faults.left("files.completeUploadExternal") == 0


@pytest.mark.thorough
def test_a_message_goes_without_a_picture_that_cannot_be_uploaded_for_minutes(
    services: Services, slack: SlackDouble, faults: SlackFaults, clock: StandingClock
) -> None:
    faults.on(UPLOAD, *[ServerError()] * 100)
    delivery = queue_chart(services)
    for _ in range(8):
        send(services)
        assert slack.posted == []
        clock.set(row_of(services, delivery).next_at)
    send(services)
    assert clock.now() == T(255)
    assert [posted.blocks for posted in slack.posted] == [[NUMBERS_BLOCK]]


@pytest.mark.thorough
def test_a_chart_waits_with_its_message_for_an_invitation(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    slack.add_channel("C1", is_member=False)
    delivery = queue_chart(services)
    send_for(services, clock, 3600, every=300)
    assert len(slack.called(POST)) > TRIES_WITH_PICTURE
    assert row_of(services, delivery).tries == 0
    slack.add_channel("C1", is_member=True)
    send_for(services, clock, 300, every=300)
    [posted] = slack.posted
    assert shown(posted) == list(slack.files)


def test_a_message_that_was_held_still_goes_without_a_picture_that_slack_does_not_take(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    slack.scopes = tuple(scope for scope in SCOPES if scope != "files:write")
    slack.add_channel("C1", is_member=False)
    queue_chart(services)
    send(services)
    slack.add_channel("C1", is_member=True)
    clock.move(minutes=5)
    send(services)
    assert [posted.blocks for posted in slack.posted] == [[NUMBERS_BLOCK]]


@pytest.mark.thorough
def test_waiting_for_an_invitation_does_not_forget_the_tries_that_failed(
    services: Services, slack: SlackDouble, faults: SlackFaults, clock: StandingClock
) -> None:
    faults.on(UPLOAD, *[ServerError()] * (TRIES_WITH_PICTURE - 1))
    slack.add_channel("C1", is_member=False)
    delivery = queue_chart(services)
    for _ in range(TRIES_WITH_PICTURE + 2):
        send(services)
        clock.set(row_of(services, delivery).next_at)
    row = row_of(services, delivery)
    assert (row.tries, len(slack.called(POST))) == (TRIES_WITH_PICTURE - 1, 3)


def test_a_restart_between_upload_and_post_uploads_nothing_again(
    services: Services, slack: SlackDouble, faults: SlackFaults, clock: StandingClock
) -> None:
    faults.on(POST, Refused("not_in_channel"))
    queue_chart(services)
    send(services)
    clock.move(minutes=5)
    with another(services) as restarted:
        deliver(restarted, clock.now())
    [posted] = slack.posted
    assert shown(posted) == list(slack.files)
    assert len(slack.called(UPLOAD)) == 1


# --- Charts that Slack draws itself ---


def queue_native(services: Services, **more: Any) -> str:
    """Queues a message with a native chart, for which the chart as a picture may stand in."""
    told: dict[str, Any] = {
        "blocks": [NUMBERS_BLOCK, NATIVE_BLOCK],
        "alternatives": {"weeks": CHART},
        **more,
    }
    return queue(services, **told)


def tried(slack: SlackDouble) -> list[list[str]]:
    """The types of the blocks of every post that was tried, in order."""
    return [[block["type"] for block in call["blocks"]] for call in slack.called(POST)]


WITH_CHART, WITH_PICTURE = ["section", "data_visualization"], ["section", "image"]


def test_a_chart_that_slack_draws_itself_needs_no_picture(
    services: Services, slack: SlackDouble
) -> None:
    queue_native(services)
    send(services)
    [posted] = slack.posted
    assert posted.blocks == [NUMBERS_BLOCK, NATIVE_BLOCK]
    assert slack.files == {}
    assert kept_pictures(services) == []


def test_where_slack_refuses_a_chart_a_picture_stands_in_for_it(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    slack.unknown_blocks = {"data_visualization"}
    delivery = queue_native(services)
    send_for(services, clock, 10)
    [posted] = slack.posted
    [file] = slack.files.values()
    assert (file.content, file.alt) == (CHART.png, CHART.alt)
    assert posted.blocks == [
        NUMBERS_BLOCK,
        {
            "type": "image",
            "block_id": "weeks",
            "slack_file": {"id": file.id},
            "alt_text": CHART.alt,
        },
    ]
    assert posted.metadata is not None
    assert posted.metadata["event_payload"] == {"id": delivery}
    assert tried(slack) == [WITH_CHART, WITH_PICTURE]
    assert "files.upload" not in {call.method for call in slack.calls}
    assert kept_pictures(services) == []


@pytest.mark.parametrize(
    "refused", [Refused("invalid_blocks_format"), Refused("msg_blocks_too_long")]
)
def test_a_chart_may_be_refused_in_other_words(
    services: Services, slack: SlackDouble, faults: SlackFaults, refused: Fault
) -> None:
    faults.on(POST, refused)
    queue_native(services)
    send(services)
    assert tried(slack) == [WITH_PICTURE]
    assert len(slack.posted) == 1


def test_where_slack_refuses_chart_and_picture_the_text_goes_alone(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    slack.unknown_blocks = {"data_visualization", "image"}
    delivery = queue_native(services)
    send_for(services, clock, 10)
    assert [posted.blocks for posted in slack.posted] == [[NUMBERS_BLOCK]]
    assert tried(slack) == [WITH_CHART, WITH_PICTURE, ["section"]]
    assert row_of(services, delivery).state == Delivery.SENT


def test_a_chart_without_a_picture_is_left_out_where_slack_refuses_it(
    services: Services, slack: SlackDouble
) -> None:
    slack.unknown_blocks = {"data_visualization"}
    queue_native(services, alternatives={})
    send(services)
    assert tried(slack) == [WITH_CHART, ["section"]]
    assert len(slack.posted) == 1


def test_a_message_that_slack_refuses_even_without_charts_fails_and_is_not_tried_again(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    slack.unknown_blocks = {"section"}
    delivery = queue_native(services)
    send_for(services, clock, 60, every=5)
    assert slack.posted == []
    assert tried(slack) == [WITH_CHART, WITH_PICTURE, ["section"]]
    row = row_of(services, delivery)
    assert row.state == Delivery.FAILED
    assert "unsupported type: section" in said(row.problem or "")


def test_a_picture_that_stands_in_is_waited_for_like_any_other(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    """Slack says `invalid_blocks` of it too, while it takes it in: that is no refusal."""
    slack.unknown_blocks = {"data_visualization"}
    slack.files_unready_for = 3
    queue_native(services)
    send_for(services, clock, 10)
    [posted] = slack.posted
    assert shown(posted) == list(slack.files)
    assert tried(slack) == [WITH_CHART, *[WITH_PICTURE] * 4]
    assert len(slack.called(UPLOAD)) == 1


def test_a_picture_beside_a_chart_that_is_refused_stays(
    services: Services, slack: SlackDouble, clock: StandingClock
) -> None:
    slack.unknown_blocks = {"data_visualization"}
    heat = Picture("FHEAT", b"\x89PNG heat", "Monday is busiest")
    image = {"type": "image", "slack_file": {"id": "FHEAT"}, "alt_text": heat.alt}
    queue_native(services, blocks=[NATIVE_BLOCK, image], pictures=[heat])
    send_for(services, clock, 10)
    [posted] = slack.posted
    assert [slack.files[id_].content for id_ in shown(posted)] == [CHART.png, heat.png]
    assert len(slack.called(UPLOAD)) == 2


def test_a_lost_answer_to_the_plainer_message_does_not_post_it_twice(
    services: Services, slack: SlackDouble, faults: SlackFaults, clock: StandingClock
) -> None:
    slack.unknown_blocks = {"data_visualization"}
    faults.on(POST, Through(), LostResponse())
    delivery = queue_native(services)
    send_for(services, clock, 60)
    [posted] = slack.posted
    assert row_of(services, delivery).sent_as == posted.ts
    assert tried(slack) == [WITH_CHART, WITH_PICTURE]


def test_another_process_goes_on_with_the_plainer_message(
    services: Services, slack: SlackDouble, faults: SlackFaults, clock: StandingClock
) -> None:
    slack.unknown_blocks = {"data_visualization"}
    faults.on(POST, Through(), Refused("not_in_channel"))
    queue_native(services)
    send(services)
    clock.move(minutes=5)
    with another(services) as restarted:
        deliver(restarted, clock.now())
    assert tried(slack) == [WITH_CHART, WITH_PICTURE]
    assert len(slack.posted) == len(slack.called(UPLOAD)) == 1


def test_a_refused_chart_whose_picture_cannot_be_uploaded_is_left_out(
    services: Services, slack: SlackDouble
) -> None:
    slack.scopes = tuple(scope for scope in SCOPES if scope != "files:write")
    slack.unknown_blocks = {"data_visualization"}
    queue_native(services)
    send(services)
    assert [posted.blocks for posted in slack.posted] == [[NUMBERS_BLOCK]]


def test_a_chart_in_a_thread_becomes_a_picture_there(
    services: Services, slack: SlackDouble
) -> None:
    slack.unknown_blocks = {"data_visualization"}
    reply = Message("chart", [NATIVE_BLOCK], alternatives={"weeks": CHART})
    queue(services, thread=[reply, Message("table")])
    send(services)
    [digest] = slack.posts("C1")
    [chart, table] = slack.thread("C1", digest.ts)
    assert shown(chart) == list(slack.files)
    assert table.text == "table"


# --- What the log tells ---


@pytest.fixture
def _plain_logs() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.thorough
@pytest.mark.usefixtures("_plain_logs")
@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_token_and_no_text_gets_into_the_log(
    services: Services,
    slack: SlackDouble,
    faults: SlackFaults,
    clock: StandingClock,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    log_format: str,
) -> None:
    logs.configure(log_format)
    faults.on(POST, LostResponse(), Reset(), ServerError(), RateLimited(1))
    faults.on(POST, Refused("not_in_channel"), Refused("invalid_blocks"), Refused("invalid_auth"))
    faults.on(UPLOAD, ServerError(), Refused("invalid_auth"))
    for n in range(8):
        queue(
            services,
            f"quarterly figures {n}",
            blocks=[NUMBERS_BLOCK, CHART_BLOCK],
            pictures=[CHART],
        )
    send_for(services, clock, 700, every=10)
    assert faults.left(POST) == 0
    assert len(slack.posted) == 8
    lines = capsys.readouterr().err + caplog.text
    for event in ("message_sent", "message_found", "message_not_sent", "message_made_plainer"):
        assert event in lines
    assert "picture_left_out" in lines
    for secret in (SlackDouble.bot_token, "quarterly figures", "12 tickets", CHART.alt):
        assert secret not in lines
    if log_format == "json":
        assert all(json.loads(line)["level"] for line in lines.splitlines() if line.startswith("{"))
