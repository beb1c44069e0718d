"""Benchmarks: `python -m tests.bench`. Each measures a floor in the same run and tells the ratio.

They are no tests: how fast a machine is, and what else it does, decides the seconds; a ratio of two
things measured in turns says more.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table. Values are in `unit`; `floor` is what `ours` is measured against."""

    what: str
    ours: float
    unit: str = "s"
    floor: float | None = None
    target: float | None = None
    """The ratio, or without a floor the value, that is not to be exceeded."""
    peak: float | None = None
    """The most memory that the process of ours held, in MB."""

    @property
    def ratio(self) -> float | None:
        return None if self.floor is None else self.ours / self.floor

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; `None` without one."""
        measured = self.ours if self.ratio is None else self.ratio
        return None if self.target is None else measured <= self.target


def in_turns(rounds: int, *works: Callable[[], object]) -> list[float]:
    """The best time of each piece of work, in seconds; they take turns, so that all see the same."""
    best = [float("inf")] * len(works)
    for _ in range(rounds):
        for place, work in enumerate(works):
            began = perf_counter()
            work()
            best[place] = min(best[place], perf_counter() - began)
    return best


def peak_memory(process: int | str = "self") -> float | None:
    """The most memory that a process has held so far, in MB; `None` where the system has no /proc.

    (`getrusage` would not do: on Linux a child begins with the peak of the process that started it.)
    """
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return None
    [peak] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(peak.split()[1]) * 1024 / 1e6


def tell(found: Any) -> None:
    """Hands what this process found to the one that started it, which reads a line of JSON."""
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
