"""What every help desk must be able to do, and how one is loaded by the name of its file."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import httpx
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)

from bot.clock import Clock
from bot.domain import Agent, ArticleDay, Call, Fact, Rating, Ticket, Window
from bot.domain import Counted as Counted
from bot.errors import ConfigurationError
from bot.pauses import Pauses
from bot.settings import BusinessHours

#: Where a stream stands: JSON, opaque to everyone but the desk that made it.
Cursor = Mapping[str, Any]


Row_co = TypeVar("Row_co", bound=Ticket | Rating | Call | ArticleDay, covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row_co]):
    """Some rows of a stream, and the cursor from which to go on once they are stored.

    Reading again from `cursor` may repeat rows but never misses one: a row that changed while the
    stream was read comes again, now or in the next run. `expected` is how many rows the whole
    stream is thought to hold, for the progress bar; `None` when the desk does not say.
    """

    rows: Sequence[Row_co]
    cursor: Cursor
    expected: int | None = None


class Stream(StrEnum):
    """What a desk can be read for. Each has a cursor of its own."""

    TICKETS = "tickets"
    RATINGS = "ratings"
    CALLS = "calls"
    ARTICLES = "articles"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a desk can give. A metric whose facts are missing is told as such, never as zero.

    `counts` is what `count` can be asked for, by whole days of the time zone `zone`.
    """

    facts: frozenset[Fact]
    streams: frozenset[Stream] = frozenset({Stream.TICKETS})
    counts: frozenset[Counted] = frozenset()
    zone: str = "UTC"


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

    def tickets(self, since: Cursor) -> Iterator[Page[Ticket]]:
        """All tickets that changed since the cursor, oldest change first, and tombstones.

        `since` is what the last stored page carried, or what `start` gave. Only the streams among
        the capabilities are asked for.
        """

    def ratings(self, since: Cursor) -> Iterator[Page[Rating]]:
        """All ratings that were asked for or given since the cursor."""

    def calls(self, since: Cursor) -> Iterator[Page[Call]]:
        """All calls that changed since the cursor."""

    def articles(self, since: Cursor) -> Iterator[Page[ArticleDay]]:
        """The days of all articles that changed since the cursor."""

    def agents(self) -> Sequence[Agent]:
        """Who works there, for their names and to let each find their own numbers."""

    def start(self, window: Window, stream: Stream = Stream.TICKETS) -> Cursor:
        """The cursor of a stream with every row that changed in `window.start` or later.

        Older tickets that are still unsolved belong to it too where the desk can tell them apart:
        they are in the backlog.

        `window.end` is the present moment on deskpulse's clock, for desks that need one.
        """

    def hours(self) -> Mapping[str, BusinessHours]:
        """The business hours that the desk itself keeps, by their names; empty where it keeps none.

        They hold as long as the settings of deskpulse name none for this desk.
        """

    def count(self, window: Window, what: Counted = Counted.TICKETS) -> int | None:
        """How many of what happened in `window` the desk has now (removed tickets left out).

        `None` when it does not tell this time.
        """

    def check(self) -> Sequence[str]:
        """Facts read from the desk, a sentence each, that show that the connection works."""

    def url(self, ticket_id: str) -> str | None:
        """Where a person can open the ticket."""

    def close(self) -> None:
        """Gives back connections."""


def listed(told: object) -> object:
    """A list of a setting as the environment gives it: one text, JSON or names with commas between."""
    if not isinstance(told, str):
        return told
    if not told.lstrip().startswith("["):
        return [name.strip() for name in told.split(",") if name.strip()]
    try:
        return json.loads(told)
    except ValueError:
        raise ValueError("it begins like a JSON list and is none") from None


class DeskSettings(BaseModel):
    """What every kind of desk can be told. A kind adds its own, such as `url` and `token`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    #: Settings that say where, how and how fast a desk is read, but not what its tickets mean: when
    #: one of the others changes, everything is read again.
    WAYS: ClassVar[frozenset[str]] = frozenset()

    escalation_tags: list[str] = Field([], description="Tags of tickets that were escalated.")
    escalation_groups: list[str] = Field(
        [], description="Groups, such as a second tier, to which escalated tickets go."
    )
    complaint_tags: list[str] = Field([], description="Tags of tickets that are complaints.")

    @field_validator("escalation_tags", "escalation_groups", "complaint_tags", mode="before")
    @classmethod
    def _listed_names(cls, told: object) -> object:
        return listed(told)

    def told_by_tags(self) -> frozenset[Fact]:
        """The facts that these settings let a desk with tags and groups give."""
        told = {
            Fact.ESCALATIONS: self.escalation_tags or self.escalation_groups,
            Fact.COMPLAINTS: self.complaint_tags,
        }
        return frozenset(fact for fact, marks in told.items() if marks)

    def is_escalated(self, tags: Iterable[str], groups: Iterable[str | None]) -> bool:
        """Whether a ticket with these tags, that was in these groups, was escalated."""
        return _meet(tags, self.escalation_tags) or _meet(groups, self.escalation_groups)

    def is_complaint(self, tags: Iterable[str]) -> bool:
        """Whether a ticket with these tags is a complaint."""
        return _meet(tags, self.complaint_tags)


class Connection(DeskSettings):
    """What every help desk that is read over its web API can be told."""

    WAYS: ClassVar[frozenset[str]] = frozenset({"url", "token", "timeout", "overlap", "moved_from"})

    url: str = Field(description="The address of its start page, e.g. https://acme.example.com.")
    token: SecretStr = Field(description="The token with which its API is read.")
    overlap: timedelta = Field(
        timedelta(minutes=5),
        ge=timedelta(0),
        description="Changes younger than this are read again, for those that its search finds late.",
    )
    timeout: float = Field(
        30.0,
        gt=0,
        description="Seconds to wait until an answer begins or goes on; all of it may take four "
        "times as long.",
    )
    moved_from: str | None = Field(
        None,
        description="Its address before it moved. Without it, what is at another address is taken "
        "for another help desk, which needs a name of its own.",
    )

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        try:
            parsed = httpx.URL(url.strip())
        except httpx.InvalidURL:
            parsed = httpx.URL("")
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ValueError("an address begins with https:// and a host")
        return url.strip().rstrip("/")

    @field_validator("token")
    @classmethod
    def _sendable(cls, token: SecretStr) -> SecretStr:
        secret = token.get_secret_value().strip()
        if not secret or not secret.isascii() or not secret.isprintable():
            raise ValueError("a token is one line of plain letters and digits")
        return SecretStr(secret)


class WebSettings(Connection):
    """What those can be told besides whose tickets do not tell their histories by themselves."""

    histories: bool = Field(
        True,
        description="Whether the history of each ticket that changed is read too, which takes a "
        "request or two a ticket. Without it a first sync is fast, and the facts that only a "
        "history tells are missing.",
    )


@dataclass(frozen=True, slots=True)
class Guide:
    """How somebody connects a kind of help desk: what `deskpulse connect` and the README say.

    `asks` are the settings that it asks for, in order; `steps` say where in the vendor's own pages
    each is found, and `rights` which least privileges the account behind the token needs.
    """

    product: str
    asks: Sequence[str] = ()
    steps: Sequence[str] = ()
    rights: str = ""


def _meet(told: Iterable[str | None], marks: Iterable[str]) -> bool:
    """Whether any of the names is among the marks; capitals make no difference."""
    known = {mark.casefold() for mark in marks}
    return bool(known) and any(name is not None and name.casefold() in known for name in told)


def kinds() -> list[str]:
    """The help desks that deskpulse knows: the files of this folder."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def _module(kind: str) -> Any:
    return importlib.import_module(f"{__name__}.{kind}")


def guide(kind: str) -> tuple[Guide, type[DeskSettings]]:
    """How a kind is connected, and what it can be told. `kind` is one of `kinds()`."""
    module = _module(kind)
    return module.GUIDE, module.Settings


def ways(kind: str) -> frozenset[str]:
    """The settings of a kind that say how it is read, but not what its tickets mean."""
    return guide(kind)[1].WAYS if kind in kinds() else WebSettings.WAYS


def site(settings: Mapping[str, Any]) -> str:
    """Which help desk these settings lead to: its kind and its address, without how to get there."""
    return f"{settings.get('kind', '')} {address(settings.get('url'))}".strip()


def address(url: object) -> str:
    """`acme.example.com/rt` for `https://Acme.example.com/rt/`; empty for what is no address."""
    _, _, rest = str(url or "").strip().rpartition("://")
    host, slash, path = rest.rstrip("/").partition("/")
    return host.lower() + slash + path


def load(
    name: str, settings: Mapping[str, Any], clock: Clock, pauses: Pauses | None = None
) -> HelpDesk:
    """The help desk called `name`, of the kind and with the settings given.

    Where it allows no more requests for now, it waits by `pauses`. Raises `ConfigurationError` for an unknown kind or a wrong setting; no secret is repeated in it.
    """
    values = dict(settings)
    kind = values.pop("kind", None)
    variable = f"DESKPULSE_DESKS__{name.upper()}__"
    if kind not in kinds():
        raise ConfigurationError(
            f"Help desk “{name}” has no kind that deskpulse knows.",
            f"Set {variable}KIND to one of: {', '.join(kinds())}.",
        )
    module = _module(kind)
    try:
        chosen = module.Settings(**values)
        desk: HelpDesk = module.open_desk(name, chosen, clock, pauses or Pauses(clock))
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
