from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from bot.metrics import CATALOGUE
from tests.loopback import Reply, serving
from tests.shell import Ended, deskpulse
from tests.slack_double import SlackDouble
from tests.slack_faults import Refused, SlackFaults
from tests.times import T
from tests.workspace import CHANNEL, ELSEWHERE, demo_numbers, words

DESK = {"DESKPULSE_DESKS__DEMO__KIND": "demo", "DESKPULSE_ZONE": "Europe/Athens"}
WEEK = ("--from", "2026-11-13", "--to", "2026-11-19")
FRIDAY = ("--at", "2026-11-20T09:00")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the demo desk's numbers until `T()`, Friday morning."""
    (tmp_path / "deskpulse.db").write_bytes(demo_numbers())
    return tmp_path


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a folder for all the tests that change nothing in it."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "deskpulse.db").write_bytes(demo_numbers())
    return folder


@pytest.fixture
def slack() -> Iterator[SlackDouble]:
    with SlackDouble() as slack:
        slack.add_channel(CHANNEL)
        slack.add_channel(ELSEWHERE, is_member=False)
        yield slack


def told(ended: Ended) -> str:
    """The one sentence on stderr of a command that could not do its work."""
    assert ended.code == 1, ended
    assert ended.out == ""
    assert ended.err.count("\n") == 1, ended.err
    assert "Traceback" not in ended.err
    return ended.err.removesuffix("\n")


# --- Wrong calls ---------------------------------------------------------------------------------


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("fly", "No such command 'fly'"),
        ("kpi --colour red", "No such option"),
        ("kpi frt --by chanel", "'chanel' is not one of"),
        ("digest monthly", "'monthly' is not one of"),
        ("digest", "Missing argument"),
        ("job", "Missing argument"),
    ],
)
def test_a_wrong_call_ends_with_2_and_the_usage(desk: Path, typed: str, complaint: str) -> None:
    ended = deskpulse(desk, *typed.split(), **DESK)
    assert ended.code == 2
    assert ended.out == ""
    assert complaint in ended.err
    assert "Usage: deskpulse" in ended.err


@pytest.mark.thorough
def test_help_lists_every_command(desk: Path) -> None:
    ended = deskpulse(desk, "--help")
    assert ended.code == 0
    for command in ("demo", "run", "web", "worker", "migrate", "sync", "kpi", "digest", "metrics"):
        assert f" {command} " in ended.out


MISTAKES = [
    ("kpi frts", "There is no metric “frts”. Did you mean “frt”? For example: `deskpulse kpi"),
    ("kpi --format jsn", "There is no format “jsn”. Did you mean “json”? For example: `--format"),
    ("metrics --format jsn", "There is no format “jsn”. Did you mean “json”?"),
    ("digest daily --format xml", "There is no format “xml”."),
    ("kpi --desk dmo", "There is no help desk “dmo”. Did you mean “demo”?"),
    ("kpi --from blah", "“blah” is no time that I know."),
    ("kpi --from 2026-02-30", "There is no day 2026-02-30 in the calendar."),
    ("kpi --from 2026-11-19 --to 2026-11-13", "ends (2026-11-13) before it starts (2026-11-19)"),
    ("kpi --to 2026-11-13", "--to is the end of what --from begins."),
    ("digest daily --at yesterday", "“yesterday” is not a moment. For example: --at 2026-11-20"),
    ("digest daily --post", "To post, name the channel. Add: --channel C024BE91L"),
    ("digest daily --post --channel C1", "SLACK_BOT_TOKEN is not set, so nothing can be posted."),
    ("job snc", "There is no job “snc”. Did you mean “sync”? For example: `deskpulse job sync`"),
    ("job sync --at never", "“never” is not a moment."),
    ("sync --desk dmo", "There is no help desk “dmo”. Did you mean “demo”?"),
    ("sync --since tomorrow", "“tomorrow” is not a day. For example: --since 2026-11-01"),
    ("sync --since 2100-01-01", "2100-01-01 is yet to come."),
    ("run", "SLACK_APP_TOKEN is not set."),
]


@pytest.mark.thorough
@pytest.mark.parametrize(("typed", "sentence"), MISTAKES, ids=[typed for typed, _ in MISTAKES])
def test_a_mistake_ends_with_1_and_one_sentence(desk: Path, typed: str, sentence: str) -> None:
    assert sentence in told(deskpulse(desk, *typed.split(), **DESK))


@pytest.mark.thorough
def test_sync_without_a_help_desk_says_how_to_set_one(tmp_path: Path) -> None:
    assert told(deskpulse(tmp_path, "sync")) == (
        "No help desk is set. Set DESKPULSE_DESKS__NAME__KIND=… (README)."
    )


# --- Wrong settings ------------------------------------------------------------------------------

WRONG_ENVIRONMENT = [
    ({"DATABASE_URL": "sesame"}, "DATABASE_URL cannot be used"),
    ({"DATABASE_URL": "oracle://u:sesame@h/x"}, "DATABASE_URL cannot be used"),
    ({"DATABASE_URL": "sqlite:////nowhere/x.db"}, "/nowhere/deskpulse.secret cannot be kept"),
    ({"DATABASE_URL": "postgres://u:sesame@h/x"}, "DESKPULSE_SECRET is not set, and PostgreSQL"),
    ({"DESKPULSE_SECRET": "sesame"}, "The setting DESKPULSE_SECRET is wrong"),
    ({"DESKPULSE_ZONE": "Mars/Phobos"}, "DESKPULSE_ZONE is wrong: there is no time zone"),
    ({"DESKPULSE_LOCALE": "klingon"}, "DESKPULSE_LOCALE is wrong: there is no language"),
    ({"DESKPULSE_LEADS": "U1"}, "The setting DESKPULSE_LEADS is wrong: it has to be JSON."),
    ({"DESKPULSE_DESKS": "sesame"}, "The setting DESKPULSE_DESKS is wrong: it has to be JSON."),
    ({"PORT": "sesame"}, "The setting PORT is wrong: "),
    ({"PORT": "70000"}, "The setting PORT is wrong: "),
    ({"DESKPULSE_HISTORY": "-3 days"}, "The setting DESKPULSE_HISTORY is wrong: "),
    ({"DESKPULSE_LOG_FORMAT": "xml"}, "The setting DESKPULSE_LOG_FORMAT is wrong: "),
    ({"DESKPULSE_DESKS__DEMO__KIND": "dmo"}, "Set DESKPULSE_DESKS__DEMO__KIND to one of: demo"),
    ({"DESKPULSE_DESKS__DEMO__SEED": "sesame"}, "Help desk “demo”: seed: "),
    (
        {"DESKPULSE_DESKS__DEMO__TOKEN": "sesame"},
        "Help desk “demo” has no setting “token”. Remove ",
    ),
]


@pytest.mark.thorough
@pytest.mark.parametrize(("environment", "sentence"), WRONG_ENVIRONMENT)
def test_a_wrong_setting_stops_with_one_sentence_that_names_it(
    desk: Path, environment: dict[str, str], sentence: str
) -> None:
    complaint = told(deskpulse(desk, "kpi", **{**DESK, **environment}))
    assert sentence in complaint
    assert "sesame" not in complaint


@pytest.mark.thorough
def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    url = "postgres://u:sesame@127.0.0.1:1/x"
    environment = {"DATABASE_URL": url, "DESKPULSE_SECRET": "s" * 20}
    for command in ("kpi", "migrate"):
        complaint = told(deskpulse(tmp_path, command, **environment))
        assert "@127.0.0.1:1/x does not answer. Start it, or correct DATABASE_URL." in complaint
        assert "sesame" not in complaint


WRONG_FILES = [
    ("zone = ", "deskpulse.toml could not be read"),
    ("port = 'sesame'", "The setting PORT is wrong"),
    ("slack_bot_token = 7\nsecret = 'sesame'", "The setting SLACK_BOT_TOKEN is wrong"),
    ("leads = 'U1'", "The setting DESKPULSE_LEADS is wrong"),
    ("[desks.demo]\nkind='demo'\nseed='sesame'", "or `seed` under [desks.demo] in deskpulse.toml"),
]


@pytest.mark.parametrize(("content", "sentence"), WRONG_FILES)
def test_a_wrong_file_stops_with_one_sentence_that_names_the_setting(
    tmp_path: Path, content: str, sentence: str
) -> None:
    (tmp_path / "deskpulse.toml").write_text(content)
    complaint = told(deskpulse(tmp_path, "kpi"))
    assert sentence in complaint
    assert "sesame" not in complaint


# --- Numbers -------------------------------------------------------------------------------------

READING_KEYS = [
    *("metric", "value", "unit", "n", "low", "high", "p90"),
    *("start", "end", "slice", "clock", "definition", "as_of"),
]


#: What no help desk knows.
OF_PEOPLE = {
    *("quality_score", "churn_rate", "conversion_rate"),
    *("enps", "pulse_score", "survey_participation"),
}


@pytest.mark.thorough
def test_kpi_prints_readings_with_stable_keys(desk: Path) -> None:
    ended = deskpulse(desk, "kpi", *WEEK, "--format", "json", **DESK)
    assert (ended.code, ended.err) == (0, "")
    readings = json.loads(ended.out)
    assert [reading["metric"] for reading in readings] == list(CATALOGUE)
    for reading in readings:
        assert list(reading) == READING_KEYS
        assert reading["unit"] == CATALOGUE[reading["metric"]].unit
        assert reading["definition"] == CATALOGUE[reading["metric"]].definition_id
        assert (reading["start"], reading["end"]) == (
            "2026-11-13T00:00:00+02:00",
            "2026-11-20T00:00:00+02:00",
        )
        assert reading["slice"] is None
        known = reading["metric"] not in OF_PEOPLE | {"after_hours_share"}  # no hours are set
        assert reading["as_of"] == (T().isoformat() if known else None)


@pytest.mark.thorough
def test_kpi_splits_by_a_part_and_keeps_to_one_desk(desk: Path) -> None:
    typed = ("kpi", "volume", *WEEK, "--by", "group", "--desk", "demo", "--format", "json")
    parts = json.loads(deskpulse(desk, *typed, **DESK).out)
    names = [part["slice"]["group"] for part in parts]
    assert names == sorted(names)
    assert "Billing" in names
    (everything,) = json.loads(
        deskpulse(desk, "kpi", "volume", *WEEK, "--format", "json", **DESK).out
    )
    assert sum(part["value"] for part in parts) == everything["value"]


@pytest.mark.thorough
def test_a_number_that_is_not_there_is_null_and_not_zero(desk: Path) -> None:
    typed = ("kpi", "frt", "--from", "2020-01-01", "--to", "2020-01-02", "--format", "json")
    (reading,) = json.loads(deskpulse(desk, *typed, **DESK).out)
    assert (reading["value"], reading["n"], reading["p90"]) == (None, 0, None)


def test_a_pipe_gets_plain_text(desk: Path) -> None:
    for typed in (("kpi", *WEEK), ("metrics",), ("digest", "weekly", *FRIDAY)):
        ended = deskpulse(desk, *typed, TERM="xterm-256color", **DESK)
        assert ended.code == 0
        assert "\x1b" not in ended.out
        assert "First response" in ended.out


def test_kpi_prints_a_line_for_each_number(desk: Path) -> None:
    lines = deskpulse(desk, "kpi", *WEEK, COLUMNS="120", **DESK).out.splitlines()
    assert [line.split("  ")[0].strip() for line in lines[1:]] == [
        metric.label for metric in CATALOGUE.values()
    ]


def test_metrics_lists_what_each_number_means(desk: Path) -> None:
    listed = json.loads(deskpulse(desk, "metrics", "--format", "json").out)
    assert [entry["key"] for entry in listed] == list(CATALOGUE)
    for entry in listed:
        metric = CATALOGUE[entry["key"]]
        assert list(entry) == [
            *("key", "label", "short", "definition", "id", "unit", "better", "needs")
        ]
        assert entry["definition"] == metric.definition


# --- Digests -------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_a_digest_is_shown_as_text_as_json_and_as_a_page(desk: Path) -> None:
    def shown(form: str) -> str:
        ended = deskpulse(desk, "digest", "daily", *FRIDAY, "--format", form, **DESK)
        assert (ended.code, ended.err) == (0, "")
        return ended.out

    made = json.loads(shown("json"))
    assert list(made) == [
        *("kind", "start", "end", "data_until", "complete", "highlights", "numbers")
    ]
    assert (made["kind"], made["start"]) == ("daily", "2026-11-19T00:00:00+02:00")
    assert made["complete"] is True
    told = {number["metric"] for number in made["numbers"]}
    assert told == CATALOGUE.keys() - OF_PEOPLE - {"after_hours_share"}
    assert list(made["numbers"][0]) == [
        *READING_KEYS,
        *("before", "usual", "standing", "good", "goal", "goal_met"),
    ]
    solved = next(one for one in made["numbers"] if one["metric"] == "tickets_solved")
    assert f" {solved['value']} solved, " in shown("text")
    page = shown("html")
    assert page.lower().startswith("<!doctype html>")
    assert "Thursday" in page


@pytest.mark.thorough
def test_a_weekly_digest_is_about_seven_days(desk: Path) -> None:
    ended = deskpulse(desk, "digest", "weekly", *FRIDAY, "--format", "json", **DESK)
    made = json.loads(ended.out)
    assert (made["start"], made["end"]) == (
        "2026-11-13T00:00:00+02:00",
        "2026-11-20T00:00:00+02:00",
    )


def slack_settings(slack: SlackDouble, **more: str) -> dict[str, str]:
    return {**DESK, "SLACK_BOT_TOKEN": slack.bot_token, "SLACK_API_URL": slack.api_url, **more}


@pytest.mark.thorough
def test_a_digest_is_posted_once_with_its_thread(folder: Path, slack: SlackDouble) -> None:
    typed = ("digest", "weekly", *FRIDAY, "--post", "--channel", CHANNEL)
    ended = deskpulse(folder, *typed, **slack_settings(slack))
    assert (ended.code, ended.out) == (0, f"Posted to {CHANNEL}.\n")
    (head,) = slack.posts(CHANNEL)
    assert "Support · week of" in words({"text": head.text, "blocks": head.blocks})
    # Three themes, the hours, by channel, by group, all numbers, and what they mean.
    assert len(slack.thread(CHANNEL, head.ts)) == 8


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        (ELSEWHERE, "It is not posted yet (Slack answered not_in_channel. Invite the bot: "),
        ("C0ARCHIVED", "It is not posted yet (Slack answered is_archived. Unarchive "),
    ],
)
def test_a_digest_that_could_not_be_posted_says_why(
    folder: Path, slack: SlackDouble, channel: str, sentence: str
) -> None:
    slack.add_channel("C0ARCHIVED", is_archived=True)
    typed = ("digest", "daily", *FRIDAY, "--post", "--channel", channel)
    ended = deskpulse(folder, *typed, **slack_settings(slack))
    assert ended.code == 1
    assert sentence in ended.err
    assert "Traceback" not in ended.err
    assert slack.posted == []


# --- Socket Mode ---------------------------------------------------------------------------------


@pytest.mark.thorough
def test_run_with_a_token_that_slack_refuses_says_which(tmp_path: Path, slack: SlackDouble) -> None:
    with SlackFaults(slack.api_url) as faults:
        faults.on("apps.connections.open", Refused("invalid_auth"))
        settings = slack_settings(slack, SLACK_APP_TOKEN="xapp-1", SLACK_API_URL=faults.api_url)
        ended = deskpulse(tmp_path, "run", **settings)
    assert ended.code == 1
    # Before it stands what Bolt says of every line that could not be opened.
    assert ended.err.splitlines()[-1].startswith(
        "Slack answered invalid_auth. Set SLACK_APP_TOKEN to "
    )
    assert "Traceback" not in ended.err
    assert "xapp-1" not in ended.err


@pytest.mark.thorough
def test_run_without_slack_says_so(tmp_path: Path, slack: SlackDouble) -> None:
    away = slack_settings(slack, SLACK_APP_TOKEN="xapp-1", SLACK_API_URL="http://127.0.0.1:9/api/")
    complaint = told(deskpulse(tmp_path, "run", **away))
    assert complaint.startswith("Slack could not be reached (URLError).")


# --- Syncing and jobs ----------------------------------------------------------------------------


def small_desk(**more: str) -> dict[str, str]:
    return {
        **DESK,
        "DESKPULSE_DESKS__DEMO__VOLUME": "10",
        "DESKPULSE_HISTORY": "P10D",
        **more,
    }


def count(folder: Path, table: str) -> int:
    with closing(sqlite3.connect(folder / "deskpulse.db")) as connection:
        found: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return found


def test_sync_reads_a_desk_and_then_only_what_changed(tmp_path: Path) -> None:
    first = deskpulse(tmp_path, "sync", **small_desk())
    assert first.code == 0
    (read,) = re.findall(r"^demo: ([0-9,]+) tickets read\.$", first.out, re.MULTILINE)
    assert int(read.replace(",", "")) >= count(tmp_path, "ticket") > 30
    again = deskpulse(tmp_path, "sync", "--desk", "demo", **small_desk())
    (fewer,) = re.findall(r"^demo: ([0-9,]+) tickets read\.$", again.out, re.MULTILINE)
    assert int(fewer.replace(",", "")) < int(read.replace(",", ""))


@pytest.mark.thorough
def test_one_desk_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    with serving(lambda _: Reply(b"", 401)) as address:
        away = {
            "DESKPULSE_DESKS__AWAY__KIND": "request_tracker",
            "DESKPULSE_DESKS__AWAY__URL": address,
            "DESKPULSE_DESKS__AWAY__TOKEN": "sesame-sesame",
        }
        ended = deskpulse(tmp_path, "sync", **small_desk(**away))
    assert ended.code == 1
    assert re.search(r"^away: .*(token|Token)", ended.err, re.MULTILINE)
    assert "demo: " in ended.out
    assert "sesame" not in ended.err + ended.out
    assert "Traceback" not in ended.err


@pytest.mark.thorough
def test_a_job_runs_as_it_would_have_run_at_a_moment(tmp_path: Path) -> None:
    """A message that was settled is forgotten a month later, and not a day sooner."""
    assert deskpulse(tmp_path, "job", "sync", **small_desk()).code == 0
    assert count(tmp_path, "ticket") > 30
    with closing(sqlite3.connect(tmp_path / "deskpulse.db")) as connection, connection:
        connection.execute(
            "INSERT INTO outbox (id, workspace_id, subject, channel, place, text, blocks, state, "
            "tries, created_at, next_at, expires_at, lookups) "
            "VALUES ('1', 1, 'digest:1', 'C1', 1, 'old', '[]', 'sent', 1, ?1, ?1, ?1, 0)",
            (int(datetime(2026, 11, 20, 9, tzinfo=UTC).timestamp()),),
        )
    for day, left in (("2026-12-19", 1), ("2026-12-21", 0)):
        assert deskpulse(tmp_path, "job", "tidy", "--at", f"{day}T09:00", **small_desk()).code == 0
        assert count(tmp_path, "outbox") == left


@pytest.mark.thorough
def test_migrate_makes_the_tables_and_may_be_repeated(tmp_path: Path) -> None:
    for _ in range(2):
        ended = deskpulse(tmp_path, "migrate")
        assert (ended.code, ended.err) == (0, "")
        assert re.fullmatch(r"The tables are at \w+\.\n", ended.out)
    assert count(tmp_path, "ticket") == 0


# --- The demo ------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_the_demo_shows_digests_and_writes_a_page_and_names_it(tmp_path: Path) -> None:
    # Played on the day that README shows.
    ended = deskpulse(tmp_path, "demo", "--folder", "shown", "--at", "2026-11-20T10:00")
    assert (ended.code, ended.err) == (0, "")
    assert "The daily digest after a quiet day" in ended.out
    assert "The weekly digest" in ended.out
    (address,) = re.findall(r"The same as a page: (file://\S+)", ended.out)
    page = Path(unquote(urlsplit(address).path))
    assert page.parent == tmp_path / "shown"
    content = page.read_text()
    assert "deskpulse demo" in content
    assert "data:image/png;base64," in content
    assert not re.search(r"""(?:src|href)=["']?https?://""", content)
    # What README shows at its top is what the demo shows; only its lines are broken elsewhere.
    shown = Path("README.md").read_text().split("```")[1]
    assert " ".join(shown.split()) in " ".join(ended.out.split())


# --- Connecting a help desk ---


def test_connect_lists_what_there_is(tmp_path: Path) -> None:
    ended = deskpulse(tmp_path, "connect")
    assert (ended.code, ended.err) == (0, "")
    assert "zendesk" in ended.out
    assert "request_tracker" in ended.out


@pytest.mark.thorough
def test_connect_needs_nobody_where_everything_is_given(tmp_path: Path) -> None:
    ended = deskpulse(tmp_path, "connect", "demo", "--name", "acme", "--set", "volume=30")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.count("✓ ") == 3
    assert "deskpulse sync --desk acme" in ended.out
    assert (tmp_path / "deskpulse.toml").read_text() == (
        '[desks.acme]\nkind = "demo"\nvolume = "30"\n'
    )
    assert "acme: " in deskpulse(tmp_path, "sync", DESKPULSE_HISTORY="3 days").out


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("zendsk", "There is no kind of help desk “zendsk”. Did you mean “zendesk”?"),
        ("demo --name Acme", "“Acme” cannot be the name of a help desk."),
        ("demo --name a --set volume", "A setting is given as NAME=VALUE."),
        ("demo --name a --set colour=1", "Demo has no setting “colour”."),
        ("demo --name a --set volume=x", "Help desk “a”: volume:"),
        ("request_tracker --name rt", "There is nobody here to answer “url"),
    ],
)
def test_a_wrong_connection_gets_one_sentence_and_writes_nothing(
    tmp_path: Path, typed: str, told: str
) -> None:
    ended = deskpulse(tmp_path, "connect", *typed.split())
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert ended.err.startswith(told)
    assert not (tmp_path / "deskpulse.toml").exists()
