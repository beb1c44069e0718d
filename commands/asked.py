"""Who asks something by a command or a button, where, and how they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from slack_bolt import Respond

from bot.locale import Reader
from bot.message import Message
from bot.services import Role, Services
from commands.answers import overwrite, whisper


@dataclass(frozen=True, slots=True)
class Asked:
    """One command, or one press of a button; `trigger` opens a window for three seconds.

    `alone` is whether nobody else sees the message whose button was pressed, as it was only
    whispered; in a direct message nobody does either.
    """

    services: Services
    respond: Respond
    user: str
    channel: str
    trigger: str
    reader: Reader
    alone: bool = True

    @classmethod
    def by_command(cls, command: dict[str, Any], respond: Respond, services: Services) -> Self:
        user, channel = command["user_id"], command["channel_id"]
        trigger = command.get("trigger_id", "")
        return cls(services, respond, user, channel, trigger, services.reader(user))

    @classmethod
    def by_button(cls, body: dict[str, Any], respond: Respond, services: Services) -> Self:
        user = body["user"]["id"]
        channel = (body.get("channel") or {}).get("id", "")
        trigger, alone = body.get("trigger_id", ""), bool(body["container"].get("is_ephemeral"))
        return cls(services, respond, user, channel, trigger, services.reader(user), alone)

    @classmethod
    def in_window(cls, body: dict[str, Any], channel: str, services: Services) -> Self:
        """Somebody who fills in a window that is about a channel: they are answered in it."""
        user, trigger = body["user"]["id"], body.get("trigger_id", "")
        nowhere = Respond(response_url=None)
        return cls(services, nowhere, user, channel, trigger, services.reader(user))

    def require_lead(self) -> None:
        """Raises `NotAllowed` for whoever is no lead."""
        self.services.require(self.user, Role.LEAD)

    @property
    def in_private(self) -> bool:
        """Whether it was asked in a direct message to deskpulse."""
        return self.channel.startswith("D")

    def answer(self, message: Message, *, replace: bool = False) -> None:
        """Answers so that only who asked sees it.

        `replace` puts it in the place of the message whose button was pressed, unless others see
        that as well.
        """
        if replace and self.in_private and not self.alone:
            overwrite(self.respond, message)
        else:
            whisper(self.respond, message, replace=replace and self.alone)
