"""One page, complete in itself, that shows messages and views as Slack shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from bot.locale import Reader
from bot.message import Message, Picture
from bot.slack.preview import mrkdwn
from bot.slack.preview.conversation import (
    NAME,
    Conversation,
    Sight,
    Unshown,
    by_channel_and_day,
    replies,
    sight_of,
)
from bot.slack.preview.html.blocks import draw
from bot.slack.preview.html.controls import label
from bot.slack.preview.html.markup import Markup, element, joined
from bot.slack.preview.html.prose import prose

# The page asks nobody for anything and runs nothing, whatever a text tries.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def to_html(conversations: Sequence[Conversation], *, title: str, reader: Reader) -> str:
    """A page with the conversations as they follow each other. Nothing is loaded from elsewhere.

    `reader` is who looks at Slack: what Slack itself says is in their language and zone. Raises
    `Unshown` for a block that the preview does not know, or a picture that is missing.
    """
    channels = by_channel_and_day(conversations, reader)
    shown = (_channel(name, days, reader) for name, days in channels)
    return _page(title, element("main", *shown), reader)


def view_html(
    view: Mapping[str, Any],
    *,
    title: str,
    reader: Reader,
    pictures: Sequence[Picture] = (),
) -> str:
    """A page with a view: the modal that it opens, or a Home tab. Raises what `to_html` raises."""
    sight = Sight(reader, {picture.key: picture for picture in pictures})
    blocks = draw(view["blocks"], sight)
    if view["type"] == "home":
        return _page(title, element("main", element("section", blocks, class_="home")), reader)
    return _page(title, element("main", _modal(view, blocks, reader), class_="behind"), reader)


def _page(title: str, body: Markup, reader: Reader) -> str:
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
    language = reader.locale.replace("_", "-")
    direction = "rtl" if reader.runs_left else "ltr"
    page = element("html", head, element("body", body), lang=language, dir=direction)
    return f"<!doctype html>\n{page}\n"


def _channel(
    name: str, days: Sequence[tuple[str, Sequence[Conversation]]], reader: Reader
) -> Markup:
    posts = (joined(_day(day), *(_conversation(one, reader) for one in few)) for day, few in days)
    return element("section", element("h2", _channel_name(name)), *posts, class_="channel")


def _channel_name(name: str) -> Markup:
    if name.startswith("#"):
        return joined(element("span", "#", class_="hash"), element("bdi", name[1:]))
    return joined(element("bdi", name))


def _day(day: str) -> Markup:
    return element("div", element("span", day), class_="day")


def _conversation(conversation: Conversation, reader: Reader) -> Markup:
    note = element("p", conversation.note, class_="note", dir="auto") if conversation.note else ""
    thread = _thread(conversation, reader)
    return joined(note, _post(conversation, conversation.message, reader, thread))


def _post(conversation: Conversation, message: Message, reader: Reader, thread: str = "") -> Markup:
    sight = sight_of(message, reader)
    clock = reader.time_of(conversation.moment)
    moment = element("time", clock, datetime=conversation.moment.isoformat())
    name = element("bdi", NAME, class_="name")
    who = element("header", name, element("span", reader.text("APP"), class_="app"), moment)
    body = element("div", who, _body(message, sight), thread, class_="body")
    return element("article", _avatar(), body, class_="post")


def _body(message: Message, sight: Sight) -> Markup:
    if message.blocks:
        return draw(message.blocks, sight)
    return element("div", prose(mrkdwn.paragraphs(message.text, sight.reader)), class_="words")


def _thread(conversation: Conversation, reader: Reader) -> str:
    thread = conversation.message.thread
    if not thread:
        return ""
    if any(reply.thread for reply in thread):
        raise Unshown("a reply in a thread has no thread of its own")
    summary = element(
        "summary",
        _avatar("small"),
        element("b", replies(conversation.message, reader)),
        element("span", reader.text("View thread"), class_="hover"),
    )
    posts = (_post(conversation, reply, reader) for reply in thread)
    return element("details", summary, *posts, class_="thread")


def _modal(view: Mapping[str, Any], blocks: Markup, reader: Reader) -> Markup:
    head = element("header", _avatar("small"), element("h2", label(view["title"])), _cross())
    close = label(view.get("close")) or reader.text("Close")
    buttons = [element("button", close, type="button", class_="button")]
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
