"""What a digest says: judged from readings, goals and how far the help desks were read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.digests.digest import (
    FEWEST_IN_PART,
    HEADLINE,
    THEMES,
    Block,
    Digest,
    Highlight,
    Theme,
    judge,
)
from bot.digests.freshness import DeskState, Freshness
from bot.digests.goals import Goal
from bot.digests.line import Line, lines
from bot.digests.timetable import Kind, baseline, comparables, days_window
from bot.domain import Dimension, Slice, Window
from bot.metrics import CATALOGUE, Better, Reading
from bot.metrics.comparison import Verdict
from bot.metrics.usual import Standing
from tests.times import T

THURSDAY = days_window(date(2026, 11, 19), 1, ZoneInfo("Europe/Athens"))
WEEKS = comparables(THURSDAY)

#: Eight Thursdays on which nothing happened, as factors of what is usual.
CALM = (1.0, 1.04, 0.97, 1.02, 0.99, 1.05, 0.96, 1.01)
CALM_TIMES = [3_000 * factor for factor in CALM[:-1]]

EMAIL, CHAT = (Slice(Dimension.CHANNEL, name) for name in ("email", "chat"))
BILLING, TECH = (Slice(Dimension.GROUP, name) for name in ("billing", "tech"))

FRESH = Freshness(
    [DeskState("acme", T(days=-400), T(minutes=-2))], THURSDAY, T(), timedelta(minutes=30)
)


def reading(
    key: str,
    value: float | None,
    window: Window = THURSDAY,
    *,
    n: int = 100,
    of: Slice | None = None,
    since: datetime | None = T(days=-400),
) -> Reading:
    return Reading(
        CATALOGUE[key], window, value, 0 if value is None else n, slice=of, as_of=T(), since=since
    )


def series(
    key: str,
    usually: float,
    now: float | None,
    *,
    before: Sequence[float | None] | None = None,
    n: int = 100,
    of: Slice | None = None,
) -> list[Reading]:
    """Eight comparable readings around `usually` (or those of `before`) and the one of now."""
    past = before if before is not None else [usually * factor for factor in CALM]
    return [
        *(
            reading(key, value, window, n=n, of=of)
            for value, window in zip(past, WEEKS, strict=True)
        ),
        reading(key, now, n=n, of=of),
    ]


def digest(
    *told: Sequence[Reading],
    parts: Sequence[Sequence[Reading]] = (),
    goals: Mapping[str, float] | None = None,
    fresh: Freshness = FRESH,
    kind: Kind = Kind.DAILY,
) -> Digest:
    return judge(
        kind,
        THURSDAY,
        [one for group in told for one in group],
        [one for group in parts for one in group],
        [Goal(key, target) for key, target in (goals or {}).items()],
        fresh,
    )


def names(highlights: Sequence[Highlight]) -> list[str]:
    return [highlight.line.reading.metric.key for highlight in highlights]


# --- One line --------------------------------------------------------------------------------------


def test_a_line_stands_beside_the_comparable_window_before_and_what_is_usual() -> None:
    (line,) = digest(series("first_response_time", 3_000, 7_800)).lines
    assert line.before is not None
    assert line.before.window == WEEKS[-1]
    assert line.change == pytest.approx(7_800 / 3_030 - 1)
    assert line.usual is not None
    assert line.usual.low < 3_000 < line.usual.high < 7_800
    assert (line.standing, line.is_out, line.is_good) == (Standing.ABOVE, True, False)


def test_days_of_other_weekdays_lend_their_spread_and_nothing_else() -> None:
    """They vary three times as much as Thursdays do, at a level of their own."""
    base = baseline(THURSDAY)
    wild = [
        reading("first_response_time", 600 * (3 if place % 2 else 1), window)
        for place, window in enumerate(base.others)
    ]
    calm = series("first_response_time", 3_000, 4_000)
    (alone,), (judged,) = lines(calm, []), lines([*wild, *calm], [])
    assert (alone.standing, judged.standing) == (Standing.ABOVE, Standing.WITHIN)
    assert judged.before == alone.before
    assert judged.history == alone.history
    assert alone.usual is not None
    assert judged.usual is not None
    assert judged.usual.centre == pytest.approx(alone.usual.centre)


@pytest.mark.parametrize(
    ("day", "judged"),
    [
        pytest.param(date(2026, 10, 27), True, id="the day before"),
        pytest.param(date(2026, 10, 28), False, id="Ohi Day in Greece"),
        pytest.param(date(2026, 10, 29), True, id="the day after"),
    ],
)
def test_a_public_holiday_is_not_judged_by_ordinary_days(day: date, judged: bool) -> None:
    window = days_window(day, 1, ZoneInfo("Europe/Athens"))
    told = [reading("ticket_volume", 100, one) for one in comparables(window)]
    (line,) = lines([*told, reading("ticket_volume", 20, window)], [])
    assert (line.usual is not None, line.is_out) == (judged, judged)
    assert line.change == pytest.approx(-0.8)


def test_a_week_with_a_public_holiday_is_judged_by_weeks() -> None:
    week_ = days_window(date(2026, 10, 26), 7, ZoneInfo("Europe/Athens"))
    told = [reading("ticket_volume", 700, one) for one in comparables(week_)]
    (line,) = lines([*told, reading("ticket_volume", 200, week_)], [])
    assert line.standing is Standing.BELOW


def test_readings_may_come_in_any_order() -> None:
    told = [*series("backlog", 80, 70), *series("reopen_rate", 0.1, 0.1)]
    assert digest(told[::-1]).lines[::-1] == digest(told).lines


@pytest.mark.parametrize(
    ("before", "now", "still_out", "verdict"),
    [
        pytest.param(
            1.01, 1.03, False, Verdict.CANNOT_TELL, id="usual, whatever the intervals say"
        ),
        pytest.param(1.01, 3.0, False, Verdict.HIGHER, id="up, out of what is usual"),
        pytest.param(1.01, 0.3, False, Verdict.LOWER, id="down, out of what is usual"),
        pytest.param(0.3, 3.0, False, Verdict.HIGHER, id="from one side to the other"),
        pytest.param(3.0, 1.02, False, Verdict.CANNOT_TELL, id="back to what is usual"),
        pytest.param(3.0, 3.0, True, Verdict.SAME, id="as far out as before"),
        pytest.param(3.0, 2.9, True, Verdict.CANNOT_TELL, id="still out, perhaps by as much"),
        pytest.param(9.0, 3.0, True, Verdict.LOWER, id="still out, but by less"),
    ],
)
def test_one_verdict_is_given_of_a_change(
    before: float, now: float, still_out: bool, verdict: Verdict
) -> None:
    """What is usual decides; between two numbers that are both out of it, their intervals do."""
    past = [3_000 * factor for factor in (*CALM[:-1], before)]
    told = [
        replace(one, low=(one.value or 0) * 0.9, high=(one.value or 0) * 1.1)
        for one in series("first_response_time", 3_000, 3_000 * now, before=past)
    ]
    (line,) = lines(told, [])
    assert (line.is_still_out, line.verdict) == (still_out, verdict)


@pytest.mark.parametrize(("spread", "verdict"), [(0.5, "cannot tell"), (0.1, "higher")])
def test_where_nobody_knows_what_is_usual_the_intervals_tell_a_change_from_chance(
    spread: float, verdict: str
) -> None:
    told = [
        replace(one, low=(one.value or 0) * (1 - spread), high=(one.value or 0) * (1 + spread))
        for one in series("first_response_time", 3_000, 4_500)
    ]
    (line,) = lines(told[-4:], [])
    assert (line.standing, line.verdict) == (Standing.UNKNOWN, verdict)


@pytest.mark.parametrize(
    ("past", "now"), [([None] * 8, 50.0), ([0.0] * 8, 50.0), ([40.0] * 8, None)]
)
def test_without_two_numbers_there_is_no_change(
    past: list[float | None], now: float | None
) -> None:
    (line,) = digest(series("backlog", 0, now, before=past)).lines
    assert line.change is None


@pytest.mark.parametrize(
    ("key", "value", "goal", "met"),
    [
        ("first_response_time", 3_599.0, 3_600.0, True),
        ("first_response_time", 3_600.0, 3_600.0, True),
        ("first_response_time", 3_601.0, 3_600.0, False),
        ("one_touch_rate", 0.71, 0.7, True),
        ("one_touch_rate", 0.7, 0.7, True),
        ("one_touch_rate", 0.69, 0.7, False),
        ("one_touch_rate", None, 0.7, None),
        ("ticket_volume", 100.0, 90.0, None),
    ],
)
def test_a_goal_is_met_on_the_better_side_of_it(
    key: str, value: float | None, goal: float, met: bool | None
) -> None:
    (line,) = digest(series(key, goal, value, before=[goal] * 8), goals={key: goal}).lines
    assert (line.target, line.met) == (goal, met)


def test_without_a_goal_none_is_met() -> None:
    (line,) = digest(series("first_response_time", 3_000, 3_000)).lines
    assert (line.goal, line.met) == (None, None)


def test_a_window_that_was_not_read_whole_is_no_history() -> None:
    """Data go back to the middle of the fourth Thursday: what was before it looks like a quiet day."""
    since = WEEKS[3].start + timedelta(hours=12)
    told = [reading("ticket_volume", 100, window, since=since) for window in (*WEEKS, THURSDAY)]
    (line,) = lines(told, [])
    assert [one.window for one in line.history] == WEEKS[4:]
    assert (line.usual, line.standing) == (None, Standing.UNKNOWN)
    never = [reading("ticket_volume", 100, window, since=None) for window in (*WEEKS, THURSDAY)]
    assert lines(never, [])[0].before is None


def test_slices_have_lines_of_their_own() -> None:
    told = [*series("backlog", 50, 50, of=EMAIL), *series("backlog", 9, 90, of=CHAT)]
    found = {line.reading.slice: line.standing for line in lines(told, [])}
    assert found == {EMAIL: Standing.WITHIN, CHAT: Standing.ABOVE}


# --- What stands out -------------------------------------------------------------------------------


def test_on_a_quiet_day_nothing_stands_out() -> None:
    quiet = digest(*(series(key, *(0.9, 0.91) if key == "csat" else (90, 91)) for key in HEADLINE))
    assert quiet.highlights == []
    assert [line.reading.metric.key for line in quiet.headline] == list(HEADLINE)


def test_bad_news_comes_first_and_headline_numbers_before_others() -> None:
    found = digest(
        series("ticket_volume", 100, 900),
        series("tickets_solved", 100, 900),
        series("interactions_per_resolution", 4, 40),
        series("response_time", 600, 60),
        series("resolution_time", 3_000, 90_000),
        series("first_response_time", 3_000, 90_000),
        series("backlog", 60, 61),
        goals={"interactions_per_resolution": 5, "response_time": 600},
    )
    assert names(found.highlights) == [
        "first_response_time",  # bad, in the order of the headline
        "resolution_time",
        "interactions_per_resolution",
        "tickets_solved",  # good
        "response_time",
        "ticket_volume",  # neither
    ]
    assert [highlight.line.is_good for highlight in found.highlights] == [
        *([False] * 3),
        *([True] * 2),
        None,
    ]


def test_only_the_headline_stands_out() -> None:
    """Of a whole catalogue some number strays by chance nearly every day; a goal asks for more."""
    told = series("response_time", 600, 9_000)
    assert digest(told).highlights == []
    assert names(digest(told, goals={"response_time": 600}).highlights) == ["response_time"]


def test_what_has_no_number_or_too_little_history_does_not_stand_out() -> None:
    some: list[float | None] = [None, *([100.0] * 7)]
    found = digest(
        series("first_response_time", 3_000, None), series("backlog", 0, 900, before=some)
    )
    assert found.highlights == []


# --- The blocks of a week --------------------------------------------------------------------------


def week(*told: Sequence[Reading], fresh: Freshness = FRESH) -> dict[Theme, Block]:
    made = digest(*told, kind=Kind.WEEKLY, fresh=fresh)
    return {block.theme: block for block in made.blocks}


def keys(told: Sequence[Line]) -> list[str]:
    return [line.reading.metric.key for line in told]


def test_every_number_of_a_block_is_in_the_catalogue_and_in_no_other_block() -> None:
    listed = [key for theme in Theme for key in THEMES[theme]]
    assert len(listed) == len(set(listed))
    assert set(listed) <= CATALOGUE.keys()
    assert set(HEADLINE) <= set(listed)


def test_a_week_is_told_in_blocks_of_what_is_known_and_a_day_is_not() -> None:
    told = (
        series("backlog", 90, 91),
        series("csat", 0.9, 0.91),
        series("ticket_volume", 140, 141),
        series("nps", 30, None),
        series("enps", 30, None),
    )
    found = week(*told)
    assert {theme: keys(block.lines) for theme, block in found.items()} == {
        Theme.QUALITY: ["csat"],
        Theme.LOAD: ["ticket_volume", "backlog"],
    }
    assert digest(*told).blocks == []


def test_a_block_tells_what_is_better_what_is_worse_and_what_is_neither() -> None:
    load = week(
        series("ticket_volume", 100, 900),
        series("tickets_solved", 100, 900),
        series("backlog", 60, 600),
        series("handle_time", 300, 301),
    )[Theme.LOAD]
    assert keys(load.that_are(good=False)) == ["backlog"]
    assert keys(load.that_are(good=True)) == ["tickets_solved"]
    assert keys(load.that_are(good=None)) == ["ticket_volume"]
    assert load.is_judged


def test_a_block_tells_of_every_number_by_what_is_usual_alone() -> None:
    """Its interval is so wide that it might be that of the week before: that is no second opinion."""
    unsure = [replace(one, low=0.0, high=1.0) for one in series("reopen_rate", 0.08, 0.3)]
    quality = week(unsure, series("csat", 0.9, 0.2))[Theme.QUALITY]
    assert keys(quality.that_are(good=False)) == ["csat", "reopen_rate"]


def test_a_block_without_history_or_with_missing_numbers_is_not_judged() -> None:
    young = week(series("backlog", 0, 9, before=[None] * 8))[Theme.LOAD]
    part = week(series("backlog", 90, 900), fresh=replace(FRESH, desks=[DeskState("acme")]))
    for block in (young, part[Theme.LOAD]):
        assert not block.is_judged
        assert block.that_are(good=False) == []


def test_the_part_where_it_shows_most_is_named_for_each_dimension() -> None:
    found = digest(
        series("first_response_time", 3_000, 9_000, n=300),
        parts=[
            series("first_response_time", 3_000, 30_000, n=100, of=EMAIL),
            series("first_response_time", 100, 1_000, n=100, of=CHAT),
            series("first_response_time", 3_000, 9_000, n=20, of=TECH),
            series("first_response_time", 3_000, 9_000, n=80, of=BILLING),
        ],
    )
    (highlight,) = found.highlights
    assert [part.reading.slice for part in highlight.parts] == [EMAIL, BILLING]


@pytest.mark.parametrize(
    ("n", "now", "of", "named"),
    [
        pytest.param(FEWEST_IN_PART, 30_000.0, EMAIL, True, id="just enough tickets"),
        pytest.param(FEWEST_IN_PART - 1, 30_000.0, EMAIL, False, id="too few tickets"),
        pytest.param(100, 3_000.0, EMAIL, False, id="as usual there"),
        pytest.param(100, 30.0, EMAIL, False, id="unusual the other way"),
        pytest.param(
            100, 30_000.0, Slice(Dimension.CHANNEL, None), False, id="of those nobody told anything"
        ),
    ],
)
def test_a_part_is_named_only_when_it_explains_something(
    n: int, now: float, of: Slice, named: bool
) -> None:
    (highlight,) = digest(
        series("first_response_time", 3_000, 9_000),
        parts=[series("first_response_time", 3_000, now, n=n, of=of)],
    ).highlights
    assert bool(highlight.parts) is named


def test_a_part_of_another_metric_explains_nothing() -> None:
    (highlight,) = digest(
        series("first_response_time", 3_000, 9_000),
        parts=[series("resolution_time", 3_000, 90_000, of=EMAIL)],
    ).highlights
    assert highlight.parts == []


@pytest.mark.parametrize(
    ("before", "now", "weeks"),
    [
        pytest.param(None, 9_000.0, 8, id="never higher"),
        pytest.param([*CALM_TIMES, 10_000.0], 9_000.0, None, id="higher last week"),
        pytest.param([*CALM_TIMES, 9_000.0], 9_000.0, None, id="as high last week"),
        pytest.param(None, 30.0, 8, id="never lower"),
        pytest.param([30_000.0, *CALM_TIMES], 30.0, 8, id="a record on the lower side"),
        pytest.param([20.0, *CALM_TIMES], 30.0, None, id="lower eight weeks ago"),
    ],
)
def test_a_record_is_one_of_all_the_weeks_looked_back_on(
    before: Sequence[float] | None, now: float, weeks: int | None
) -> None:
    (highlight,) = digest(series("first_response_time", 3_000, now, before=before)).highlights
    assert highlight.record_of_weeks == weeks


def test_the_chart_shows_what_stands_out_most_and_else_the_first_response() -> None:
    calm = [series("backlog", 60, 61), series("first_response_time", 3_000, 3_010)]
    shown = digest(*calm).charted
    assert shown is not None
    assert shown.reading.metric.key == "first_response_time"
    moved = digest(*calm, series("resolution_time", 3_000, 90_000)).charted
    assert moved is not None
    assert moved.reading.metric.key == "resolution_time"
    assert digest(series("backlog", 60, 61)).charted is None
    assert digest(series("first_response_time", 3_000, None)).charted is None


# --- A quiet day -----------------------------------------------------------------------------------


def quiet_day(
    now: float = 91, *, csat: Sequence[float] = (0.9, 0.9), kind: Kind = Kind.DAILY, **told: Any
) -> Digest:
    """A day as any other, but for what is told of it; `csat` is that of the week before and now."""
    before, rated = csat
    happy = series("csat", 0.9, rated, before=[0.9 * factor for factor in CALM[:-1]] + [before])
    return digest(series("backlog", 90, now), happy, goals={"csat": 0.88}, kind=kind, **told)


def test_a_day_on_which_nothing_happened_is_quiet() -> None:
    assert quiet_day().is_quiet
    assert not quiet_day(kind=Kind.WEEKLY).is_quiet


def test_a_day_on_which_something_stands_out_is_not_quiet() -> None:
    assert not quiet_day(900).is_quiet
    assert not quiet_day(9).is_quiet  # good news are news


@pytest.mark.parametrize(
    ("csat", "newly_missed"),
    [
        pytest.param((0.9, 0.86), ["csat"], id="met the week before"),
        pytest.param((0.86, 0.86), [], id="missed for a while"),
        pytest.param((0.86, 0.9), [], id="met again"),
    ],
)
def test_a_goal_that_is_missed_anew_is_news(csat: Sequence[float], newly_missed: list[str]) -> None:
    found = quiet_day(csat=csat)
    assert found.highlights == []
    assert keys(found.newly_missed) == newly_missed
    assert found.is_quiet is not bool(newly_missed)
    charted = [found.charted] if found.charted else []
    assert keys(charted) == newly_missed
    assert quiet_day(csat=csat, kind=Kind.WEEKLY).newly_missed == []


def test_a_goal_that_is_on_its_way_in_time_is_not_missed() -> None:
    """The target of March would be missed today, and was met by a lucky day a week ago."""
    aim = Goal("csat", 0.95, start=0.8, since=date(2026, 9, 1), by=date(2027, 3, 31))
    past = [0.9 * factor for factor in CALM[:-1]] + [0.96]
    (line,) = lines(series("csat", 0.9, 0.91, before=past), [aim])
    assert (line.met, line.on_pace, line.is_newly_missed) == (False, True, False)


@pytest.mark.parametrize(
    "fresh",
    [
        pytest.param(replace(FRESH, desks=[DeskState("acme")]), id="never read to its end"),
        pytest.param(replace(FRESH, now=T(hours=5)), id="old data, though the day is all there"),
        pytest.param(replace(FRESH, differences=1), id="a help desk that counts otherwise"),
        pytest.param(replace(FRESH, desks=[]), id="no help desk"),
    ],
)
def test_what_is_incomplete_old_or_doubtful_is_never_quiet(fresh: Freshness) -> None:
    assert not quiet_day(fresh=fresh).is_quiet


def test_without_history_or_on_a_holiday_nobody_can_say_that_it_is_quiet() -> None:
    young = digest(series("backlog", 0, 90, before=[None] * 8))
    assert young.has_data
    assert not young.is_quiet
    ohi = days_window(date(2026, 10, 28), 1, ZoneInfo("Europe/Athens"))
    told = [reading("backlog", 90, window) for window in (*comparables(ohi), ohi)]
    made = judge(Kind.DAILY, ohi, told, [], [], FRESH)
    assert (made.is_incomparable, made.is_quiet, made.highlights) == (True, False, [])
    assert not quiet_day().is_incomparable


# --- Headline and breakdowns -----------------------------------------------------------------------


def test_a_number_with_a_goal_joins_the_headline() -> None:
    told = [series("reopen_rate", 0.1, 0.1), series("backlog", 60, 61)]
    assert [line.reading.metric.key for line in digest(*told).headline] == ["backlog"]
    with_goal = digest(*told, goals={"reopen_rate": 0.05})
    assert [line.reading.metric.key for line in with_goal.headline] == ["reopen_rate", "backlog"]


def test_a_breakdown_lists_the_largest_part_first_and_needs_two_parts() -> None:
    found = digest(
        parts=[
            series("ticket_volume", 10, 10, of=CHAT),
            series("ticket_volume", 90, 90, of=EMAIL),
            series("first_response_time", 60, 60, of=CHAT),
            series("ticket_volume", 100, 100, of=BILLING),
        ]
    )
    assert list(found.breakdowns) == [Dimension.CHANNEL]
    assert list(found.breakdowns[Dimension.CHANNEL]) == [EMAIL, CHAT]
    assert list(found.breakdowns[Dimension.CHANNEL][CHAT]) == [
        "ticket_volume",
        "first_response_time",
    ]


def test_a_digest_without_any_number_says_so() -> None:
    assert not digest(series("backlog", 60, None)).has_data
    assert digest(series("backlog", 60, 0)).has_data


def test_every_direction_is_told_apart_here() -> None:
    """The tables above cover metrics of which lower, higher and neither is better."""
    used = ("first_response_time", "tickets_solved", "ticket_volume")
    assert {CATALOGUE[key].better for key in used} == set(Better)


# --- How far the numbers can be trusted ------------------------------------------------------------


def freshness(
    *untils: datetime | None, now: datetime = T(), window: Window = THURSDAY
) -> Freshness:
    desks = [DeskState(f"desk {place}", T(days=-400), until) for place, until in enumerate(untils)]
    return Freshness(desks, window, now, timedelta(minutes=30))


MIDNIGHT = THURSDAY.end


@pytest.mark.parametrize(
    ("untils", "now", "stale", "unread", "incomplete"),
    [
        pytest.param([T(minutes=-2)], T(), 0, 0, False, id="just read"),
        pytest.param([T(minutes=-30)], T(), 0, 0, False, id="as old as may be"),
        pytest.param([T(minutes=-31)], T(), 1, 0, False, id="older, yet the window is all there"),
        pytest.param([MIDNIGHT], MIDNIGHT, 0, 0, False, id="read at the very end"),
        pytest.param(
            [MIDNIGHT - timedelta(minutes=2)],
            MIDNIGHT + timedelta(minutes=10),
            1,
            0,
            True,
            id="not old, but it ends before the window does",
        ),
        pytest.param([MIDNIGHT - timedelta(hours=3)], T(), 1, 0, True, id="the evening is missing"),
        pytest.param([None], T(), 0, 1, True, id="never read to its end"),
        pytest.param([T(minutes=-2), None], T(), 0, 1, True, id="one of two never read"),
        pytest.param([T(minutes=-2), T(hours=-20)], T(), 1, 0, True, id="one of two far behind"),
        pytest.param([], T(), 0, 0, True, id="no desk at all"),
    ],
)
def test_a_digest_knows_how_far_its_numbers_can_be_trusted(
    untils: list[datetime | None], now: datetime, stale: int, unread: int, incomplete: bool
) -> None:
    found = freshness(*untils, now=now)
    assert len(found.stale) == stale
    assert len(found.unread) == unread
    assert found.incomplete is incomplete


@pytest.mark.parametrize(
    ("behind", "stale"), [(timedelta(minutes=2), False), (timedelta(minutes=31), True)]
)
def test_a_window_that_still_runs_wants_data_of_a_little_ago(
    behind: timedelta, stale: bool
) -> None:
    running = Window(T(hours=-7), T(hours=17))
    found = freshness(T() - behind, window=running)
    assert bool(found.stale) is stale
    assert found.incomplete is stale


def test_the_numbers_are_as_fresh_as_the_desk_that_was_read_longest_ago() -> None:
    assert freshness(T(minutes=-2), T(minutes=-9)).until == T(minutes=-9)
    assert freshness(T(minutes=-2), None).until is None
    assert freshness().until is None


def test_numbers_of_which_some_are_missing_are_not_judged() -> None:
    """The lowest backlog in eight weeks would be news, were the evening's tickets not missing."""
    told = (series("ticket_volume", 150, 20), series("backlog", 80, 9))
    whole = digest(*told, goals={"backlog": 50.0})
    assert names(whole.highlights) == ["backlog", "ticket_volume"]
    cut = digest(*told, goals={"backlog": 50.0}, fresh=freshness(MIDNIGHT - timedelta(hours=3)))
    assert cut.freshness.incomplete
    assert cut.highlights == []
    for line in cut.headline:
        assert (line.standing, line.is_good) == (Standing.UNKNOWN, None)
        assert (line.change, line.met, line.verdict) == (None, None, Verdict.UNKNOWN)
    assert [line.reading.value for line in cut.headline] == [20, 9]
