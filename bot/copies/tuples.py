"""The attributes of a PostgreSQL row as they stand in its page.

The formats: https://www.postgresql.org/docs/current/storage-toast.html.
"""

from __future__ import annotations

from struct import unpack, unpack_from
from typing import NamedTuple

from bot.surveys.attack.evidence import Scalar

_NUMBERS = {"int2": "<h", "int4": "<i", "int8": "<q", "float4": "<f", "float8": "<d"}
_TEXTS = ("text", "varchar", "bpchar", "json", "name")

#: The first byte of a value that is put apart, how long its pointer is, and where in it the number
#: under which it is kept stands.
_APART, _POINTER, _NUMBER = 0x01, 18, 10


class Column(NamedTuple):
    """A column; one that was dropped has no kind."""

    name: str
    kind: str | None


def attribute(column: Column, stored: bytes | None) -> Scalar:
    """The value of an attribute; `None` also where it is put apart or compressed."""
    if stored is None:
        return None
    stored = bytes(stored)
    if column.kind in _NUMBERS:
        return unpack(_NUMBERS[column.kind], stored)[0]  # type: ignore[no-any-return]
    if column.kind == "bool":
        return stored != b"\x00"
    content = _content(stored)
    if content is None or column.kind == "bytea":
        return content
    return content.decode(errors="replace") if column.kind in _TEXTS else None


def _content(stored: bytes) -> bytes | None:
    """What stands behind the header of a value of any length."""
    if not stored or stored[0] == _APART:
        return None
    if stored[0] & 1:
        return stored[1 : stored[0] >> 1]
    (header,) = unpack_from("<I", stored)
    return None if header & 3 else stored[4 : header >> 2]


def toast_number(stored: bytes | None) -> int | None:
    """Under which number a value is put apart; `None` for one that is not."""
    if stored is None or len(stored) != _POINTER or bytes(stored[:1]) != bytes([_APART]):
        return None
    (number,) = unpack_from("<I", bytes(stored), _NUMBER)
    return int(number)
