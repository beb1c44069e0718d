"""What the benchmark of the digest compares is equal; how fast it is no test asks."""

from __future__ import annotations

import pytest

from bot.metrics import CATALOGUE
from tests.bench import digest


@pytest.mark.thorough
def test_the_digest_and_duckdb_agree_on_every_number() -> None:
    """Two ways of computing all metrics in nine weeks, by channel and by group, stored and not."""
    assert digest.check(tickets=5_000) > 9 * (len(CATALOGUE) - 6)
