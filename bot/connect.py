"""Connects a help desk: asks what its kind needs, tries it, and writes it down without the secret."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any, Protocol

from dotenv import dotenv_values
from pydantic import SecretStr

from bot import helpdesks
from bot.clock import Clock
from bot.errors import ConfigurationError, DeskError, UsageError
from bot.helpdesks import DeskSettings, Guide
from bot.pauses import Pauses

#: A name becomes a part of environment variables, whatever the case, so it is plain.
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

#: So many facts are shown: enough to see that it is the right help desk.
SHOWN = 3


class Terminal(Protocol):
    """Who answers the questions."""

    def tell(self, text: str) -> None:
        """Shows a line."""

    def ask(self, question: str, *, default: str | None = None, secret: bool = False) -> str:
        """An answer; what is `secret` does not show. Raises `UsageError` where nobody can answer."""

    def confirm(self, question: str) -> bool:
        """Yes or no; no where nobody can answer."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a connection is written down: the settings file, and the one for the environment."""

    toml: Path
    env: Path


@dataclass(frozen=True, slots=True)
class Connection:
    """A help desk that is being connected: what is known of it so far.

    `given` are its settings, `kept` those that the environment holds already.
    """

    name: str
    kind: str
    guide: Guide
    settings: type[DeskSettings]
    given: Mapping[str, str] = field(default_factory=dict, repr=False)
    kept: Mapping[str, str] = field(default_factory=dict, repr=False)

    def is_secret(self, setting: str) -> bool:
        return "SecretStr" in str(self.settings.model_fields[setting].annotation)

    def variable(self, setting: str) -> str:
        return variable(self.name, setting)

    @property
    def secrets(self) -> list[str]:
        """Those that have to be kept somewhere still."""
        return [
            setting for setting in self.given if self.is_secret(setting) and self.is_new(setting)
        ]

    @property
    def changed(self) -> list[str]:
        """Those for which the environment holds another value, which would win."""
        return [setting for setting in self.kept if self.is_new(setting)]

    def is_new(self, setting: str) -> bool:
        """Whether the environment does not hold it as it is."""
        return self.kept.get(setting) != self.given[setting]


def variable(name: str, setting: str) -> str:
    """The environment variable of a desk's setting."""
    return f"DESKPULSE_DESKS__{name.upper()}__{setting.upper()}"


def connect(
    kind: str,
    *,
    name: str | None,
    given: Mapping[str, str],
    known: Mapping[str, Any],
    terminal: Terminal,
    places: Places,
    clock: Clock,
    environment: Mapping[str, str] = os.environ,
) -> Connection:
    """Connects a help desk of a kind; it is written down only once it has answered.

    `given` are settings that need not be asked for, `known` the desks of the settings: what the
    environment says of one without a kind is taken for granted too. Raises `UsageError` for a wrong name, `ConfigurationError` for a setting,
    a `DeskError` when the help desk does not let us in.
    """
    guide, settings = helpdesks.guide(kind)
    _show(guide, terminal)
    chosen = _name(name, kind, known, terminal)
    kept = {name: _text(value) for name, value in known.get(chosen, {}).items()}
    connection = Connection(chosen, kind, guide, settings, {**kept, **given}, kept)
    _check_names(connection)
    connection, facts = _until_it_answers(_asked(connection, terminal), terminal, clock)
    for fact in facts[:SHOWN]:
        terminal.tell(f"✓ {fact}")
    _write(connection, places.toml)
    terminal.tell(f"[desks.{chosen}] stands in {places.toml.name}, without secrets.")
    written = keep_secrets(connection, places.env, terminal)
    for setting in connection.changed:
        if setting in written and connection.variable(setting) not in environment:
            continue  # of two lines of the same file the last one holds
        terminal.tell(
            f"{connection.variable(setting)} is set to something else in the environment or in "
            f"{places.env.name}, which goes before: change it there."
        )
    return connection


def _text(value: object) -> str:
    """A setting of the file as one writes it in the environment."""
    return json.dumps(value) if isinstance(value, list | dict) else str(value)


def _check_names(connection: Connection) -> None:
    known = connection.settings.model_fields
    for setting in connection.given:
        if setting not in known:
            raise UsageError(
                "{product} has no setting “{setting}”.",
                "Its settings: {settings}.",
                product=connection.guide.product,
                setting=setting,
                settings=", ".join(known),
            )


def _until_it_answers(
    connection: Connection, terminal: Terminal, clock: Clock
) -> tuple[Connection, Sequence[str]]:
    """The connection that works and what the help desk said; asks again as long as one wants to."""
    while True:
        try:
            return connection, _tried(connection, clock)
        except (ConfigurationError, DeskError) as error:
            if not terminal.confirm(f"{error} Try again?"):
                raise
            connection = _asked(connection, terminal, again=True)


def _show(guide: Guide, terminal: Terminal) -> None:
    terminal.tell(f"Connecting {guide.product}.")
    for step in guide.steps:
        terminal.tell(f"  · {step}")
    if guide.rights:
        terminal.tell(f"  Least privileges: {guide.rights}")


def _name(name: str | None, kind: str, known: Mapping[str, Any], terminal: Terminal) -> str:
    chosen = (name or terminal.ask("A name of your own for it", default=kind)).strip()
    if not _NAME.fullmatch(chosen):
        raise UsageError(
            "“{name}” cannot be the name of a help desk.",
            "Small letters, digits and single underscores, beginning with a letter: e.g. acme_eu.",
            name=chosen,
        )
    if "kind" in known.get(chosen, {}):
        raise UsageError(
            "There is a help desk “{name}” already.",
            "Choose another name, or change that one in deskpulse.toml, .env or the environment.",
            name=chosen,
        )
    return chosen


def _asked(connection: Connection, terminal: Terminal, *, again: bool = False) -> Connection:
    """The connection with everything that its kind asks for; `again` with what was wrong before."""
    given = dict(connection.given)
    for setting in connection.guide.asks:
        if setting in given and not again:
            continue
        about = connection.settings.model_fields[setting]
        secret = connection.is_secret(setting)
        # A secret is never shown; typing nothing leaves it as it was, or out where it may be.
        before = given.get(setting, _default(about))
        if secret and before:
            before = ""
        answer = terminal.ask(
            f"{setting} ({about.description})", default=before, secret=secret
        ).strip()
        if answer:
            given[setting] = answer
    return replace(connection, given=given)


def _default(about: Any) -> str | None:
    """What is taken when nothing is typed; an empty text where the setting may be left out."""
    if about.is_required():
        return None
    default = about.get_default()
    return "" if default is None or isinstance(default, SecretStr) else str(default)


def _tried(connection: Connection, clock: Clock) -> Sequence[str]:
    """What the help desk says, read with what is known of it."""
    settings = {"kind": connection.kind, **connection.given}
    pauses = Pauses(clock)
    with (
        closing(helpdesks.load(connection.name, settings, clock, pauses)) as desk,
        pauses.impatient(),
    ):
        return list(desk.check())


def _write(connection: Connection, file: Path) -> None:
    """Adds the desk to the settings file; what stands there stays as it is."""
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    after = before + gap + "\n".join(_lines(connection)) + "\n"
    try:
        tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        raise ConfigurationError(
            f"{file.name} has its desks written in a way that nothing can be added to.",
            "Add these lines by hand: " + "; ".join(_lines(connection)),
        ) from None
    file.write_text(after, encoding="utf-8")


def _lines(connection: Connection) -> Iterator[str]:
    yield f"[desks.{connection.name}]"
    yield f"kind = {json.dumps(connection.kind)}"
    for setting, value in connection.given.items():
        if not connection.is_secret(setting) and connection.is_new(setting):
            yield f"{setting} = {json.dumps(value, ensure_ascii=False)}"


def keep_secrets(connection: Connection, file: Path, terminal: Terminal) -> Sequence[str]:
    """Says where the secrets belong, and puts them into the file for the environment if wanted.

    Which of them stand there then.
    """
    names = [connection.variable(setting) for setting in connection.secrets]
    if not names:
        return ()
    if not terminal.confirm(f"Keep {', '.join(names)} in {file.name}, readable for you alone?"):
        terminal.tell(f"Set in the environment: {' '.join(f'{name}=…' for name in names)}")
        return ()
    lines = [
        _line(connection.variable(setting), connection.given[setting])
        for setting in connection.secrets
    ]
    if None in lines:
        terminal.tell(f"That cannot be written into {file.name}: set it in the environment.")
        return ()
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    if before and not before.endswith("\n"):
        before += "\n"
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(before + "".join(filter(None, lines)), encoding="utf-8")
    terminal.tell(f"The secrets stand in {file.name}.")
    return connection.secrets


def _line(name: str, secret: str) -> str | None:
    """A line of a `.env` file that is read as that secret again; `None` where there is none.

    Some signs mean something there, and `${…}` is filled in whatever stands around it.
    """
    escaped = secret.replace("\\", "\\\\").replace("'", "\\'")
    for written in (secret, f"'{escaped}'"):
        line = f"{name}={written}\n"
        if dotenv_values(stream=StringIO(line)).get(name) == secret:
            return line
    return None
