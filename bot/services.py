"""What a command or a job may use, in one frozen bag, and who may use it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path
from threading import Event, Lock
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlmodel import Session

from bot.clock import Clock
from bot.errors import ConfigurationError, NotAllowed, SlackError, SlackHeld
from bot.helpdesks import HelpDesk
from bot.locale import Reader, known_locale
from bot.pauses import Pauses
from bot.seals import Seals
from bot.settings import Settings
from bot.slack.messenger import Messenger, Person
from bot.store import people
from bot.store.database import Database

#: The one workspace of the default deployment; the first migration makes its row.
WORKSPACE = 1

#: What Slack answers about a channel that the bot does not see; other answers are of its token.
_UNSEEN = ("channel_not_found", "not_in_channel")

#: For how long what Slack said about a person is believed.
REMEMBERED = timedelta(minutes=10)


class Role(IntEnum):
    """What somebody may do; each role may do what the one before it may.

    An agent asks for team numbers. A lead sets digests and goals. An admin connects and appoints.
    """

    AGENT = 1
    LEAD = 2
    ADMIN = 3


class People:
    """Asks Slack about people, and remembers the answers for a while."""

    def __init__(self, messenger: Messenger | None, clock: Clock) -> None:
        self._messenger = messenger
        self._clock = clock
        self._known: dict[str, tuple[datetime, Person]] = {}
        self._lock = Lock()

    def person(self, user: str) -> Person:
        """What Slack says about somebody; an unknown, ordinary person when it cannot be asked."""
        now = self._clock.now()
        with self._lock:
            asked_at, person = self._known.get(user, (None, None))
        if person is not None and asked_at is not None and now - asked_at < REMEMBERED:
            return person
        if self._messenger is None:
            return Person(user, zone=None, locale=None, is_admin=False)
        try:
            found = self._messenger.person(user)
        except SlackError:
            # Without Slack's word nobody is an admin; what they were a moment ago is not kept.
            return Person(user, zone=None, locale=None, is_admin=False)
        with self._lock:
            self._known[user] = now, found
        return found


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a command or a job may use; `bot.app.build` puts it together.

    `pauses` are where help desks wait. `seals` seal what nobody is to read from the database, with
    keys from the `secret`. `stopping` is set when the process is asked to end: long work stops at
    the next safe place.
    """

    settings: Settings
    clock: Clock
    database: Database
    desks: Mapping[str, HelpDesk]
    messenger: Messenger | None
    people: People
    pauses: Pauses
    secret: bytes = field(repr=False)
    seals: Seals = field(repr=False)
    workspace: int = WORKSPACE
    stopping: Event = field(default_factory=Event)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session to read with."""
        with self.database.reading() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are kept together, or not at all."""
        with self.database.writing() as session:
            yield session

    def reader(self, user: str) -> Reader:
        """The language and time zone of somebody in Slack."""
        person = self.people.person(user)
        return Reader(
            known_locale(person.locale, self.settings.locale),
            known_zone(person.zone, self.settings.tz),
        )

    def why_silent(self, channel: str, reader: Reader) -> str | None:
        """Why a message to a channel would not arrive, and how to mend it; `None` if it would."""
        if self.messenger is None:
            return None
        try:
            found = self.messenger.channel(channel)
        except SlackHeld as error:
            return _not_there(reader) if error.code in _UNSEEN else error.said(reader.template)
        except SlackError:
            return None  # Slack does not tell now; the outbox will find out
        if found.is_archived:
            return reader.text("This channel is archived, so nothing can be posted to it.")
        return None if found.is_member else _not_there(reader)

    def role(self, user: str) -> Role:
        """What somebody may do: this is the one place where it is decided."""
        if self.people.person(user).is_admin:
            return Role.ADMIN
        return Role.LEAD if user in self.leads() else Role.AGENT

    def leads(self) -> list[str]:
        """The Slack ids of all leads, without admins."""
        with self.reading() as session:
            appointed = people.leads(session, self.workspace)
        return list(dict.fromkeys([*self.settings.leads, *appointed]))

    def require(self, user: str, role: Role) -> None:
        """Raises `NotAllowed` when somebody does not have the role, or a higher one."""
        if self.role(user) >= role:
            return
        if role is Role.ADMIN:
            raise NotAllowed(
                "That is for admins of this Slack workspace.", "Ask one of them to do it."
            )
        raise NotAllowed(
            "That is for team leads.",
            "An admin of this Slack workspace can appoint you: `/deskpulse lead add @you`",
        )


def _not_there(reader: Reader) -> str:
    return reader.text(
        "I am not in this channel, so nothing can be posted yet. Invite me: `/invite @deskpulse`"
    )


def known_zone(name: str | None, fallback: ZoneInfo) -> ZoneInfo:
    """The time zone of that name, or the fallback for one that this machine does not know."""
    try:
        return ZoneInfo(name) if name else fallback
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return fallback


def secret_of(settings: Settings, database: Database) -> bytes:
    """The key that requesters are hashed with: the setting, or a file beside the SQLite database.

    Raises `ConfigurationError` for PostgreSQL without the setting: several processes share it.
    """
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    name = database.url.database
    if not database.is_sqlite:
        raise ConfigurationError(
            "DESKPULSE_SECRET is not set, and PostgreSQL needs it.",
            f"Set it to the same value in every process, e.g. {secrets.token_urlsafe(32)}.",
        )
    if name in (None, "", ":memory:"):
        return secrets.token_bytes(32)
    return _kept_secret(Path(name or "").with_name("deskpulse.secret"))


def _kept_secret(path: Path) -> bytes:
    try:
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(32) + "\n")
        return path.read_text().strip().encode()
    except OSError as error:
        raise ConfigurationError(
            f"The file {path} cannot be kept: {error.strerror}.",
            "Correct DATABASE_URL, or let deskpulse write to that folder.",
        ) from None
