"""What only the judge sees: which rows are written while somebody answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import local
from typing import Any

from sqlalchemy import Engine, event

from bot.surveys.attack.evidence import RowId


class Stopped(Exception):
    """The process was stopped in the middle: it does nothing more."""


class Witness:
    """Sees what is inserted into tables, by the thread that somebody answers in, and can stop it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._now = local()
        self.rows: defaultdict[str, set[RowId]] = defaultdict(set)

    @contextmanager
    def listening(self) -> Iterator[None]:
        heard = (("after_cursor_execute", self._executed), ("begin", self._begins))
        for name, listener in heard:
            event.listen(self._engine, name, listener)
        try:
            yield
        finally:
            for name, listener in heard:
                event.remove(self._engine, name, listener)

    @contextmanager
    def of(self, user: str, *, stop_before: int = 0) -> Iterator[None]:
        """Somebody answers in this thread; stopped before so many transactions have begun, if any."""
        self._now.user, self._now.left = user, stop_before
        try:
            yield
        finally:
            self._now.user, self._now.left = None, 0

    def _begins(self, _connection: Any) -> None:
        left = getattr(self._now, "left", 0)
        if left:
            self._now.left = left - 1
            if left == 1:
                raise Stopped

    def _executed(
        self, _connection: Any, _cursor: Any, _text: str, _told: Any, context: Any, _many: Any
    ) -> None:
        user = getattr(self._now, "user", None)
        if user is not None and context.isinsert and context.compiled is not None:
            table = context.compiled.statement.table
            for told in context.compiled_parameters:
                self._inserted(user, table, told)

    def _inserted(self, user: str, table: Any, told: Mapping[str, Any]) -> None:
        """A row that names the person is no secret of theirs that could be linked."""
        key = [told.get(column.name) for column in table.primary_key]
        if user not in told.values() and None not in key:
            self.rows[user].add(RowId(table.name, "/".join(map(str, key))))
