"""The benchmarks run, and what they compare is equal; how fast it is no test asks."""

from __future__ import annotations

from tests.bench import digest


def test_the_digest_and_duckdb_agree_on_every_number() -> None:
    """Two ways of computing all metrics in nine weeks, by channel and by group."""
    told = digest.run(tickets=5_000, rounds=1)
    assert {result.what for result in told} >= {"weekly digest, 0.005 M tickets"}
