"""The history of an SQLite database: from copies of its file and log, each commit of the log included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.copies.btrees import Table, key_of, rows, tables
from bot.copies.pages import Commit, Pages, commits, rewind, salts
from bot.surveys.attack.clear import runs
from bot.surveys.attack.evidence import Raw, State, Text, Values, Version

#: Larger tables than this are looked at as bytes only, not row by row.
MOST_ROWS = 50_000


class SqliteHistory:
    """What copies tell, the oldest first."""

    def __init__(self) -> None:
        self.versions: list[Version] = []
        self.texts: list[Text] = []
        self.last: list[Raw] = []
        self.looked_at: list[str] = []
        self._state = State()
        self._tables: dict[str, Table] = {}
        self._schema = b""
        self._pages_of: dict[str, set[int]] = {}
        self._copies = 0
        self._transactions = 0
        self._pages: Pages | None = None
        self._salts, self._end = b"", 0
        self._seen: set[int] = set()

    def add(self, file: Raw, log: Raw = b"") -> None:
        """Takes in one more copy: the file of the database, and its write-ahead log if there is one.

        Raises `ValueError` for a file that is no SQLite database.
        """
        if self._pages is None or not log or salts(log) != self._salts:
            new, pages = self._begin(file, log)
        else:
            # The log goes on, so all that may have come into the file stood in it before.
            new, pages = list(commits(log, self._end)), self._pages
        for commit in new:
            for number, page in commit.pages.items():
                pages.change(number, page)
                self._read_page("the log", page)
            self._transactions += 1
            self._compare(pages, set(commit.pages), self._transactions)
        if new:
            self._end = new[-1].end
        self._pages, self.last = pages, [file, log]
        self._copies += 1
        self.looked_at.append(
            f"copy {self._copies}: {len(self._tables)} tables in {len(pages)} pages, "
            f"{len(pages.free())} of them free, and {len(new)} commits more in its log"
        )

    def _begin(self, file: Raw, log: Raw) -> tuple[list[Commit], Pages]:
        """A copy with a log that is not known yet: the state before it, and its commits."""
        pages, new = Pages(file), list(commits(log))
        self._salts, self._end = salts(log), 0
        self._read_bytes(pages)
        if new and new[-1].end < len(log):
            self.texts.append(Text("an older part of the log", runs(bytes(log[new[-1].end :]))))
        rewind(pages, new)
        self._compare(pages, None, None)
        return new, pages

    def _compare(self, pages: Pages, changed: set[int] | None, transaction: int | None) -> None:
        """Tells what happened to the rows of all tables that some changed pages belong to."""
        if changed is None or pages.schema != self._schema:
            self._tables, self._schema = tables(pages), pages.schema
        for name in self._state.tables() - self._tables.keys():
            self.versions += self._state.becomes(name, {}, self._copies, transaction)
        for name, table in self._tables.items():
            own = self._pages_of.get(name)
            if changed is None or own is None or table.root not in own or own & changed:
                self._compare_table(pages, table, transaction)

    def _compare_table(self, pages: Pages, table: Table, transaction: int | None) -> None:
        read: set[int] = set()
        there = {key: (values, places) for key, values, places in _read(pages, table, read)}
        self._pages_of[table.name] = read
        if len(there) > MOST_ROWS:
            return
        self.versions += self._state.becomes(table.name, there, self._copies, transaction)

    def _read_bytes(self, pages: Pages) -> None:
        """Keeps the readable stretches of the pages of a file, free ones included."""
        free = pages.free()
        for number in range(1, len(pages) + 1):
            self._read_page("a free page" if number in free else "the file", pages[number])

    def _read_page(self, where: str, page: bytes) -> None:
        mark = hash(page)
        if mark not in self._seen:
            self._seen.add(mark)
            found = runs(page)
            if found:
                self.texts.append(Text(where, found))


def _read(
    pages: Pages, table: Table, read: set[int]
) -> Iterator[tuple[str, Values, Mapping[str, int]]]:
    """The rows by their keys, with their values and places."""
    for number, row in enumerate(rows(pages, table, read)):
        if number > MOST_ROWS:
            return
        places = {"page": row.page}
        if row.overflow:
            places["page that it goes on in"] = row.overflow
        if row.number is not None:
            places["row number"] = row.number
        yield key_of(table, row), row.values, places
