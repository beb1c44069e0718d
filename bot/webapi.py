"""The web API of a help desk: asks within its limits, tries again what may pass, knows refusals.

    DeskError
    ├── DeskRefused (401) ── Forbidden (402, 403) · NotThere (404)
    ├── DeskUnavailable ── Passing (5xx, no answer; tried again) · DeskBusy (429, after some waits)
    └── DeskMisunderstood ── Garbled (breaks off; tried again) · Rejected (400, 422)

It only reads, and its token goes to the address that the operator gave and to no other. What is the
same for all desks is here; what a vendor calls its limits and where it keeps its tokens is told by
each desk (`Words`, `bot.limits`).
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache, partial
from threading import Event
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import httpx
import stamina
from pydantic import TypeAdapter, ValidationError

from bot import logs
from bot.clock import Clock
from bot.errors import DeskBusy, DeskMisunderstood, DeskRefused, DeskUnavailable
from bot.limits import AT_ONCE, LONGEST_SAID, Limits
from bot.pauses import Pauses

#: Tries of one request that fails for a moment.
TRIES = 4

#: How often in a row a request waits because the desk says that there were too many.
MOST_WAITS = 5

#: So many times as long as it may be silent an answer may take as a whole.
WHOLE = 4

Model = TypeVar("Model")
Given = TypeVar("Given")
Params = Mapping[str, str | int] | Sequence[tuple[str, str | int]]


class Passing(DeskUnavailable):
    """Worth another try."""


class Garbled(DeskMisunderstood):
    """Not JSON to its end: worth another try."""


class Rejected(DeskMisunderstood):
    """The desk does not understand the question; `detail` is what it said, never shown or logged."""

    detail: bytes = b""


class Forbidden(DeskRefused):
    """The account lacks a right, or the plan a feature."""


class NotThere(DeskRefused):
    """There is nothing at that address."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the sentences about one kind of help desk say; each mend is a whole sentence.

    `{variable}` in them becomes what the names of its settings begin with.
    """

    product: str
    token: str
    rights: str
    address: str
    version: str = "See CHANGELOG.md for a newer deskpulse: its API may have changed."


@dataclass(frozen=True, slots=True)
class Answer(Generic[Model]):
    """What the desk answered, its headers, and its own time, where it tells that."""

    data: Model
    headers: httpx.Headers
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Access:
    """Where a desk is and how one gets in; `timeout` are seconds for one answer."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: tuple[str, str] | None = field(default=None, repr=False)
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class _Question:
    """What is sent; `body` is what becomes JSON."""

    method: str
    path: str
    params: Params = ()
    body: Any = None
    lanes: Sequence[str] = ()


def _worth_a_try(error: Exception) -> bool:
    return isinstance(error, Passing | Garbled)


class WebApi:
    """Asks one help desk; any number of threads may share it."""

    def __init__(
        self,
        desk: str,
        access: Access,
        words: Words,
        limits: Limits,
        *,
        clock: Clock,
        pauses: Pauses,
    ) -> None:
        self._desk, self._words, self._clock, self._pauses = desk, words, clock, pauses
        self._variable = f"DESKPULSE_DESKS__{desk.upper()}__"
        self._timeout = access.timeout
        self._limits = limits
        logs.hush()
        self._client = httpx.Client(
            base_url=access.url.rstrip("/") + "/",
            headers={"Accept": "application/json", "User-Agent": "deskpulse", **access.headers},
            auth=access.auth,
            timeout=access.timeout,
            verify=_certificates(),
            # The token goes to the address that the operator gave and to no other.
            follow_redirects=False,
            limits=httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE),
        )

    def close(self) -> None:
        self._client.close()

    def get(
        self, model: type[Model], path: str, params: Params = (), *, lanes: Sequence[str] = ()
    ) -> Answer[Model]:
        """The answer at `path` as `model`. Raises the `DeskError`s above.

        A `path` that is a whole link of the desk's own is followed below the address that the
        operator gave, wherever the link points to.
        """
        return self._ask(model, _Question("GET", path, params, lanes=lanes))

    def post(
        self, model: type[Model], path: str, body: Any, *, lanes: Sequence[str] = ()
    ) -> Answer[Model]:
        """The same for a search whose conditions are a JSON body."""
        return self._ask(model, _Question("POST", path, body=body, lanes=lanes))

    def each(self, work: Callable[[Given], Model], things: Iterable[Given]) -> list[Model]:
        """`work` for each of the things, several at the same moment, within the limits.

        In the order of the things. After an error nothing further is begun; it is raised once what
        is under way has ended.
        """
        them = list(things)
        if len(them) < 2:
            return [work(one) for one in them]
        failed = Event()

        def begun(one: Given) -> Model:
            if failed.is_set():
                raise CancelledError
            is_done = False
            try:
                told = work(one)
                is_done = True
            finally:
                if not is_done:
                    failed.set()
            return told

        with ThreadPoolExecutor(min(AT_ONCE, len(them)), thread_name_prefix=self._desk) as threads:
            asked = [threads.submit(begun, one) for one in them]
        return _results(asked)

    # --- one request ---

    def _ask(self, model: type[Model], question: _Question) -> Answer[Model]:
        for attempt in stamina.retry_context(
            on=_worth_a_try, attempts=TRIES, timeout=None, wait_initial=0.5, wait_max=10.0
        ):
            with attempt:
                answer = self._within_limits(question)
                self._accept(answer)
                return Answer(self._read(model, answer), answer.headers, _sent_at(answer))
        raise AssertionError("a retry ends with an answer or an error")

    def _within_limits(self, question: _Question) -> httpx.Response:
        """The answer of the desk, after as many waits as it asks for."""
        for _ in range(MOST_WAITS):
            answer, seconds = self._once(question)
            if seconds is None:
                return answer
        raise DeskBusy(
            "Help desk “{desk}” says that there were too many requests (HTTP {status}).",
            "It is asked again at the next sync; if that lasts, see who else uses its API.",
            wait=seconds or 0.0,
            **self._names(status=answer.status_code),
        )

    def _once(self, question: _Question) -> tuple[httpx.Response, float | None]:
        """The answer, and the seconds to wait before the next try where it asks for that."""
        turn = self._limits.turn(
            question.lanes, self._clock, partial(self._pauses.wait, self._desk)
        )
        headers, pause = None, None
        try:
            answer = self._send(question)
            headers, pause = answer.headers, self._pause(answer)
        finally:
            self._limits.answered(turn, self._clock.now(), headers, pause)
        return answer, pause

    def _send(self, question: _Question) -> httpx.Response:
        try:
            # A link may have a query of its own, which httpx would put the parameters in place of.
            address = httpx.URL(self._below(question.path))
            if question.params:
                address = address.copy_merge_params(_listed(question.params))
            with self._client.stream(question.method, address, json=question.body) as answer:
                return self._whole(answer)
        except (httpx.InvalidURL, ValueError):
            raise DeskMisunderstood(
                "Help desk “{desk}” gave a link that leads nowhere.",
                self._words.version,
                **self._names(),
            ) from None
        except httpx.TimeoutException:
            raise Passing(
                "Help desk “{desk}” did not answer within {seconds} seconds.",
                "See whether it is busy, or give it longer with {variable}TIMEOUT.",
                **self._names(seconds=f"{self._timeout:g}"),
            ) from None
        except httpx.RequestError:
            raise Passing(
                "Help desk “{desk}” is out of reach or cut the line.",
                "See whether it runs and whether {variable}URL leads to it.",
                **self._names(),
            ) from None

    def _whole(self, answer: httpx.Response) -> httpx.Response:
        """All of an answer. httpx bounds only for how long it is silent, and one may drip for ever."""
        longest = self._timeout * WHOLE
        until = self._clock.now() + timedelta(seconds=longest)
        parts = []
        for part in answer.iter_raw():
            parts.append(part)
            if self._clock.now() > until:
                raise Passing(
                    "Help desk “{desk}” took more than {seconds} seconds for one answer.",
                    "See whether it is busy, or give it longer with {variable}TIMEOUT.",
                    **self._names(seconds=f"{longest:g}"),
                )
        return httpx.Response(
            answer.status_code,
            headers=answer.headers,
            content=b"".join(parts),
            request=answer.request,
        )

    def _below(self, path: str) -> str:
        """The path and the query of a link, so that no link leads the token elsewhere."""
        if "://" not in path:
            return path
        parts = urlsplit(path)
        base = self._client.base_url.path
        own = parts.path.removeprefix(base) if parts.path.startswith(base) else parts.path
        return own + (f"?{parts.query}" if parts.query else "")

    def _pause(self, answer: httpx.Response) -> float | None:
        """Seconds that the desk asks for: `Retry-After`, or what is usual there without one.

        That may be a date, by the desk's own clock.
        """
        if not _asks_to_wait(answer):
            return None
        told = answer.headers.get("Retry-After", "").strip()
        until = _moment(told)
        if until is not None:
            seconds = (until - (_sent_at(answer) or self._clock.now())).total_seconds()
        elif told.replace(".", "", 1).isdecimal():
            seconds = float(told)
        else:
            return self._limits.too_many
        return min(max(seconds, 1.0), LONGEST_SAID)

    def _accept(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if answer.is_success:
            return
        names = self._names(status=status, product=self._words.product)
        if status >= 500 or status in (408, 409):
            raise Passing(
                "Help desk “{desk}” is busy or broken (HTTP {status}).",
                "It is asked again at the next sync; if that lasts, see its own log.",
                **names,
            )
        if status in (400, 422):
            rejected = Rejected(
                "Help desk “{desk}” does not understand a question of deskpulse (HTTP {status}).",
                self._words.version,
                **names,
            )
            rejected.detail = answer.content[:2_000]
            raise rejected
        if status == 401:
            raise DeskRefused(
                "Help desk “{desk}” does not accept the token (HTTP 401).",
                self._words.token,
                **names,
            )
        if status in (402, 403):
            raise Forbidden(
                "Help desk “{desk}” forbids the bot's account to read (HTTP {status}).",
                self._words.rights,
                **names,
            )
        # Only these two say that the thing itself is gone: a login page in between says nothing of it.
        kind = NotThere if status in (404, 410) else DeskRefused
        raise kind(
            "Help desk “{desk}” has no {product} at its address (HTTP {status}).",
            self._words.address,
            **names,
        )

    def _read(self, model: type[Model], answer: httpx.Response) -> Model:
        shape: Any = model
        try:
            # One pass over the bytes: what nobody asked for is never made an object.
            read: Model = _adapter(shape).validate_json(answer.content or b"null")
        except ValidationError as error:
            problem = error.errors(include_input=False, include_url=False, include_context=False)[0]
        else:
            return read
        # An answer without anything in it breaks off too, where something was to be in it.
        if problem["type"] == "json_invalid" or not answer.content:
            raise self._no_json(answer)
        part = ".".join(str(step) for step in problem["loc"]) or "it"
        raise DeskMisunderstood(
            "Help desk “{desk}” gave an answer in which “{part}” is missing or strange.",
            self._words.version,
            **self._names(part=part),
        )

    def _no_json(self, answer: httpx.Response) -> DeskMisunderstood:
        if "json" in answer.headers.get("Content-Type", ""):
            return Garbled(
                "Help desk “{desk}” gave an answer that breaks off in the middle.",
                "It is asked again at the next sync; see what stands between it and deskpulse.",
                **self._names(),
            )
        return DeskMisunderstood(
            "Help desk “{desk}” gave a web page instead of data.",
            "Set {variable}URL to {product} itself, not to a login page before it.",
            **self._names(product=self._words.product),
        )

    def _names(self, **more: object) -> dict[str, Any]:
        return {"desk": self._desk, "variable": self._variable, **more}


def _asks_to_wait(answer: httpx.Response) -> bool:
    """Whether there were too many requests; a service that is overloaded may say when to come back."""
    status = answer.status_code
    return status == 429 or (status == 503 and "Retry-After" in answer.headers)


def _listed(params: Params) -> list[tuple[str, Any]]:
    return list(params.items()) if isinstance(params, Mapping) else list(params)


@cache
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


@cache
def _certificates() -> ssl.SSLContext:
    """Whom to trust; read once, because that takes a tenth of a second."""
    return httpx.create_ssl_context()


def _results(ended: Sequence[Future[Model]]) -> list[Model]:
    """What came of each, in order; the first error among them is raised."""
    errors = (one.exception() for one in ended)
    for error in errors:
        if error is not None and not isinstance(error, CancelledError):
            raise error
    return [one.result() for one in ended]


def _sent_at(answer: httpx.Response) -> datetime | None:
    return _moment(answer.headers.get("Date", ""))


def _moment(told: str) -> datetime | None:
    """A date of HTTP; `None` for what is none."""
    try:
        moment = parsedate_to_datetime(told)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
