"""Of several records of one rating the newest answer counts, from when the first one was made."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import Rating

#: Of so many ratings it is remembered, of those that were told last.
REMEMBERED = 50_000


class Latest:
    """What is known of each rating, by its id.

    Whether the record of a rating changes when a customer answers, or another one is made, Zendesk
    does not say; the latter was seen (github.com/singer-io/tap-zendesk/pull/37). So a record alone
    may not know when the customer was asked, and an older one may be told again after a newer one.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._known: dict[str, Rating] = {}

    def __contains__(self, id_: str) -> bool:
        return id_ in self._known

    def of(self, told: Rating) -> Rating:
        """The rating as it is by this record and by all that were told before it."""
        known = self._known.pop(told.id, told)
        newest = told if _is_newer(told, known) else known
        self._known[told.id] = rating = replace(newest, asked_at=min(told.asked_at, known.asked_at))
        if len(self._known) > self._remembered:
            del self._known[next(iter(self._known))]
        return rating


def _is_newer(told: Rating, known: Rating) -> bool:
    """An answer is newer than that somebody was asked, whenever that was told."""
    if told.given_at is None or known.given_at is None:
        return known.given_at is None
    return told.given_at >= known.given_at
