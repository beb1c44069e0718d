"""Slack's side of Socket Mode: hands envelopes to whoever is connected, and keeps what comes back.

The shapes are those of https://docs.slack.dev/apis/events-api/using-socket-mode.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from queue import Empty, Queue
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tests.slack_double import SlackDouble
from tests.slack_requests import Signed

Json = dict[str, Any]

#: How long somebody may take to connect, or to acknowledge, in seconds.
PATIENCE = 30


class SocketMode:
    """The open lines of an app. `acknowledged` are the ids of envelopes, in order."""

    def __init__(self) -> None:
        self.acknowledged: Queue[str] = Queue()
        self.lines = 0
        self._ready: Queue[ServerConnection] = Queue()
        self._numbers = count(1)
        self._current: ServerConnection | None = None

    def serve(self, line: ServerConnection) -> None:
        """Greets whoever connects, and listens until the line ends."""
        self.lines += 1
        line.send(json.dumps({"type": "hello", "num_connections": 1}))
        self._ready.put(line)
        try:
            for told in line:
                self.acknowledged.put(json.loads(told)["envelope_id"])
        except ConnectionClosed:
            return  # the client was stopped in the middle, which a test may want

    def hand(self, signed: Signed, *, times: int = 1) -> str:
        """Sends a command, or a click, to the newest line, perhaps again; gives the envelope's id."""
        fields = dict(parse_qsl(signed.body.decode(), keep_blank_values=True))
        is_command = "command" in fields
        envelope = f"envelope-{next(self._numbers)}"
        for attempt in range(times):
            message = {
                "envelope_id": envelope,
                "type": "slash_commands" if is_command else "interactive",
                "accepts_response_payload": True,
                "payload": fields if is_command else json.loads(fields["payload"]),
                **({"retry_attempt": attempt, "retry_reason": "timeout"} if attempt else {}),
            }
            self.line().send(json.dumps(message))
            self._expect(envelope)
        return envelope

    def line(self) -> ServerConnection:
        """The newest line, once there is one."""
        while self._current is None or not self._ready.empty():
            self._current = self._ready.get(timeout=PATIENCE)
        return self._current

    def refresh(self) -> None:
        """Asks the client to connect anew and ends its line, as Slack does every few hours."""
        line = self.line()
        self._current = None
        line.send(json.dumps({"type": "disconnect", "reason": "refresh_requested"}))
        line.close()

    def _expect(self, envelope: str) -> None:
        try:
            acknowledged = self.acknowledged.get(timeout=PATIENCE)
        except Empty:
            raise TimeoutError(f"{envelope} was not acknowledged") from None
        assert acknowledged == envelope


@contextmanager
def socket_mode(slack: SlackDouble) -> Iterator[SocketMode]:
    """Opens Socket Mode at a Slack for as long as the block runs."""
    mode = SocketMode()
    with serve(mode.serve, "127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        slack.socket_url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/link/?ticket=1"
        try:
            yield mode
        finally:
            slack.socket_url = None
            server.shutdown()
            thread.join()
