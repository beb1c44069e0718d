from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from sqlmodel import select

from bot.message import Message, Picture
from bot.services import WORKSPACE
from bot.store import leases, outbox
from bot.store.database import Database
from bot.store.tables import Delivery, OutboxRow, PictureRow
from jobs.deliver import SPAN, deliver
from tests.outgoing import NATIVE_BLOCK, Line, open_line, section
from tests.programs import another, together
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
from tests.times import StandingClock

POST, UPDATE, HISTORY = "chat.postMessage", "chat.update", "conversations.history"

CHART = Picture("FCHART", b"\x89PNG chart", "first response today")
LATER_CHART = Picture("FCHART", b"\x89PNG later chart", "first response until now")
CHART_BLOCK = {"type": "image", "slack_file": {"id": "FCHART"}, "alt_text": CHART.alt}


@pytest.fixture
def line(database: Database, clock: StandingClock) -> Iterator[Line]:
    with open_line(database, clock) as line:
        yield line


# --- A message that changes ---


def test_a_posted_message_is_edited_and_stays_the_one_it_was(line: Line) -> None:
    before = line.posted("4 h 12")
    ts, metadata = before.ts, before.metadata
    line.change("4 h 40")
    assert line.state == Delivery.EDIT
    line.send()
    [after] = line.slack.posted
    assert (after.ts, after.metadata, after.text) == (ts, metadata, "4 h 40")
    assert line.shown() == ["4 h 40"]
    row = line.row()
    assert (row.state, row.version, row.shown, row.problem) == (Delivery.SENT, 2, 2, None)


def test_a_message_that_changed_before_it_was_posted_is_posted_once_as_it_is_then(
    line: Line,
) -> None:
    line.queue("4 h 12")
    line.change("4 h 20")
    line.change("4 h 40")
    line.send_for(5)
    assert line.shown() == ["4 h 40"]
    assert (line.faults.calls(POST), line.faults.calls(UPDATE)) == (1, 0)


def test_many_changes_between_two_edits_are_one_edit(line: Line) -> None:
    line.posted()
    for minutes in range(20, 60):
        line.change(f"4 h {minutes}")
    line.send_for(5)
    assert line.shown() == ["4 h 59"]
    assert line.faults.calls(UPDATE) == 1


def test_saying_the_same_again_edits_nothing(line: Line) -> None:
    line.posted("4 h 12")
    line.change("4 h 12")
    assert (line.state, line.row().version) == (Delivery.SENT, 1)
    line.change("4 h 12", blocks=[section("37 tickets")])
    assert (line.state, line.row().version) == (Delivery.EDIT, 2)
    line.change("4 h 12", blocks=[{"type": "section", "text": section("37 tickets")["text"]}])
    assert line.row().version == 2


def test_blocks_can_be_taken_away(line: Line) -> None:
    line.posted("4 h 12")
    with line.services.writing() as session:
        outbox.change(session, line.delivery, Message("over"), now=line.clock.now())
    line.send()
    [after] = line.slack.posted
    assert (after.text, after.blocks) == ("over", [])


def test_a_message_that_was_given_up_stays_as_it_was(line: Line) -> None:
    line.faults.on(POST, Refused("msg_too_long"))
    line.queue("4 h 12")
    line.send()
    line.change("4 h 40")
    line.send_for(60)
    assert (line.state, line.row().text) == (Delivery.FAILED, "4 h 12")
    assert line.slack.posted == []


def test_to_change_a_message_that_is_forgotten_does_nothing(line: Line) -> None:
    line.delivery = "forgotten"
    line.change("4 h 12")
    assert not line.withdraw()
    with pytest.raises(LookupError):
        line.reply("acknowledged")


@pytest.mark.thorough
def test_a_message_that_changes_is_news_again(line: Line) -> None:
    """So one that still changes is posted even when the invitation comes after half a day."""
    line.slack.add_channel("C1", is_member=False)
    line.queue("4 h 12")
    line.send_for(11 * 3600, every=3600)
    line.change("15 h")
    line.send_for(11 * 3600, every=3600)
    line.slack.add_channel("C1", is_member=True)
    line.send_for(300, every=300)
    assert line.shown() == ["15 h"]


def test_a_reply_can_be_changed_like_any_message(line: Line) -> None:
    line.posted()
    below = line.reply("acknowledged")
    line.send_for(2)
    with line.services.writing() as session:
        outbox.change(session, below, Message("acknowledged by Ada"), now=line.clock.now())
    line.send_for(2)
    assert line.thread() == ["acknowledged by Ada"]


def test_an_edit_takes_its_second_in_the_channel_like_a_post(line: Line) -> None:
    line.posted("1")
    first = line.delivery
    line.queue("2")
    line.queue("elsewhere", channel="C2")
    line.delivery = first
    line.change("1 again")
    line.clock.move(seconds=5)
    line.send()
    assert line.clock.slept == [1.0]
    assert line.shown() == ["1 again", "2"]


# --- A change in the middle of sending ---


def test_what_changes_while_it_is_posted_is_edited_next(line: Line) -> None:
    """After the claim and before the call, and after Slack has it and before that is kept."""
    for place, hook in enumerate(("before", "after"), start=1):
        happens: dict[str, Any] = {hook: partial(line.change, "4 h 40")}
        line.faults.on(POST, Meanwhile(**happens))
        line.queue("4 h 12")
        line.send_for(5)
        assert line.shown() == ["4 h 40"] * place
        assert (line.faults.calls(POST), line.faults.calls(UPDATE)) == (place, place)
        assert (line.state, line.row().shown) == (Delivery.SENT, 2)


@pytest.mark.parametrize("hook", ["before", "after"])
@pytest.mark.parametrize("lost", [False, True])
def test_what_changes_while_it_is_edited_is_edited_again(
    line: Line, hook: str, *, lost: bool
) -> None:
    line.posted("4 h 12")
    happens: dict[str, Any] = {hook: partial(line.change, "over")}
    line.faults.on(UPDATE, Meanwhile(**happens, then=LostResponse() if lost else Through()))
    line.change("4 h 40")
    line.send_for(5)
    assert line.shown() == ["over"]
    assert line.faults.calls(UPDATE) == 2
    assert (line.state, line.row().shown) == (Delivery.SENT, 3)


@pytest.mark.parametrize(("done", "edits"), [(True, 1), (False, 0)])
def test_what_changes_while_a_lost_one_is_looked_for_shows_the_newest(
    line: Line, *, done: bool, edits: int
) -> None:
    line.faults.on(POST, LostResponse() if done else Reset())
    line.queue("4 h 12")
    line.send()
    assert line.state == Delivery.UNKNOWN
    line.change("4 h 40")
    line.send_for(40)
    assert line.shown() == ["4 h 40"]
    assert (line.faults.calls(POST), line.faults.calls(UPDATE)) == (2 - done, edits)


def test_what_was_found_as_it_should_be_is_not_edited(line: Line) -> None:
    line.queue("4 h 12")
    line.change("4 h 40")
    line.faults.on(POST, LostResponse())
    line.send_for(40)
    assert (line.state, line.shown()) == (Delivery.SENT, ["4 h 40"])
    assert line.faults.calls(UPDATE) == 0


def test_a_direct_message_whose_answer_was_lost_is_found_and_edited(line: Line) -> None:
    line.slack.add_user("U1")
    line.faults.on(POST, LostResponse())
    line.queue("your alert is not seen", channel="U1")
    line.send()
    line.change("your alert is seen again")
    line.send_for(10)
    assert line.shown("DU1") == ["your alert is seen again"]
    assert (line.state, line.faults.calls(POST)) == (Delivery.SENT, 1)


def test_what_changes_while_it_is_waited_for_goes_at_its_time(line: Line) -> None:
    line.slack.add_channel("C1", is_member=False)
    line.queue("4 h 12")
    line.send()
    line.change("4 h 40")
    line.send_for(299, every=13)
    assert (line.state, line.faults.calls(POST)) == (Delivery.RETRY, 1)
    line.slack.add_channel("C1", is_member=True)
    line.send_for(13, every=1)
    assert line.shown() == ["4 h 40"]


def test_blocks_that_slack_refused_do_not_take_the_place_of_newer_ones(line: Line) -> None:
    """A chart is refused, while the message has become one without."""
    line.slack.unknown_blocks = {"data_visualization"}
    line.faults.on(POST, Meanwhile(after=partial(line.change, "over")))
    line.queue("4 h 12", blocks=[NATIVE_BLOCK])
    line.send_for(5)
    assert line.shown() == ["over"]
    assert line.row().blocks == [section("over")]


def test_an_edit_that_slack_refuses_goes_plainer(line: Line) -> None:
    line.slack.unknown_blocks = {"data_visualization"}
    line.posted("4 h 12")
    line.change("4 h 40", blocks=[NATIVE_BLOCK], alternatives={"today": CHART})
    line.send_for(5)
    [after] = line.slack.posted
    [file] = line.slack.files.values()
    assert [block["type"] for block in after.blocks] == ["section", "image"]
    assert (after.blocks[1]["slack_file"], file.content) == ({"id": file.id}, CHART.png)
    assert line.state == Delivery.SENT


# --- Pictures ---


def pictures(line: Line) -> list[PictureRow]:
    with line.services.reading() as session:
        return list(session.scalars(select(PictureRow)))


def seen(line: Line) -> bytes:
    """The picture that the one message shows."""
    [posted] = line.slack.posted
    [id_] = [block["slack_file"]["id"] for block in posted.blocks if "slack_file" in block]
    return line.slack.files[id_].content


def test_a_change_brings_its_own_picture(line: Line) -> None:
    line.posted("4 h 12", blocks=[CHART_BLOCK], pictures=[CHART])
    line.change("4 h 12", blocks=[CHART_BLOCK], pictures=[LATER_CHART])
    line.send()
    assert seen(line) == LATER_CHART.png
    assert (pictures(line), len(line.slack.files)) == ([], 2)


@pytest.mark.parametrize("hook", ["before", "after"])
@pytest.mark.parametrize("method", [POST, "files.completeUploadExternal"])
def test_a_picture_that_changes_while_the_one_before_is_sent_is_shown_in_the_end(
    line: Line, method: str, hook: str
) -> None:
    """Under the same key: neither is the newer one forgotten, nor taken for the one at Slack."""
    newer = partial(line.change, "4 h 40", blocks=[CHART_BLOCK], pictures=[LATER_CHART])
    happens: dict[str, Any] = {hook: newer}
    line.faults.on(method, Meanwhile(**happens))
    line.queue("4 h 12", blocks=[CHART_BLOCK], pictures=[CHART])
    line.send_for(5)
    assert (line.shown(), seen(line)) == (["4 h 40"], LATER_CHART.png)
    assert pictures(line) == []


@pytest.mark.thorough
def test_a_lost_message_with_a_picture_uploads_nothing_again(line: Line) -> None:
    line.faults.on(POST, Reset())
    line.queue("4 h 12", blocks=[CHART_BLOCK], pictures=[CHART])
    line.send_for(40)
    assert (seen(line), len(line.slack.files)) == (CHART.png, 1)


# --- What can go wrong with an edit ---

AGAIN: list[Fault] = [
    LostResponse(),
    Reset(),
    ServerError(500),
    ServerError(503),
    Refused("internal_error"),
    Refused("fatal_error"),
    Refused("update_failed"),
    Refused("external_channel_migrating"),
    RateLimited(1),
]


@pytest.mark.thorough
@pytest.mark.parametrize("fault", AGAIN)
def test_an_edit_that_may_not_have_been_done_is_done_again(line: Line, fault: Fault) -> None:
    line.posted("4 h 12")
    line.faults.on(UPDATE, fault, fault)
    line.change("4 h 40")
    line.send_for(10)
    assert line.shown() == ["4 h 40"]
    assert (line.state, line.problem()) == (Delivery.SENT, "")
    assert (line.faults.calls(UPDATE), line.faults.calls(POST)) == (3, 1)
    assert line.slack.called(HISTORY) == []


@pytest.mark.thorough
def test_edits_that_fail_are_tried_at_growing_intervals(line: Line) -> None:
    line.posted("4 h 12")
    line.faults.on(UPDATE, *[ServerError()] * 11)
    line.change("4 h 40")
    waits = []
    for _ in range(11):
        line.send()
        waits.append((line.row().next_at - line.clock.now()).total_seconds())
        line.clock.set(line.row().next_at)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    line.send()
    assert line.shown() == ["4 h 40"]


def test_a_rate_limit_of_edits_holds_everything(line: Line) -> None:
    line.posted("4 h 12")
    line.faults.on(UPDATE, RateLimited(30))
    line.change("4 h 40")
    line.send()
    line.queue("another", channel="C2")
    line.send_for(29)
    assert (line.shown("C2"), line.faults.calls(UPDATE)) == ([], 1)
    line.send_for(2)
    assert (line.shown(), line.shown("C2")) == (["4 h 40"], ["another"])


def test_a_rate_limit_of_posts_holds_edits_too(line: Line) -> None:
    line.posted("4 h 12")
    mine = line.delivery
    line.faults.on(POST, RateLimited(30))
    line.queue("another", channel="C2")
    line.send()
    line.delivery = mine
    line.change("4 h 40")
    line.send_for(29)
    assert line.faults.calls(UPDATE) == 0
    line.send_for(2)
    assert line.shown() == ["4 h 40"]


HELD = [
    ("not_in_channel", "Invite the bot"),
    ("channel_not_found", "Invite the bot"),
    ("token_revoked", "Install the Slack app again"),
]


@pytest.mark.parametrize(("code", "mend"), HELD)
def test_an_edit_waits_until_somebody_has_mended_what_is_wrong(
    line: Line, code: str, mend: str
) -> None:
    line.posted("4 h 12")
    line.faults.on(UPDATE, Refused(code), Refused(code))
    line.change("4 h 40")
    line.send()
    assert line.state == Delivery.EDIT
    assert mend in line.problem()
    line.change("over")
    line.send_for(299, every=23)
    assert (line.faults.calls(UPDATE), mend in line.problem()) == (1, True)
    line.send_for(600, every=20)
    assert (line.state, line.shown(), line.problem()) == (Delivery.SENT, ["over"], "")
    assert line.faults.calls(UPDATE) == 3


def test_what_waits_for_a_mend_is_told_and_is_sent_all_the_same(line: Line) -> None:
    def told() -> tuple[list[str], dict[str, int]]:
        with line.services.reading() as session:
            waiting = outbox.troubled(session, WORKSPACE)
            return [row.id for row in waiting], outbox.counts(session, WORKSPACE)

    line.posted("4 h 12")
    line.faults.on(UPDATE, Refused("token_revoked"))
    line.change("4 h 40")
    assert told() == ([], {"sent": 1})
    line.send()
    assert told() == ([line.delivery], {"sent": 1})
    line.send_for(310, every=10)
    assert told() == ([], {"sent": 1})


@pytest.mark.thorough
def test_an_edit_is_tried_for_a_week_over_restarts_and_weekends(line: Line) -> None:
    line.posted("4 h 12")
    line.change("over")
    line.slack.add_channel("C1", is_member=False)
    line.send_for(6 * 86400, every=12 * 3600)
    assert line.state == Delivery.EDIT
    line.slack.add_channel("C1", is_member=True)
    line.send_for(300, every=300)
    assert line.shown() == ["over"]


@pytest.mark.thorough
def test_an_edit_that_nobody_could_do_for_a_week_is_given_up(line: Line) -> None:
    line.posted("4 h 12")
    line.change("over")
    line.slack.add_channel("C1", is_member=False)
    line.send_for(7 * 86400, every=12 * 3600)
    assert line.state == Delivery.LOST
    assert "not_in_channel" in line.problem()
    line.slack.add_channel("C1", is_member=True)
    line.change("over again")
    line.send_for(600, every=300)
    assert line.shown() == ["4 h 12"]


def test_an_edit_that_waited_days_for_a_worker_is_done(line: Line) -> None:
    line.posted("4 h 12")
    line.change("over")
    line.clock.move(days=3)
    line.send()
    assert line.shown() == ["over"]


def test_a_message_that_can_never_be_edited_is_lost_with_its_reason(line: Line) -> None:
    line.posted("4 h 12")
    line.faults.on(UPDATE, Refused("cant_update_message"))
    line.change("4 h 40")
    line.send()
    assert (line.state, line.problem()) == (Delivery.LOST, "Slack answered cant_update_message.")
    line.change("over")
    line.send_for(600, every=20)
    assert (line.state, line.faults.calls(UPDATE), line.faults.calls(POST)) == ("lost", 1, 1)


def test_a_message_that_is_gone_is_noticed_and_not_posted_again(line: Line) -> None:
    line.posted("4 h 12")
    line.delete()
    below = line.reply("acknowledged")
    line.change("4 h 40")
    line.send_for(60)
    assert line.problem() == "Slack answered message_not_found."
    assert (line.state, line.faults.calls(POST)) == (Delivery.LOST, 1)
    reply = line.row(below)
    assert (reply.state, reply.problem) == (Delivery.FAILED, "The message above it is gone.")


@pytest.mark.thorough
def test_a_message_of_an_archived_channel_goes_on_once_that_is_unarchived(line: Line) -> None:
    line.posted("4 h 12")
    line.slack.add_channel("C1", is_archived=True)
    line.reply("acknowledged")
    line.change("4 h 40")
    line.send_for(600, every=20)
    assert (line.problem() or "").startswith("Slack answered is_inactive. Unarchive the channel")
    assert (line.shown(), line.thread()) == (["4 h 12"], [])
    line.slack.add_channel("C1", is_archived=False)
    line.send_for(320, every=20)
    assert (line.shown(), line.thread()) == (["4 h 40"], ["acknowledged"])
    assert line.state == Delivery.SENT


def test_content_that_slack_never_takes_leaves_the_message_as_it_is(line: Line) -> None:
    line.posted("4 h 12")
    line.faults.on(UPDATE, Refused("msg_too_long"))
    line.change("much too long")
    line.send_for(600, every=30)
    assert (line.state, line.shown(), line.faults.calls(UPDATE)) == ("sent", ["4 h 12"], 1)
    assert line.problem() == "Slack answered msg_too_long."
    line.change("over")
    line.send()
    assert (line.shown(), line.problem()) == (["over"], "")


def test_content_that_was_refused_while_it_changed_is_not_the_last_word(line: Line) -> None:
    line.posted("4 h 12")
    line.slack.unknown_blocks = {"divider"}
    line.faults.on(UPDATE, Meanwhile(after=partial(line.change, "over")))
    line.change("4 h 40", blocks=[{"type": "divider"}])
    line.send_for(5)
    assert (line.shown(), line.state) == (["over"], Delivery.SENT)


# --- Processes that die, and processes that meet ---


def test_an_edit_in_which_a_process_died_is_done_again(line: Line) -> None:
    line.posted("4 h 12")
    line.change("4 h 40")
    with line.services.writing() as session:
        now = line.clock.now()
        leases.take(session, WORKSPACE, "sender", "killed", now=now, span=SPAN)
        assert outbox.start(session, session.get_one(OutboxRow, line.delivery), now=now)
    line.send_for(119, every=7)
    assert line.faults.calls(UPDATE) == 0
    line.send_for(7)
    assert (line.shown(), line.faults.calls(UPDATE)) == (["4 h 40"], 1)


def test_of_many_who_claim_an_edit_at_once_one_gets_it(line: Line) -> None:
    line.posted("4 h 12")
    line.change("4 h 40")
    row = line.row()

    def claim() -> bool:
        with line.services.writing() as session:
            return outbox.start(session, row, now=line.clock.now())

    assert sorted(together(*[claim] * 8)) == [False] * 7 + [True]


def test_an_edit_that_arrives_late_is_overwritten_by_the_newest(line: Line) -> None:
    """A process hangs before its call; meanwhile the message changes and another process edits it."""
    line.posted("4 h 12")

    def overtaken() -> None:
        line.clock.move(seconds=125)
        line.change("over")
        with another(line.services) as other:
            deliver(other, line.clock.now())
        assert line.shown() == ["over"]

    line.faults.on(UPDATE, Meanwhile(before=overtaken))
    line.change("4 h 40")
    line.send_for(5)
    assert (line.shown(), line.state) == (["over"], Delivery.SENT)


@pytest.mark.parametrize("lost", [False, True])
def test_of_two_edits_at_once_the_newest_is_done_once_more(line: Line, *, lost: bool) -> None:
    """A hung process gets through, and keeps what came of it, while the newer edit is under way.

    Nobody can know which of the two Slack took last.
    """
    line.posted("4 h 12")
    line.change("4 h 40")
    with line.services.writing() as session:
        hung = session.get_one(OutboxRow, line.delivery)
        assert outbox.start(session, hung, now=line.clock.now())
        session.refresh(hung)
    line.clock.move(seconds=125)
    line.change("over")

    def gets_through() -> None:
        now = line.clock.now()
        messenger = line.services.messenger
        assert messenger is not None
        messenger.update("C1", hung.sent_as or "", hung.text, hung.blocks)
        with line.services.writing() as session:
            if lost:
                outbox.edit_later(session, hung, at=now, problem="lost")
            else:
                outbox.edited(session, hung, now=now)

    line.faults.on(UPDATE, Meanwhile(after=gets_through))
    line.send()
    assert line.faults.calls(UPDATE) == 3
    assert (line.shown(), line.state, line.problem()) == (["over"], Delivery.SENT, "")


@pytest.mark.thorough
def test_changes_and_edits_at_the_same_time_lose_nothing(line: Line) -> None:
    line.posted("0")

    def change(number: int) -> None:
        for n in range(6):
            line.change(f"{number}-{n}")

    with another(line.services) as other:
        together(
            partial(change, 1),
            partial(change, 2),
            line.send,
            partial(deliver, other, line.clock.now()),
        )
    assert line.row().version == 13
    line.send_for(130, every=2)
    assert line.shown() == [line.row().text]
    assert (line.state, line.row().shown) == (Delivery.SENT, 13)
