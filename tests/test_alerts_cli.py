from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session

from bot.clock import SystemClock
from bot.domain import Ticket
from bot.locale import Reader
from bot.store import alerts as rules
from bot.store import budgets, people, runs
from bot.store.database import Database
from bot.store.tables import AlertRule
from bot.store.tickets import keep
from commands.alert_text import parse_rule
from jobs.alerts import alerts
from tests.programs import program
from tests.shell import Ended, deskpulse
from tests.store_samples import HOURS, SECRET, a_desk, a_ticket
from tests.times import StandingClock
from tests.workspace import no_numbers

#: Processes that start and end, and take their time.
pytestmark = pytest.mark.thorough

ATHENS = ZoneInfo("Europe/Athens")
SUPPORT, BILLING = "C0SUPPORT", "C0BILLING"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

#: The command has the clock of this machine: history ends just before.
NOW = SystemClock().now().replace(second=0, microsecond=0)

SETTINGS = {
    "DESKPULSE_DESKS__ACME__KIND": "demo",
    "DESKPULSE_ZONE": "Europe/Athens",
    "DESKPULSE_LEADS": '["U0LEAD"]',
}

BUSY = "ticket_volume > 45 for 15m over 8h"
QUIET = "ticket_volume > 90"
SLOW = "first_response_time > 2h min 5"


def at(days: int, hour: int, minute: int = 0) -> datetime:
    """A moment so many days before today, in UTC."""
    day = NOW.replace(hour=0, minute=0) - days * DAY
    return day + hour * HOUR + minute * MINUTE


#: When thirty tickets came at once.
BURSTS = (at(40, 12), at(20, 12), at(5, 12))


def history() -> Iterator[Ticket]:
    """Three tickets an hour for ten weeks, each answered after half an hour; and the bursts."""
    for days in range(1, 71):
        for hour in range(24):
            yield from _tickets(at(days, hour), 3)
    for burst in BURSTS:
        yield from _tickets(burst + MINUTE, 30)


def _tickets(start: datetime, count: int) -> Iterator[Ticket]:
    for number in range(count):
        created = start + number * timedelta(seconds=20)
        yield a_ticket(
            f"{start:%j%H%M}-{number}", created, first_reply_at=created + 30 * MINUTE, group="Tech"
        )


@cache
def _stored() -> bytes:
    """An SQLite file with that history, a busy rule that was judged for a week, and two others."""
    with _database(no_numbers()) as database:
        clock = StandingClock(NOW - 7 * DAY)
        services = program(database, clock)
        with services.writing() as session:
            desk = a_desk(session, data_from=at(70, 0), data_until=NOW)
            keep(session, desk, list(history()), SECRET, HOURS)
            _add(session, SUPPORT, BUSY, clock.now())
            _add(session, SUPPORT, SLOW, clock.now(), paused=True)
            _add(session, BILLING, QUIET, NOW)
        for _ in range(2):
            alerts(services, NOW)
        path = Path(database.url.database or "")
        database.close()
        return path.read_bytes()


@contextmanager
def _database(numbers: bytes) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "deskpulse.db"
        kept.write_bytes(numbers)
        yield Database(f"sqlite:///{kept}")


def _add(session: Session, channel: str, text: str, now: datetime, *, paused: bool = False) -> None:
    reader = Reader("en", ATHENS)
    row = rules.add(session, 1, channel, parse_rule(text), reader=reader, by="U0OWNER", now=now)
    rules.priced(session, row, 0.6)
    if paused:
        rules.pause(session, row)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deskpulse.db").write_bytes(_stored())
    return tmp_path


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for all the tests that change nothing in it."""
    folder = tmp_path_factory.mktemp("alerts")
    (folder / "deskpulse.db").write_bytes(_stored())
    return folder


def run(folder: Path, *arguments: str, **environment: str) -> Ended:
    return deskpulse(folder, "alerts", *arguments, **SETTINGS | environment)


def out(folder: Path, *arguments: str) -> str:
    ended = run(folder, *arguments)
    assert (ended.code, ended.err) == (0, "")
    return ended.out


@cache
def shown(desk: Path, *arguments: str) -> str:
    """The same where nothing ever changes."""
    return out(desk, *arguments)


def as_json(desk: Path, *arguments: str) -> Any:
    return json.loads(shown(desk, *arguments, "--format", "json"))


def told(folder: Path, *arguments: str, **environment: str) -> str:
    """The one sentence of a command that could not do its work."""
    ended = run(folder, *arguments, **environment)
    assert (ended.code, ended.out) == (1, ""), ended
    assert ended.err.count("\n") == 1, ended.err
    return ended.err.removesuffix("\n")


# --- Wrong calls ---------------------------------------------------------------------------------

MISTAKES = [
    ("list --format xml", "There is no format “xml”."),
    ("explain 9 --at 2026-11-20T09:00", "There is no rule 9. See: deskpulse alerts list"),
    ("explain 1 --at yesterday", "“yesterday” is not a moment."),
    ("log 9", "There is no rule 9."),
    ("rehearse 9", "There is no rule 9."),
    ("rehearse csat", "It is not said when to alert."),
    ("rehearse frts>4h", "frts"),
    ("rehearse --format xml", "There is no format “xml”."),
    ("rehearse --messages", "The messages of one rule are shown, not of all. For example:"),
    ("apply nowhere.conf", "nowhere.conf cannot be read: No such file or directory."),
    ("export nowhere/rules.conf", "nowhere/rules.conf cannot be written"),
]


@pytest.mark.parametrize(("typed", "sentence"), MISTAKES, ids=[typed for typed, _ in MISTAKES])
def test_a_mistake_ends_with_1_and_one_sentence(desk: Path, typed: str, sentence: str) -> None:
    assert sentence in told(desk, *typed.split())


@pytest.mark.parametrize(
    "typed", ["fly", "explain 1", "explain x --at 2026-11-20", "rehearse --days 91"]
)
def test_a_wrong_call_ends_with_2_and_the_usage(desk: Path, typed: str) -> None:
    ended = run(desk, *typed.split())
    assert (ended.code, ended.out) == (2, "")
    assert "Usage: deskpulse alerts" in ended.err


# --- What there is -------------------------------------------------------------------------------


def test_the_rules_of_every_channel_are_listed(desk: Path) -> None:
    lines = shown(desk, "list").splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        ["3", BILLING],
        ["1", SUPPORT],
        ["2", SUPPORT],
    ]
    assert BUSY in lines[2]
    told = [(one["number"], one["state"], one["fired"]) for one in as_json(desk, "list")]
    assert told == [(3, "fine", 0), (1, "fine", 1), (2, "paused", 0)]
    assert as_json(desk, "list")[1]["false_alarms_a_week"] == 0.6


def test_without_a_rule_it_is_told_how_to_make_one(tmp_path: Path) -> None:
    assert "/alert add" in out(tmp_path, "list")
    assert out(tmp_path, "list", "--format", "json") == "[]\n"


def test_the_log_tells_what_became_of_the_rules(desk: Path) -> None:
    for arguments in (("log",), ("log", "1")):
        told = shown(desk, *arguments)
        assert "fired: 54" in told
        assert told.index("over, worst") < told.index("fired: 54")
    assert "Nothing has happened yet." in shown(desk, "log", "2")


def test_it_is_explained_why_a_rule_fired(desk: Path) -> None:
    fired = BURSTS[-1] + 30 * MINUTE
    moment = fired.astimezone(ATHENS).strftime("%Y-%m-%dT%H:%M")
    assert "It fired at" in shown(desk, "explain", "1", "--at", moment)
    told = as_json(desk, "explain", "1", "--at", moment)
    assert (told["answer"], told["rule"], told["changed"]) == ("fired", BUSY, False)
    assert [step["kind"] for step in told["logged"]] == ["fired", "told"]
    (part,) = told["parts"]
    assert (part["verdict"], part["value"], part["before"]) == ("breach", 54, "pending")
    assert datetime.fromisoformat(told["slot"]) == fired


def test_a_rule_that_was_edited_or_removed_is_told_as_it_was_then(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'deskpulse.db'}")
    with database.writing() as session:
        row = session.get_one(AlertRule, 1)
        rules.replace(session, row, parse_rule("first_response_time > 2h"), now=NOW)
        rules.remove(session, row, now=NOW)
    database.close()
    moment = (BURSTS[-1] + 30 * MINUTE).isoformat()
    explained = out(folder, "explain", "1", "--at", moment)
    assert BUSY in explained
    assert "first_response_time" not in explained
    told = json.loads(out(folder, "explain", "1", "--at", moment, "--format", "json"))
    assert told["rule"] == BUSY
    assert "rule 1 · fired: 54" in out(folder, "log")


def test_a_moment_before_the_rule_is_not_judged(desk: Path) -> None:
    moment = BURSTS[0].astimezone(UTC).isoformat()
    assert as_json(desk, "explain", "1", "--at", moment)["answer"] == "not on"


# --- Trying rules on the past --------------------------------------------------------------------


def fired(told: Any) -> list[datetime]:
    return [datetime.fromisoformat(one["opened_at"]) for one in told["firings"]]


def test_a_rule_that_is_typed_is_taken_through_history(desk: Path) -> None:
    told = as_json(desk, "rehearse", BUSY)
    assert fired(told) == [burst + 30 * MINUTE for burst in BURSTS]
    assert told["rule"] == BUSY
    assert (told["without_data"], told["few"]) == (0, 0)
    assert told["judged"] == told["slots"] > 6_500
    assert told["cost"]["per_week"] is not None
    assert told["cost"]["basis"] == "chance"
    assert told["firings"][0]["worst"] == 54


def test_it_is_told_how_often_it_would_have_fired_and_on_what_history(desk: Path) -> None:
    told = shown(desk, "rehearse", BUSY)
    assert "this would have fired 3 times:" in told
    assert "days of history to judge by, not 90" in told
    assert "false alarms a week" in told
    assert "[ " not in told


def test_the_very_messages_are_shown(desk: Path) -> None:
    told = shown(desk, "rehearse", BUSY, "--messages")
    assert told.count("Ticket volume") > shown(desk, "rehearse", BUSY).count("Ticket volume") + 5


def test_days_and_the_number_of_a_rule_are_taken(desk: Path) -> None:
    told = as_json(desk, "rehearse", "#1", "--days", "10")
    assert (told["number"], told["channel"], len(told["firings"])) == (1, SUPPORT, 1)


def test_without_a_rule_all_of_them_are_tried(desk: Path) -> None:
    told = as_json(desk, "rehearse")
    assert [(one["number"], len(one["firings"])) for one in told] == [(3, 0), (1, 3), (2, 0)]
    lines = shown(desk, "rehearse").splitlines()
    assert len(lines) == 4
    assert "judged 100% of the time" in lines[2]
    assert [one["number"] for one in as_json(desk, "rehearse", "--channel", BILLING)] == [3]


# --- Config as text ------------------------------------------------------------------------------


@contextmanager
def store(folder: Path) -> Iterator[Session]:
    database = Database(f"sqlite:///{folder / 'deskpulse.db'}")
    with database.reading() as session:
        yield session
    database.close()


def there(folder: Path) -> list[tuple[int, str, str, bool]]:
    with store(folder) as session:
        return [(r.id or 0, r.channel, r.text, r.paused) for r in rules.all_of(session, 1)]


def written(folder: Path, text: str) -> str:
    (folder / "rules.conf").write_text(text)
    return "rules.conf"


def test_what_is_exported_changes_nothing_when_it_is_applied(folder: Path) -> None:
    assert out(folder, "export", "rules.conf") == "rules.conf: 3 rules.\n"
    assert (folder / "rules.conf").read_text() == out(folder, "export")
    before = there(folder)
    assert out(folder, "apply", "rules.conf") == "The rules are already as the file says.\n"
    assert there(folder) == before


FILE = f"""
[{SUPPORT}]
ticket volume > 50 for 15 minutes over 8h
{SLOW}
csat < 85%
"""

DIFFERENCE = f"""\
[{SUPPORT}]
- {BUSY}
+ ticket_volume > 50 for 15m over 8h
- paused: {SLOW}
+ {SLOW}
+ csat < 85%
"""


#: What the new rules would have done, before anybody is asked.
TRIED = re.compile(
    r"ticket_volume > 50 for 15m over 8h:\n"
    r"  On the last [0-9]+ days this would have fired 3 times\.\n"
    r"  It would cost about .* false alarms a week .*\n"
    r"csat < 85%:\n"
)


def test_the_difference_is_shown_and_then_made(folder: Path) -> None:
    ended = run(folder, "apply", written(folder, FILE), "--yes", "--owner", "U0OTHER")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(DIFFERENCE)
    assert TRIED.match(ended.out.removeprefix(DIFFERENCE))
    assert ended.out.endswith("\nDone.\n")
    assert there(folder) == [
        (3, BILLING, QUIET, False),
        (1, SUPPORT, "ticket_volume > 50 for 15m over 8h", False),
        (2, SUPPORT, SLOW, False),
        (4, SUPPORT, "csat < 85%", False),
    ]
    with store(folder) as session:
        owners = {row.id: row.created_by for row in rules.all_of(session, 1)}
        assert (owners[1], owners[4]) == ("U0OWNER", "U0OTHER")
        since = {row.id: row.since for row in rules.all_of(session, 1)}
        assert since[1] >= NOW
        logged = [(one.who, one.action, one.detail) for one in people.changes(session, 1)]
        asked = [(run.subject, run.asked_by, run.request) for run in runs.asked(session, 1)]
    assert logged[:3] == [
        ("apply rules.conf", "alert add", f"{SUPPORT} 4 csat < 85%"),
        ("apply rules.conf", "alert resume", f"{SUPPORT} 2 {SLOW}"),
        ("apply rules.conf", "alert edit", f"{SUPPORT} 1 ticket_volume > 50 for 15m over 8h"),
    ]
    # Nobody in Slack did it.
    assert asked == [("alert:1", None, {"deed": "stop", "incident": None})]


def test_a_rule_that_is_taken_out_ends(folder: Path) -> None:
    out(folder, "apply", written(folder, f"[{SUPPORT}]\npaused: {BUSY}\n"), "--yes")
    assert there(folder) == [(3, BILLING, QUIET, False), (1, SUPPORT, BUSY, True)]
    with store(folder) as session:
        row = session.get_one(AlertRule, 2)
        assert row.removed_at is not None
        asked = [run.subject for run in runs.asked(session, 1)]
        actions = [one.action for one in people.changes(session, 1)][:2]
    assert sorted(asked) == ["alert:1", "alert:2"]
    assert sorted(actions) == ["alert pause", "alert remove"]


def test_nothing_is_changed_while_nobody_has_agreed(folder: Path) -> None:
    before = there(folder)
    ended = run(folder, "apply", written(folder, FILE))
    assert ended.code == 1
    assert ended.out.startswith(DIFFERENCE)
    assert TRIED.match(ended.out.removeprefix(DIFFERENCE))
    assert ended.err == "Nothing was changed: nobody is here to be asked. Add: --yes\n"
    assert there(folder) == before


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1)])
def test_whoever_sits_at_a_terminal_is_asked(folder: Path, answer: str, code: int) -> None:
    before, file = there(folder), written(folder, FILE)
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "alerts", "apply", file],
        cwd=folder,
        stdin=theirs,
        capture_output=True,
        text=True,
        check=False,
        env=SETTINGS | {"PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    os.close(ours)
    os.close(theirs)
    assert ended.returncode == code
    assert ended.stdout.startswith(DIFFERENCE)
    assert "Change the rules like that?" in ended.stdout
    assert (there(folder) == before) is (answer == "n")


WRONG = f"""
[{SUPPORT}]
{BUSY}
frts > 4h
csat < 850%
csat < 85% for group Nowhere
[support]
"""


def test_a_file_with_a_mistake_changes_nothing_and_every_mistake_is_told(folder: Path) -> None:
    before = there(folder)
    ended = run(folder, "apply", written(folder, WRONG), "--yes")
    assert (ended.code, ended.out) == (1, "")
    lines = ended.err.splitlines()
    assert [line.split(":")[0] for line in lines[:-1]] == ["line 4", "line 5", "line 6", "line 7"]
    assert lines[-1] == "Nothing was changed."
    assert there(folder) == before


@pytest.mark.parametrize(
    ("owner", "leads", "sentence"),
    [
        ((), "[]", "Nobody would own the rules. Say who: --owner U024BE7LH"),
        (("--owner", "@ann"), "[]", "“@ann” is nobody's id in Slack."),
    ],
)
def test_somebody_has_to_own_the_rules(
    folder: Path, owner: tuple[str, ...], leads: str, sentence: str
) -> None:
    before = there(folder)
    file = written(folder, f"[{BILLING}]\n{QUIET}\nticket_volume > 80\n")
    ended = run(folder, "apply", file, "--yes", *owner, DESKPULSE_LEADS=leads)
    assert ended.code == 1
    assert sentence in ended.err
    # What it would be about is shown first.
    assert ended.out.startswith(f"[{BILLING}]\n  {QUIET}\n+ ticket_volume > 80\n")
    assert there(folder) == before


def test_rules_that_are_there_already_need_no_further_owner(folder: Path) -> None:
    text = f"[{SUPPORT}]\nticket_volume > 50 for 15m over 8h\n{SLOW}\n"
    ended = run(folder, "apply", written(folder, text), "--yes", DESKPULSE_LEADS="[]")
    assert (ended.code, ended.err) == (0, "")
    assert there(folder)[1] == (1, SUPPORT, "ticket_volume > 50 for 15m over 8h", False)


def test_a_rule_that_would_never_or_always_fire_is_told_before_it_is_switched_on(
    folder: Path,
) -> None:
    text = f"[{BILLING}]\nticket_volume > 900\nticket_volume > 1 over 8h\n"
    ended = run(folder, "apply", written(folder, text))
    assert ended.code == 1
    assert "this would never have fired.\n  It never came out of its limit" in ended.out
    assert "⚠️ It was out of its limit" in ended.out
    assert there(folder)[0] == (3, BILLING, QUIET, False)


def test_a_rule_that_cannot_be_read_is_made_anew(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'deskpulse.db'}")
    with database.writing() as session:
        session.get_one(AlertRule, 3).rule = {"metric": "gone"}
    database.close()
    assert "cannot be read" in out(folder, "list")
    assert "cannot be read by this version" in told(folder, "explain", "3", "--at", "2026-01-01")
    assert "cannot be read by this version" in told(folder, "rehearse", "3")
    ended = out(folder, "apply", written(folder, f"[{BILLING}]\n{QUIET}\n"), "--yes")
    assert f"- {QUIET}  # cannot be read by this version\n+ {QUIET}\n" in ended
    assert there(folder)[0] == (4, BILLING, QUIET, False)


def test_the_first_lead_owns_them_where_nobody_is_named(folder: Path) -> None:
    out(folder, "apply", written(folder, f"[{BILLING}]\ncsat < 85%\n{QUIET}\n"), "--yes")
    with store(folder) as session:
        (made,) = (row for row in rules.of_channel(session, 1, BILLING) if row.id == 4)
    assert made.created_by == "U0LEAD"
    # What it costs is known from the beginning on, as far as that can be said.
    assert made.cost is None


def test_a_channel_that_would_be_told_too_much_is_named(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'deskpulse.db'}")
    with database.writing() as session:
        budgets.keep(session, 1, SUPPORT, 0.5, by="U0LEAD", now=NOW)
    database.close()
    ended = out(folder, "apply", written(folder, FILE), "--yes")
    assert f"{SUPPORT}: ⚠️ false alarms: about" in ended
    assert ended.index("⚠️ false alarms") < ended.index("Done.")
    assert BILLING not in ended


def test_a_file_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / "rules.conf").write_bytes(b"\xff\xfe\x00")
    assert told(folder, "apply", "rules.conf") == "rules.conf is no text in UTF-8."
