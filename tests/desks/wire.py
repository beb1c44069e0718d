"""Puts a simulated help desk on a port: real HTTP, the faults of lines, and its own clock.

A site is anything that answers what it is asked (`Site`). What can go wrong between it and
deskpulse is the same for all of them and is here.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from bot.clock import Clock

#: Stands in every text that a customer could have written: nothing of ours may ever show it.
SUBJECT = "a subject that nobody may see"


class Fault(Enum):
    """What can go wrong with one answer."""

    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    TOO_MANY = "429"
    TOO_MANY_FOR_A_SECOND = "429, Retry-After: 1"
    TOO_MANY_FOR_AN_HOUR = "429, Retry-After: 3600"
    BROKEN = "500"
    BAD_GATEWAY = "502"
    RESET = "the line is reset"
    CUT = "the line is cut in the middle of the answer"
    TRUNCATED = "JSON that breaks off"
    LOGIN_PAGE = "a web page with status 200"
    REDIRECT = "302 to a login page"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `params` are those of the query; of one that is repeated `all` has each."""

    method: str
    path: str
    params: Mapping[str, str]
    all: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: Any
    """The JSON of the body, if there is one."""

    @property
    def query(self) -> str:
        return "&".join(f"{name}={value}" for name, value in self.all)


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: `body` is JSON, or bytes as they are."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json; charset=utf-8"

    @property
    def content(self) -> bytes:
        if self.body is None and self.status == 204:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Site(Protocol):
    """A help desk with its tickets in memory."""

    @property
    def clock(self) -> Clock:
        """Its own."""

    def answer(self, asked: Asked) -> Told: ...


@dataclass
class Limit:
    """A vendor's limit, kept by the site's clock: `limit` requests in any `period` seconds."""

    clock: Clock
    limit: int
    period: float = 60.0
    refused: int = 0
    _taken: deque[datetime] = field(default_factory=deque)

    def take(self) -> bool:
        """Whether one more is allowed now; one that is not counts as refused."""
        self._forget()
        if len(self._taken) >= self.limit:
            self.refused += 1
            return False
        self._taken.append(self.clock.now())
        return True

    @property
    def left(self) -> int:
        self._forget()
        return self.limit - len(self._taken)

    @property
    def reset(self) -> float:
        """Seconds until the next one is allowed, at least one."""
        self._forget()
        if not self._taken:
            return 1.0
        free_at = self._taken[0] + timedelta(seconds=self.period)
        return max((free_at - self.clock.now()).total_seconds(), 1.0)

    def _forget(self) -> None:
        now = self.clock.now()
        while self._taken and (now - self._taken[0]).total_seconds() >= self.period:
            self._taken.popleft()


class ShiftedClock:
    """A clock that is wrong by as much as it is told."""

    def __init__(self, clock: Clock, off: timedelta) -> None:
        self._clock, self.off = clock, off

    def now(self) -> datetime:
        return self._clock.now() + self.off

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


@dataclass
class Server:
    """What happens on the wire: the site behind an address, its requests and its faults.

    `faults` are told by the number of the request, from 1; `always` befalls every one, `where` only
    those that it holds for. From the request with the number `dies_at` on every line is reset.
    `after` is called with the number of each request once it was answered from the site, before it
    is sent. `dated` is the time that answers tell, given the site's own; `None` where they tell none.
    """

    site: Site
    url: str = ""
    requests: list[Asked] = field(default_factory=list)
    faults: dict[int, Fault] = field(default_factory=dict)
    always: Fault | None = None
    where: Callable[[Asked], bool] = lambda _asked: True
    dies_at: int | None = None
    after: Callable[[int], None] = lambda _number: None
    dated: Callable[[datetime], datetime | None] = lambda now: now
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, part: str) -> list[Asked]:
        """Every request whose path contains that."""
        return [asked for asked in self.requests if part in asked.path]

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        with self._one_at_a_time:
            fault, told = self._answered(request)
        if fault is None:
            _send(request, told)
        else:
            _FAULTS[fault](request, told)

    def _answered(self, request: BaseHTTPRequestHandler) -> tuple[Fault | None, Told]:
        asked = _asked(request)
        self.requests.append(asked)
        number = len(self.requests)
        if self.dies_at is not None and number >= self.dies_at:
            return Fault.RESET, Told()
        fault = self.faults.get(number, self.always if self.where(asked) else None)
        told = self.site.answer(asked)
        self.after(number)
        return fault, told


def _asked(request: BaseHTTPRequestHandler) -> Asked:
    split = urlsplit(request.path)
    pairs = parse_qsl(split.query, keep_blank_values=True)
    length = int(request.headers.get("Content-Length") or 0)
    body = json.loads(request.rfile.read(length)) if length else None
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Asked(request.command, unquote(split.path), dict(pairs), pairs, headers, body)


@contextmanager
def served(site: Site, **given: Any) -> Iterator[Server]:
    """The site on a free port of 127.0.0.1, for as long as the block runs."""
    server = Server(site, **given)
    http = _Listener(("127.0.0.1", 0), _handler(server))
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Lines that are cut on purpose are no news; what is wrong here shows in the test."""


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            server.handle(self)

        def send_response(self, code: int, message: str | None = None) -> None:
            """The site's clock is what its answers carry, as far as they tell the time."""
            self.send_response_only(code, message)
            told = server.dated(server.site.clock.now())
            if told is not None:
                self.send_header("Date", self.date_time_string(told.timestamp()))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """The tests tell what matters."""

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer  # noqa: N815  http.server's names

    return Handler


def _send(request: BaseHTTPRequestHandler, told: Told) -> None:
    body = told.content
    request.send_response(told.status)
    request.send_header("Content-Type", told.kind)
    request.send_header("Content-Length", str(len(body)))
    for name, value in told.headers.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)


_Befalls = Callable[[BaseHTTPRequestHandler, Told], None]


def _refuse(status: int, **headers: str) -> _Befalls:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request, _: _send(request, Told({"message": SUBJECT}, status, named))


def _reset(request: BaseHTTPRequestHandler, _: Told) -> None:
    """Lingering for zero seconds closes with a reset instead of a polite end."""
    linger = struct.pack("ii", 1, 0)
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    request.close_connection = True
    request.connection.close()


def _cut(request: BaseHTTPRequestHandler, told: Told) -> None:
    body = told.content
    request.send_response(200)
    request.send_header("Content-Type", told.kind)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body[: len(body) // 2])
    request.close_connection = True


def _truncate(request: BaseHTTPRequestHandler, told: Told) -> None:
    body = told.content
    _send(request, Told(body[: len(body) // 2], 200, told.headers, told.kind))


def _page(status: int, **headers: str) -> _Befalls:
    page = f"<html><title>Login</title>{SUBJECT}</html>".encode()
    return lambda request, _: _send(request, Told(page, status, headers, "text/html"))


_FAULTS: Mapping[Fault, _Befalls] = {
    Fault.UNAUTHORIZED: _refuse(401),
    Fault.FORBIDDEN: _refuse(403),
    Fault.NOT_FOUND: _refuse(404),
    Fault.TOO_MANY: _refuse(429),
    Fault.TOO_MANY_FOR_A_SECOND: _refuse(429, Retry_After="1"),
    Fault.TOO_MANY_FOR_AN_HOUR: _refuse(429, Retry_After="3600"),
    Fault.BROKEN: _refuse(500),
    Fault.BAD_GATEWAY: _page(502),
    Fault.RESET: _reset,
    Fault.CUT: _cut,
    Fault.TRUNCATED: _truncate,
    Fault.LOGIN_PAGE: _page(200),
    Fault.REDIRECT: _page(302, Location="http://elsewhere.invalid/login"),
}
