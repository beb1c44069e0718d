"""`deskpulse surveys …`: what may be told of the surveys, on the terminal or as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlmodel import Session

from bot import terminal
from bot.errors import UsageError
from bot.locale import Reader
from bot.services import Services
from bot.slack.preview import Conversation, to_terminal
from bot.slack.surveys.results import results
from bot.store import results as kept
from bot.store import waves
from bot.store.tables import WaveRow
from bot.surveys.table import csv_of

cli = typer.Typer(
    help="The surveys: lists the closed ones, tells their results, writes them to a file.",
    no_args_is_help=True,
)

#: So many closed waves are listed.
_LISTED = 100

Number = Annotated[int | None, typer.Argument(help="The number of a survey; the latest without.")]


@cli.command("list")
def list_waves() -> None:
    """Lists the surveys that are closed, the newest first."""
    with terminal.services() as services, services.reading() as session:
        there = waves.closed_ones(session, services.workspace, limit=_LISTED)
        reader = terminal.reader(services)
        _table(there, reader)


def _table(there: list[WaveRow], reader: Reader) -> None:
    if not there:
        terminal.say("No survey is closed yet. In Slack: /enps start #support until fri 17:00")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in ("", "survey", "closed", "asked", "answered"):
        table.add_column(head)
    for wave in there:
        closed = wave.closed_at or wave.closes_at
        table.add_row(
            str(wave.id),
            wave.kind,
            reader.day_and_time(closed),
            reader.number(wave.asked),
            reader.number(wave.answered or 0),
        )
    terminal.out.print(table)


@cli.command("results")
def show_results(number: Number = None) -> None:
    """Tells the results of a survey as its channel sees them."""
    with terminal.services() as services, services.reading() as session:
        wave = _wave(session, services, number)
        told = kept.of_wave(session, wave)
        before = kept.earlier(session, wave)
        reader = Reader(terminal.reader(services).locale, waves.plan_of(wave).zone)
        message = results(told, before, reader, with_picture=False)
        conversation = Conversation("survey", told.closed_at, message)
        to_terminal([conversation], terminal.out, reader)


@cli.command("export")
def export(
    number: Number = None,
    to: Annotated[Path | None, typer.Option("--to", help="The file to write to.")] = None,
) -> None:
    """Writes what may be told of a survey, or of all without a number, as CSV."""
    with terminal.services() as services, services.reading() as session:
        if number is None:
            there = waves.closed_ones(session, services.workspace, limit=10_000)
        else:
            there = [_wave(session, services, number)]
        text = csv_of(kept.of_wave(session, wave) for wave in there)
    if to is None:
        typer.echo(text, nl=False)
    else:
        to.write_text(text, encoding="utf-8")
        terminal.say(f"{len(there)} surveys are written to {to}.")


def _wave(session: Session, services: Services, number: int | None) -> WaveRow:
    """The closed wave of a number, or the latest. Raises `UsageError` where there is none."""
    if number is None:
        latest = waves.closed_ones(session, services.workspace, limit=1)
        if not latest:
            raise UsageError("No survey is closed yet.", "See: deskpulse surveys list")
        return latest[0]
    wave = waves.get(session, services.workspace, number)
    if wave is None or wave.closed_at is None:
        raise UsageError(
            "There is no closed survey {number}.", "See: deskpulse surveys list", number=number
        )
    return wave
