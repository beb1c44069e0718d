"""The job that closes waves: it tells the results once, and leaves nothing in the files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlmodel import SQLModel

from bot.message import Message
from bot.services import Services
from bot.store import marks, waves
from bot.store.ballots import Said, cast
from bot.store.database import Database
from bot.surveys.roll import Act, Cast
from bot.surveys.survey import Results
from jobs.deliver import deliver
from jobs.survey_closing import pictured, survey_closing
from tests.programs import Recorder, program, raising
from tests.survey_samples import a_plan, a_wave
from tests.times import StandingClock, T

PEOPLE = [f"U{number}" for number in range(1, 11)]
CLOSE = T(days=3)


@pytest.fixture
def slack() -> Recorder:
    return Recorder()


@pytest.fixture
def services(database: Database, clock: StandingClock, slack: Recorder) -> Services:
    return program(database, clock, messenger=slack, leads=["U0LEAD"])


def answered(services: Services, *, results: Results = Results.CHANNEL, also: str = "") -> int:
    """A wave that everybody has answered, and that is due."""
    asked = [*PEOPLE, also] if also else PEOPLE
    with services.writing() as session:
        row = a_wave(session, asked, plan=a_plan(results=results), seals=services.seals)
    wave = row.id or 0
    for user in asked:
        said = Said({"enps": 9})
        done = cast(services.database, services.seals, wave, user, Act.ANSWER, said, now=T())
        assert done is Cast.DONE
    services.clock.sleep((CLOSE - T()).total_seconds())
    return wave


def closes(services: Services) -> None:
    survey_closing(services, services.clock.now())
    deliver(services, services.clock.now())


def to_scrub(services: Services) -> list[int]:
    with services.reading() as session:
        return list(waves.to_scrub(session, services.workspace))


@pytest.mark.parametrize("results", [Results.LEADS, Results.ASKED])
def test_a_lead_who_was_asked_gets_the_results_once(
    services: Services, slack: Recorder, results: Results
) -> None:
    answered(services, results=results, also="U0LEAD")
    closes(services)
    to = [sent.channel for sent in slack.sent]
    others = PEOPLE if results is Results.ASKED else []
    assert sorted(to) == ["U0LEAD", *sorted(others)]


# --- Pictures ------------------------------------------------------------------------------------


def test_a_picture_that_cannot_be_drawn_is_left_out_of_the_message() -> None:
    def show(*, with_picture: bool) -> Message:
        if with_picture:
            raise OSError("no font is there")
        return Message("+50")

    assert pictured(show) == Message("+50")


# --- Scrubbing -----------------------------------------------------------------------------------


class Between(Database):
    """A database in which something happens just after its files were looked through."""

    then: Callable[[], object] = staticmethod(lambda: None)
    is_in_the_way = False

    def scrub(self, *tables: type[SQLModel]) -> bool:
        done = super().scrub(*tables)
        self.then()
        return done and not self.is_in_the_way


def between(services: Services) -> Services:
    url = services.database.url.render_as_string(hide_password=False)
    return replace(services, database=Between(url))


def test_what_is_deleted_while_the_files_are_scrubbed_is_scrubbed_the_next_time(
    services: Services,
) -> None:
    wave, other = answered(services), between(services)

    def forgets() -> None:
        with services.writing() as session:
            assert marks.forget(session, 1, "U3", services.seals) == 1

    other.database.then = forgets  # type: ignore[attr-defined]
    closes(other)
    other.database.close()
    assert to_scrub(services) == [wave]
    closes(services)
    assert to_scrub(services) == []


def test_where_somebody_is_in_the_way_it_is_scrubbed_again(services: Services) -> None:
    wave, other = answered(services), between(services)
    other.database.is_in_the_way = True  # type: ignore[attr-defined]
    closes(other)
    other.database.close()
    assert to_scrub(services) == [wave]


def test_what_two_processes_scrubbed_is_not_what_was_deleted_between_them(
    services: Services,
) -> None:
    wave = answered(services)
    closes(services)
    with services.writing() as session:
        marks.forget(session, 1, "U3", services.seals)
        seen = waves.to_scrub(session, 1)
        waves.scrubbed(session, seen)
        marks.forget(session, 1, "U4", services.seals)
        waves.scrubbed(session, seen)
        assert list(waves.to_scrub(session, 1)) == [wave]


def test_what_cannot_be_shown_at_all_is_no_matter_of_its_picture() -> None:
    with pytest.raises(OSError, match="at all"):
        pictured(raising(OSError("at all")))
