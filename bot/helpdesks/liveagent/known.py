"""Which versions of tickets were told and stored, so that the next sync need not read them again."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: A ticket as it was at one moment.
Version = tuple[str, datetime]

#: So many versions are remembered at most, the youngest.
MOST = 10_000

#: Moments are told in whole seconds: a ticket that changed this lately may change again in its second.
SETTLES = timedelta(seconds=10)


@dataclass
class Known:
    """What the last reading told, which counts only for one that goes on from its very end.

    Its last cursor has a mark: who comes back with that has stored every page before. A cursor from
    the middle of a reading, or of another process, has none that is known here.
    """

    _mark: str | None = None
    _versions: frozenset[Version] = field(default=frozenset(), repr=False)

    def to(self, mark: str | None) -> frozenset[Version]:
        """The versions that are stored where the last cursor had that mark."""
        return self._versions if mark is not None and mark == self._mark else frozenset()

    def keep(self, versions: Iterable[Version], since: datetime, begun: datetime) -> str:
        """Remembers those that the next reading meets again; gives the mark of this one's end.

        That reading begins at `since`; this one began at `begun`. Both are the desk's own time.
        """
        again = (one for one in versions if since <= one[1] <= begun - SETTLES)
        young = sorted(again, key=lambda one: one[1])[-MOST:]
        self._mark, self._versions = secrets.token_hex(8), frozenset(young)
        return self._mark
