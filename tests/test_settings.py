from __future__ import annotations

import os
import stat
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.errors import ConfigurationError
from bot.services import secret_of
from bot.settings import Given, Settings, variable
from bot.store.database import Database


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, with none of our variables in the environment."""
    for name in list(os.environ):
        if name.startswith(("DESKPULSE_", "SLACK_")) or name in ("DATABASE_URL", "PORT"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- Where a value comes from --------------------------------------------------------------------


def test_everything_has_a_default_that_works() -> None:
    settings = Settings.read()
    assert settings.database_url == "sqlite:///deskpulse.db"
    assert settings.slack_bot_token is None
    assert settings.desks == {}
    assert settings.tz == ZoneInfo("UTC")


def test_the_environment_beats_the_env_file_which_beats_the_toml_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "deskpulse.toml").write_text('zone = "Asia/Tokyo"\nport = 1\nlocale = "de"\n')
    (folder / ".env").write_text("DESKPULSE_ZONE=Europe/Berlin\nPORT=2\n")
    monkeypatch.setenv("DESKPULSE_ZONE", "Europe/Athens")
    settings = Settings.read()
    assert (settings.zone, settings.port, settings.locale) == ("Europe/Athens", 2, "de")


def test_a_value_that_was_not_filled_in_is_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").write_text("SLACK_BOT_TOKEN=\nDESKPULSE_SECRET=\n")
    monkeypatch.setenv("SLACK_APP_TOKEN", "")
    settings = Settings.read()
    assert settings.slack_bot_token is None
    assert settings.slack_app_token is None
    assert settings.secret is None


def test_what_is_handed_out_for_a_new_installation_can_be_read(folder: Path) -> None:
    example = Path(__file__).parent.parent / ".env.example"
    (folder / ".env").write_text(example.read_text())
    settings = Settings.read()
    assert settings.slack_bot_token is None
    assert settings.desks == {}


def test_help_desks_are_named_by_the_user_in_either_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "deskpulse.toml").write_text(
        '[desks.acme]\nkind = "demo"\nseed = 1\n[desks.shop]\nkind = "demo"\n'
    )
    monkeypatch.setenv("DESKPULSE_DESKS__ACME__SEED", "2")
    monkeypatch.setenv("DESKPULSE_DESKS__EXTRA__KIND", "demo")
    assert Settings.read().desks == {
        "acme": {"kind": "demo", "seed": "2"},
        "shop": {"kind": "demo"},
        "extra": {"kind": "demo"},
    }


def test_durations_are_written_like_those_of_iso_8601(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKPULSE_STALE_AFTER", "PT10M")
    monkeypatch.setenv("DESKPULSE_HISTORY", "P90D")
    settings = Settings.read()
    assert settings.stale_after == timedelta(minutes=10)
    assert settings.history == timedelta(days=90)


@pytest.mark.parametrize(("told", "days"), [("P31D", 31), ("P90D", 90), ("P396D", 396)])
def test_comments_are_kept_for_whole_days(
    monkeypatch: pytest.MonkeyPatch, told: str, days: int
) -> None:
    assert Settings.read().keep_comments == timedelta(days=396)
    monkeypatch.setenv("DESKPULSE_KEEP_COMMENTS", told)
    assert Settings.read().keep_comments == timedelta(days=days)


def test_leads_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKPULSE_LEADS", '["U1", "U2"]')
    assert Settings.read().leads == ["U1", "U2"]


def test_unknown_variables_of_other_programs_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_VERIFICATION_TOKEN", "x")
    monkeypatch.setenv("DESKPULSE_OF_TOMORROW", "x")
    assert Settings.read().zone == "UTC"


# --- What it becomes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@h:5432/d", "postgresql+psycopg://u:p@h:5432/d"),
        ("postgresql://u:p@h/d?sslmode=require", "postgresql+psycopg://u:p@h/d?sslmode=require"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("sqlite:///x.db", "sqlite:///x.db"),
    ],
)
def test_the_driver_of_postgresql_is_ours(
    monkeypatch: pytest.MonkeyPatch, given: str, used: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", given)
    assert Settings.read().database_url == used


@pytest.mark.parametrize(("given", "used"), [("en-GB", "en_GB"), ("de", "de"), ("fa_IR", "fa_IR")])
def test_a_language_is_written_in_either_way(given: str, used: str) -> None:
    assert Given(locale=given).locale == used


def test_the_address_of_slack_ends_with_a_slash() -> None:
    assert Given(slack_api_url="http://x/api").slack_api_url == "http://x/api/"


@pytest.mark.parametrize(
    ("name", "its"),
    [
        ("zone", "DESKPULSE_ZONE"),
        ("port", "PORT"),
        ("PORT", "PORT"),
        ("database_url", "DATABASE_URL"),
        ("slack_bot_token", "SLACK_BOT_TOKEN"),
        ("stale_after", "DESKPULSE_STALE_AFTER"),
    ],
)
def test_every_setting_has_its_variable(name: str, its: str) -> None:
    assert variable(name) == its


# --- What is wrong -------------------------------------------------------------------------------

WRONG = [
    ("DESKPULSE_ZONE", "Mars/Phobos", "there is no time zone 'Mars/Phobos'"),
    ("DESKPULSE_ZONE", "../etc/passwd", "there is no time zone"),
    ("DESKPULSE_LOCALE", "klingon", "there is no language 'klingon'"),
    ("DESKPULSE_LEADS", "U1", "it has to be JSON"),
    ("DESKPULSE_DESKS", "acme", "it has to be JSON"),
    ("DESKPULSE_SECRET", "short", "at least 16"),
    ("DESKPULSE_HISTORY", "P0D", "greater than 0"),
    ("DESKPULSE_SYNC_EVERY", "PT1S", "greater than or equal to 10 seconds"),
    ("DESKPULSE_KEEP_COMMENTS", "P30D", "write whole days, from P31D (letters travel for 30) to"),
    ("DESKPULSE_KEEP_COMMENTS", "P397D", "to P396D (13 months)."),
    ("DESKPULSE_KEEP_COMMENTS", "P31DT1H", "write whole days"),
    ("DESKPULSE_KEEP_COMMENTS", "13 months", "write whole days"),
    ("PORT", "http", "valid integer"),
    ("PORT", "65536", "less than or equal to 65535"),
    ("DESKPULSE_LOG_FORMAT", "xml", "match pattern"),
]


@pytest.mark.parametrize(("name", "value", "why"), WRONG)
def test_a_wrong_setting_is_named_and_its_secret_is_not(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-sesame")
    with pytest.raises(ConfigurationError) as caught:
        Settings.read()
    assert caught.value.message.startswith(f"The setting {name} is wrong: ")
    assert why in caught.value.message
    assert caught.value.hint
    assert "sesame" not in str(caught.value)
    assert "short" not in str(caught.value)


@pytest.mark.parametrize("content", [b"zone = ", b"zone = 'x", b"\xff\xfe", b"[desks\n"])
def test_a_file_that_is_no_toml_is_named(folder: Path, content: bytes) -> None:
    (folder / "deskpulse.toml").write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        Settings.read()
    assert caught.value.message.startswith(f"{folder / 'deskpulse.toml'} could not be read: ")
    assert caught.value.hint == "Correct that line of the file."


def test_no_secret_is_shown_when_settings_are_printed() -> None:
    settings = Given(slack_bot_token="xoxb-sesame", secret="sesame-sesame-sesame")
    assert "sesame" not in repr(settings)


# --- The key of the hashes -----------------------------------------------------------------------


def test_a_key_is_made_once_beside_sqlite_and_nobody_else_may_read_it(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'here.db'}")
    first = secret_of(Given(), database)
    kept = folder / "deskpulse.secret"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len(first) >= 32
    assert secret_of(Given(), database) == first
    assert kept.read_text().strip().encode() == first


def test_another_installation_has_another_key(tmp_path: Path) -> None:
    keys = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        keys.add(secret_of(Given(), Database(f"sqlite:///{tmp_path / name / 'a.db'}")))
    assert len(keys) == 2


def test_a_key_that_is_set_is_used_and_none_is_kept(folder: Path) -> None:
    settings = Given(secret="of at least sixteen letters")
    database = Database(f"sqlite:///{folder / 'here.db'}")
    assert secret_of(settings, database) == b"of at least sixteen letters"
    assert list(folder.iterdir()) == []


def test_postgresql_needs_the_key_because_processes_share_it() -> None:
    pytest.importorskip("psycopg")
    database = Database("postgresql+psycopg://u:sesame@h/d")
    with pytest.raises(ConfigurationError) as caught:
        secret_of(Given(), database)
    assert caught.value.message == "DESKPULSE_SECRET is not set, and PostgreSQL needs it."
    assert "sesame" not in str(caught.value)
    assert secret_of(Given(secret="x" * 16), database) == b"x" * 16


def test_a_folder_that_is_not_there_is_named(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'nowhere' / 'a.db'}")
    with pytest.raises(ConfigurationError, match=r"nowhere/deskpulse\.secret cannot be kept"):
        secret_of(Given(), database)


def test_a_database_in_memory_keeps_no_key(folder: Path) -> None:
    assert secret_of(Given(), Database("sqlite://"))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("url", ["sesame", "oracle://u:sesame@h/d", "sqlite+nothing:///sesame"])
def test_a_database_of_no_known_kind_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Database(url)
    assert caught.value.message.startswith("DATABASE_URL cannot be used: ")
    assert "sesame" not in str(caught.value)
