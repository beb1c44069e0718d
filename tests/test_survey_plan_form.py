"""The window of a survey: what is filled in becomes the plan, and what is wrong is told below it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.locale import Reader
from bot.slack.surveys import plan, plan_form, plan_window
from bot.slack.surveys.plan_form import ONCE, Field, Form, filled, form_of, plan_of, problems
from bot.surveys import own
from bot.surveys.bank import languages
from bot.surveys.survey import Audience, Cadence, Every, Kind, Plan, Results, Theme
from tests.blockkit.limits import broken_limits
from tests.blockkit.official import official_view_errors
from tests.survey_plan_samples import ENPS_PREVIEW, PLAN_VIEWS, PULSE, PULSE_PREVIEW
from tests.survey_plan_samples import ONCE as ENPS
from tests.survey_windows import filled_in, handed_back
from tests.test_language import READER as MARKING
from tests.test_language import unmarked
from tests.test_messages import LANGUAGES, check, file_of
from tests.workspace import words

Json = dict[str, Any]

READER = Reader("en_GB", ZoneInfo("Europe/Athens"))


def shown(form: Form, reader: Reader = READER) -> Json:
    return plan_window.view(form, reader)


def fields(view: Json) -> list[str]:
    return [block["block_id"] for block in view["blocks"] if block["type"] == "input"]


# --- From the fields to a plan -------------------------------------------------------------------

PLANS_ = [
    ENPS,
    PULSE,
    replace(ENPS, cadence=Cadence(1, Every.QUARTER, 4, time(9, 30)), fewest=50, days=31),
    replace(ENPS, cadence=Cadence(3, Every.WEEK, 6, time(23, 59)), days=0, closes=time(0)),
    replace(PULSE, cadence=Cadence(4, Every.WEEK, 0, time(8)), own=(), themes=(), many=10),
    replace(
        PULSE,
        channel="D0LEAD",
        own=own.parse("text: Was noch?", "de"),
        languages=("de",),
        results=Results.ASKED,
        many=0,
    ),
]


@pytest.mark.parametrize("told", PLANS_)
def test_a_plan_that_is_opened_and_kept_as_it_is_stays_the_same(told: Plan) -> None:
    view = shown(filled(told, 7))
    form = form_of(handed_back(view))
    assert (form.draft, plan_of(form)) == (7, told)
    assert problems(form, READER) == {}
    assert broken_limits(view) == []


def test_what_is_chosen_becomes_the_plan() -> None:
    view = shown(filled(PULSE, 7))
    form = form_of(
        filled_in(
            view,
            CHANNELS=["C1", "G2"],
            GROUPS=[],
            PEOPLE=[],
            THEMES=["team", "growth"],
            MANY="2",
            OWN="text: What else?",
            OFTEN="1 month",
            WEEKDAY="4",
            AT="14:15",
            DAYS="5",
            CLOSES="12:00",
            REMINDERS="0",
            LANGUAGES=["de", "fr"],
            RESULTS="channel",
            FEWEST="12",
        )
    )
    assert plan_of(form) == Plan(
        kind=Kind.PULSE,
        audience=Audience(("C1", "G2")),
        zone=PULSE.zone,
        channel=PULSE.channel,
        days=5,
        closes=time(12),
        cadence=Cadence(1, Every.MONTH, 4, time(14, 15)),
        themes=(Theme.TEAM, Theme.GROWTH),
        many=2,
        own=own.parse("text: What else?", "de"),
        languages=("de", "fr"),
        reminders=0,
        results=Results.CHANNEL,
        fewest=12,
    )


def test_the_first_language_stays_the_first() -> None:
    """Whoever reads none of the languages gets it in the first."""
    view = shown(filled(replace(PULSE, languages=("fa", "de")), 7))
    more = form_of(filled_in(view, LANGUAGES=["en", "de", "fa"]))
    assert more.plan.languages == ("fa", "en", "de")
    other = form_of(filled_in(view, LANGUAGES=["en", "el"]))
    assert other.plan.languages == ("en", "el")
    assert form_of(filled_in(view, LANGUAGES=[])).plan.languages == ("fa", "de")


def test_user_groups_can_only_be_left_out() -> None:
    groups = tuple(f"S{number}" for number in range(12))
    view = shown(filled(replace(ENPS, audience=Audience(groups=groups)), 7))
    (boxes,) = [one["element"] for one in view["blocks"] if one.get("block_id") == Field.GROUPS]
    assert [one["text"]["text"] for one in boxes["options"][:2]] == [
        "<!subteam^S0>",
        "<!subteam^S1>",
    ]
    form = form_of(filled_in(view, GROUPS=["S1", "S3"]))
    assert form.plan.audience.groups == ("S1", "S3", "S10", "S11")
    # They can be taken in again while the window is open.
    again = form_of(filled_in(shown(form), GROUPS=["S0", "S1"]))
    assert again.plan.audience.groups == ("S0", "S1", "S10", "S11")
    assert Field.GROUPS not in fields(shown(Form(ENPS)))


def test_when_it_opens_is_asked_only_of_what_comes_again() -> None:
    view = shown(Form(ENPS))
    assert not {Field.WEEKDAY, Field.AT} & {*fields(view)}
    again = shown(form_of(filled_in(view, OFTEN="2 week")))
    assert {Field.WEEKDAY, Field.AT} <= {*fields(again)}
    assert form_of(handed_back(again)).plan.cadence == Cadence(2, Every.WEEK, 1, time(10))
    assert form_of(filled_in(again, OFTEN=ONCE)).plan.cadence is None


def test_what_was_typed_stays_when_other_fields_are_shown() -> None:
    view = shown(Form(replace(PULSE, own=())))
    form = form_of(filled_in(view, OWN="10-0: half a", OFTEN="1 week"))
    (box,) = [one["element"] for one in shown(form)["blocks"] if one.get("block_id") == Field.OWN]
    assert box["initial_value"] == "10-0: half a"


def test_an_enps_has_its_own_question_and_no_other() -> None:
    assert not {Field.THEMES, Field.MANY, Field.OWN} & {*fields(shown(Form(ENPS)))}
    assert {Field.THEMES, Field.MANY, Field.OWN} <= {*fields(shown(Form(PULSE)))}


def test_in_a_direct_message_results_cannot_be_posted_there() -> None:
    form = Form(replace(ENPS, channel="D0LEAD", results=Results.LEADS))
    assert offered(form, Field.RESULTS) == ["leads", "asked"]
    assert offered(Form(ENPS), Field.RESULTS) == ["channel", "leads", "asked"]


def offered(form: Form, field: Field) -> list[str]:
    (menu,) = [one["element"] for one in shown(form)["blocks"] if one.get("block_id") == field]
    return [option["value"] for option in menu["options"]]


def test_every_theme_and_language_is_offered() -> None:
    assert offered(Form(PULSE), Field.THEMES) == [*Theme]
    assert offered(Form(PULSE), Field.LANGUAGES) == [*languages()]
    assert offered(Form(PULSE), Field.DAYS) == [str(days) for days in range(1, 32)]
    assert offered(Form(PULSE), Field.FEWEST) == [str(number) for number in range(5, 51)]


# --- What is wrong -------------------------------------------------------------------------------

WRONG = [
    ({"CHANNELS": [], "PEOPLE": [], "GROUPS": []}, Field.CHANNELS, "Whom shall it ask?"),
    ({"OWN": "chioce: a"}, Field.OWN, "Line 1: there is no such kind of question."),
    ({"MANY": "7"}, Field.OWN, "A pulse has 10 questions at most; this one has 11."),
    ({"MANY": "0", "OWN": ""}, Field.MANY, "It has no question yet"),
]


@pytest.mark.parametrize(("changes", "field", "told"), WRONG)
def test_a_mistake_is_told_below_its_field(
    changes: dict[str, Any], field: Field, told: str
) -> None:
    form = form_of(filled_in(shown(filled(PULSE, 7)), **changes))
    found = problems(form, READER)
    assert [*found] == [field]
    assert told in found[field]


def test_ten_questions_are_taken() -> None:
    form = form_of(filled_in(shown(filled(PULSE, 7)), MANY="6"))
    assert problems(form, READER) == {}


# --- A draft in a window -------------------------------------------------------------------------


def test_the_button_that_starts_is_that_of_the_window() -> None:
    view = plan.as_view(plan.preview(ENPS_PREVIEW, READER), READER)
    assert view["submit"]["text"] == "Start"
    assert view["private_metadata"] == "3 5eed"
    assert [one["text"]["text"] for one in view["blocks"][-1]["elements"]] == ["Change", "Drop"]


def test_a_window_in_which_nothing_can_be_started_has_no_such_button() -> None:
    few = plan.preview(replace(ENPS_PREVIEW, teams=[("#support", 4)]), READER)
    assert plan.START not in json.dumps(few.blocks)
    assert "submit" not in plan.as_view(few, READER)


def test_what_is_sent_is_quoted_without_a_button() -> None:
    """Nobody answers, or declines, a survey that is not open."""
    for preview in (ENPS_PREVIEW, PULSE_PREVIEW):
        blocks = plan.preview(preview, READER).blocks
        ids = {
            one["action_id"]
            for block in blocks
            for one in block.get("elements", ())
            if "action_id" in one
        }
        assert ids == {plan.START, plan.CHANGE, plan.DROP}
    told = words({"blocks": list(plan.preview(ENPS_PREVIEW, READER).blocks)})
    assert ">>> *How likely are you to recommend working here to a friend?*" in told
    assert "`0` `1` `2` `3` `4` `5` `6` `7` `8` `9` `10`" in told


def test_ten_long_questions_fit_a_message() -> None:
    answers = " / ".join(f"{number}{'x' * 74}" for number in range(10))
    lines = [f"choice: {number}{'q' * 200}? {answers}" for number in range(10)]
    preview = replace(PULSE_PREVIEW, questions=own.parse("\n".join(lines), "en"))
    message = plan.preview(preview, READER)
    assert broken_limits({"text": message.text, "blocks": list(message.blocks)}) == []
    told = words({"blocks": list(message.blocks)})
    assert "• 1" in told
    assert "• 9" not in told
    assert "…" in told


# --- How they look -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLAN_VIEWS)
def test_a_window_looks_as_it_did(name: str) -> None:
    made = PLAN_VIEWS[name](READER)
    check(file_of(name, "json"), json.dumps(made, ensure_ascii=False, indent=1) + "\n")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PLAN_VIEWS)
def test_slack_takes_every_window_in_every_language(name: str, language: str) -> None:
    assert broken_limits(PLAN_VIEWS[name](Reader(language, READER.zone))) == []


@pytest.mark.live
@pytest.mark.parametrize("name", PLAN_VIEWS)
def test_every_window_is_of_slacks_official_types(name: str) -> None:
    assert official_view_errors(PLAN_VIEWS[name](READER)) == []


@pytest.mark.parametrize("name", ["survey window new", "survey window filled"])
def test_every_text_of_a_window_goes_through_gettext(name: str) -> None:
    view = PLAN_VIEWS[name](MARKING)
    for block in view["blocks"]:
        element = block.get("element", {})
        element.pop("initial_value", None)
        if block.get("block_id") == Field.GROUPS:
            element.pop("options")
            element.pop("initial_options")
    heads = [view[name]["text"] for name in ("title", "submit", "close")]
    for told in (words(view), *heads):
        assert unmarked(told) == [], told


def test_a_form_hands_back_less_than_slack_takes() -> None:
    groups = tuple(f"S{number:010}" for number in range(40))
    form = filled(replace(PULSE, audience=Audience(groups=groups), languages=languages()), 10**9)
    assert broken_limits(shown(form)) == []
    assert plan_form.metadata(form) == shown(form)["private_metadata"]
