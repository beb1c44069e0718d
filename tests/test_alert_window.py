"""The window of a rule: opened, filled in with a preview, tried on the past, switched on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.message import Message
from bot.slack.alerts import listing, rehearsal, windows
from bot.slack.alerts.form import Field, Sort, form_of
from bot.slack.alerts.rehearsal import Wanted
from bot.store import alerts as rules
from bot.store import budgets
from tests.alert_workspace import ACME, NOISY, row_of, watch
from tests.blockkit.limits import broken_limits
from tests.test_alert_modal import READER, answers
from tests.test_language import READER as MARKING
from tests.test_language import unmarked
from tests.times import T
from tests.workspace import (
    AGENT,
    CHANNEL,
    ELSEWHERE,
    LEAD,
    Json,
    Workspace,
    open_desks,
    words,
)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_desks(ACME) as workspace:
        yield workspace


def filled(view: Json, **typed: Any) -> Json:
    """An open window in which somebody has typed and chosen something, by field."""
    found = answers(view)
    for name, value in typed.items():
        for block, actions in found["state"]["values"].items():
            if block.partition("-")[0] == name:
                (element,) = actions.values()
                if element["type"] == "static_select":
                    element["selected_option"] = {"value": value}
                elif element["type"] == "checkboxes":
                    element["selected_options"] = [{"value": value}]
                else:
                    element["value"] = value
    return found


def opened(workspace: Workspace, typed: str = "new", *, user: str = LEAD) -> Json:
    """The window that a command opens."""
    assert workspace.types(f"/alert {typed}", user=user).messages == []
    view = workspace.slack.views[-1]
    assert broken_limits(view) == []
    return view


def shown(view: Json) -> str:
    return words(view)


def preview(view: Json) -> str:
    return words({"blocks": [one for one in view["blocks"] if one["type"] != "input"]})


def chosen(workspace: Workspace, view: Json, **typed: Any) -> Json:
    """The window after somebody has chosen something in it."""
    answered = workspace.fills_in(filled(view, **typed), user=LEAD)
    assert answered.messages == []
    return workspace.slack.view(view["id"])


def submitted(workspace: Workspace, view: Json, *, user: str = LEAD, **typed: Any) -> Json:
    """What Slack is answered when somebody submits a window."""
    response = workspace.submits(filled(view, **typed), user=user).response
    told: Json = json.loads(response.body) if response.body else {}
    return told


# --- Opened --------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["new", "add"])
def test_a_lead_is_asked_for_all_of_a_rule(workspace: Workspace, typed: str) -> None:
    before = workspace.version()
    view = opened(workspace, typed)
    assert view["title"]["text"] == "New alert"
    assert json.loads(view["private_metadata"]) == {"channel": CHANNEL, "number": None}
    assert preview(view).strip() == ""
    assert workspace.version() == before


def test_the_button_of_the_list_opens_the_same(workspace: Workspace) -> None:
    workspace.presses(listing.NEW, user=LEAD)
    (view,) = workspace.slack.views
    assert view["title"]["text"] == "New alert"


def test_a_rule_is_opened_as_it_is(workspace: Workspace) -> None:
    number = watch(workspace, "first_response_time > 4h for 30m over 2h by group min 5")
    by_button = workspace.presses(listing.EDIT_RULE, str(number), user=LEAD)
    assert by_button.messages == []
    view = opened(workspace, f"edit {number}")
    assert view["title"]["text"] == f"Change alert {number}"
    form = form_of(answers(view))
    assert (form.limit, form.lasting, form.over, form.by, form.more) == (
        *("4h", "30m", "2h", "group"),
        "min 5",
    )
    assert "Fires when *First response time* is above 4 h for 30 min" in preview(view)


def test_what_was_tried_is_opened_to_be_changed(workspace: Workspace) -> None:
    value = Wanted(ELSEWHERE, "ticket_volume > 3", 7).to_text()
    workspace.presses(rehearsal.EDIT, value, user=LEAD)
    (view,) = workspace.slack.views
    form = form_of(answers(view))
    assert (form.channel, form.metric, form.limit, form.number) == (
        *(ELSEWHERE, "ticket_volume", "3"),
        7,
    )


def test_a_window_that_came_too_late_says_so(workspace: Workspace) -> None:
    for number in range(9):
        workspace.slack.expire(f"trigger-{number}")
    told = workspace.types("/alert new", user=LEAD).told
    assert told == (
        "Slack waits three seconds for a window to open, and they were over. Press again."
    )


# --- Filled in -----------------------------------------------------------------------------------


def test_the_preview_follows_what_is_filled_in(workspace: Workspace) -> None:
    before = workspace.version()
    view = chosen(workspace, opened(workspace), metric="ticket_volume", limit="3")
    assert "Fires when *Ticket volume* is above 3." in preview(view)
    assert "On the last 12 days this would have fired 2 times." in preview(view)
    assert "`ticket_volume &gt; 3`" in preview(view)
    assert broken_limits(view) == []
    assert workspace.version() == before


def test_the_preview_tells_what_is_wrong_with_its_mend(workspace: Workspace) -> None:
    view = chosen(workspace, opened(workspace), limit="4")
    assert preview(view).strip().startswith("⚠️ “4” has no unit: min, h or d. For example:")


def test_another_sort_shows_its_own_fields(workspace: Workspace) -> None:
    view = chosen(workspace, opened(workspace), sort=Sort.OLD)
    fields = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    assert fields == ["sort", "limit-old", "hours", "more"]


def test_what_comes_late_does_not_take_the_place_of_what_is_newer(workspace: Workspace) -> None:
    """Two fields are filled in at nearly the same time."""
    view = opened(workspace)
    newer = chosen(workspace, view, limit="4h")
    assert chosen(workspace, view, limit="5h") == newer


def test_a_window_that_was_closed_meanwhile_is_no_mistake(workspace: Workspace) -> None:
    view = {**opened(workspace), "id": "V9CLOSED"}
    assert workspace.fills_in(filled(view, limit="4h"), user=LEAD).response.status == 200


# --- Submitted -----------------------------------------------------------------------------------

WRONG: list[tuple[dict[str, str], Field | str, str]] = [
    ({"limit": "4"}, "limit-limit", "“4” has no unit: min, h or d."),
    ({"limit": "soon"}, "limit-limit", "“soon”"),
    ({"metric": "csat", "limit": "85%"}, Field.METRIC, "“Customer satisfaction” cannot be told"),
    ({"metric": "csat", "limit": "85"}, "limit-limit", "The limit of a share is a percentage"),
    ({"limit": "4h", "lasting": "a while"}, Field.LASTING, "“for” says for how long"),
    ({"limit": "4h", "over": "1m"}, Field.OVER, "A window is 15m to 31d long"),
    (
        {"metric": "call_volume", "limit": "4", "by": "priority"},
        Field.BY,
        "“Call volume” cannot be split",
    ),
    ({"limit": "4h", "more": "recover 5h"}, Field.MORE, "It alerts above 4h, so it cannot be over"),
    ({"limit": "4h", "more": "for group Biling"}, Field.MORE, "There is no group “Biling”."),
    ({"limit": "4h", "more": "blah"}, Field.MORE, "“blah” is no part of a rule."),
]


@pytest.mark.parametrize(("typed", "block", "answer"), WRONG)
def test_what_is_wrong_is_told_below_its_field(
    workspace: Workspace, typed: dict[str, str], block: str, answer: str
) -> None:
    view, before = opened(workspace), workspace.version()
    told = submitted(workspace, view, **typed)
    assert told["response_action"] == "errors"
    ((where, what),) = told["errors"].items()
    assert where == block
    assert what.startswith(answer)
    assert workspace.version() == before


@pytest.mark.parametrize(
    ("sort", "typed", "block"),
    [
        (Sort.BURN, {"limit": "6x"}, Field.GOAL),
        (Sort.BURN, {"limit": "often"}, "limit-burn"),
        (Sort.BURN, {"limit": "6x", "goal": "nearly all"}, Field.GOAL),
        (Sort.CHANGE, {"limit": "a lot"}, "limit-change"),
        (Sort.OLD, {"limit": "2"}, "limit-old"),
        (Sort.WAITING, {"limit": "1h", "more": "min 20"}, Field.MORE),
    ],
)
def test_so_it_is_with_every_sort(
    workspace: Workspace, sort: Sort, typed: dict[str, str], block: str
) -> None:
    view = chosen(workspace, opened(workspace), sort=sort)
    told = submitted(workspace, view, **typed)
    assert list(told["errors"]) == [block]


def test_what_is_about_no_field_is_told_at_the_top(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    view = opened(workspace)
    same = submitted(workspace, view, metric="ticket_volume", limit="3")
    assert same["errors"] == {
        Field.SORT: "This channel has the same rule already: it is rule 1. See: /alert"
    }
    no_lead = submitted(workspace, view, user=AGENT, metric="ticket_volume", limit="4")
    assert no_lead["errors"][Field.SORT].startswith("That is for team leads.")


def tried(workspace: Workspace, view: Json, **typed: Any) -> Json:
    """The window after the rule was tried on the past."""
    told = submitted(workspace, view, **typed)
    assert told["response_action"] == "update"
    assert "being tried on the last 90 days" in shown(told["view"])
    assert told["view"].get("submit") is None
    confirm = workspace.slack.view(view["id"])
    assert broken_limits(confirm) == []
    return confirm


def test_a_rule_is_tried_and_the_window_asks_whether_to_switch_it_on(workspace: Workspace) -> None:
    view = opened(workspace)
    before = workspace.version()
    confirm = tried(workspace, view, metric="ticket_volume", limit="3", lasting="10m")
    told = shown(confirm)
    assert "On the last 12 days this would have fired 2 times, here they are." in told
    assert "• Fri, Nov 20, 4:15 AM: stood 1 h 05, worst 6" in told
    assert "Fires when *Ticket volume* is above 3 for 10 min." in told
    assert confirm["submit"]["text"] == "Switch on"
    assert windows.wanted_of(confirm) == Wanted(CHANNEL, "ticket_volume > 3 for 10m")
    assert workspace.version() == before


def done(workspace: Workspace, confirm: Json, *, user: str = LEAD) -> str:
    """What the window says after it was confirmed."""
    response = workspace.submits({**confirm, "state": {"values": {}}}, user=user).response
    update = json.loads(response.body)
    assert update["response_action"] == "update"
    assert "One moment" in shown(update["view"])
    last = workspace.slack.view(confirm["id"])
    assert last.get("submit") is None
    return shown(last)


@pytest.mark.thorough
def test_the_window_switches_the_rule_on(workspace: Workspace) -> None:
    confirm = tried(workspace, opened(workspace), metric="ticket_volume", limit="3")
    assert "Rule 1 is switched on." in done(workspace, confirm)
    row = row_of(workspace, 1)
    assert (row.channel, row.text, row.created_by) == (CHANNEL, "ticket_volume > 3", LEAD)
    assert "the same rule already: it is rule 1." in done(workspace, confirm)
    assert [one.action for one in workspace.audit()] == ["alert add"]


@pytest.mark.thorough
def test_the_window_changes_the_rule_that_was_opened(workspace: Workspace) -> None:
    number = watch(workspace, "ticket_volume > 3")
    confirm = tried(workspace, opened(workspace, f"edit {number}"), limit="5")
    assert confirm["submit"]["text"] == "Change it"
    assert f"Rule {number} is changed." in done(workspace, confirm)
    assert row_of(workspace, number).text == "ticket_volume > 5"
    assert [one["deed"] for one in workspace.asked()] == ["stop"]


def test_who_is_no_lead_any_more_is_told_so_in_the_window(workspace: Workspace) -> None:
    confirm = tried(workspace, opened(workspace), metric="ticket_volume", limit="3")
    assert "That is for team leads." in done(workspace, confirm, user=AGENT)
    with workspace.services.reading() as session:
        assert rules.all_of(session, 1) == []


@pytest.mark.thorough
def test_what_nobody_foresaw_is_told_in_the_window_too(workspace: Workspace) -> None:
    """It stays open, with all that was filled in."""
    view = {**opened(workspace), "private_metadata": "{}"}
    told = json.loads(workspace.submits(filled(view, limit="4h"), user=LEAD).response.body)
    assert told["response_action"] == "errors"
    (problem,) = told["errors"].values()
    assert "Something went wrong here, and nothing was changed." in problem


@pytest.mark.thorough
def test_the_window_tells_what_would_cost_less() -> None:
    with open_desks(NOISY) as workspace:
        with workspace.writing() as session:
            budgets.keep(session, 1, CHANNEL, 0.1, by=LEAD, now=T())
        told = shown(tried(workspace, opened(workspace), metric="ticket_volume", limit="3"))
    assert "⚠️ All rules of this channel together:" in told
    assert "would cost about" in told


# --- Its texts -----------------------------------------------------------------------------------


def test_every_text_of_the_windows_goes_through_gettext() -> None:
    told = MARKING.text("It would never have fired.")
    wanted = Wanted(CHANNEL, "ticket_volume > 3", 7)
    for view in (
        windows.trying(MARKING),
        windows.confirm(Message(told), wanted, MARKING, submit=MARKING.text("Switch on")),
        windows.done(told, MARKING),
    ):
        assert broken_limits(view) == []
        assert unmarked(words(view)) == []


def test_a_long_text_is_told_in_as_many_pieces_as_it_takes() -> None:
    lines = [f"{number}: {'word ' * 20}" for number in range(90)]
    view = windows.done("\n".join(lines), READER)
    assert broken_limits(view) == []
    assert "\n".join(block["text"]["text"] for block in view["blocks"]).splitlines() == lines
