"""An office of agents in several time zones, each with a manner of their own, who are asked something.

Its clock stands wherever the test sets it, and runs fast from there. Its processes live by that clock
and can be killed at any step: see `killed`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.live import killed
from tests.live.deployment import Deployment
from tests.live.people import Line, Person, Seen
from tests.programs import together
from tests.workspace import words

ATHENS, NEW_YORK, TOKYO, TEHRAN = (
    ZoneInfo(name) for name in ("Europe/Athens", "America/New_York", "Asia/Tokyo", "Asia/Tehran")
)

#: Of a week without a public holiday in any of these countries; nor is there one on the next Monday.
_MONDAY = date(2026, 10, 12)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

#: What a worker does for surveys.
_JOBS = (
    *("survey_openings", "survey_questions", "survey_closing", "survey_letters", "survey_care"),
    "deliver",
)

#: So many people press at the same moment.
_HANDS = 8


def moment(said: str, zone: ZoneInfo, *, weeks: int = 0) -> datetime:
    """E.g. "Tue 10:00" of that week, or of one after it."""
    day, at = said.split()
    days = timedelta(days=_DAYS.index(day), weeks=weeks)
    return datetime.combine(_MONDAY + days, time.fromisoformat(at), zone)


# --- Who is there --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Manner:
    """What somebody does about an eNPS, once they got so many messages.

    They give a `score`, be it `twice` ("at once", or another one "later"), and may say `why`; or they
    decline, or do neither. One who answers `by_command` does not use the message: so does, after all,
    one who has declined.
    """

    score: int | None = None
    after: int = 1
    twice: str = ""
    why: str = ""
    may_be_answered: bool = False
    by_command: bool = False
    declines: bool = False


SILENT = Manner()


@dataclass
class Agent(Person):
    """One of those who are asked.

    `waits` until they answered or declined, `is_there` until they left. `gave` is the number that has
    to count, `warned` what they were shown of a comment of theirs before it was sent.
    """

    name: str
    channel: str
    zone: ZoneInfo
    manner: Manner = SILENT
    waits: bool = True
    is_there: bool = True
    gave: int | None = None
    warned: str = ""

    def is_waiting_in(self, zones: Collection[ZoneInfo]) -> bool:
        """Whether they are still to be asked, or reminded, and are in one of these zones."""
        return self.waits and self.is_there and self.zone in zones

    def will_act(self, asked: int) -> bool:
        """Whether they do something now that they got so many messages."""
        acts = self.manner.declines or self.manner.score is not None
        return acts and self.waits and self.is_there and asked == self.manner.after

    def acts(self) -> None:
        """Does what their manner is."""
        if self.manner.declines:
            assert "not reminded" in self.presses("Not this time", self.question()).text
        if self.manner.by_command:
            self._says_why(self.opens_by("/enps", self.channel), [self.manner.score])
        elif not self.manner.declines:
            self._presses_a_number()
        self.waits, self.gave = False, self.manner.score

    def question(self) -> Seen:
        """What they are asked now."""
        return self.messages()[-1]

    def says(self, window: dict[str, Any], **filled: Any) -> None:
        """Fills in a window; where something in it could give them away, they send it as it is."""
        told = self.fills_in(window, **filled)
        if told.get("submit"):
            self.warned = words(told)
            told = self.fills_in(told, **filled)
        assert "sealed" in words(told).casefold()

    def _presses_a_number(self) -> None:
        question, score = self.question(), str(self.manner.score)
        hands = 2 if self.manner.twice == "at once" else 1
        thanks, *_ = together(*[lambda: self.presses(score, question)] * hands)
        # Of two presses, and of one whose answer did not come, it may say that they have answered.
        assert "sealed until" in thanks.text
        if self.manner.twice == "later":
            another = self.presses("5", question)
            assert "You have answered already" in another.text
        if self.manner.why:
            self._says_why(self.opens("Say why", thanks))

    def _says_why(self, window: dict[str, Any], numbers: Sequence[int | None] = ()) -> None:
        manner = self.manner
        self.says(window, numbers=numbers, text=manner.why, ticks=manner.may_be_answered)


# --- The office ----------------------------------------------------------------------------------


@dataclass
class Office:
    """Those who are asked, a lead among them, in one channel; and the deployment by which they are."""

    deployment: Deployment
    line: Line
    channel: str
    lead: Agent
    agents: list[Agent]

    @property
    def everybody(self) -> list[Agent]:
        return [self.lead, *self.agents]

    def silent(self, zone: ZoneInfo) -> list[Agent]:
        """Agents who do nothing, and who are there."""
        there = [one for one in self.agents if one.zone is zone and one.is_there]
        return [one for one in there if one.manner == SILENT]

    def asked(self) -> dict[str, int]:
        """How many messages everybody got, by their names."""
        return {one.name: len(self.line.proxy.to(one.id)) for one in self.everybody}

    def moves(self, agent: Agent, zone: ZoneInfo) -> None:
        """Somebody travels."""
        agent.zone = zone
        self.line.proxy.facts[agent.id]["tz"] = zone.key

    def leaves(self, agent: Agent) -> None:
        """Somebody leaves the company."""
        agent.is_there = False
        self.line.proxy.facts[agent.id]["deleted"] = True

    # --- Its time and its processes ---

    def leap(self, to: datetime) -> None:
        killed.clock(self.deployment).leap(to)

    @contextmanager
    def worker(self, *deaths: str) -> Iterator[None]:
        """A worker that dies at each of these steps, and is started again; the last one lives on."""
        for at in deaths:
            with killed.worker(self.deployment, at=at, jobs=_JOBS) as worker:
                assert killed.died(worker), f"{at}: {worker.output()}"
        with killed.worker(self.deployment, jobs=_JOBS):
            yield

    def web(self, at: str = "") -> killed.Web:
        """A web process that lives until it comes to a step."""
        return killed.web(self.deployment, self.line.port, at=at)

    def do(self, *deeds: Callable[[], object], deaths: Sequence[str] = ()) -> None:
        """Lets people do things, many at once, while the web process dies at each of these steps.

        It is started again; they go on until they are through.
        """
        with ThreadPoolExecutor(_HANDS) as hands:
            under_way = [hands.submit(deed) for deed in deeds]
            for at in deaths:
                with self.web(at) as web:
                    assert killed.died(web), f"{at}: {web.output()}"
                self.line.deaths += 1
            with self.web():
                for one in under_way:
                    one.result()
