"""Opened ballots are counted by question and by theme."""

from __future__ import annotations

from bot.surveys.ballot import Slip
from bot.surveys.bank import ENPS
from bot.surveys.score import Score, Sums
from bot.surveys.survey import Question, Scale, Theme
from bot.surveys.tally import ALL, Numbers, counted, score_of, subjects, theme_of, together

W1 = Question("workload-1", Scale.AGREEMENT, {"en": "W1"}, Theme.WORKLOAD)
W2 = Question("workload-2", Scale.AGREEMENT, {"en": "W2"}, Theme.WORKLOAD)
TOOLS = Question("tools-1", Scale.AGREEMENT, {"en": "T"}, Theme.TOOLS)
CHOICE = Question("own-a", Scale.CHOICE, {"en": "Which?"}, options=("a", "b"))
LIKELY = Question("own-c", Scale.LIKELIHOOD, {"en": "How well?"})
TEXT = Question("own-b", Scale.TEXT, {"en": "What else?"})
PULSE = [W1, W2, TOOLS, CHOICE, TEXT]


def test_an_enps_is_told_by_its_buckets_alone() -> None:
    slips = [Slip(0, {"enps": score}) for score in (10, 9, 8, 7, 6, 0, 10)]
    assert counted(slips, ENPS) == Numbers(Sums(7, 1, 5), {-1: 2, 0: 2, 1: 3})


def test_another_question_of_0_to_10_is_no_enps_but_told_by_its_mean() -> None:
    numbers = counted([Slip(0, {"own-c": given}) for given in (0, 5, 7, 10, 10, 11)], LIKELY)
    assert numbers == Numbers(Sums(5, 32, 274), {0: 1, 5: 1, 7: 1, 10: 2})
    assert score(score_of("own-c", numbers, [LIKELY], 20)) == 6.4


def test_nothing_answered_is_nothing() -> None:
    assert counted([], ENPS).n == 0
    assert counted([Slip(0, {})], ENPS).n == 0
    assert score_of("enps", counted([], ENPS), [ENPS], 8) is None


def test_a_question_is_counted_by_its_answers() -> None:
    slips = [Slip(0, {"workload-1": 5}), Slip(1, {"workload-1": 1}), Slip(0, {"tools-1": 3})]
    assert counted(slips, W1) == Numbers(Sums(2, 6, 26), {1: 1, 5: 1})


def test_choices_count_by_their_place_and_what_is_none_does_not_count() -> None:
    slips = [Slip(0, {"own-a": place}) for place in (0, 1, 1, 2, -1)]
    assert counted(slips, CHOICE).counts == {0: 1, 1: 2}
    assert counted([Slip(0, {"tools-1": 6}), Slip(0, {"tools-1": 0})], TOOLS).n == 0


def test_several_questions_say_no_more_together_than_one_by_one() -> None:
    """Not even of somebody who skipped one of them."""
    slips = [Slip(0, {"workload-1": 5, "workload-2": 3}), Slip(0, {"workload-1": 1}), Slip(0, {})]
    told = together(slips, [W1, W2]).sums
    assert told.n == 2
    assert told.mean == (3 + 3) / 2


def test_what_is_told_together_are_themes_and_all() -> None:
    assert list(subjects(PULSE)) == ["theme:workload", "theme:tools", ALL]
    assert [theme_of(name) for name in ("theme:tools", "tools-1", ALL)] == [Theme.TOOLS, None, None]
    assert subjects([ENPS, TEXT]) == {}


def test_numbers_keep_what_is_told_of_them() -> None:
    numbers = Numbers(Sums(9, 4, 8), {-1: 2, 0: 1, 1: 6})
    assert Numbers.from_json(numbers.to_json()) == numbers
    assert numbers.without_shares == Numbers(Sums(9, 4))


def test_each_subject_is_scored_as_it_was_answered() -> None:
    numbers = Numbers(Sums(10, 5, 9))
    assert score(score_of("enps", numbers, [ENPS], 20)) == 50
    assert score(score_of("theme:tools", Numbers(Sums(10, 40, 170)), PULSE, 20)) == 4
    assert score_of("own-a", numbers, PULSE, 20) is None


def score(found: Score | None) -> float:
    assert found is not None
    return found.value
