"""The window of a survey as Slack hands it back: as it was opened, or filled in otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.slack.surveys.plan_form import Field

Json = dict[str, Any]

#: By the type of an element: under which name Slack tells what is in it, and what it was opened with.
_NAMES = {
    "static_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_users_select": ("selected_users", "initial_users"),
    "timepicker": ("selected_time", "initial_time"),
    "plain_text_input": ("value", "initial_value"),
}


def handed_back(view: Json) -> Json:
    """The view as Slack hands it back when somebody submits it without changing anything."""
    values = {
        block["block_id"]: {block["element"]["action_id"]: _chosen(block["element"])}
        for block in view["blocks"]
        if block["type"] == "input"
    }
    return {**view, "state": {"values": values}}


def _chosen(element: Mapping[str, Any]) -> Json:
    told, given = _NAMES[element["type"]]
    return {"type": element["type"], told: element.get(given, [] if told.endswith("s") else None)}


def filled_in(view: Json, **changes: Any) -> Json:
    """The same after somebody chose or typed something else: by the name of the field."""
    back = handed_back(view)
    for name, value in changes.items():
        (element,) = back["state"]["values"][Field[name]].values()
        told = next(key for key in element if key != "type")
        element[told] = _as_told(told, value)
    return back


def _as_told(told: str, value: Any) -> Any:
    if told == "selected_option":
        return {"value": value}
    if told == "selected_options":
        return [{"value": one} for one in value]
    return value
