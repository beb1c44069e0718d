from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.errors import UsageError
from bot.measurements import COLUMNS, Entry
from bot.measurements.spreadsheet import MOST_BYTES, read_csv
from tests.shell import Ended, deskpulse
from tests.test_measurements import OCTOBER, TODAY, day, entry

HEAD = ",".join(COLUMNS)
#: Long ago for the clock of the process, whenever the tests run.
LINES = """\
churn_rate,2024-10,,12,3400,,,,,,
Conversion rate,2024-11-01,2024-11-07,,,94%,31,,chat,,
AHT,2024-11-01,,,,3 min,120,aircall,,,
calls,2024-11-01,,1200,,,,aircall,,,
calls,2024-11-02,,1300,,,,aircall,,,
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a database in which nothing is recorded."""
    assert deskpulse(tmp_path, "migrate").code == 0
    return tmp_path


def imported(folder: Path, content: str | bytes, *options: str) -> Ended:
    file = folder / "numbers.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return deskpulse(folder, "import", "numbers.csv", *options)


def kept(folder: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "deskpulse.db")) as connection:
        return connection.execute(
            "SELECT metric, desk, numerator, denominator FROM measurement ORDER BY metric, day"
        ).fetchall()


# --- What spreadsheets save ----------------------------------------------------------------------

CHURN = entry(*OCTOBER)
FILES = {
    "of commas": "metric,from,numerator,denominator\nchurn,2026-10,12,3400\n",
    "with every column": f"{HEAD}\nchurn,2026-10,,12,3400,,,,,,\n",
    "in another order": "Denominator,MONTH,Numerator,Metric\n3400,2026-10,12,Churn\n",
    "with a byte order mark": "\ufeffmetric,from,numerator,n\nchurn,2026-10,12,3400\n",
    "of semicolons": "metric;from;numerator;n\nchurn;2026-10;12,0;3400\n",
    "of tabs": "metric\tfrom\tnumerator\tn\nchurn\t2026-10\t12\t3400\n",
    "from Windows": "metric,from,numerator,n\r\nchurn,2026-10,12,3400\r\n",
    "from an old Mac": "metric,from,numerator,n\rchurn,2026-10,12,3400\r",
    "without an end of line": "metric,from,numerator,n\nchurn,2026-10,12,3400",
    "in quotes": '"metric","from","numerator","n"\n"churn","2026-10","12","3 400"\n',
    "with empty lines": "\n,,,\nmetric,from,numerator,n\n\nchurn,2026-10,12,3400\n,,,\n\n",
    "with empty cells": "metric,from,numerator,n,,\nchurn,2026-10,12,3400,,\n",
    "with a shorter line": "metric,from,numerator,n,group\nchurn,2026-10,12,3400\n",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_as_spreadsheets_save_it(name: str) -> None:
    read = read_csv(FILES[name].encode(), today=TODAY)
    assert (list(read.entries.values()), list(read.problems)) == ([CHURN], [])


def test_decimals_are_those_of_the_country_that_the_file_is_from() -> None:
    german = "metric;from;value;n\nQA;2026-10-01;87,125;8\n"
    english = "metric,from,value,n\nQA,2026-10-01,87.125,8\n"
    for file in (german, english):
        read = read_csv(file.encode(), today=TODAY)
        assert list(read.entries.values()) == [Entry("quality_score", day(1), day(1), 697, 8)]


def test_a_cell_may_hold_what_parts_the_others() -> None:
    file = 'metric,from,numerator,n,group\nchurn,2026-10,12,3400,"Billing, ""EU"""\n'
    (read,) = read_csv(file.encode(), today=TODAY).entries.values()
    assert read.group == 'Billing, "EU"'


NO_FILES = {
    "empty": (b"", "The file is empty."),
    "only empty cells": (b",,,\n,\n", "The file is empty."),
    "only quotes": (b'""\n" "\n', "The file is empty."),
    "blank": (b"\xef\xbb\xbf \n\n", "The file is empty."),
    "a head only": (HEAD.encode(), "The file has a head, and no line below it."),
    "no head": (b"churn,2026-10,12,3400\n", "There is no column “churn”."),
    "an unknown column": (b"metric,from,numbr\n", "There is no column “numbr”."),
    "an unknown part": (
        b"metric,from,numerator,n,team\nchurn,2026-10,12,3400,A\n",
        "There is no column “team”.",
    ),
    "an agent": (b"metric,from,value,n,agent\n", "Nothing is recorded about one agent."),
    "no metric": (b"from,value\n2026-10,5\n", "The head of the file lacks: metric."),
    "no days": (b"metric,value\nchurn,5\n", "The head of the file lacks: from."),
    "no number": (b"metric,from\nchurn,2026\n", "The head of the file lacks: numerator."),
    "a column twice": (b"metric,date,day,value\n", "The column “from” is there twice."),
    "utf-16": (HEAD.encode("utf-16"), "The file is encoded as UTF-16. Save it as “CSV UTF-8”."),
    "latin-1": (
        "metric,from,value,n,group\nchurn,2026-10,5%,9,Büro\n".encode("latin-1"),
        "The file is not encoded as UTF-8 (line 2). Save it as “CSV UTF-8”.",
    ),
    "a NUL": (b"metric,from,value\nchurn,2026\0,5\n", "There is a NUL byte in line 2."),
    "a workbook": (b"PK\x03\x04\x14\x00", "That is a workbook, not a CSV file."),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1", "That is a workbook, not a CSV file."),
    "an open quote": (
        b'metric,from,numerator,n\nchurn,2026-10,1,2\nchurn,"2026-09,1,2\n',
        "Line 3 cannot be read: unexpected end of data.",
    ),
    "an endless cell": (
        b"metric,from,value\nchurn,2026-10," + b"5" * 200_000,
        "Line 2 cannot be read: field larger than field limit",
    ),
    "too large": (b"x" * (MOST_BYTES + 1), "The file is larger than 10 MB. Import it in parts."),
}


@pytest.mark.parametrize("name", NO_FILES)
def test_what_is_no_such_file_gets_one_sentence(name: str) -> None:
    content, sentence = NO_FILES[name]
    with pytest.raises(UsageError) as raised:
        read_csv(content, today=TODAY)
    assert str(raised.value).startswith(sentence)
    assert "\n" not in str(raised.value)


def test_a_line_is_named_by_its_number_in_the_file() -> None:
    file = (
        "metric,from,numerator,n,group\n"  # line 1
        "\n"
        'churn,2026-10,12,3400,"a group\nof two lines"\n'  # lines 3 and 4
        "churn,2026-10,12,3400,Billing,5\n"  # 5
        "churn,2026-09,1,2\n"
        "chrun,2026-08,1,2\n"  # 7
    )
    read = read_csv(file.encode(), today=TODAY)
    assert list(read.entries) == [6]
    assert [(problem.place, str(problem.error)[:20]) for problem in read.problems] == [
        (3, "“a group of two line"),
        (5, "There are more cells"),
        (7, "There is no metric “"),
    ]


# --- The command -----------------------------------------------------------------------------------


def test_a_file_is_imported_once_and_mended_by_importing_it_again(folder: Path) -> None:
    ended = imported(folder, f"{HEAD}\n{LINES}")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        "Stored: 5 added.\n"
        "churn_rate: 1 of 2024-10-01..2024-10-31\n"
        "conversion_rate: 1 of 2024-11-01..2024-11-07\n"
        "handle_time: 1 of 2024-11-01\n"
        "call_volume: 2 of 2024-11-01..2024-11-02\n"
    )
    expected = [
        ("call_volume", "aircall", 1_200, 1),
        ("call_volume", "aircall", 1_300, 1),
        ("churn_rate", "", 12, 3_400),
        ("conversion_rate", "", pytest.approx(29.14), 31),
        ("handle_time", "aircall", 21_600, 120),
    ]
    assert kept(folder) == expected
    again = imported(folder, f"{HEAD}\n{LINES}")
    assert again.out.startswith("Stored: 5 unchanged.\n")
    mended = LINES.replace("1300", "1301").replace("12,3400", "off,")
    assert imported(folder, f"{HEAD}\n{mended}").out.startswith(
        "Stored: 1 replaced, 1 removed, 3 unchanged.\n"
    )
    expected[1] = ("call_volume", "aircall", 1_301, 1)
    del expected[2]
    assert kept(folder) == expected


@pytest.mark.thorough
def test_what_was_imported_is_in_the_numbers_and_in_the_log(folder: Path) -> None:
    imported(folder, f"{HEAD}\n{LINES}")
    typed = ("kpi", "calls", "--from", "2024-11-01", "--to", "2024-11-30", "--format", "json")
    (reading,) = json.loads(deskpulse(folder, *typed).out)
    assert reading["value"] == 2_500
    with closing(sqlite3.connect(folder / "deskpulse.db")) as connection:
        assert connection.execute("SELECT who, action FROM audit").fetchall() == [
            ("import numbers.csv", "measurements recorded")
        ]


@pytest.mark.thorough
def test_a_dry_run_says_what_would_be_stored_and_stores_nothing(folder: Path) -> None:
    ended = imported(folder, f"{HEAD}\n{LINES}", "--dry-run")
    assert ended.code == 0
    assert ended.out.startswith("Would be stored: 5 added.\nchurn_rate: 1 of 2024-10-01..")
    assert kept(folder) == []


@pytest.mark.thorough
@pytest.mark.parametrize("option", [(), ("--dry-run",)])
def test_every_bad_line_is_named_and_nothing_is_stored(
    folder: Path, option: tuple[str, ...]
) -> None:
    imported(folder, f"{HEAD}\nchurn,2024-10,,12,3400,,,,,,\n")
    bad = (
        "churn,2024-10-05,,1,2,,,,,,\n"  # line 7: a day of a month that is recorded
        "churn,2024-09,,5,2,,,,,,\n"
        "calls,2024-11-02,,1,,,,,,,\n"  # line 9: all, beside those of a desk
    )
    ended = imported(folder, f"{HEAD}\n{LINES}{bad}", *option)
    assert (ended.code, ended.out) == (1, "")
    lines = ended.err.splitlines()
    assert [line.partition(":")[0] for line in lines[:-1]] == ["line 7", "line 8", "line 9"]
    assert "churn_rate 2024-10-01..2024-10-31 stands here as well" in lines[0]
    assert "5 of 2 would be a share over 100%" in lines[1]
    assert "call_volume 2024-11-02 desk aircall stands here as well" in lines[2]
    assert lines[-1] == "Nothing was stored."
    assert kept(folder) == [("churn_rate", "", 12, 3_400)]


@pytest.mark.thorough
def test_of_many_bad_lines_the_first_are_named_and_the_rest_is_counted(folder: Path) -> None:
    ended = imported(folder, f"{HEAD}\n" + "churn,2024-10,,5,2,,,,,,\n" * 1_021)
    lines = ended.err.splitlines()
    assert len(lines) == 22
    assert lines[0].startswith("line 2: ")
    assert lines[19].startswith("line 21: ")
    assert lines[20:] == ["and 1,001 more", "Nothing was stored."]


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["latin-1", "utf-16", "an unknown part", "too large"])
def test_a_file_that_cannot_be_read_ends_with_1_and_one_sentence(folder: Path, name: str) -> None:
    content, sentence = NO_FILES[name]
    ended = imported(folder, content)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(sentence)
    assert ended.err.count("\n") == 1


@pytest.mark.thorough
def test_a_file_that_is_not_there_is_named(folder: Path) -> None:
    ended = deskpulse(folder, "import", "nothing.csv")
    assert (ended.code, ended.err) == (
        1,
        "nothing.csv cannot be read: No such file or directory.\n",
    )
    ended = deskpulse(folder, "import", ".")
    assert (ended.code, ended.err) == (1, ". cannot be read: Is a directory.\n")
