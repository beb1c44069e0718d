"""A mailbox holds all conversations of a wave, and looks the same whatever happens in it."""

from __future__ import annotations

from bot.surveys.mailbox import ROOM, Letter, Mailbox, News, seen
from tests.times import T

ANNA, BEN, LEAD, OTHER = "U0ANNA", "U0BEN", "U0LEAD", "U0OTHER"
NOISE, ROTA = "a" * 32, "b" * 32
EMPTY = Mailbox({NOISE: ANNA, ROTA: BEN})

#: A lead writes to both, another one to Anna, and Anna answers; each with a later batch.
FULL = (
    EMPTY.with_letter(NOISE, "Where?", by=LEAD, slot=T())
    .with_letter(ROTA, "When?", by=LEAD, slot=T(hours=1))
    .with_letter(NOISE, "Since when?", by=OTHER, slot=T(hours=2))
    .with_letter(NOISE, "In the hall.", by=None, slot=T(hours=3))
)


def test_letters_stand_in_their_conversation_in_the_order_they_were_written() -> None:
    assert [(one.place, one.text) for one in FULL.about(NOISE)] == [
        (1, "Where?"),
        (2, "Since when?"),
        (3, "In the hall."),
    ]
    assert [(one.place, one.by) for one in FULL.about(ROTA)] == [(1, LEAD)]


def test_it_is_opened_as_it_was_sealed_half_a_surrogate_pair_included() -> None:
    odd = FULL.with_letter(ROTA, 'Cut \ud83d "here"\n\0', by=None, slot=T(days=9)).relayed(T())
    assert Mailbox.from_bytes(odd.to_bytes()) == odd


def test_a_letter_is_due_with_its_batch_and_once() -> None:
    assert FULL.due(T(seconds=-1)) == []
    assert [one.text for one in FULL.due(T(hours=1))] == ["Where?", "When?"]
    gone = FULL.relayed(T(hours=1))
    assert gone.due(T(hours=1)) == []
    assert [one.text for one in gone.due(T(hours=9))] == ["Since when?", "In the hall."]


def test_each_is_told_once_the_author_of_leads_and_of_the_author_the_lead_who_wrote_last() -> None:
    assert FULL.news(T(hours=9)) == {
        News(ANNA, NOISE, is_author=True),
        News(BEN, ROTA, is_author=True),
        News(OTHER, NOISE, is_author=False),
    }


def test_once_it_is_ended_nobody_is_told_and_what_was_relayed_can_still_be_read() -> None:
    ended = FULL.relayed(T(hours=2)).without([NOISE])
    assert ended.authors == {ROTA: BEN}
    assert (FULL.of(ANNA), ended.of(ANNA), ended.of(BEN)) == ([NOISE], [], [ROTA])
    assert [one.text for one in ended.about(NOISE)] == ["Where?", "Since when?"]
    assert ended.news(T(hours=9)) == set()


def test_what_waits_is_seen_by_its_writers_side_alone() -> None:
    there = [Letter(NOISE, 1, LEAD, "a", T(), relayed=True), *FULL.about(NOISE)[1:]]
    assert [one.place for one in seen(there, by_author=False)] == [1, 2]
    assert [one.place for one in seen(there, by_author=True)] == [1, 3]


# --- Its length ----------------------------------------------------------------------------------


def test_it_is_of_one_length_whatever_happens_in_it() -> None:
    some = [Mailbox({}), EMPTY, FULL, FULL.relayed(T(hours=9)), FULL.without([NOISE, ROTA])]
    assert {len(one.to_bytes()) for one in some} == {ROOM}


def test_it_takes_twice_the_room_where_it_must_and_never_less_again() -> None:
    """A lead could fill it to the brim with a letter about one comment, and see who ends that."""
    at_brim = EMPTY
    while len(at_brim.to_bytes()) == ROOM:
        at_brim = at_brim.with_letter(NOISE, "x" * 3_000, by=LEAD, slot=T())
    reopened = Mailbox.from_bytes(at_brim.to_bytes())
    assert len(reopened.without([NOISE]).to_bytes()) == len(at_brim.to_bytes()) == 2 * ROOM
    assert Mailbox.from_bytes(reopened.without([NOISE]).to_bytes()).letters == []
