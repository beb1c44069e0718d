"""Small HTTP servers on loopback, for tests: a server is a function from a request to a reply."""

from __future__ import annotations

import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """What came in. `path` begins with a slash and carries the query; header names are lower."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out. `Content-Length` is added."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Cut(Exception):
    """Raised instead of a reply: the line is reset and the client never hears an answer."""


@contextmanager
def serving(answer: Callable[[Request], Reply]) -> Iterator[str]:
    """Serves `answer` on a free port while the block runs; gives the address, without a slash.

    Every request has its own thread. Raises nothing of its own; an error in `answer` is printed
    and the client sees its line closed.
    """
    server = _Server(("127.0.0.1", 0), _handler(answer))
    # Polling a hundred times a second lets a test end without the default half second.
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up early is part of many tests and no news."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(answer: Callable[[Request], Reply]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, self.rfile.read(length))
            try:
                self._send(answer(request))
            except Cut:
                self._reset()

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def _reset(self) -> None:
            """Closes without the polite FIN: lingering for zero seconds sends an RST."""
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            self.rfile.close()
            self.connection.close()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
            """The tests tell what matters."""

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815  http.server's names

    return Handler
