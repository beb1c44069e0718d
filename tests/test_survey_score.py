"""Scores of surveys: right at the edges, honest about chance, and silent about who gave what."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import combinations_with_replacement
from math import sqrt
from statistics import fmean, pstdev

import numpy as np
import pytest

from bot.metrics.comparison import Estimate, Verdict
from bot.metrics.statistics import adjusted_net_score, adjusted_wald, mean_interval
from bot.surveys.ballot import Slip
from bot.surveys.score import (
    Mix,
    Score,
    Sums,
    change,
    enps,
    mean_score,
    participation,
    person_means,
    pooled,
)

#: So many are asked that those who answer are a sample of them.
MANY = 1_000_000

#: Promoters and detractors as METHODS has them, and others that occur.
USUAL = (0.4, 0.2)
MIXES = [USUAL, (0.5, 0.2), (0.5, 0.1), (0.25, 0.5), (0.3, 0.3)]


def score_of(promoters: int, passives: int, detractors: int, asked: int = MANY) -> Score:
    score = enps(Mix(promoters, passives, detractors).sums, asked)
    assert score is not None
    return score


def scored(mix: Iterable[int], asked: int = MANY) -> Score:
    promoters, passives, detractors = map(int, mix)
    return score_of(promoters, passives, detractors, asked)


def agreed(sums: Sums, asked: int = MANY, ends: tuple[int, int] = (1, 5)) -> Score:
    score = mean_score(sums, asked, ends)
    assert score is not None
    return score


def interval(score: Score) -> tuple[float, float]:
    assert score.low is not None
    assert score.high is not None
    return score.low, score.high


def reach(score: Score) -> float:
    assert score.reach is not None
    return score.reach


# --- eNPS ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(11))
def test_9_and_10_promote_7_and_8_are_passive_and_0_to_6_detract(number: int) -> None:
    wanted = Mix(1, 0, 0) if number > 8 else Mix(0, 1, 0) if number > 6 else Mix(0, 0, 1)
    assert Mix.of({number: 1}) == wanted


@pytest.mark.parametrize("number", [-1, 11, 100])
def test_there_is_no_other_number(number: int) -> None:
    with pytest.raises(ValueError, match="0 to 10"):
        Mix.of({9: 3, number: 1})


@pytest.mark.parametrize(
    ("counts", "mix", "value"),
    [
        pytest.param({10: 9, 8: 5, 3: 4}, (9, 5, 4), 100 * 5 / 18, id="as usual"),
        pytest.param({9: 3, 10: 4}, (7, 0, 0), 100, id="all promote"),
        pytest.param({0: 3, 6: 4}, (0, 0, 7), -100, id="all detract"),
        pytest.param({7: 3, 8: 4}, (0, 7, 0), 0, id="all are passive"),
        pytest.param({6: 1, 7: 1, 8: 1, 9: 1}, (1, 2, 1), 0, id="either side of both edges"),
        pytest.param({0: 5, 10: 5}, (5, 0, 5), 0, id="two camps"),
        pytest.param({9: 1}, (1, 0, 0), 100, id="one answer"),
        pytest.param({10: 5, 4: 0}, (5, 0, 0), 100, id="a number that nobody gave"),
    ],
)
def test_an_enps_is_promoters_less_detractors_of_all_who_answered(
    counts: dict[int, int], mix: tuple[int, int, int], value: float
) -> None:
    assert Mix.of(counts) == mix
    score = score_of(*mix)
    assert score.value == pytest.approx(value)
    assert score.n == sum(mix)
    low, high = interval(score)
    assert -100 <= low <= score.value <= high <= 100
    assert low < high


def test_without_an_answer_there_is_no_score() -> None:
    assert enps(Mix.of({}).sums, 20) is None
    assert mean_score(Sums.of([]), 20, (1, 5)) is None


@pytest.mark.parametrize(
    ("n", "wanted"), [(5, 51), (8, 44), (12, 38), (20, 30), (50, 20), (100, 14)]
)
def test_how_far_the_interval_of_40_percent_promoters_and_20_percent_detractors_reaches(
    n: int, wanted: int
) -> None:
    assert round(adjusted_net_score(0.4 * n, 0.2 * n, n)[1]) == wanted


def test_the_interval_is_adjusted_walds_where_the_shares_may_be_told() -> None:
    assert interval(score_of(9, 5, 4)) == adjusted_wald(9, 4, 18)


def outcomes(
    n: int, mix: tuple[float, float], times: int, seed: int = 1
) -> Iterator[tuple[Mix, int]]:
    """What n people answer, and how often, of so many times."""
    chances = [mix[0], 1 - sum(mix), mix[1]]
    drawn = np.random.default_rng(seed).multinomial(n, chances, times)
    for counts, often in Counter(map(tuple, drawn.tolist())).items():
        yield Mix(*counts), often


@pytest.mark.parametrize("mix", MIXES)
def test_the_interval_covers_93_to_97_percent_from_5_to_200_answers(
    mix: tuple[float, float],
) -> None:
    true, times = 100 * (mix[0] - mix[1]), 20_000
    for n in (5, 6, 7, 8, 10, 12, 16, 24, 50, 100, 200):
        covered = 0
        for found, often in outcomes(n, mix, times):
            low, high = interval(score_of(*found))
            covered += often * (low <= true <= high)
        # A simulation of so many is itself off by up to half a percent.
        assert 0.925 <= covered / times <= 0.975


def test_without_the_shares_the_interval_is_that_of_the_widest_mix() -> None:
    """So nothing but the score can be read off it, and it is never too narrow."""
    for n in range(1, 10):
        told: dict[int, set[tuple[float, float]]] = defaultdict(set)
        widest: dict[int, float] = defaultdict(float)
        for promoters in range(n + 1):
            for detractors in range(n - promoters + 1):
                mix = Mix(promoters, n - promoters - detractors, detractors)
                score = enps(mix.sums.without_shares(), MANY)
                assert score is not None
                assert score.value == score_of(*mix).value
                told[promoters - detractors].add((score.centre, reach(score)))
                widest[promoters - detractors] = max(
                    widest[promoters - detractors], reach(score_of(*mix))
                )
        for net, its in told.items():
            assert len(its) == 1
            assert its.pop()[1] == pytest.approx(widest[net])


# --- Those who were asked ------------------------------------------------------------------------


def test_where_nearly_all_answered_the_interval_is_that_of_all_who_were_asked() -> None:
    few, most = score_of(9, 5, 4, asked=24), score_of(9, 5, 4, asked=22)
    assert (few.is_of_asked, most.is_of_asked) == (False, True)
    assert interval(few) == adjusted_wald(9, 4, 18)
    (low, high), (wide_low, wide_high) = interval(most), interval(few)
    factor = sqrt((22 - 18) / (22 - 1))
    assert (most.value - low, high - most.value) == pytest.approx(
        (factor * (most.value - wide_low), factor * (wide_high - most.value))
    )
    # Against another wave both are held as samples.
    assert (most.centre, most.reach) == (few.centre, few.reach)


@pytest.mark.parametrize("mix", [(9, 5, 4), (5, 0, 0), (0, 6, 0), (0, 0, 1), (3, 0, 3)])
def test_where_all_answered_the_score_is_what_it_is(mix: tuple[int, int, int]) -> None:
    score = score_of(*mix, asked=sum(mix))
    assert (score.is_of_asked, interval(score)) == (True, (score.value, score.value))


def test_it_reaches_no_further_than_those_who_are_silent_could_move_it() -> None:
    """Five promote and one is silent, who may detract."""
    low, high = interval(score_of(5, 0, 0, asked=6))
    assert (low, high) == pytest.approx((100 * (5 - 1) / 6, 100))


@pytest.mark.thorough
@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize(("asked", "answered"), [(10, 8), (24, 20), (60, 54), (150, 120)])
def test_it_covers_the_score_of_those_asked_as_often_as_it_says(
    mix: tuple[float, float], asked: int, answered: int
) -> None:
    generator, times, covered, plain = np.random.default_rng(2), 3_000, 0, 0
    for everybody, often in outcomes(asked, mix, times, seed=3):
        true = 100 * (everybody.promoters - everybody.detractors) / asked
        for found in generator.multivariate_hypergeometric(list(everybody), answered, often):
            low, high = interval(scored(found, asked))
            wide_low, wide_high = interval(scored(found))
            covered += low - 1e-9 <= true <= high + 1e-9
            plain += wide_low <= true <= wide_high
    assert 0.91 <= covered / times <= 0.975
    assert plain / times >= 0.995


# --- Agreement -----------------------------------------------------------------------------------


def test_agreement_is_the_mean_with_students_interval() -> None:
    answers = [5, 4, 4, 3, 5, 2, 4, 4, 5]
    score = agreed(Sums.of(answers))
    assert (score.value, score.n) == (fmean(answers), 9)
    squares = sum(answer * answer for answer in answers)
    assert interval(score) == mean_interval(9, sum(answers), squares, within=(1, 5))
    assert Sums.of_counts(Counter(answers)) == Sums.of(answers)


@pytest.mark.parametrize(("answer", "n"), [(1, 5), (5, 5), (5, 8), (3, 6)])
def test_those_who_agree_wholly_are_not_certain(answer: int, n: int) -> None:
    score = agreed(Sums.of([answer] * n))
    low, high = interval(score)
    assert 1 <= low <= score.value == answer <= high <= 5
    assert high - low > 0.3
    assert interval(agreed(Sums.of([answer] * n), asked=n)) == (answer, answer)


def test_a_single_answer_has_no_interval() -> None:
    score = agreed(Sums.of([4]))
    assert (score.value, score.low, score.high, score.reach) == (4, None, None, None)
    assert score.estimate == Estimate(4)


@pytest.mark.parametrize(("ends", "numbers"), [((1, 5), (5, 6, 7)), ((0, 10), (5,))])
def test_without_the_shares_a_mean_has_the_interval_of_the_widest_answers(
    ends: tuple[int, int], numbers: Sequence[int]
) -> None:
    for n in numbers:
        told: dict[int, set[tuple[float, float]]] = defaultdict(set)
        widest: dict[int, float] = defaultdict(float)
        for answers in combinations_with_replacement(range(ends[0], ends[1] + 1), n):
            sums = Sums.of(answers)
            score = agreed(sums.without_shares(), ends=ends)
            told[sum(answers)].add((score.value, reach(score)))
            widest[sum(answers)] = max(widest[sum(answers)], reach(agreed(sums, ends=ends)))
        for total, its in told.items():
            assert len(its) == 1
            assert its.pop() == pytest.approx((total / n, widest[total]))


# --- Several questions ---------------------------------------------------------------------------

WORKLOAD = ("workload-1", "workload-2", "workload-3")


def slips_of(*answers: Sequence[int | None]) -> list[Slip]:
    return [
        Slip(
            0, {key: given for key, given in zip(WORKLOAD, its, strict=False) if given is not None}
        )
        for its in answers
    ]


def questions_of(slips: Sequence[Slip]) -> list[Sums]:
    return [Sums.of(slip.answers[key] for slip in slips if key in slip.answers) for key in WORKLOAD]


def test_each_person_counts_once_however_many_questions_they_answered() -> None:
    slips = slips_of((1, 3, 5), (4, None, None), (None, None, None), (2, 4, None))
    assert person_means(slips, WORKLOAD) == Sums.of([3, 4, 3])
    assert person_means(slips, WORKLOAD[:1]) == Sums.of([1, 4, 2])


def test_a_theme_is_the_mean_of_its_questions_and_varies_as_its_people_do() -> None:
    slips = slips_of((1, 2, 3), (4, 5, 5), (4, 4, 4), (5, 5, 2), (3, 3, 3))
    theme = pooled(questions_of(slips), person_means(slips, WORKLOAD))
    means = [2, 14 / 3, 4, 4, 3]
    assert theme.n == 5
    assert theme.mean == pytest.approx(fmean(means))
    assert theme.squares == pytest.approx(sum(mean * mean for mean in means))


def test_a_theme_tells_nothing_of_those_who_skipped_a_question() -> None:
    """Their own mean would make that of all people another one than that of the questions."""
    slips = slips_of((5, 5, 5), (4, 4, 4), (1, None, None), (3, 3, 3))
    questions, people = questions_of(slips), person_means(slips, WORKLOAD)
    theme = pooled(questions, people)
    assert people.mean == 3.25
    assert theme.mean == pytest.approx((3.25 + 4 + 4) / 3)
    # How much people vary is as it was.
    assert theme.squares is not None
    assert theme.squares / 4 - theme.mean**2 == pytest.approx(pstdev([5, 4, 1, 3]) ** 2)


def test_a_theme_has_no_squares_where_one_of_its_questions_has_none() -> None:
    slips = slips_of((5, 5, 5), (4, 4, 4), (1, 2, 3))
    questions, people = questions_of(slips), person_means(slips, WORKLOAD)
    assert pooled([*questions[:2], questions[2].without_shares()], people).squares is None
    assert pooled(questions, people.without_shares()).squares is None


def test_the_answers_of_one_person_are_not_taken_for_those_of_several() -> None:
    """Whoever is content is so with all: taken one by one the answers claim to know too much."""
    generator, times = np.random.default_rng(5), 1_000
    covered, claimed = 0, 0
    content = generator.integers(2, 5, size=(times, 12, 1))
    answers = np.clip(content + generator.integers(-1, 2, size=(times, 12, 3)), 1, 5)
    true = 3
    for drawn in answers.tolist():
        slips = slips_of(*drawn)
        low, high = interval(agreed(pooled(questions_of(slips), person_means(slips, WORKLOAD))))
        covered += low <= true <= high
        low, high = interval(agreed(Sums.of(answer for person in drawn for answer in person)))
        claimed += low <= true <= high
    assert 0.93 <= covered / times <= 0.98
    assert claimed / times < 0.88


# --- Two waves -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "by", "verdict"),
    [
        pytest.param((8, 5, 5), (9, 5, 4), 100 / 9, Verdict.CANNOT_TELL, id="one person changed"),
        pytest.param((5, 5, 2), (7, 4, 1), 25, Verdict.CANNOT_TELL, id="of twelve"),
        pytest.param((2, 3, 7), (10, 2, 0), 125, Verdict.HIGHER, id="of twelve, nearly all"),
        pytest.param((60, 20, 20), (30, 30, 40), -50, Verdict.LOWER, id="of a hundred"),
        pytest.param((0, 0, 5), (5, 0, 0), 200, Verdict.HIGHER, id="of five, from end to end"),
        pytest.param((6, 4, 2), (9, 6, 3), 0, Verdict.SAME, id="the same of more"),
    ],
)
def test_what_is_said_of_two_waves(
    before: tuple[int, int, int], now: tuple[int, int, int], by: float, verdict: Verdict
) -> None:
    found = change(score_of(*before), score_of(*now))
    assert found.by == pytest.approx(by)
    assert found.verdict is verdict
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.by <= found.high
    back = change(score_of(*now), score_of(*before))
    assert (back.by, back.low, back.high) == pytest.approx((-found.by, -found.high, -found.low))


def test_of_a_single_answer_nothing_is_said() -> None:
    found = change(agreed(Sums.of([4])), agreed(Sums.of([1, 2])))
    assert (found.by, found.low, found.high, found.verdict) == (-2.5, None, None, Verdict.UNKNOWN)


def test_that_nearly_all_answered_makes_no_change_more_certain() -> None:
    before, now = (5, 4, 3), (9, 2, 1)
    assert change(score_of(*before, asked=12), score_of(*now, asked=12)) == change(
        score_of(*before), score_of(*now)
    )


@cache
def wave(n: int, mix: tuple[float, float], seed: int) -> list[tuple[Mix, int]]:
    return list(outcomes(n, mix, 20_000, seed))


def moved(before: list[tuple[Mix, int]], now: list[tuple[Mix, int]]) -> float:
    """How often a change is claimed."""
    claimed = Counter[bool]()
    for earlier, often in before:
        for later, as_often in now:
            said = change(score_of(*earlier), score_of(*later)).verdict
            claimed[said in {Verdict.HIGHER, Verdict.LOWER}] += often * as_often
    return claimed[True] / claimed.total()


@pytest.mark.thorough
@pytest.mark.parametrize("mix", [*MIXES, (0.6, 0.1), (0.1, 0.1), (0.8, 0.05)])
def test_at_most_5_percent_are_said_to_have_moved_of_those_that_did_not(
    mix: tuple[float, float],
) -> None:
    for n in (5, 12):
        assert moved(wave(n, mix, 1), wave(n, mix, 2)) <= 0.0505
    assert moved(wave(8, mix, 1), wave(20, mix, 2)) <= 0.0505


@pytest.mark.thorough
@pytest.mark.parametrize("mix", MIXES)
def test_nor_of_larger_waves(mix: tuple[float, float]) -> None:
    assert moved(wave(20, mix, 1), wave(20, mix, 2)) <= 0.0505
    assert moved(wave(12, mix, 1), wave(60, mix, 2)) <= 0.0515
    # Two camps are the worst that there is.
    assert moved(wave(12, (0.4, 0.4), 1), wave(12, (0.4, 0.4), 2)) <= 0.055


def test_of_twelve_answers_a_move_of_20_happens_by_chance_half_of_the_time_and_is_not_claimed() -> (
    None
):
    before, now = wave(12, USUAL, 1), wave(12, USUAL, 2)
    differ = Counter[bool]()
    for earlier, often in before:
        for later, as_often in now:
            by = abs(score_of(*later).value - score_of(*earlier).value)
            differ[by >= 20] += often * as_often
    assert differ[True] / differ.total() == pytest.approx(0.5, abs=0.02)
    assert moved(before, now) < 0.05


@pytest.mark.parametrize(
    ("n", "by", "claimed"),
    [
        pytest.param(12, 0.2, 0.08, id="12 answers, 20 points: hardly ever"),
        pytest.param(12, 0.6, 0.50, id="12 answers, 60 points: half of the time"),
        pytest.param(20, 0.6, 0.77, id="20 answers, 60 points: mostly"),
        pytest.param(5, 0.6, 0.15, id="5 answers, 60 points: seldom"),
    ],
)
def test_how_often_a_move_is_claimed_that_happened(n: int, by: float, claimed: float) -> None:
    now = wave(n, (0.3 + by / 2, 0.3 - by / 2 + 1e-9), 4)
    assert moved(wave(n, (0.3, 0.3), 3), now) == pytest.approx(claimed, abs=0.03)


def agreement_moved(n: int, chances: Sequence[float], times: int = 1_500) -> float:
    """How often a change of the mean of n answers is claimed where there was none."""
    drawn = np.random.default_rng(n).multinomial(n, chances, (times, 2)).tolist()
    scores = ([agreed(Sums.of_counts(dict(enumerate(one, 1)))) for one in two] for two in drawn)
    said = Counter(change(*two).verdict for two in scores)
    return (said[Verdict.HIGHER] + said[Verdict.LOWER]) / times


@pytest.mark.parametrize("n", [5, 8, 20])
@pytest.mark.parametrize(
    "chances", [(0.05, 0.1, 0.2, 0.4, 0.25), (0.4, 0.1, 0, 0.1, 0.4), (0.05, 0, 0.05, 0.1, 0.8)]
)
def test_agreement_that_did_not_move_is_hardly_ever_said_to_have(
    n: int, chances: Sequence[float]
) -> None:
    assert agreement_moved(n, chances) <= 0.05


# --- Who took part, and what is kept -------------------------------------------------------------


@pytest.mark.parametrize(
    ("answered", "asked", "value"), [(18, 24, 0.75), (0, 24, 0), (24, 24, 1), (1, 1, 1)]
)
def test_participation_is_a_share_of_those_asked(answered: int, asked: int, value: float) -> None:
    found = participation(answered, asked)
    assert found is not None
    assert found.value == value
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= value <= found.high + 1e-12
    assert found.low < found.high


def test_where_nobody_is_asked_nobody_takes_part() -> None:
    assert participation(0, 0) is None


@pytest.mark.parametrize("sums", [Sums.of([4, 5, 3]), Sums(9, 30.5), Mix(3, 2, 4).sums])
def test_sums_are_kept_as_json(sums: Sums) -> None:
    assert Sums.from_json(sums.to_json()) == sums
    assert sums.without_shares().to_json() == {"n": sums.n, "total": sums.total, "squares": None}
