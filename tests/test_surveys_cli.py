"""`deskpulse surveys` tells on the terminal what may be told, by the numbers that Slack knows."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest

from bot.store.ballots import Said, cast
from bot.store.database import Database
from bot.surveys.roll import Act
from tests.shell import deskpulse
from tests.survey_samples import PEOPLE, SEALS, a_wave, closes
from tests.times import T

#: Processes that start and end, and take their time.
pytestmark = pytest.mark.thorough


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two surveys: the first was answered by eight people, the second by four."""
    database = Database(f"sqlite:///{tmp_path / 'deskpulse.db'}")
    database.migrate()
    for many, score in ((8, 9), (4, 0)):
        with database.writing() as session:
            wave = a_wave(session).id or 0
        for user in PEOPLE[:many]:
            cast(database, SEALS, wave, user, Act.ANSWER, Said({"enps": score}), now=T())
        closes(database, wave, now=T(days=3, hours=many))
    database.close()
    return tmp_path


def test_the_closed_surveys_are_listed_with_how_many_answered(folder: Path) -> None:
    lines = deskpulse(folder, "surveys", "list").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["1", "2"]
    assert [line.split()[-2:] for line in lines[1:]] == [["8", "8"], ["8", "4"]]


def test_results_are_told_as_in_slack_the_latest_without_a_number(folder: Path) -> None:
    assert "eNPS +100 · 8 of 8 answered" in deskpulse(folder, "surveys", "results").out
    withheld = deskpulse(folder, "surveys", "results", "2").out
    assert "eNPS · 4 of 8 answered" in withheld
    assert "Withheld" in withheld


def test_a_file_has_what_may_be_told_and_why_the_rest_may_not(folder: Path) -> None:
    told = list(csv.DictReader(StringIO(deskpulse(folder, "surveys", "export").out)))
    assert [(row["survey"], row["n"], row["value"], row["withheld"]) for row in told] == [
        ("1", "8", "100.0", ""),
        ("2", "", "", "too few"),
    ]
    ended = deskpulse(folder, "surveys", "export", "told.csv", "--survey", "2")
    assert ended.out.strip() == "told.csv: 1 results."
    (row,) = csv.DictReader(StringIO((folder / "told.csv").read_text()))
    assert row["survey"] == "2"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("results", "7"), "No survey 7 is closed. See: deskpulse surveys list"),
        (("export", "--survey", "7"), "No survey 7 is closed. See: deskpulse surveys list"),
        (("export", "nowhere/told.csv"), "nowhere/told.csv cannot be written: "),
    ],
)
def test_a_mistake_is_one_sentence_and_changes_nothing(
    folder: Path, typed: tuple[str, ...], said: str
) -> None:
    ended = deskpulse(folder, "surveys", *typed)
    assert ended.code == 1
    assert ended.err.startswith(said)
    assert len(ended.err.strip().splitlines()) == 1


def test_where_no_survey_is_closed_it_says_how_to_start_one(tmp_path: Path) -> None:
    deskpulse(tmp_path, "migrate")
    assert "/enps start" in deskpulse(tmp_path, "surveys", "list").out
    ended = deskpulse(tmp_path, "surveys", "results")
    assert (ended.code, ended.err.strip()) == (
        1,
        "No survey is closed yet. See: deskpulse surveys list",
    )
