"""Messages of which nobody is to learn whom they are for: sealed in their row, and gone with it.

The row says neither who gets the message nor what it says, however often it is tried, and all are
of one length. Once it is posted, or given up, it is deleted. In the write-ahead log of the
database, and on PostgreSQL in the file of the table, its bytes may stand for a while longer: they
are sealed there as well.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete
from sqlmodel import Session, col

from bot.message import BlockJson, Message
from bot.seals import Seals
from bot.store.tables import OutboxRow

#: Stands in such a row in place of a channel. No channel of Slack is called so.
SOMEBODY = "somebody"

#: What the keys are for; see `Seals.seal` and `Seals.mark`.
_SEALING, _FINDING = "outbox", "delivery"

#: Sealed messages are padded to a multiple of so many bytes. Compressed, two different texts of 3,000
#: characters fit, in any script, each of them said twice: a comment and the answer to it.
_SIZE = 16_384


@dataclass(frozen=True, slots=True)
class Hours:
    """For when a message is: for a good hour (`bot.surveys.moments`) of a zone, until a moment."""

    zone: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom a message is for, under which delivery id it is found there, and what it says.

    One with a `zone` is for a good hour there: late, it waits for the next one.
    """

    channel: str
    delivery: str
    text: str
    blocks: list[BlockJson]
    zone: str | None = None


class Sealed(NamedTuple):
    """A message to somebody as it is kept, and until when, if that is not its `LIFETIME`."""

    content: bytes
    until: datetime | None


def seal(recipient: str, message: Message, seals: Seals, hours: Hours | None = None) -> Sealed:
    """What is kept of a message to somebody. Raises `ValueError` for a thread or pictures."""
    if message.thread or message.pictures or message.alternatives:
        raise ValueError("a sealed message has neither a thread nor pictures")
    zone, until = (None, None) if hours is None else (hours.zone, hours.until)
    told = [recipient, message.text, list(message.blocks), zone]
    content = json.dumps(told, ensure_ascii=False)
    # Half of a pair of surrogates, which JSON may hold, is kept as it is.
    packed = zlib.compress(content.encode(errors="surrogatepass"))
    return Sealed(seals.seal(packed, _SEALING, size=_SIZE), until)


def opened(row: OutboxRow, seals: Seals) -> Envelope:
    """What is to be posted, of any message. Raises `ConfigurationError` for a seal of another secret.

    Slack keeps the delivery id beside the message, for whoever may read that. So there a sealed
    message goes under another id than its row, which only this deployment can tell from it.
    """
    if row.sealed is None:
        return Envelope(row.channel, row.id, row.text, row.blocks)
    content = zlib.decompress(seals.open(row.sealed, _SEALING))
    recipient, text, blocks, zone = json.loads(content)
    return Envelope(recipient, seals.mark(row.id, _FINDING), text, blocks, zone)


def is_sealed(row: OutboxRow) -> bool:
    """Whether nothing of it may be told; also of a row whose sealed bytes were not read."""
    return row.channel == SOMEBODY


def forget(session: Session, row_id: str) -> bool:
    """Deletes a sealed message, of which nothing comes any more; leaves any other, and is false."""
    gone = session.connection().execute(
        delete(OutboxRow).where(col(OutboxRow.id) == row_id, col(OutboxRow.channel) == SOMEBODY)
    )
    return gone.rowcount == 1
