from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from bot.errors import SlackBusy, SlackError, SlackHeld, SlackRefused, SlackUnknown
from bot.slack.calls import is_gone, refuses_blocks
from bot.slack.messenger import DELIVERY, SCOPES, SlackMessenger
from tests.live.components import free_port
from tests.loopback import Reply, Request, serving
from tests.slack_double import SlackDouble
from tests.slack_faults import (
    Fault,
    LostResponse,
    RateLimited,
    Refused,
    Reset,
    ServerError,
    SlackFaults,
)
from tests.times import StandingClock, T

POST, HISTORY = "chat.postMessage", "conversations.history"
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "12 tickets"}}
MODAL = {
    "type": "modal",
    "callback_id": "alert",
    "title": {"type": "plain_text", "text": "New alert"},
    "blocks": [SECTION],
}


@pytest.fixture
def slack(clock: StandingClock) -> Iterator[SlackDouble]:
    with SlackDouble(clock=clock) as double:
        double.add_channel("C1", name="billing")
        double.add_user("U1", tz="Asia/Tehran", locale="fa-IR")
        yield double


@pytest.fixture
def faults(slack: SlackDouble) -> Iterator[SlackFaults]:
    with SlackFaults(slack.api_url) as proxy:
        yield proxy


@pytest.fixture
def messenger(faults: SlackFaults) -> SlackMessenger:
    return SlackMessenger(SlackDouble.bot_token, url=faults.api_url)


def post(messenger: SlackMessenger, delivery: str = "d1", thread: str | None = None) -> str:
    return messenger.post("C1", "digest", [], delivery=delivery, thread=thread)[1]


# --- What it asks ---


def test_it_knows_who_it_is_and_what_it_may(messenger: SlackMessenger) -> None:
    identity = messenger.identity()
    assert (identity.team, identity.bot_user) == ("T0DOUBLE", "U0BOT")
    assert identity.scopes == set(SCOPES)


def test_it_asks_for_a_persons_zone_and_language(messenger: SlackMessenger) -> None:
    person = messenger.person("U1")
    assert (person.zone, person.locale, person.is_admin) == ("Asia/Tehran", "fa-IR", False)


@pytest.mark.parametrize("role", ["is_admin", "is_owner"])
def test_admins_and_owners_are_admins(
    messenger: SlackMessenger, slack: SlackDouble, role: str
) -> None:
    slack.add_user("U2", **{role: True})
    assert messenger.person("U2").is_admin


def test_it_asks_whether_it_is_in_a_channel(messenger: SlackMessenger, slack: SlackDouble) -> None:
    slack.add_channel("C2", is_member=False, is_archived=True)
    mine, other = messenger.channel("C1"), messenger.channel("C2")
    assert (mine.name, mine.is_member, mine.is_archived) == ("billing", True, False)
    assert (other.is_member, other.is_archived) == (False, True)


def test_a_private_channel_that_it_is_not_in_is_one_to_be_invited_to(
    messenger: SlackMessenger, slack: SlackDouble
) -> None:
    slack.add_channel("C3", is_private=True, is_member=False)
    with pytest.raises(SlackHeld, match="/invite"):
        messenger.channel("C3")


# --- What it posts and finds again ---


def test_a_post_carries_its_delivery_id_and_unfurls_nothing(
    messenger: SlackMessenger, slack: SlackDouble
) -> None:
    ts = post(messenger, "d1")
    [posted] = slack.posted
    assert (posted.ts, posted.metadata) == (
        ts,
        {"event_type": DELIVERY, "event_payload": {"id": "d1"}},
    )
    [arguments] = slack.called(POST)
    assert not arguments["unfurl_links"]
    assert not arguments["unfurl_media"]


@pytest.mark.thorough
def test_a_message_is_found_by_its_delivery_id_among_pages_of_others(
    messenger: SlackMessenger, slack: SlackDouble
) -> None:
    wanted = post(messenger, "wanted")
    for n in range(220):
        post(messenger, str(n))
    assert messenger.find("C1", "wanted", since=T()) == wanted
    assert len(slack.called(HISTORY)) == 3
    assert messenger.find("C1", "never posted", since=T()) is None


def test_a_reply_is_found_in_its_thread_and_only_there(messenger: SlackMessenger) -> None:
    head = post(messenger, "head")
    reply = post(messenger, "reply", thread=head)
    assert messenger.find("C1", "reply", since=T(), thread=head) == reply
    assert messenger.find("C1", "reply", since=T()) is None


@pytest.mark.parametrize(("ahead", "found"), [(590, True), (0, True), (-590, True), (700, False)])
def test_a_message_is_found_though_the_clocks_differ_by_minutes(
    messenger: SlackMessenger, ahead: float, *, found: bool
) -> None:
    ts = post(messenger)
    assert messenger.find("C1", "d1", since=T(ahead)) == (ts if found else None)


def test_a_direct_message_is_found_among_those_with_that_person(
    messenger: SlackMessenger, slack: SlackDouble
) -> None:
    """It is posted to the person; Slack reads and edits only the channel of the two."""
    slack.add_user("U2")
    channel, ts = messenger.post("U1", "not seen", [], delivery="d1")
    assert channel == "DU1"
    assert messenger.find("U1", "d1", since=T()) == ts
    assert messenger.find("U2", "d1", since=T()) is None
    messenger.update("U1", ts, "seen", [])
    assert [posted.text for posted in slack.posts("DU1")] == ["seen"]


def test_below_a_deleted_message_nothing_is_found(
    messenger: SlackMessenger, slack: SlackDouble
) -> None:
    head = post(messenger, "head")
    slack.delete("C1", head)
    assert messenger.find("C1", "reply", since=T(), thread=head) is None


def test_below_a_deleted_message_its_replies_are_found(
    messenger: SlackMessenger, slack: SlackDouble
) -> None:
    head = post(messenger, "head")
    reply = post(messenger, "reply", thread=head)
    slack.delete("C1", head)
    assert messenger.find("C1", "reply", since=T(), thread=head) == reply


def test_what_somebody_else_wrote_is_not_taken_for_a_delivery(
    messenger: SlackMessenger, slack: SlackDouble
) -> None:
    post(messenger, "d1")
    slack.posted[0].metadata = {"event_type": "another_app", "event_payload": {"id": "d1"}}
    assert messenger.find("C1", "d1", since=T()) is None


def test_a_picture_is_uploaded_without_a_channel(
    messenger: SlackMessenger, slack: SlackDouble
) -> None:
    id_ = messenger.upload(b"\x89PNG", name="chart.png", alt="x" * 1500)
    file = slack.files[id_]
    assert (file.name, file.content, file.complete) == ("chart.png", b"\x89PNG", True)
    assert (len(file.alt), slack.posted) == (1000, [])


def test_a_broadcast_reply_is_one_and_nothing_else_is(
    messenger: SlackMessenger, slack: SlackDouble
) -> None:
    head = post(messenger, "head")
    for delivery, broadcast in (("1", True), ("2", False)):
        messenger.post("C1", "x", [], delivery=delivery, thread=head, broadcast=broadcast)
    messenger.post("C1", "x", [], delivery="3", broadcast=True)
    assert [posted.broadcast for posted in slack.posted] == [False, True, False, False]
    assert messenger.find("C1", "1", since=T(), thread=head) == slack.posted[1].ts


# --- What it changes ---


def test_an_edit_replaces_text_and_blocks_and_nothing_else(
    messenger: SlackMessenger, slack: SlackDouble
) -> None:
    _, ts = messenger.post("C1", "old", [SECTION], delivery="d1")
    post(messenger, "reply", thread=ts)
    messenger.update("C1", ts, "new", [{**SECTION, "block_id": "new"}])
    [edited] = slack.posts("C1")
    assert (edited.text, edited.blocks) == ("new", [{**SECTION, "block_id": "new"}])
    assert messenger.find("C1", "d1", since=T()) == ts
    assert len(slack.thread("C1", ts)) == 1
    messenger.update("C1", ts, "newest", [])
    assert (edited.text, edited.blocks) == ("newest", [])


def test_a_deleted_message_is_not_edited(messenger: SlackMessenger, slack: SlackDouble) -> None:
    ts = post(messenger)
    slack.delete("C1", ts)
    with pytest.raises(SlackRefused, match="message_not_found") as caught:
        messenger.update("C1", ts, "new", [])
    assert is_gone(caught.value)


# --- Windows ---


def test_a_press_opens_a_window_that_can_be_changed(
    messenger: SlackMessenger, slack: SlackDouble
) -> None:
    view = messenger.open_view("t1", MODAL)
    messenger.update_view(view, {**MODAL, "callback_id": "filled"}, hash_=slack.view(view)["hash"])
    assert slack.view(view)["callback_id"] == "filled"
    messenger.update_view(view, {**MODAL, "callback_id": "more"}, hash_=None)
    assert slack.view(view)["callback_id"] == "more"


def test_an_older_preview_does_not_replace_a_newer_one(
    messenger: SlackMessenger, slack: SlackDouble
) -> None:
    view = messenger.open_view("t1", MODAL)
    seen = slack.view(view)["hash"]
    messenger.update_view(view, {**MODAL, "callback_id": "newer"}, hash_=seen)
    messenger.update_view(view, {**MODAL, "callback_id": "older"}, hash_=seen)
    assert slack.view(view)["callback_id"] == "newer"


def test_a_window_that_was_closed_is_left_alone(messenger: SlackMessenger) -> None:
    messenger.update_view("V0", MODAL, hash_=None)


@pytest.mark.parametrize("trigger", ["used", "old"])
def test_a_press_that_is_over_is_to_be_done_again(
    messenger: SlackMessenger, slack: SlackDouble, trigger: str
) -> None:
    messenger.open_view("used", MODAL)
    slack.expire("old")
    with pytest.raises(SlackRefused, match="Press again"):
        messenger.open_view(trigger, MODAL)


def test_a_malformed_window_is_told_with_the_place(messenger: SlackMessenger) -> None:
    for show in (
        partial(messenger.open_view, "t1"),
        partial(messenger.update_view, messenger.open_view("t2", MODAL), hash_=None),
    ):
        with pytest.raises(SlackRefused, match=r"invalid_arguments: .*title"):
            show(view={**MODAL, "title": None})


def test_a_window_whose_answer_was_lost_may_be_open(
    messenger: SlackMessenger, faults: SlackFaults
) -> None:
    faults.on("views.open", LostResponse())
    faults.on("views.update", LostResponse())
    with pytest.raises(SlackUnknown):
        messenger.open_view("t1", MODAL)
    with pytest.raises(SlackBusy):
        messenger.update_view("V00000001", MODAL, hash_=None)


# --- What a failure means ---

POSTING: list[tuple[Fault, type[SlackError]]] = [
    (Reset(), SlackUnknown),
    (LostResponse(), SlackUnknown),
    (ServerError(500), SlackUnknown),
    (ServerError(502), SlackUnknown),
    (ServerError(404), SlackUnknown),
    (Refused("internal_error"), SlackUnknown),
    (Refused("fatal_error"), SlackUnknown),
    (Refused("request_timeout"), SlackUnknown),
    (Refused("service_unavailable"), SlackUnknown),
    (RateLimited(7), SlackBusy),
    (Refused("ratelimited"), SlackBusy),
    (Refused("message_limit_exceeded"), SlackBusy),
    (Refused("not_in_channel"), SlackHeld),
    (Refused("channel_not_found"), SlackHeld),
    (Refused("invalid_auth"), SlackHeld),
    (Refused("account_inactive"), SlackHeld),
    (Refused("missing_scope"), SlackHeld),
    (Refused("is_archived"), SlackHeld),
    (Refused("msg_too_long"), SlackRefused),
    (Refused("invalid_blocks"), SlackRefused),
]


@pytest.mark.parametrize(("fault", "kind"), POSTING)
def test_every_failure_of_a_post_says_what_may_be_done(
    messenger: SlackMessenger, faults: SlackFaults, fault: Fault, kind: type[SlackError]
) -> None:
    faults.on(POST, fault)
    with pytest.raises(SlackError) as caught:
        post(messenger)
    assert type(caught.value) is kind
    assert faults.calls(POST) == 1


READING: list[tuple[Fault, type[SlackError]]] = [
    (Reset(), SlackBusy),
    (LostResponse(), SlackBusy),
    (ServerError(500), SlackBusy),
    (Refused("internal_error"), SlackBusy),
    (RateLimited(7), SlackBusy),
    (Refused("missing_scope"), SlackHeld),
    (Refused("thread_not_found"), SlackRefused),
]


@pytest.mark.parametrize(("fault", "kind"), READING)
def test_a_reading_that_failed_leaves_nothing_unknown(
    messenger: SlackMessenger, faults: SlackFaults, fault: Fault, kind: type[SlackError]
) -> None:
    faults.on(HISTORY, fault)
    with pytest.raises(SlackError) as caught:
        messenger.find("C1", "d1", since=T())
    assert type(caught.value) is kind


EDITING: list[tuple[Fault, type[SlackError], bool]] = [
    (Reset(), SlackBusy, False),
    (LostResponse(), SlackBusy, False),
    (ServerError(500), SlackBusy, False),
    (ServerError(404), SlackBusy, False),
    (Refused("internal_error"), SlackBusy, False),
    (Refused("fatal_error"), SlackBusy, False),
    (Refused("update_failed"), SlackBusy, False),
    (Refused("service_unavailable"), SlackBusy, False),
    (RateLimited(7), SlackBusy, False),
    (Refused("ratelimited"), SlackBusy, False),
    (Refused("message_limit_exceeded"), SlackBusy, False),
    (Refused("external_channel_migrating"), SlackBusy, False),
    (Refused("streaming_state_conflict"), SlackBusy, False),
    (Refused("org_login_required"), SlackBusy, False),
    (Refused("team_added_to_org"), SlackBusy, False),
    (Refused("not_in_channel"), SlackHeld, False),
    (Refused("channel_not_found"), SlackHeld, False),
    (Refused("no_permission"), SlackHeld, False),
    (Refused("invalid_auth"), SlackHeld, False),
    (Refused("not_allowed_token_type"), SlackHeld, False),
    (Refused("token_revoked"), SlackHeld, False),
    (Refused("account_inactive"), SlackHeld, False),
    (Refused("missing_scope"), SlackHeld, False),
    (Refused("ekm_access_denied"), SlackHeld, False),
    (Refused("accesslimited"), SlackHeld, False),
    (Refused("restricted_action_read_only_channel"), SlackHeld, False),
    (Refused("message_not_found"), SlackRefused, True),
    (Refused("cant_update_message"), SlackRefused, True),
    (Refused("edit_window_closed"), SlackRefused, True),
    (Refused("is_inactive"), SlackHeld, False),
    (Refused("is_archived"), SlackHeld, False),
    (Refused("team_not_found"), SlackRefused, True),
    (Refused("msg_too_long"), SlackRefused, False),
    (Refused("invalid_blocks"), SlackRefused, False),
    (Refused("block_mismatch"), SlackRefused, False),
    (Refused("a_code_of_tomorrow"), SlackRefused, False),
]


@pytest.mark.thorough
@pytest.mark.parametrize(("fault", "kind", "gone"), EDITING)
def test_every_failure_of_an_edit_says_whether_it_is_worth_another_try(
    messenger: SlackMessenger,
    faults: SlackFaults,
    fault: Fault,
    kind: type[SlackError],
    *,
    gone: bool,
) -> None:
    """It is never unknown what to do: an edit may be done twice."""
    ts = post(messenger)
    faults.on("chat.update", fault)
    with pytest.raises(SlackError) as caught:
        messenger.update("C1", ts, "new", [])
    assert (type(caught.value), is_gone(caught.value)) == (kind, gone)
    assert faults.calls("chat.update") == 1


def test_what_passes_by_itself_is_waited_for_ever_longer(
    messenger: SlackMessenger, faults: SlackFaults
) -> None:
    """Slack names no moment, so nothing else is held up until then."""
    faults.on(POST, Refused("org_login_required"))
    with pytest.raises(SlackBusy) as caught:
        post(messenger)
    assert caught.value.retry_after == 0


UPLOADING = ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"]


@pytest.mark.parametrize("method", UPLOADING)
@pytest.mark.parametrize("fault", [Reset(), LostResponse(), ServerError(500)])
def test_an_upload_that_failed_may_be_done_again(
    messenger: SlackMessenger, faults: SlackFaults, method: str, fault: Fault
) -> None:
    faults.on(method, fault)
    with pytest.raises(SlackBusy):
        messenger.upload(b"\x89PNG", name="chart.png", alt="a chart")
    assert messenger.upload(b"\x89PNG", name="chart.png", alt="a chart")


def test_a_rate_limit_tells_how_long_to_wait(
    messenger: SlackMessenger, faults: SlackFaults
) -> None:
    faults.on(POST, RateLimited(37))
    with pytest.raises(SlackBusy) as caught:
        post(messenger)
    assert caught.value.retry_after == 37


def test_a_picture_that_is_not_ready_is_waited_for(
    messenger: SlackMessenger, slack: SlackDouble
) -> None:
    slack.files_unready_for = 1
    id_ = messenger.upload(b"\x89PNG", name="chart.png", alt="a chart")
    image = {"type": "image", "slack_file": {"id": id_}, "alt_text": "a chart"}
    with pytest.raises(SlackBusy) as caught:
        messenger.post("C1", "digest", [image], delivery="d1")
    assert caught.value.retry_after == 1
    messenger.post("C1", "digest", [image], delivery="d1")


def test_blocks_that_slack_refuses_are_told_with_the_place(messenger: SlackMessenger) -> None:
    empty = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
    with pytest.raises(SlackRefused, match=r"invalid_blocks: .*blocks"):
        messenger.post("C1", "digest", [empty], delivery="d1")


REFUSING_BLOCKS = ["invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"]


@pytest.mark.parametrize("code", [*REFUSING_BLOCKS, "msg_too_long", "is_archived", "missing_scope"])
def test_it_is_known_whether_plainer_blocks_might_be_taken(
    messenger: SlackMessenger, faults: SlackFaults, code: str
) -> None:
    faults.on(POST, Refused(code))
    with pytest.raises(SlackError) as caught:
        post(messenger)
    assert refuses_blocks(caught.value) is (code in REFUSING_BLOCKS)


def test_a_file_that_is_not_ready_is_no_refusal_of_blocks(
    messenger: SlackMessenger, slack: SlackDouble
) -> None:
    slack.files_unready_for = 1
    id_ = messenger.upload(b"\x89PNG", name="chart.png", alt="a chart")
    image = {"type": "image", "slack_file": {"id": id_}, "alt_text": "a chart"}
    with pytest.raises(SlackError) as caught:
        messenger.post("C1", "digest", [image], delivery="d1")
    assert caught.value.code == "invalid_blocks"
    assert not refuses_blocks(caught.value)


def test_slack_that_is_out_of_reach_was_told_nothing() -> None:
    messenger = SlackMessenger("xoxb-1", url=f"http://127.0.0.1:{free_port()}/api/")
    with pytest.raises(SlackBusy, match="could not be reached") as caught:
        post(messenger)
    assert caught.value.retry_after == 0


def half_an_answer(_request: Request) -> Reply:
    return Reply(b'{"ok": tr')


def a_login_page(_request: Request) -> Reply:
    return Reply(b"<html>Sign in to this network</html>")


def nothing(_request: Request) -> Reply:
    return Reply()


@pytest.mark.parametrize("answer", [half_an_answer, a_login_page, nothing])
def test_an_answer_that_is_not_slacks_leaves_a_post_unknown(
    answer: Callable[[Request], Reply],
) -> None:
    with serving(answer) as address, pytest.raises(SlackUnknown) as caught:
        post(SlackMessenger("xoxb-1", url=f"{address}/api/"))
    assert "html" not in str(caught.value)


def test_an_error_never_carries_the_token_or_the_text(
    messenger: SlackMessenger, faults: SlackFaults
) -> None:
    for fault, _ in POSTING:
        faults.on(POST, fault)
        with pytest.raises(SlackError) as caught:
            post(messenger)
        told: list[Any] = [str(caught.value), repr(caught.value), caught.value.__cause__]
        assert SlackDouble.bot_token not in str(told)
        assert "digest" not in str(told)
