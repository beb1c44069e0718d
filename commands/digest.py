"""`/digest`: what a channel is posted, and when."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from slack_bolt import Ack, App, Respond
from sqlmodel import Session

from bot.calendars import country_of, first_weekday, working_days
from bot.digests.digest import Digest
from bot.digests.timetable import Kind, Timetable
from bot.domain import Window
from bot.errors import UsageError
from bot.locale import Reader
from bot.metrics import CATALOGUE, Clock
from bot.services import Role, Services
from bot.slack import digest as digest_message
from bot.slack import schedules as shown
from bot.slack.digest_thread import reply
from bot.store import outbox, people, runs, schedules
from bot.store.digests import gather
from bot.store.tables import Schedule
from commands.answers import say, whisper
from commands.kpi import answer
from commands.questions import Question
from commands.times import NO_DIGEST, parse_schedule
from commands.why import tell_why
from commands.words import mistake

EXAMPLE = "/digest daily 09:00"

_VERBS = ("daily", "weekly", "now", "list", "help")


def register(app: App) -> None:
    app.command("/digest")(digest)
    app.action(shown.POST_NOW)(post_now)
    app.action(shown.PAUSE)(pause)
    app.action(shown.RESUME)(resume)
    app.action(shown.REMOVE)(remove)
    app.action(digest_message.SETTINGS)(settings)
    app.action(digest_message.NUMBERS)(all_numbers)
    app.action(re.compile(f"^{digest_message.REST}_"))(rest)
    app.action(digest_message.WHY)(why)


def digest(ack: Ack, command: dict[str, Any], respond: Respond, services: Services) -> None:
    """Answers `/digest …`."""
    ack()
    user, channel = command["user_id"], command["channel_id"]
    text = command.get("text", "").strip()
    reader = services.reader(user)
    match text.lower().split():
        case [] | ["list"]:
            whisper(respond, listed(services, channel, reader))
        case ["help"]:
            whisper(respond, shown.help_text(reader))
        case ["now", *rest]:
            services.require(user, Role.LEAD)
            _in_channel(channel)
            kind = _kind(rest)
            say(respond, ask_now(services, user, channel, kind, reader))
        case ["daily" | "weekly", *_]:
            services.require(user, Role.LEAD)
            _in_channel(channel)
            set_up(respond, services, user, channel, text, reader)
        case [verb, *_]:
            raise mistake("There is no digest command “{typed}”.", verb, _VERBS, EXAMPLE)


def _in_channel(channel: str) -> None:
    if channel.startswith("D"):
        raise UsageError(
            "A digest is posted to a channel, not to a direct message.",
            "Type the same in the channel that is to get it.",
        )


def _kind(words: list[str]) -> Kind:
    typed = " ".join(words)
    if typed not in [*Kind]:
        raise mistake(NO_DIGEST, typed, [*Kind], "/digest now daily")
    return Kind(typed)


# --- Setting one up ------------------------------------------------------------------------------


def set_up(
    respond: Respond, services: Services, user: str, channel: str, text: str, reader: Reader
) -> None:
    """Schedules what was typed, and shows what will come of it."""
    typed = parse_schedule(text)
    kind, zone = Kind(typed.kind), typed.zone or reader.zone
    timetable = Timetable(kind, typed.time, zone, typed.weekdays or usual_weekdays(kind, zone))
    now = services.clock.now()
    with services.writing() as session:
        schedule = schedules.add(
            session,
            services.workspace,
            channel,
            timetable,
            locale=reader.locale,
            by=user,
            now=now,
        )
        people.log(session, services.workspace, user, "digest set up", f"{channel} {text}", now=now)
        preview = _rendered(services, session, timetable, now, reader)
    planned = _planned(schedule, problem=None)
    warning = services.why_silent(channel, reader)
    whisper(respond, shown.set_up(planned, preview, warning, now, reader))


def _rendered(
    services: Services, session: Any, timetable: Timetable, now: datetime, reader: Reader
) -> Any:
    made = _gathered(services, session, timetable.kind, timetable.window(now), now)
    return digest_message.render(made, replace(reader, zone=timetable.zone), with_chart=False)


def _gathered(
    services: Services, session: Session, kind: Kind, window: Window, now: datetime
) -> Digest:
    return gather(
        session,
        services.workspace,
        kind,
        window,
        now=now,
        stale_after=services.settings.stale_after,
    )


def ask_now(services: Services, user: str, channel: str, kind: Kind, reader: Reader) -> str:
    """Makes a digest due now; the job does it. Asking twice in a minute is asking once."""
    now = services.clock.now()
    with services.writing() as session:
        own = [
            schedules.timetable(one)
            for one in schedules.of_channel(session, services.workspace, channel)
            if one.kind == kind
        ]
        timetable = own[0] if own else usual_timetable(kind, reader.zone)
        runs.ask(
            session,
            services.workspace,
            f"digest:now:{channel}:{kind}",
            now.strftime("%Y-%m-%dT%H:%M"),
            {"channel": channel, "locale": reader.locale, "timetable": timetable.to_json()},
            by=user,
            now=now,
        )
    warning = services.why_silent(channel, reader)
    return warning or reader.text("It will be posted here in a moment.")


def usual_timetable(kind: Kind, zone: ZoneInfo) -> Timetable:
    """What a digest covers where none is scheduled: working days, or the week before the first."""
    return Timetable(kind, time(9), zone, usual_weekdays(kind, zone))


def usual_weekdays(kind: Kind, zone: ZoneInfo) -> tuple[int, ...]:
    """The working days where that zone is; of a weekly digest the first of the week.

    In Tehran that is Saturday, in Cairo Sunday, in Athens Monday.
    """
    country = country_of(zone)
    working, first = working_days(country), first_weekday(country)
    if kind is Kind.DAILY:
        return working
    return (min(working, key=lambda weekday: (weekday - first) % 7),)


# --- Listing -------------------------------------------------------------------------------------


def listed(services: Services, channel: str, reader: Reader) -> Any:
    """The digests of a channel, each with what went wrong last."""
    with services.reading() as session:
        planned = [
            _planned(schedule, problem=_problem(session, services, schedule))
            for schedule in schedules.of_channel(session, services.workspace, channel)
        ]
    return shown.listed(planned, services.clock.now(), reader)


def _planned(schedule: Schedule, problem: str | None) -> shown.Planned:
    return shown.Planned(
        id=schedule.id or 0,
        timetable=schedules.timetable(schedule),
        paused=schedule.paused,
        created_by=schedule.created_by,
        problem=problem,
    )


def _problem(session: Any, services: Services, schedule: Schedule) -> str | None:
    latest = outbox.latest(session, services.workspace, f"digest:{schedule.id}")
    return latest.problem if latest else None


# --- Buttons -------------------------------------------------------------------------------------


def post_now(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    ack()
    user, channel = body["user"]["id"], body["channel"]["id"]
    services.require(user, Role.LEAD)
    reader = services.reader(user)
    say(respond, ask_now(services, user, channel, Kind(action["value"]), reader))


def pause(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    ack()
    change(respond, services, body, "pause", action["value"])


def resume(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    ack()
    change(respond, services, body, "resume", action["value"])


def remove(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    ack()
    change(respond, services, body, "remove", action["value"])


def settings(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """The menu on a posted digest: it can be stopped from where it appears."""
    ack()
    verb, _, number = action["selected_option"]["value"].partition(":")
    change(respond, services, body, verb, number, replace_list=False)


def change(
    respond: Respond,
    services: Services,
    body: dict[str, Any],
    verb: str,
    number: str,
    *,
    replace_list: bool = True,
) -> None:
    """Pauses, resumes or removes a digest, and shows what the channel gets now."""
    user = body["user"]["id"]
    services.require(user, Role.LEAD)
    reader, now = services.reader(user), services.clock.now()
    with services.writing() as session:
        schedule = schedules.get(session, services.workspace, int(number))
        if schedule is None:
            raise UsageError("This digest was removed already.", "See: `/digest`")
        if verb == "pause":
            schedules.pause(session, schedule)
        elif verb == "resume":
            schedules.resume(session, schedule, now=now)
        else:
            schedules.remove(session, schedule, now=now)
        people.log(session, services.workspace, user, f"digest {verb}", number, now=now)
        channel = schedule.channel
    whisper(respond, listed(services, channel, reader), replace=replace_list)


def all_numbers(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Every number of the digest's window, to the one who asks, with buttons for the rest of it."""
    ack()
    made, own = _again(services, body, action["value"])
    message = answer(services, Question(None, made.window), own, share=False)
    if made.has_data:
        message = replace(message, blocks=[*message.blocks, *digest_message.rest(made, own)])
    whisper(respond, message)


def rest(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """One more message about the digest's window: a breakdown, the goals, what the numbers mean."""
    ack()
    key, _, told = action["value"].partition(" ")
    made, own = _again(services, body, told)
    whisper(respond, reply(made, key, own))


def _again(services: Services, body: dict[str, Any], told: str) -> tuple[Digest, Reader]:
    """The day's digest of the window that a button carries, as it is now, and for whom it is."""
    reader, now = services.reader(body["user"]["id"]), services.clock.now()
    zone, window = _window(told)
    with services.reading() as session:
        made = _gathered(services, session, Kind.DAILY, window, now)
    return made, replace(reader, zone=zone)


def why(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """What moved the number that stands out most, to the one who asks."""
    ack()
    reader = services.reader(body["user"]["id"])
    metric, clock, told = action["value"].split(" ", 2)
    zone, window = _window(told)
    own = replace(reader, zone=zone)
    question = Question(CATALOGUE[metric], window, clock=Clock(clock))
    tell_why(respond, services, question, own)


def _window(told: str) -> tuple[ZoneInfo, Window]:
    """The zone and the window that a button of a digest carries."""
    name, _, window = told.partition(" ")
    zone = ZoneInfo(name)
    start, _, end = window.partition("/")
    moments = (datetime.fromisoformat(at).astimezone(zone) for at in (start, end))
    return zone, Window(*moments)
