"""`deskpulse audit-anonymity`: attacks what is kept of answers, and tells what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot import terminal
from bot.anonymity.audit import audit
from bot.anonymity.scratch import PostgresScratch, Scratch, SqliteScratch
from bot.copies.files import KEPT_SECRET, evidence
from bot.errors import ConfigurationError, UsageError
from bot.store.database import Database
from bot.store.tables import BallotRow, CommentRow
from bot.surveys.attack.case import Question, Signal
from bot.surveys.attack.suspicion import Finding, suspicions
from bot.surveys.attack.verdict import MARGIN, Score

#: The tables that have a row for each answer.
ANSWERS = (str(BallotRow.__tablename__), str(CommentRow.__tablename__))

#: Attackers need a few waves to learn from, and a few to be judged by.
_FEWEST_WAVES = 6

_PROMISE = (
    f"Promised is: no attacker is more than {MARGIN:.0%} better than guessing. It is broken where "
    "even the lower end of the interval (99.9 %) of what an attacker achieved is. “seen from” is "
    "the rate that so many guesses would show with certainty (99 %)."
)

_ADDRESS = (
    "Give the address of an empty PostgreSQL database that answers: "
    "postgresql://user:password@host/name."
)

#: What people do while they are watched.
_DOING = dict.fromkeys(Question, "answer") | {Question.LETTER: "write", Question.ENDED: "end it"}

#: What watching people tells openly.
_BY_WATCHING = {
    Question.BALLOT: "shows, but is sealed",
    Question.SAID_WHY: "shows (see docs/anonymity.md)",
}


def audit_anonymity(
    dump: Annotated[
        list[str] | None,
        typer.Option(help="A copy to look at: a file, a folder or an address; oldest first."),
    ] = None,
    log: Annotated[list[Path] | None, typer.Option(help="A log file to look at as well.")] = None,
    waves: Annotated[int, typer.Option(min=_FEWEST_WAVES, help="So many waves are played.")] = 45,
    people: Annotated[int, typer.Option(min=5, help="So many people are asked in each.")] = 30,
    seed: Annotated[int, typer.Option(help="Makes up other people and answers.")] = 1,
    database: Annotated[
        str | None, typer.Option(help="Play them in this empty PostgreSQL database.")
    ] = None,
) -> None:
    """Attacks what is kept of survey answers: that of simulated waves, or copies of your own."""
    if dump:
        is_well = _examine(dump, log or [])
    elif log:
        raise UsageError("A log is looked at together with copies.", "Add --dump PATH.")
    else:
        is_well = _simulate(waves, people, seed, database)
    if not is_well:
        raise typer.Exit(1)


# --- Simulated waves -----------------------------------------------------------------------------


def _simulate(waves: int, people: int, seed: int, database: str | None) -> bool:
    with ExitStack() as stack:
        scratch = stack.enter_context(_scratch(database))
        bar = stack.enter_context(_bar())
        task = bar.add_task("Playing waves", total=waves)
        scores = audit(
            scratch,
            waves=waves,
            people=people,
            seed=seed,
            progress=lambda done: bar.update(task, completed=done),
        )
    where = "SQLite" if database is None else "PostgreSQL"
    terminal.say(f"{waves} waves of {people} people in {where}, seed {seed}. {_PROMISE}")
    for (question, watched), own in groupby(scores, lambda one: (one.question, one.watched)):
        _show(f"{question}{f', people watched while they {_DOING[question]}' * watched}", list(own))
    over = [one for one in scores if one.is_over]
    terminal.say("")
    for one in over:
        terminal.say(f"✗ {one.signal} tell {one.question}: {one.how}")
    terminal.say("✗ The promise is broken." if over else "✓ The promise holds.")
    return not over


@contextmanager
def _scratch(database: str | None) -> Iterator[Scratch]:
    if database is None:
        with TemporaryDirectory(prefix="deskpulse-audit-") as folder:
            yield SqliteScratch(Path(folder))
        return
    with closing(_opened(database)) as played:
        yield PostgresScratch(played)


def _opened(address: str) -> Database:
    """The database at an address, which answers. Raises `UsageError`, which names the option."""
    try:
        found = Database(address.replace("postgres://", "postgresql://", 1))
        if not found.is_sqlite:
            found.check()
    except ConfigurationError as error:
        raise UsageError(error.message.replace("DATABASE_URL", "--database"), _ADDRESS) from None
    return found


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total}"),
        TimeElapsedColumn(),
        console=terminal.err,
        transient=True,
        disable=not terminal.err.is_terminal,
    )


def _show(title: str, scores: Iterable[Score]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False, title=title, title_justify="left")
    table.add_column("")
    for head in ("tried", "success", "guessing", "interval", "seen from"):
        table.add_column(head, justify="right")
    table.add_column("", overflow="fold")
    for one in scores:
        low, high = one.interval
        table.add_row(
            one.signal,
            f"{one.tried:,}",
            f"{one.rate:.1%}",
            f"{one.chance:.1%}",
            f"{low:.1%} – {high:.1%}",
            f"{one.seen_from:.1%}",
            _verdict(one),
        )
    terminal.out.print()
    terminal.out.print(table)


def _verdict(score: Score) -> str:
    if score.is_over:
        return f"OVER: {score.how}"
    if score.beats_guessing:
        return f"{_BY_WATCHING[score.question]}: {score.how}"
    return "no better than guessing" if score.how else "nothing to go by"


# --- Copies of a deployment ----------------------------------------------------------------------


def _examine(dumps: Sequence[str], logs: Sequence[Path]) -> bool:
    there = evidence(dumps, logs)
    terminal.say(
        "Nobody knows here who said what, so nothing is proved: this is what could be linked."
    )
    terminal.say("")
    for line in there.looked_at:
        terminal.say(f"· looked at {line}")
    findings = [*_secrets(dumps), *suspicions(there, ANSWERS)]
    terminal.say("")
    for one in findings:
        terminal.say(f"{'✗' if one.is_trouble else '✓'} {one.signal}: {one.told}")
    return not any(one.is_trouble for one in findings)


def _secrets(dumps: Iterable[str]) -> Iterator[Finding]:
    """Whoever copies the folder of a deployment copies its secret too, and can open everything."""
    for dump in dumps:
        for found in sorted(Path(dump).rglob(KEPT_SECRET)):
            told = f"the secret is in the copy: {found}. Keep it elsewhere (DESKPULSE_SECRET)"
            yield Finding(Signal.KEYS, told, is_trouble=True)
