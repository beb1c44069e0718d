"""The stream of calls: the incremental export of Zendesk Talk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime

from bot.domain import Call, Window
from bot.errors import DeskMisunderstood
from bot.helpdesks import Cursor, Page
from bot.helpdesks.zendesk.limits import TALK
from bot.helpdesks.zendesk.names import GroupNames
from bot.helpdesks.zendesk.settings import Settings
from bot.helpdesks.zendesk.tickets import SOONER
from bot.helpdesks.zendesk.wire import Wire
from bot.vocabulary import Vocabulary
from bot.webapi import Forbidden, NotThere, WebApi

PATH = "api/v2/channels/voice/stats/incremental/calls.json"


class Ending(StrEnum):
    """What became of a call."""

    ANSWERED = "answered"
    """Somebody spoke to an agent, however it ended."""
    GIVEN_UP = "given up in the queue"
    UNANSWERED = "not answered"
    """The caller left between menu and queue, or whom an agent called did not take it."""
    VOICEMAIL = "voicemail"
    LEFT_OUT = "left out"
    """It is not over yet, failed, or never came to a queue."""


#: The words of `completion_status` (support.zendesk.com 4408881766938, "What do the statuses of
#: Zendesk Talk mean?", and those that others saw). Of one that is not here nobody can say that it
#: was given up.
ENDINGS: Mapping[str, Ending] = {
    "completed": Ending.ANSWERED,
    "abandoned_on_hold": Ending.ANSWERED,
    "abandoned_in_queue": Ending.GIVEN_UP,
    "not_answered": Ending.UNANSWERED,
    "abandoned_in_voicemail": Ending.VOICEMAIL,
    "pending_voicemail": Ending.VOICEMAIL,
    "voicemail": Ending.VOICEMAIL,
    "abandoned_in_ivr": Ending.LEFT_OUT,
    "overflow": Ending.LEFT_OUT,
    "failed": Ending.LEFT_OUT,
    "not_started": Ending.LEFT_OUT,
    "in_progress": Ending.LEFT_OUT,
}


class Told(Wire):
    """A call of Talk; durations are seconds."""

    id: str
    created_at: AwareDatetime
    updated_at: AwareDatetime | None = None
    direction: str | None = None
    completion_status: str | None = None
    voicemail: bool | None = None
    outside_business_hours: bool | None = None
    wait_time: int | None = None
    talk_time: int | None = None
    hold_time: int | None = None
    wrap_up_time: int | None = None
    agent_id: str | None = None
    call_group_id: str | None = None


class Exported(Wire):
    calls: list[Told]
    count: int | None = None
    end_time: int | None = None


class Calls:
    """Reads the calls of one Zendesk."""

    def __init__(self, desk: str, api: WebApi, settings: Settings, groups: GroupNames) -> None:
        self._api, self._settings, self._groups = api, settings, groups
        self._endings = Vocabulary(desk, "call status", ENDINGS, Ending.LEFT_OUT)

    def start(self, window: Window) -> Cursor:
        return {"start": max(int((window.start - SOONER).timestamp()), 0)}

    def pages(self, since: Cursor) -> Iterator[Page[Call]]:
        """All calls that changed since the cursor. There is always a next page: an empty one ends."""
        start = since.get("start")
        if not isinstance(start, int):
            raise DeskMisunderstood(
                "The stored position in the calls of a Zendesk cannot be read.",
                "Read it anew with deskpulse sync --since and a date.",
            )
        begun, at = None, start
        while True:
            try:
                answer = self._api.get(Exported, PATH, {"start_time": at}, lanes=TALK)
            except (Forbidden, NotThere):
                return
            begun = begun or answer.sent_at
            told, end = answer.data, answer.data.end_time
            is_last = not told.calls or end is None or end <= at or _is_after(end, begun)
            ahead = self._settled(start, begun, end) if is_last else end
            rows = [row for one in told.calls for row in self._call(one)]
            if rows or ahead != start:
                yield Page(rows, {"start": ahead})
            if is_last or end is None:
                return
            at = end

    def _settled(self, start: int, begun: datetime | None, end: int | None) -> int:
        """From when on to read the next time: nothing older changes any more."""
        if begun is None:
            return max(start, end or start)
        return max(start, int((begun - self._settings.overlap).timestamp()))

    def _call(self, told: Told) -> Iterator[Call]:
        """None for what is left out. A voicemail is a call that nobody answered.

        Whoever calls while nobody works hears that, and comes to no queue; with somebody who was
        at work all the same they speak.
        """
        ending = self._endings.of(told.completion_status)
        is_answered = ending is Ending.ANSWERED and not told.voicemail
        if ending is Ending.LEFT_OUT or (told.outside_business_hours and not is_answered):
            return
        yield Call(
            told.id,
            told.created_at,
            inbound=told.direction != "outbound",
            answered=is_answered,
            wait=_seconds(told.wait_time),
            talk=_seconds(told.talk_time),
            hold=_seconds(told.hold_time),
            wrap_up=_seconds(told.wrap_up_time),
            group=self._groups.of(told.call_group_id),
            agent=told.agent_id,
        )


def _is_after(end: int, begun: datetime | None) -> bool:
    """Whether the export has come to what changed since the reading began."""
    return begun is not None and end >= begun.timestamp()


def _seconds(told: int | None) -> timedelta:
    return timedelta(seconds=told or 0)
