"""All that a deployment leaves behind: the bytes of its database and of its logs."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.live.deployment import Deployment
from tests.live.postgres import plain_url

_TABLES = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)

#: The pages of tables and indexes, with what is dead in them; those of PostgreSQL's own are left out.
_PAGES = """
    SELECT pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class
    WHERE relkind IN ('r', 'i', 't') AND oid >= 16384
"""
_LOG = """
    SELECT pg_read_binary_file('pg_wal/' || name) FROM pg_ls_waldir()
    WHERE name BETWEEN %s AND pg_walfile_name(pg_current_wal_lsn())
"""

#: All that a line of a library is made of when it has no error to show.
_OF_A_LIBRARY = {"event", "level", "logger", "timestamp"}


@dataclass
class Traces:
    """What is left of a deployment. Of PostgreSQL's write-ahead log only what was written since."""

    deployment: Deployment
    _since: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if not self._is_sqlite:
            with self._connected() as connection:
                row = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone()
                self._since = row[0] if row else ""

    def left(self) -> bytes:
        """The bytes of all files of the folder, where SQLite's database is, and of PostgreSQL's."""
        files = (one.read_bytes() for one in self.deployment.folder.rglob("*") if one.is_file())
        return b"\n".join([*files, *([] if self._is_sqlite else self._of_postgres())])

    def found(self, words: Collection[str]) -> set[str]:
        """Those of these words that stand anywhere in these bytes."""
        any_of = re.compile(b"|".join(re.escape(word.encode()) for word in words))
        return {word.decode() for word in any_of.findall(self.left())}

    def logged(self) -> tuple[list[dict[str, Any]], list[str]]:
        """The lines of all logs, which are JSON and nothing else: ours, and what libraries said."""
        logs = self.deployment.folder.glob("*.log")
        lines = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
        ours = [line for line in lines if "logger" not in line]
        theirs = [line for line in lines if "logger" in line]
        assert all(set(line) == _OF_A_LIBRARY for line in theirs), theirs
        return ours, [f"{line['logger']}: {line['event']}" for line in theirs]

    @property
    def _is_sqlite(self) -> bool:
        return self.deployment.settings["DATABASE_URL"].startswith("sqlite")

    def _connected(self) -> psycopg.Connection[Any]:
        url = plain_url(self.deployment.settings["DATABASE_URL"])
        return psycopg.connect(url, autocommit=True)

    def _of_postgres(self) -> Iterator[bytes]:
        with self._connected() as connection:
            connection.execute("CHECKPOINT")
            for (table,) in connection.execute(_TABLES).fetchall():
                for row in connection.execute(f'SELECT * FROM "{table}"'):
                    yield from (one if isinstance(one, bytes) else str(one).encode() for one in row)
            yield from (pages for (pages,) in connection.execute(_PAGES))
            yield from (log for (log,) in connection.execute(_LOG, [self._since]))
