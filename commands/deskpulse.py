"""`/deskpulse`: what it can do, and who leads."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt import Ack, App, Respond

from bot.errors import UsageError
from bot.locale import Reader
from bot.services import Role, Services
from bot.store import people
from commands.answers import say
from commands.words import FOR_EXAMPLE, examples, mistake

EXAMPLE = "/deskpulse lead add @someone"

#: How Slack hands over a person who was named with @ in a command.
_MENTION = re.compile(r"<@(?P<id>[UW][A-Z0-9]+)(\|[^>]*)?>")


def register(app: App) -> None:
    app.command("/deskpulse")(deskpulse)


def deskpulse(ack: Ack, command: dict[str, Any], respond: Respond, services: Services) -> None:
    """Answers `/deskpulse …`."""
    ack()
    user, text = command["user_id"], command.get("text", "").strip()
    reader = services.reader(user)
    words = text.split()
    # Who is meant stays as it is: the ids of Slack are in capitals.
    match [*(word.lower() for word in words[:2]), *words[2:]]:
        case [] | ["help"]:
            say(respond, _help(services.role(user), reader))
        case ["leads"] | ["lead"]:
            say(respond, _leads(services, reader))
        case ["lead", "add" | "remove" as verb, *rest]:
            services.require(user, Role.ADMIN)
            say(respond, _appoint(services, user, verb, " ".join(rest), reader))
        case ["lead", verb, *_]:
            raise mistake("There is no lead command “{typed}”.", verb, ("add", "remove"), EXAMPLE)
        case [verb, *_]:
            known = ("help", "lead", "leads")
            raise mistake("There is no command “{typed}”.", verb, known, "/deskpulse help")


def _help(role: Role, reader: Reader) -> str:
    you = {
        Role.AGENT: reader.text("You may ask for team numbers."),
        Role.LEAD: reader.text(
            "You are a lead: you may also set digests, goals, alerts and surveys."
        ),
        Role.ADMIN: reader.text(
            "You are an admin: you may also set digests, goals, alerts and surveys, and appoint "
            "leads."
        ),
    }[role]
    told = reader.text(
        "`/kpi` numbers of the help desks · `/kpi help`\n"
        "`/digest` what this channel is posted · `/digest help`\n"
        "`/alert` what this channel is told at once · `/alert help`\n"
        "`/enps`, `/pulse` how the team is, asked anonymously · `/enps help`, `/pulse help`\n"
        "`/desk` how each help desk is · `/desk help`\n"
        "`/deskpulse leads` who leads · admins: `/deskpulse lead add @someone`"
    )
    return f"{told}\n{you}"


def _leads(services: Services, reader: Reader) -> str:
    with services.reading() as session:
        appointed = people.leads(session, services.workspace)
    names = [f"<@{user}>" for user in dict.fromkeys([*services.settings.leads, *appointed])]
    if not names:
        return reader.text(
            "Nobody has been appointed; admins of this workspace may do all that leads may."
        )
    return reader.text("Leads: {names}. Admins may do the same.", names=reader.listed(names))


def _appoint(services: Services, admin: str, verb: str, typed: str, reader: Reader) -> str:
    mentioned = _MENTION.fullmatch(typed.strip())
    if mentioned is None:
        raise UsageError("Name one person with @.", FOR_EXAMPLE, example=examples(EXAMPLE))
    user, now = mentioned["id"], services.clock.now()
    name = f"<@{user}>"
    with services.writing() as session:
        if verb == "add":
            changed = people.appoint(session, services.workspace, user, by=admin, now=now)
        else:
            changed = people.dismiss(session, services.workspace, user)
        if changed:
            people.log(session, services.workspace, admin, f"lead {verb}", user, now=now)
    if verb == "add" and changed:
        return reader.text("{name} is a lead now.", name=name)
    if verb == "add":
        return reader.text("{name} was a lead already.", name=name)
    if changed:
        return reader.text("{name} is not a lead any more.", name=name)
    if user in services.settings.leads:
        return reader.text("{name} is named a lead in the settings of deskpulse.", name=name)
    return reader.text("{name} was not a lead.", name=name)
