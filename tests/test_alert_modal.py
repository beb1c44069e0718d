from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from bot.alerts.hindsight import History
from bot.alerts.rule import Rule
from bot.alerts.watchable import alertable
from bot.domain import Dimension
from bot.errors import UsageError
from bot.locale import Reader
from bot.metrics import CATALOGUE
from bot.slack.alerts import modal
from bot.slack.alerts.form import Field, Form, Sort, field_of, fields_of, filled, form_of, text_of
from commands.alert_text import parse_rule
from tests.alert_lives import ATHENS, OVER, START
from tests.alert_rules import rules
from tests.alert_samples import ALL_RULES, VIEWS, WRONG, finding, rehearsal_of
from tests.blockkit.limits import broken_limits
from tests.blockkit.official import official_view_errors
from tests.test_language import READER as MARKING
from tests.test_language import unmarked, without_quotes
from tests.test_messages import LANGUAGES, check, file_of
from tests.workspace import words

READER = Reader("en_GB", ATHENS)


def answers(view: modal.ViewJson) -> dict[str, Any]:
    """The view as Slack hands it back when somebody presses the button without changing anything."""
    values = {
        block["block_id"]: {block["element"]["action_id"]: answered(block["element"])}
        for block in view["blocks"]
        if block["type"] == "input"
    }
    return {**view, "state": {"values": values}}


def answered(element: Mapping[str, Any]) -> dict[str, Any]:
    match element["type"]:
        case "static_select":
            return {"type": "static_select", "selected_option": element.get("initial_option")}
        case "checkboxes":
            chosen = element.get("initial_options", [])
            return {"type": "checkboxes", "selected_options": chosen}
        case "datetimepicker":
            picked = element["initial_date_time"]
            return {"type": "datetimepicker", "selected_date_time": picked}
    return {"type": element["type"], "value": element.get("initial_value")}


def shown(form: Form) -> modal.ViewJson:
    return modal.view(form, modal.Preview(), READER)


# --- From the fields to a rule -------------------------------------------------------------------


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: text_of(filled(rule, "C1")))
def test_a_rule_that_is_opened_and_kept_as_it_is_stays_the_same(rule: Rule) -> None:
    form = filled(rule, "C0SUPPORT", 7)
    back = form_of(answers(shown(form)))
    assert back == form
    assert (back.channel, back.number) == ("C0SUPPORT", 7)
    assert parse_rule(text_of(back)) == rule


@pytest.mark.thorough
@given(rules())
@settings(max_examples=400, deadline=None)
def test_any_rule_that_is_opened_and_kept_as_it_is_stays_the_same(rule: Rule) -> None:
    view = shown(filled(rule, "C0SUPPORT"))
    assert broken_limits(view) == []
    assert parse_rule(text_of(form_of(answers(view)))) == rule


FORMS = [
    (Form("C1", metric="csat", limit=" 85% "), "csat >  85% "),
    (Form("C1", Sort.CHANGE, "ticket_volume", limit="40"), "ticket_volume +40% vs usual"),
    (Form("C1", Sort.CHANGE, "ticket_volume", limit="-40%"), "ticket_volume -40% vs usual"),
    (Form("C1", Sort.BURN, limit="6", goal="95"), "sla burns 6x goal 95%"),
    (Form("C1", Sort.BURN, limit="6x", over="6h"), "sla burns 6x over 6h"),
    (Form("C1", Sort.OLD, limit="2h", by=Dimension.GROUP, over="9h"), "data older than 2h"),
    (
        Form("C1", Sort.WAITING, limit="1h", lasting="9h", in_hours=True, more="for group VIP"),
        "ticket waiting > 1h without reply in office hours for group VIP",
    ),
    (
        Form("C1", limit="4h", lasting="30m", over="2h", by=Dimension.GROUP, more="min 5"),
        "first_response_time > 4h for 30m over 2h by group min 5",
    ),
]


@pytest.mark.parametrize(("form", "text"), FORMS)
def test_what_is_filled_in_becomes_the_rule_as_it_is_typed(form: Form, text: str) -> None:
    assert text_of(form) == text.strip()


@pytest.mark.parametrize("sort", Sort)
def test_a_form_shows_the_fields_of_its_sort_and_forgets_none(sort: Sort) -> None:
    view = shown(Form("C1", sort))
    there = [block["block_id"].partition("-")[0] for block in view["blocks"]]
    assert there == list(fields_of(sort))
    assert form_of(answers(view)).sort is sort


def test_what_was_typed_for_one_sort_does_not_stay_for_another() -> None:
    """Slack keeps what is in a field as long as its block has the same name."""

    def limit(sort: Sort) -> str:
        return Form("C1", sort).block(Field.LIMIT)

    sorts = [sort for sort in Sort if Field.LIMIT in fields_of(sort)]
    assert len({limit(sort) for sort in sorts}) == len(sorts)
    assert Form("C1", Sort.LIMIT).block(Field.SIDE) != Form("C1", Sort.CHANGE).block(Field.SIDE)


def test_a_field_that_nobody_has_touched_says_nothing() -> None:
    view = shown(Form("C1", Sort.LIMIT))
    empty = {block: {name: {"type": "x"} for name in found} for block, found in _values(view)}
    assert form_of({**view, "state": {"values": empty}}) == Form("C1")


def _values(view: modal.ViewJson) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from answers(view)["state"]["values"].items()


@pytest.mark.parametrize(
    ("sort", "about", "field"),
    [
        (Sort.LIMIT, "condition", Field.LIMIT),
        (Sort.LIMIT, "by", Field.BY),
        (Sort.LIMIT, "recover", Field.MORE),
        (Sort.UNUSUAL, "condition", Field.SIDE),
        (Sort.WAITING, "over", Field.MORE),
        (Sort.BURN, "goal", Field.GOAL),
    ],
)
def test_a_mistake_is_told_below_the_field_that_it_is_about(
    sort: Sort, about: str, field: Field
) -> None:
    form = Form("C1", sort)
    assert field_of(sort, about) is field
    told = modal.refused(form, WRONG.kept(), READER, about=about)
    assert list(told) == [form.block(field)]
    assert form.block(field) in [block["block_id"] for block in shown(form)["blocks"]]
    assert "The limit of a share is a percentage, “<now>” is not." in told[form.block(field)]


# --- What may be chosen --------------------------------------------------------------------------


def test_every_number_that_can_be_watched_is_offered_once() -> None:
    view = shown(Form("C1"))
    (menu,) = [block["element"] for block in view["blocks"] if block["block_id"] == Field.METRIC]
    offered = [option["value"] for group in menu["option_groups"] for option in group["options"]]
    assert len(offered) == len(set(offered)) <= 100
    assert set(offered) == {metric.key for metric in CATALOGUE.values() if alertable(metric)}
    assert all(group["options"] for group in menu["option_groups"])


@pytest.mark.parametrize("sort", Sort)
def test_what_stands_in_an_empty_field_may_be_typed_there(sort: Sort) -> None:
    view = shown(Form("C1", sort))
    hints = {
        block["block_id"].partition("-")[0]: block["element"]["placeholder"]["text"]
        for block in view["blocks"]
        if "placeholder" in block.get("element", {})
    }
    # What else can be said is an example for a limit, not for each sort.
    form = Form("C1", sort, **{name: hint for name, hint in hints.items() if name != Field.MORE})
    more = hints[Field.MORE] if sort is Sort.LIMIT else ""
    assert isinstance(parse_rule(f"{text_of(form)} {more}"), Rule)


def test_the_preview_says_what_is_wrong_or_what_the_rule_does() -> None:
    def told(preview: modal.Preview) -> str:
        return words(modal.view(Form("C1"), preview, READER))

    with pytest.raises(UsageError) as caught:
        parse_rule("csat < 4h")
    wrong = told(modal.Preview(problem=caught.value.kept()))
    assert f"⚠️ {caught.value.message}".replace("<", "&lt;") in wrong
    tried = rehearsal_of(ALL_RULES[0], OVER)
    right = told(modal.Preview(ALL_RULES[0], "frt > 4h", tried=tried))
    assert "Fires when *First response time* is above 4 h for 30 min." in right
    assert "On the last 90 days this would have fired 1 time." in right
    assert "frt &gt; 4h" in right
    always = finding(History.ALWAYS, out=882)
    against = told(modal.Preview(ALL_RULES[0], "frt > 4h", tried=tried, finding=always))
    assert "⚠️ It was out of its limit 98% of the time." in against
    assert "fired" not in told(modal.Preview(ALL_RULES[0]))


# --- Until when it is snoozed --------------------------------------------------------------------


def test_the_moment_that_is_picked_is_the_moment_that_is_meant() -> None:
    suggested = datetime(2026, 11, 20, 18, 30, tzinfo=ATHENS)
    view = modal.snooze_until("42", suggested, READER)
    assert view["private_metadata"] == "42"
    assert modal.picked(answers(view)) == suggested
    assert modal.picked(answers(view)).utcoffset() == timedelta(0)
    assert modal.picked(answers(modal.snooze_until("1", START, READER))) == START.astimezone(UTC)


# --- How it looks --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VIEWS)
def test_a_window_looks_as_it_did(name: str) -> None:
    made = VIEWS[name](READER)
    check(file_of(name, "json"), json.dumps(made, ensure_ascii=False, indent=1) + "\n")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", VIEWS)
def test_slack_takes_every_window_in_every_language(name: str, language: str) -> None:
    view = VIEWS[name](Reader(language, ATHENS))
    assert broken_limits(view) == []
    for block in view["blocks"]:
        for group in block.get("element", {}).get("option_groups", []):
            assert (
                broken_limits({"text": "x", "blocks": [{**group, "type": "static_select"}]}) == []
            )
            assert len(group["label"]["text"]) <= 75


@pytest.mark.live
@pytest.mark.parametrize("name", VIEWS)
def test_every_window_is_of_slacks_official_types(name: str) -> None:
    assert official_view_errors(VIEWS[name](READER)) == []


@pytest.mark.parametrize("name", VIEWS)
def test_every_text_of_a_window_goes_through_gettext(name: str) -> None:
    view = VIEWS[name](MARKING)
    # What may be typed is nobody's language, and a heading may end within a mark.
    for block in view["blocks"]:
        block.get("element", {}).pop("placeholder", None)
        block.get("element", {}).pop("initial_value", None)
    for told in (words(view), view["title"]["text"], view["submit"]["text"], view["close"]["text"]):
        assert unmarked(without_quotes(told)) == [], told
