"""Everything that is logged meanwhile, as it would be printed, with the moments of the simulation."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import structlog

from bot.clock import Clock


class Printed:
    """What was printed so far."""

    def __init__(self) -> None:
        self.stream = StringIO()
        self._read = 0

    def new_lines(self) -> tuple[int, list[str]]:
        """The lines since this was asked last, and the number of the first one."""
        told = self.stream.getvalue().splitlines()
        start, self._read = self._read, len(told)
        return start, told[start:]


@contextmanager
def printed(clock: Clock) -> Iterator[Printed]:
    """Logs go there and nowhere else; afterwards they go where they went before."""
    there, before = Printed(), structlog.get_config() if structlog.is_configured() else None
    handler = logging.StreamHandler(there.stream)
    root = logging.getLogger()

    def stamp(
        _logger: object, _name: str, entry: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        return {"timestamp": clock.now().isoformat(), **entry}

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            stamp,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(there.stream),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    root.addHandler(handler)
    try:
        yield there
    finally:
        root.removeHandler(handler)
        structlog.reset_defaults()
        if before is not None:
            structlog.configure(**before)
