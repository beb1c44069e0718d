"""The pages of an SQLite file, and what each commit in its write-ahead log makes of them.

The formats: https://sqlite.org/fileformat2.html (sections 1, 4.1 to 4.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from struct import unpack_from

from bot.surveys.attack.evidence import Raw

MAGIC = b"SQLite format 3\x00"

_FILE_HEADER = 100
_LOG_HEADER, _FRAME_HEADER = 32, 24


class Pages:
    """The pages of a database by their numbers, from 1 on; a changed one lies over that of the file."""

    def __init__(self, file: Raw) -> None:
        """Raises `ValueError` for a file that is no SQLite database."""
        if file[:16] != MAGIC:
            raise ValueError("it is no SQLite database")
        (size,) = unpack_from(">H", file, 16)
        self.size = 65_536 if size == 1 else size
        self.usable = self.size - file[20]
        self._file = file
        self._over: dict[int, bytes] = {}

    def __getitem__(self, number: int) -> bytes:
        """A page; empty where a copy was cut off."""
        return self._over.get(number) or self._file[(number - 1) * self.size : number * self.size]

    def __contains__(self, number: int) -> bool:
        return number > 0 and len(self[number]) == self.size

    def __len__(self) -> int:
        return max([len(self._file) // self.size, *self._over])

    @property
    def schema(self) -> bytes:
        """A mark of the tables there are: another one after each change of them."""
        return self[1][40:44]

    def change(self, number: int, page: bytes) -> None:
        self._over[number] = page

    def free(self) -> set[int]:
        """The pages that are in no use: the list of free ones, which are never cleared by themselves."""
        found: set[int] = set()
        (trunk,) = unpack_from(">I", self[1], 32)
        while trunk and trunk not in found and trunk <= len(self):
            page = self[trunk]
            found.add(trunk)
            trunk, number = unpack_from(">II", page)
            found.update(unpack_from(f">{min(number, self.size // 4 - 2)}I", page, 8))
        return found


@dataclass(frozen=True, slots=True)
class Commit:
    """What one transaction wrote, by the numbers of the pages; and where in the log it ends."""

    pages: Mapping[int, bytes]
    end: int


def salts(log: Raw) -> bytes:
    """What a write-ahead log draws anew whenever it begins anew."""
    return bytes(log[16:24])


def commits(log: Raw, after: int = 0) -> Iterator[Commit]:
    """The commits of a log in their order, from those on that end after a place in it.

    What is not committed, and frames of before the log began anew, are left out.
    """
    if len(log) < _LOG_HEADER:
        return
    (size,) = unpack_from(">I", log, 8)
    written: dict[int, bytes] = {}
    start = max(after, _LOG_HEADER)
    for frame in range(start, len(log) - size - _FRAME_HEADER + 1, size + _FRAME_HEADER):
        number, is_last = unpack_from(">II", log, frame)
        if log[frame + 8 : frame + 16] != salts(log):
            return
        end = frame + _FRAME_HEADER + size
        written[number] = bytes(log[frame + _FRAME_HEADER : end])
        if is_last:
            yield Commit(written, end)
            written = {}


def rewind(pages: Pages, log: Sequence[Commit]) -> None:
    """Lets the pages be as they were before the commits of their log, as far as that is known.

    A page that was moved into the file already is as it was after the first commit that wrote it.
    """
    written: dict[int, list[bytes]] = {}
    for commit in log:
        for number, page in commit.pages.items():
            written.setdefault(number, []).append(page)
    for number, contents in written.items():
        if pages[number] in contents:
            pages.change(number, contents[0])


def header_end(number: int) -> int:
    """Where the header of a page begins: the first one has that of the file before it."""
    return _FILE_HEADER if number == 1 else 0
