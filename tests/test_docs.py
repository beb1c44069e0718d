from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.models import CommandInfo

import jobs
from bot.cli import cli
from bot.helpdesks import kinds
from bot.settings import Settings, variable
from tests.docs_tables import TABLES, kind_settings_table, page_of

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_the_readme_has_the_tables_that_the_code_gives(table: Callable[[], str]) -> None:
    """`python -m tests.docs_tables` writes them anew."""
    assert table() in README


@pytest.mark.parametrize("kind", kinds())
def test_each_help_desk_has_a_page_with_its_settings(kind: str) -> None:
    page = (ROOT / page_of(kind)).read_text(encoding="utf-8")
    assert kind_settings_table(kind) in page
    assert f"]({page_of(kind)})" in README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_command_is_told_and_every_told_command_exists() -> None:
    named = {_name(command) for command in cli.registered_commands}
    named |= {str(group.name) for group in cli.registered_groups}
    told = {
        word
        for code in _code(README)
        for word in re.findall(r"(?:^|\s|/|`)deskpulse ([a-z][a-z-]*)\b", code)
        if not code.startswith("`/deskpulse")
    }
    assert told <= named
    assert named - told == set()


def _name(command: CommandInfo) -> str:
    return str(command.name or getattr(command.callback, "__name__", ""))


def _code(text: str) -> list[str]:
    return re.findall(r"```.*?```|`[^`\n]+`", text, flags=re.DOTALL)


def test_every_job_is_told() -> None:
    assert all(f"`{name}`" in README for name in jobs.declared())


def test_every_setting_of_the_example_exists() -> None:
    known = {variable(name) for name in Settings.model_fields}
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines():
        name = line.removeprefix("# ").partition("=")[0]
        if "=" in line and name.isupper():
            assert name in known or name.startswith("DESKPULSE_DESKS__ACME__"), name


def test_the_link_makes_the_app_of_the_manifest() -> None:
    link = re.search(r"\]\((https://api\.slack\.com/apps\?[^)]+)\)", README)
    assert link is not None
    carried = parse_qs(urlsplit(link[1]).query)["manifest_json"][0]
    assert json.loads(carried) == json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))


def test_every_thing_to_make_that_is_told_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    for page in PAGES:
        told = re.findall(r"\bmake ([a-z-]+)", "\n".join(_code(page.read_text(encoding="utf-8"))))
        assert set(told) <= targets, page.name


def test_the_changelog_knows_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"## [{project['version']}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_no_lock_names_an_index_and_every_package_has_its_hash() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index" not in text
        entries = re.split(r"\n(?=\S)", text.strip())
        assert all("--hash=sha256:" in entry for entry in entries)
