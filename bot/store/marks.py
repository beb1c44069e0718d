"""Who answered in closed waves: keyed marks, sealed, which only the gate of later waves reads.

They are kept in the releases that they are in: each is a number that was told of some people.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from bot.seals import Seals, random_id
from bot.store import waves
from bot.store.tables import WaveRow
from bot.surveys.isolation import Release

#: What the keys are for; see `Seals.seal` and `Seals.mark`.
_PURPOSE = "marks"

_SIZE = 16_384

#: Marks of the forgotten begin so: whose they were nobody can tell any more, not even with the secret.
_FORGOTTEN = "-"


@dataclass(frozen=True, slots=True)
class Before:
    """What was told before: releases by question; `forgotten` people are in them as nobody."""

    releases: Mapping[str, Sequence[Release]]
    forgotten: int


def mark(user: str, seals: Seals) -> str:
    """The mark of somebody: the same in every wave, and nobody's without the secret."""
    return seals.mark(user, _PURPOSE)


def nobody() -> str:
    """A mark that is nobody's, for somebody who is to be found no more."""
    return _FORGOTTEN + random_id()


def keep(wave: WaveRow, releases: Mapping[str, Iterable[Release]], seals: Seals) -> None:
    """Keeps what was told of a wave's questions, and of whom."""
    told = {key: [one.to_json() for one in some] for key, some in releases.items()}
    _write(wave, json.dumps(told), seals)


def told_before(session: Session, workspace: int, keys: Iterable[str], seals: Seals) -> Before:
    """What closed waves told of some questions, as long as it is kept; see `jobs.survey_care`."""
    releases: dict[str, list[Release]] = {key: [] for key in keys}
    for wave in waves.with_marks(session, workspace):
        told = json.loads(_read(wave, seals))
        for key in releases.keys() & told.keys():
            releases[key] += map(Release.from_json, told[key])
    people = {one for some in releases.values() for release in some for one in release.people}
    return Before(releases, sum(one.startswith(_FORGOTTEN) for one in people))


def forget(session: Session, workspace: int, user: str, seals: Seals) -> int:
    """Puts a mark of nobody in the place of somebody's, the same in all waves; says in how many.

    The marks cannot just go: what the others are promised rests on who was in which wave. Those of
    all waves are written anew: in which of them somebody was does not show.
    """
    own, instead, changed = mark(user, seals), nobody(), 0
    for wave in waves.with_marks(session, workspace):
        told = _read(wave, seals)
        changed += own in told
        _write(wave, told.replace(own, instead), seals)
        waves.to_be_scrubbed(session, wave)
    return changed


def destroy(session: Session, wave: WaveRow) -> None:
    """Who answered in a wave is known no more."""
    wave.marks = None
    waves.to_be_scrubbed(session, wave)


def _write(wave: WaveRow, told: str, seals: Seals) -> None:
    wave.marks = seals.seal(zlib.compress(told.encode()), _PURPOSE, size=_SIZE)


def _read(wave: WaveRow, seals: Seals) -> str:
    return zlib.decompress(seals.open(wave.marks or b"", _PURPOSE)).decode()
