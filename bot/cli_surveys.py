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

#: More than a company has in a lifetime.
_EXPORTED = 10_000

Number = Annotated[int | None, typer.Argument(help="The number of a survey, as in Slack.")]


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
    for head in ("", "kind", "closed", "asked", "answered"):
        table.add_column(head)
    for wave in there:
        closed = wave.closed_at or wave.closes_at
        table.add_row(
            str(wave.survey_id),
            wave.kind,
            reader.day_and_time(closed),
            reader.number(wave.asked),
            reader.number(wave.answered or 0),
        )
    terminal.out.print(table)


@cli.command("results")
def show_results(number: Number = None) -> None:
    """Tells the last results of a survey as its channel sees them; of the latest without a number."""
    with terminal.services() as services, services.reading() as session:
        wave = _closed(session, services, number, limit=1)[0]
        told = kept.of_wave(session, wave)
        before = kept.earlier(session, wave)
        reader = Reader(terminal.reader(services).locale, waves.plan_of(wave).zone)
        message = results(told, before, reader, with_picture=False)
        conversation = Conversation("survey", told.closed_at, message)
        to_terminal([conversation], terminal.out, reader)


@cli.command("export")
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to; or else it is printed.")] = None,
    survey: Annotated[
        int | None, typer.Option("--survey", help="Only that of this number.")
    ] = None,
) -> None:
    """Writes what may be told of all surveys, or of one, as CSV, the newest first."""
    with terminal.services() as services, services.reading() as session:
        there = _closed(session, services, survey, limit=_EXPORTED)
        text = csv_of(kept.of_wave(session, wave) for wave in there)
    terminal.write(text, file, f"{len(there):,} results")


def _closed(
    session: Session, services: Services, number: int | None, *, limit: int
) -> list[WaveRow]:
    """The closed waves of a survey, or of all, the newest first. Raises `UsageError` for none."""
    there = waves.closed_ones(session, services.workspace, survey=number, limit=limit)
    if not there and number is None:
        raise UsageError("No survey is closed yet.", "See: deskpulse surveys list")
    if not there:
        raise UsageError(
            "No survey {number} is closed.", "See: deskpulse surveys list", number=number
        )
    return there
