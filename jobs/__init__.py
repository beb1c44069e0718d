"""What happens without being asked: one file each, declared by `@job`.

A job with `every` runs in each worker, often, and claims its own work by rows. A job with `cron` is
claimed as a whole, once for each due moment. Both are told the moment at which they were due, so
`deskpulse job NAME --at MOMENT` runs them again as they would have run then.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.logs import place_of
from bot.services import Services

#: What an error says of a piece of work that is called so may be whom it is about: it is not logged.
_PRIVATE = "survey"

log = structlog.get_logger()

Work = Callable[[Services, datetime], None]


@dataclass(frozen=True, slots=True)
class Job:
    """A declared job. `cron` is in the zone of the settings; a weekday is named, never numbered.

    A run that was missed while no worker was up is made up for within `grace`. Of one that goes
    `side_by_side` the next run need not wait for the end of the one before.
    """

    name: str
    work: Work
    every: timedelta | None = None
    cron: str | None = None
    grace: timedelta = timedelta(hours=6)
    side_by_side: bool = False


_declared: dict[str, Job] = {}


def job(
    *,
    every: timedelta | None = None,
    cron: str | None = None,
    grace: timedelta = timedelta(hours=6),
    side_by_side: bool = False,
) -> Callable[[Work], Work]:
    """Declares a function `(services, due)` as a job under its own name."""
    if (every is None) is (cron is None):
        raise ValueError("a job has either `every` or `cron`")

    def declare(work: Work) -> Work:
        name = getattr(work, "__name__", "")
        _declared[name] = Job(name, work, every, cron, grace, side_by_side)
        return work

    return declare


def declared() -> dict[str, Job]:
    """Every job, by name: those of all files in this folder."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(_declared.items()))


def attempt(name: str, work: Callable[[], object]) -> bool:
    """Does a piece of work that must not take others down with it; false when it failed.

    One of the two places that catch everything (the other is Bolt's error handler): what nobody
    foresaw goes into the log with its place in the code, and the next due moment tries again.
    """
    try:
        work()
    except Exception as error:
        if name.startswith(_PRIVATE):
            log.error("job_failed", job=name, exception=place_of(error))  # noqa: TRY400
        else:
            log.exception("job_failed", job=name)
        return False
    return True
