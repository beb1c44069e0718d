"""`/desk`: how each help desk is, and a reading right away."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App, Respond

from bot.locale import Reader
from bot.message import Message
from bot.services import Role, Services
from bot.slack import desks as shown
from bot.store import desks, people
from commands.answers import say, whisper
from commands.words import mistake, unescaped

EXAMPLE = "/desk sync acme"


def register(app: App) -> None:
    app.command("/desk")(desk)
    app.action(shown.SYNC_NOW)(sync_now)


def desk(ack: Ack, command: dict[str, Any], respond: Respond, services: Services) -> None:
    """Answers `/desk …`."""
    ack()
    user, reader = command["user_id"], services.reader(command["user_id"])
    match unescaped(command.get("text", "").strip()).split(maxsplit=1):
        case []:
            whisper(respond, listed(services, user, reader))
        case [word, *_] if word.lower() == "help":
            whisper(respond, shown.help_text(reader))
        case [word, *name] if word.lower() == "sync":
            services.require(user, Role.ADMIN)
            say(respond, ask(services, user, " ".join(name), reader))
        case [word, *_]:
            known = ("sync", "help")
            raise mistake("There is no desk command “{typed}”.", word, known, EXAMPLE)


def listed(services: Services, user: str, reader: Reader) -> Message:
    """All help desks; who may ask for a reading gets the buttons for it."""
    with services.reading() as session:
        states = [_state(row) for row in desks.overview(session, services.workspace)]
    return shown.listed(
        states,
        services.clock.now(),
        reader,
        stale_after=services.settings.stale_after,
        may_sync=services.role(user) >= Role.ADMIN,
    )


def _state(row: desks.Overview) -> shown.DeskState:
    found = row.desk
    return shown.DeskState(
        name=found.name,
        kind=found.kind,
        rows=row.rows,
        lacks=row.lacks,
        data_from=found.data_from,
        data_until=found.data_until,
        problem=found.problem,
        waits_until=found.waits_until,
        asked_at=found.asked_at,
        compared_at=row.compared_at,
        differs=row.differs,
    )


def sync_now(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Asks for a reading of the help desk whose button was pressed."""
    ack()
    user = body["user"]["id"]
    services.require(user, Role.ADMIN)
    say(respond, ask(services, user, action["value"], services.reader(user)))


def ask(services: Services, user: str, typed: str, reader: Reader) -> str:
    """Makes a reading due now; the worker does it."""
    now = services.clock.now()
    with services.writing() as session:
        known = {row.name.casefold(): row for row in desks.of(session, services.workspace)}
        row = known.get(typed.strip().casefold())
        if row is None:
            names = [one.name for one in known.values()]
            raise mistake("There is no help desk “{typed}”.", typed, names, EXAMPLE)
        desks.ask(session, row.id or 0, at=now)
        people.log(session, services.workspace, user, "desk sync", row.name, now=now)
        waits_until = row.waits_until
    if waits_until is not None and waits_until > now:
        return reader.text(
            "{desk} allows no more requests until {time}, and will be read then.",
            desk=row.name,
            time=reader.time_of(waits_until),
        )
    return reader.text("{desk} will be read in a moment. `/desk` tells how it went.", desk=row.name)
