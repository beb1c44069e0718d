"""What the states of a message have in common, and for how long each may last."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, bindparam
from sqlmodel import col

from bot.store.tables import Delivery, OutboxRow

#: A message that could not be posted for so long after it last changed is given up: old news helps
#: nobody.
LIFETIME = timedelta(hours=12)

#: An edit is tried for so long after the last change. What stands in Slack must not stay wrong
#: because nobody renewed a token over a weekend.
STANDS = timedelta(days=7)

#: A row that has been claimed for so long was left behind by a process that died.
ABANDONED = timedelta(minutes=2)

#: It is certain that nothing is in Slack yet.
TO_POST = (Delivery.QUEUED, Delivery.RETRY)

#: It may be in Slack.
UNDERWAY = (Delivery.SENDING, Delivery.UNKNOWN)

#: It is in Slack.
POSTED = (Delivery.SENT, Delivery.EDIT)

#: Nothing comes of it any more.
GIVEN_UP = (Delivery.FAILED, Delivery.LOST)

#: Nothing is to be done about it now.
SETTLED = (Delivery.SENT, Delivery.FAILED, Delivery.LOST)


def unsettled(row: type[OutboxRow]) -> ColumnElement[bool]:
    """Whether something is to be done about it, now or later.

    Written out, word for word as in the index `outbox_waiting`: a database uses that only when it
    sees that all that is asked for is in it.
    """
    return col(row.state).not_in(
        bindparam(
            "settled", [str(state) for state in SETTLED], expanding=True, literal_execute=True
        )
    )
