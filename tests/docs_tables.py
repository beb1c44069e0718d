"""The tables of the README, made from the code that they describe."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bot import helpdesks
from bot.clock import SystemClock
from bot.domain import Fact
from bot.helpdesks import DeskSettings, HelpDesk
from bot.metrics import CATALOGUE, Better
from bot.settings import BusinessHours, Settings, variable

_ARROWS = {Better.LOWER: "↓", Better.HIGHER: "↑", Better.NEITHER: "·"}

#: The least that a kind has to be told before it can be loaded.
_LEAST: dict[str, dict[str, Any]] = {
    "demo": {},
    "request_tracker": {"url": "https://rt.example.com", "token": "1-1-x"},
}
#: What lets a kind give the facts that depend on what it is told.
_MORE: dict[str, dict[str, Any]] = {
    "demo": {},
    "request_tracker": {"escalation_groups": ["Second tier"]},
}


def metrics_table() -> str:
    """Every metric with its definition; ↓ lower is better, ↑ higher, · neither."""
    rows = ["| key | name | definition | unit | better |", "|---|---|---|---|---|"]
    rows += [
        f"| `{metric.key}` | {metric.label} | {metric.definition} | {metric.unit} "
        f"| {_ARROWS[metric.better]} |"
        for metric in CATALOGUE.values()
    ]
    return "\n".join(rows)


def settings_table() -> str:
    """Every setting: its name, its default, and what it is."""
    rows = ["| setting | default | what it is |", "|---|---|---|"]
    rows += [
        f"| `{variable(name)}` | {_default(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(rows)


def _default(value: object) -> str:
    if value is None or not isinstance(value, str | int | timedelta):
        return ""
    if isinstance(value, timedelta):
        days, seconds = value.days, value.seconds
        return f"{days} days" if days else f"{seconds // 60} minutes"
    return f"`{value}`"


def hours_table() -> str:
    """What can be said of business hours."""
    rows = ["| of business hours | what it is |", "|---|---|"]
    rows += [
        f"| `{name}` | {field.description} |" for name, field in BusinessHours.model_fields.items()
    ]
    return "\n".join(rows)


def desks_table() -> str:
    """Every kind of help desk, and which facts it gives, perhaps once its settings say how."""
    kinds = helpdesks.kinds()
    desks = {kind: load(kind) for kind in kinds}
    told = {kind: load(kind, **_MORE[kind]) for kind in kinds}

    def mark(kind: str, fact: Fact) -> str:
        if fact in desks[kind].capabilities.facts:
            return "✓"
        return "as set" if fact in told[kind].capabilities.facts else ""

    rows = [
        f"| fact | {' | '.join(f'`{kind}`' for kind in kinds)} |",
        "|---" * (len(kinds) + 1) + "|",
    ]
    rows += [
        f"| {fact} | {' | '.join(mark(kind, fact) for kind in kinds)} |"
        for fact in Fact
        if fact is not Fact.HOURS  # which deskpulse is told for all of them alike
    ]
    rows.append(
        f"| own counts to compare with | "
        f"{' | '.join('✓' if desks[kind].capabilities.counts else '' for kind in kinds)} |"
    )
    return "\n".join(rows)


def desk_settings_table() -> str:
    """What a help desk can be told, of any kind and of each."""
    rows = ["| of a help desk | kind | what it is |", "|---|---|---|"]
    rows += _rows_of(DeskSettings, "any", known=())
    for kind in helpdesks.kinds():
        settings = import_module(f"{helpdesks.__name__}.{kind}").Settings
        rows += _rows_of(settings, f"`{kind}`", known=DeskSettings.model_fields)
    return "\n".join(rows)


def _rows_of(settings: type[BaseModel], kind: str, *, known: Collection[str]) -> list[str]:
    return [
        f"| `{name}` | {kind} | {field.description} |"
        for name, field in settings.model_fields.items()
        if name not in known
    ]


def load(kind: str, **more: Any) -> HelpDesk:
    """A desk of that kind, not connected to anything."""
    return helpdesks.load("acme", {"kind": kind, **_LEAST[kind], **more}, SystemClock())


def _replaced(text: str, table: str) -> str:
    head = re.escape(table.splitlines()[0].split("|")[1])
    before = re.compile(rf"^\|{head}\|.*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)
    return before.sub(lambda _: table, text)


#: Every table that the README has from here.
TABLES = (metrics_table, settings_table, hours_table, desks_table, desk_settings_table)


def main() -> None:
    """Writes the tables into the README, each in the place of the one that begins alike."""
    page = Path("README.md")
    text = page.read_text(encoding="utf-8")
    for table in TABLES:
        text = _replaced(text, table())
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
