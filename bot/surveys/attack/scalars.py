"""The scalars of a version: each a trace of one kind, by a name that says where it is from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from bot.surveys.attack.evidence import LOG, Scalar, Values, Version


class Kind(StrEnum):
    """What a scalar is a trace of; `ORDER` is what somebody knows by other means."""

    TIME = "time"
    TRANSACTION = "transaction"
    PLACE = "place"
    ID = "id"
    LENGTH = "length"
    COPY = "copy"
    ORDER = "order"


#: Of these it makes sense to say which of two comes first.
ORDERED = (Kind.TIME, Kind.TRANSACTION, Kind.PLACE, Kind.ID, Kind.ORDER)


class Trace(NamedTuple):
    """One scalar. Two of the same name can be compared."""

    name: str
    kind: Kind
    value: int | float | str | bytes


#: Seconds, milli-, micro- and nanoseconds since 1970, each from September 2001 to 2096.
_EPOCHS = tuple((10.0**9 * unit, 4.0 * 10**9 * unit, unit) for unit in (1, 10**3, 10**6, 10**9))
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
_UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}")
#: From the epoch of time-based UUIDs (RFC 9562: 15 October 1582) to 1970, in 100 ns.
_GREGORIAN = 0x01B21DD213814000

#: The longest text of which the letters, not only the length, are taken for an id.
_LONGEST_ID = 100


def traces(version: Version) -> Iterator[Trace]:
    """All scalars of a version."""
    table = version.row.table
    if table != LOG:
        yield Trace(f"the copy in which {table} {version.happening}", Kind.COPY, version.copy)
    if version.transaction is not None:
        yield Trace(f"the transaction of {table}", Kind.TRANSACTION, version.transaction)
    for name, place in version.places.items():
        yield Trace(f"the {name} of {table}", Kind.PLACE, place)
    for name, value in flat(version.values).items():
        yield from _of_value(f"{table}.{name}", value)


def flat(values: Values) -> dict[str, Scalar]:
    """The values by their columns, and what stands in JSON by its path."""
    found: dict[str, Scalar] = {}
    for name, value in values.items():
        found[name] = value
        found |= _inside(name, value)
    return found


def _inside(name: str, value: Scalar) -> dict[str, Scalar]:
    text = readable(value)
    if text is None or text[:1] not in ("{", "["):
        return {}
    try:
        told = json.loads(text)
    except ValueError:
        return {}
    return dict(_leaves(name, told))


def _leaves(name: str, told: Any) -> Iterator[tuple[str, Scalar]]:
    if isinstance(told, Mapping):
        for key, one in told.items():
            yield from _leaves(f"{name}.{key}", one)
    elif isinstance(told, list):
        for place, one in enumerate(told):
            yield from _leaves(f"{name}[{place}]", one)
    else:
        yield name, told


def readable(value: Scalar) -> str | None:
    """The text that a value is; `None` for numbers, and for bytes that are no text."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return None
    return value if isinstance(value, str) else None


def _of_value(name: str, value: Scalar) -> Iterator[Trace]:
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        moment = moment_of(value)
        yield Trace(name, Kind.ID if moment is None else Kind.TIME, moment or value)
        return
    yield Trace(f"the length of {name}", Kind.LENGTH, len(value))
    moment = None if isinstance(value, bytes) else moment_of(value)
    if moment is not None:
        yield Trace(name, Kind.TIME, moment)
    elif isinstance(value, bytes) or len(value) <= _LONGEST_ID:
        yield Trace(name, Kind.ID, value)


def moment_of(value: float | str) -> float | None:
    """The moment that a value is or has in it, in seconds since 1970; `None` for any other."""
    if isinstance(value, str):
        return _in_text(value)
    for least, most, unit in _EPOCHS:
        if least <= value < most:
            return value / unit
    return None


def _in_text(text: str) -> float | None:
    found = _ISO.search(text)
    if found is not None:
        try:
            moment = datetime.fromisoformat(found[0])
        except ValueError:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if _UUID.fullmatch(text.lower()) and UUID(text).version == 1:
        # Of random ones a few look so; of these nearly none is of our times.
        return moment_of((UUID(text).time - _GREGORIAN) / 1e7)
    return None
