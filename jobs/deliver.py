"""Posts and edits what is in the outbox: one sender per workspace, no message twice, none lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from sqlmodel import Session

from bot.errors import (
    ConfigurationError,
    SlackBusy,
    SlackError,
    SlackHeld,
    SlackRefused,
    SlackUnknown,
)
from bot.message import BlockJson, shown_picture
from bot.services import Services
from bot.slack.calls import is_gone, refuses_blocks
from bot.slack.messenger import Messenger
from bot.store import leases, outbox
from bot.store.tables import Delivery, OutboxRow, PictureRow
from bot.surveys.moments import is_good_hour
from jobs import job

#: Slack takes about one message a second in each channel. Of edits it takes at least 50 a minute
#: (Tier 3), all channels together; where that is too fast it asks to wait.
PACE = timedelta(seconds=1)

#: For how long a sender may be silent before another takes over.
SPAN = timedelta(minutes=1)

#: So long after it was queued a message that is for a good hour of somebody may be too late for it.
LATE = timedelta(hours=1)

#: When what has to wait is tried again: that somebody mends something (an invitation, a token), or
#: that it is day.
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
        self._rest(row.channel)
        if row.state == Delivery.UNKNOWN:
            self._look_up(row.id)
        else:
            self._send(row)

    def _rest(self, channel: str) -> None:
        """Waits until a channel has had its second of rest."""
        now = self._services.clock.now()
        wait = (self._free_at.get(channel, now) - now).total_seconds()
        if wait > 0:
            self._services.clock.sleep(wait)

    @contextmanager
    def _turn(self, channel: str) -> Iterator[None]:
        """The turn of a channel, which rests after it; of a sealed message it is only known now."""
        self._rest(channel)
        try:
            yield
        finally:
            self._free_at[channel] = self._services.clock.now() + PACE

    def _send(self, row: OutboxRow) -> None:
        """Posts or edits one message, as it is in the moment of the claim."""
        with self._services.writing() as session:
            if not outbox.start(session, row, now=self._services.clock.now()):
                return
            row = session.get_one(OutboxRow, row.id)
            pictures = outbox.pictures(session, row)
        try:
            envelope = self._opened(row)
            if self._is_held(row, envelope):
                return
            with self._turn(envelope.channel):
                if row.state == Delivery.EDIT:
                    self._edit(row, pictures)
                else:
                    self._post(row, envelope, pictures)
        except SlackError as error:
            self._went_wrong(row, error)

    def _opened(self, row: OutboxRow) -> outbox.Envelope:
        """Whom a message is for, and what it says; of a sealed one only this process knows it.

        Raises `SlackHeld` when somebody has to set the secret that it was sealed with.
        """
        try:
            return outbox.opened(row, self._services.seals)
        except ConfigurationError as error:
            raise SlackHeld(error.message, error.hint) from None

    def _is_held(self, row: OutboxRow, envelope: outbox.Envelope) -> bool:
        """Whether a message is too late for the hour it was for: it is held for a while."""
        now = self._services.clock.now()
        if envelope.zone is None or now - row.created_at <= LATE:
            return False
        if is_good_hour(now, ZoneInfo(envelope.zone)):
            return False
        with self._services.writing() as session:
            outbox.held(session, row.id, at=now + HELD, problem="It waits for a good hour there.")
        return True

    def _post(
        self, row: OutboxRow, envelope: outbox.Envelope, pictures: Sequence[PictureRow]
    ) -> None:
        channel, ts = self._messenger.post(
            envelope.channel,
            envelope.text,
            self._with_pictures(row, envelope.blocks, pictures),
            delivery=envelope.delivery,
            thread=self._thread(row),
            broadcast=row.broadcast,
        )
        with self._services.writing() as session:
            outbox.sent(session, row.id, channel=channel, ts=ts, version=row.version)
        log.info("message_sent", **_about(row))

    def _edit(self, row: OutboxRow, pictures: Sequence[PictureRow]) -> None:
        blocks = self._with_pictures(row, row.blocks, pictures)
        self._messenger.update(row.sent_channel or "", row.sent_as or "", row.text, blocks)
        with self._services.writing() as session:
            outbox.edited(session, row, now=self._services.clock.now())
        log.info("message_edited", **_about(row), version=row.version)

    def _thread(self, row: OutboxRow) -> str | None:
        if row.reply_to is None:
            return None
        with self._services.reading() as session:
            return session.get_one(OutboxRow, row.reply_to).sent_as

    # --- pictures ---

    def _with_pictures(
        self, row: OutboxRow, blocks: Sequence[BlockJson], pictures: Sequence[PictureRow]
    ) -> list[BlockJson]:
        """The blocks with the uploaded files in place; a picture Slack refuses is left out."""
        files: dict[str, str | None] = {}
        for picture in pictures:
            files[picture.key] = picture.file
            if row.tries > TRIES_WITH_PICTURE:
                files[picture.key] = None
            elif picture.file is None:
                files[picture.key] = self._upload(picture.png, picture.alt)
                if files[picture.key]:
                    with self._services.writing() as session:
                        outbox.uploaded(session, row, picture, files[picture.key] or "")
        placed = (_placed(block, files) for block in blocks)
        return [block for block in placed if block is not None]

    def _upload(self, png: bytes, alt: str) -> str | None:
        try:
            return self._messenger.upload(png, name="chart.png", alt=alt)
        except (SlackHeld, SlackRefused) as error:
            # The numbers are worth more than the chart: they go without it.
            log.warning("picture_left_out", problem=str(error))
            return None

    # --- what went wrong ---

    def _went_wrong(self, row: OutboxRow, error: SlackError) -> None:
        now, error = self._services.clock.now(), _to_tell(row, error)
        is_edit = row.state == Delivery.EDIT
        event = "message_not_edited" if is_edit else "message_not_sent"
        log.warning(event, **_about(row), problem=str(error))
        with self._services.writing() as session:
            if isinstance(error, SlackBusy) and error.retry_after:
                outbox.hold(session, row.workspace_id, now=now, span=_wait(error, row))
            if refuses_blocks(error) and outbox.plainer(
                session, row, now=now, problem=error.kept()
            ):
                # Nothing is remembered of it for other messages: one chart that Slack refuses says
                # little about the next, and where it takes none each digest costs one call more.
                log.info("message_made_plainer", **_about(row))
            elif is_edit:
                _not_edited(session, row, error, now)
            else:
                _not_posted(session, row, error, now)

    def _look_up(self, row_id: str) -> None:
        """Finds out whether a message whose answer was lost is there."""
        now = self._services.clock.now()
        with self._services.reading() as session:
            # As it is now, with what is sealed in it; one that is gone was found by another sender.
            row = session.get(OutboxRow, row_id)
        if row is None:
            return
        since = row.sending_since or row.created_at
        try:
            envelope = self._opened(row)
            ts = self._messenger.find(
                envelope.channel, envelope.delivery, since=since, thread=self._thread(row)
            )
        except SlackError as error:
            problem = _to_tell(row, error).kept()
            with self._services.writing() as session:
                outbox.look_later(session, row.id, at=now + HELD, now=now, problem=problem)
            return
        with self._services.writing() as session:
            if ts is not None:
                shown = row.shown
                outbox.sent(session, row.id, channel=row.channel, ts=ts, version=shown)
                log.info("message_found", **_about(row))
            elif row.lookups < len(LOOKS):
                outbox.unknown(
                    session, row.id, look_at=now + LOOKS[row.lookups], problem=row.problem or ""
                )
            else:
                outbox.not_found(session, row.id, now=now)


def _about(row: OutboxRow) -> dict[str, str]:
    """By what a message is known in the log; a sealed one by its subject alone."""
    told = {"subject": row.subject}
    return told if outbox.is_sealed(row) else {"delivery": row.id, **told}


def _to_tell(row: OutboxRow, error: SlackError) -> SlackError:
    """The error as it may be kept and told: in Slack's details there may be something of a message."""
    if outbox.is_sealed(row) and isinstance(error, SlackRefused):
        return SlackRefused("Slack answered {told}.", code=error.code, told=error.code)
    return error


def _not_posted(session: Session, row: OutboxRow, error: SlackError, now: datetime) -> None:
    match error:
        case SlackUnknown():
            outbox.unknown(session, row.id, look_at=now + LOOKS[0], problem=error.kept())
        case SlackBusy():
            at = now + _wait(error, row)
            outbox.again(session, row.id, at=at, problem=error.kept())
        case SlackHeld():
            outbox.held(session, row.id, at=now + HELD, problem=error.kept())
        case _:
            outbox.failed(session, row.id, error.kept())


def _not_edited(session: Session, row: OutboxRow, error: SlackError, now: datetime) -> None:
    match error:
        case SlackHeld():
            outbox.edit_later(session, row, at=now + HELD, problem=error.kept(), counts=False)
        case SlackRefused() if is_gone(error):
            outbox.lost(session, row.id, error.kept())
        case SlackRefused():
            outbox.edit_refused(session, row, now=now, problem=error.kept())
        case _:
            # Also when the answer was lost: doing it again is the way to find out.
            at = now + _wait(error, row)
            outbox.edit_later(session, row, at=at, problem=error.kept())


def _wait(error: SlackError, row: OutboxRow) -> timedelta:
    """As long as Slack says; else longer from try to try, from a second on."""
    if isinstance(error, SlackBusy) and error.retry_after:
        return timedelta(seconds=error.retry_after)
    return timedelta(seconds=min(2.0 ** (row.tries - 1), LONGEST_WAIT.total_seconds()))


def _placed(block: BlockJson, files: dict[str, str | None]) -> BlockJson | None:
    key = shown_picture(block)
    if key is None or key not in files:
        return block
    return {**block, "slack_file": {"id": files[key]}} if files[key] else None
