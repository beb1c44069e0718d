"""A wave opens once, asks everybody by day where they are, and reminds only who has not answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session, col, select

from bot.errors import SlackHeld, SlackRefused
from bot.services import Services
from bot.slack.messenger import Person
from bot.store import ballots, rolls, surveys, waves
from bot.store.askings import questions
from bot.store.ballots import Said
from bot.store.database import Database
from bot.store.tables import SurveyRow, WaveRow
from bot.surveys import bank, own
from bot.surveys.roll import Act, Roll, Standing
from bot.surveys.survey import Audience, Cadence, Every, Kind, Plan, Theme
from jobs.deliver import deliver
from jobs.survey_openings import survey_openings
from jobs.survey_questions import AT_ONCE, survey_questions
from tests.programs import Recorder, another, failing, noted, program, together
from tests.survey_samples import ATHENS, a_plan
from tests.times import StandingClock, T

PEOPLE = tuple(f"U{number}" for number in range(1, 7))

#: Where each of them is. It is Friday 09:00 in Athens at T().
ZONES = {"U2": "Asia/Tokyo", "U3": "America/New_York", "U4": "Asia/Tehran"}


def somebody(user: str, **changes: object) -> Person:
    told = {"zone": ZONES.get(user, "Europe/Athens"), "locale": "en-US", "names": (user.lower(),)}
    return Person(user, is_admin=False, **{**told, **changes})  # type: ignore[arg-type]


@pytest.fixture
def slack() -> Recorder:
    return Recorder(
        people={user: somebody(user) for user in PEOPLE}, in_channel={"C1": frozenset(PEOPLE)}
    )


@pytest.fixture
def services(database: Database, clock: StandingClock, slack: Recorder) -> Services:
    return program(database, clock, messenger=slack, leads=["U0LEAD"])


def started(services: Services, plan: Plan | None = None) -> SurveyRow:
    """A survey that a lead has started."""
    now = services.clock.now()
    with services.writing() as session:
        survey = surveys.draft(session, 1, plan or a_plan(), by="U0LEAD", now=now)
        surveys.start(session, survey, now=now)
    return survey


def open_waves(services: Services) -> list[WaveRow]:
    with services.reading() as session:
        return waves.open_ones(session, 1)


def roll_of(services: Services, wave: WaveRow) -> Roll:
    with services.reading() as session:
        found = rolls.read(session, wave.id or 0, services.seals)
    assert found is not None
    return found


def works(services: Services) -> None:
    """Everything that is due now is done."""
    now = services.clock.now()
    survey_openings(services, now)
    survey_questions(services, now)
    deliver(services, now)


def told(slack: Recorder) -> Mapping[str, list[str]]:
    """What everybody was sent."""
    found: dict[str, list[str]] = {}
    for sent in slack.sent:
        found.setdefault(sent.channel, []).append(sent.text)
    return found


# --- Opening -------------------------------------------------------------------------------------


def test_a_started_survey_opens_its_one_wave_once(services: Services) -> None:
    started(services)
    works(services)
    works(services)
    (wave,) = open_waves(services)
    assert wave.asked == len(PEOPLE)
    assert waves.questions_of(wave)[0].key == "enps"
    assert {seat.zone for seat in roll_of(services, wave)} == {"Europe/Athens", *ZONES.values()}


def test_a_draft_opens_nothing(services: Services) -> None:
    with services.writing() as session:
        surveys.draft(session, 1, a_plan(), by="U0LEAD", now=T())
    works(services)
    assert open_waves(services) == []


def test_two_workers_open_one_wave(services: Services) -> None:
    started(services)
    with another(services) as other:
        together(lambda: survey_openings(services, T()), lambda: survey_openings(other, T()))
    assert len(open_waves(services)) == 1


def test_under_five_people_nobody_is_asked_and_the_lead_hears_why(
    services: Services, slack: Recorder
) -> None:
    slack.in_channel = {"C1": frozenset(PEOPLE[:4])}
    started(services)
    works(services)
    assert open_waves(services) == []
    (why,) = told(slack)["U0LEAD"]
    assert "it would have asked 4 people" in why
    with services.reading() as session:
        assert surveys.standing(session, 1) == []


def test_bots_and_those_who_left_are_not_asked(services: Services, slack: Recorder) -> None:
    slack.people = {
        **slack.people,
        "U7": somebody("U7", is_bot=True),
        "U8": somebody("U8", is_away=True),
    }
    slack.in_channel = {"C1": frozenset((*PEOPLE, "U7", "U8"))}
    started(services)
    works(services)
    assert set(roll_of(services, open_waves(services)[0]).seats) == set(PEOPLE)


def test_more_than_five_can_be_asked_for(services: Services) -> None:
    started(services, a_plan(fewest=7))
    works(services)
    assert open_waves(services) == []


def test_what_slack_does_not_tell_is_asked_for_again_and_the_lead_hears_once(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    class Shut(Recorder):
        def members(self, channel: str) -> frozenset[str]:
            raise SlackHeld("Slack answered {told}.", told=channel)

    shut = Shut(people=slack.people)
    with another(services, messenger=shut) as outside:
        started(services)
        works(outside)
        clock.move(minutes=1)
        works(outside)
    assert len(told(shut)["U0LEAD"]) == 1
    works(services)
    assert len(open_waves(services)) == 1


@dataclass
class Meanwhile(Recorder):
    """A Slack that answers slowly: while it is asked who is in a channel, something happens."""

    then: Callable[[], None] = lambda: None

    def members(self, channel: str) -> frozenset[str]:
        self.then()
        return super().members(channel)


@pytest.mark.parametrize("stop", [surveys.pause, partial(surveys.remove, now=T())])
def test_a_survey_that_is_stopped_while_slack_is_asked_opens_no_wave(
    services: Services, slack: Recorder, stop: Callable[[Session, SurveyRow], None]
) -> None:
    row = started(services)

    def stops() -> None:
        with services.writing() as session:
            found = surveys.get(session, 1, row.id or 0)
            assert found is not None
            stop(session, found)

    slow = Meanwhile(people=slack.people, in_channel=slack.in_channel, then=stops)
    with another(services, messenger=slow) as other:
        survey_openings(other, T())
    assert open_waves(services) == []


@dataclass
class Hiding(Recorder):
    """A Slack that says nothing about one of those in a channel."""

    hidden: str = "U3"
    why: str = "user_not_found"

    def person(self, user: str) -> Person:
        if user == self.hidden:
            raise SlackRefused("Slack answered {told}.", code=self.why, told=self.why)
        return super().person(user)


@pytest.mark.parametrize(
    ("why", "asked"),
    [("user_not_found", [5]), ("user_not_visible", [5]), ("invalid_arguments", [])],
)
def test_whom_slack_does_not_show_is_not_asked_and_the_others_are(
    services: Services, slack: Recorder, why: str, asked: list[int]
) -> None:
    started(services)
    hiding = Hiding(people=slack.people, in_channel=slack.in_channel, why=why)
    with another(services, messenger=hiding) as other:
        survey_openings(other, T())
    assert [wave.asked for wave in open_waves(services)] == asked


def test_whoever_is_only_not_told_about_now_is_asked_all_the_same(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    started(services)
    works(services)
    hiding = Hiding(people=slack.people, hidden="U1", why="invalid_arguments")
    clock.move(hours=1)
    with another(services, messenger=hiding) as other:
        works(other)
    assert set(told(hiding)) == {"U1", "U5", "U6"}


def test_a_survey_that_was_missed_is_over_and_its_lead_hears_once(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    """No program was there for more than a day."""
    started(services)
    clock.move(hours=24, seconds=1)
    works(services)
    works(services)
    assert open_waves(services) == []
    (why,) = told(slack)["U0LEAD"]
    assert "Start it again: `/enps start`" in why
    with services.reading() as session:
        assert surveys.standing(session, 1) == []


def test_a_wave_that_was_missed_is_told_and_the_next_one_opens(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    """Of those of more than a week ago nobody wants to hear any more."""
    started(services, a_plan(cadence=Cadence(1, Every.WEEK, weekday=1, at=time(10))))
    clock.set(datetime(2026, 12, 16, 11, tzinfo=ATHENS))
    works(services)
    (why,) = told(slack)["U0LEAD"]
    assert "Dec 15, 10:00" in why
    assert open_waves(services) == []
    clock.set(datetime(2026, 12, 22, 10, 30, tzinfo=ATHENS))
    works(services)
    assert len(open_waves(services)) == 1


def test_surveys_that_were_asked_once_are_looked_at_no_more(
    services: Services, database: Database
) -> None:
    """However many there are: each look takes as many statements."""

    def statements() -> int:
        with noted(database) as found:
            survey_openings(services, services.clock.now())
        return len(found)

    none = statements()
    for _ in range(3):
        started(services)
    survey_openings(services, services.clock.now())
    assert len(open_waves(services)) == 3
    assert statements() == none


def test_five_people_are_enough(services: Services, slack: Recorder) -> None:
    slack.in_channel = {"C1": frozenset(PEOPLE[:5])}
    started(services)
    works(services)
    assert [wave.asked for wave in open_waves(services)] == [5]


@pytest.mark.thorough
def test_a_pulse_comes_round_and_repeats_no_question(
    services: Services, clock: StandingClock
) -> None:
    every_week = Cadence(1, Every.WEEK, weekday=1, at=time(10))
    plan = a_plan(Kind.PULSE, cadence=every_week, themes=(Theme.WORKLOAD, Theme.TOOLS), many=4)
    survey = started(services, plan)
    for _ in range(15 * 24):
        clock.move(hours=1)
        survey_openings(services, clock.now())
    with services.reading() as session:
        assert waves.count(session, survey.id or 0) == 2
        keys = [one["key"] for wave in waves.open_ones(session, 1) for one in wave.questions]
    assert len(keys) == len(set(keys)) == 8


def asked_keys(services: Services) -> list[list[str]]:
    """What each wave asks, by the keys of the questions."""
    with services.reading() as session:
        rows = session.scalars(select(WaveRow).order_by(col(WaveRow.id)))
        return [[one["key"] for one in row.questions] for row in rows]


def test_a_pulse_that_is_started_anew_repeats_nothing_either(
    services: Services, clock: StandingClock
) -> None:
    for _ in range(3):
        started(services, a_plan(Kind.PULSE))
        works(services)
        clock.move(days=14)
    keys = [key for wave in asked_keys(services) for key in wave]
    assert len(keys) == len(set(keys)) == 15


def test_two_pulses_of_the_same_people_at_once_ask_other_questions(services: Services) -> None:
    started(services, a_plan(Kind.PULSE))
    started(services, a_plan(Kind.PULSE, audience=Audience(("C9", "C1"))))
    survey_openings(services, T())
    first, second = asked_keys(services)
    assert set(first).isdisjoint(second)


def test_others_are_asked_the_same_questions(services: Services, slack: Recorder) -> None:
    slack.in_channel = {"C1": frozenset(PEOPLE), "C2": frozenset(PEOPLE)}
    for channel in ("C1", "C2"):
        started(services, a_plan(Kind.PULSE, audience=Audience((channel,))))
    survey_openings(services, T())
    first, second = asked_keys(services)
    assert first == second


def test_a_question_that_was_typed_as_a_ready_one_is_not_asked_twice_at_once(
    services: Services,
) -> None:
    ready = bank.questions()[0]
    typed = own.parse(f"{ready.texts['en']} !", "en")
    started(services, a_plan(Kind.PULSE, own=typed, themes=(Theme.WORKLOAD,), many=3))
    works(services)
    (keys,) = asked_keys(services)
    assert keys == ["workload-2", "workload-3", "workload-4", "workload-1"]


def test_a_quarter_is_counted_in_the_zone_of_the_survey_and_from_the_opening(
    services: Services, clock: StandingClock
) -> None:
    """In Auckland it is the next day already: 1 July to 30 September are not 92 days."""
    auckland = ZoneInfo("Pacific/Auckland")
    clock.set(datetime(2026, 6, 30, 22, tzinfo=UTC))
    plan = a_plan(Kind.PULSE, zone=auckland, days=20, themes=(Theme.TOOLS,), many=9)
    started(services, plan)
    works(services)
    asked = {f"tools-{number}": date(2026, 7, 1) for number in range(1, 10)}
    with services.reading() as session:
        assert waves.asked_last(session, 1, plan) == asked
        # It is 11:00 there, daylight saving time, of 30 September and 1 October.
        for day, free in ((29, 0), (30, 9)):
            now = datetime(2026, 9, day, 22, tzinfo=UTC)
            assert len(questions(session, 1, plan, now)) == free


def test_a_pulse_whose_questions_are_used_up_is_not_sent_and_its_lead_hears_why(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    every_week = Cadence(1, Every.WEEK, weekday=1, at=time(10))
    started(services, a_plan(Kind.PULSE, cadence=every_week, themes=(Theme.TOOLS,), many=10))
    for _ in range(15):
        clock.move(days=1)
        survey_openings(services, clock.now())
        deliver(services, clock.now())
    assert len(open_waves(services)) == 1
    (why,) = told(slack)["U0LEAD"]
    assert "No pulse was sent" in why


def test_a_paused_survey_opens_nothing_and_makes_nothing_up(
    services: Services, clock: StandingClock
) -> None:
    survey = started(services, a_plan(cadence=Cadence(1, Every.WEEK, weekday=1, at=time(10))))
    with services.writing() as session:
        row = surveys.get(session, 1, survey.id or 0)
        assert row is not None
        surveys.pause(session, row)
    clock.move(days=5)
    works(services)
    with services.writing() as session:
        row = surveys.get(session, 1, survey.id or 0)
        assert row is not None
        surveys.resume(session, row, now=clock.now())
    works(services)
    assert open_waves(services) == []


def test_a_survey_that_is_resumed_goes_on_in_the_weeks_in_which_it_was(
    services: Services, clock: StandingClock
) -> None:
    """Else the next wave would come a week later, while this one may be open."""
    survey = started(services, a_plan(cadence=Cadence(2, Every.WEEK, weekday=1, at=time(10))))
    for day in range(50):
        clock.set(datetime(2026, 11, 20, 10, tzinfo=ATHENS) + timedelta(days=day))
        survey_openings(services, clock.now())
        with services.writing() as session:
            row = surveys.get(session, 1, survey.id or 0)
            assert row is not None
            if day == 5:
                surveys.pause(session, row)
            if day == 7:
                surveys.resume(session, row, now=clock.now())
    days = [f"{one.opened_at.astimezone(ATHENS):%d %b %H:%M}" for one in open_waves(services)]
    assert days == ["24 Nov 10:00", "08 Dec 10:00", "22 Dec 10:00", "05 Jan 10:00"]


def test_a_wave_that_opens_late_is_open_for_long_enough(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    """Nobody was there to open it from 9:55 to 17:30, and it was to close at 18:00."""
    weekly = Cadence(1, Every.WEEK, weekday=1, at=time(10))
    started(services, a_plan(cadence=weekly, days=0, closes=time(18)))
    clock.set(datetime(2026, 11, 24, 17, 30, tzinfo=ATHENS))
    works(services)
    (wave,) = open_waves(services)
    assert wave.closes_at == datetime(2026, 11, 25, 18, tzinfo=ATHENS)
    clock.set(datetime(2026, 11, 25, 10, tzinfo=ATHENS))
    works(services)
    assert {"U1", "U5", "U6"} <= told(slack).keys()


# --- Asking --------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_everybody_is_asked_by_day_where_they_are(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    """It is Friday, 9:00 in Athens, 16:00 in Tokyo and 2:00 in New York."""
    started(services)
    works(services)
    assert told(slack) == {}
    asked: dict[str, str] = {}
    for _ in range(80):
        clock.move(hours=1)
        works(services)
        for user in told(slack):
            asked.setdefault(user, clock.now().strftime("%a %H:%M"))
    assert asked == {
        "U1": "Fri 08:00",
        "U5": "Fri 08:00",
        "U6": "Fri 08:00",
        "U3": "Fri 15:00",
        # Friday is off in Tehran. In Tokyo Monday is Labour Thanksgiving Day, and the wave closes on
        # that day: there nobody is asked by message, though they can answer.
        "U4": "Sat 07:00",
    }


def test_whoever_has_moved_is_asked_by_day_there(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    started(services)
    works(services)
    slack.people = {**slack.people, "U1": somebody("U1", zone="America/New_York")}
    clock.move(hours=1)
    works(services)
    assert "U1" not in told(slack)
    clock.move(hours=7)
    works(services)
    assert "U1" in told(slack)


def test_whoever_left_meanwhile_is_not_asked(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    class Gone(Recorder):
        def person(self, user: str) -> Person:
            if user == "U5":
                raise SlackRefused("Slack answered {told}.", code="user_not_found", told="")
            return super().person(user)

    started(services)
    works(services)
    gone = Gone(people={**slack.people, "U1": somebody("U1", is_away=True)})
    clock.move(hours=1)
    with another(services, messenger=gone) as later:
        works(later)
    assert set(told(gone)) == {"U6"}


@pytest.mark.thorough
def test_reminders_go_to_those_who_have_not_answered_two_at_most(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    started(services, a_plan(days=10, reminders=2))
    works(services)
    (wave,) = open_waves(services)
    clock.move(hours=1)
    works(services)
    says(services, wave, "U1")
    with services.writing() as session:
        ballots.decline(session, services.seals, wave.id or 0, "U5")
    for _ in range(10 * 24):
        clock.move(hours=1)
        works(services)
    counts = {user: len(texts) for user, texts in told(slack).items()}
    # The last reminder would reach New York when the wave closes.
    assert counts == {"U1": 1, "U5": 1, "U6": 3, "U2": 3, "U3": 2, "U4": 3}


@pytest.mark.thorough
def test_whoever_could_not_be_told_is_asked_at_the_next_good_hour(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    """Slack was away from Friday, 10:00, until the night."""
    started(services, a_plan(days=4, reminders=0))
    works(services)
    clock.move(hours=1)
    survey_questions(services, clock.now())
    for _ in range(2 * 24):
        clock.move(hours=1)
        if clock.now().astimezone(ATHENS) >= datetime(2026, 11, 20, 23, tzinfo=ATHENS):
            deliver(services, clock.now())
            assert told(slack).get("U1") is None
    clock.set(datetime(2026, 11, 23, 10, tzinfo=ATHENS))
    works(services)
    works(services)
    assert [len(told(slack)[user]) for user in ("U1", "U5", "U6")] == [1, 1, 1]


def test_nobody_is_asked_by_a_message_that_waited_until_the_close(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    started(services, a_plan(days=0))
    works(services)
    clock.move(hours=1)
    survey_questions(services, clock.now())
    clock.set(datetime(2026, 11, 20, 17, tzinfo=ATHENS))
    deliver(services, clock.now())
    assert told(slack) == {}


@pytest.mark.thorough
@pytest.mark.parametrize(("late", "many"), [(timedelta(minutes=59), 2), (timedelta(hours=1), 1)])
def test_a_reminder_that_is_late_is_not_sent_as_they_may_have_answered_meanwhile(
    services: Services, slack: Recorder, clock: StandingClock, late: timedelta, many: int
) -> None:
    started(services, a_plan(days=10, reminders=1))
    works(services)
    clock.move(hours=1)
    works(services)
    (wave,) = open_waves(services)
    while roll_of(services, wave).seats["U1"].asked < 2:
        clock.move(minutes=30)
        survey_questions(services, clock.now())
    clock.set(clock.now() + late)
    deliver(services, clock.now())
    assert len(told(slack)["U1"]) == many


@pytest.mark.thorough
def test_people_are_asked_in_no_order(services: Services, slack: Recorder) -> None:
    """Of messages that go out in the order of a list somebody could tell whose is whose."""
    crowd = [f"U{number}" for number in range(10, 60)]
    slack.people = {user: somebody(user) for user in crowd}
    slack.in_channel = {"C1": frozenset(crowd)}
    started(services)
    services.clock.sleep(3600)
    works(services)
    asked = [sent.channel for sent in slack.sent]
    assert sorted(asked) == crowd
    assert asked != crowd
    assert asked != list(roll_of(services, open_waves(services)[0]).seats)


@dataclass
class Slow(Recorder):
    """A Slack that answers slowly: while it is asked about somebody, something happens, once."""

    then: Callable[[], object] = lambda: None

    def person(self, user: str) -> Person:
        happens, self.then = self.then, lambda: None
        happens()
        return super().person(user)


def test_whoever_answers_while_slack_is_asked_stays_answered_and_is_not_asked(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    started(services)
    works(services)
    (wave,) = open_waves(services)
    clock.move(hours=1)
    slow = Slow(people=slack.people, then=lambda: says(services, wave, "U1"))
    with another(services, messenger=slow) as other:
        works(other)
    assert set(told(slow)) == {"U5", "U6"}
    assert roll_of(services, wave).seats["U1"].standing is Standing.ANSWERED


def test_whoever_is_asked_meanwhile_by_another_process_is_asked_once(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    started(services)
    works(services)
    clock.move(hours=1)
    slow = Slow(people=slack.people, then=lambda: works(services))
    with another(services, messenger=slow) as other:
        works(other)
    assert set(told(slack)) == {"U1", "U5", "U6"}
    assert told(slow) == {}


def test_of_many_some_are_asked_and_then_some_more_each_once(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    """What was queued before the disk was full stays so, and the next look goes on."""
    crowd = [f"U{number}" for number in range(10, 80)]
    slack.people = {user: somebody(user) for user in crowd}
    slack.in_channel = {"C1": frozenset(crowd)}
    started(services)
    works(services)
    clock.move(hours=1)
    with failing(services.database, "INSERT INTO outbox", 2):
        works(services)
    assert len(told(slack)) == AT_ONCE
    works(services)
    assert sorted(told(slack)) == crowd
    assert {len(texts) for texts in told(slack).values()} == {1}


def test_whoever_stops_the_program_waits_for_no_more_questions(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    started(services)
    works(services)
    clock.move(hours=1)
    with another(services) as other:
        other.stopping.set()
        works(other)
    assert told(slack) == {}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("reminders", "last"), [(0, [False]), (1, [False, True]), (2, [False, False, True])]
)
def test_only_the_last_reminder_says_that_it_is_the_last(
    services: Services, slack: Recorder, clock: StandingClock, reminders: int, last: list[bool]
) -> None:
    started(services, a_plan(days=10, reminders=reminders))
    for _ in range(11 * 24):
        clock.move(hours=1)
        works(services)
    mine = [json.dumps(sent.blocks) for sent in slack.sent if sent.channel == "U1"]
    assert ["The last reminder" in one for one in mine] == last


def says(services: Services, wave: WaveRow, user: str) -> None:
    ballots.cast(
        services.database,
        services.seals,
        wave.id or 0,
        user,
        Act.ANSWER,
        Said({"enps": 9}),
        now=services.clock.now(),
    )


def test_nobody_is_asked_after_the_close(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    started(services)
    works(services)
    with services.writing() as session:
        waves.close_early(session, open_waves(services)[0], now=T(minutes=30))
    clock.move(hours=1)
    works(services)
    assert told(slack) == {}


def test_two_workers_ask_everybody_once(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    started(services)
    works(services)
    clock.move(hours=1)
    with another(services) as other:
        now = clock.now()
        together(lambda: survey_questions(services, now), lambda: survey_questions(other, now))
    deliver(services, clock.now())
    assert {user: len(texts) for user, texts in told(slack).items()} == {
        "U1": 1,
        "U5": 1,
        "U6": 1,
    }


def test_the_question_speaks_the_language_of_whoever_gets_it(
    services: Services, slack: Recorder, clock: StandingClock
) -> None:
    slack.people = {
        **slack.people,
        "U1": somebody("U1", locale="de-DE"),
        "U5": somebody("U5", locale="ja-JP"),
    }
    started(services, a_plan(languages=("en", "de")))
    works(services)
    clock.move(hours=1)
    works(services)
    assert told(slack)["U1"] == [
        "Wie wahrscheinlich ist es, dass du Freunden empfiehlst, hier zu arbeiten?"
    ]
    assert told(slack)["U5"] == ["How likely are you to recommend working here to a friend?"]


def test_a_user_group_and_named_people_are_teams_of_their_own(
    services: Services, slack: Recorder
) -> None:
    slack.in_channel = {"C1": frozenset({"U1", "U2", "U3"}), "S1": frozenset({"U3", "U4"})}
    audience = Audience(("C1",), ("S1",), ("U5", "U6"))
    started(services, replace(a_plan(), audience=audience, zone=ATHENS))
    works(services)
    (wave,) = open_waves(services)
    assert wave.teams == ["#support", "@s1", "others"]
    teams = {seat.user: seat.team for seat in roll_of(services, wave)}
    assert teams == {"U1": 0, "U2": 0, "U3": 0, "U4": 1, "U5": 2, "U6": 2}


def test_an_answer_of_a_person_is_no_news_for_anybody(services: Services, slack: Recorder) -> None:
    """Nothing is posted when somebody answers."""
    started(services)
    works(services)
    (wave,) = open_waves(services)
    says(services, wave, "U1")
    works(services)
    assert slack.sent == []
    assert roll_of(services, wave).seats["U1"].standing is Standing.ANSWERED
