"""How surveys look when they are listed: what is open, what comes next, and what can be done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from slackblocks import Block

from bot.locale import Reader
from bot.message import BlockJson, Message
from bot.slack.blocks import LONGEST_TEXT, actions, blocks_of, button, context, section
from bot.slack.surveys.notices import kind_label
from bot.slack.surveys.plan import DROP, LOOK
from bot.slack.surveys.promised import how_often
from bot.surveys.survey import Kind, Plan
from bot.surveys.wording import plan_text

#: The actions of the buttons, which `commands/survey_lists.py` answers; each hands back a survey's
#: number, the last three a wave's.
PAUSE, RESUME, REMOVE, CLOSE = "survey_pause", "survey_resume", "survey_remove", "survey_close"
REMOVE_NOW, KEEP = "survey_remove_now", "survey_keep"
RESULTS, CLOSE_NOW, KEEP_OPEN = "survey_results_of", "survey_close_now", "survey_keep_open"

#: Opens the window of a new survey, of the kind that it hands back.
NEW = "survey_new"

#: So much JSON of surveys, and so many of them, fit a message (Slack takes 12,000 characters and 50
#: blocks), with room for the rest.
MOST_JSON, MOST_LISTED = 9_500, 15


@dataclass(frozen=True, slots=True)
class Open:
    """An open wave. How many have answered is told to nobody before it is closed."""

    closes_at: datetime
    asked: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A survey: its open waves, when the next one opens, and the wave that was `closed` last.

    One that `is_over` was removed: it has no next one.
    """

    number: int
    plan: Plan
    by: str
    open: Sequence[Open] = ()
    next: datetime | None = None
    closed: int | None = None
    is_paused: bool = False
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody plans and has not started."""

    number: int
    plan: Plan


def listed(
    kind: Kind, surveys: Sequence[Listed], drafts: Sequence[Draft], reader: Reader
) -> Message:
    """The surveys of a kind, with buttons, and the drafts of whoever asks."""
    there = [*(_survey(one, reader) for one in surveys), *(_draft(one, reader) for one in drafts)]
    fit = _fit(there)
    return Message(
        text=_text(kind, surveys, reader)[:LONGEST_TEXT],
        blocks=[
            *(block for some in there[:fit] for block in some),
            *blocks_of(
                None if there else section(_none(kind, reader), "surveys-none"),
                _more(len(there) - fit, reader),
                actions("surveys-new", button(reader.text("New survey"), NEW, kind)),
            ),
        ],
    )


def _more(left: int, reader: Reader) -> Block | None:
    if not left:
        return None
    return context(reader.plural("and {n} more", "and {n} more", left), "surveys-more")


def _fit(there: Sequence[Sequence[BlockJson]]) -> int:
    """How many of them fit a message."""
    length = 0
    for place, some in enumerate(there):
        length += len(json.dumps(some, ensure_ascii=False))
        if length > MOST_JSON or place == MOST_LISTED:
            return place
    return len(there)


def _none(kind: Kind, reader: Reader) -> str:
    return reader.text(
        "Nothing is planned yet. Type {example} where those are who are to be asked: you see first "
        "what would be sent.",
        example=f"`/{kind} start`",
    )


def _text(kind: Kind, surveys: Sequence[Listed], reader: Reader) -> str:
    lines = [line for one in surveys for line in (_title(one, reader), *_state(one, reader))]
    return "\n".join(lines) or _none(kind, reader)


# --- One survey ----------------------------------------------------------------------------------


def _survey(one: Listed, reader: Reader) -> Sequence[BlockJson]:
    lines = [_title(one, reader), *_state(one, reader)]
    by = reader.text("{text} · planned by {user}", text=_typed(one.plan), user=f"<@{one.by}>")
    return blocks_of(
        section("\n".join(lines)[:3_000], f"survey-{one.number}"),
        context(by[:3_000], f"survey-{one.number}-by"),
        actions(f"survey-{one.number}-actions", *_buttons(one, reader)),
    )


def _title(one: Listed, reader: Reader) -> str:
    survey, cadence = kind_label(reader, one.plan.kind), one.plan.cadence
    return reader.text(
        "*{survey} {number}*: {often}",
        survey=survey,
        number=str(one.number),
        often=reader.text("once") if cadence is None else how_often(cadence, reader),
    )


def _state(one: Listed, reader: Reader) -> Iterator[str]:
    """What is open, then what comes; in the zone of the survey."""
    local = replace(reader, zone=one.plan.zone)
    for wave in one.open:
        yield reader.plural(
            "🟢 Open until {moment} ({zone}); {n} person is asked.",
            "🟢 Open until {moment} ({zone}); {n} people are asked.",
            wave.asked,
            moment=local.day_and_time(wave.closes_at),
            zone=one.plan.zone.key,
        )
    if one.is_over:
        yield reader.text("It is removed: none opens after this one.")
    elif one.is_paused:
        yield reader.text("⏸️ Paused: none opens until it is resumed.")
    elif one.next is not None:
        next_ = local.day_and_time(one.next)
        yield reader.text("Next: {moment} ({zone})", moment=next_, zone=one.plan.zone.key)
    elif not one.open:
        yield reader.text("It opens in a moment.")


def _buttons(one: Listed, reader: Reader) -> Iterator[Any]:
    value = str(one.number)
    if one.open:
        yield button(reader.text("Close now"), CLOSE, value)
    if one.closed is not None:
        yield button(reader.text("Results"), RESULTS, str(one.closed))
    if one.is_over:
        return
    if one.plan.cadence is not None and one.is_paused:
        yield button(reader.text("Resume"), RESUME, value)
    elif one.plan.cadence is not None:
        yield button(reader.text("Pause"), PAUSE, value)
    # Of one that comes once and is open nothing follows that could be removed.
    if one.plan.cadence is not None or not one.open:
        yield button(reader.text("Remove"), REMOVE, value)


def _draft(one: Draft, reader: Reader) -> Sequence[BlockJson]:
    value = str(one.number)
    told = reader.text("*Your draft*: {text}", text=_typed(one.plan))
    return blocks_of(
        section(told[:3_000], f"draft-{value}"),
        actions(
            f"draft-{value}-actions",
            button(reader.text("Preview"), LOOK, value),
            button(reader.text("Drop"), DROP, value),
        ),
    )


def _typed(plan: Plan) -> str:
    """As it is typed wherever somebody is: with the channel that is asked."""
    return plan_text(replace(plan, channel=""))


# --- Removing one, and closing one early ---------------------------------------------------------


def removes(number: int, plan: Plan, reader: Reader) -> Message:
    """Asks whether a survey is to be removed: that cannot be undone."""
    told = reader.text(
        "*Remove {survey} {number}?* No further one opens; one that is open goes on, and results stay. "
        "This cannot be undone.",
        survey=kind_label(reader, plan.kind),
        number=str(number),
    )
    yes = button(reader.text("Remove"), REMOVE_NOW, str(number), style="danger")
    no = button(reader.text("Keep it"), KEEP, str(number))
    return Message(
        told, blocks_of(section(told, "survey-remove"), actions("survey-removes", yes, no))
    )


def closes_now(number: int, wave: int, plan: Plan, open_: Open, reader: Reader) -> Message:
    """Asks whether a wave is to be closed now: that cannot be undone."""
    told = reader.plural(
        "*Close {survey} {number} now?* It is open until {moment} ({zone}); {n} person is asked. "
        "Whoever has not answered by now cannot any more. If fewer than {fewest} have, nothing is "
        "shown. This cannot be undone.",
        "*Close {survey} {number} now?* It is open until {moment} ({zone}); {n} people are asked. "
        "Whoever has not answered by now cannot any more. If fewer than {fewest} have, nothing is "
        "shown. This cannot be undone.",
        open_.asked,
        survey=kind_label(reader, plan.kind),
        number=str(number),
        moment=replace(reader, zone=plan.zone).day_and_time(open_.closes_at),
        zone=plan.zone.key,
        fewest=reader.number(plan.fewest),
    )
    yes = button(reader.text("Close now"), CLOSE_NOW, str(wave), style="danger")
    no = button(reader.text("Leave it open"), KEEP_OPEN, str(wave))
    return Message(
        told, blocks_of(section(told, "survey-close"), actions("survey-closes", yes, no))
    )
