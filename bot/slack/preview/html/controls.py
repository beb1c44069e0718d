"""Draws what can be pressed, chosen and filled in; in a preview it does nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot.slack.preview.conversation import Sight, Unshown
from bot.slack.preview.html.markup import Markup, element, joined
from bot.slack.preview.html.prose import inline
from bot.slack.preview.texts import plain, safe_link

Json = Mapping[str, Any]
Draw = Callable[[Json, Sight], Markup]


def control(shown: Json, sight: Sight) -> Markup:
    """One element of a block. Raises `Unshown` for one that the preview does not know."""
    draw = _DRAWN.get(shown["type"])
    if draw is None:
        raise Unshown(f"there is no preview of the element {shown['type']!r}")
    return draw(shown, sight)


def label(text: Json | None) -> Markup:
    """A text object as a label on one line, `mrkdwn` signs and all."""
    if text is None:
        return Markup()
    return inline(plain(text["text"], emoji=text.get("emoji", True)))


def _button(button: Json, _sight: Sight) -> Markup:
    look = f"button {button.get('style', '')}".strip()
    text = element("bdi", label(button["text"]))
    aloud = button.get("accessibility_label")
    if "url" in button:
        address = safe_link(button["url"])
        return element("a", text, class_=look, href=address, target="_blank", aria_label=aloud)
    return element("button", text, type="button", class_=look, aria_label=aloud)


def _overflow(menu: Json, sight: Sight) -> Markup:
    return _menu("⋯", "button overflow", menu, aloud=sight.reader.text("More"))


def _select(select: Json, _sight: Sight) -> Markup:
    chosen = select.get("initial_option")
    shown = label(chosen["text"] if chosen else select.get("placeholder"))
    return _menu(shown, "button select", select)


def _multi_select(select: Json, sight: Sight) -> Markup:
    chosen = select.get("initial_options") or []
    if not chosen:
        return _select(select, sight)
    chips = (element("bdi", label(option["text"]), class_="chip") for option in chosen)
    return _menu(joined(*chips), "button select", select)


def _menu(shown: str, look: str, menu: Json, aloud: str | None = None) -> Markup:
    options = menu.get("options") or [
        option for group in menu.get("option_groups", ()) for option in group["options"]
    ]
    items = (element("li", label(option["text"]), dir="auto") for option in options)
    summary = element("summary", shown, class_=look, aria_label=aloud)
    return element("details", summary, element("ul", *items), class_="menu")


def _box(given: str) -> Draw:
    """A field that shows what it was given, or else its placeholder."""

    def draw(box: Json, _sight: Sight) -> Markup:
        value = box.get(given)
        look = "box tall" if box.get("multiline") else "box"
        if value is None:
            hint = label(box.get("placeholder"))
            return element("span", hint, class_=f"{look} empty", dir="auto")
        shown = " ".join(value) if isinstance(value, list) else str(value)
        return element("span", shown, class_=look, dir="auto")

    return draw


def _moment(picker: Json, sight: Sight) -> Markup:
    given = picker.get("initial_date_time")
    if given is None:
        return _box("initial_date_time")(picker, sight)
    moment = datetime.fromtimestamp(given, sight.reader.zone)
    return element("span", sight.reader.day_and_time(moment), class_="box")


def _choices(kind: str) -> Draw:
    def draw(choices: Json, _sight: Sight) -> Markup:
        given = choices.get("initial_options") or [choices.get("initial_option")]
        lines = (_choice(kind, option, chosen=option in given) for option in choices["options"])
        return element("span", *lines, class_="choices")

    return draw


def _choice(kind: str, option: Json, *, chosen: bool) -> Markup:
    box = element("input", type=kind, checked=chosen, disabled=True)
    words = [label(option["text"])]
    if "description" in option:
        words.append(element("small", label(option["description"])))
    return element("label", box, element("span", *words, dir="auto"))


def _image(image: Json, sight: Sight) -> Markup:
    picture = sight.picture(image)
    # A page asks nobody for anything: what lies on the web is told instead.
    return element("bdi", picture.alt if picture else image["alt_text"], class_="small-image")


_DRAWN: Mapping[str, Draw] = {
    "button": _button,
    "overflow": _overflow,
    "static_select": _select,
    "multi_static_select": _multi_select,
    "external_select": _select,
    "multi_external_select": _multi_select,
    "users_select": _box("initial_user"),
    "multi_users_select": _box("initial_users"),
    "channels_select": _box("initial_channel"),
    "multi_channels_select": _box("initial_channels"),
    "conversations_select": _box("initial_conversation"),
    "multi_conversations_select": _box("initial_conversations"),
    "datepicker": _box("initial_date"),
    "timepicker": _box("initial_time"),
    "datetimepicker": _moment,
    "plain_text_input": _box("initial_value"),
    "number_input": _box("initial_value"),
    "email_text_input": _box("initial_value"),
    "url_text_input": _box("initial_value"),
    "radio_buttons": _choices("radio"),
    "checkboxes": _choices("checkbox"),
    "image": _image,
}
