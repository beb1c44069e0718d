"""Tries every key that stands anywhere in the evidence on everything that is sealed."""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from nacl.secret import SecretBox

from bot.surveys.attack.clear import is_sealed
from bot.surveys.attack.evidence import Scalar, Version
from bot.surveys.attack.scalars import flat, readable

#: Of each column so many sealed values are tried.
_TRIED = 3


def opened(versions: Sequence[Version]) -> tuple[int, list[str]]:
    """How many sealed values were tried, and of which columns some could be opened."""
    keys = {key for version in versions for key in _keys(version)}
    tried, found = 0, []
    for name, values in _sealed(versions).items():
        for value in values:
            tried += 1
            if any(_opens(key, value) for key in keys):
                found.append(name)
    return tried, found


def _keys(version: Version) -> Iterator[bytes]:
    """Whatever is as long as a key, as it is or written in letters."""
    for value in flat(version.values).values():
        yield from (key for key in _as_key(value) if len(key) == SecretBox.KEY_SIZE)


def _as_key(value: Scalar) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    text = readable(value)
    if text is not None and len(text) in (43, 44, 64):
        try:
            yield bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text + "=")
        except (ValueError, binascii.Error):
            return


def _sealed(versions: Iterable[Version]) -> dict[str, list[bytes]]:
    """Values that look sealed, a few of each column."""
    found: defaultdict[str, list[bytes]] = defaultdict(list)
    for version in versions:
        for name, value in version.values.items():
            there = found[f"{version.row.table}.{name}"]
            if isinstance(value, bytes) and is_sealed(value) and len(there) < _TRIED:
                there.append(value)
    return found


def _opens(key: bytes, value: bytes) -> bool:
    for box in (SecretBox(key), SealedBox(PrivateKey(key))):
        try:
            box.decrypt(value)
        except (CryptoError, ValueError):
            continue
        return True
    return False
