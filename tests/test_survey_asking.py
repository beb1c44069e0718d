"""A wave opens once, asks everybody by day where they are, and reminds only who has not answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import time

import pytest

from bot.errors import SlackHeld, SlackRefused
from bot.services import Services
from bot.slack.messenger import Person
from bot.store import ballots, rolls, surveys, waves
from bot.store.ballots import Said
from bot.store.database import Database
from bot.store.tables import SurveyRow, WaveRow
from bot.surveys.roll import Act, Roll, Standing
from bot.surveys.survey import Audience, Cadence, Every, Kind, Plan, Theme
from jobs.deliver import deliver
from jobs.survey_questions import survey_questions
from jobs.surveys import survey_openings
from tests.programs import Recorder, another, program, together
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
    return program(database, clock, messenger=slack)


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


# --- Asking --------------------------------------------------------------------------------------


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
                raise SlackRefused("Slack answered {told}.", told="user_not_found")
            return super().person(user)

    started(services)
    works(services)
    gone = Gone(people={**slack.people, "U1": somebody("U1", is_away=True)})
    clock.move(hours=1)
    with another(services, messenger=gone) as later:
        works(later)
    assert set(told(gone)) == {"U6"}


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
    started(services, a_plan(days=0, closes=time(9, 30)))
    works(services)
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
