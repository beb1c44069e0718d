"""The rows of a plain dump of PostgreSQL, as `pg_dump` writes it: without transactions, in their order.

The format: https://www.postgresql.org/docs/current/sql-copy.html, “Text Format”.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bot.surveys.attack.evidence import Raw, Scalar, State, Text, Values, Version

_COPY = re.compile(r'COPY (?:\w+\.)?"?(\w+)"? \((.*)\) FROM stdin;')
_KEY = re.compile(
    r'ALTER TABLE ONLY (?:\w+\.)?"?(\w+)"?\s+ADD CONSTRAINT \S+ PRIMARY KEY \((.*?)\)'
)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_INTEGER, _REAL = re.compile(r"-?\d{1,18}"), re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")

#: A plain dump begins with these words.
BEGINNING = b"--\n-- PostgreSQL database dump"


class DumpHistory:
    """What dumps tell, the oldest first."""

    def __init__(self) -> None:
        self.versions: list[Version] = []
        self.texts: list[Text] = []
        self.last: list[Raw] = []
        self.looked_at: list[str] = []
        self._state = State()
        self._copies = 0

    def add(self, dump: Path) -> None:
        """Takes in one more dump. Raises `ValueError` for one without rows to be read."""
        text = dump.read_text(encoding="utf-8", errors="replace")
        keys = {name: _names(columns) for name, columns in _KEY.findall(text)}
        tables = dict(_tables(iter(text.splitlines()), keys))
        if not tables:
            raise ValueError("it is no plain dump with COPY in it")
        for name in self._state.tables() | tables.keys():
            self.versions += self._state.becomes(name, tables.get(name, {}), self._copies)
        self.last = [text.encode()]
        self._copies += 1
        told = f"copy {self._copies}: a dump of {len(tables)} tables, without transactions or free space"
        self.looked_at.append(told)


_Rows = dict[str, tuple[Values, Mapping[str, int]]]


def _tables(lines: Iterator[str], keys: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, _Rows]]:
    for line in lines:
        match = _COPY.fullmatch(line)
        if match is not None:
            yield match[1], _rows(lines, _names(match[2]), keys.get(match[1], ()))


def _names(columns: str) -> list[str]:
    return [one.strip().strip('"') for one in columns.split(",")]


def _rows(lines: Iterator[str], columns: list[str], key: Iterable[str]) -> _Rows:
    """The rows until the end of a COPY, by their keys, or by their places where they have none."""
    found: _Rows = {}
    for place, line in enumerate(lines):
        if line == "\\.":
            break
        values = dict(zip(columns, map(_value, line.split("\t")), strict=False))
        name = "/".join(str(values[one]) for one in key) or str(place)
        found[name] = values, {"place in the dump": place}
    return found


def _value(written: str) -> Scalar:
    if written == "\\N":
        return None
    if written.startswith("\\\\x"):
        return bytes.fromhex(written[3:])
    if _INTEGER.fullmatch(written):
        return int(written)
    if _REAL.fullmatch(written):
        return float(written)
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), written)
