from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.messenger import SCOPES
from tests.slack_double import SlackDouble

DELIVERY = {"event_type": "deskpulse_delivery", "event_payload": {"delivery": "42"}}
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "12 tickets"}}


@pytest.fixture
def slack() -> Iterator[SlackDouble]:
    with SlackDouble() as double:
        double.add_channel("C1")
        double.add_user("U1", name="ada", tz="Asia/Tehran", locale="fa-IR", is_admin=True)
        yield double


def client_of(slack: SlackDouble, token: str | None = None) -> WebClient:
    return WebClient(token or slack.bot_token, base_url=slack.api_url, retry_handlers=[])


def refusal(error: pytest.ExceptionInfo[SlackApiError]) -> str:
    return str(error.value.response["error"])


def test_the_token_and_its_scopes_are_told(slack: SlackDouble) -> None:
    answer = client_of(slack).auth_test()
    assert answer["user_id"] == "U0BOT"
    assert "chat:write" in answer.headers["x-oauth-scopes"]


def test_another_token_is_refused(slack: SlackDouble) -> None:
    with pytest.raises(SlackApiError) as error:
        client_of(slack, "xoxb-other").auth_test()
    assert refusal(error) == "invalid_auth"


def test_a_call_without_its_scope_is_refused() -> None:
    with SlackDouble(scopes=["users:read"]) as slack, pytest.raises(SlackApiError) as error:
        client_of(slack).chat_postMessage(channel="C1", text="hello")
    assert refusal(error) == "missing_scope"
    assert error.value.response["needed"] == "chat:write"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (None, "channel_not_found"),
        ({"is_member": False}, "not_in_channel"),
        ({"is_member": False, "is_private": True}, "channel_not_found"),
        ({"is_archived": True}, "is_archived"),
    ],
)
def test_a_post_is_taken_only_where_the_bot_may_write(
    slack: SlackDouble, facts: dict[str, Any] | None, code: str
) -> None:
    if facts is not None:
        slack.add_channel("C2", **facts)
    with pytest.raises(SlackApiError) as error:
        client_of(slack).chat_postMessage(channel="C2", text="hello")
    assert refusal(error) == code
    assert slack.posted == []


def test_what_is_posted_is_kept_and_found_by_its_metadata(slack: SlackDouble) -> None:
    client = client_of(slack)
    ts = client.chat_postMessage(channel="C1", text="hi", blocks=[SECTION], metadata=DELIVERY)["ts"]
    client.chat_postMessage(channel="C1", text="below", thread_ts=ts)

    assert [posted.text for posted in slack.posts("C1")] == ["hi"]
    assert [posted.text for posted in slack.thread("C1", str(ts))] == ["below"]
    (found,) = client.conversations_history(channel="C1", include_all_metadata=True)["messages"]
    assert (found["metadata"], found["blocks"]) == (DELIVERY, [SECTION])
    (bare,) = client.conversations_history(channel="C1")["messages"]
    assert "metadata" not in bare
    replies = client.conversations_replies(channel="C1", ts=str(ts))["messages"]
    assert [reply["text"] for reply in replies] == ["hi", "below"]


def test_history_comes_newest_first_in_pages_after_a_moment(slack: SlackDouble) -> None:
    client = client_of(slack)
    moments = [client.chat_postMessage(channel="C1", text=str(n))["ts"] for n in range(5)]
    asked = {"channel": "C1", "oldest": moments[0], "limit": 3}
    first = client.conversations_history(**asked)
    rest = client.conversations_history(**asked, cursor=first["response_metadata"]["next_cursor"])
    assert [message["text"] for message in first["messages"]] == ["4", "3", "2"]
    assert [message["text"] for message in rest["messages"]] == ["1"]
    assert (first["has_more"], rest["has_more"]) == (True, False)


def test_history_of_a_channel_without_the_bot_is_closed(slack: SlackDouble) -> None:
    slack.add_channel("C1", is_member=False)
    with pytest.raises(SlackApiError) as error:
        client_of(slack).conversations_history(channel="C1")
    assert refusal(error) == "not_in_channel"


def test_an_update_replaces_the_message(slack: SlackDouble) -> None:
    client = client_of(slack)
    ts = str(client.chat_postMessage(channel="C1", text="old", blocks=[SECTION])["ts"])
    client.chat_update(channel="C1", ts=ts, text="new")
    assert [(posted.text, posted.edited) for posted in slack.posted] == [("new", True)]


def test_an_update_leaves_metadata_and_thread_alone(slack: SlackDouble) -> None:
    client = client_of(slack)
    ts = str(client.chat_postMessage(channel="C1", text="old", metadata=DELIVERY)["ts"])
    reply = str(client.chat_postMessage(channel="C1", text="below", thread_ts=ts)["ts"])
    client.chat_update(channel="C1", ts=ts, text="new")
    client.chat_update(channel="C1", ts=reply, text="still below")
    assert [(one.text, one.metadata) for one in slack.posts("C1")] == [("new", DELIVERY)]
    assert [one.text for one in slack.thread("C1", ts)] == ["still below"]


def deleted(slack: SlackDouble, ts: str) -> None:
    slack.delete("C1", ts)


def archived(slack: SlackDouble, _ts: str) -> None:
    slack.add_channel("C1", is_archived=True)


def left(slack: SlackDouble, _ts: str) -> None:
    slack.add_channel("C1", is_member=False)


def taken_out(slack: SlackDouble, _ts: str) -> None:
    slack.add_channel("C1", is_member=False, is_private=True)


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (deleted, "message_not_found"),
        (archived, "is_inactive"),
        (left, "not_in_channel"),
        (taken_out, "channel_not_found"),
    ],
)
def test_an_update_is_refused_where_the_message_is_out_of_reach(
    slack: SlackDouble, happens: Callable[[SlackDouble, str], None], code: str
) -> None:
    client = client_of(slack)
    ts = str(client.chat_postMessage(channel="C1", text="old")["ts"])
    happens(slack, ts)
    with pytest.raises(SlackApiError) as error:
        client.chat_update(channel="C1", ts=ts, text="new")
    assert refusal(error) == code


def test_of_a_deleted_message_the_replies_stay_below_a_stone(slack: SlackDouble) -> None:
    client = client_of(slack)
    ts = str(client.chat_postMessage(channel="C1", text="head", metadata=DELIVERY)["ts"])
    client.chat_postMessage(channel="C1", text="below", thread_ts=ts)
    slack.delete("C1", ts)
    assert slack.posts("C1") == []
    page = client.conversations_replies(channel="C1", ts=ts, include_all_metadata=True)
    stone, below = page["messages"]
    assert (stone["text"], below["text"]) == ("This message was deleted.", "below")
    assert "metadata" not in stone
    slack.delete("C1", below["ts"])
    with pytest.raises(SlackApiError, match="thread_not_found"):
        client.conversations_replies(channel="C1", ts=ts)


def test_a_broadcast_reply_stands_in_the_channel_and_in_its_thread(slack: SlackDouble) -> None:
    client = client_of(slack)
    ts = str(client.chat_postMessage(channel="C1", text="head")["ts"])
    for text, broadcast in (("for all", True), ("below", False)):
        client.chat_postMessage(channel="C1", text=text, thread_ts=ts, reply_broadcast=broadcast)
    client.chat_postMessage(channel="C1", text="no reply", reply_broadcast=True)
    history = client.conversations_history(channel="C1")["messages"]
    assert [one["text"] for one in history] == ["no reply", "for all", "head"]
    assert [one.get("subtype") for one in history] == [None, "thread_broadcast", None]
    assert [one.text for one in slack.thread("C1", ts)] == ["for all", "below"]
    assert [one.text for one in slack.posts("C1")] == ["head", "no reply"]


def test_direct_messages_are_read_and_edited_in_their_own_channel(slack: SlackDouble) -> None:
    client = client_of(slack)
    ts = str(client.chat_postMessage(channel="U1", text="old")["ts"])
    channel = client.conversations_open(users="U1")["channel"]["id"]
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.chat_update(channel="U1", ts=ts, text="new")
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.conversations_history(channel="U1")
    client.chat_update(channel=channel, ts=ts, text="new")
    history = client.conversations_history(channel=channel)["messages"]
    assert [one["text"] for one in history] == ["new"]


@pytest.mark.parametrize(
    ("scope", "method", "arguments"),
    [
        ("im:write", "conversations.open", {"users": "U1"}),
        ("im:history", "conversations.history", {"channel": "DU1"}),
    ],
)
def test_direct_messages_take_scopes_of_their_own(
    scope: str, method: str, arguments: dict[str, Any]
) -> None:
    with SlackDouble(scopes=[one for one in SCOPES if one != scope]) as slack:
        slack.add_user("U1")
        client = client_of(slack)
        client.chat_postMessage(channel="U1", text="old")
        with pytest.raises(SlackApiError, match="missing_scope"):
            client.api_call(method, json=arguments)


def test_a_message_to_a_user_is_a_direct_one(slack: SlackDouble) -> None:
    answer = client_of(slack).chat_postMessage(channel="U1", text="how are you?")
    assert answer["channel"] == "DU1"
    assert [posted.text for posted in slack.posts("DU1")] == ["how are you?"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x", "blocks": [SECTION] * 51}, "invalid_blocks"),
        ({"text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
    ],
)
def test_a_malformed_message_is_refused(
    slack: SlackDouble, message: dict[str, Any], code: str
) -> None:
    with pytest.raises(SlackApiError) as error:
        client_of(slack).api_call("chat.postMessage", json={"channel": "C1", **message})
    assert refusal(error) == code


def test_users_tell_zone_role_and_language(slack: SlackDouble) -> None:
    client = client_of(slack)
    user = client.users_info(user="U1", include_locale=True)["user"]
    assert (user["tz"], user["locale"], user["is_admin"], user["is_owner"]) == (
        "Asia/Tehran",
        "fa-IR",
        True,
        False,
    )
    assert "locale" not in client.users_info(user="U1")["user"]
    with pytest.raises(SlackApiError, match="user_not_found"):
        client.users_info(user="U9")


def test_channels_are_listed_by_kind_and_shown(slack: SlackDouble) -> None:
    slack.add_channel("C2", name="secret", is_private=True)
    slack.add_channel("C3", name="not-ours", is_private=True, is_member=False)
    slack.add_channel("C4", name="old", is_archived=True)
    client = client_of(slack)

    def names(**asked: Any) -> list[str]:
        return [channel["name"] for channel in client.conversations_list(**asked)["channels"]]

    assert names() == ["support", "old"]
    assert names(types="public_channel,private_channel", exclude_archived=True) == [
        "support",
        "secret",
    ]
    assert client.conversations_info(channel="C1")["channel"]["is_member"] is True
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.conversations_info(channel="C3")


def test_a_new_file_is_refused_until_it_is_ready() -> None:
    with SlackDouble(files_unready_for=1) as slack:
        slack.add_channel("C1")
        client = client_of(slack)
        upload = client.files_upload_v2(file=b"\x89PNG", filename="trend.png", alt_txt="a trend")
        image = {
            "type": "image",
            "slack_file": {"id": upload["file"]["id"]},
            "alt_text": "a trend",
        }
        with pytest.raises(SlackApiError, match="invalid slack file"):
            client.chat_postMessage(channel="C1", text="x", blocks=[image])
        client.chat_postMessage(channel="C1", text="x", blocks=[image])
        (file,) = slack.files.values()
    assert (file.name, file.alt, file.content) == ("trend.png", "a trend", b"\x89PNG")
    assert len(slack.posted) == 1


def test_a_trigger_opens_one_view(slack: SlackDouble) -> None:
    client = client_of(slack)
    view = {
        "type": "modal",
        "callback_id": "digest",
        "title": {"type": "plain_text", "text": "Digest"},
        "blocks": [SECTION],
    }
    client.views_open(trigger_id="t1", view=view)
    assert [kept["callback_id"] for kept in slack.views] == ["digest"]
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        client.views_open(trigger_id="t1", view=view)
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        client.views_open(trigger_id="t2", view={**view, "title": None})
    slack.expire("t3")
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        client.views_open(trigger_id="t3", view=view)


def test_a_view_is_updated_only_by_who_saw_its_newest_form(slack: SlackDouble) -> None:
    client = client_of(slack)
    view = {
        "type": "modal",
        "callback_id": "alert",
        "title": {"type": "plain_text", "text": "Alert"},
        "blocks": [SECTION],
    }
    opened = client.views_open(trigger_id="t1", view=view)["view"]
    newer = {**view, "callback_id": "newer"}
    client.views_update(view_id=opened["id"], view=newer, hash=opened["hash"])
    with pytest.raises(SlackApiError, match="hash_conflict"):
        client.views_update(view_id=opened["id"], view=view, hash=opened["hash"])
    assert slack.view(opened["id"])["callback_id"] == "newer"
    client.views_update(view_id=opened["id"], view=view)
    assert slack.view(opened["id"])["callback_id"] == "alert"
    with pytest.raises(SlackApiError, match="not_found"):
        client.views_update(view_id="V9", view=view)


@pytest.mark.thorough
def test_a_response_url_keeps_what_is_sent_and_is_used_up(slack: SlackDouble) -> None:
    url = slack.response_url("kpi")
    answers = [httpx.post(url, json={"text": str(n)}) for n in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert slack.responses == [("kpi", {"text": str(n)}) for n in range(5)]


def test_every_call_is_recorded_with_its_arguments(slack: SlackDouble) -> None:
    client_of(slack).chat_postMessage(channel="C1", text="hi")
    assert slack.called("chat.postMessage") == [{"channel": "C1", "text": "hi"}]
    with pytest.raises(SlackApiError, match="unknown_method"):
        client_of(slack).api_call("chat.shout")
