from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "commands", "jobs")
#: Where the environment's commands are.
COMMANDS = Path(sys.executable).parent

#: What the contracts are called, by what is planted against them.
DOWNWARD = "Imports go only downward"
PURE = "Decisions reach no network, no database, no Slack and no scheduler"
DESKS = "Help desks do not know each other"
NO_DESK = "Commands never call a help desk"
ONE_VOICE = "Only bot.slack speaks to Slack's API"

PLANTED = [
    ("bot/store/goals.py", "from bot.app import build", DOWNWARD),
    ("bot/metrics/speed.py", "from bot.digests import timetable", DOWNWARD),
    ("bot/settings.py", "import bot.domain", DOWNWARD),
    ("bot/services.py", "import commands.kpi", DOWNWARD),
    ("bot/slack/kpi.py", "import bot.store.tables", DOWNWARD),
    ("jobs/tidy.py", "import commands.digest", DOWNWARD),
    ("bot/metrics/volume.py", "import httpx", PURE),
    ("bot/digests/timetable.py", "import sqlmodel", PURE),
    ("bot/digests/digest.py", "from slack_sdk import WebClient", PURE),
    ("bot/domain.py", "import apscheduler", PURE),
    ("bot/helpdesks/request_tracker/desk.py", "import bot.helpdesks.demo", DESKS),
    ("commands/kpi.py", "from bot.helpdesks import load", NO_DESK),
    ("commands/digest.py", "import bot.helpdesks.demo", NO_DESK),
    ("jobs/sync.py", "import slack_sdk", ONE_VOICE),
    ("bot/cli.py", "from slack_sdk import WebClient", ONE_VOICE),
]


def configuration() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    """Checks the import contracts of the packages in `folder`."""
    return subprocess.run(
        [COMMANDS / "lint-imports", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def broken(report: str) -> dict[str, str]:
    """What is told below the name of each broken contract."""
    told = report.partition("Broken contracts")[2]
    parts = re.split(r"^(\S.*)\n-{3,}\n", told, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The report about a copy of the program in which every import of `PLANTED` stands."""
    folder = tmp_path_factory.mktemp("planted")
    copy(folder)
    for file, line, _ in PLANTED:
        with (folder / file).open("a") as module:
            module.write(f"\n{line}\n")
    found = contracts(folder)
    assert found.returncode == 1
    return broken(found.stdout)


def copy(folder: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package)


# --- Who may import whom -------------------------------------------------------------------------


def test_the_program_keeps_its_contracts() -> None:
    found = contracts(ROOT)
    assert found.returncode == 0, found.stdout
    assert "0 broken" in found.stdout


@pytest.mark.parametrize(("file", "line", "contract"), PLANTED)
def test_an_import_against_a_contract_breaks_it(
    planted: Mapping[str, str], file: str, line: str, contract: str
) -> None:
    module = file.removesuffix(".py").replace("/", ".")
    imported = line.split()[1]
    direct = rf"^\s*-?\s*{re.escape(module)} -> {re.escape(imported)}\b"
    assert re.search(direct, planted[contract], re.MULTILINE), planted[contract]


def test_each_contract_has_an_import_planted_against_it() -> None:
    names = {contract["name"] for contract in configuration()["tool"]["importlinter"]["contracts"]}
    assert names == {contract for _, _, contract in PLANTED}


def layers() -> set[str]:
    (found,) = (
        contract["layers"]
        for contract in configuration()["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    )
    return {name.strip() for layer in found for name in layer.split("|")}


def rooms(folder: Path) -> set[str]:
    """The modules directly under `bot/` and the packages beside it."""
    below = {
        f"bot.{path.stem}"
        for path in (folder / "bot").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem != "__init__"
    }
    return below | {"commands", "jobs"}


def test_every_room_has_a_place_in_the_layers() -> None:
    assert rooms(ROOT) == layers()


def test_a_room_without_a_place_would_be_seen(tmp_path: Path) -> None:
    copy(tmp_path)
    (tmp_path / "bot" / "attic.py").touch()
    (tmp_path / "bot" / "cellar").mkdir()
    (tmp_path / "bot" / "cellar" / "__init__.py").touch()
    assert rooms(tmp_path) - layers() == {"bot.attic", "bot.cellar"}


def test_nothing_of_the_program_imports_the_tests() -> None:
    for file in modules(PACKAGES):
        assert not re.search(r"^\s*(from|import) tests\b", file.read_text(), re.MULTILINE), file


# --- What ruff holds -----------------------------------------------------------------------------

BANNED = [
    ("from datetime import datetime\n\nNOW = datetime.now()\n", "TID251"),
    ("from datetime import datetime, UTC\n\nNOW = datetime.now(UTC)\n", "TID251"),
    ("import datetime\n\nNOW = datetime.datetime.utcnow()\n", "TID251"),
    ("from datetime import date\n\nNOW = date.today()\n", "TID251"),
    ("import time\n\nNOW = time.time()\n", "TID251"),
    ("from time import sleep\n\nsleep(1)\n", "TID251"),
    ("from unittest.mock import Mock\n\nMOCK = Mock()\n", "TID251"),
    ("import unittest.mock\n\nMOCK = unittest.mock.Mock()\n", "TID251"),
    ("from unittest import mock\n\nMOCK = mock.Mock()\n", "TID251"),
    ("try:\n    pass\nexcept Exception:\n    pass\n", "BLE001"),
    ("from datetime import datetime\n\nDAY = datetime(2026, 1, 1)\n", "DTZ001"),
]


def complaints(source: str, name: str) -> list[str]:
    """The rules that a file of that name would break."""
    found = subprocess.run(
        [
            COMMANDS / "ruff",
            "check",
            "--no-cache",
            "--output-format=json",
            f"--stdin-filename={name}",
            "-",
        ],
        cwd=ROOT,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    return [entry["code"] for entry in json.loads(found.stdout)]


@pytest.mark.parametrize(("source", "rule"), BANNED)
@pytest.mark.parametrize("name", ["bot/metrics/planted.py", "tests/test_planted.py"])
def test_what_is_banned_is_found(source: str, rule: str, name: str) -> None:
    assert rule in complaints(source, name)


def test_only_the_clock_reads_the_clock() -> None:
    source = "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n"
    assert "TID251" not in complaints(source, "bot/clock.py")
    exempt = configuration()["tool"]["ruff"]["lint"]["per-file-ignores"]
    assert [files for files, rules in exempt.items() if "TID251" in rules] == ["bot/clock.py"]


def modules(folders: Iterable[str]) -> list[Path]:
    return [file for folder in folders for file in (ROOT / folder).rglob("*.py")]


def test_only_two_places_catch_everything() -> None:
    """The job runner, and Bolt's error handler, which catches for us."""
    broad = [
        str(file.relative_to(ROOT))
        for file in modules(PACKAGES)
        if re.search(r"except (Base)?Exception\b|except:", file.read_text())
    ]
    assert broad == ["jobs/__init__.py"]


def test_no_module_is_called_what_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}
    assert [file for file in modules((*PACKAGES, "tests")) if file.stem in empty] == []
