"""Takes the measurements that other programs push over signed HTTP: `POST /measurements`.

A request is signed like Slack's own: `X-Deskpulse-Signature` is `v1=` and the hexadecimal
HMAC-SHA256 of `v1:{timestamp}:{body}` with the shared key, `X-Deskpulse-Timestamp` the seconds
since 1970 in it. It is good for five minutes, and once.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Any, NoReturn

import structlog

from bot.errors import UsageError
from bot.measurements import Batch, Cell, Problem, Recorded, column_named
from bot.services import Services
from bot.store import measurements

#: Where measurements are pushed to.
PATH = "/measurements"

#: How far the clock of the sender may be off.
TOLERANCE = timedelta(minutes=5)

#: The largest body, in bytes: some thousand measurements.
MOST_BYTES = 1_000_000

#: Who recorded what was pushed, in the audit log.
BY = "push"

StartResponse = Callable[..., Any]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: a status and an object."""

    status: HTTPStatus
    told: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


class _Refused(Exception):
    """Ends the transaction, and with it the claim of the signature: nothing was stored."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def respond(
    services: Services, environ: Mapping[str, Any], start_response: StartResponse
) -> Iterable[bytes]:
    """Answers a request to `PATH` (WSGI), always with JSON."""
    try:
        answer = _answer(services, environ)
    except _Refused as refused:
        answer = refused.answer
        log.info("push_refused", status=answer.status.value)
    body = json.dumps(answer.told, ensure_ascii=False).encode() + b"\n"
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **answer.headers,
    }
    start_response(f"{answer.status.value} {answer.status.phrase}", list(headers.items()))
    return [body]


def _answer(services: Services, environ: Mapping[str, Any]) -> Answer:
    key = services.settings.push_secret
    if key is None:
        _refuse(HTTPStatus.NOT_FOUND, "DESKPULSE_PUSH_SECRET is not set, so nothing is taken here.")
    if environ["REQUEST_METHOD"] != "POST":
        _refuse(HTTPStatus.METHOD_NOT_ALLOWED, "Measurements are sent by POST.", Allow="POST")
    body = _body(environ)
    signature = _verified(services, environ, body, key.get_secret_value().encode())
    batch = _batch(_content(environ, body), services)
    done = _record(services, batch, signature)
    if done is None:
        return Answer(HTTPStatus.OK, {**Recorded().counts(), "already_stored": True})
    log.info("measurements_pushed", **done.counts())
    return Answer(HTTPStatus.OK, {**done.counts(), "already_stored": False})


def _refuse(status: HTTPStatus, sentence: str, **headers: str) -> NoReturn:
    raise _Refused(Answer(status, {"error": sentence}, headers))


def _body(environ: Mapping[str, Any]) -> bytes:
    """The body, of which never more than the most is read."""
    told = environ.get("CONTENT_LENGTH") or "0"
    length = int(told) if told.isdecimal() and len(told) < 20 else MOST_BYTES + 1
    if length > MOST_BYTES:
        _refuse(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "A push is at most 1 MB: send the measurements in parts.",
        )
    body: bytes = environ["wsgi.input"].read(length)
    return body


# --- Who sent it ---------------------------------------------------------------------------------


def sign(body: bytes, timestamp: str, key: bytes) -> str:
    """The signature of a body that is sent at `timestamp`, in hexadecimal."""
    return hmac.new(key, b"v1:" + timestamp.encode() + b":" + body, sha256).hexdigest()


def _verified(services: Services, environ: Mapping[str, Any], body: bytes, key: bytes) -> str:
    """The signature of a request that is rightly signed, and now."""
    timestamp = environ.get("HTTP_X_DESKPULSE_TIMESTAMP", "")
    given = environ.get("HTTP_X_DESKPULSE_SIGNATURE", "")
    if not timestamp or not given:
        _refuse(
            HTTPStatus.UNAUTHORIZED,
            "The headers X-Deskpulse-Timestamp and X-Deskpulse-Signature are missing.",
        )
    if not _is_now(services, timestamp):
        _refuse(
            HTTPStatus.UNAUTHORIZED,
            "X-Deskpulse-Timestamp has to be the present time in seconds since 1970, "
            "at most 5 minutes off.",
        )
    signature = sign(body, timestamp, key)
    # As bytes: a header may hold what is no ASCII.
    if not hmac.compare_digest(given.encode("utf-8", "replace"), f"v1={signature}".encode()):
        _refuse(
            HTTPStatus.UNAUTHORIZED,
            "X-Deskpulse-Signature is not the signature of this body and timestamp.",
        )
    return signature


def _is_now(services: Services, timestamp: str) -> bool:
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 12):
        return False
    off = services.clock.now().timestamp() - int(timestamp)
    return abs(off) <= TOLERANCE.total_seconds()


# --- What it holds -------------------------------------------------------------------------------


def _content(environ: Mapping[str, Any], body: bytes) -> list[Any]:
    """The list in the JSON of the body."""
    media_type = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        _refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Measurements are sent as application/json.")
    try:
        told = json.loads(body, parse_constant=_no_number, object_pairs_hook=_once)
    except _Twice as error:
        _refuse(HTTPStatus.BAD_REQUEST, f"The body has “{error.name}” twice in the same object.")
    except (ValueError, RecursionError):
        _refuse(HTTPStatus.BAD_REQUEST, "The body is not JSON in UTF-8.")
    match told:
        case {"measurements": [_, *_] as entries, **more} if not more:
            return list(entries)
    _refuse(
        HTTPStatus.BAD_REQUEST,
        'The body has to be {"measurements": [...]} with at least one measurement.',
    )


class _Twice(Exception):
    """A name that an object of the JSON has more than once: which value is meant nobody knows."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these names and values, each name once."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Twice(name[:60])
        found[name] = value
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _batch(entries: list[Any], services: Services) -> Batch:
    """The entries by their index, and what is wrong with the others."""
    rows: list[tuple[int, dict[str, Cell]]] = []
    problems: list[Problem] = []
    for index, told in enumerate(entries):
        try:
            rows.append((index, _cells(told)))
        except UsageError as error:
            problems.append(Problem(index, error))
    today = services.clock.now().astimezone(services.settings.tz).date()
    read = Batch.read(rows, today=today, decimal=".")
    return Batch(read.entries, [*problems, *read.problems])


def _cells(told: Any) -> dict[str, Cell]:
    """What is said of one measurement, by column. Raises `UsageError`."""
    if not isinstance(told, dict):
        raise UsageError("A measurement is an object, with “metric” and “from”.")
    cells: dict[str, Cell] = {}
    for name, cell in told.items():
        column = column_named(name)
        if column in cells:
            raise UsageError("“{name}” is there twice.", name=column)
        if isinstance(cell, bool) or not isinstance(cell, str | int | float | None):
            raise UsageError("“{name}” has to be a text or a number.", name=column)
        cells[column] = cell
    return cells


def _record(services: Services, batch: Batch, signature: str) -> Recorded | None:
    """Stores all of a push; `None` when it was stored before. With the claim, or not at all."""
    now, workspace = services.clock.now(), services.workspace
    with services.writing() as session:
        if not measurements.claim_push(
            session, workspace, signature, now=now, kept_for=2 * TOLERANCE
        ):
            return None
        done = measurements.record(session, workspace, batch, by=BY, now=now)
        if done.problems:
            raise _Refused(_problems(done.problems))
    return done


def _problems(problems: Iterable[Problem]) -> Answer:
    told = [{"index": problem.place, "error": str(problem.error)} for problem in problems]
    return Answer(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        {"error": "Nothing was stored: some measurements are wrong.", "problems": told},
    )
