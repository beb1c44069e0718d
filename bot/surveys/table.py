"""The results of waves as CSV: only what the gate let out, and where it did not, why."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

from bot.surveys.results import Told, WaveResult

#: The columns, in this order.
COLUMNS = (
    *("survey", "wave", "kind", "closed_at", "asked", "answered", "subject", "team"),
    *("n", "left_out", "value", "low", "high", "counts", "withheld", "counts_withheld"),
)


def csv_of(results: Iterable[WaveResult]) -> str:
    """A header and a line for each subject and team; what there is not stays empty."""
    to = StringIO()
    lines = csv.DictWriter(to, COLUMNS, lineterminator="\n")
    lines.writeheader()
    for result in results:
        lines.writerows(_rows(result))
    return to.getvalue()


def _rows(result: WaveResult) -> Iterator[dict[str, Any]]:
    for (subject, team), told in sorted(result.told.items()):
        yield {
            "survey": result.survey,
            "wave": result.wave,
            "kind": str(result.kind),
            "closed_at": result.closed_at.isoformat(),
            "asked": result.asked,
            "answered": result.answered,
            "subject": subject,
            # A spreadsheet would take what begins with @ for a formula.
            "team": team.removeprefix("@"),
            "left_out": told.left_out,
            "withheld": told.withheld or "",
            "counts_withheld": told.shares_withheld or "",
            **_numbers(result, subject, team, told),
        }


def _numbers(result: WaveResult, subject: str, team: str, told: Told) -> dict[str, Any]:
    if told.numbers is None or not told.numbers.n:
        return {}
    counts = " ".join(f"{value}:{n}" for value, n in sorted(told.numbers.counts.items()))
    found = result.score(subject, team)
    if found is None:
        return {"n": told.numbers.n, "counts": counts}
    ends = {"value": found.value, "low": found.low, "high": found.high}
    rounded = {name: "" if end is None else round(end, 4) for name, end in ends.items()}
    return {"n": found.n, "counts": counts, **rounded}
