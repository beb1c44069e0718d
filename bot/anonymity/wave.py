"""A simulated wave, through the very code of the product: from its opening to the last letter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from bot import app
from bot.anonymity.postbox import Postbox
from bot.anonymity.printed import Printed, printed
from bot.anonymity.respondents import ZONES, Conduct, Respondent, respondents
from bot.anonymity.scratch import Place
from bot.anonymity.storage import Storage
from bot.anonymity.witness import Stopped, Witness
from bot.services import WORKSPACE
from bot.settings import Given
from bot.store import ballots, comments, surveys, waves
from bot.store.ballots import Said
from bot.store.tables import CommentRow, WaveRow
from bot.store.waves import Beginning
from bot.surveys.attack.case import Case, Truth, Watched
from bot.surveys.attack.evidence import Evidence, RowId, Version, lines
from bot.surveys.ballot import Remark
from bot.surveys.bank import ENPS
from bot.surveys.results import Comment
from bot.surveys.roll import Act, Roll, Seat
from bot.surveys.survey import Audience, Kind, Plan, Question, Scale, Theme
from jobs.deliver import deliver
from jobs.survey_letters import survey_letters
from jobs.survey_questions import ask

#: A Tuesday morning.
BEGINNING = datetime(2026, 11, 17, 8, tzinfo=UTC)

#: For so long a wave is open.
OPEN = timedelta(days=3)

_LEAD = "U0LEADLEAD1"
_WORKLOAD = Question("workload-1", Scale.AGREEMENT, {"en": "I can do my work."}, Theme.WORKLOAD)
_TOOLS = Question("tools-1", Scale.AGREEMENT, {"en": "My tools help me."}, Theme.TOOLS)
_QUESTIONS = {Kind.ENPS: (ENPS,), Kind.PULSE: (_WORKLOAD, _TOOLS)}

#: So many at most answer at the very same moment.
_TOGETHER = 3

#: Of so many authors it can be guessed whose a conversation is.
_FEWEST_AUTHORS = 2

#: So much of a comment is looked for: an attacker needs no more to know it again.
_KNOWN_AGAIN = 24


@dataclass(frozen=True, slots=True)
class Habits:
    """How a wave goes: how many are asked what, and whether messages are posted as well."""

    people: int
    kind: Kind
    with_messages: bool = False


class Moving:
    """A clock that only the wave moves on."""

    def __init__(self) -> None:
        self._now = BEGINNING

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


def play(place: Place, storage: Storage, habits: Habits, random: Random) -> Case:
    """A whole wave, copied after every step, so that more copies do not exist."""
    clock = Moving()
    with printed(clock) as there:
        return _Wave(place, storage, habits, random, clock, there).play()


class _Wave:
    def __init__(
        self,
        place: Place,
        storage: Storage,
        habits: Habits,
        random: Random,
        clock: Moving,
        there: Printed,
    ) -> None:
        self._place, self._storage, self._habits = place, storage, habits
        self._random, self._clock, self._printed = random, clock, there
        self._questions = _QUESTIONS[habits.kind]
        self._people = respondents(habits.people, self._questions, random)
        self._witness = Witness(place.database.engine)
        self._services = app.build(
            Given(slack_bot_token=None, desks={}, secret="of the simulation", zone=ZONES[0]),  # noqa: S106
            clock=clock,
            database=place.database,
            desks={},
            messenger=Postbox(),
        )
        self._wave = 0
        self._copies = 0
        self._watched: dict[str, Watched] = {}
        self._letters: dict[str, Watched] = {}
        self._ends: dict[str, Watched] = {}
        self._log: list[Version] = []

    def play(self) -> Case:
        self._storage.prepare(self._place.database)
        self._copy()
        self._open()
        self._remind()
        for people in self._turns():
            self._clock.sleep(self._random.randrange(60, 3_000))
            self._turn(people)
        self._remind()
        published = self._close()
        self._correspond([one for one in published if one.can_be_answered])
        self._storage.scrub(self._place.database)
        self._copy()
        return self._case(published)

    def _copy(self) -> None:
        """One more copy of the database, and of the log."""
        self._place.copy()
        start, told = self._printed.new_lines()
        self._log += lines(told, self._copies, start)
        self._copies += 1

    # --- the opening ---

    def _open(self) -> None:
        services, now = self._services, self._clock.now()
        kind, zone = self._habits.kind, ZoneInfo(ZONES[0])
        plan = Plan(kind, Audience(channels=("C0SUPPORT",)), zone, "C0SUPPORT")
        roll = Roll.of(
            Seat(one.person.id, one.team, one.zone, "en", one.person.names) for one in self._people
        )
        closes = now + OPEN
        begins = Beginning(
            plan, self._questions, ("#support", "#night"), roll, closes, in_public=True
        )
        with services.writing() as session:
            survey = surveys.draft(session, WORKSPACE, plan, by=_LEAD, now=now)
            surveys.start(session, survey, now=now)
            wave = waves.open_wave(session, survey, begins, services.seals, now=now)
            self._wave = wave.id or 0
        self._copy()

    def _remind(self) -> None:
        """Everybody who has not answered, and is to be asked or reminded by now, is."""
        if not self._habits.with_messages:
            return
        with self._services.reading() as session:
            wave = session.get_one(WaveRow, self._wave)
        ask(self._services, wave, self._clock.now())
        self._post()

    def _post(self) -> None:
        self._copy()
        deliver(self._services, self._clock.now())
        self._copy()

    # --- the answers ---

    def _turns(self) -> Iterator[Sequence[Respondent]]:
        """Who acts, one after the other, and now and then a few at the very same moment."""
        acting = [one for one in self._people if one.conduct is not Conduct.STAYS_SILENT]
        self._random.shuffle(acting)
        while acting:
            number = self._random.randint(2, _TOGETHER) if self._random.random() < 0.1 else 1
            yield acting[:number]
            acting = acting[number:]
        yield [one for one in self._people if self._says_why(one) and not one.at_once]

    def _turn(self, people: Sequence[Respondent]) -> None:
        """They act, watched from the copy before until the one after."""
        before = self._copies - 1
        with self._witness.listening(), ThreadPoolExecutor(_TOGETHER) as threads:
            acts = [threads.submit(partial(self._act, one)) for one in people]
        for act in acts:
            act.result()
        self._copy()
        for one in people:
            if one.answers_at_all:
                self._watched.setdefault(one.person.id, Watched(before, self._copies - 1))

    def _act(self, one: Respondent) -> None:
        if one.person.id in self._watched:
            self._cast(one, Act.WHY)
        elif one.conduct is Conduct.DECLINES:
            with self._services.writing() as session:
                ballots.decline(session, self._services.seals, self._wave, one.person.id)
        else:
            self._answer(one)

    def _answer(self, one: Respondent) -> None:
        at_once = self._habits.kind is Kind.PULSE
        act = Act.ANSWER_AND_WHY if at_once else Act.ANSWER
        if one.conduct is Conduct.ANSWERS_AFTER_A_CRASH:
            with suppress(Stopped):
                self._cast(one, act, stop_before=len(one.comment) % 3 + 1)
        self._cast(one, act)
        if self._says_why(one) and one.at_once:
            self._cast(one, Act.WHY)

    def _says_why(self, one: Respondent) -> bool:
        """Whether they do so in a second step, as one does after the number of an eNPS."""
        return bool(self._habits.kind is Kind.ENPS and one.answers_at_all and one.comment)

    def _cast(self, one: Respondent, act: Act, *, stop_before: int = 0) -> None:
        author = one.person.id if one.may_reply else ""
        remark = Remark(self._questions[0].key, one.comment, author)
        remarks = [] if act is Act.ANSWER or not one.comment else [remark]
        said = Said({} if act is Act.WHY else one.answers, remarks)
        services, user = self._services, one.person.id
        with self._witness.of(user, stop_before=stop_before):
            self._storage.cast(
                services.database,
                services.seals,
                self._wave,
                user,
                act,
                said,
                now=services.clock.now(),
            )

    # --- the close, and what comes after it ---

    def _close(self) -> list[Comment]:
        services, database = self._services, self._place.database
        self._storage.before_close(database, services.seals, self._wave)
        self._copy()
        self._clock.sleep(OPEN.total_seconds())
        with services.writing() as session:
            self._storage.close(session, services.seals, self._wave, now=self._clock.now())
        self._copy()
        self._storage.scrub(database)
        self._copy()
        with services.reading() as session:
            wave = session.get_one(WaveRow, self._wave)
            return comments.of_wave(session, wave, services.seals)

    def _correspond(self, there: Sequence[Comment]) -> None:
        """A lead answers comments, who wrote them answers the lead, and ends it one day.

        One author alone would be known by that.
        """
        if len(there) < _FEWEST_AUTHORS:
            return
        for one in self._in_any_order(there):
            self._write(one, _LEAD)
        self._relay()
        for one in self._in_any_order(there):
            self._letters[self._author(one)] = self._watching(partial(self._write, one, None))
        self._relay()
        for one in self._in_any_order(there):
            self._ends[self._author(one)] = self._watching(partial(self._end, one))

    def _in_any_order(self, there: Sequence[Comment]) -> list[Comment]:
        return self._random.sample(there, len(there))

    def _author(self, comment: Comment) -> str:
        return next(one.person.id for one in self._people if one.comment == comment.text)

    def _watching(self, act: Callable[[], None]) -> Watched:
        """Somebody does something, between the copy before and the one after."""
        before = self._copies - 1
        act()
        self._copy()
        self._clock.sleep(self._random.randrange(60, 3_000))
        return Watched(before, self._copies - 1)

    def _write(self, comment: Comment, by: str | None) -> None:
        services, slot = self._services, self._clock.now() + timedelta(hours=1)
        with services.writing() as session:
            self._storage.write(session, services.seals, comment, by=by, slot=slot)

    def _end(self, comment: Comment) -> None:
        services = self._services
        with services.writing() as session:
            self._storage.end(session, services.seals, comment)

    def _relay(self) -> None:
        """The letters that wait arrive, in waves with messages."""
        self._clock.sleep(7_200)
        if self._habits.with_messages:
            survey_letters(self._services, self._clock.now())
            self._post()

    # --- what comes of it ---

    def _case(self, published: Sequence[Comment]) -> Case:
        history = self._place.history
        evidence = Evidence(
            versions=[*history.versions, *self._log],
            texts=history.texts,
            last=history.last,
            looked_at=history.looked_at,
        )
        return Case(
            evidence=evidence,
            people=[one.person for one in self._people],
            truth=self._truth(published),
            watched=self._watched,
            letters=self._letters,
            ends=self._ends,
            published={_row(one.id): one.text for one in published},
            secrets=[one.comment[:_KNOWN_AGAIN] for one in self._people if one.comment],
            in_one_go=self._habits.kind is Kind.PULSE,
        )

    def _truth(self, published: Sequence[Comment]) -> Truth:
        answered = [one for one in self._people if one.person.id in self._watched]
        rows = {one.text: _row(one.id) for one in published}
        first = self._questions[0].key
        return Truth(
            ballots={one: frozenset(rows) for one, rows in self._witness.rows.items()},
            comments={
                one.person.id: frozenset([rows[one.comment]])
                for one in answered
                if one.comment in rows
            },
            answers={one.person.id: (first, one.answers[first]) for one in answered},
            wrote=frozenset(one.person.id for one in answered if one.comment),
        )


def _row(comment: str) -> RowId:
    return RowId(str(CommentRow.__tablename__), comment)
