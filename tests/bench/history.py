"""The weekly digest over a million tickets and over ten: its time must not follow their number."""

from __future__ import annotations

from dataclasses import replace

from tests.bench import Result, digest


def run() -> list[Result]:
    few, many = digest.run(digest.TICKETS), digest.run(digest.MANY)
    growth = replace(many[0], what=f"{many[0].what}, against 1 M", floor=few[0].ours, target=1.5)
    return [*few, *many, growth]
