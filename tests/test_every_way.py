"""One message through its life, whatever happens on the way: every way is tried.

Somebody writes: queues a message, changes it, replies, withdraws. A sender posts it to a Slack of
which every call may go wrong in every way; the writer's next step may come before any call, after
it, or when all is quiet. In the end there is one message with the newest content and each reply
once, in order; or none, if it was withdrawn before anybody could have seen it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from typing import Literal, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from bot.errors import SlackBusy, SlackHeld, SlackUnknown
from bot.message import BlockJson, Message
from bot.services import WORKSPACE, Services
from bot.store import leases, outbox
from bot.store.database import Database
from bot.store.outbox.states import unsettled
from bot.store.tables import Delivery, OutboxRow
from jobs.deliver import SPAN, deliver
from tests.choices import Choices, every_way, told
from tests.databases import ON_SQLITE
from tests.outgoing import OVER
from tests.programs import Recorder, another, program
from tests.times import StandingClock, T

#: What may become of a call. One that is not done may leave its caller in doubt all the same.
Fate: TypeAlias = Literal[
    "done",
    "refused for now",
    "lost, not done",
    "lost, but done",
    "killed before",
    "killed after",
    "hung, then done",
]
OF_A_POST: Sequence[Fate] = (
    "done",
    "refused for now",
    "lost, not done",
    "lost, but done",
    "killed before",
    "killed after",
    "hung, then done",
)
OF_A_LOOK: Sequence[Fate] = ("done", "refused for now", "killed before", "killed after")

#: So long a hung process is longer than its claim lasts, and than its lease.
HUNG = 125

#: What the writer does, in order.
Step: TypeAlias = Literal["change", "reply", "withdraw"]
LIVES: Sequence[Sequence[Step]] = (
    ("change", "reply", "change", "reply"),
    ("change", "withdraw", "change", "reply"),
    ("reply", "withdraw", "reply"),
)
SHORT_LIVES: Sequence[Sequence[Step]] = (("change", "reply"), ("withdraw", "change"))


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


@dataclass
class Life:
    """One message, who writes it and who sends it, by the choices of one run."""

    services: Services
    clock: StandingClock
    choices: Choices
    steps: Iterator[Step]
    slack: Recorder = field(default_factory=Recorder)
    delivery: str = ""
    version: int = 1
    replies: list[str] = field(default_factory=list)
    withdrawn: bool = False

    # --- the writer ---

    def begin(self) -> None:
        with self.services.writing() as session:
            now = self.clock.now()
            message = Message("version 1")
            self.delivery = outbox.queue(session, WORKSPACE, "C1", message, subject="x", now=now)

    def step(self) -> bool:
        """The writer's next step; false when there is none left."""
        step = next(self.steps, None)
        if step is None or self.withdrawn:
            return False
        now = self.clock.now()
        with self.services.writing() as session:
            match step:
                case "change":
                    self.version += 1
                    message = Message(f"version {self.version}")
                    outbox.change(session, self.delivery, message, now=now)
                case "reply":
                    text = Message(f"reply {len(self.replies) + 1}")
                    reply = outbox.reply(session, self.delivery, text, now=now)
                    self.replies.append(reply)
                case "withdraw":
                    self.withdrawn = outbox.withdraw(session, self.delivery, now=now, why=OVER)
        return True

    def maybe_step(self, when: str) -> None:
        if self.choices.pick(("no step", f"a step {when}")) != "no step":
            self.step()

    # --- the sender ---

    def send_until_quiet(self) -> None:
        """Sends, while time goes by, until nothing comes any more."""
        for _ in range(60):
            try:
                deliver(self.services, self.clock.now())
            except Killed:
                self._leave_a_lease()
            if self.is_quiet():
                return
            self.clock.move(seconds=31)
        raise AssertionError("it never comes to rest")

    def _leave_a_lease(self) -> None:
        """Unlike an exception, a signal gives nothing back."""
        with self.services.writing() as session:
            now = self.clock.now()
            leases.take(session, WORKSPACE, "sender", "killed", now=now, span=SPAN)

    def is_quiet(self) -> bool:
        with self.services.reading() as session:
            return session.scalars(select(OutboxRow).where(unsettled(OutboxRow))).first() is None

    # --- in the end ---

    def row(self, delivery: str) -> OutboxRow:
        with self.services.reading() as session:
            return session.get_one(OutboxRow, delivery)

    def check(self) -> None:
        row = self.row(self.delivery)
        shown = self.slack.shows(self.delivery)
        if self.withdrawn or row.state == Delivery.FAILED:
            assert (shown, row.state) == ([], Delivery.FAILED)
            assert row.problem == OVER
        else:
            assert shown == [f"version {self.version}"]
            assert (row.state, row.shown) == (Delivery.SENT, row.version)
        there = [self.slack.shows(reply) for reply in self.replies]
        assert there == [[f"reply {n}"] if shown else [] for n in range(1, len(there) + 1)]
        order = [sent.delivery for sent in self.slack.sent if sent.delivery != self.delivery]
        assert order == (self.replies if shown else [])


@dataclass
class Unreliable(Recorder):
    """A Slack of which every call may go wrong, by the choices of the life that it is part of."""

    life: Life | None = None

    def _call(self, name: str, fates: Sequence[Fate], work: Callable[[], object]) -> None:
        life = self.life
        assert life is not None
        life.maybe_step(f"before {name}")
        fate = life.choices.pick(fates)
        if fate == "killed before":
            raise Killed
        if fate == "hung, then done":
            life.clock.move(seconds=HUNG)
            with another(life.services, messenger=self) as other:
                deliver(other, life.clock.now())
        if fate == "refused for now":
            raise SlackBusy("Busy.") if name != "an edit" else SlackHeld("Not in the channel.")
        if fate != "lost, not done":
            work()
        life.maybe_step(f"after {name}")
        if fate == "killed after":
            raise Killed
        if fate.startswith("lost"):
            raise SlackBusy("Lost.") if name == "an edit" else SlackUnknown("Lost.")

    def post(
        self,
        channel: str,
        text: str,
        blocks: Sequence[BlockJson],
        *,
        delivery: str,
        thread: str | None = None,
        broadcast: bool = False,
    ) -> tuple[str, str]:
        post = partial(super().post, channel, text, blocks, delivery=delivery, thread=thread)
        self._call("a post", OF_A_POST, partial(post, broadcast=broadcast))
        return channel, f"{len(self.sent)}.000000"

    def update(self, channel: str, ts: str, text: str, blocks: Sequence[BlockJson]) -> None:
        self._call("an edit", OF_A_POST, partial(super().update, channel, ts, text, blocks))

    def find(
        self, channel: str, delivery: str, *, since: datetime, thread: str | None = None
    ) -> str | None:
        found: list[str | None] = []

        def look() -> None:
            found.append(
                super(Unreliable, self).find(channel, delivery, since=since, thread=thread)
            )

        self._call("a look", OF_A_LOOK, look)
        return found[0]


def live(database: Database, steps: Sequence[Step], choices: Choices) -> None:
    """One life from its first to its last step, and the check that all went well."""
    moment = next(_LATER)
    clock = StandingClock(T(days=moment))
    slack = Unreliable()
    services = program(database, clock, messenger=slack)
    life = slack.life = Life(services, clock, choices, iter(steps), slack)
    life.begin()
    life.maybe_step("before anything")
    life.send_until_quiet()
    while life.step():
        life.send_until_quiet()
    life.check()


#: Lives in one database come one after the other, so that none sees the clock go back.
_LATER = count()


@pytest.mark.parametrize(
    "steps", [*(pytest.param(life, marks=pytest.mark.thorough) for life in LIVES[:-1]), LIVES[-1]]
)
def test_one_thing_that_goes_wrong_anywhere_leaves_one_message_with_the_newest_content(
    database: Database, steps: Sequence[Step]
) -> None:
    assert every_way(partial(live, database, steps), unusual=1) > 25


@pytest.mark.thorough
@ON_SQLITE
@pytest.mark.parametrize("steps", SHORT_LIVES)
def test_two_things_that_go_wrong_anywhere_leave_one_message_with_the_newest_content(
    database: Database, steps: Sequence[Step]
) -> None:
    assert every_way(partial(live, database, steps), unusual=2) > 200


@settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(st.sampled_from(("change", "reply", "withdraw")), max_size=6),
    script=st.lists(st.integers(0, 6), max_size=40),
)
@pytest.mark.thorough
@ON_SQLITE
def test_however_much_goes_wrong_there_is_one_message_with_the_newest_content(
    database: Database, steps: list[Step], script: list[int]
) -> None:
    told(partial(live, database, steps), script)


def test_every_way_is_tried_once() -> None:
    seen: list[tuple[str, str]] = []

    def run(choices: Choices) -> None:
        first = choices.pick("ab")
        seen.append((first, choices.pick("xyz") if first == "a" else choices.pick("pq")))

    assert every_way(run, unusual=2) == 5
    assert sorted(seen) == [("a", "x"), ("a", "y"), ("a", "z"), ("b", "p"), ("b", "q")]
    seen.clear()
    assert every_way(run, unusual=1) == 4
    assert ("b", "q") not in seen


def test_what_went_wrong_is_told_by_what_led_to_it() -> None:
    def run(choices: Choices) -> None:
        assert [choices.pick("ab"), choices.pick("xy")] != ["b", "y"]

    assert every_way(run, unusual=1) == 3
    with pytest.raises(AssertionError) as caught:
        every_way(run, unusual=2)
    assert caught.value.__notes__ == ["in [1, 1]: b, y"]
