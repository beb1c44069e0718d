"""What every `deskpulse` command shares with the person at the terminal: its services and its words."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from bot import app, logs
from bot.errors import UsageError
from bot.locale import Reader
from bot.services import Services
from bot.settings import Settings
from commands.words import mistake

#: For tables and messages: plain text when it is not a terminal.
out = Console(width=None if sys.stdout.isatty() else 160)
err = Console(stderr=True)


@contextmanager
def services(*, ready: bool = True) -> Iterator[Services]:
    """The services, closed at the end; `ready` when the tables have to be there.

    An SQLite file is brought up to date on the way; with PostgreSQL several processes share the
    tables, so there it is a step of its own (`deskpulse migrate`).
    """
    settings = Settings.read()
    logs.configure(settings.log_format)
    built = app.build(settings)
    try:
        if ready and built.database.is_sqlite:
            built.database.migrate()
        elif ready:
            app.check_ready(built)
        yield built
    finally:
        for desk in built.desks.values():
            desk.close()
        built.database.close()


def say(text: str) -> None:
    """Prints a text as it is."""
    out.print(text, highlight=False, markup=False, soft_wrap=True)


def write(text: str, file: Path | None, told: str) -> None:
    """Writes a text into a file, and says what is there; prints it as it is where no file is named.

    Raises `UsageError` for a file that cannot be written.
    """
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from None
    say(f"{file}: {told}.")


def complain(text: str) -> None:
    """Prints a text as it is to stderr."""
    err.print(text, highlight=False, markup=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Prints plain data as JSON, for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def reader(services: Services) -> Reader:
    """Whoever sits at the terminal: in the language and the zone of the settings."""
    return Reader(services.settings.locale, services.settings.tz)


def moment(typed: str | None, services: Services) -> datetime:
    """A moment in the zone of the settings, or now. Raises `UsageError`."""
    return services.clock.now() if typed is None else read_moment(typed, services.settings.tz)


def read_moment(typed: str, zone: ZoneInfo) -> datetime:
    """A moment, on the clocks of a zone unless it names its own. Raises `UsageError`."""
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        raise UsageError(
            f"“{typed}” is not a moment.", "For example: --at 2026-11-20T09:00"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def check_format(typed: str, *known: str) -> str:
    """The format that was typed, if it is one of those known. Raises `UsageError`."""
    if typed not in known:
        raise mistake("There is no format “{typed}”.", typed, known, f"--format {known[0]}")
    return typed
