"""What every help desk must be able to do, and how one is loaded by the name of its file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.clock import Clock
from bot.domain import Fact, Ticket, Window
from bot.errors import ConfigurationError

#: Where a stream stands: JSON, opaque to everyone but the desk that made it.
Cursor = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Some tickets, and the cursor from which to go on once they are stored.

    Reading again from `cursor` may repeat tickets but never misses one: a ticket that changed
    while the stream was read comes again, now or in the next run. `expected` is how many tickets
    the whole stream is thought to hold, for the progress bar; `None` when the desk does not say.
    """

    tickets: Sequence[Ticket]
    cursor: Cursor
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a desk can give. A metric whose facts are missing is told as such, never as zero."""

    facts: frozenset[Fact]
    counts: bool = field(default=False)
    """Whether `count` works, so that what is stored can be reconciled with the desk's own count."""


class HelpDesk(Protocol):
    """A help desk that deskpulse reads. It is never written to.

    Every method that speaks to the desk raises `DeskRefused`, `DeskUnavailable` or
    `DeskMisunderstood` (`bot.errors`); retries, paging and rate limits stay inside.
    """

    @property
    def name(self) -> str:
        """What the user calls it, e.g. "acme"."""

    @property
    def capabilities(self) -> Capabilities:
        """What this desk can give."""

    def tickets(self, since: Cursor) -> Iterator[Page]:
        """All tickets that changed since the cursor, oldest change first, and tombstones.

        `since` is what the last stored page carried, or what `start` gave.
        """

    def start(self, window: Window) -> Cursor:
        """The cursor of a stream with every ticket that changed in `window.start` or later.

        Older ones that are still unsolved belong to it too where the desk can tell them apart:
        they are in the backlog.

        `window.end` is the present moment on deskpulse's clock, for desks that need one.
        """

    def count(self, window: Window) -> int | None:
        """How many tickets created in `window` the desk has now (removed ones left out)."""

    def check(self) -> Sequence[str]:
        """Facts read from the desk, a sentence each, that show that the connection works."""

    def url(self, ticket_id: str) -> str | None:
        """Where a person can open the ticket."""

    def close(self) -> None:
        """Gives back connections."""


class DeskSettings(BaseModel):
    """What every kind of desk can be told. A kind adds its own, such as `url` and `token`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def kinds() -> list[str]:
    """The help desks that deskpulse knows: the files of this folder."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str, settings: Mapping[str, Any], clock: Clock) -> HelpDesk:
    """The help desk called `name`, of the kind and with the settings given.

    Raises `ConfigurationError` for an unknown kind or a wrong setting; no secret is repeated in it.
    """
    values = dict(settings)
    kind = values.pop("kind", None)
    variable = f"DESKPULSE_DESKS__{name.upper()}__"
    if kind not in kinds():
        raise ConfigurationError(
            f"Help desk “{name}” has no kind that deskpulse knows.",
            f"Set {variable}KIND to one of: {', '.join(kinds())}.",
        )
    module = importlib.import_module(f"{__name__}.{kind}")
    try:
        desk: HelpDesk = module.open_desk(name, module.Settings(**values), clock)
    except ValidationError as error:
        raise ConfigurationError(*_told(name, variable, error)) from None
    return desk


def _told(name: str, variable: str, error: ValidationError) -> tuple[str, str]:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    setting = ".".join(str(part) for part in first["loc"]) or "settings"
    place = f"{variable}{setting.upper()}, or `{setting}` under [desks.{name}] in deskpulse.toml"
    if first["type"] == "extra_forbidden":
        return f"Help desk “{name}” has no setting “{setting}”.", f"Remove {place}."
    told = first["msg"].removeprefix("Value error, ")
    return f"Help desk “{name}”: {setting}: {told}.", f"Set {place}."
