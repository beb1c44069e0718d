"""An answer is stored once, sealed, and joined to nobody, whatever stops in the middle."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.seals import open_with
from bot.store import ballots, rolls, waves
from bot.store.ballots import Said, cast
from bot.store.database import Database
from bot.store.tables import BallotRow, RollRow
from bot.surveys.ballot import Ballot, Blank, Remark, Slip, read
from bot.surveys.roll import Act, Cast, Roll, Seat, Standing, ballot_ids
from tests.programs import failing, together
from tests.survey_samples import PEOPLE, SEALS, a_wave
from tests.times import T

NINE = Said({"enps": 9})
WITH_WHY = Said({"enps": 3}, [Remark("enps", "Too many meetings.")])


@pytest.fixture
def wave(database: Database) -> int:
    with database.writing() as session:
        return a_wave(session).id or 0


def says(
    database: Database, wave: int, user: str, said: Said = NINE, act: Act = Act.ANSWER
) -> Cast:
    return cast(database, SEALS, wave, user, act, said, now=T())


def seat(database: Database, wave: int, user: str = "U1") -> Seat:
    return roll(database, wave).seats[user]


def roll(database: Database, wave: int) -> Roll:
    with database.reading() as session:
        found = rolls.read(session, wave, SEALS)
    assert found is not None
    return found


def opened(database: Database, wave: int) -> list[Ballot]:
    """What is in the ballots of a wave, for whoever has its key."""
    with database.reading() as session:
        row = waves.get(session, 1, wave)
        assert row is not None
        key = waves.private_key(row, SEALS)
        found = session.scalars(select(BallotRow).where(col(BallotRow.wave_id) == wave))
        return [read(open_with(key, ballot.sealed)) for ballot in found]


def test_an_answer_is_stored_sealed_and_counts_for_its_person(
    database: Database, wave: int
) -> None:
    assert says(database, wave, "U1") is Cast.DONE
    assert opened(database, wave) == [Slip(0, {"enps": 9})]
    assert seat(database, wave).standing is Standing.ANSWERED
    assert seat(database, wave).seed == ""
    assert seat(database, wave, "U2").standing is Standing.WAITING


def test_everybody_answers_once(database: Database, wave: int) -> None:
    says(database, wave, "U1")
    assert says(database, wave, "U1", Said({"enps": 0})) is Cast.TWICE
    assert opened(database, wave) == [Slip(0, {"enps": 9})]


def test_the_reason_comes_once_after_the_number(database: Database, wave: int) -> None:
    why = Said(remarks=[Remark("enps", "Good people.", author="U1")])
    assert says(database, wave, "U1", why, Act.WHY) is Cast.TWICE
    says(database, wave, "U1")
    assert says(database, wave, "U1", why, Act.WHY) is Cast.DONE
    assert says(database, wave, "U1", why, Act.WHY) is Cast.TWICE
    assert len(opened(database, wave)) == 2


def test_numbers_and_comments_are_ballots_of_their_own(database: Database, wave: int) -> None:
    says(database, wave, "U1", WITH_WHY, Act.ANSWER_AND_WHY)
    assert sorted(map(repr, opened(database, wave))) == sorted(
        map(repr, [Slip(0, {"enps": 3}), *WITH_WHY.remarks])
    )


@pytest.mark.parametrize("remarks", [[], [Remark("enps", "Too loud.")]])
def test_who_writes_no_comment_where_one_was_asked_for_casts_as_many_ballots(
    database: Database, wave: int, remarks: list[Remark]
) -> None:
    """Whoever counts the ballots that came does not learn who wrote something."""
    says(database, wave, "U1", Said({"enps": 9}, remarks), Act.ANSWER_AND_WHY)
    there = opened(database, wave)
    assert len(there) == 2
    assert [one for one in there if isinstance(one, Remark)] == remarks
    assert (Blank() in there) is (not remarks)


def test_all_ballots_have_one_length_and_a_name_without_order(
    database: Database, wave: int
) -> None:
    for user in PEOPLE:
        said = Said({"enps": 1}, [Remark("enps", "x" * 3_000)])
        says(database, wave, user, said, Act.ANSWER_AND_WHY)
    with database.reading() as session:
        rows = list(session.scalars(select(BallotRow)))
    assert len(rows) == 2 * len(PEOPLE)
    assert {len(row.sealed) for row in rows} == {len(rows[0].sealed)}
    assert {len(row.id) for row in rows} == {32}


def test_who_is_not_asked_cannot_answer(database: Database, wave: int) -> None:
    assert says(database, wave, "U9") is Cast.NOT_ASKED
    assert opened(database, wave) == []


def test_nothing_is_taken_after_the_close(database: Database, wave: int) -> None:
    late = T() + timedelta(days=3)
    assert cast(database, SEALS, wave, "U1", Act.ANSWER, NINE, now=late) is Cast.CLOSED
    assert opened(database, wave) == []
    assert seat(database, wave).seed == ""


@pytest.mark.parametrize(
    ("statement", "which"),
    [("UPDATE survey_roll", 1), ("INSERT INTO survey_ballot", 1), ("UPDATE survey_roll", 2)],
)
def test_what_fails_anywhere_can_be_done_again_and_counts_once(
    database: Database, wave: int, statement: str, which: int
) -> None:
    """The first write of the roll fails, that of the ballot, or the last one of the roll."""
    with pytest.raises(Exception, match="no space left"), failing(database, statement, which):
        says(database, wave, "U1", WITH_WHY, Act.ANSWER_AND_WHY)
    assert says(database, wave, "U1", WITH_WHY, Act.ANSWER_AND_WHY) is Cast.DONE
    assert len(opened(database, wave)) == 2
    assert seat(database, wave).standing is Standing.ANSWERED
    assert says(database, wave, "U1") is Cast.TWICE


def test_who_never_comes_back_after_a_failure_has_answered_if_the_ballot_is_there(
    database: Database, wave: int
) -> None:
    with (
        pytest.raises(Exception, match="no space left"),
        failing(database, "UPDATE survey_roll", 2),
    ):
        says(database, wave, "U1")
    with (
        pytest.raises(Exception, match="no space left"),
        failing(database, "INSERT INTO survey_ballot"),
    ):
        says(database, wave, "U2")
    with database.reading() as session:
        there = frozenset(ballots.of_wave(session, wave))
    settled = ballots.settled(roll(database, wave), there)
    assert settled.seats["U1"].standing is Standing.ANSWERED
    assert settled.seats["U2"].standing is Standing.WAITING


def test_after_a_crash_what_somebody_says_last_is_what_counts(
    database: Database, wave: int
) -> None:
    """They were told that it failed, and said something else, more of it or less."""
    for user, first, last in (
        ("U1", (NINE, Act.ANSWER), (WITH_WHY, Act.ANSWER_AND_WHY)),
        ("U2", (WITH_WHY, Act.ANSWER_AND_WHY), (NINE, Act.ANSWER)),
    ):
        with (
            pytest.raises(Exception, match="no space left"),
            failing(database, "UPDATE survey_roll", 2),
        ):
            says(database, wave, user, *first)
        before = opened(database, wave)
        assert says(database, wave, user, *last) is Cast.DONE
        assert opened(database, wave) != before
    there = [Slip(0, {"enps": 9}), Slip(0, {"enps": 3}), *WITH_WHY.remarks]
    assert sorted(map(repr, opened(database, wave))) == sorted(map(repr, there))


def test_a_reason_does_not_take_the_place_of_the_number(database: Database, wave: int) -> None:
    says(database, wave, "U1")
    why = Said(remarks=WITH_WHY.remarks)
    with (
        pytest.raises(Exception, match="no space left"),
        failing(database, "UPDATE survey_roll", 2),
    ):
        says(database, wave, "U1", why, Act.WHY)
    assert says(database, wave, "U1", why, Act.WHY) is Cast.DONE
    assert len(opened(database, wave)) == 2


def test_two_devices_at_the_same_moment_give_one_answer(database: Database, wave: int) -> None:
    outcomes = together(
        *(lambda score=score: says(database, wave, "U1", Said({"enps": score})) for score in (2, 8))
    )
    assert Cast.DONE in outcomes
    assert len(opened(database, wave)) == 1


def test_many_at_the_same_moment_are_all_counted(database: Database, wave: int) -> None:
    outcomes = together(*(lambda user=user: says(database, wave, user) for user in PEOPLE))
    assert set(outcomes) == {Cast.DONE}
    assert len(opened(database, wave)) == len(PEOPLE)
    assert len(roll(database, wave).answered) == len(PEOPLE)


def test_who_declines_is_waited_for_no_more_but_may_still_answer(
    database: Database, wave: int
) -> None:
    with database.writing() as session:
        assert ballots.decline(session, SEALS, wave, "U1") is Standing.DECLINED
    assert "U1" not in {one.user for one in roll(database, wave).waiting}
    assert says(database, wave, "U1") is Cast.DONE
    with database.writing() as session:
        assert ballots.decline(session, SEALS, wave, "U1") is Standing.ANSWERED
        assert ballots.decline(session, SEALS, wave, "U9") is None


def test_who_declines_after_a_failure_is_not_counted(database: Database, wave: int) -> None:
    with (
        pytest.raises(Exception, match="no space left"),
        failing(database, "UPDATE survey_roll", 2),
    ):
        says(database, wave, "U1", WITH_WHY, Act.ANSWER_AND_WHY)
    says(database, wave, "U2")
    with database.writing() as session:
        assert ballots.decline(session, SEALS, wave, "U1") is Standing.DECLINED
        there = frozenset(ballots.of_wave(session, wave))
    assert opened(database, wave) == [Slip(0, {"enps": 9})]
    assert [one.user for one in ballots.settled(roll(database, wave), there).answered] == ["U2"]
    assert says(database, wave, "U1", WITH_WHY, Act.ANSWER_AND_WHY) is Cast.DONE
    assert len(opened(database, wave)) == 3


@pytest.mark.thorough
def test_in_storage_a_name_does_not_tell_what_is_under_it(database: Database, wave: int) -> None:
    """The first name that a seed gives has now the number under it, now the comment."""
    firsts = set()
    for user in PEOPLE * 6:
        with (
            pytest.raises(Exception, match="no space left"),
            failing(database, "UPDATE survey_roll", 2),
        ):
            says(database, wave, user, WITH_WHY, Act.ANSWER_AND_WHY)
        (first,) = ballot_ids(seat(database, wave, user).seed, 1)
        with database.reading() as session:
            row = waves.get(session, 1, wave)
            assert row is not None
            sealed = ballots.of_wave(session, wave)[first]
            firsts.add(type(read(open_with(waves.private_key(row, SEALS), sealed))))
    assert firsts == {Slip, Remark}


def test_the_roll_looks_the_same_from_outside_whoever_answers(
    database: Database, wave: int
) -> None:
    """It is one piece of one length, and all of it is another after each change."""

    def sealed() -> bytes:
        with database.reading() as session:
            return session.get_one(RollRow, wave).sealed

    before = sealed()
    says(database, wave, "U1")
    after = sealed()
    assert len(after) == len(before)
    alike = sum(a == b for a, b in zip(before, after, strict=True))
    assert alike < len(before) / 64
