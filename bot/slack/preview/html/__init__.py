"""One page, complete in itself, that shows messages and views as Slack shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from importlib.resources import files
from typing import Any

from bot.message import Message, Picture
from bot.slack.preview import mrkdwn
from bot.slack.preview.conversation import (
    NAME,
    Conversation,
    Sight,
    Unshown,
    by_channel_and_day,
    sight_of,
)
from bot.slack.preview.html.blocks import draw
from bot.slack.preview.html.controls import label
from bot.slack.preview.html.markup import Markup, element, joined
from bot.slack.preview.html.prose import prose

# The page asks nobody for anything and runs nothing, whatever a text tries.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def to_html(conversations: Sequence[Conversation], *, title: str) -> str:
    """A page with the conversations as they follow each other. Nothing is loaded from elsewhere.

    Raises `Unshown` for a block that the preview does not know, or a picture that is missing.
    """
    channels = by_channel_and_day(conversations)
    return _page(title, element("main", *(_channel(name, days) for name, days in channels)))


def view_html(
    view: Mapping[str, Any],
    *,
    title: str,
    pictures: Sequence[Picture] = (),
    zone: tzinfo = UTC,
) -> str:
    """A page with a view: the modal that it opens, or a Home tab. Raises what `to_html` raises."""
    sight = Sight(zone, {picture.key: picture for picture in pictures})
    blocks = draw(view["blocks"], sight)
    if view["type"] == "home":
        return _page(title, element("main", element("section", blocks, class_="home")))
    return _page(title, element("main", _modal(view, blocks), class_="behind"))


def _page(title: str, body: Markup) -> str:
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Markup(style)),
    )
    return f"<!doctype html>\n{element('html', head, element('body', body), lang='en')}\n"


def _channel(name: str, days: Sequence[tuple[str, Sequence[Conversation]]]) -> Markup:
    posts = (joined(_day(day), *map(_conversation, few)) for day, few in days)
    return element("section", element("h2", _channel_name(name)), *posts, class_="channel")


def _channel_name(name: str) -> Markup:
    if name.startswith("#"):
        return joined(element("span", "#", class_="hash"), element("bdi", name[1:]))
    return joined(element("bdi", name))


def _day(day: str) -> Markup:
    return element("div", element("span", day), class_="day")


def _conversation(conversation: Conversation) -> Markup:
    note = element("p", conversation.note, class_="note", dir="auto") if conversation.note else ""
    return joined(note, _post(conversation, conversation.message, thread=_thread(conversation)))


def _post(conversation: Conversation, message: Message, thread: str = "") -> Markup:
    sight = sight_of(message, conversation.moment.tzinfo)
    moment = element("time", conversation.clock, datetime=conversation.moment.isoformat())
    name = element("b", NAME, class_="name")
    who = element("header", name, element("span", "APP", class_="app"), moment)
    body = element("div", who, _body(message, sight), thread, class_="body")
    return element("article", _avatar(), body, class_="post")


def _body(message: Message, sight: Sight) -> Markup:
    if message.blocks:
        return draw(message.blocks, sight)
    return element("div", prose(mrkdwn.paragraphs(message.text, sight.zone)), class_="words")


def _thread(conversation: Conversation) -> str:
    replies = conversation.message.thread
    if not replies:
        return ""
    if any(reply.thread for reply in replies):
        raise Unshown("a reply in a thread has no thread of its own")
    count = "1 reply" if len(replies) == 1 else f"{len(replies)} replies"
    summary = element(
        "summary",
        _avatar("small"),
        element("b", count),
        element("span", "View thread", class_="hover"),
    )
    posts = (_post(conversation, reply) for reply in replies)
    return element("details", summary, *posts, class_="thread")


def _modal(view: Mapping[str, Any], blocks: Markup) -> Markup:
    head = element("header", _avatar("small"), element("h2", label(view["title"])), _cross())
    buttons = [
        element("button", label(view.get("close")) or "Close", type="button", class_="button")
    ]
    if "submit" in view:
        submit = label(view["submit"])
        buttons.append(element("button", submit, type="button", class_="button primary"))
    body = element("div", blocks, class_="content")
    return element(
        "section", head, body, element("footer", *buttons), class_="modal", role="dialog"
    )


def _cross() -> Markup:
    return element("span", "✕", class_="cross", aria_hidden="true")


def _avatar(size: str = "") -> Markup:
    pulse = element(
        "path",
        d="M4 19h7l3-8 6 15 4-10 2 3h6",
        fill="none",
        stroke="#fff",
        stroke_width="2.6",
        stroke_linecap="round",
        stroke_linejoin="round",
    )
    drawing = element("svg", pulse, viewBox="0 0 36 36", aria_hidden="true")
    return element("span", drawing, class_=f"avatar {size}".strip())
