"""How the help desks look when somebody asks how they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain import Fact
from bot.errors import said
from bot.locale import Reader, isolated
from bot.message import BlockJson, Message
from bot.slack.blocks import actions, blocks_of, button, plain, section

#: The action of the button that asks for a reading; `commands/desk.py` answers it.
SYNC_NOW = "desk_sync"

#: So many help desks fit one message with room to spare; Slack takes 50 blocks.
MOST = 20


@dataclass(frozen=True, slots=True)
class DeskState:
    """One help desk: what is stored of it, and how it was last read.

    `rows` are numbers of stored rows by "tickets", "ratings", "calls" and "articles"; `problem` is an
    error as `DeskpulseError.kept` gave it. `differs` is on how many days its own counts are others,
    `compared_at` when that was last looked at, where it can count.
    """

    name: str
    kind: str
    rows: Mapping[str, int]
    lacks: Sequence[Fact]
    data_from: datetime | None = None
    data_until: datetime | None = None
    problem: str | None = None
    waits_until: datetime | None = None
    asked_at: datetime | None = None
    compared_at: datetime | None = None
    differs: int = 0


def listed(
    desks: Sequence[DeskState],
    now: datetime,
    reader: Reader,
    *,
    stale_after: timedelta,
    may_sync: bool,
) -> Message:
    """All help desks: last sync, rows, freshness and errors, with a button for who may press it."""
    if not desks:
        told = reader.text(
            "No help desk is connected yet. An operator connects one: `deskpulse connect`"
        )
        return Message(text=told, blocks=blocks_of(section(told, "desks-none")))
    states = [_told(desk, now, reader, stale_after) for desk in desks[:MOST]]
    blocks: list[BlockJson] = []
    for number, (desk, state) in enumerate(zip(desks, states, strict=False)):
        blocks += _blocks(f"desk-{number}", desk, state, now, reader, may_sync=may_sync)
    if len(desks) > MOST:
        more = reader.plural(
            "{n} more help desk is not shown.",
            "{n} more help desks are not shown.",
            len(desks) - MOST,
        )
        blocks += blocks_of(section(more, "desks-more"))
    return Message(
        text="\n".join(
            f"{plain(isolated(desk.name))}: {state}"
            for desk, state in zip(desks, states, strict=False)
        ),
        blocks=blocks,
    )


def _blocks(
    block: str, desk: DeskState, state: str, now: datetime, reader: Reader, *, may_sync: bool
) -> Sequence[BlockJson]:
    head = f"*{plain(isolated(desk.name))}* · {plain(desk.kind.replace('_', ' '))}"
    lines = [
        head,
        state,
        *_rows(desk, reader),
        *_compared(desk, now, reader),
        *_lacks(desk, reader),
    ]
    ask = button(reader.text("Sync now"), SYNC_NOW, desk.name)
    return blocks_of(
        section("\n".join(lines)[:3_000], block),
        actions(f"{block}-actions", ask) if may_sync else None,
    )


def _told(desk: DeskState, now: datetime, reader: Reader, stale_after: timedelta) -> str:
    """How it is, in one line: what somebody has to mend comes first."""
    if desk.waits_until is not None and desk.waits_until > now:
        return reader.text(
            "⏳ Waits until {time}: it allows no more requests before.",
            time=reader.time_of(desk.waits_until),
        )
    if desk.problem:
        return f"⚠️ {plain(said(desk.problem, reader.template))}"
    if desk.asked_at is not None:
        return reader.text("⏳ Will be read in a moment.")
    if desk.data_until is None:
        return reader.text("⏳ Is being read for the first time.")
    ago = reader.ago(desk.data_until, now)
    if now - desk.data_until > stale_after:
        return reader.text("⚠️ Last read {ago}: see whether the worker runs.", ago=ago)
    return reader.text("✓ Read {ago}.", ago=ago)


def _rows(desk: DeskState, reader: Reader) -> list[str]:
    """How much is stored of it, and how far that reaches back."""
    told = [
        reader.plural("{n} ticket", "{n} tickets", desk.rows.get("tickets", 0)),
        reader.plural("{n} rating", "{n} ratings", desk.rows.get("ratings", 0)),
        reader.plural("{n} call", "{n} calls", desk.rows.get("calls", 0)),
        reader.plural("{n} article", "{n} articles", desk.rows.get("articles", 0)),
    ]
    names = ("tickets", "ratings", "calls", "articles")
    there = [text for text, name in zip(told, names, strict=True) if desk.rows.get(name)]
    rows = reader.listed(there or told[:1])
    if desk.data_from is None:
        return [rows]
    return [
        reader.text(
            "{rows} since {day}", rows=rows, day=reader.long_date(desk.data_from.date(), "medium")
        )
    ]


def _compared(desk: DeskState, now: datetime, reader: Reader) -> list[str]:
    if desk.compared_at is None:
        return []
    if desk.differs:
        return [
            reader.plural(
                "⚠️ On {n} day it counts otherwise than is stored here; `deskpulse doctor` tells which.",
                "⚠️ On {n} days it counts otherwise than is stored here; `deskpulse doctor` tells which.",
                desk.differs,
            )
        ]
    ago = reader.ago(desk.compared_at, now)
    return [reader.text("Its own counts agree, compared {ago}.", ago=ago)]


def _lacks(desk: DeskState, reader: Reader) -> list[str]:
    """What it does not give: the names of the facts as the README's table has them."""
    if not desk.lacks:
        return []
    names = reader.listed([reader.text(str(fact)) for fact in desk.lacks])
    return [reader.text("_Does not tell: {facts}._", facts=names)]


def help_text(reader: Reader) -> Message:
    """What can be asked, by example."""
    told = reader.text(
        "*Help desks*\n"
        "`/desk` each help desk: when it was read, what is stored, what is wrong\n"
        "`/desk sync acme` reads one right away (admins of this workspace)\n"
        "An operator connects one: `deskpulse connect`"
    )
    return Message(text=told, blocks=blocks_of(section(told, "desk-help")))
