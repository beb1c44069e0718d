"""What keeps people from seeing an alert as it stands, by what Slack answered."""

from __future__ import annotations

import re
from enum import StrEnum

from bot.errors import said


class Trouble(StrEnum):
    """What keeps people from seeing an alert as it stands."""

    UNSEEN = "unseen"
    DELETED = "deleted"
    ARCHIVED = "archived"
    CHANNEL = "channel"
    TOKEN = "token"  # noqa: S105  a kind of trouble
    OLD = "old"
    UNREADABLE = "unreadable"


#: What Slack answers, by the trouble that it means.
_CODES = {
    Trouble.DELETED: ("message_not_found",),
    Trouble.ARCHIVED: ("is_archived", "is_inactive"),
    Trouble.CHANNEL: ("not_in_channel", "channel_not_found", "team_not_found"),
    Trouble.TOKEN: (
        *("token_revoked", "token_expired", "invalid_auth", "account_inactive"),
        *("not_authed", "not_allowed_token_type"),
    ),
    Trouble.OLD: ("cant_update_message", "edit_window_closed"),
}


def trouble_of(problem: str) -> Trouble:
    """What a problem is about that the outbox kept of a message."""
    words = set(re.findall("[a-z_]+", said(problem)))
    found = (trouble for trouble, codes in _CODES.items() if words & set(codes))
    return next(found, Trouble.UNSEEN)
