"""What all help desks have in common on the wire: limits, retries, links, refusals and secrets."""

from __future__ import annotations

import gzip
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import Any

import httpx
import pytest
import structlog.testing
from pydantic import BaseModel

from bot import logs
from bot.clock import Clock, SystemClock
from bot.errors import DeskBusy, DeskError, DeskMisunderstood, DeskRefused, DeskUnavailable
from bot.limits import AT_ONCE, Allowance, Left, Limits
from bot.pauses import Pauses, Stopped
from bot.webapi import (
    MOST_WAITS,
    TRIES,
    Access,
    Answer,
    Forbidden,
    NotThere,
    Rejected,
    WebApi,
    Words,
)
from tests.desks.wire import SUBJECT, Asked, Fault, Limit, Server, ShiftedClock, Told, served
from tests.loopback import Reply, serving
from tests.times import StandingClock, T

TOKEN = "a-token-of-nobody"
WORDS = Words(
    "Sample Desk", "Set {variable}TOKEN.", "Give it the right to read.", "Set {variable}URL."
)


class Row(BaseModel):
    id: int


def _nothing(_: Asked) -> Told:
    return Told([])


@dataclass
class Desk:
    """A help desk that answers as it is told to; `limits` are kept by its own clock."""

    clock: Any
    answers: Callable[[Asked], Told] = _nothing
    limits: list[Limit] = field(default_factory=list)

    def answer(self, asked: Asked) -> Told:
        refused = [limit for limit in self.limits if not limit.take()]
        if refused:
            return Told(None, 429, {"Retry-After": str(refused[0].reset)})
        return self.answers(asked)


pytestmark = pytest.mark.usefixtures("retries_at_once")


@pytest.fixture
def desk(clock: StandingClock) -> Desk:
    return Desk(clock)


@pytest.fixture
def server(desk: Desk) -> Iterator[Server]:
    with served(desk) as server:
        yield server


@pytest.fixture
def pauses(clock: StandingClock) -> Pauses:
    return Pauses(clock)


@contextmanager
def api_at(
    url: str,
    clock: Clock,
    limits: Limits | None = None,
    pauses: Pauses | None = None,
    **access: Any,
) -> Iterator[WebApi]:
    given = Access(url, {"Authorization": f"Bearer {TOKEN}"}, **access)
    pauses = pauses or Pauses(clock)
    with closing(
        WebApi("acme", given, WORDS, limits or Limits(), clock=clock, pauses=pauses)
    ) as api:
        yield api


@pytest.fixture
def api(server: Server, clock: StandingClock, pauses: Pauses) -> Iterator[WebApi]:
    with api_at(f"{server.url}/api/v2", clock, pauses=pauses) as api:
        yield api


def page_of(number: int, api: WebApi, *lanes: str) -> Any:
    return api.get(Any, f"rows/{number}", lanes=lanes).data


# --- what is asked ---


def test_a_question_goes_below_the_address_with_the_token(server: Server, api: WebApi) -> None:
    api.get(list[Row], "rows", {"page": 2, "sort": "id"})
    [asked] = server.requests
    assert (asked.method, asked.path) == ("GET", "/api/v2/rows")
    assert asked.query == "page=2&sort=id"
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["user-agent"] == "deskpulse"


def test_a_parameter_may_be_repeated(server: Server, api: WebApi) -> None:
    api.get(list[Row], "rows", [("type", "reply"), ("type", "note")])
    assert server.requests[0].query == "type=reply&type=note"


def test_a_search_sends_its_conditions_as_json(server: Server, api: WebApi) -> None:
    api.post(list[Row], "search", {"query": {"field": "updated_at"}})
    [asked] = server.requests
    assert (asked.method, asked.body) == ("POST", {"query": {"field": "updated_at"}})


def test_a_name_and_a_password_go_as_basic_auth(server: Server, clock: StandingClock) -> None:
    with api_at(server.url, clock, auth=(TOKEN, "X")) as api:
        api.get(list[Row], "rows")
    assert server.requests[0].headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("link", "path", "query"),
    [
        ("{url}/api/v2/rows?cursor=a%3D%3D&n=1", "/api/v2/rows", "cursor=a==&n=1"),
        ("{elsewhere}/api/v2/rows?page=2", "/api/v2/rows", "page=2"),
        ("{elsewhere}/rows?page=2", "/api/v2/rows", "page=2"),
        ("https://acme.invalid:8443/api/v2/rows", "/api/v2/rows", ""),
        ("{elsewhere}/api/v22/rows", "/api/v2/api/v22/rows", ""),
        ("//acme.invalid/rows", "/api/v2/rows", ""),
        ("rows?back=https://acme.invalid/", "/api/v2/rows", "back=https://acme.invalid/"),
    ],
)
def test_a_link_is_followed_below_the_address_given_wherever_it_points(
    link: str, path: str, query: str, server: Server, api: WebApi, clock: StandingClock
) -> None:
    with served(Desk(clock)) as elsewhere:
        api.get(list[Row], link.format(url=server.url, elsewhere=elsewhere.url))
        assert elsewhere.requests == []
    [asked] = server.requests
    assert (asked.path, asked.query) == (path, query)


def test_parameters_are_added_to_those_of_a_link(server: Server, api: WebApi) -> None:
    api.get(list[Row], f"{server.url}/api/v2/rows?page=2", {"per_page": 100})
    assert server.requests[0].params == {"page": "2", "per_page": "100"}


@pytest.mark.parametrize("link", ["https://[acme/rows", "rows\n2", "https://acme.invalid/\x00"])
def test_a_link_that_is_none_is_told(link: str, server: Server, api: WebApi) -> None:
    with pytest.raises(DeskMisunderstood, match="a link that leads nowhere"):
        api.get(list[Row], link)
    assert server.requests == []


def test_a_redirect_is_not_followed(server: Server, clock: StandingClock) -> None:
    elsewhere: list[Mapping[str, str]] = []

    def caught(request: Any) -> Reply:
        elsewhere.append(request.headers)
        return Reply(b"[]")

    with serving(caught) as address, api_at(server.url, clock) as api:
        server.site = Desk(clock, lambda _: Told(None, 307, {"Location": f"{address}/rows"}))
        with pytest.raises(
            DeskRefused, match=r"no Sample Desk at its address \(HTTP 307\)"
        ) as told:
            api.get(list[Row], "rows")
    assert elsewhere == []
    # A login page in between does not say that what was asked for is gone.
    assert not isinstance(told.value, NotThere)


# --- what is answered ---


@pytest.mark.parametrize(
    ("told", "model", "read"),
    [
        (Told([{"id": "7", "subject": SUBJECT}]), list[Row], [Row(id=7)]),
        (Told(None), list[Row] | None, None),
        (Told(None, 204), list[Row] | None, None),
        (Told({"n": 3}, 206), dict[str, int], {"n": 3}),
        (
            Told(gzip.compress(b'{"n": 3}'), headers={"Content-Encoding": "gzip"}),
            dict[str, int],
            {"n": 3},
        ),
    ],
)
def test_an_answer_becomes_what_was_asked_for(
    told: Told, model: Any, read: Any, desk: Desk, api: WebApi
) -> None:
    desk.answers = lambda _: told
    assert api.get(model, "rows").data == read


def test_an_answer_carries_its_headers_and_the_desks_own_time(clock: StandingClock) -> None:
    desk = Desk(
        ShiftedClock(clock, timedelta(minutes=-10)), lambda _: Told([], headers={"X-N": "3"})
    )
    with served(desk) as server, api_at(server.url, clock) as api:
        answer: Answer[list[Row]] = api.get(list[Row], "rows")
    assert answer.sent_at == clock.now() - timedelta(minutes=10)
    assert answer.headers["x-n"] == "3"


@pytest.mark.parametrize(
    ("told", "model", "part"),
    [
        (Told([{"id": 1}, {"id": SUBJECT}]), list[Row], "“1.id” is missing or strange"),
        (Told({"message": SUBJECT}), list[Row], "“it” is missing or strange"),
    ],
)
def test_an_answer_of_another_shape_is_told_by_its_part_and_not_asked_for_again(
    told: Told, model: Any, part: str, desk: Desk, server: Server, api: WebApi
) -> None:
    desk.answers = lambda _: told
    with pytest.raises(DeskMisunderstood, match=part) as raised:
        api.get(model, "rows")
    assert SUBJECT not in str(raised.value) + repr(raised.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize("told", [Told(b""), Told(None, 204)])
def test_nothing_where_there_was_to_be_something_is_asked_for_again(
    told: Told, desk: Desk, server: Server, api: WebApi
) -> None:
    answers = iter([told, Told([{"id": 1}])])
    desk.answers = lambda _: next(answers)
    assert api.get(list[Row], "rows").data == [Row(id=1)]
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("status", "error", "tries", "said", "mend"),
    [
        (400, Rejected, 1, "does not understand a question of deskpulse (HTTP 400)", "CHANGELOG"),
        (
            401,
            DeskRefused,
            1,
            "does not accept the token (HTTP 401)",
            "Set DESKPULSE_DESKS__ACME__",
        ),
        (402, Forbidden, 1, "forbids the bot's account to read (HTTP 402)", "the right to read"),
        (403, Forbidden, 1, "forbids the bot's account to read (HTTP 403)", "the right to read"),
        (404, NotThere, 1, "has no Sample Desk at its address (HTTP 404)", "DESKS__ACME__URL"),
        (408, DeskUnavailable, 4, "is busy or broken (HTTP 408)", "next sync"),
        (409, DeskUnavailable, 4, "is busy or broken (HTTP 409)", "next sync"),
        (410, NotThere, 1, "has no Sample Desk at its address (HTTP 410)", "DESKS__ACME__URL"),
        (422, Rejected, 1, "does not understand a question of deskpulse (HTTP 422)", "CHANGELOG"),
        (429, DeskBusy, MOST_WAITS, "there were too many requests (HTTP 429)", "who else uses"),
        (500, DeskUnavailable, 4, "is busy or broken (HTTP 500)", "next sync"),
        (503, DeskUnavailable, 4, "is busy or broken (HTTP 503)", "next sync"),
    ],
)
def test_a_refusal_is_told_with_its_mend_and_tried_again_where_it_may_pass(
    status: int,
    error: type[Exception],
    tries: int,
    said: str,
    mend: str,
    desk: Desk,
    server: Server,
    api: WebApi,
) -> None:
    desk.answers = lambda _: Told({"message": SUBJECT}, status)
    with pytest.raises(error) as raised:
        api.get(list[Row], "rows")
    told = str(raised.value)
    assert said in told
    assert mend in told
    assert len(server.requests) == tries


def test_what_a_rejection_said_is_there_for_the_desk_and_shown_to_nobody(
    desk: Desk, api: WebApi
) -> None:
    desk.answers = lambda _: Told({"error": SUBJECT}, 422)
    with pytest.raises(Rejected) as raised:
        api.get(list[Row], "rows")
    assert SUBJECT.encode() in raised.value.detail
    assert SUBJECT not in "".join(traceback.format_exception(raised.value)) + repr(raised.value)


def test_a_rejection_keeps_no_more_than_its_beginning(desk: Desk, api: WebApi) -> None:
    desk.answers = lambda _: Told(b"x" * 100_000, 400)
    with pytest.raises(Rejected) as raised:
        api.get(list[Row], "rows")
    assert len(raised.value.detail) == 2_000


@pytest.mark.parametrize(
    "fault", [Fault.BROKEN, Fault.BAD_GATEWAY, Fault.RESET, Fault.CUT, Fault.TRUNCATED]
)
def test_what_passes_is_tried_four_times(fault: Fault, server: Server, api: WebApi) -> None:
    server.faults = dict.fromkeys((1, 2, 3), fault)
    assert api.get(list[Row], "rows").data == []
    assert len(server.requests) == TRIES


def test_a_desk_that_does_not_answer_is_given_up(server: Server, clock: StandingClock) -> None:
    server.after = lambda _: time.sleep(0.2)  # noqa: TID251  the server is the one that waits
    with (
        api_at(server.url, clock, timeout=0.05) as api,
        pytest.raises(DeskUnavailable, match=r"within 0\.05 seconds.*ACME__TIMEOUT"),
    ):
        api.get(list[Row], "rows")


class Dripping(BaseHTTPRequestHandler):
    """Sends a byte now and then, and never the last one."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        with suppress(ConnectionError):
            while True:
                self.wfile.write(b" ")
                time.sleep(0.005)  # noqa: TID251  the server is the one that waits

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """The tests tell what matters."""


@pytest.mark.thorough
def test_an_answer_that_drips_for_ever_is_given_up() -> None:
    clock = SystemClock()
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), Dripping) as http,
        ThreadPoolExecutor(1) as threads,
        api_at(f"http://127.0.0.1:{http.server_address[1]}", clock, timeout=0.03) as api,
    ):
        threads.submit(http.serve_forever, 0.01)
        try:
            with pytest.raises(DeskUnavailable, match=r"more than 0\.12 seconds.*ACME__TIMEOUT"):
                api.get(list[Row], "rows")
        finally:
            http.shutdown()


# --- nothing is told to others ---


@pytest.mark.parametrize("fault", [*Fault, None])
def test_no_token_and_no_body_is_in_an_error_a_log_or_a_repr(
    fault: Fault | None,
    server: Server,
    clock: StandingClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.always = fault
    server.site = Desk(clock, lambda _: Told({"message": SUBJECT}))
    with (
        api_at(server.url, clock, auth=(TOKEN, TOKEN)) as api,
        structlog.testing.capture_logs() as told,
        pytest.raises(DeskError) as raised,
    ):
        api.get(list[Row], "rows", {"apikey": TOKEN, "q": SUBJECT})
    everything = [
        "".join(traceback.format_exception(raised.value)),
        repr(raised.value),
        repr(told),
        caplog.text,
        repr(Access(server.url, {"Authorization": TOKEN}, auth=(TOKEN, TOKEN))),
        repr(api),
    ]
    assert TOKEN not in "".join(everything)
    assert SUBJECT not in "".join(everything)


@pytest.fixture
def _loud() -> Iterator[None]:
    """As if nobody had silenced anything."""
    names = ("httpx", "httpcore", "")
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.usefixtures("_loud")
def test_the_log_of_the_program_has_no_address_with_a_key_in_it(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """Each request's is told by httpx, and one desk has its key in the query."""
    address = f"{server.url}/rows?apikey={TOKEN}"
    httpx.get(address)
    assert TOKEN in caplog.text
    caplog.clear()
    logs.configure("json")
    httpx.get(address)
    assert TOKEN not in caplog.text


@pytest.mark.usefixtures("_loud")
def test_a_connection_silences_such_lines_by_itself(
    server: Server, clock: StandingClock, caplog: pytest.LogCaptureFixture
) -> None:
    with api_at(server.url, clock) as api:
        api.get(list[Row], "rows", {"apikey": TOKEN})
    assert len(server.requests) == 1
    assert TOKEN not in caplog.text
    assert not [record for record in caplog.records if record.name.startswith("http")]


# --- limits ---


def test_a_window_never_holds_more_than_is_allowed_though_threads_ask(clock: StandingClock) -> None:
    desk = Desk(clock, limits=[Limit(clock, 10), Limit(clock, 4, 5.0)])
    limits = Limits({"all": Allowance(10), "often": Allowance(4, 5.0)})
    with (
        served(desk) as server,
        api_at(server.url, clock, limits) as api,
        structlog.testing.capture_logs() as logged,
    ):
        api.each(lambda number: page_of(number, api, "all", "often"), range(45))
    # One waits for all: eleven times for the short window or the long one.
    assert len(logged) <= 15
    assert [limit.refused for limit in desk.limits] == [0, 0]
    assert len(server.requests) == 45
    # Four windows are over before the last five go out, and no more than that is waited for.
    assert timedelta(minutes=4) <= clock.now() - T() <= timedelta(minutes=5)


def test_a_request_counts_until_a_period_after_its_answer(clock: StandingClock) -> None:
    """The desk counted it at some moment in between: nobody knows at which."""
    desk = Desk(clock, limits=[Limit(clock, 2)])
    with served(desk) as server, api_at(server.url, clock, Limits({"all": Allowance(2)})) as api:
        server.after = lambda number: clock.move(seconds=20) if number == 1 else None
        for number in range(3):
            page_of(number, api, "all")
    assert desk.limits[0].refused == 0
    assert clock.now() >= T(seconds=80)


def test_what_is_allowed_at_once_goes_out_at_once(clock: StandingClock, server: Server) -> None:
    with api_at(server.url, clock, Limits({"all": Allowance(20)})) as api:
        api.each(lambda number: page_of(number, api, "all"), range(20))
        assert clock.now() == T()
        page_of(21, api, "all")
    assert T(seconds=60) <= clock.now() <= T(seconds=63)


def test_a_lane_that_is_full_holds_up_no_other(clock: StandingClock, server: Server) -> None:
    limits = Limits({"slow": Allowance(1), "fast": Allowance(100)})
    with api_at(server.url, clock, limits) as api:
        page_of(1, api, "slow", "fast")
        page_of(2, api, "fast")
        assert clock.now() == T()
        page_of(3, api, "slow", "fast")
    assert clock.now() >= T(seconds=60)


def test_a_reserve_is_left_to_others(clock: StandingClock, server: Server) -> None:
    with api_at(server.url, clock, Limits({"all": Allowance(10, reserve=0.3)})) as api:
        for number in range(7):
            page_of(number, api, "all")
        assert clock.now() == T()
        page_of(8, api, "all")
    assert clock.now() >= T(seconds=60)


def _left(headers: httpx.Headers, _now: datetime) -> dict[str, Left]:
    if "X-Left" not in headers:
        return {}
    reset = float(headers.get("X-Reset", 0))
    return {"all": Left(int(headers["X-Limit"]), int(headers["X-Left"]), reset)}


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"X-Limit": "100", "X-Left": "50"}, 0),  # more than was thought
        ({"X-Limit": "1", "X-Left": "1", "X-Reset": "5"}, 61.2),  # less than was thought
        ({"X-Limit": "100", "X-Left": "0", "X-Reset": "20"}, 20),  # others used it up
        ({"X-Limit": "100", "X-Left": "0"}, 61.2),  # no word on until when: ours is over then
        ({"X-Limit": "0", "X-Left": "50"}, 61.2),  # no limit of nothing: ours holds
        ({"X-Limit": "many", "X-Left": "0"}, 61.2),  # no number is no word
        ({"X-Limit": "100", "X-Left": "9" * 400}, 0),
        ({"X-Limit": "100", "X-Left": "10", "X-Reset": "30"}, 30),  # the reserve of a tenth
    ],
)
def test_the_word_of_the_desk_goes_before_ours(
    headers: dict[str, str], wait: float, desk: Desk, server: Server, clock: StandingClock
) -> None:
    desk.answers = lambda _: Told([], headers=headers)
    ours = Allowance(1, reserve=0.1)
    with api_at(server.url, clock, Limits({"all": ours}, _left)) as api:
        page_of(1, api, "all")
        page_of(2, api, "all")
    assert (clock.now() - T()).total_seconds() == pytest.approx(wait)


def test_no_more_go_out_together_than_the_desk_says_are_left(clock: StandingClock) -> None:
    """Others use the account too: it allows 20 in a minute, of which five are left."""
    limit = Limit(clock, 20)
    for _ in range(15):
        limit.take()

    def answer(_: Asked) -> Told:
        return Told([], headers={"X-Limit": "20", "X-Left": str(limit.left), "X-Reset": "60"})

    desk = Desk(clock, answer, [limit])
    with (
        served(desk) as server,
        api_at(server.url, clock, Limits({"all": Allowance(20)}, _left)) as api,
    ):
        page_of(0, api, "all")
        api.each(lambda number: page_of(number, api, "all"), range(10))
    assert limit.refused == 0
    assert timedelta(seconds=60) <= clock.now() - T() <= timedelta(seconds=65)


@pytest.mark.parametrize("lanes", [(), ("all",)])
@pytest.mark.parametrize(
    ("status", "retry_after", "wait"),
    [
        (429, "7", 7),
        (429, "0", 1),
        (429, "0.4", 1),
        (429, "{in_90_seconds}", 90),
        (429, "{a_minute_ago}", 1),
        (429, None, 45),
        (429, "soon", 45),
        (429, "-5", 45),
        (503, "30", 30),
        (503, "{in_90_seconds}", 90),
    ],
)
def test_a_wait_that_is_asked_for_is_kept(
    status: int,
    retry_after: str | None,
    wait: float,
    lanes: tuple[str, ...],
    clock: StandingClock,
) -> None:
    """Seconds, or a date by the desk's own clock, which is ten minutes behind ours."""
    theirs = ShiftedClock(clock, timedelta(minutes=-10))
    dates = {
        "in_90_seconds": format_datetime(theirs.now() + timedelta(seconds=90), usegmt=True),
        "a_minute_ago": format_datetime(theirs.now() - timedelta(seconds=60), usegmt=True),
    }
    headers = {} if retry_after is None else {"Retry-After": retry_after.format(**dates)}
    answers = iter([Told({"message": SUBJECT}, status, headers), Told([])])
    desk = Desk(theirs, lambda _: next(answers))
    limits = Limits({"all": Allowance(100)}, too_many=45)
    with served(desk) as server, api_at(server.url, clock, limits) as api:
        page_of(1, api, *lanes)
    assert (clock.now() - T()).total_seconds() == pytest.approx(wait)


def test_all_wait_when_one_is_told_to(server: Server, clock: StandingClock) -> None:
    """Each is asked once more, and not all at the very moment of the refusal."""
    server.faults = {1: Fault.TOO_MANY_FOR_AN_HOUR}
    at: list[datetime] = []
    server.after = lambda _: at.append(clock.now())
    with api_at(server.url, clock, Limits({"all": Allowance(1_000)})) as api:
        page_of(1, api, "all")
        api.each(lambda number: page_of(number, api, "all"), range(20))
    assert at[0] == T()
    assert min(at[1:]) == max(at[1:]) == T(hours=1)


def test_a_desk_that_is_busy_for_ever_is_left_alone_and_says_for_how_long(
    server: Server, api: WebApi, clock: StandingClock
) -> None:
    server.always = Fault.TOO_MANY_FOR_AN_HOUR
    with pytest.raises(DeskBusy) as raised:
        page_of(1, api)
    assert raised.value.wait == 3600
    assert len(server.requests) == MOST_WAITS
    assert clock.now() == T(hours=MOST_WAITS - 1)  # the last word is not waited for in vain


def test_an_overloaded_desk_is_told_by_its_own_number(desk: Desk, api: WebApi) -> None:
    desk.answers = lambda _: Told(None, 503, {"Retry-After": "9"})
    with pytest.raises(DeskBusy, match=r"\(HTTP 503\)"):
        page_of(1, api)


@pytest.mark.parametrize("seconds", ["99999999999", "9" * 400])
def test_a_wait_without_end_is_an_error_and_no_accident(
    seconds: str, desk: Desk, api: WebApi, clock: StandingClock
) -> None:
    desk.answers = lambda _: Told(None, 429, {"Retry-After": seconds})
    with pytest.raises(DeskBusy, match="no more requests for 86400 seconds"):
        page_of(1, api)
    assert clock.now() == T()


def test_the_wait_that_is_told_last_has_an_end_too(desk: Desk, api: WebApi) -> None:
    seconds = iter(["1"] * (MOST_WAITS - 1) + ["9" * 400])
    desk.answers = lambda _: Told(None, 429, {"Retry-After": next(seconds)})
    with pytest.raises(DeskBusy) as raised:
        page_of(1, api)
    assert raised.value.wait == 86_400


def test_who_looks_on_does_not_wait(
    server: Server, api: WebApi, pauses: Pauses, clock: StandingClock
) -> None:
    server.faults = {1: Fault.TOO_MANY_FOR_A_SECOND, 2: Fault.TOO_MANY_FOR_AN_HOUR}
    with pauses.impatient(), pytest.raises(DeskBusy, match="for 3600 seconds"):
        page_of(1, api)
    assert clock.now() == T(seconds=1)


def test_a_wait_of_many_ends_when_the_process_does(server: Server, clock: StandingClock) -> None:
    stopping = Event()
    server.after = lambda number: stopping.set() if number == 3 else None
    limits = Limits({"all": Allowance(3)})
    with (
        api_at(server.url, clock, limits, Pauses(clock, stopping)) as api,
        pytest.raises(Stopped),
    ):
        api.each(lambda number: page_of(number, api, "all"), range(30))
    assert clock.now() == T()
    assert len(server.requests) == 3


# --- several at once ---


def test_what_is_done_for_each_comes_in_the_order_of_the_things(
    desk: Desk, api: WebApi, server: Server
) -> None:
    desk.answers = lambda asked: Told(int(asked.path.rpartition("/")[2]) * 10)
    assert api.each(lambda number: page_of(number, api), range(30)) == list(range(0, 300, 10))
    assert api.each(lambda number: page_of(number, api), iter([7])) == [70]
    assert api.each(lambda number: page_of(number, api), []) == []
    assert len(server.requests) == 31


def test_no_more_are_under_way_than_is_decent(api: WebApi) -> None:
    under_way, most, lock = 0, 0, threading.Lock()
    full = threading.Barrier(AT_ONCE, timeout=60)

    def work(_: int) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        full.wait()
        with lock:
            under_way -= 1

    api.each(work, range(AT_ONCE * 3))
    assert most == AT_ONCE


def test_after_an_error_nothing_further_is_begun(server: Server, api: WebApi) -> None:
    server.always = Fault.UNAUTHORIZED
    with pytest.raises(DeskRefused, match="does not accept the token"):
        api.each(lambda number: page_of(number, api), range(500))
    assert len(server.requests) <= 2 * AT_ONCE


def test_an_error_of_one_is_raised_once_the_others_have_ended(api: WebApi) -> None:
    failed, ended = Event(), Event()

    def work(number: int) -> None:
        if number:
            failed.set()
            raise NotThere("not there")
        failed.wait(60)
        ended.set()

    with pytest.raises(NotThere):
        api.each(work, range(2))
    assert ended.is_set()


@pytest.mark.thorough
def test_threads_may_share_a_connection(desk: Desk, api: WebApi) -> None:
    desk.answers = lambda asked: Told(asked.path)
    sys.setswitchinterval(1e-5)
    try:
        read = api.each(lambda number: page_of(number, api), range(100))
    finally:
        sys.setswitchinterval(0.005)
    assert read == [f"/api/v2/rows/{number}" for number in range(100)]
