"""What a digest says: judged from readings, goals and how far the help desks were read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.digests.digest import (
    FEWEST_IN_PART,
    HEADLINE,
    THEMES,
    Block,
    DeskState,
    Digest,
    Freshness,
    Highlight,
    Line,
    Theme,
    judge,
    lines,
)
from bot.digests.goals import Goal
from bot.digests.timetable import Kind, comparables, days_window
from bot.domain import Dimension, Slice, Window
from bot.metrics import CATALOGUE, Better, Reading
from bot.metrics.usual import Standing
from tests.times import T

THURSDAY = days_window(date(2026, 11, 19), 1, ZoneInfo("Europe/Athens"))
WEEKS = comparables(THURSDAY)

#: Eight Thursdays on which nothing happened, as factors of what is usual.
CALM = (1.0, 1.04, 0.97, 1.02, 0.99, 1.05, 0.96, 1.01)

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
    assert (line.standing, line.is_good, line.improved) == (Standing.ABOVE, False, False)


def test_readings_may_come_in_any_order() -> None:
    told = [*series("backlog", 80, 70), *series("reopen_rate", 0.1, 0.1)]
    assert digest(told[::-1]).lines[::-1] == digest(told).lines


@pytest.mark.parametrize(
    ("key", "now", "improved"),
    [
        ("first_response_time", 2_000, True),
        ("first_response_time", 4_000, False),
        ("tickets_solved", 4_000, True),
        ("tickets_solved", 2_000, False),
        ("ticket_volume", 2_000, None),
        ("first_response_time", 3_030, None),
    ],
)
def test_a_move_is_better_in_the_direction_of_its_metric(
    key: str, now: float, improved: bool | None
) -> None:
    (line,) = digest(series(key, 3_000, now)).lines
    assert line.improved is improved


@pytest.mark.parametrize(
    ("past", "now"), [([None] * 8, 50.0), ([0.0] * 8, 50.0), ([40.0] * 8, None)]
)
def test_without_two_numbers_there_is_no_change(
    past: list[float | None], now: float | None
) -> None:
    (line,) = digest(series("backlog", 0, now, before=past)).lines
    assert line.change is None
    assert line.improved is None


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


@pytest.mark.parametrize(("spread", "told"), [(0.001, ["reopen_rate"]), (0.2, [])])
def test_beside_the_headline_a_number_must_differ_from_the_week_before_too(
    spread: float, told: list[str]
) -> None:
    """Of so many numbers some lie outside of the usual by chance."""
    moved = [
        replace(one, low=(one.value or 0) - spread, high=(one.value or 0) + spread)
        for one in series("reopen_rate", 0.08, 0.3)
    ]
    quality = week(moved, series("csat", 0.9, 0.2))[Theme.QUALITY]
    assert keys(quality.that_are(good=False)) == ["csat", *told]


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
        pytest.param([3_000.0] * 7 + [10_000.0], 9_000.0, None, id="higher last week"),
        pytest.param([3_000.0] * 7 + [9_000.0], 9_000.0, None, id="as high last week"),
        pytest.param(None, 30.0, 8, id="never lower"),
        pytest.param([30_000.0] + [3_000.0] * 7, 30.0, 8, id="a record on the lower side"),
        pytest.param([20.0] + [3_000.0] * 7, 30.0, None, id="lower eight weeks ago"),
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
        assert (line.change, line.improved, line.met) == (None, None, None)
    assert [line.reading.value for line in cut.headline] == [20, 9]
