"""How the digests of a channel look when they are listed or set up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.digests.timetable import Kind, Timetable
from bot.errors import said
from bot.locale import Reader
from bot.message import BlockJson, Message
from bot.slack.blocks import actions, blocks_of, button, context, plain, section

#: The actions of the buttons, which `commands/digest.py` answers.
POST_NOW, PAUSE, RESUME, REMOVE = "digest_now", "digest_pause", "digest_resume", "digest_remove"


@dataclass(frozen=True, slots=True)
class Planned:
    """A digest of a channel: when it is due, and what became of the last one.

    `problem` is an error as `DeskpulseError.kept` gave it, or a text.
    """

    id: int
    timetable: Timetable
    paused: bool
    created_by: str
    problem: str | None = None


def described(timetable: Timetable, reader: Reader) -> str:
    """Daily digest, 9:00 AM, Mon to Fri, Europe/Athens."""
    time = reader.clock_time(timetable.at)
    values = {
        "time": time,
        "weekdays": reader.weekdays(timetable.weekdays),
        "zone": timetable.zone.key,
    }
    if timetable.kind is Kind.WEEKLY:
        return reader.text("Weekly digest, {weekdays} {time}, {zone}", **values)
    return reader.text("Daily digest, {time}, {weekdays}, {zone}", **values)


def listed(planned: Sequence[Planned], now: datetime, reader: Reader) -> Message:
    """The digests of a channel, with buttons."""
    if not planned:
        told = reader.text(
            "This channel gets no digest yet. A lead sets one up: `/digest daily 09:00`, or "
            "`/digest weekly mon 09:00`. To see one now: `/digest now daily`."
        )
        return Message(text=told, blocks=blocks_of(section(told, "digests-none")))
    blocks = [block for one in planned for block in _one(one, now, reader)]
    return Message(
        text="\n".join(described(one.timetable, reader) for one in planned), blocks=blocks
    )


def _one(planned: Planned, now: datetime, reader: Reader) -> Sequence[BlockJson]:
    name = f"digest-{planned.id}"
    about = [f"*{described(planned.timetable, reader)}*"]
    if planned.paused:
        about.append(reader.text("Paused: nothing is posted until it is resumed."))
    else:
        about.append(upcoming(planned.timetable, now, reader))
    if planned.problem:
        about.append(f"⚠️ {plain(said(planned.problem, reader.template))}")
    value = str(planned.id)
    toggle = (
        button(reader.text("Resume"), RESUME, value)
        if planned.paused
        else button(reader.text("Pause"), PAUSE, value)
    )
    return blocks_of(
        section("\n".join(about), name),
        actions(
            f"{name}-actions",
            button(reader.text("Post one now"), POST_NOW, planned.timetable.kind),
            toggle,
            button(reader.text("Remove"), REMOVE, value, style="danger"),
        ),
        context(reader.text("set up by {user}", user=f"<@{planned.created_by}>"), f"{name}-by"),
    )


def upcoming(timetable: Timetable, now: datetime, reader: Reader) -> str:
    """The next three moments, in the digest's own zone."""
    local = replace(reader, zone=timetable.zone)
    moments = [local.day_and_time(slot.due_at) for slot in timetable.upcoming(now, 3)]
    return reader.text("Next: {moments}", moments=" · ".join(moments))


def set_up(
    planned: Planned, preview: Message, warning: str | None, now: datetime, reader: Reader
) -> Message:
    """The answer to setting one up: what was understood, when it comes, and how it will look."""
    shown = preview.text
    told = reader.text("This is how it would look now:")
    return Message(
        text=reader.text(
            "{digest}. {next}",
            digest=described(planned.timetable, reader),
            next=upcoming(planned.timetable, now, reader),
        ),
        blocks=[
            *(blocks_of(section(f"⚠️ {warning}", "digest-warning")) if warning else ()),
            *_one(planned, now, reader),
            *blocks_of(section(f"{told}\n>>> {shown[:2500]}", "digest-preview")),
        ],
    )


def help_text(reader: Reader) -> Message:
    """How to set up a digest, by example."""
    told = reader.text(
        "*Digests for this channel*\n"
        "`/digest` what this channel gets\n"
        "`/digest daily 09:00` every working day; with a zone and weekdays: "
        "`/digest daily 09:00 Europe/Athens mon-sat`\n"
        "`/digest weekly mon 09:00` once a week, about the seven days before\n"
        "`/digest now daily` or `/digest now weekly` posts one right away\n"
        "Leads set them up; everybody reads them."
    )
    return Message(text=told, blocks=blocks_of(section(told, "digest-help")))
