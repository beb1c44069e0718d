"""The stream of ratings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.domain import Question, Rating, Scale
from bot.helpdesks import Cursor, Page
from bot.helpdesks.intercom.changes import Changes
from bot.helpdesks.intercom.place import unreadable
from bot.helpdesks.intercom.web import EVER, where
from bot.helpdesks.intercom.wire import Conversation

#: Conversations of which a rating was ever asked for.
_ASKED = where("conversation_rating.requested_at", ">", EVER)


def ratings(changes: Changes, cursor: Cursor, begun: datetime) -> Iterator[Page[Rating]]:
    """The ratings of conversations that changed since the cursor: one of each, the latest.

    To ask and to answer are changes of a conversation. A search gives both with it, so that nothing
    is asked of each.
    """
    since = cursor.get("since")
    if not isinstance(since, int):
        raise unreadable()
    for changed in changes.since(since, begun, _ASKED):
        found = [rating for row in changed.rows if (rating := _rating(row)) is not None]
        yield Page(found, {"since": changed.since}, changed.total)


def _rating(row: Conversation) -> Rating | None:
    """The rating of a conversation; that of the AI agent itself is another field, left out."""
    told = row.conversation_rating
    if told is None or told.created_at is None:
        return None
    is_given = told.rating is not None
    teammate = told.teammate
    return Rating(
        id=row.id,
        question=Question.CSAT,
        scale=Scale.STARS,
        asked_at=told.created_at,
        given_at=(told.updated_at or told.created_at) if is_given else None,
        raw=told.rating,
        ticket=row.id,
        agent=teammate.id if teammate and teammate.type == "admin" else None,
    )
