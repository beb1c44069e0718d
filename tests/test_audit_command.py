"""`deskpulse audit-anonymity` tells what came of the attack, and ends with 1 where something did."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from bot.store.ballots import Said, cast
from bot.store.database import Database
from bot.store.people import log
from bot.store.tables import BallotRow, OutboxRow, RollRow, WaveRow
from bot.surveys.ballot import Remark
from bot.surveys.roll import Act
from tests.shell import Ended, deskpulse
from tests.survey_samples import SEALS, WORKSPACE, a_wave, closes
from tests.times import T

#: Processes that start and end, and take their time.
pytestmark = pytest.mark.thorough

PEOPLE = tuple(f"U0PERSON{number:02}" for number in range(10))


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders `1` to `4`: a wave that is open, half answered, answered, and closed."""
    folder = tmp_path_factory.mktemp("copies")
    path = folder / "deskpulse.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    with database.writing() as session:
        wave = a_wave(session, PEOPLE).id or 0
        log(session, WORKSPACE, "U0LEAD1234", "survey started", "enps", now=T())
    copy(path, 1)
    for half in (0, 1):
        for user in PEOPLE[half::2]:
            said = Said({"enps": 9}, [Remark("enps", "Too many meetings.")] * half)
            cast(database, SEALS, wave, user, Act.ANSWER_AND_WHY, said, now=T())
        copy(path, half + 2)
    closes(database, wave, now=T(days=3))
    database.scrub(BallotRow, RollRow, WaveRow, OutboxRow)
    copy(path, 4)
    database.close()
    return folder


def copy(path: Path, number: int) -> None:
    made = path.parent / str(number)
    made.mkdir()
    for file in path.parent.glob("deskpulse.db*"):
        shutil.copy(file, made)


def audited(folder: Path, *arguments: str) -> Ended:
    return deskpulse(folder, "audit-anonymity", *arguments)


def dumps(*paths: Path | str) -> list[str]:
    return [word for path in paths for word in ("--dump", str(path))]


def troubles(ended: Ended) -> list[str]:
    return re.findall(r"^✗ (.*)$", ended.out, re.MULTILINE)


def test_it_plays_waves_and_tells_how_every_attacker_did(tmp_path: Path) -> None:
    ended = audited(tmp_path, "--waves", "6", "--people", "6", "--seed", "3")
    assert (ended.code, ended.err) == (0, "")
    assert "6 waves of 6 people in SQLite, seed 3." in ended.out
    assert "what somebody answered, people watched while they answer" in ended.out
    assert re.search(r"^times +\d+ +[\d.]+% +[\d.]+% .*nothing to go by$", ended.out, re.MULTILINE)
    assert ended.out.endswith("✓ The promise holds.\n")
    assert list(tmp_path.glob("*.db*")) == []


def test_copies_of_a_wave_tell_nothing(copies: Path, tmp_path: Path) -> None:
    """Nor that a lead started it, although that stands openly."""
    ended = audited(tmp_path, *dumps(*(copies / str(number) for number in (1, 2, 3, 4))))
    assert (ended.code, troubles(ended)) == (0, [])
    assert "· looked at copy 3:" in ended.out
    assert "1 people stand openly in audit.who" in ended.out
    assert "no column of survey_ballot tells a moment" in ended.out
    assert "the length of survey_ballot.sealed: all alike" in ended.out
    assert "no id of survey_ballot is in order" in ended.out
    assert re.search(r"none of \d\d destroyed values stands in the bytes", ended.out)


def test_a_log_that_names_people_is_trouble(copies: Path, tmp_path: Path) -> None:
    told = tmp_path / "web.log"
    told.write_text("".join(f"answer stored user={user}\n" for user in PEOPLE))
    ended = audited(tmp_path, *dumps(copies / "3"), "--log", str(told))
    assert ended.code == 1
    assert "plain text: 10 people stand openly in a log" in troubles(ended)


def test_the_secret_beside_a_copy_is_trouble(copies: Path, tmp_path: Path) -> None:
    shutil.copytree(copies / "3", tmp_path / "backup")
    (tmp_path / "backup" / "deskpulse.secret").write_text("something")
    ended = audited(tmp_path, *dumps("backup"))
    assert ended.code == 1
    assert [one for one in troubles(ended) if "the secret is in the copy" in one]


def test_a_time_beside_ballots_is_trouble(copies: Path, tmp_path: Path) -> None:
    """As a later version of somebody's own might have it."""
    shutil.copy(copies / "4" / "deskpulse.db", tmp_path / "own.db")
    database = Database(f"sqlite:///{tmp_path}/own.db")
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE survey_comment ADD COLUMN at BIGINT")
        connection.execute(sql("UPDATE survey_comment SET at = 1795158000"))
    database.close()
    ended = audited(tmp_path, *dumps("own.db"))
    assert ended.code == 1
    assert "times: survey_comment.at tells a moment of 5 of 5 rows" in troubles(ended)


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("--dump nothing.db", "The copy nothing.db cannot be read"),
        ("--log some.log", "A log is looked at together with copies. Add --dump PATH."),
        ("--database sqlite:///some.db", "It is for PostgreSQL"),
        (
            "--database foo",
            "--database cannot be used: ArgumentError. Give the address of an empty",
        ),
        (
            "--database postgresql://127.0.0.1:1/x",
            "does not answer. Give the address of an",
        ),
    ],
)
def test_what_cannot_be_looked_at_is_said(tmp_path: Path, typed: str, complaint: str) -> None:
    ended = audited(tmp_path, *typed.split())
    assert (ended.code, ended.out) == (1, "")
    assert complaint in ended.err
    assert ended.err.count("\n") == 1


def test_too_few_waves_are_a_wrong_call(tmp_path: Path) -> None:
    ended = audited(tmp_path, "--waves", "2")
    assert ended.code == 2
    assert "6" in ended.err
