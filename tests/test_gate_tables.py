"""What the gate lets out of a wave, case by case: with 5 answers a score, with 8 how many gave which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random

import pytest

from bot.surveys.ballot import Slip
from bot.surveys.gate import Closing, Decision, Reason, Ruling, decide, shows_comments
from bot.surveys.isolation import Release
from bot.surveys.lots import Lot, draw, lots
from bot.surveys.survey import Question, Scale

LIKELY = Question("enps", Scale.LIKELIHOOD, {"en": "How likely?"})
WORK = Question("workload-1", Scale.AGREEMENT, {"en": "My work can be done."})
CHOICE = Question("own-1", Scale.CHOICE, {"en": "Which?"}, options=("tea", "coffee"))
WORDS = Question("own-2", Scale.TEXT, {"en": "What else?"})

TOLD, SCORE = Ruling(None, None), Ruling(None, Reason.OVER_TIME)


def team(number: int, size: int, *, joined: int = 0, left: int = 0) -> dict[str, int]:
    """The people of a team, after some joined and others, the first ones, left."""
    return {f"{number}-{one}": number for one in range(left, size + joined)}


def teams(*sizes: int) -> dict[str, int]:
    return {mark: n for place, size in enumerate(sizes) for mark, n in team(place, size).items()}


def closing(
    people: Mapping[str, int], *before: Release, wave: str = "now", **how: object
) -> Closing:
    made = Closing(wave, people, Counter(people.values()), [LIKELY], {LIKELY.key: before})
    return replace(made, **how)  # type: ignore[arg-type]


def slips_of(closing: Closing, skipping: Iterable[tuple[int, int]] = ()) -> list[Slip]:
    """A full slip of everybody, but of so many of some teams an empty one."""
    left = dict(skipping)
    made = []
    for number in closing.people.values():
        skips = left.get(number, 0) > 0
        left[number] = left.get(number, 0) - 1
        made.append(Slip(number, {} if skips else {q.key: 3 for q in closing.scales}))
    return made


def decided(closing: Closing, skipping: Iterable[tuple[int, int]] = ()) -> Decision:
    kept, left_out = draw(closing, slips_of(closing, skipping), Random(0))
    return decide(closing, kept, left_out)[closing.scales[0].key]


def first(people: Mapping[str, int], **how: object) -> tuple[Release, ...]:
    """What a first wave tells."""
    return decided(closing(people, wave="first", **how)).releases


def told(decision: Decision) -> set[int]:
    return {number for number, ruling in decision.teams.items() if ruling.withheld is None}


# --- One wave ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answered", "wanted", "comments"),
    [
        (0, Ruling(Reason.TOO_FEW, Reason.TOO_FEW), False),
        (4, Ruling(Reason.TOO_FEW, Reason.TOO_FEW), False),
        (5, Ruling(None, Reason.TOO_FEW), True),
        (7, Ruling(None, Reason.TOO_FEW), True),
        (8, TOLD, True),
    ],
)
def test_it_takes_5_answers_for_a_score_and_for_comments_and_8_for_shares(
    answered: int, wanted: Ruling, comments: bool
) -> None:
    its = closing(teams(answered))
    decision = decided(its)
    assert decision.total == wanted
    assert [one.shared_out for one in decision.releases] == [answered >= 8] * (answered >= 5)
    assert shows_comments(len(its.people), its.fewest) is comments


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        pytest.param((10, 6, 3), {0}, id="the next smallest is hidden too"),
        pytest.param((12, 9, 4, 2), {0, 1}, id="those too small are enough together"),
        pytest.param((9,), {0}, id="one team, the same as the total"),
        pytest.param((6, 6, 6), {0, 1, 2}, id="all equal"),
        pytest.param((7, 7, 2), {0}, id="of two equal ones one stays behind"),
        pytest.param((10, 4), set(), id="both, or the total would tell"),
        pytest.param((3, 4, 2), set(), id="all too small"),
        pytest.param((5, 1, 1, 1, 1, 1), {0}, id="five of one each"),
    ],
)
def test_with_a_team_that_is_too_small_the_next_smallest_is_withheld(
    sizes: Sequence[int], shown: set[int]
) -> None:
    decision = decided(closing(teams(*sizes), by_team=True))
    assert decision.total.withheld is None
    assert told(decision) == shown
    for place, size in enumerate(sizes):
        reason = Reason.TOO_FEW if size < 5 else Reason.TOO_FEW_LEFT
        assert decision.teams[place].withheld == (None if place in shown else reason)


def hidden_as_methods_say(sizes: Sequence[int], fewest: int) -> int:
    """How many teams are hidden: those too small, then the next smallest until all reach `fewest`."""
    ascending = sorted(sizes)
    hidden = [size for size in ascending if size < fewest]
    for size in ascending[len(hidden) :]:
        if not 0 < sum(hidden) < fewest:
            break
        hidden.append(size)
    return len(hidden)


@pytest.mark.thorough
def test_as_many_teams_are_hidden_as_complementary_suppression_hides() -> None:
    random = Random(5)
    for _ in range(300):
        sizes = [random.randint(1, 14) for _ in range(random.randint(1, 7))]
        fewest = random.randint(5, 8)
        if sum(sizes) >= fewest:
            decision = decided(closing(teams(*sizes), by_team=True, fewest=fewest))
            assert len(sizes) - len(told(decision)) == hidden_as_methods_say(sizes, fewest)


def test_shares_of_teams_are_withheld_by_a_rule_of_their_own() -> None:
    decision = decided(closing(teams(12, 9, 6), by_team=True))
    assert told(decision) == {0, 1, 2}
    # The shares of 12 and 9 would tell those of the 6.
    assert {place: ruling.shares_withheld for place, ruling in decision.teams.items()} == {
        0: None,
        1: Reason.TOO_FEW_LEFT,
        2: Reason.TOO_FEW,
    }


def test_teams_are_told_only_where_they_are_asked_for() -> None:
    decision = decided(closing(teams(12, 9)))
    assert (decision.total, decision.teams) == (TOLD, {})


@pytest.mark.parametrize(
    ("sizes", "skipping", "shown", "reason"),
    [
        pytest.param((8, 6), [], {0, 1}, None, id="nobody skips"),
        pytest.param((8, 6), [(1, 1)], {0, 1}, None, id="enough answers are left"),
        pytest.param((8, 6), [(1, 2)], set(), Reason.TOO_FEW_LEFT, id="too few are left"),
        pytest.param((8, 6), [(1, 6)], {0}, None, id="none are left"),
        # Nor are those few given away of whom it would be known that they all skipped it.
        pytest.param((8, 3), [(1, 3)], set(), Reason.TOO_FEW_LEFT, id="none of too few are left"),
        # The larger one has the fewer answers, so that it comes last.
        pytest.param(
            (9, 7, 3), [(0, 3)], {1}, Reason.TOO_FEW_LEFT, id="the order is that of answers"
        ),
    ],
)
def test_of_a_question_that_some_skip_the_answers_count_and_not_only_the_people(
    sizes: Sequence[int], skipping: list[tuple[int, int]], shown: set[int], reason: Reason | None
) -> None:
    decision = decided(closing(teams(*sizes), by_team=True), skipping)
    assert told(decision) == shown
    assert decision.teams[0].withheld == reason


@pytest.mark.parametrize("answers", [0, 1])
def test_a_team_of_one_does_not_show_whether_that_one_answered(answers: int) -> None:
    people = teams(9, answers)
    decision = decided(closing(people, asked={0: 9, 1: 1}, by_team=True))
    assert decision.total.withheld is None
    assert decision.teams == {
        0: Ruling(Reason.TOO_FEW_LEFT, Reason.TOO_FEW_LEFT),
        1: Ruling(Reason.TOO_FEW, Reason.TOO_FEW),
    }


def test_where_nobody_of_enough_people_answered_the_others_are_told() -> None:
    assert told(decided(closing(teams(9, 0), asked={0: 9, 1: 8}, by_team=True))) == {0}


def test_a_choice_is_told_in_shares_or_not_at_all() -> None:
    few = decided(closing(teams(7), questions=[CHOICE]))
    assert few == Decision(Ruling(Reason.TOO_FEW, Reason.TOO_FEW), {}, ())
    assert decided(closing(teams(8), questions=[CHOICE])).total == TOLD
    assert decided(closing(teams(9), questions=[CHOICE], fewest=10)).releases == ()


def test_questions_answered_in_words_do_not_go_through_the_gate() -> None:
    its = closing(teams(9), questions=[WORDS, WORK, LIKELY])
    kept, left_out = draw(its, slips_of(its), Random(1))
    assert list(decide(its, kept, left_out)) == [WORK.key, LIKELY.key]


def test_a_wave_can_ask_for_more_answers_than_5_and_8() -> None:
    decision = decided(closing(teams(14, 12, 9), by_team=True, fewest=10))
    assert (told(decision), decision.teams[2].withheld) == ({0}, Reason.TOO_FEW)
    nine = decided(closing(teams(9), fewest=9))
    assert (nine.total, shows_comments(answered=9, fewest=10)) == (TOLD, False)


# --- Wave after wave, without teams --------------------------------------------------------------


def whole(size: int, **changed: int) -> dict[str, int]:
    return team(0, size, **changed)


@pytest.mark.parametrize(
    ("size", "changed", "lot", "wanted"),
    [
        pytest.param(20, {}, 0, TOLD, id="nobody"),
        # With 4 left out at random a difference is about 5; but shares tell whole people.
        pytest.param(20, {"joined": 1}, 4, SCORE, id="a joiner"),
        pytest.param(20, {"left": 1}, 4, SCORE, id="a leaver"),
        pytest.param(20, {"joined": 1, "left": 1}, 3, SCORE, id="a swap"),
        pytest.param(20, {"joined": 2, "left": 3}, 0, SCORE, id="5 are enough for a score"),
        pytest.param(20, {"joined": 4, "left": 4}, 0, TOLD, id="8 are enough for shares"),
        pytest.param(8, {"joined": 1}, 4, Ruling(None, Reason.TOO_FEW), id="as few as can be"),
        pytest.param(
            7, {"joined": 1}, 0, Ruling(Reason.OVER_TIME, Reason.OVER_TIME), id="too few for a lot"
        ),
    ],
)
def test_who_came_and_left_is_made_up_for_by_a_lot(
    size: int, changed: dict[str, int], lot: int, wanted: Ruling
) -> None:
    its = closing(whole(size, **changed), *first(whole(size)))
    assert [drawn.number for drawn in lots(its)] == [lot] * (lot > 0)
    assert decided(its).total == wanted


def test_of_what_a_lot_was_drawn_from_no_shares_are_told() -> None:
    """Nobody was a detractor, one joined: a detractor more, and some left out, would be the joiner."""
    told_before = {one.key: first(whole(20)) for one in (LIKELY, CHOICE)}
    its = closing(whole(20, joined=1), questions=[LIKELY, CHOICE], earlier=told_before)
    kept, left_out = draw(its, slips_of(its), Random(2))
    rulings = decide(its, kept, left_out)
    assert (len(left_out), rulings[LIKELY.key].total) == (4, SCORE)
    # Of a choice there is nothing else to tell.
    assert rulings[CHOICE.key].total == Ruling(Reason.OVER_TIME, Reason.OVER_TIME)
    assert rulings[CHOICE.key].releases == ()


def test_for_a_choice_alone_nothing_is_left_out() -> None:
    its = closing(whole(20, joined=1), questions=[CHOICE], earlier={CHOICE.key: first(whole(20))})
    assert lots(its) == []


def test_three_waves_are_held_together_where_any_two_differ_by_enough() -> None:
    """The third is the first and the second, other people each, and one who is in neither."""
    one, other = team(1, 9), team(2, 9)
    before = (*first(one), *decided(closing(other, wave="second")).releases)
    both = {**one, **other, "new": 3}
    assert sum(lot.number for lot in lots(closing(both, before[0]))) == 0
    assert sum(lot.number for lot in lots(closing(both, *before))) == 4


def test_a_lot_is_not_undone_by_the_same_people_answering_again() -> None:
    """Without a lot of its own the third wave would tell what the four answered."""
    joined = whole(20, joined=1)
    earlier = first(whole(20))
    earlier += decided(closing(joined, *earlier, wave="second")).releases
    assert sum(earlier[1].lots.values()) == 4
    third = closing(joined, *earlier)
    assert [lot.number for lot in lots(third)] == [4]
    assert decided(third).total == SCORE


def test_one_lot_serves_all_questions_of_a_wave() -> None:
    """The one who joined did so before the second question was asked, after the first."""
    people = whole(20, joined=1)
    told_before = {LIKELY.key: first(whole(20)), WORK.key: first(people)}
    its = closing(people, questions=[LIKELY, WORK], earlier=told_before)
    # 4 would do for the first; but the second, of the same people, would tell what these 4 answered.
    assert [lot.number for lot in lots(its)] == [5]
    kept, left_out = draw(its, slips_of(its), Random(2))
    assert [one.total for one in decide(its, kept, left_out).values()] == [SCORE, SCORE]


def test_a_question_for_which_the_lot_is_not_enough_is_withheld_alone() -> None:
    people = whole(9, joined=1)
    told_before = {LIKELY.key: first(whole(9)), WORK.key: first(people)}
    its = closing(people, questions=[LIKELY, WORK], earlier=told_before)
    kept, left_out = draw(its, slips_of(its), Random(2))
    rulings = decide(its, kept, left_out)
    assert (len(kept), rulings[LIKELY.key].total.withheld) == (5, None)
    assert rulings[WORK.key].total.withheld is None
    its = replace(its, fewest=6)
    kept, left_out = draw(its, slips_of(its), Random(2))
    rulings = decide(its, kept, left_out)
    assert (len(kept), rulings[LIKELY.key].total.withheld) == (10, Reason.OVER_TIME)
    assert rulings[WORK.key].total == TOLD


def test_what_was_told_under_a_lower_limit_does_not_withhold_everything_for_ever() -> None:
    before = first(teams(9, 6), by_team=True)
    decision = decided(closing(teams(9, 6), *before, by_team=True, fewest=8))
    assert decision.total == TOLD
    assert decision.teams[1].withheld == Reason.TOO_FEW


def test_it_takes_two_people_more_for_each_who_was_forgotten() -> None:
    """One who was forgotten answers again, so that the wave seems to differ by two more than it does."""
    before = first(whole(20))
    nobody = replace(before[0], people=before[0].people - {"0-19"} | {"nobody"})
    seen = closing(whole(20, left=3), nobody, forgotten=1)
    assert [lot.number for lot in lots(seen)] == [2]
    assert [lot.number for lot in lots(replace(seen, forgotten=0))] == []


def test_those_who_were_forgotten_do_not_matter_to_a_question_that_was_not_asked_before() -> None:
    assert decided(closing(teams(8), forgotten=3)).total == TOLD


def test_where_too_much_would_have_to_be_looked_at_a_large_lot_is_drawn_or_nothing_told() -> None:
    before = [*first(whole(20)), *first(whole(25))]
    its = closing(whole(20, joined=1), *before, effort=3)
    assert [lot.number for lot in lots(its)] == [5]
    assert decided(its).total.withheld == Reason.TOO_COMPLEX


# --- Wave after wave, by team --------------------------------------------------------------------


def together(*changed: dict[str, int]) -> dict[str, int]:
    return {mark: number for one in changed for mark, number in one.items()}


def by_team(
    before: dict[str, int], now: dict[str, int]
) -> tuple[Decision, dict[frozenset[int], int]]:
    its = closing(now, *first(before, by_team=True), by_team=True)
    return decided(its), {lot.teams: lot.number for lot in lots(its)}


def test_where_one_joins_the_lot_is_drawn_in_their_team_and_the_others_are_told_whole() -> None:
    before = together(team(0, 14), team(1, 12), team(2, 9))
    decision, drawn = by_team(before, before | team(1, 12, joined=1))
    assert (drawn, told(decision)) == ({frozenset([1]): 4}, {0, 1, 2})
    assert decision.total.withheld is None


def test_a_lot_of_a_team_is_enough_for_the_total_too() -> None:
    before = together(team(0, 14), team(1, 12), team(2, 4), team(3, 4), team(4, 4))
    decision, drawn = by_team(before, before | team(1, 12, joined=1))
    assert (drawn, told(decision)) == ({frozenset([1]): 4}, {0, 1})


def test_those_who_are_not_told_by_team_take_a_lot_as_a_team_does() -> None:
    """One joined the third team: as the total less the first two it would tell of them alone."""
    before = together(team(0, 20), team(1, 15), team(2, 12), team(3, 3))
    decision, drawn = by_team(before, before | team(0, 20, joined=5) | team(2, 12, joined=1))
    assert drawn == {frozenset([2, 3]): 4}
    assert (told(decision), decision.total.withheld) == ({0, 1}, None)


def test_where_nobody_came_or_left_there_is_no_lot_and_all_is_told_again() -> None:
    before = together(team(0, 14), team(1, 12), team(2, 4), team(3, 3))
    decision, drawn = by_team(before, before)
    assert (drawn, told(decision), decision.total) == ({}, {0, 1}, TOLD)


def test_one_who_changes_teams_takes_a_lot_in_both() -> None:
    before = together(team(0, 14), team(1, 12), team(2, 9))
    decision, drawn = by_team(before, before | {"0-0": 1})
    assert drawn == {frozenset([0]): 4, frozenset([1]): 4}
    assert (told(decision), decision.total.withheld) == ({0, 1, 2}, None)


def test_a_team_that_is_too_small_for_a_lot_is_withheld_and_so_is_the_next_for_the_total() -> None:
    before = together(team(0, 14), team(1, 12), team(2, 6))
    decision, drawn = by_team(before, before | team(2, 6, joined=1))
    assert drawn == {frozenset([1, 2]): 4}
    assert (told(decision), decision.total.withheld) == ({0}, None)
    assert decision.teams[2].withheld in {Reason.OVER_TIME, Reason.TOO_FEW}


def test_the_total_comes_before_any_team() -> None:
    """The team that one joined has no room for the lot that the total takes: the next one goes in."""
    before = together(team(0, 6), team(1, 6), team(2, 6))
    decision, drawn = by_team(before, before | team(1, 6, joined=1))
    assert drawn == {frozenset([1, 2]): 4}
    assert (told(decision), decision.total.withheld) == ({0}, None)


# --- The lots ------------------------------------------------------------------------------------


def test_slips_are_left_out_at_random_and_all_others_kept_in_a_random_order() -> None:
    its = closing(whole(20, joined=1), *first(whole(20)))
    slips = [Slip(0, {LIKELY.key: number}) for number in range(21)]
    times_left_out, firsts = Counter[int](), set()
    for seed in range(300):
        kept, left_out = draw(its, slips, Random(seed))
        assert sorted(slip.answers[LIKELY.key] for slip in kept + left_out) == list(range(21))
        assert len(left_out) == 4
        times_left_out.update(slip.answers[LIKELY.key] for slip in left_out)
        firsts.add(kept[0].answers[LIKELY.key])
    # Each of them 57 times of three hundred, give or take four standard deviations.
    assert all(30 <= times_left_out[number] <= 84 for number in range(21))
    assert len(firsts) == 21


def test_slips_that_skip_a_question_are_left_out_last() -> None:
    its = closing(whole(20, joined=1), *first(whole(20)))
    slips = [Slip(0, {LIKELY.key: 9} if number < 8 else {}) for number in range(21)]
    kept, left_out = draw(its, slips, Random(3))
    assert all(slip.answers for slip in left_out)
    assert sum(not slip.answers for slip in kept) == 13


def test_only_slips_of_the_teams_of_a_lot_are_left_out() -> None:
    before = together(team(0, 14), team(1, 12))
    its = closing(before | team(1, 12, joined=1), *first(before, by_team=True), by_team=True)
    assert lots(its) == [Lot(frozenset([1]), 4)]
    kept, left_out = draw(its, slips_of(its), Random(4))
    assert [slip.team for slip in left_out] == [1, 1, 1, 1]
    assert Counter(slip.team for slip in kept) == {0: 14, 1: 9}


def test_an_answer_that_is_not_on_the_slips_left_out_does_not_count_as_left_out() -> None:
    """All but seven skip the question, so that a lot of seven leaves out only some of its answers."""
    its = closing(whole(20, joined=1), *first(whole(20)))
    slips = [Slip(0, {LIKELY.key: 9})] * 3 + [Slip(0, {})] * 18
    kept, left_out = [*slips[:0], *[Slip(0, {LIKELY.key: 9})] * 11], slips[:7]
    assert decide(its, kept, left_out)[LIKELY.key].total.withheld == Reason.OVER_TIME
    enough = [Slip(0, {LIKELY.key: 9})] * 4
    assert decide(its, kept, enough)[LIKELY.key].total.withheld is None
