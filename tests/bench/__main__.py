"""`python -m tests.bench [pull|desks|digest|history|alerts|ack …]`: measures all, or those that are named.

What `digest` measures is a part of `history`, which takes ten times as long.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import perf_counter

import duckdb
from rich.console import Console
from rich.table import Table

from tests.bench import Result

BENCHES = ("pull", "desks", "digest", "history", "alerts", "ack")

#: What is measured where nothing is named.
ALL = ("pull", "desks", "history", "alerts", "ack")


def main(named: list[str]) -> None:
    unknown = set(named) - set(BENCHES)
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}; {', '.join(BENCHES)} are.")
    console = Console()
    console.print(_machine(), soft_wrap=True)
    began = perf_counter()
    results = []
    for name in named or ALL:
        with console.status(f"{name} …"):
            run: Callable[[], list[Result]] = import_module(f"tests.bench.{name}").run
            results += run()
    console.print(_table(results))
    console.print(f"Measured in {perf_counter() - began:.0f} s.")


def _machine() -> str:
    """What the numbers were measured on, and how busy it was."""
    return (
        f"{os.cpu_count()} × {_processor()}, load {os.getloadavg()[0]:.1f} · "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"DuckDB {duckdb.__version__}"
    )


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _table(results: list[Result]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in ("", "ours", "floor", "ratio", "at most", "peak memory", ""):
        table.add_column(head, justify="right" if head else "left")
    for result in results:
        table.add_row(
            result.what,
            _value(result.ours, result.unit),
            _value(result.floor, result.unit),
            _value(result.ratio, "×"),
            _value(result.target, result.unit if result.floor is None else "×"),
            _value(result.peak, "MB"),
            {True: "✓", False: "✗", None: ""}[result.is_met],
        )
    return table


def _value(number: float | None, unit: str) -> str:
    if number is None:
        return ""
    decimals = 0 if unit in ("ms", "MB") else 2
    return f"{number:,.{decimals}f} {unit}"


if __name__ == "__main__":
    main(sys.argv[1:])
