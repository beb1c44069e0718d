"""The tables of the README, made from the code that they describe."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bot import helpdesks
from bot.clock import SystemClock
from bot.domain import Counted, Fact
from bot.helpdesks import DeskSettings, HelpDesk, WebSettings
from bot.metrics import CATALOGUE, Better
from bot.settings import BusinessHours, Settings, variable

_ARROWS = {Better.LOWER: "↓", Better.HIGHER: "↑", Better.NEITHER: "·"}

#: The least that a kind has to be told before it can be loaded.
_LEAST: dict[str, dict[str, Any]] = {
    "demo": {},
    "request_tracker": {"url": "https://rt.example.com", "token": "1-1-x"},
    "zendesk": {"url": "https://acme.zendesk.com", "token": "x"},
    "freshdesk": {"url": "https://acme.freshdesk.com", "token": "x"},
    "intercom": {"token": "x"},
    "liveagent": {"url": "https://acme.ladesk.com", "token": "x"},
}
#: Which tags mean something, for kinds that have tags.
_MARKS: dict[str, Any] = {"escalation_tags": ["escalated"], "complaint_tags": ["complaint"]}

#: What lets a kind give the facts that depend on what it is told.
_MORE: dict[str, dict[str, Any]] = {
    "demo": {},
    "request_tracker": {"escalation_groups": ["Second tier"]},
    "zendesk": {**_MARKS, "talk": True, "own_business_times": True, "time_field": 1},
    "freshdesk": {**_MARKS, "articles": True, "merge_notes": []},
    "intercom": {**_MARKS, "calls": True, "articles": True, "own_business_times": True},
    "liveagent": {**_MARKS, "report_token": "x"},
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

    def compared(kind: str, what: Counted) -> str:
        if what in desks[kind].capabilities.counts:
            return "✓"
        return "as set" if what in told[kind].capabilities.counts else ""

    rows += [
        f"| own count of {what} | {' | '.join(compared(kind, what) for kind in kinds)} |"
        for what in Counted
    ]
    return "\n".join(rows)


def desk_settings_table() -> str:
    """What every help desk can be told, and every one that is read over a web API."""
    rows = ["| of any help desk | what it is |", "|---|---|"]
    web = [name for name in WebSettings.model_fields if name not in DeskSettings.model_fields]
    return "\n".join([*rows, *_rows_of(DeskSettings), *_rows_of(WebSettings, only=web)])


def kind_settings_table(kind: str) -> str:
    """What a help desk of that kind can be told besides, or what is another default there."""
    settings = helpdesks.guide(kind)[1]
    own = [
        name
        for name, field in settings.model_fields.items()
        if (known := WebSettings.model_fields.get(name)) is None
        or (known.description, known.default) != (field.description, field.default)
    ]
    rows = ["| setting | default | what it is |", "|---|---|---|"]
    rows += [
        f"| `{name}` | {_default(settings.model_fields[name].default)} "
        f"| {settings.model_fields[name].description} |"
        for name in own
    ]
    return "\n".join(rows)


def _rows_of(settings: type[BaseModel], *, only: Collection[str] | None = None) -> list[str]:
    return [
        f"| `{name}` | {field.description} |"
        for name, field in settings.model_fields.items()
        if only is None or name in only
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


def page_of(kind: str) -> Path:
    """The page about a kind of help desk."""
    return Path("docs", "desks", f"{kind}.md")


def main() -> None:
    """Writes the tables into their pages, each in the place of the one that begins alike."""
    _write(Path("README.md"), [table() for table in TABLES])
    for kind in helpdesks.kinds():
        _write(page_of(kind), [kind_settings_table(kind)])


def _write(page: Path, tables: Sequence[str]) -> None:
    text = page.read_text(encoding="utf-8")
    for table in tables:
        text = _replaced(text, table)
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
