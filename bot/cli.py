"""The `deskpulse` command. A mistake gets one sentence on stderr and exit code 1, a wrong call 2."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import partial
from pathlib import Path
from threading import Event
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

import jobs
from bot import (
    app,
    cli_alerts,
    cli_audit,
    cli_surveys,
    connect,
    demo,
    export,
    helpdesks,
    logs,
    scheduler,
    terminal,
    web,
)
from bot.calendars import country_of, first_weekday
from bot.clock import SystemClock
from bot.digests.digest import Digest
from bot.digests.timetable import Kind, Timetable
from bot.doctor import examine, is_well
from bot.domain import Dimension, Slice, Window
from bot.errors import ConfigurationError, DeskpulseError, UsageError, said
from bot.locale import Reader
from bot.measurements import Problem, Recorded
from bot.measurements.spreadsheet import check_size, read_csv
from bot.message import Message
from bot.metrics import CATALOGUE, Clock, Metric, Reading
from bot.periods import Period, periods
from bot.services import Services
from bot.settings import Settings, variable
from bot.slack import digest as digest_message
from bot.slack import messenger, numbers
from bot.slack.preview import Conversation, to_html, to_terminal
from bot.store import measurements, outbox, schedules
from bot.store.readings import read
from bot.store.tables import Delivery, OutboxRow
from commands.digest import usual_timetable
from commands.questions import named, no_slice, usual_window
from commands.windows import parse_window
from commands.words import mistake
from jobs.deliver import deliver
from jobs.digests import compose
from jobs.sync import read_desk, retire_unlisted

cli = typer.Typer(
    name="deskpulse",
    help="Support metrics, digests and alerts in Slack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.add_typer(cli_alerts.cli, name="alerts")
cli.command("audit-anonymity")(cli_audit.audit_anonymity)
cli.add_typer(cli_surveys.cli, name="surveys")

#: For so many seconds `digest --post` waits until its message has arrived.
PATIENCE = 15

#: So many wrong lines of an imported file are named.
MOST_PROBLEMS = 20

#: Said of a help desk that is none.
_NO_DESK = "There is no help desk “{typed}”."

Format = Annotated[str, typer.Option("--format", help="text or json")]
From = Annotated[str | None, typer.Option("--from", help="First day, e.g. 2026-11-01.")]
To = Annotated[str | None, typer.Option("--to", help="Last day, included.")]
Business = Annotated[bool, typer.Option("--business", help="Durations in business hours.")]
At = Annotated[str | None, typer.Option("--at", help="A moment, e.g. 2026-11-20T09:00")]


def main() -> None:
    """Runs the command that was typed."""
    try:
        cli()
    except DeskpulseError as error:
        terminal.complain(str(error))
        sys.exit(1)


# --- Trying it -----------------------------------------------------------------------------------


@cli.command("demo")
def show_demo(
    folder: Annotated[Path, typer.Option(help="Where the page and the database are put.")] = Path(
        "demo"
    ),
    at: At = None,
) -> None:
    """Plays the main job with a made-up help desk; needs no account."""
    logs.configure("text", quiet=True)
    now = SystemClock().now() if at is None else terminal.read_moment(at, demo.ZONE)
    with _progress("Reading the demo help desk") as bar:
        made = demo.play(folder, now, bar.advance)
    to_terminal(made.conversations, terminal.out, demo.READER)
    terminal.say(f"\n{made.tickets:,} tickets of a made-up help desk became the digests above.")
    terminal.say(f"The same as a page: {made.page.resolve().as_uri()}")


class _Questions:
    """Asks the person at the terminal; where there is none, nothing can be asked."""

    def tell(self, text: str) -> None:
        terminal.say(text)

    def ask(self, question: str, *, default: str | None = None, secret: bool = False) -> str:
        if not sys.stdin.isatty():
            raise UsageError(
                "There is nobody here to answer “{question}”.",
                "Give it: deskpulse connect KIND --name acme --set url=https://…, secrets in the "
                "environment.",
                question=question,
            )
        answer: str = typer.prompt(
            question, default=default, hide_input=secret, show_default=bool(default)
        )
        return answer

    def confirm(self, question: str) -> bool:
        return sys.stdin.isatty() and typer.confirm(question, default=True)


@cli.command("connect")
def connect_desk(
    kind: Annotated[str | None, typer.Argument(help="zendesk, freshdesk, intercom …")] = None,
    name: Annotated[str | None, typer.Option(help="A name of your own for it.")] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", help="A setting that is not asked for: url=…")
    ] = None,
) -> None:
    """Connects a help desk: asks what it needs, tries it, and writes deskpulse.toml."""
    known = helpdesks.kinds()
    if kind is None:
        terminal.say(f"Help desks that deskpulse reads: {', '.join(known)}.")
        terminal.say("For example: deskpulse connect zendesk")
        return
    if kind not in known:
        raise mistake(
            "There is no kind of help desk “{typed}”.", kind, known, "deskpulse connect zendesk"
        )
    settings = Settings.read()
    logs.configure(settings.log_format, quiet=True)
    connection = connect.connect(
        kind,
        name=name,
        given=_pairs(given or []),
        known=settings.desks,
        terminal=_Questions(),
        places=connect.Places(Path("deskpulse.toml"), Path(".env")),
        clock=SystemClock(),
    )
    terminal.say(f"Now read its history: deskpulse sync --desk {connection.name}")


def _pairs(given: Sequence[str]) -> dict[str, str]:
    """`url=https://…` as a setting and its value."""
    pairs = [one.partition("=") for one in given]
    for setting, equals, _ in pairs:
        if not equals or not setting:
            raise UsageError(
                "A setting is given as NAME=VALUE.", "For example: --set url=https://…"
            )
    return {setting.strip(): value.strip() for setting, _, value in pairs}


# --- Running it ----------------------------------------------------------------------------------


@cli.command()
def run() -> None:
    """Everything in one process: Socket Mode, the schedule and the sender."""
    from slack_bolt.adapter.socket_mode import SocketModeHandler  # noqa: PLC0415  only needed here

    with terminal.services() as services:
        token = services.settings.slack_app_token
        if token is None:
            raise ConfigurationError(
                f"{variable('slack_app_token')} is not set.",
                "Make an app-level token with connections:write on the Slack app's page "
                "“Basic Information”, or use `deskpulse web` and `deskpulse worker`.",
            )
        handler = SocketModeHandler(app.slack_app(services), token.get_secret_value())
        _on_stop(services.stopping.set)
        messenger.connect(handler)
        ticking = scheduler.start(services)
        terminal.say("deskpulse runs. Stop it with Ctrl-C.")
        _until_stopped(services.stopping)
        messenger.disconnect(handler)
        scheduler.stop(services, ticking)


@cli.command("web")
def serve_web() -> None:
    """Answers Slack over signed HTTP at /slack/events; /healthz says whether it is well."""
    with terminal.services() as services:
        server = web.server(services)

        def stop() -> None:
            services.stopping.set()
            server.close()

        _on_stop(stop)
        terminal.say(f"deskpulse listens on port {server.effective_port}.")
        try:
            server.run()
        except OSError:
            if not services.stopping.is_set():  # closing the socket ends the loop this way
                raise


@cli.command()
def worker() -> None:
    """Syncs, decides what is due and posts it; any number of workers may run."""
    with terminal.services() as services:
        _on_stop(services.stopping.set)
        ticking = scheduler.start(services)
        terminal.say("deskpulse works. Stop it with Ctrl-C.")
        _until_stopped(services.stopping)
        scheduler.stop(services, ticking)


@cli.command()
def migrate() -> None:
    """Brings the tables of the database to this version."""
    with terminal.services(ready=False) as services:
        services.database.migrate()
        terminal.say(f"The tables are at {services.database.revision()}.")


@cli.command()
def doctor() -> None:
    """Checks everything that has to be right; a line for each, with the mend."""
    with terminal.services(ready=False) as services:
        if services.database.is_sqlite:
            services.database.migrate()
        findings = []
        for finding in examine(services):
            findings.append(finding)
            sign = {True: "✓", False: "✗", None: "·"}[finding.ok]
            mend = f"  → {finding.mend}" if finding.mend and finding.ok is not True else ""
            terminal.say(f"{sign} {finding.name}: {finding.told}{mend}")
    if not is_well(findings):
        raise typer.Exit(1)


@cli.command("job")
def run_job(name: str, at: At = None) -> None:
    """Runs a job now, or as it would have run at a moment."""
    known = jobs.declared()
    if name not in known:
        raise mistake("There is no job “{typed}”.", name, known, "deskpulse job sync")
    with terminal.services() as services:
        known[name].work(services, terminal.moment(at, services))


# --- Numbers -------------------------------------------------------------------------------------


@cli.command()
def sync(
    desk: Annotated[str | None, typer.Option(help="Only this help desk.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Read again what changed from a day on: 2026-11-01.")
    ] = None,
) -> None:
    """Reads what changed at the help desks; may be stopped, and goes on where it stopped."""
    with terminal.services() as services:
        if not services.desks:
            raise ConfigurationError(
                "No help desk is set.", "Set DESKPULSE_DESKS__NAME__KIND=… (README)."
            )
        if desk is not None and desk not in services.desks:
            raise mistake(_NO_DESK, desk, services.desks, "deskpulse sync --desk NAME")
        start = None if since is None else _day(since, services)
        retire_unlisted(services)
        _on_stop(services.stopping.set)
        problems = [
            _sync_one(services, name, start) for name in services.desks if desk in (None, name)
        ]
    if any(problems):
        raise typer.Exit(1)


def _sync_one(services: Services, name: str, since: datetime | None) -> bool:
    """Reads one desk, and tells how it went; true when there was a problem."""
    try:
        with _progress(name) as bar:
            done = read_desk(
                services,
                name,
                since=since,
                progress=bar.advance,
                waits=partial(bar.waits, services),
            )
    except DeskpulseError as error:
        terminal.complain(f"{name}: {error}")
        return True
    end = "" if done.finished else " Stopped before the end; the next sync goes on from here."
    terminal.say(f"{name}: {done.tickets:,} tickets read.{end}")
    return False


@cli.command()
def kpi(
    metric: Annotated[str | None, typer.Argument(help="A number; without it all of them.")] = None,
    start: From = None,
    end: To = None,
    by: Annotated[Dimension | None, typer.Option(help="Split by this.")] = None,
    desk: Annotated[str | None, typer.Option(help="Only this help desk.")] = None,
    business: Business = False,
    form: Format = "text",
) -> None:
    """Prints numbers: of the last 7 days (of surveys, 13 weeks), or of the window given."""
    terminal.check_format(form, "text", "json")
    with terminal.services() as services:
        reader = terminal.reader(services)
        example = "deskpulse kpi first_response_time"
        wanted = [_metric(metric, by, example)] if metric else list(CATALOGUE.values())
        asked = "deskpulse kpi --from 2026-11-01 --to 2026-11-15"
        window = _window(services, start, end, asked, wanted[0] if metric else None)
        if desk is not None and desk not in services.desks:
            raise mistake(_NO_DESK, desk, services.desks, "deskpulse kpi --desk NAME")
        only = None if desk is None else Slice(Dimension.DESK, desk)
        with services.reading() as session:
            readings = read(
                session,
                services.workspace,
                wanted,
                [window],
                by=by,
                only=only,
                clock=Clock.BUSINESS if business else Clock.CALENDAR,
            )
    if form == "json":
        terminal.print_json([_reading_json(reading) for reading in readings])
    else:
        _readings_table(readings, reader)


def _metric(typed: str, by: Dimension | None, example: str) -> Metric:
    """The metric of that name, if it can be split so."""
    metric = named(typed, example=example)
    if by is not None and by not in metric.dimensions:
        raise no_slice(metric, by)
    return metric


def _window(
    services: Services,
    start: str | None,
    end: str | None,
    asked: str,
    metric: Metric | None = None,
) -> Window:
    """From the first day to the last, or what is usual of the metric."""
    if end and not start:
        raise UsageError(
            "--to is the end of what --from begins.",
            "For example: --from 2026-11-01 --to 2026-11-15",
        )
    zone, now = services.settings.tz, services.clock.now()
    usual = usual_window(metric, now.astimezone(zone).date())
    typed = f"{start or ''}..{end or ''}" if end else f"{start}.." if start else usual
    return parse_window(typed, now=now, zone=zone, asked=asked)


def _readings_table(readings: list[Reading], reader: Reader) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in ("", "", "value", "9 of 10 within", "95% interval", "n"):
        table.add_column(head, justify="left" if not head else "right", overflow="fold")
    for reading in readings:
        table.add_row(
            numbers.about(reader, reading.metric, None, reading.clock),
            numbers.part_plainly(reader, reading.slice) if reading.slice else "",
            numbers.shown(reader, reading),
            numbers.value(reader, reading.metric, reading.p90),
            numbers.interval(reader, reading),
            reader.number(reading.n),
        )
    terminal.out.print(table)


@cli.command()
def digest(
    kind: Kind,
    at: At = None,
    channel: Annotated[str | None, typer.Option(help="The channel's id, e.g. C024BE91L.")] = None,
    form: Annotated[str, typer.Option("--format", help="text, json or html")] = "text",
    post: Annotated[bool, typer.Option("--post", help="Post it to the channel.")] = False,
) -> None:
    """Shows the digest that is due now, or was at a moment; `--post` posts it."""
    terminal.check_format(form, "text", "json", "html")
    with terminal.services() as services:
        if post:
            _check_can_post(services, channel)
        moment = terminal.moment(at, services)
        timetable = _timetable(services, kind, channel)
        made = compose(services, timetable, moment, now=moment)
        if form == "json" and not post:
            terminal.print_json(_digest_json(made))
            return
        reader = replace(terminal.reader(services), zone=timetable.zone)
        message = digest_message.render(made, reader)
        if post:
            _post(services, channel or "", message)
            return
    shown = Conversation(channel or "channel", moment.astimezone(reader.zone), message)
    if form == "html":
        typer.echo(to_html([shown], title="deskpulse digest", reader=reader))
    else:
        to_terminal([shown], terminal.out, reader)


def _timetable(services: Services, kind: Kind, channel: str | None) -> Timetable:
    """That of the channel's own digest, or the usual one."""
    with services.reading() as session:
        own = schedules.of_channel(session, services.workspace, channel or "")
    fitting = (schedules.timetable(one) for one in own if one.kind == kind)
    return next(fitting, usual_timetable(kind, services.settings.tz))


def _check_can_post(services: Services, channel: str | None) -> None:
    if channel is None:
        raise UsageError("To post, name the channel.", "Add: --channel C024BE91L")
    if services.messenger is None:
        raise ConfigurationError(
            f"{variable('slack_bot_token')} is not set, so nothing can be posted.",
            "Set it to the bot token of the Slack app.",
        )


def _post(services: Services, channel: str, message: Message) -> None:
    with services.writing() as session:
        now = services.clock.now()
        row_id = outbox.queue(
            session, services.workspace, channel, message, subject="digest:cli", now=now
        )
    row = _delivered(services, row_id)
    if row.state == Delivery.SENT:
        terminal.say(f"Posted to {channel}.")
        return
    if row.state == Delivery.FAILED:
        raise UsageError("It was not posted: {why}", why=said(row.problem or ""))
    why = f" ({said(row.problem)})" if row.problem else ""
    raise UsageError(
        f"It is not posted yet{why}; it stays in the outbox and `deskpulse worker` posts it."
    )


def _delivered(services: Services, row_id: str) -> OutboxRow:
    """Sends, and waits a little for the fate of a message: a lost answer takes seconds to find."""
    for _ in range(PATIENCE):
        deliver(services, services.clock.now())
        with services.reading() as session:
            row = session.get_one(OutboxRow, row_id)
        if row.state not in (Delivery.QUEUED, Delivery.SENDING, Delivery.UNKNOWN):
            break
        services.clock.sleep(1)
    return row


@cli.command()
def metrics(form: Format = "text") -> None:
    """Lists every number that deskpulse knows, with its definition."""
    if terminal.check_format(form, "text", "json") == "json":
        terminal.print_json([_metric_json(metric) for metric in CATALOGUE.values()])
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in ("key", "label", "unit", "better", "definition"):
        table.add_column(head, overflow="fold")
    for metric in CATALOGUE.values():
        table.add_row(metric.key, metric.label, metric.unit, metric.better, metric.definition)
    terminal.out.print(table)


@cli.command("export")
def export_readings(
    metric: Annotated[list[str], typer.Option(help="A number; may be given several times.")],
    start: From = None,
    end: To = None,
    every: Annotated[Period, typer.Option(help="A line for each hour, day, …")] = Period.DAY,
    by: Annotated[Dimension | None, typer.Option(help="Split by this.")] = None,
    business: Business = False,
    form: Annotated[str, typer.Option("--format", help="csv or json")] = "csv",
) -> None:
    """Writes numbers period by period: of the last 7 days, or of the window given."""
    terminal.check_format(form, "csv", "json")
    with terminal.services() as services:
        example = "deskpulse export --metric csat --from 2026-11-01"
        wanted = [_metric(typed, by, example) for typed in metric]
        window = _window(services, start, end, "deskpulse export --metric csat --from 2026-11-01")
        zone = services.settings.tz
        first = first_weekday(country_of(zone))
        windows = periods(every, window.start, window.end, zone, first_weekday=first)
        if not windows:
            raise UsageError(
                "No whole {period} lies in that window.",
                "Begin earlier, or take a shorter --every.",
                period=every.value,
            )
        with services.reading() as session:
            readings = read(
                session,
                services.workspace,
                wanted,
                windows,
                by=by,
                clock=Clock.BUSINESS if business else Clock.CALENDAR,
            )
    (export.write_csv if form == "csv" else export.write_json)(readings, sys.stdout)


@cli.command("import")
def import_file(
    file: Path,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Records measurements from a CSV file: all of its lines, or none."""
    with terminal.services() as services:
        now, workspace = services.clock.now(), services.workspace
        batch = read_csv(_content(file), today=now.astimezone(services.settings.tz).date())
        if dry_run:
            with services.reading() as session:
                done = measurements.check(session, workspace, batch)
        else:
            by = f"import {file.name}"
            with services.writing() as session:
                done = measurements.record(session, workspace, batch, by=by, now=now)
    if done.problems:
        _wrong_lines(done.problems)
        raise typer.Exit(1)
    _say_recorded(done, "Would be stored" if dry_run else "Stored")


def _content(file: Path) -> bytes:
    try:
        check_size(file.stat().st_size)
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from None


def _wrong_lines(problems: Sequence[Problem]) -> None:
    lines = [f"line {problem.place}: {problem.error}" for problem in problems[:MOST_PROBLEMS]]
    if len(problems) > MOST_PROBLEMS:
        lines.append(f"and {len(problems) - MOST_PROBLEMS:,} more")
    told = "\n".join([*lines, "Nothing was stored."])
    terminal.complain(told)


def _say_recorded(done: Recorded, stored: str) -> None:
    counts = ", ".join(f"{number:,} {kind}" for kind, number in done.counts().items() if number)
    terminal.say("\n".join([f"{stored}: {counts}.", *done.lines()]))


# --- Words and shapes ----------------------------------------------------------------------------


def _day(typed: str, services: Services) -> datetime:
    try:
        day = datetime.fromisoformat(typed).date()
    except ValueError:
        raise UsageError(f"“{typed}” is not a day.", "For example: --since 2026-11-01") from None
    start = datetime.combine(day, time.min, tzinfo=services.settings.tz)
    if start > services.clock.now():
        raise UsageError(f"{day} is yet to come.", "For example: --since 2026-11-01")
    return start


def _reading_json(reading: Reading) -> dict[str, Any]:
    part = reading.slice
    return {
        "metric": reading.metric.key,
        "value": reading.value,
        "unit": reading.metric.unit,
        "n": reading.n,
        "low": reading.low,
        "high": reading.high,
        "p90": reading.p90,
        "start": reading.window.start.isoformat(),
        "end": reading.window.end.isoformat(),
        "slice": None if part is None else {part.dimension.value: part.value},
        "clock": reading.clock,
        "definition": reading.metric.definition_id,
        "as_of": None if reading.as_of is None else reading.as_of.isoformat(),
    }


def _digest_json(made: Digest) -> dict[str, Any]:
    return {
        "kind": made.kind,
        "start": made.window.start.isoformat(),
        "end": made.window.end.isoformat(),
        "data_until": made.freshness.until.isoformat() if made.freshness.until else None,
        "complete": not made.freshness.incomplete,
        "highlights": [highlight.line.reading.metric.key for highlight in made.highlights],
        "numbers": [
            {
                **_reading_json(line.reading),
                "before": line.before.value if line.before else None,
                "usual": [line.usual.low, line.usual.high] if line.usual else None,
                "standing": line.standing,
                "good": line.is_good,
                "goal": line.target,
                "goal_met": line.met,
            }
            for line in made.lines
        ],
    }


def _metric_json(metric: Metric) -> dict[str, Any]:
    return {
        "key": metric.key,
        "label": metric.label,
        "short": metric.short or None,
        "definition": metric.definition,
        "id": metric.definition_id,
        "unit": metric.unit,
        "better": metric.better,
        "needs": sorted(metric.needs),
    }


# --- Progress and signals ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Bar:
    """How far a reading is, as a person at the terminal sees it."""

    title: str
    bar: Progress
    task: TaskID

    def advance(self, done: int, expected: int | None) -> None:
        total = None if expected is None else max(expected, done)
        self.bar.update(self.task, description=self.title, completed=done, total=total)

    def waits(self, services: Services, until: datetime) -> None:
        """Says so, that nobody takes it for stuck."""
        reader = terminal.reader(services)
        told = f"{self.title} waits until {reader.time_of(until)}: its limit of requests"
        self.bar.update(self.task, description=told)


@contextmanager
def _progress(title: str) -> Iterator[_Bar]:
    """A bar on a terminal, nothing in a pipe."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.total} tickets"),
        TimeElapsedColumn(),
        console=terminal.err,
        transient=True,
        disable=not terminal.err.is_terminal,
    )
    with bar:
        yield _Bar(title, bar, bar.add_task(title, total=None))


def _on_stop(stop: Any) -> None:
    """Calls `stop` when the process is asked to end, by Ctrl-C or by its platform."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop())


def _until_stopped(stopping: Event) -> None:
    while not stopping.wait(1):
        pass
