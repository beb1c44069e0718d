"""The roll is one piece of one length, and a ballot is cast once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.surveys.ballot import LONGEST_COMMENT, SIZE, Remark, Slip, read, written
from bot.surveys.roll import DIGITS, Act, Roll, Seat, Standing, ballot_ids

ANNA = Seat("U1", 0, "Europe/Athens", "el", ("Άννα", "Anna"))
BEN = Seat("U2", 1, "America/New_York", "en_US")
ROLL = Roll.of([ANNA, BEN])


@pytest.mark.parametrize(
    "seat",
    [
        replace(ANNA, standing=Standing.ANSWERED),
        replace(ANNA, standing=Standing.DECLINED, asked=1, asked_on=739_947),
        replace(ANNA, standing=Standing.ANSWERED, asked=3, said_why=True),
        replace(ANNA, seed="f" * DIGITS),
        replace(ANNA, forgotten=True, said_why=True),
        ANNA.without_traces(),
    ],
)
def test_whatever_somebody_did_the_roll_keeps_its_length(seat: Seat) -> None:
    changed = Roll.from_bytes(ROLL.to_bytes()).with_(seat)
    assert len(changed.to_bytes()) == len(ROLL.to_bytes())
    assert Roll.from_bytes(changed.to_bytes()) == changed


def test_an_answer_is_given_once_and_the_why_after_it() -> None:
    assert ANNA.may(Act.ANSWER)
    assert not ANNA.may(Act.WHY)
    answered = replace(ANNA, seed="a" * DIGITS).done(Act.ANSWER)
    assert answered.seed == ""
    assert not answered.may(Act.ANSWER)
    assert answered.may(Act.WHY)
    assert not answered.done(Act.WHY).may(Act.WHY)


def test_who_answered_in_full_has_said_why() -> None:
    assert not ANNA.done(Act.ANSWER_AND_WHY).may(Act.WHY)
    assert not ANNA.done(Act.ANSWER_AND_WHY).may(Act.ANSWER_AND_WHY)


def test_of_who_wants_to_be_forgotten_no_name_is_left_and_they_wait_for_nothing() -> None:
    assert ANNA.without_traces() == replace(
        ANNA, standing=Standing.DECLINED, names=(), forgotten=True
    )
    answered = ANNA.done(Act.ANSWER)
    assert answered.without_traces().standing is Standing.ANSWERED
    assert answered.without_traces().done(Act.WHY).forgotten


def test_a_name_with_half_a_pair_of_surrogates_is_kept_as_it_is() -> None:
    odd = replace(ANNA, names=("\ud83d",))
    assert Roll.from_bytes(ROLL.with_(odd).to_bytes()).seats["U1"] == odd


def test_who_declined_may_still_change_their_mind() -> None:
    assert replace(ANNA, standing=Standing.DECLINED).may(Act.ANSWER)


def test_ballots_cast_together_are_named_apart_and_the_same_each_time() -> None:
    names = ballot_ids("5" * DIGITS, 12)
    assert names == ballot_ids("5" * DIGITS, 12)
    assert len(set(names)) == 12
    assert {len(name) for name in names} == {DIGITS}
    assert not set(names) & set(ballot_ids("6" * DIGITS, 12))


@pytest.mark.parametrize(
    "ballot",
    [
        Slip(2, {"enps": 0}),
        Slip(0, {"workload-1": 5, "own-1": 3}),
        Remark("enps", "Zu viele “Tickets” \\ \n <!channel>"),
        Remark("own-2", "سلام", author="U1"),
        Remark("own-2", "half a pair \ud83d"),
    ],
)
def test_a_ballot_reads_as_it_was_written(ballot: Slip | Remark) -> None:
    assert read(written(ballot)) == ballot


@pytest.mark.parametrize("letter", ["🧵", '"', "\n", "\u2028", "ش", "\x01"])
def test_the_longest_comment_fits(letter: str) -> None:
    comment = Remark("x" * 40, letter * LONGEST_COMMENT, author="U" * 20)
    assert len(written(comment)) < SIZE
