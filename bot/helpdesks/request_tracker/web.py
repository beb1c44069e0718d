"""The connection to a Request Tracker: it knows its refusals, and tries again what may pass."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, TypeVar

import httpx
import stamina
from pydantic import BaseModel, ValidationError

from bot.errors import DeskMisunderstood, DeskRefused, DeskUnavailable
from bot.helpdesks.request_tracker.settings import Settings
from bot.helpdesks.request_tracker.wire import Item, Search, Sheet

#: Request Tracker silently gives no more rows at once, whatever `per_page` says.
PAGE_SIZE = 100

#: Tries of one request, and the longest wait in seconds that a desk may ask for in between.
TRIES = 4
LONGEST_WAIT = 60.0

Model = TypeVar("Model", bound=BaseModel)


class Passing(DeskUnavailable):
    """Worth another try, after `wait` seconds if the desk said so."""

    def __init__(
        self, message: str, hint: str = "", /, *, wait: float | None = None, **values: object
    ) -> None:
        super().__init__(message, hint, **values)
        self.wait = wait


class Garbled(DeskMisunderstood):
    """Not JSON to its end: worth another try."""


class Forbidden(DeskRefused):
    """The account lacks a right."""


class NotThere(DeskRefused):
    """There is nothing at that address."""


def _worth_a_try(error: Exception) -> bool | float:
    """Whether to try again, or after how many seconds."""
    if isinstance(error, Passing):
        if error.wait is None:
            return True
        return error.wait if error.wait <= LONGEST_WAIT else False
    return isinstance(error, Garbled)


class Web:
    """Asks Request Tracker; knows its refusals, and tries again what may pass. It only reads."""

    def __init__(self, name: str, settings: Settings) -> None:
        # What the errors name: the desk, and what the names of its settings begin with.
        self._names: dict[str, Any] = {
            "desk": name,
            "variable": f"DESKPULSE_DESKS__{name.upper()}__",
        }
        self._timeout = settings.timeout
        self._client = httpx.Client(
            base_url=f"{settings.url}/REST/2.0/",
            headers={
                "Authorization": f"token {settings.token.get_secret_value()}",
                "Accept": "application/json",
                "User-Agent": "deskpulse",
            },
            timeout=settings.timeout,
            verify=_certificates(),
            # The token goes to the address that the operator gave and to no other.
            follow_redirects=False,
        )

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, **params: str | int) -> tuple[Any, datetime | None]:
        """The JSON at `path` and the desk's own time. Raises the three `DeskError`s."""
        for attempt in stamina.retry_context(
            on=_worth_a_try, attempts=TRIES, timeout=None, wait_initial=0.5, wait_max=10.0
        ):
            with attempt:
                return self._once(path, params)
        raise AssertionError("a retry ends with an answer or an error")

    def sheet(self, search: Search[Item], **params: str | int) -> Sheet[Item]:
        """A page of a search."""
        data, sent_at = self.get(search.path, per_page=PAGE_SIZE, **search.asked, **params)
        return self.read(search.sheet, data).model_copy(update={"sent_at": sent_at})

    def read(self, model: type[Model], data: Any) -> Model:
        """The answer as `model`; raises `DeskMisunderstood` naming the part that is not so."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            part = ".".join(str(step) for step in first["loc"]) or "it"
            raise DeskMisunderstood(
                "Help desk “{desk}” gave an answer in which “{part}” is missing or strange.",
                "Request Tracker 5.0.2 or later is needed; see what stands between it and "
                "deskpulse.",
                part=part,
                **self._names,
            ) from None

    def _once(self, path: str, params: Mapping[str, str | int]) -> tuple[Any, datetime | None]:
        try:
            answer = self._client.get(path, params=params)
        except httpx.TimeoutException:
            raise Passing(
                "Help desk “{desk}” did not answer within {seconds} seconds.",
                "See whether it is busy, or give it longer with {variable}TIMEOUT.",
                seconds=f"{self._timeout:g}",
                **self._names,
            ) from None
        except httpx.RequestError:
            raise Passing(
                "Help desk “{desk}” is out of reach or cut the line.",
                "See whether it runs and whether {variable}URL leads to it.",
                **self._names,
            ) from None
        self._accept(answer)
        return self._json(answer), _sent_at(answer)

    def _accept(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status == 200:
            return
        if status == 429 or status >= 500:
            raise Passing(
                "Help desk “{desk}” is busy or broken (HTTP {status}).",
                "It is asked again at the next sync; if that lasts, see its own log.",
                wait=_wait(answer),
                status=status,
                **self._names,
            )
        if status == 400:
            raise DeskMisunderstood(
                "Help desk “{desk}” does not understand a question of deskpulse (HTTP 400).",
                "Request Tracker 5.0.2 or later is needed.",
                **self._names,
            )
        if status == 401:
            raise DeskRefused(
                "Help desk “{desk}” does not accept the token (HTTP 401).",
                "Make a new one for the bot's account under Settings, Auth Tokens, and set "
                "{variable}TOKEN.",
                **self._names,
            )
        if status == 403:
            raise Forbidden(
                "Help desk “{desk}” forbids the bot's account to read (HTTP 403).",
                "Let the account be granted rights (privileged), and give it SeeQueue and "
                "ShowTicket on the queues.",
                **self._names,
            )
        raise NotThere(
            "Help desk “{desk}” has no Request Tracker at its address (HTTP {status}).",
            "Set {variable}URL to the address of its start page.",
            status=status,
            **self._names,
        )

    def _json(self, answer: httpx.Response) -> Any:
        try:
            return answer.json()
        except ValueError:
            pass
        if "json" in answer.headers.get("Content-Type", ""):
            raise Garbled(
                "Help desk “{desk}” gave an answer that breaks off in the middle.",
                "It is asked again at the next sync; see what stands between it and deskpulse.",
                **self._names,
            )
        raise DeskMisunderstood(
            "Help desk “{desk}” gave a web page instead of data.",
            "Set {variable}URL to Request Tracker itself, not to a login page before it.",
            **self._names,
        )


@cache
def _certificates() -> ssl.SSLContext:
    """Whom to trust; read once, because that takes a tenth of a second."""
    return httpx.create_ssl_context()


def _sent_at(answer: httpx.Response) -> datetime | None:
    try:
        sent = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return None
    return sent if sent.tzinfo else sent.replace(tzinfo=UTC)


def _wait(answer: httpx.Response) -> float | None:
    """Seconds from `Retry-After`; the other form of it, a date, counts as not told."""
    told = answer.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() else None
