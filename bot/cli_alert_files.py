"""`deskpulse alerts export` and `apply`: the rules of all channels as a text that is kept elsewhere."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bot import terminal
from bot.alert_files import Change, compared, exported, understood
from bot.alert_trials import Trial, after, silent, told, too_much, trials
from bot.alerts.config import Difference, Problem
from bot.errors import UsageError
from bot.locale import Reader
from bot.services import Services
from bot.store import alerts as rules

#: How Slack names people.
_USER = re.compile(r"[UW][A-Z0-9]{2,}")

#: So many wrong lines of a file are named.
MOST_PROBLEMS = 20


def export_rules(
    file: Annotated[Path | None, typer.Argument(help="Where to; or else it is printed.")] = None,
) -> None:
    """Writes the rules of all channels as text, which `apply` takes."""
    with terminal.services() as services, services.reading() as session:
        text = exported(session, services.workspace)
        count = len(rules.all_of(session, services.workspace))
    terminal.write(text, file, f"{count:,} rules")


def apply_file(
    file: Path,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    owner: Annotated[
        str | None,
        typer.Option(
            help="Who owns the rules that are added, e.g. U024BE7LH; or else the first lead."
        ),
    ] = None,
) -> None:
    """Makes the rules those of a file, in the channels that it names.

    First it shows what changes, and what new rules would have done and cost; then it asks.
    """
    text = _content(file)
    with terminal.services() as services:
        reader = terminal.reader(services)
        with services.reading() as session:
            config = understood(session, services, text, reader)
            if config.problems:
                _wrong_lines(config.problems)
                raise typer.Exit(1)
            found = compared(session, services, config)
        if not found.is_one:
            terminal.say("The rules are already as the file says.")
            return
        terminal.say("\n".join(found.lines()))
        tried = _try(services, found, reader)
        who = _owner(services, owner, needed=bool(found.added))
        _agree(yes=yes)
        costs = {(one.entry.channel, one.entry.text): one.cost for one in tried}
        Change(services, config, found, costs, reader, who, file.name, services.clock.now()).apply()
        terminal.say("Done.")


def _content(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file} is no text in UTF-8.") from None


def _try(services: Services, found: Difference, reader: Reader) -> list[Trial]:
    """Tells of each new rule what it would have done, and of each channel what it is in for."""
    tried = []
    with services.reading() as session:
        for one in trials(session, services, found, reader):
            terminal.say("\n".join(told(one, reader)))
            tried.append(one)
        budgets = after(session, services, found, tried)
        for line in (*too_much(session, services, budgets, tried, reader), *silent(tried, reader)):
            terminal.say(line)
    return tried


def _owner(services: Services, typed: str | None, *, needed: bool) -> str | None:
    """Who is told when something is wrong with a rule. Raises `UsageError` where nobody would be.

    Rules that are there already keep theirs.
    """
    found = typed or next(iter(services.settings.leads), None)
    if found is None and not needed:
        return None
    if found is None:
        raise UsageError("Nobody would own the rules.", "Say who: --owner U024BE7LH")
    if not _USER.fullmatch(found):
        raise UsageError(
            "“{typed}” is nobody's id in Slack.", "For example: --owner U024BE7LH", typed=found
        )
    return found


def _wrong_lines(problems: Sequence[Problem]) -> None:
    lines = [f"line {problem.line}: {problem.error}" for problem in problems[:MOST_PROBLEMS]]
    if len(problems) > MOST_PROBLEMS:
        lines.append(f"and {len(problems) - MOST_PROBLEMS:,} more")
    terminal.complain("\n".join([*lines, "Nothing was changed."]))


def _agree(*, yes: bool) -> None:
    """Asks whoever sits at the terminal. Raises `UsageError` where that is nobody."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("Nothing was changed: nobody is here to be asked.", "Add: --yes")
    if not typer.confirm("Change the rules like that?"):
        raise UsageError("Nothing was changed.")
