"""The attack on what is kept of answers finds nothing, and it finds every leak that is planted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from bot.anonymity.audit import audit
from bot.anonymity.scratch import PostgresScratch, Scratch, SqliteScratch
from bot.anonymity.storage import Storage
from bot.errors import UsageError
from bot.store.database import Database
from bot.surveys.attack.case import Question, Signal
from bot.surveys.attack.verdict import Score
from bot.surveys.survey import Kind
from tests import leaky_storage as leaky
from tests.live.postgres import fresh_database

Found = dict[tuple[Question, Signal], str]

#: Each leak: what it tells, by which signal, and what the report names as the way.
LEAKS = {
    leaky.Timestamps: (Question.BALLOT, Signal.TIMES, "answered.at survey_ballot.cast_at"),
    leaky.Numbered: (Question.BALLOT, Signal.IDS, "answered.number survey_ballot.number"),
    leaky.OneTransaction: (Question.BALLOT, Signal.TRANSACTIONS, "answered survey_ballot"),
    leaky.LiveMean: (Question.ANSWER, Signal.COUNTERS, "live.mean times people"),
    leaky.Marks: (Question.BALLOT, Signal.COPIES, "answered survey_ballot"),
    leaky.Listed: (Question.BALLOT, Signal.ORDER, "place answered survey_ballot"),
    leaky.Logged: (Question.CLEAR, Signal.PLAIN_TEXT, "a log"),
    leaky.Hashed: (Question.CLEAR, Signal.PLAIN_TEXT, "the log"),
    leaky.Unsealed: (Question.ANSWER, Signal.PLAIN_TEXT, "survey_ballot.sealed"),
    leaky.Unpadded: (Question.COMMENT, Signal.LENGTHS, "survey_ballot.sealed"),
    leaky.OrderedComments: (Question.COMMENT, Signal.IDS, "survey_comment.id"),
    leaky.LettersApart: (Question.LETTER, Signal.COPIES, "letter came naming"),
    leaky.AddressesApart: (Question.ENDED, Signal.COPIES, "address went naming"),
    leaky.OpenKey: (Question.SEALED, Signal.KEYS, "survey_ballot.sealed"),
    leaky.Unscrubbed: (Question.DESTROYED, Signal.PLAIN_TEXT, "survey_"),
}

#: How many waves of how many people it takes: of a few of them the comments may be answered.
TRIALS = {
    Question.COMMENT: (9, 18),
    Question.ANSWER: (9, 12),
    Question.LETTER: (7, 18),
    Question.ENDED: (7, 18),
}

#: One that the smallest trial shows for certain, and those for which it takes some seconds together.
AT_ONCE = (leaky.Timestamps,)
SLOWER = [pytest.param(one, marks=pytest.mark.thorough) for one in LEAKS if one not in AT_ONCE]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> SqliteScratch:
    return SqliteScratch(tmp_path_factory.mktemp("waves"))


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[PostgresScratch]:
    database = Database(fresh_database(postgres_url))
    yield PostgresScratch(database)
    database.close()


def attacked(
    scratch: Scratch,
    storage: Storage | None = None,
    *,
    waves: int = 5,
    people: int = 8,
    kinds: Sequence[Kind] = (Kind.PULSE,),
) -> list[Score]:
    """What is planted is found by these few waves; what is over by chance is not over again."""
    return audit(
        scratch,
        waves=waves,
        people=people,
        seed=1,
        kinds=kinds,
        storage=storage,
        again=storage is None,
    )


def over(scores: Sequence[Score]) -> Found:
    """What breaks the promise, and how."""
    return {(one.question, one.signal): one.how or "" for one in scores if one.is_over}


def check_found(found: Found, leak: type[Storage]) -> None:
    question, signal, way = LEAKS[leak]
    assert (question, signal) in found, found
    assert all(word in found[question, signal] for word in way.split()), found


# --- The product's storage -----------------------------------------------------------------------


def check_promise(scores: Sequence[Score]) -> None:
    """Nothing is over; and without having watched people there is nothing at all to go by."""
    assert over(scores) == {}
    alone = [one for one in scores if not one.watched]
    assert {one.question for one in alone} >= set(Question) - {Question.SAID_WHY}
    assert [one for one in alone if one.how is not None or one.success > one.guessing + 1e-6] == []


@pytest.mark.thorough
def test_nobody_is_linked_to_anything_but_their_sealed_ballot_by_watching_them(
    scratch: SqliteScratch,
) -> None:
    """One attacker in seven who is right would be seen, where one in twenty is by guessing.

    That the others are found shows that the attackers are no fools: whoever watches sees which
    ballot comes, and that a reason comes after a number.
    """
    scores = attacked(scratch, waves=21, people=26, kinds=list(Kind))
    check_promise(scores)
    alone = [one for one in scores if one.question is Question.BALLOT and not one.watched]
    assert all(one.chance < 0.05 and one.seen_from < 0.15 for one in alone)
    told = {one.question for one in scores if one.beats_guessing}
    assert told == {Question.BALLOT, Question.SAID_WHY}
    assert all(one.watched and not one.bound for one in scores if one.beats_guessing)


@pytest.mark.live
def test_nobody_is_linked_to_anything_in_postgresql(postgres: PostgresScratch) -> None:
    check_promise(attacked(postgres, waves=6, people=10, kinds=list(Kind)))


# --- Planted leaks -------------------------------------------------------------------------------


@pytest.mark.parametrize("leak", [*AT_ONCE, *SLOWER])
def test_a_planted_leak_is_found_by_its_signal(scratch: SqliteScratch, leak: type[Storage]) -> None:
    waves, people = TRIALS.get(LEAKS[leak][0], (5, 8))
    check_found(over(attacked(scratch, leak(), waves=waves, people=people)), leak)


@pytest.mark.thorough
def test_what_is_planted_is_over_again(scratch: SqliteScratch) -> None:
    played: list[int] = []
    scores = audit(
        scratch,
        waves=5,
        people=8,
        seed=1,
        kinds=[Kind.PULSE],
        storage=leaky.Timestamps(),
        progress=played.append,
    )
    assert played == [1, 2, 3, 4, 5] * 2
    check_found(over(scores), leaky.Timestamps)


@pytest.mark.live
@pytest.mark.parametrize(
    ("leak", "waves"),
    [
        (leaky.Timestamps, 4),
        (leaky.Numbered, 4),
        (leaky.OneTransaction, 4),
        (leaky.LiveMean, 12),
        (leaky.LettersApart, 7),
        (leaky.Unscrubbed, 4),
    ],
)
def test_a_planted_leak_is_found_in_postgresql(
    postgres: PostgresScratch, leak: type[Storage], waves: int
) -> None:
    people = 14 if leak is leaky.LettersApart else 9
    check_found(over(attacked(postgres, leak(), waves=waves, people=people)), leak)


@pytest.mark.thorough
def test_a_table_of_who_has_answered_is_seen_and_by_itself_tells_nothing_more(
    scratch: SqliteScratch,
) -> None:
    """Half of a leak: it stands openly, but nothing joins it with ballots."""
    found = over(attacked(scratch, leaky.LateMarks()))
    assert list(found) == [(Question.CLEAR, Signal.PLAIN_TEXT)]


@pytest.mark.live
def test_nothing_real_is_played_with(postgres_url: str) -> None:
    database = Database(fresh_database(postgres_url))
    database.migrate()
    with pytest.raises(UsageError, match="not empty"):
        PostgresScratch(database)
    database.close()
