"""Every help desk at 250,000 tickets: none is lost, and memory does not grow with their number.

It takes minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desks.contracts import CONTRACTS

pytestmark = [pytest.mark.thorough, pytest.mark.longest]

FEW, MANY = 10_000, 250_000

#: How much more memory (MB) many tickets may take than few: what an allocator keeps in hand.
SLACK = 16


def told(kind: str, rows: int, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.full_size", kind, str(rows), str(folder)]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(ended.stdout)
    return found


@pytest.mark.parametrize("kind", sorted(CONTRACTS))
def test_a_quarter_of_a_million_tickets_are_read_in_constant_memory(
    kind: str, tmp_path: Path
) -> None:
    few, many = (told(kind, rows, tmp_path) for rows in (FEW, MANY))
    assert (few["different"], many["different"]) == (FEW, MANY)
    # Where pages meet a row may come twice, and no more than that.
    assert many["told"] <= MANY * 1.05
    assert many["peak"] <= few["peak"] + SLACK
