"""What `/alert` understands of a rule, what it answers to one that is none, and how it writes one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.alerts.rule import (
    Burn,
    Change,
    Condition,
    Limit,
    NoData,
    Old,
    Rule,
    Side,
    Unusual,
    Waiting,
    bounds,
    recovery,
)
from bot.alerts.sense import problem
from bot.alerts.unsaid import usual_fast, usual_window
from bot.alerts.wording import EXAMPLES, amount, name, sample, span, typed, written
from bot.domain import Dimension, Slice
from bot.errors import UsageError
from bot.metrics import CATALOGUE, Clock, Metric, Unit
from commands.alert_text import EXAMPLE, parse_rule
from commands.words import unescaped
from tests.alert_rules import METRICS, rules
from tests.test_language import READER, START, unmarked, without_quotes

patient = settings(deadline=None)

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
FRT = "first_response_time"
BILLING = Slice(Dimension.GROUP, "Billing")


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def limit(metric: str, side: Side, value: float) -> Limit:
    """A limit with the recovery that nobody has to name."""
    return Limit(side, value, recovery(CATALOGUE[metric], side, value))


def rule(metric: str, condition: Condition, **told: object) -> Rule:
    """A rule about a metric in the window that nobody has to name."""
    over = usual_window(condition, CATALOGUE[metric])
    return replace(Rule(condition, metric=metric, over=over), **told)  # type: ignore[arg-type]


SLOW = rule(FRT, limit(FRT, Side.ABOVE, 4 * 3600))


def refused(text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse_rule(text)
    return caught.value


# --- A number and its limit ----------------------------------------------------------------------

#: What is typed, the metric, the side, the limit in its unit, and how it is written.
LIMITS = [
    ("first_response_time > 4h", FRT, Side.ABOVE, 14_400, "first_response_time > 4h"),
    ("First Response Time > 4 hours", FRT, Side.ABOVE, 14_400, "first_response_time > 4h"),
    ("FRT>4h", FRT, Side.ABOVE, 14_400, "first_response_time > 4h"),
    ("frt over 4h", FRT, Side.ABOVE, 14_400, "first_response_time > 4h"),
    ("frt is above 1 h 30 min", FRT, Side.ABOVE, 5_400, "first_response_time > 1h30m"),
    ("frt longer than 1h30", FRT, Side.ABOVE, 5_400, "first_response_time > 1h30m"),
    ("frt > 2.5 days", FRT, Side.ABOVE, 216_000, "first_response_time > 2d12h"),
    ("speed of answer > 20s", "speed_of_answer", Side.ABOVE, 20, "speed_of_answer > 20s"),
    ("csat < 85%", "csat", Side.BELOW, 0.85, "csat < 85%"),
    ("csat<85 %", "csat", Side.BELOW, 0.85, "csat < 85%"),
    ("csat drops below 85 percent", "csat", Side.BELOW, 0.85, "csat < 85%"),
    ("customer satisfaction under 8.3%", "csat", Side.BELOW, 0.083, "csat < 8.3%"),
    ("alert me when csat is less than 85%", "csat", Side.BELOW, 0.85, "csat < 85%"),
    ("csat &lt; 85%", "csat", Side.BELOW, 0.85, "csat < 85%"),
    ("csat ≤ ۸۵٪", "csat", Side.BELOW, 0.85, "csat < 85%"),
    ("csat < ٪۸۵", "csat", Side.BELOW, 0.85, "csat < 85%"),
    ("reopen rate > 1,1%", "reopen_rate", Side.ABOVE, 0.011, "reopen_rate > 1.1%"),
    ("nps < 20", "nps", Side.BELOW, 20, "nps < 20"),
    ("nps < −20 points", "nps", Side.BELOW, -20, "nps < -20"),
    ("ces < 5.5", "ces", Side.BELOW, 5.5, "ces < 5.5"),
    ("backlog > 200", "backlog", Side.ABOVE, 200, "backlog > 200"),
    ("backlog more than ٢٠٠ tickets", "backlog", Side.ABOVE, 200, "backlog > 200"),
    ("backlog >= 200", "backlog", Side.ABOVE, 199, "backlog > 199"),
    ("backlog at least 200", "backlog", Side.ABOVE, 199, "backlog > 199"),
    ("tickets solved at most 3", "tickets_solved", Side.BELOW, 4, "tickets_solved < 4"),
    ("tickets per agent ≥ 12.5", "tickets_per_agent", Side.ABOVE, 12.5, "tickets_per_agent > 12.5"),
    (
        "tickets per agent > 0.125",
        "tickets_per_agent",
        Side.ABOVE,
        0.125,
        "tickets_per_agent > 0.1250",
    ),
    ("one-touch rate < 40%", "one_touch_rate", Side.BELOW, 0.4, "one_touch_rate < 40%"),
    ("`csat < 85%`", "csat", Side.BELOW, 0.85, "csat < 85%"),
]


@pytest.mark.parametrize(("text", "metric", "side", "value", "again"), LIMITS)
def test_a_limit_is_read_in_the_unit_of_the_number(
    text: str, metric: str, side: Side, value: float, again: str
) -> None:
    found = parse_rule(text)
    assert found == rule(metric, limit(metric, side, value))
    assert written(found) == again


def test_signs_that_slack_escapes_are_what_was_typed() -> None:
    assert parse_rule(unescaped("csat &lt; 85%")) == parse_rule("csat < 85%")
    assert parse_rule(unescaped("frt &gt; 4h for group R&amp;D")).only == Slice(
        Dimension.GROUP, "R&D"
    )


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)
def test_every_name_of_a_number_begins_a_rule(metric: Metric) -> None:
    wanted = sample(metric)
    for called in metric.names:
        text = written(wanted).replace(metric.key, called, 1)
        assert parse_rule(text) == wanted
        assert parse_rule(text.upper()) == wanted
    assert parse_rule(written(wanted)) == wanted


# --- What is usual, and what is no number --------------------------------------------------------

OTHERS = [
    ("ticket_volume +40% vs usual", rule("ticket_volume", Change(Side.ABOVE, 0.4))),
    ("volume + 40 % versus usual", rule("ticket_volume", Change(Side.ABOVE, 0.4))),
    ("volume 40% above usual", rule("ticket_volume", Change(Side.ABOVE, 0.4))),
    ("volume more than 40% higher than usual", rule("ticket_volume", Change(Side.ABOVE, 0.4))),
    ("ticket_volume -40% vs usual", rule("ticket_volume", Change(Side.BELOW, 0.4))),
    ("volume −40%", rule("ticket_volume", Change(Side.BELOW, 0.4))),
    ("volume 40 % less than usual", rule("ticket_volume", Change(Side.BELOW, 0.4))),
    ("volume > 40% below usual", rule("ticket_volume", Change(Side.BELOW, 0.4))),
    ("volume < -40% vs usual", rule("ticket_volume", Change(Side.BELOW, 0.4))),
    ("volume ±8.3% vs usual", rule("ticket_volume", Change(Side.EITHER, 0.083))),
    ("csat -10% vs usual", rule("csat", Change(Side.BELOW, 0.1))),
    ("frt unusual", rule(FRT, Unusual(Side.ABOVE))),
    ("frt is unusually low", rule(FRT, Unusual(Side.BELOW))),
    ("frt unusual either way", rule(FRT, Unusual(Side.EITHER))),
    ("csat unusual", rule("csat", Unusual(Side.BELOW))),
    ("csat unusual high", rule("csat", Unusual(Side.ABOVE))),
    ("ticket_volume unusual", rule("ticket_volume", Unusual(Side.EITHER))),
    ("data older than 2h", Rule(Old(2 * HOUR))),
    ("data > 2h old", Rule(Old(2 * HOUR))),
    ("data older than 2h of desk acme", Rule(Old(2 * HOUR), only=Slice(Dimension.DESK, "acme"))),
    ("data of acme older than 2h", Rule(Old(2 * HOUR), only=Slice(Dimension.DESK, "acme"))),
    ("data older than 2h by desk", Rule(Old(2 * HOUR))),
    ("ticket waiting > 1h without reply", Rule(Waiting(HOUR))),
    ("ticket waiting for more than 1h", Rule(Waiting(HOUR))),
    ("ticket waiting for 1h", Rule(Waiting(HOUR))),
    ("tickets without a reply over an hour", Rule(Waiting(HOUR))),
    ("ticket unanswered 90 min", Rule(Waiting(minutes(90)))),
    ("ticket waiting > 1h without reply for group Billing", Rule(Waiting(HOUR), only=BILLING)),
    ("ticket waiting for group Billing > 1h", Rule(Waiting(HOUR), only=BILLING)),
]


@pytest.mark.parametrize(("text", "wanted"), OTHERS)
def test_conditions_that_are_no_limits_are_read(text: str, wanted: Rule) -> None:
    assert parse_rule(text) == wanted


BURNS = [
    ("sla burns 6x goal 95% over 6h and 30m", 6, 0.95, 6 * HOUR, minutes(30)),
    ("sla burns 6x goal 95%", 6, 0.95, 6 * HOUR, minutes(30)),
    ("SLA attainment burn > 6 times goal of 95 %", 6, 0.95, 6 * HOUR, minutes(30)),
    ("sla budget burns 14.4x target 99.9% over 1h", 14.4, 0.999, HOUR, minutes(5)),
    ("sla burning 2× as fast as allowed over 3d goal 90%", 2, 0.9, 3 * DAY, 6 * HOUR),
    ("sla burns 6x over 1h and 10 min goal 95%", 6, 0.95, HOUR, minutes(10)),
]


@pytest.mark.parametrize(("text", "factor", "goal", "over", "fast"), BURNS)
def test_a_burn_has_two_windows_and_a_goal(
    text: str, factor: float, goal: float, over: timedelta, fast: timedelta
) -> None:
    assert parse_rule(text) == Rule(Burn(factor, goal, fast), metric="sla_attainment", over=over)


def test_a_burn_without_a_goal_is_held_against_the_one_that_is_set() -> None:
    asked: list[tuple[str, Slice | None]] = []

    def goals(metric: Metric, part: Slice | None) -> float | None:
        asked.append((metric.key, part))
        return 0.9

    found = parse_rule("sla burns 6x for group Billing", goals=goals)
    assert found.condition == Burn(6, 0.9, minutes(30))
    assert asked == [("sla_attainment", BILLING)]
    assert parse_rule("sla burns 6x goal 95%", goals=goals).condition == Burn(6, 0.95, minutes(30))
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("over", "fast"),
    [(minutes(15), 5), (HOUR, 5), (6 * HOUR, 30), (7 * HOUR, 30), (DAY, 120), (30 * DAY, 3600)],
)
def test_the_fast_window_is_a_twelfth_of_the_slow_one_in_whole_looks(
    over: timedelta, fast: int
) -> None:
    assert usual_fast(over) == minutes(fast)


# --- The other parts -----------------------------------------------------------------------------

PARTS = [
    ("for 30m", {"lasting": minutes(30)}),
    ("for at least 30 minutes", {"lasting": minutes(30)}),
    ("over 2h", {"over": 2 * HOUR}),
    ("over the last 2 hours", {"over": 2 * HOUR}),
    ("in the last 2h", {"over": 2 * HOUR}),
    ("over a day", {"over": DAY}),
    ("by group", {"by": Dimension.GROUP}),
    ("for each channel", {"by": Dimension.CHANNEL}),
    ("by help desk", {"by": Dimension.DESK}),
    ("per priority", {"by": Dimension.PRIORITY}),
    ("for group Billing", {"only": BILLING}),
    ('for channel "live chat"', {"only": Slice(Dimension.CHANNEL, "live chat")}),
    ("of help desk acme", {"only": Slice(Dimension.DESK, "acme")}),
    ("min 5", {"fewest": 5}),
    ("minimum ۵ tickets", {"fewest": 5}),
    ("recover 3h", {"condition": Limit(Side.ABOVE, 14_400, 10_800)}),
    ("recovers below 3 h", {"condition": Limit(Side.ABOVE, 14_400, 10_800)}),
    ("recover 4h", {"condition": Limit(Side.ABOVE, 14_400, 14_400)}),
    ("keep 20m", {"keep": minutes(20)}),
    ("keep for 1h", {"keep": HOUR}),
    ("keep 0m", {"keep": timedelta(0)}),
    ("every 2h", {"every": 2 * HOUR}),
    ("every day", {"every": DAY}),
    ("remind every hour", {"every": HOUR}),
    ("no data alerts", {"no_data": NoData.ALERT}),
    ("no data is ok", {"no_data": NoData.OK}),
    ("no data keeps", {"no_data": NoData.KEEP}),
]


@pytest.mark.parametrize(("text", "told"), PARTS)
def test_the_parts_of_a_rule_are_read(text: str, told: dict[str, object]) -> None:
    assert parse_rule(f"frt > 4h {text}") == replace(SLOW, **told)  # type: ignore[arg-type]
    told = {**told, "in_hours": True}
    assert parse_rule(f"frt > 4h, {text}, in office hours") == replace(SLOW, **told)  # type: ignore[arg-type]


#: `business` alone is the clock of `/kpi`; with a word of time before it, or `only`, it is when to tell.
HOURS = [
    ("business", Clock.BUSINESS, False),
    ("business hours", Clock.BUSINESS, False),
    ("business time", Clock.BUSINESS, False),
    ("in office hours", Clock.CALENDAR, True),
    ("in business hours", Clock.CALENDAR, True),
    ("during business hours", Clock.CALENDAR, True),
    ("business hours only", Clock.CALENDAR, True),
    ("only in working hours", Clock.CALENDAR, True),
    ("office hours", Clock.CALENDAR, True),
    ("working hours only", Clock.CALENDAR, True),
    ("business hours in business hours", Clock.BUSINESS, True),
    ("in office hours business", Clock.BUSINESS, True),
]


@pytest.mark.parametrize(("text", "clock", "in_hours"), HOURS)
def test_the_clock_of_a_duration_is_told_from_the_hours_in_which_to_tell_it(
    text: str, clock: Clock, in_hours: bool
) -> None:
    assert parse_rule(f"frt > 4h {text}") == replace(SLOW, clock=clock, in_hours=in_hours)


def test_the_parts_may_come_in_any_order() -> None:
    parts = ("for 30m", "over 2h", "for group Billing", "in office hours", "business")
    wanted = replace(
        SLOW,
        lasting=minutes(30),
        over=2 * HOUR,
        only=BILLING,
        in_hours=True,
        clock=Clock.BUSINESS,
    )
    for order in permutations(parts):
        assert parse_rule("frt > 4h " + " ".join(order)) == wanted


def test_the_condition_may_come_behind_other_parts() -> None:
    wanted = replace(SLOW, over=2 * HOUR, only=Slice(Dimension.GROUP, "Tier 2"))
    for text in (
        "frt over 2h for group Tier 2 > 4h",
        "frt for group Tier 2 > 4h over 2h",
        'frt for group "Tier 2" over 2h above 4h',
        "frt over 4h over 2h for group Tier 2",
    ):
        assert parse_rule(text) == wanted
    burn = parse_rule("sla for group Tier 2 burns 6x goal 95%")
    assert burn.only == Slice(Dimension.GROUP, "Tier 2")
    waiting = parse_rule("ticket waiting for group Tier 2 without reply > 1h")
    assert waiting == Rule(Waiting(HOUR), only=Slice(Dimension.GROUP, "Tier 2"))
    assert parse_rule("frt over 2h unusual") == rule(FRT, Unusual(Side.ABOVE), over=2 * HOUR)
    unusual = parse_rule("frt for group Tier 2 unusual")
    assert unusual == rule(FRT, Unusual(Side.ABOVE), only=Slice(Dimension.GROUP, "Tier 2"))


def test_the_example_of_the_issue_is_read_and_written() -> None:
    found = parse_rule(
        "first_response_time > 4h for 30m over 2h by group min 20 recover 3h every 4h "
        "in office hours"
    )
    assert found == Rule(
        Limit(Side.ABOVE, 14_400, 10_800),
        metric=FRT,
        over=2 * HOUR,
        lasting=minutes(30),
        by=Dimension.GROUP,
        in_hours=True,
    )
    # Both 20 and 4 h are what they are anyway.
    assert written(found) == (
        "first_response_time > 4h for 30m over 2h by group recover 3h in office hours"
    )


# --- Names ---------------------------------------------------------------------------------------

NAMES = [
    ("Billing", "Billing"),
    ("Tier 2", "Tier 2"),
    ("Tier 2 over 2h", "Tier 2"),
    ("2nd line", "2nd line"),
    ("Business", "Business"),
    ("Business business", "Business"),
    ("Sales in Europe", "Sales in Europe"),
    ("Sales in office hours", "Sales"),
    ("Keep fit keep 20m", "Keep fit"),
    ("We keep promises min 5", "We keep promises"),
    ("Very unusual cases", "Very unusual cases"),
    ("Support > Tier two", "Support > Tier two"),
    ("R&D <EU>", "R&D <EU>"),
    ("No data no data alerts", "No data"),
    ("'s-Hertogenbosch", "'s-Hertogenbosch"),
    ('"Sold by phone" over 2h', "Sold by phone"),
    ("“Open for 3 days”", "Open for 3 days"),
    ('"Bob\'s team", min 5', "Bob's team"),
    ("'Bob's team' min 5", "Bob's team"),
    ('"the ""A"" team" over 2h', 'the "A" team'),
    ('"Two  spaces"', "Two  spaces"),
    ("پشتیبانی فنی over 2h", "پشتیبانی فنی"),
    ("Billing, min 5", "Billing"),
]


@pytest.mark.parametrize(("text", "wanted"), NAMES)
def test_a_part_is_named_as_people_name_it(text: str, wanted: str) -> None:
    assert parse_rule(f"frt > 4h for group {text}").only == Slice(Dimension.GROUP, wanted)


@pytest.mark.parametrize(
    ("of", "wanted"),
    [
        ("Billing", "Billing"),
        ("Tier_2", "Tier_2"),
        ("پشتیبانی", "پشتیبانی"),
        ("Tier 2", '"Tier 2"'),
        ("over", '"over"'),
        ("For", '"For"'),
        ("2nd", '"2nd"'),
        ('the "A" team', '«the "A" team»'),
        ('"A" «B»', "'\"A\" «B»'"),
        ("\"A\" «B» 'C'", '"""A"" «B» \'C\'"'),
    ],
)
def test_a_name_is_written_in_quotation_marks_where_it_needs_them(of: str, wanted: str) -> None:
    assert name(of) == wanted


# --- Written and read again ----------------------------------------------------------------------


@pytest.mark.thorough
@patient
@given(rules())
@example(replace(SLOW, only=Slice(Dimension.GROUP, 'a" for 30m')))
@example(replace(SLOW, only=Slice(Dimension.GROUP, "by")))
@example(replace(SLOW, only=Slice(Dimension.GROUP, "\u2068گروه\u2069 ")))
@example(replace(SLOW, only=Slice(Dimension.GROUP, "\"”«»'’")))
@example(rule("csat", Limit(Side.BELOW, 0.12345, 0.5)))
@example(rule("backlog", Limit(Side.ABOVE, 12.0, 1.0)))
@example(rule("nps", Limit(Side.BELOW, -12.345, -0.0)))
def test_a_written_rule_is_read_as_the_very_same(wanted: Rule) -> None:
    assert problem(wanted) is None
    text = written(wanted)
    assert parse_rule(text) == wanted
    assert written(parse_rule(text)) == text
    assert Rule.from_json(wanted.to_json()) == wanted


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (SLOW, "first_response_time > 4h"),
        (replace(SLOW, fewest=5), "first_response_time > 4h min 5"),
        (replace(SLOW, keep=timedelta(0)), "first_response_time > 4h keep 0m"),
        (rule("csat", limit("csat", Side.BELOW, 0.9), over=DAY), "csat < 90% over 1d"),
        (rule("csat", limit("csat", Side.BELOW, 0.9), over=36 * HOUR), "csat < 90% over 36h"),
        (rule("ticket_volume", Change(Side.BELOW, 0.4)), "ticket_volume -40% vs usual"),
        (rule(FRT, Unusual(Side.ABOVE)), "first_response_time unusual"),
        (rule(FRT, Unusual(Side.BELOW)), "first_response_time unusual low"),
        (
            rule("sla_attainment", Burn(14.4, 0.995, minutes(10)), over=HOUR, by=Dimension.GROUP),
            "sla burns 14.4x goal 99.5% over 1h and 10m by group",
        ),
        (
            Rule(Waiting(HOUR), only=Slice(Dimension.GROUP, "Tier 2"), in_hours=True),
            'ticket waiting > 1h without reply for group "Tier 2" in office hours',
        ),
        (
            Rule(Old(90 * minutes(1)), only=Slice(Dimension.DESK, "acme"), every=DAY),
            "data older than 1h30m of desk acme every 1d",
        ),
    ],
)
def test_a_rule_is_written_with_only_what_is_not_so_anyway(wanted: Rule, text: str) -> None:
    assert written(wanted) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0m"),
        (1.5, "1.5s"),
        (90, "1m30s"),
        (1_800, "30m"),
        (14_400, "4h"),
        (86_400, "1d"),
        (129_600, "36h"),
        (180_000, "2d2h"),
        (604_800, "7d"),
        (-3_600, "-1h"),
    ],
)
def test_a_time_is_written_as_it_is_typed(seconds: float, text: str) -> None:
    assert span(timedelta(seconds=seconds)) == text
    assert amount(CATALOGUE[FRT], seconds) == text


def understood(text: str) -> Rule | UsageError:
    try:
        return parse_rule(text)
    except UsageError as error:
        return error


#: By which words a rule is typed, right ones and wrong ones.
WORDS = [
    *("frt", "csat", "backlog", "sla", "nps", "data", "ticket", "waiting", "volume", "older than"),
    *(">", "<", ">=", "over", "above", "unusual", "+40%", "-10 %", "vs usual", "burns", "6x"),
    *(
        "4h",
        "30m",
        "85%",
        "20",
        "0",
        "min",
        "for",
        "by",
        "group",
        "desk",
        "Billing",
        '"a b"',
        "“x”",
    ),
    *("recover", "keep", "every", "in office hours", "business", "no data", "is ok", "goal", "and"),
    *("agent", "of", ",", "\u200f", '"', "xyzzy", "without reply", "each", "only", "high", "۸۵٪"),
]


@patient
@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=40))
def test_whatever_is_typed_is_a_rule_that_makes_sense_or_a_mistake_with_an_example(
    text: str,
) -> None:
    found = understood(text)
    if isinstance(found, UsageError):
        assert found.message
        assert "`/" in found.hint
    else:
        assert problem(found) is None
        assert parse_rule(written(found)) == found


# --- What is not said ----------------------------------------------------------------------------

WINDOWS = [
    *(("backlog", HOUR), ("ticket_volume", HOUR), ("tickets_solved", HOUR), (FRT, HOUR)),
    *(("resolution_time", HOUR), ("handle_time", HOUR), ("abandonment_rate", HOUR)),
    *(
        ("call_volume", HOUR),
        ("reopen_rate", DAY),
        ("sla_attainment", DAY),
        ("one_touch_rate", DAY),
    ),
    *(("tickets_per_agent", DAY), ("after_hours_share", DAY), ("first_contact_resolution", DAY)),
    *(("csat", WEEK), ("csat_response_rate", WEEK), ("nps", WEEK), ("ces", WEEK)),
]


@pytest.mark.parametrize(("metric", "over"), WINDOWS)
def test_a_window_that_is_not_said_fits_how_often_its_rows_come(
    metric: str, over: timedelta
) -> None:
    assert parse_rule(written(sample(CATALOGUE[metric]))).over == over
    assert parse_rule(f"{metric} unusual").over == over


def test_a_window_that_is_not_said_is_one_that_can_be_said() -> None:
    for metric in CATALOGUE.values():
        found = sample(metric)
        assert not found.over % replace(found, condition=Unusual(Side.EITHER)).tick


# --- Mistakes ------------------------------------------------------------------------------------

CSAT = "`/alert add csat < 85%`"
FRT_4H = "`/alert add first_response_time > 4h`"
MISTAKES = [
    ("", "It is not said what to watch.", "`/alert add data older than 2h`"),
    ("> 4h", "It is not said what to watch.", CSAT),
    ("xyzzy > 4h", "There is no metric “xyzzy”.", FRT_4H),
    ("frst response > 4h", "Did you mean “first response”?", FRT_4H),
    ("average frt > 4h", "There is no metric “average frt”.", FRT_4H),
    ("enps unusual", "“Employee net promoter score” is told by surveys, too seldom", "enps < 20`"),
    ("pulse -10% vs usual", "“Pulse score” is told by surveys, too seldom", "pulse_score < 3`"),
    ("enps < 0 min 8", "How few answers are told the privacy of surveys decides", "enps < 0`"),
    ("enps < 0 over 7d", "“Employee net promoter score” is that of the survey", "enps < 0`"),
    ("enps < 0 every 4h", "Nothing changes until the next survey closes", "enps < 0`"),
    ("enps < 0 no data alerts", "A survey is never late", "enps < 0`"),
    ("enps < 0 by group", "“Employee net promoter score” cannot be split", "enps < 0`"),
    ("churn > 5%", "“Customer churn rate” is recorded for whole days", FRT_4H),
    ("articles read < 5", "“Articles read” is told for whole days", FRT_4H),
    # Its condition.
    ("backlog", "It is not said when to alert.", "`/alert add backlog > 200`"),
    ("data", "It is not said when to alert.", "`/alert add data older than 2h`"),
    ("backlog 200", "It is not said whether above or below “200”.", "backlog > 200`"),
    ("backlog = 200", "“=” is no part of a rule.", "`/alert add backlog > 200`"),
    ("csat <", "It is not said which limit.", CSAT),
    ("frt >", "No duration is given.", FRT_4H),
    ("frt > 4", "“4” has no unit: min, h or d.", "`/alert add first_response_time > 4h`"),
    ("frt > 30 for 30m", "“30” has no unit", "`/alert add first_response_time > 30h`"),
    ("frt > 85%", "“85%” is not a duration.", FRT_4H),
    ("csat < 85", "The limit of a share is a percentage, “85” is not.", CSAT),
    ("csat < 70 over 7d", "a percentage, “70” is not.", "`/alert add csat < 70%`"),
    ("csat < 4h", "The limit of a share is a percentage, “4h” is not.", CSAT),
    ("csat > 120%", "A share is at most 100%.", CSAT),
    ("csat < -5%", "“Customer satisfaction” is never less than 0%, “-5%” is.", CSAT),
    ("backlog > 4h", "The limit of a count is a number, “4h” is not.", "backlog > 200`"),
    ("backlog > 1,500", "“1,500” could be two numbers.", "backlog > 200`"),
    ("nps < 20%", "The limit of a score is a number, “20%” is not.", "nps < 20`"),
    ("nps < -120", "“Net promoter score” lies between -100 and 100.", "nps < 20`"),
    ("volume +40 vs usual", "“+40” has no unit: a change is a percentage", "+40% vs usual`"),
    ("volume > -40% vs usual", "is a number, “-40%” is not.", "ticket_volume > 200`"),
    ("volume < 40% below usual", "is a number, “40%” is not.", "ticket_volume > 200`"),
    ("nps -20", "“-20” has no unit", "`/alert add nps < 20`"),
    ("volume +40% vs last week", "“last week” is nothing that a rule compares with.", "vs usual`"),
    ("volume +40% vs usaul", "Did you mean “usual”?", "`/alert add ticket_volume +40% vs usual`"),
    ("frt > 4h < 5h", "A rule has one condition, and there are two.", "Make a rule of each."),
    ("frt > 4h unusual", "A rule has one condition, and there are two.", FRT_4H),
    ("csat < 85% and nps < 20", "A rule has one condition, and there are two.", CSAT),
    ("data < 2h old", "when it is longer than a time, not when it is shorter.", "older than 2h`"),
    ("ticket waiting < 1h", "not when it is shorter.", "ticket waiting > 1h without reply`"),
    ("ticket waiting > 4", "“4” has no unit: min, h or d.", "ticket waiting > 1h without reply`"),
    ("sla burns goal 95%", "how many times as fast as allowed.", "sla burns 6x goal 95%"),
    ("sla burns 6x", "No goal is set for “SLA attainment”", "`/alert add sla burns 6x goal 95%`"),
    ("sla burns 6x", "No goal is set for “SLA attainment”", "`/kpi goal sla_attainment 95%`"),
    ("sla burns 6x goal high", "The goal of a share is a percentage, “high” is not.", "goal 95%"),
    # Its other parts.
    ("frt > 4h evry 4h", "“evry” is no part of a rule. Did you mean “every”?", "every 4h"),
    ("frt > 4h xyzzy", "“xyzzy” is no part of a rule.", EXAMPLE),
    ("frt > 4h for", "Something is missing at the end.", "for group Billing`"),
    ("frt > 4h for 30", "“for” says for how long or of what, “30” is neither.", "> 4h for 30m`"),
    ("frt > 4h for Billing", "“for” says for how long or of what, “Billing” is", "for 30m`"),
    ("frt > 4h for group", "It is not said which “group”.", "for group Billing`"),
    ("frt > 4h for group over 2h", "It is not said which “group”.", "for group Billing`"),
    ("frt > 4h for group Billing for group Tier", "“for” can be said only once.", EXAMPLE),
    ("frt > 4h for 30m for 20m", "“for” can be said only once.", EXAMPLE),
    ("frt > 4h over 2h over 3h", "“over” can be said only once.", EXAMPLE),
    ("frt > 4h by group by desk", "“by” can be said only once.", EXAMPLE),
    ("frt > 4h business business hours", "“business” can be said only once.", EXAMPLE),
    ("frt > 4h in office hours only in work hours", "can be said only once.", EXAMPLE),
    ("frt > 4h by", "Something is missing at the end.", "first_response_time > 4h by group`"),
    ("frt > 4h by chanel", "There is no breakdown “chanel”. Did you mean “channel”?", "by group`"),
    ("frt > 4h by agnt", "There is no breakdown “agnt”.", "by group`"),
    ("frt > 4h by agent", "The numbers of one agent are not posted", "> 4h by group`"),
    ("frt > 4h for agent Ann", "The numbers of one agent are not posted", FRT_4H),
    ("frt > 4h over 20", "“20” has no unit: min, h or d.", EXAMPLE),
    ("frt > 4h over 90s", "“1m30s” is no whole number of minutes.", EXAMPLE),
    ("frt > 4h min", "Something is missing at the end.", EXAMPLE),
    ("frt > 4h min x", "`min` takes a whole number, “x” is none.", EXAMPLE),
    ("frt > 4h min 2.5", "`min` takes a whole number, “2.5” is none.", EXAMPLE),
    ("frt > 4h min 1234567", "`min` takes a whole number, “1234567” is none.", EXAMPLE),
    ("frt > 4h every", "No duration is given.", EXAMPLE),
    ("frt > 4h recover 3", "“3” has no unit: min, h or d.", FRT_4H.replace("4", "3")),
    ("csat < 85% recover 90", "a percentage, “90” is not.", "`/alert add csat < 90%`"),
    ("frt > 4h no data", "Something is missing at the end.", "no data alerts`"),
    ("frt > 4h no data panics", "“panics” is nothing that missing data can do.", "no data alerts`"),
    ("frt > 4h no data alrets", "Did you mean “alerts”?", "no data alerts`"),
    # What makes no sense.
    ("frt > 4h recover 5h", "It alerts above `4h`, so it cannot be over at `5h`.", FRT_4H),
    ("csat < 85% recover 80%", "so it cannot be over at `80%`.", "over at `86.5%`: " + CSAT),
    ("csat > 100%", "is never above `100%`, so that would never alert.", CSAT),
    ("backlog > 200 over 2h", "“Backlog” is how things stand at a moment", "backlog > 200`"),
    ("backlog > 200 min 20", "“Backlog” is a count and no rate, so `min`", "backlog > 200`"),
    (
        "volume +40% recover 20%",
        "Only an alert about a fixed limit has `recover`.",
        "+40% vs usual`",
    ),
    ("data older than 2h recover 1h", "Only an alert about a fixed limit has `recover`", "2h`"),
    ("data older than 2h recover soon", "Only an alert about a fixed limit has `recover`", "2h`"),
    ("frt > 4h goal 95%", "Only an alert about a budget that burns has a `goal`.", FRT_4H),
    ("csat < 85% business", "“Customer satisfaction” has no business hours", "in office hours`"),
    ("articles read < 9 by group", "is told for whole days", FRT_4H),
    ("call volume > 9 by priority", "cannot be split by “priority”.", "call_volume > 9 by group`"),
]


@pytest.mark.parametrize(("text", "message", "hint"), MISTAKES)
def test_a_mistake_is_answered_with_what_was_meant_and_an_example(
    text: str, message: str, hint: str
) -> None:
    error = refused(text)
    assert message in str(error)
    assert hint in error.hint


@pytest.mark.parametrize("text", sorted({text for text, *_ in MISTAKES}))
def test_every_answer_to_a_mistake_goes_through_gettext(text: str) -> None:
    said = refused(text).said(READER.template)
    assert START in said
    assert unmarked(without_quotes(said)) == [], said


@pytest.mark.parametrize("text", sorted({text for text, *_ in MISTAKES}))
def test_the_examples_in_the_answer_to_a_mistake_are_rules(text: str) -> None:
    offered = [one for one in refused(text).hint.split("`")[1::2] if one.startswith("/alert add ")]
    assert [one for one in offered if isinstance(understood(one[11:]), UsageError)] == []


def test_the_examples_are_rules() -> None:
    for one in (*EXAMPLES, EXAMPLE, *map(typed, map(sample, METRICS))):
        text = one.removeprefix("/alert add ")
        assert parse_rule(text).metric == text.split()[0]


def test_a_sample_lies_within_what_a_number_can_be() -> None:
    for metric in CATALOGUE.values():
        condition = sample(metric).condition
        assert isinstance(condition, Limit)
        low, high = bounds(metric)
        assert low < condition.value < (high or 1e9)
        assert metric.unit is not Unit.SECONDS or condition.value >= 60
