"""Whether work and well-being go together: what is claimed, what is not, and what a week says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from math import sqrt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import select
from sqlmodel import Session

from bot.digests.bonds import FEWEST, LONGEST_LAG, WORK, Beside, Bond, TeamWeeks, beside
from bot.digests.shuffled import memory, ranks
from bot.digests.teams import matched
from bot.digests.timetable import Kind as DigestKind
from bot.digests.timetable import days_window
from bot.domain import Ticket
from bot.locale import Reader
from bot.slack import digest as digest_message
from bot.store.database import Database
from bot.store.digests import gather
from bot.store.tables import Desk
from bot.store.wellbeing import people
from bot.surveys.results import Told
from bot.surveys.survey import Kind, Results
from bot.surveys.tally import ALL
from tests.store_samples import Plan, a_ticket
from tests.survey_waves import Survey, a_survey, mean, withheld
from tests.test_messages import sketch
from tests.times import T

ATHENS = ZoneInfo("Europe/Athens")
READER = Reader("en", ATHENS)
WEEK, DAY = timedelta(weeks=1), timedelta(days=1)

#: So few orders are enough where the interval need not be exact to a percent.
DRAWS = 199

Series = NDArray[np.float64]

# --- Invented teams ------------------------------------------------------------------------------


def wandering(weeks: int, remembers: float, random: np.random.Generator) -> Series:
    """A series of weeks with a memory; with 1 a random walk."""
    news = random.standard_normal(weeks)
    if remembers == 1:
        return np.cumsum(news)
    found = news.copy()
    for week in range(1, weeks):
        found[week] = remembers * found[week - 1] + sqrt(1 - remembers**2) * news[week]
    return found


def a_team(
    random: np.random.Generator,
    *,
    waves: int = 12,
    every: int = 2,
    work: float = 0.0,
    mood: float = 0.0,
    planted: float = 0.0,
    themes: int = 5,
) -> TeamWeeks:
    """Work and scores with memories of their own, of which none has to do with the other.

    But for what is `planted`: so much of theme 1 is the share after hours two weeks before.
    """
    weeks = LONGEST_LAG + (waves - 1) * every + 1
    of_work = {metric: wandering(weeks, work, random) for metric in WORK}
    common, asked = wandering(weeks, mood, random), range(LONGEST_LAG, weeks, every)
    felt: dict[str, dict[int, float]] = {}
    for theme in range(themes + 1):
        scores = 0.6 * common + 0.8 * wandering(weeks, mood, random)
        if theme == 1:
            before = np.roll(of_work["after_hours_share"], 2)
            scores = sqrt(1 - planted**2) * scores - planted * before
        # Not every theme is asked about each time.
        there = [week for week in asked if theme < 2 or random.random() < 0.8]
        felt[ALL if theme == 0 else f"theme {theme}"] = {week: scores[week] for week in there}
    return TeamWeeks("", None, {key: list(one) for key, one in of_work.items()}, felt)


def claims(teams: Callable[[np.random.Generator], TeamWeeks], many: int) -> list[Sequence[Bond]]:
    """What so many digests claim."""
    random = np.random.default_rng(3)
    return [beside([teams(random)], draws=DRAWS, seed=seed).bonds for seed in range(many)]


def one_series(work: Sequence[float | None], felt: Mapping[int, float]) -> Beside:
    return beside([TeamWeeks("", None, {"backlog": work}, {ALL: felt})], draws=DRAWS)


# --- What is claimed -----------------------------------------------------------------------------


@pytest.mark.thorough
def test_what_goes_together_plainly_is_claimed_with_its_lag_and_its_interval() -> None:
    random = np.random.default_rng(1)
    team = a_team(random, waves=26, planted=0.95)
    bond = beside([team]).bonds[0]
    assert (bond.metric, bond.subject, bond.weeks) == ("after_hours_share", "theme 1", 2)
    assert (bond.waves, bond.team) == (26, "")
    assert -1 < bond.low < bond.correlation < bond.high < 0


def test_a_claim_is_the_same_whenever_it_is_made() -> None:
    team = a_team(np.random.default_rng(1), waves=26, planted=0.95)
    assert beside([team], draws=DRAWS) == beside([team], draws=DRAWS)


def test_of_one_number_and_theme_the_plainest_lag_is_told_and_no_other() -> None:
    """A backlog that hardly moves is the same two weeks before: one bond, not five."""
    random = np.random.default_rng(2)
    work = wandering(60, 0.9, random)
    felt = {week: float(-work[week - 1]) for week in range(5, 60, 2)}
    found = one_series(list(work), felt)
    assert [(bond.metric, bond.subject, bond.weeks) for bond in found.bonds] == [
        ("backlog", ALL, 1)
    ]


@pytest.mark.parametrize(("waves", "claimed"), [(FEWEST - 1, False), (FEWEST + 2, True)])
def test_of_fewer_than_8_waves_nothing_is_claimed(waves: int, claimed: bool) -> None:
    random = np.random.default_rng(4)
    work = list(random.standard_normal(LONGEST_LAG + waves))
    found = one_series(work, {week: -work[week] for week in range(LONGEST_LAG, len(work))})
    assert (found.is_judged, bool(found.bonds), found.waves) == (claimed, claimed, waves)


def test_weeks_without_a_number_are_left_out_with_their_waves() -> None:
    random = np.random.default_rng(5)
    work: list[float | None] = [float(one) for one in random.standard_normal(24)]
    felt = {week: float(work[week] or 0) for week in range(4, 24)}
    work[10] = work[11] = None
    (bond,) = one_series(work, felt).bonds
    assert (bond.weeks, bond.waves) == (0, 18)


@pytest.mark.parametrize("work", [[5.0] * 20, [None] * 20, []])
def test_what_never_changes_or_is_not_there_goes_with_nothing(work: list[float | None]) -> None:
    felt = {week: float(week) for week in range(4, 20)} if work else {}
    assert one_series(work, felt).bonds == []


def test_a_trend_that_both_have_is_no_bond() -> None:
    """A team that grows, with a backlog that grows and a mood that falls: chance does that as well."""
    work = [float(week) for week in range(40)]
    felt = {week: -float(week) for week in range(4, 40, 2)}
    assert one_series(work, felt).bonds == []


# --- What chance does ----------------------------------------------------------------------------

MEMORIES = [(0.0, 0.0), (0.7, 0.7), (1.0, 1.0)]


@pytest.mark.thorough
@pytest.mark.parametrize(("work", "mood"), MEMORIES)
def test_of_what_has_nothing_to_do_with_each_other_hardly_anything_is_claimed(
    work: float, mood: float
) -> None:
    """All looks of a digest together: 6 subjects, 3 numbers and 5 lags are 90 of them."""
    found = claims(lambda random: a_team(random, work=work, mood=mood), 100)
    # At 5 % five are expected, and 11 or more once in 90 times.
    assert sum(map(bool, found)) <= 10


@pytest.mark.thorough
def test_a_planted_bond_is_found_with_its_lag() -> None:
    found = claims(lambda random: a_team(random, waves=26, work=0.5, mood=0.3, planted=0.8), 40)
    right = [
        bonds
        for bonds in found
        if bonds
        and (bonds[0].metric, bonds[0].subject, bonds[0].weeks)
        == ("after_hours_share", "theme 1", 2)
    ]
    assert len(right) >= 0.8 * len(found)


# --- The parts of it -----------------------------------------------------------------------------


def test_ranks_of_what_is_the_same_lie_in_the_middle() -> None:
    rows = np.array([[3.0, 1.0, 2.0, 2.0], [5.0, 5.0, 5.0, 1.0]])
    assert ranks(rows).tolist() == [[3.0, 0.0, 1.5, 1.5], [2.0, 2.0, 2.0, 0.0]]
    assert ranks(np.array([2.0, 2.0, 1.0])).tolist() == [1.5, 1.5, 0.0]


@pytest.mark.parametrize(("remembers", "low", "high"), [(0.0, 0.0, 0.25), (0.8, 0.75, 0.95)])
def test_memory_is_measured_rather_too_large_than_too_small(
    remembers: float, low: float, high: float
) -> None:
    random = np.random.default_rng(6)
    measured = [memory(wandering(52, remembers, random)) for _ in range(200)]
    assert low <= float(np.median(measured)) <= high
    assert float(np.mean(np.array(measured) >= remembers)) > 0.65


def test_one_outage_does_not_change_how_much_weeks_remember() -> None:
    weeks = wandering(52, 0.8, np.random.default_rng(7))
    hurt = weeks.copy()
    hurt[20] = 1_000.0
    assert memory(hurt) > 0.7 * memory(weeks)
    assert memory(np.array([1.0, 2.0, np.nan])) == 0.99


# --- Which team is which group -------------------------------------------------------------------

NAMES = [
    ("#billing-team", "Billing", True),
    ("@Support_Agents-Billing", "billing support", True),
    ("#billing", "Billing EU", False),
    ("#bill", "Billing", False),
    ("@support-agents", "Support", False),
    ("#support", "Support", True),
    ("#پشتیبانی-فنی", "پشتیبانی فنی", True),
    ("others", "Others", True),
]


@pytest.mark.parametrize(("team", "group", "same"), NAMES)
def test_a_team_is_a_group_only_by_its_whole_name(team: str, group: str, same: bool) -> None:
    assert matched([team], [group, "Something else"]) == ({team: group} if same else {})


def test_where_two_have_the_same_name_nobody_knows_which_is_meant() -> None:
    assert matched(["#billing", "@billing-team"], ["Billing"]) == {}
    assert matched(["#billing"], ["Billing", "billing team"]) == {}
    assert matched(["#billing", "#tech"], ["Billing", "Tech"]) == {
        "#billing": "Billing",
        "#tech": "Tech",
    }


# --- From the store ------------------------------------------------------------------------------

#: The week of the digest, and the days on which the pulses of a year close: Wednesdays at five.
WINDOW = days_window(date(2026, 11, 13), 7, ATHENS)
WEDNESDAY = datetime(2026, 11, 18, 17, tzinfo=ATHENS)

#: How many minutes the first response took in the last weeks, newest first.
MINUTES = (31, 50, 44, 20, 61, 25, 58, 33, 47, 22, 64, 29, 52, 38, 41)


def tickets() -> Iterator[Ticket]:
    """Three of Billing and one of Sales each week, the week's own time to the first response."""
    for back, minutes in enumerate(MINUTES):
        created = (WEDNESDAY - back * WEEK - 3 * DAY).astimezone(UTC)
        for n, group in enumerate(["Billing"] * 3 + ["Sales"]):
            yield a_ticket(
                f"{back}-{n}",
                created,
                group=group,
                first_reply_at=created + timedelta(minutes=minutes),
            )


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.writing() as session:
        Plan("acme", [*tickets()], data_from=T(days=-100), data_until=T()).store(session, 1)
        yield session


def pulses(
    session: Session, many: int, *, results: Results = Results.CHANNEL, of_team: Told | None = None
) -> Survey:
    """A pulse each week that is the worse, the slower the first responses were a week before."""
    survey = a_survey(session, Kind.PULSE, results_for=results, teams=("#billing-team", "#legal"))
    for back in reversed(range(many)):
        score = mean(5 - MINUTES[back + 1] / 25)
        team = of_team if of_team and not back else score
        survey.closes(
            WEDNESDAY - back * WEEK,
            score,
            more={(ALL, "#billing-team"): team, (ALL, "#legal"): score},
            workload=mean(3.0),
        )
    return survey


def side_by_side(session: Session) -> Beside | None:
    return people(session, 1, DigestKind.WEEKLY, WINDOW, []).beside


@pytest.mark.thorough
def test_a_week_sets_the_work_of_the_weeks_before_beside_each_wave(session: Session) -> None:
    pulses(session, 3)
    found = side_by_side(session)
    assert found is not None
    everybody, billing = found.sides
    assert (everybody.team, everybody.group) == ("", None)
    assert (billing.team, billing.group) == ("#billing-team", "Billing")
    waits = [60.0 * minutes for minutes in reversed(MINUTES[:7])]
    assert everybody.work["first_response_time"] == billing.work["first_response_time"] == waits
    assert everybody.work["backlog"][-1] == 60
    assert billing.work["backlog"][-2:] == [42, 45]
    scores = [5 - MINUTES[back + 1] / 25 for back in (0, 1, 2)]
    assert everybody.felt[ALL] == pytest.approx({6: scores[0], 5: scores[1], 4: scores[2]})
    assert everybody.felt["theme:workload"] == {6: 3.0, 5: 3.0, 4: 3.0}
    assert set(billing.felt) == {ALL}
    assert (found.bonds, found.waves, found.is_judged) == ([], 3, False)


@pytest.mark.thorough
def test_a_bond_of_a_team_is_told_in_the_week_in_which_a_wave_closed(session: Session) -> None:
    pulses(session, 10)
    found = side_by_side(session)
    assert found is not None
    assert {(bond.metric, bond.subject, bond.weeks) for bond in found.bonds} == {
        ("first_response_time", ALL, 1)
    }
    made = gather(session, 1, DigestKind.WEEKLY, WINDOW, now=T(), stale_after=DAY)
    said = sketch(digest_message.render(made, READER, with_chart=False))
    assert (
        "In weeks with slower first responses “Pulse” was lower a week later (10 surveys," in said
    )
    assert "That does not say which causes which." in said
    assert "| All | #billing-team\n  Backlog | 60 | 45\n" in said
    assert "Teams as groups: #billing-team is Billing." in said
    later = days_window(date(2026, 11, 20), 7, ATHENS)
    assert people(session, 1, DigestKind.WEEKLY, later, []).beside is None
    assert people(session, 1, DigestKind.DAILY, WINDOW, []).beside is None


@pytest.mark.thorough
def test_a_team_whose_last_score_is_withheld_is_not_set_beside_its_work(session: Session) -> None:
    pulses(session, 9, of_team=withheld())
    found = side_by_side(session)
    assert found is not None
    assert [side.team for side in found.sides] == [""]
    assert {bond.team for bond in found.bonds} == {""}


@pytest.mark.parametrize("results", [Results.LEADS, Results.ASKED])
def test_what_is_not_for_everybody_stands_beside_nothing(
    session: Session, results: Results
) -> None:
    pulses(session, 3, results=results)
    assert side_by_side(session) is None


def test_weeks_that_were_not_read_whole_have_no_numbers(session: Session) -> None:
    desk = session.scalars(select(Desk)).one()
    desk.data_from, desk.data_until = T(days=-20), T(days=-3)
    pulses(session, 2)
    found = side_by_side(session)
    assert found is not None
    known = [one is not None for one in found.sides[0].work["backlog"]]
    assert known == [False, False, False, False, True, False]


def test_without_a_help_desk_there_is_nothing_to_set_beside(database: Database) -> None:
    with database.writing() as session:
        pulses(session, 3)
        assert side_by_side(session) is None


def test_a_wave_that_closed_early_is_held_against_whole_weeks_before_it(session: Session) -> None:
    survey = a_survey(session, Kind.PULSE)
    survey.closes(WEDNESDAY - WEEK - 2 * DAY, mean(3.0))
    survey.closes(WEDNESDAY, mean(4.0))
    found = side_by_side(session)
    assert found is not None
    # The week that ends on the Wednesday after the early close would reach beyond it.
    assert found.sides[0].felt[ALL] == {6: 4.0, 4: 3.0}
