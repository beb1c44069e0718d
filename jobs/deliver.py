"""Posts what is in the outbox: one sender per workspace, no message twice, none lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from sqlmodel import Session

from bot.errors import SlackBusy, SlackError, SlackHeld, SlackRefused, SlackUnknown
from bot.message import BlockJson, shown_picture
from bot.services import Services
from bot.slack.messenger import Messenger, refuses_blocks
from bot.store import leases, outbox
from bot.store.tables import Delivery, OutboxRow
from jobs import job

#: Slack takes about one message a second in each channel.
PACE = timedelta(seconds=1)

#: For how long a sender may be silent before another takes over.
SPAN = timedelta(minutes=1)

#: When what somebody has to mend (an invitation, a token) is tried again.
HELD = timedelta(minutes=5)

#: When a post whose answer was lost is looked for, the first time and then again. Only a message
#: that is not there at the last of them is posted again.
LOOKS = (timedelta(seconds=3), timedelta(seconds=30))

#: After so many failed tries a message goes without its chart. Waiting for an invitation is none.
TRIES_WITH_PICTURE = 8

#: The longest wait between two tries when Slack cannot be reached.
LONGEST_WAIT = timedelta(minutes=5)

log = structlog.get_logger()


@job(every=timedelta(seconds=1))
def deliver(services: Services, due: datetime) -> None:  # noqa: ARG001  what waits says when itself
    """Posts everything that may be posted now; does nothing while another worker is sending."""
    if services.messenger is not None and _anything(services):
        _Sender(services, services.messenger).empty()


def _anything(services: Services) -> bool:
    with services.reading() as session:
        return outbox.anything_due(session, services.workspace, now=services.clock.now())


class _Sender:
    """One round through the outbox, at Slack's pace."""

    def __init__(self, services: Services, messenger: Messenger) -> None:
        self._services = services
        self._messenger = messenger
        self._holder = uuid4().hex
        self._free_at: dict[str, datetime] = {}

    def empty(self) -> None:
        """Goes on until nothing is due: a reply becomes due when the message above it is sent."""
        services = self._services
        try:
            while not services.stopping.is_set():
                with services.writing() as session:
                    now = services.clock.now()
                    rows = self._due(session, now)
                if not rows:
                    return
                self._one(rows, now)
        finally:
            with services.writing() as session:
                leases.give_back(session, services.workspace, "sender", self._holder)

    def _due(self, session: Session, now: datetime) -> list[OutboxRow]:
        """What may be tried now; nothing while another sender has the lease, which is prolonged."""
        workspace = self._services.workspace
        mine = leases.take(session, workspace, "sender", self._holder, now=now, span=SPAN)
        return outbox.due(session, workspace, now=now) if mine else []

    def _one(self, rows: Sequence[OutboxRow], now: datetime) -> None:
        """Deals with the first in the line whose channel has had its second of rest."""
        row = min(rows, key=lambda row: self._free_at.get(row.channel, now))
        wait = (self._free_at.get(row.channel, now) - now).total_seconds()
        if wait > 0:
            self._services.clock.sleep(wait)
        if row.state == Delivery.UNKNOWN:
            self._look_up(row)
        else:
            self._send(row)

    def _send(self, row: OutboxRow) -> None:
        with self._services.writing() as session:
            if not outbox.start(session, row, now=self._services.clock.now()):
                return
        try:
            channel, ts = self._post(row)
        except SlackError as error:
            self._not_sent(row, error)
        else:
            with self._services.writing() as session:
                outbox.sent(session, row.id, channel=channel, ts=ts)
            log.info("message_sent", delivery=row.id, subject=row.subject)
        self._free_at[row.channel] = self._services.clock.now() + PACE

    def _post(self, row: OutboxRow) -> tuple[str, str]:
        return self._messenger.post(
            row.channel,
            row.text,
            self._with_pictures(row),
            delivery=row.id,
            thread=self._thread(row),
        )

    def _thread(self, row: OutboxRow) -> str | None:
        if row.reply_to is None:
            return None
        with self._services.reading() as session:
            return session.get_one(OutboxRow, row.reply_to).sent_as

    # --- pictures ---

    def _with_pictures(self, row: OutboxRow) -> list[BlockJson]:
        """The blocks with the uploaded files in place; a picture Slack refuses is left out."""
        files: dict[str, str | None] = {}
        with self._services.reading() as session:
            pictures = outbox.pictures(session, row)
        for picture in pictures:
            files[picture.key] = picture.file
            if row.tries >= TRIES_WITH_PICTURE:
                files[picture.key] = None
            elif picture.file is None:
                files[picture.key] = self._upload(picture.png, picture.alt)
                if files[picture.key]:
                    with self._services.writing() as session:
                        outbox.uploaded(session, picture, files[picture.key] or "")
        placed = (_placed(block, files) for block in row.blocks)
        return [block for block in placed if block is not None]

    def _upload(self, png: bytes, alt: str) -> str | None:
        try:
            return self._messenger.upload(png, name="chart.png", alt=alt)
        except (SlackHeld, SlackRefused) as error:
            # The numbers are worth more than the chart: they go without it.
            log.warning("picture_left_out", problem=str(error))
            return None

    # --- what went wrong ---

    def _not_sent(self, row: OutboxRow, error: SlackError) -> None:
        now = self._services.clock.now()
        log.warning("message_not_sent", delivery=row.id, subject=row.subject, problem=str(error))
        with self._services.writing() as session:
            match error:
                case SlackUnknown():
                    outbox.unknown(session, row.id, look_at=now + LOOKS[0], problem=error.kept())
                case SlackBusy():
                    wait = _wait(error, row.tries)
                    outbox.again(session, row.id, at=now + wait, problem=error.kept())
                    if error.retry_after:
                        outbox.hold(session, row.workspace_id, now=now, span=wait)
                case SlackHeld():
                    outbox.held(session, row.id, at=now + HELD, problem=error.kept())
                case _ if self._goes_plainer(session, row, error, now):
                    log.info("message_made_plainer", delivery=row.id, subject=row.subject)
                case _:
                    outbox.failed(session, row.id, error.kept())

    def _goes_plainer(
        self, session: Session, row: OutboxRow, error: SlackError, now: datetime
    ) -> bool:
        """Whether the message goes again without what Slack does not take of its blocks.

        Nothing is remembered of it for other messages: one chart that Slack refuses says little
        about the next, and where it takes none each digest costs one refused call more.
        """
        return refuses_blocks(error) and outbox.plainer(session, row, now=now, problem=error.kept())

    def _look_up(self, row: OutboxRow) -> None:
        """Finds out whether a message whose answer was lost is there."""
        now = self._services.clock.now()
        since = row.sending_since or row.created_at
        try:
            ts = self._messenger.find(row.channel, row.id, since=since, thread=self._thread(row))
        except SlackError as error:
            with self._services.writing() as session:
                outbox.look_later(session, row.id, at=now + HELD, now=now, problem=error.kept())
            return
        with self._services.writing() as session:
            if ts is not None:
                outbox.sent(session, row.id, channel=row.channel, ts=ts)
                log.info("message_found", delivery=row.id, subject=row.subject)
            elif row.lookups < len(LOOKS):
                outbox.unknown(
                    session, row.id, look_at=now + LOOKS[row.lookups], problem=row.problem or ""
                )
            else:
                outbox.not_found(session, row.id, now=now)


def _wait(error: SlackBusy, tries: int) -> timedelta:
    if error.retry_after:
        return timedelta(seconds=error.retry_after)
    return timedelta(seconds=min(2.0**tries, LONGEST_WAIT.total_seconds()))


def _placed(block: BlockJson, files: dict[str, str | None]) -> BlockJson | None:
    key = shown_picture(block)
    if key is None or key not in files:
        return block
    return {**block, "slack_file": {"id": files[key]}} if files[key] else None
