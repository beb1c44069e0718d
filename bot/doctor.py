"""Checks everything that has to be right, a line for each, with the mend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

import httpx

from bot.app import check_ready
from bot.domain import Fact
from bot.errors import ConfigurationError, DeskBusy, DeskError, SlackError, UsageError, said
from bot.helpdesks import HelpDesk
from bot.locale import Reader
from bot.services import Services
from bot.settings import variable
from bot.slack.messenger import SCOPES
from bot.store import alerts, counts, desks, outbox, schedules, unseen
from bot.store.database import newest_revision
from bot.store.tables import AlertRule, Delivery
from commands.alert_checks import check_here

#: A clock that is further off makes Slack refuse every request (it allows five minutes).
CLOCK_TOLERANCE = 60

#: Counts are compared every night; after so long one night was missed.
NOT_COMPARED = timedelta(days=2)


#: So much later than it has to be a moment is judged at most while a worker runs.
LATE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `ok` is `None` for something that is not needed here."""

    name: str
    ok: bool | None
    told: str
    mend: str = ""


def examine(services: Services) -> Iterator[Finding]:
    """All findings, one after the other, as they come; a check that fails stops no other."""
    database = _database(services)
    yield database
    yield _clock(services)
    yield from _slack(services)
    yield _signing_secret(services)
    yield from _desks(services, readable=bool(database.ok))
    if database.ok:
        yield from _stored(services)


def _database(services: Services) -> Finding:
    address = services.database.url.render_as_string(hide_password=True)
    try:
        check_ready(services)
    except ConfigurationError as error:
        return Finding("database", False, f"{address}: {error.message}", error.hint)
    return Finding("database", True, f"{address}, tables at {newest_revision()}")


def _clock(services: Services) -> Finding:
    """Compares this machine's clock with Slack's, which refuses requests that are minutes off."""
    try:
        date = httpx.head(services.settings.slack_api_url, timeout=5).headers.get("Date")
        theirs = parsedate_to_datetime(date) if date else None
    except (httpx.HTTPError, ValueError):
        theirs = None
    if theirs is None:
        return Finding("clock", None, "could not be compared: Slack was not reached")
    off = round(abs((services.clock.now() - theirs).total_seconds()))
    if off > CLOCK_TOLERANCE:
        return Finding("clock", False, f"{off} s off Slack's", "Set this machine's clock by NTP.")
    return Finding("clock", True, f"within {max(off, 1)} s of Slack's")


def _slack(services: Services) -> Iterator[Finding]:
    if services.messenger is None:
        mend = f"Set {variable('slack_bot_token')} (README, “Connect Slack”)."
        yield Finding("slack token", None, "not set: nothing can be posted", mend)
        return
    try:
        identity = services.messenger.identity()
    except SlackError as error:
        yield Finding("slack token", False, error.message, error.hint)
        return
    yield Finding("slack token", True, f"workspace {identity.team_name or identity.team}")
    missing = [scope for scope in SCOPES if scope not in identity.scopes]
    if not identity.scopes:
        yield Finding("slack scopes", None, "Slack does not say which scopes the token has")
    elif missing:
        mend = "Update the Slack app from manifest.json and install it again."
        yield Finding("slack scopes", False, f"missing: {', '.join(missing)}", mend)
    else:
        yield Finding("slack scopes", True, f"all {len(SCOPES)} there")


def _signing_secret(services: Services) -> Finding:
    settings = services.settings
    if settings.slack_signing_secret is not None:
        return Finding("signing secret", True, "set")
    if settings.slack_app_token is not None:
        return Finding("signing secret", None, "not set, not needed with Socket Mode")
    return Finding(
        "signing secret",
        False,
        "neither it nor an app token is set, so Slack cannot reach deskpulse",
        f"Set {variable('slack_app_token')} for `deskpulse run`, "
        f"or {variable('slack_signing_secret')} for `deskpulse web`.",
    )


def _desks(services: Services, *, readable: bool) -> Iterator[Finding]:
    if not services.desks:
        mend = "Set DESKPULSE_DESKS__NAME__KIND=… (README, “Connect a help desk”)."
        yield Finding("help desks", False, "none is set", mend)
    for name, helpdesk in services.desks.items():
        yield _connection(services, helpdesk)
        yield _capabilities(helpdesk)
        if readable:
            yield _freshness(services, name)
        if readable and helpdesk.capabilities.counts:
            yield _comparison(services, name)


def _connection(services: Services, helpdesk: HelpDesk) -> Finding:
    about = f"desk {helpdesk.name}"
    try:
        with services.pauses.impatient():
            facts = helpdesk.check()
    except DeskBusy as error:
        return Finding(about, None, error.message, error.hint)
    except DeskError as error:
        return Finding(about, False, error.message, error.hint)
    return Finding(about, True, " ".join(facts))


def _capabilities(helpdesk: HelpDesk) -> Finding:
    """What it gives, and what it does not: the metrics that need that are told without it."""
    has = helpdesk.capabilities
    given = [str(fact) for fact in Fact if fact in has.facts]
    lacks = [str(fact) for fact in Fact if fact not in has.facts | {Fact.HOURS}]
    told = f"{', '.join(given) or 'nothing'}; not: {', '.join(lacks) or 'nothing'}"
    return Finding(f"facts of {helpdesk.name}", True, told)


def _comparison(services: Services, name: str) -> Finding:
    """Whether its tickets were counted lately; on which days the counts differ is told below."""
    with services.reading() as session:
        at = counts.last_compared(session, services.workspace, name)
    about, mend = f"counts of {name}", "Run: deskpulse job reconcile"
    if at is None:
        return Finding(about, None, "not compared with the desk's own yet", mend)
    now = services.clock.now()
    ago = Reader("en", services.settings.tz).ago(at, now)
    if now - at > NOT_COMPARED:
        return Finding(about, False, f"last compared with the desk's own {ago}", mend)
    return Finding(about, True, f"compared with the desk's own {ago}")


def _freshness(services: Services, name: str) -> Finding:
    with services.reading() as session:
        desk = desks.find(session, services.workspace, name)
    about = f"data of {name}"
    if (
        desk is not None
        and desk.waits_until is not None
        and desk.waits_until > services.clock.now()
    ):
        until = Reader("en", services.settings.tz).time_of(desk.waits_until)
        return Finding(about, None, f"waits until {until}: it allows no more requests before")
    if desk is None or desk.data_until is None:
        return Finding(about, False, "never read to the end", f"Run: deskpulse sync --desk {name}")
    now, reader = services.clock.now(), Reader("en", services.settings.tz)
    ago = reader.ago(desk.data_until, now)
    if now - desk.data_until > services.settings.stale_after:
        mend = (
            said(desk.problem)
            if desk.problem
            else "Start `deskpulse worker`, or run: deskpulse sync"
        )
        return Finding(about, False, f"old: read {ago}", mend)
    return Finding(about, True, f"read {ago}")


def _stored(services: Services) -> Iterator[Finding]:
    with services.reading() as session:
        planned = schedules.standing(session, services.workspace)
        watching = alerts.all_of(session, services.workspace)
        waiting = outbox.troubled(session, services.workspace)
        sent = outbox.counts(session, services.workspace)
        different = counts.differences(session, services.workspace)
        names = {desk.id: desk.name for desk in desks.of(session, services.workspace)}
    channels = {schedule.channel for schedule in planned} | {row.channel for row in watching}
    for channel in sorted(channels):
        yield _channel(services, channel)
    yield from _alerts(services, watching)
    # When Slack is away, all invitations of a survey wait for the same reason.
    alike = Counter((row.channel, said(row.problem or "")) for row in waiting)
    for (channel, mend), many in alike.items():
        told = f"a message for {channel} waits"
        if many > 1:
            told = f"{many} messages for {channel} wait"
        yield Finding("outbox", False, told, mend)
    if not waiting:
        yield Finding("outbox", True, _outbox(sent))
    for difference in different:
        name = names.get(difference.desk_id, "?")
        day = _day_of(services, name, difference.day)
        told = (
            f"{name} counts {difference.theirs} {difference.what} on {day}, "
            f"here are {difference.ours}"
        )
        yield Finding("counts", False, told, f"Run: deskpulse sync --desk {name} --since {day}")


def _outbox(sent: Mapping[str, int]) -> str:
    """How many messages became what; those that are gone, or can be changed no more, are lost."""
    given_up = f"{sent.get(Delivery.FAILED, 0)} given up"
    lost = sent.get(Delivery.LOST, 0)
    told = [given_up, f"{lost} could not be brought up to date"] if lost else [given_up]
    return f"{sent.get(Delivery.SENT, 0)} sent, {', '.join(told)} in 30 days"


def _day_of(services: Services, name: str, moment: datetime) -> date:
    """The day that began at that moment where the desk counts."""
    desk = services.desks.get(name)
    return moment.astimezone(ZoneInfo(desk.capabilities.zone if desk else "UTC")).date()


def _channel(services: Services, channel: str) -> Finding:
    silent = services.why_silent(channel, Reader("en", services.settings.tz))
    about = f"channel {channel}"
    if services.messenger is None:
        return Finding(about, None, "has digests or alerts; without a token nothing is posted")
    return Finding(about, silent is None, silent or "can be posted to")


# --- Alerts --------------------------------------------------------------------------------------


def _alerts(services: Services, rows: Sequence[AlertRule]) -> Iterator[Finding]:
    """Whether the rules are looked at; and each of which nobody would hear, with the reason."""
    if not rows:
        return
    readable = [row for row in rows if alerts.is_readable(row)]
    yield _looked_at(services, [row for row in readable if not row.paused])
    silent = _unseen(services)
    for row in rows:
        about = f"alert {row.id}"
        if row not in readable:
            told = f"cannot be read by this version: {row.text}"
            yield Finding(about, False, told, f"In Slack: /alert remove {row.id}")
        elif (one := silent.get(row.id)) is not None:
            told = "it is over, and nobody in {} saw it" if one.is_over else "nobody in {} sees it"
            yield Finding(about, False, told.format(row.channel), said(one.problem))
        elif not row.paused and (error := _unanswerable(services, row)) is not None:
            yield Finding(about, False, f"{row.text}: {error.message}", error.hint)


def _looked_at(services: Services, rows: Sequence[AlertRule]) -> Finding:
    """Without a worker nothing is judged; within the patience each moment is, data or not."""
    now = services.clock.now()
    ahead = [row for row in rows if alerts.is_ahead(row, now)]
    if ahead:
        return _ahead(services, rows, ahead)
    latest = now - services.settings.stale_after - LATE
    late = [row for row in rows if alerts.rule_of(row).slots(row.judged_until, latest)]
    if not late:
        fires = sum(bool(alerts.standing_of(row).firing) for row in rows)
        return Finding("alerts", True, f"{len(rows)} looked at, {fires} of them firing")
    since = min(row.judged_until for row in late)
    ago = Reader("en", services.settings.tz).ago(since, now)
    told = f"{len(late)} of {len(rows)} were last looked at {ago}"
    return Finding("alerts", False, told, "Start `deskpulse worker`; if one runs, see its log.")


def _ahead(services: Services, rows: Sequence[AlertRule], ahead: Sequence[AlertRule]) -> Finding:
    """A clock was moved back, or another worker's goes ahead."""
    reader = Reader("en", services.settings.tz)
    until = reader.day_and_time(max(row.judged_until for row in ahead))
    told = f"{len(ahead)} of {len(rows)} were looked at up to {until}, which is still to come"
    mend = "Set the clocks of all machines by NTP; the alerts wait until then."
    if any(alerts.is_to_turn_back(row, services.clock.now()) for row in ahead):
        mend = "Set the clocks of all machines by NTP; a `deskpulse worker` then goes on from now."
    return Finding("alerts", False, told, mend)


def _unseen(services: Services) -> dict[int | None, unseen.Unseen]:
    """By rule what people do not see of what goes on, or else of what went on lately."""
    with services.reading() as session:
        found = unseen.unseen(session, services.workspace, services.clock.now())
        return {one.rule.id: one for one in sorted(found, key=lambda one: not one.is_over)}


def _unanswerable(services: Services, row: AlertRule) -> UsageError | None:
    """Why no help desk can give the number of a rule any more."""
    reader = Reader("en", services.settings.tz)
    try:
        with services.reading() as session:
            check_here(session, services, alerts.rule_of(row), reader)
    except UsageError as error:
        return error
    return None


def is_well(findings: list[Finding]) -> bool:
    """Whether no check failed."""
    return all(finding.ok is not False for finding in findings)
