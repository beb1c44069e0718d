"""A proxy before a Slack-like API that makes calls fail as they fail on the internet."""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self, assert_never

import httpx

from bot.clock import SystemClock
from tests.loopback import Cut, Reply, Request, serving


@dataclass(frozen=True, slots=True)
class RateLimited:
    """429 with `Retry-After`, in seconds; nothing was done."""

    retry_after: int = 1


@dataclass(frozen=True, slots=True)
class ServerError:
    """Slack answers with an HTTP error and no JSON; nothing was done."""

    status: int = 500


@dataclass(frozen=True, slots=True)
class Reset:
    """The line is reset before the call reaches Slack; nothing was done."""


@dataclass(frozen=True, slots=True)
class LostResponse:
    """Slack does it, but the line is reset before its answer arrives."""


@dataclass(frozen=True, slots=True)
class Slow:
    """Slack does it, so many seconds late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Refused:
    """Slack answers `{"ok": false, "error": …}`; nothing was done."""

    error: str


@dataclass(frozen=True, slots=True)
class Through:
    """The call goes through, so that the faults after it wait for later calls."""


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Something happens `before` the call meets its fate (`then`), or `after` it, before the answer."""

    before: Callable[[], object] = lambda: None
    after: Callable[[], object] = lambda: None
    then: Fault = Through()


Fault = RateLimited | ServerError | Reset | LostResponse | Slow | Refused | Through | Meanwhile

#: Headers that belong to one connection, or that httpx sets itself.
_OWN_HEADERS = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding"}


class SlackFaults:
    """Such a proxy before the API at `upstream` (".../api/"), running while a `with` block does.

    `api_url` is where it listens. A method is named as Slack names it ("chat.postMessage"); the
    upload of a file's bytes is called "upload".
    """

    def __init__(self, upstream: str) -> None:
        self.api_url = ""
        self._upstream = upstream
        # The upstream is on loopback: reading the world's certificates would be most of a test.
        self._client = httpx.Client(timeout=30, verify=False)
        self._open = ExitStack()
        self._faults: dict[str, deque[Fault]] = {}
        self._calls: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._open.enter_context(self._client)
        self.api_url = self._open.enter_context(serving(self.answer)) + "/api/"
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def on(self, method: str, *faults: Fault) -> None:
        """The next calls of `method` meet these faults, one each, in order; later ones none."""
        with self._lock:
            self._faults.setdefault(method, deque()).extend(faults)

    def calls(self, method: str) -> int:
        """How often `method` was called, whatever became of it."""
        with self._lock:
            return self._calls[method]

    def done(self, method: str) -> int:
        """How many calls of `method` reached Slack."""
        with self._lock:
            return self._done[method]

    def left(self, method: str) -> int:
        """How many faults of `method` nobody has met yet."""
        with self._lock:
            return len(self._faults.get(method, ()))

    def answer(self, request: Request) -> Reply:
        method = _method(request.path)
        return self._meet(self._next(method), method, request)

    def _meet(self, fault: Fault, method: str, request: Request) -> Reply:
        match fault:
            case RateLimited(retry_after):
                headers = {"Retry-After": str(retry_after), "Content-Type": "application/json"}
                return Reply(_refusal("ratelimited"), 429, headers)
            case ServerError(status):
                return Reply(b"<html><body>upstream error</body></html>", status)
            case Reset():
                raise Cut
            case LostResponse():
                self._forward(method, request)
                raise Cut
            case Slow(seconds):
                SystemClock().sleep(seconds)
                return self._forward(method, request)
            case Refused(error):
                return Reply(_refusal(error), headers={"Content-Type": "application/json"})
            case Through():
                return self._forward(method, request)
            case Meanwhile(before, after, then):
                before()
                try:
                    return self._meet(then, method, request)
                finally:
                    after()
            case never:
                assert_never(never)

    def _next(self, method: str) -> Fault:
        with self._lock:
            self._calls[method] += 1
            waiting = self._faults.get(method)
            return waiting.popleft() if waiting else Through()

    def _forward(self, method: str, request: Request) -> Reply:
        with self._lock:
            self._done[method] += 1
        response = self._client.request(
            request.method,
            _root(self._upstream) + request.path,
            content=request.body,
            headers={k: v for k, v in request.headers.items() if k not in _OWN_HEADERS},
        )
        # The address for uploads stands in an answer: it too has to lead through here.
        body = response.content.replace(
            _root(self._upstream).encode(), _root(self.api_url).encode()
        )
        kept = {k: v for k, v in response.headers.items() if k not in _OWN_HEADERS}
        kept.pop("content-encoding", None)
        return self.amended(method, request, Reply(body, response.status_code, kept))

    def amended(self, _method: str, _request: Request, reply: Reply) -> Reply:
        """Slack's answer as it is handed on: as it came. A proxy of another kind may amend it."""
        return reply


def _method(path: str) -> str:
    plain = path.partition("?")[0].strip("/")
    return "upload" if plain.startswith("upload") else plain.removeprefix("api/")


def _root(api_url: str) -> str:
    return api_url.removesuffix("/").removesuffix("/api")


def _refusal(error: str) -> bytes:
    return json.dumps({"ok": False, "error": error}).encode()
