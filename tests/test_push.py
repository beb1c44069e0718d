from __future__ import annotations

import hmac
import io
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.clock import SystemClock
from bot.push import MOST_BYTES, respond
from bot.services import Services
from bot.store.database import Database
from bot.store.tables import Measurement, Run
from tests.processes import STARTED, Program, running, settings
from tests.programs import another, program, together
from tests.slack_double import SlackDouble
from tests.times import StandingClock, T

SECRET = "the push secret of the tests"
CHURN: Mapping[str, Any] = {
    "metric": "churn_rate",
    "from": "2024-10-01",
    "to": "2024-10-31",
    "numerator": 12,
    "denominator": 3_400,
    "group": "a confidential group",
}
CALLS: Mapping[str, Any] = {"metric": "calls", "from": "2024-11-01", "value": 1_200}
STORED = {"added": 0, "replaced": 0, "removed": 0, "unchanged": 0, "already_stored": False}


@dataclass(frozen=True, slots=True)
class Request:
    """A signed request, as the documentation says that one is made."""

    body: bytes
    headers: dict[str, str]

    def but(self, **headers: str | None) -> Request:
        """The same with other headers, or without some."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        merged = {**self.headers, **changed}
        return Request(self.body, {name: one for name, one in merged.items() if one is not None})


def signed(told: Any, timestamp: float, secret: str = SECRET) -> Request:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    moment = str(int(timestamp))
    text = b"v1:" + moment.encode() + b":" + body
    headers = {
        "Content-Type": "application/json",
        "X-Deskpulse-Timestamp": moment,
        "X-Deskpulse-Signature": "v1=" + hmac.new(secret.encode(), text, sha256).hexdigest(),
    }
    return Request(body, headers)


def push(*entries: Any, at: float = T().timestamp(), secret: str = SECRET) -> Request:
    return signed({"measurements": list(entries)}, at, secret)


# --- The answers, with a clock that stands still ---------------------------------------------------


@pytest.fixture
def services(database: Database, clock: StandingClock) -> Services:
    return program(database, clock, push_secret=SECRET)


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    told: dict[str, Any]
    headers: dict[str, str]

    @property
    def problems(self) -> dict[int, str]:
        """What is wrong, by the index of the measurement."""
        return {problem["index"]: problem["error"] for problem in self.told["problems"]}


class Reading(io.BytesIO):
    """A body that keeps how much of it was asked for."""

    asked = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.asked += len(self.getvalue()) if size is None or size < 0 else size
        return super().read(size)


def send(
    services: Services, request: Request, *, method: str = "POST", length: str | None = None
) -> Answered:
    """Hands a request to the application, as a WSGI server does."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "CONTENT_LENGTH": str(len(request.body)) if length is None else length,
        "wsgi.input": Reading(request.body),
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key.startswith("CONTENT_") else f"HTTP_{key}"] = value
    got: list[Any] = []
    body = b"".join(respond(services, environ, lambda *given: got.extend(given)))
    headers = dict(got[1])
    assert headers["Content-Type"] == "application/json"
    assert headers["Content-Length"] == str(len(body))
    assert environ["wsgi.input"].asked <= MOST_BYTES
    return Answered(int(got[0].partition(" ")[0]), json.loads(body), headers)


def kept(services: Services) -> list[tuple[str, float, float]]:
    with services.reading() as session:
        rows = session.scalars(select(Measurement).order_by(col(Measurement.day)))
        return [(row.metric, row.numerator, row.denominator) for row in rows]


def claims(services: Services) -> int:
    with services.reading() as session:
        return len(list(session.scalars(select(Run).where(col(Run.subject) == "push"))))


def test_a_signed_push_is_stored(services: Services) -> None:
    answered = send(services, push(CHURN, CALLS))
    assert (answered.status, answered.told) == (200, {**STORED, "added": 2})
    assert kept(services) == [("churn_rate", 12, 3_400), ("call_volume", 1_200, 1)]


def test_the_same_days_again_are_replaced_by_a_push_of_their_own(services: Services) -> None:
    send(services, push(CHURN))
    mended = send(services, push({**CHURN, "numerator": 13}, CALLS))
    assert mended.told == {**STORED, "added": 1, "replaced": 1}
    off = {**CHURN, "numerator": "off", "denominator": None}
    assert send(services, push(off)).told == {**STORED, "removed": 1}
    assert kept(services) == [("call_volume", 1_200, 1)]


def test_the_same_request_twice_is_answered_and_does_nothing(services: Services) -> None:
    first = push(CHURN)
    send(services, first)
    send(services, push({**CHURN, "numerator": 13}, at=T(1).timestamp()))
    again = send(services, first)
    assert (again.status, again.told) == (200, {**STORED, "already_stored": True})
    assert kept(services) == [("churn_rate", 13, 3_400)]


def test_a_request_cannot_be_repeated_in_another_spelling(services: Services) -> None:
    first = push(CHURN)
    send(services, first)
    signature = first.headers["X-Deskpulse-Signature"]
    for spelled in (signature.upper(), f"{signature} ", signature.replace("v1=", "v1=0")):
        assert send(services, first.but(X_Deskpulse_Signature=spelled)).status == 401


def test_two_processes_store_the_same_request_once(services: Services) -> None:
    request = push(CHURN)
    with another(services) as other:
        answers = together(lambda: send(services, request), lambda: send(other, request))
    assert sorted(answered.told["already_stored"] for answered in answers) == [False, True]
    assert kept(services) == [("churn_rate", 12, 3_400)]


def test_a_push_that_was_refused_may_be_sent_again(services: Services) -> None:
    request = push(CHURN)
    send(services, push({**CHURN, "to": "2024-10-05"}, at=T(1).timestamp()))
    assert send(services, request).status == 422
    send(services, push({**CHURN, "to": "2024-10-05", "numerator": "off"}, at=T(2).timestamp()))
    assert send(services, request).told == {**STORED, "added": 1}


def test_signatures_are_forgotten_once_they_are_too_old_to_be_taken(
    services: Services, clock: StandingClock
) -> None:
    early = push(CHURN, at=T(minutes=5).timestamp())
    assert send(services, early).status == 200
    clock.move(minutes=10)
    send(services, push(CALLS, at=clock.now().timestamp()))
    assert claims(services) == 2
    assert send(services, early).told["already_stored"] is True
    clock.move(seconds=1)
    send(services, push({**CALLS, "value": 5}, at=clock.now().timestamp()))
    assert claims(services) == 2
    assert send(services, early).status == 401


@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-300, 200), (300, 200), (301, 401)])
def test_a_timestamp_is_at_most_five_minutes_off(
    services: Services, seconds: float, status: int
) -> None:
    answered = send(services, push(CHURN, at=T(seconds).timestamp()))
    assert answered.status == status


def the_other_body() -> Request:
    return Request(push(CALLS).body, push(CHURN).headers)


UNSIGNED = {
    "another secret": push(CHURN, secret="another secret of 16"),
    "another body": the_other_body(),
    "another timestamp": push(CHURN).but(X_Deskpulse_Timestamp=str(int(T(1).timestamp()))),
    "no signature": push(CHURN).but(X_Deskpulse_Signature=None),
    "no timestamp": push(CHURN).but(X_Deskpulse_Timestamp=None),
    "an empty signature": push(CHURN).but(X_Deskpulse_Signature=""),
    "a signature of letters": push(CHURN).but(X_Deskpulse_Signature="v1=ñ\u00ff"),
    "another version": push(CHURN).but(X_Deskpulse_Signature="v0=" + "0" * 64),
    "a date for a timestamp": push(CHURN).but(X_Deskpulse_Timestamp="2026-11-20T07:00:00Z"),
    "a fraction for a timestamp": push(CHURN).but(X_Deskpulse_Timestamp=f"{T().timestamp()}"),
    "a negative timestamp": push(CHURN).but(X_Deskpulse_Timestamp="-5"),
    "an endless timestamp": push(CHURN).but(X_Deskpulse_Timestamp="9" * 6_000),
    "milliseconds": push(CHURN, at=T().timestamp() * 1_000),
    "digits of another script": push(CHURN).but(X_Deskpulse_Timestamp="١٧٩٥١٥٨٠٠٠"),
}


@pytest.mark.parametrize("how", UNSIGNED)
def test_what_is_not_rightly_signed_is_refused_with_a_sentence(
    services: Services, how: str
) -> None:
    answered = send(services, UNSIGNED[how])
    assert answered.status == 401
    assert list(answered.told) == ["error"]
    assert answered.told["error"].startswith(("The headers X-", "X-Deskpulse-"))
    assert kept(services) == []
    assert claims(services) == 0


def at_noon(body: bytes) -> Request:
    return signed(body, T().timestamp())


WRONG_BODIES = {
    "empty": b"",
    "no JSON": b"metric=churn",
    "cut off": b'{"measurements": [',
    "no UTF-8": b'{"measurements": ["\xff"]}',
    "a list": b"[]",
    "nothing": b"null",
    "no measurements": b'{"measurements": []}',
    "no list": b'{"measurements": {"metric": "churn"}}',
    "a name twice": b'{"measurements": [{"from": "2026-09", "from": "2026-08"}]}',
    "more than measurements": b'{"measurements": [{}], "dry_run": true}',
    "not a number": b'{"measurements": [{"numerator": NaN}]}',
    "endless": b'{"measurements": [{"numerator": Infinity}]}',
    "very deep": b"[" * 100_000,
    "a very long number": b'{"measurements": [{"numerator": ' + b"9" * 5_000 + b"}]}",
}


@pytest.mark.parametrize("what", WRONG_BODIES)
def test_a_body_of_another_shape_is_refused(services: Services, what: str) -> None:
    answered = send(services, at_noon(WRONG_BODIES[what]))
    assert answered.status == 400
    assert answered.told["error"].startswith("The body ")
    assert claims(services) == 0


@pytest.mark.parametrize(
    "media_type", ["text/plain", "", None, "application/x-www-form-urlencoded"]
)
def test_another_media_type_is_refused(services: Services, media_type: str | None) -> None:
    answered = send(services, push(CHURN).but(Content_Type=media_type))
    assert answered.status == 415
    assert kept(services) == []


def test_a_media_type_may_name_its_encoding(services: Services) -> None:
    request = push(CHURN).but(Content_Type="Application/JSON; charset=utf-8")
    assert send(services, request).status == 200


WRONG_ENTRIES: list[tuple[Any, str]] = [
    ("churn", "A measurement is an object, with “metric” and “from”."),
    (None, "A measurement is an object"),
    ({}, "It is not said which metric."),
    ({**CHURN, "metric": "chrun"}, "Did you mean “churn_rate”?"),
    ({**CHURN, "team": "A"}, "There is no column “team”."),
    ({**CHURN, "agent": "7"}, "Nothing is recorded about one agent."),
    ({**CHURN, "date": "2024-10-01"}, "“from” is there twice."),
    ({**CHURN, "numerator": True}, "“numerator” has to be a text or a number."),
    ({**CHURN, "numerator": [12]}, "“numerator” has to be a text or a number."),
    ({**CHURN, "group": {"name": "A"}}, "“group” has to be a text or a number."),
    ({**CHURN, "numerator": 4_000}, "4000 of 3400 would be a share over 100%."),
    ({**CHURN, "numerator": "1,204"}, "“1,204” could be two numbers."),
    ({**CHURN, "from": 20241001}, "“20241001” is not a day."),
    ({**CHURN, "to": "2099-01-01"}, "2099-01-01 is still to come."),
    ({**CHURN, "group": "\ud800"}, "is no name of a group"),
    ({**CHURN, "group": "a\0"}, "is no name of a group"),
]


def test_every_wrong_measurement_is_told_by_its_index_and_nothing_is_stored(
    services: Services,
) -> None:
    wrong = [told for told, _ in WRONG_ENTRIES]
    answered = send(services, push(CALLS, *wrong))
    assert answered.status == 422
    assert answered.told["error"] == "Nothing was stored: some measurements are wrong."
    assert list(answered.problems) == list(range(1, len(wrong) + 1))
    for (_, sentence), told in zip(WRONG_ENTRIES, answered.problems.values(), strict=True):
        assert sentence in told
    assert kept(services) == []


def test_what_would_count_twice_is_told_by_its_index(services: Services) -> None:
    send(services, push({**CHURN, "group": ""}))
    october = {**CHURN, "from": "2024-10-05", "to": "2024-10-06", "group": ""}
    answered = send(services, push(CALLS, october, CALLS, at=T(1).timestamp()))
    assert answered.status == 422
    assert list(answered.problems) == [1, 2]
    assert "churn_rate 2024-10-01..2024-10-31 is recorded" in answered.problems[1]
    assert "stands here twice" in answered.problems[2]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_only_post_is_taken(services: Services, method: str) -> None:
    answered = send(services, push(CHURN), method=method)
    assert (answered.status, answered.headers["Allow"]) == (405, "POST")
    assert kept(services) == []


def test_without_a_secret_there_is_nothing_here(database: Database, clock: StandingClock) -> None:
    answered = send(program(database, clock), push(CHURN))
    assert answered.status == 404
    assert answered.told == {"error": "DESKPULSE_PUSH_SECRET is not set, so nothing is taken here."}


@pytest.mark.parametrize("length", [str(MOST_BYTES + 1), "9" * 400, "-1", "a lot"])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    services: Services, length: str
) -> None:
    assert send(services, push(CHURN), length=length).status == 413


@pytest.mark.thorough
def test_a_push_of_one_megabyte_is_stored(services: Services) -> None:
    entries = [{**CHURN, "group": f"group {number:04}"} for number in range(7_500)]
    request = push(*entries)
    assert 0.9 * MOST_BYTES < len(request.body) <= MOST_BYTES
    assert send(services, request).told == {**STORED, "added": 7_500}


# --- A real process --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Site:
    """A running `web` process."""

    address: str
    program: Program

    def send(self, request: Request) -> httpx.Response:
        return httpx.post(
            f"{self.address}/measurements", content=request.body, headers=request.headers
        )

    def kept(self) -> int:
        with closing(sqlite3.connect(self.program.folder / "deskpulse.db")) as connection:
            (number,) = connection.execute("SELECT count(*) FROM measurement").fetchone()
            return int(number)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("push")
    with SlackDouble() as slack:
        told = settings(slack, DESKPULSE_PUSH_SECRET=SECRET)
        with running(folder, "web", told) as process:
            printed = process.wait_for("listens on port", STARTED)
            port = int(printed.partition("listens on port ")[2].partition(".")[0])
            yield Site(f"http://127.0.0.1:{port}", process)


def now() -> float:
    return SystemClock().now().timestamp()


@pytest.mark.thorough
def test_a_process_stores_a_push_once_and_refuses_what_is_old(site: Site) -> None:
    request = push(CHURN, at=now())
    stored = site.send(request)
    assert (stored.status_code, stored.json()) == (200, {**STORED, "added": 1})
    assert site.send(request).json() == {**STORED, "already_stored": True}
    old = site.send(push(CALLS, at=now() - 6 * 60))
    assert (old.status_code, list(old.json())) == (401, ["error"])
    assert site.kept() == 1
    assert httpx.get(f"{site.address}/measurements").status_code == 405
    assert httpx.post(f"{site.address}/measurements/x", content=b"x").status_code == 404


@pytest.mark.thorough
def test_a_process_takes_no_more_than_it_has_to(site: Site) -> None:
    body = b" " * (MOST_BYTES + 1)
    refused = site.send(signed(body, now()))
    assert (refused.status_code, list(refused.json())) == (413, ["error"])
    # A gigabyte is refused as soon as it is announced, of which nothing has been sent yet.
    parts = urlsplit(site.address)
    with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=60)) as connection:
        connection.putrequest("POST", "/measurements")
        connection.putheader("Content-Length", "1000000000")
        connection.endheaders()
        assert connection.getresponse().status == 413


@pytest.mark.thorough
def test_a_body_in_chunks_is_taken_as_well(site: Site) -> None:
    request = push(CALLS, at=now())
    address = f"{site.address}/measurements"
    answered = httpx.post(address, content=iter([request.body]), headers=request.headers)
    assert (answered.status_code, answered.json()["added"]) == (200, 1)
    endless = (b" " * 100_000 for _ in range(30))
    try:
        status = httpx.post(address, content=endless, headers=request.headers).status_code
    except httpx.WriteError:
        status = 413  # the connection was closed before all of it was sent
    assert status == 413


def test_a_process_prints_no_payload_and_no_secret(site: Site) -> None:
    request = push({**CHURN, "numerator": 99_999}, at=now())
    assert site.send(request).status_code == 422
    printed = site.program.printed()
    assert "push_refused" in printed
    signature = request.headers["X-Deskpulse-Signature"]
    for private in (SECRET, signature, signature.removeprefix("v1="), "confidential", "99999"):
        assert private not in printed
