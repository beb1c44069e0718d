"""What `/enps` and `/pulse` understand of a survey, and what they answer to one that is none."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, time, timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.calendars import country_of, working_days
from bot.errors import UsageError
from bot.surveys.bank import languages
from bot.surveys.moments import closing, local_moment, opens, shortest_pause
from bot.surveys.survey import Audience, Cadence, Every, Kind, Plan, Results, Theme
from bot.surveys.wording import plan_text
from commands import survey_phrases
from commands.survey_phrases import (
    CALLED,
    EVERY_EXAMPLES,
    PARTS,
    SAMPLES,
    START_EXAMPLES,
    UNITS,
    VERBS,
    tongues,
)
from commands.survey_text import parse_plan, unknown_verb
from commands.survey_times import usual_days, wrong_span
from tests.test_language import READER, START, unmarked, without_quotes
from tests.times import T

patient = settings(deadline=None)

ATHENS, TEHRAN, CAIRO = (
    ZoneInfo(name) for name in ("Europe/Athens", "Asia/Tehran", "Africa/Cairo")
)
ENPS, PULSE = Kind.ENPS, Kind.PULSE
#: The tests are typed in this channel on Friday 20 November, 9:00 in Athens.
HERE, NOW = "C9", T()


def plan(
    kind: Kind, text: str, *, zone: ZoneInfo = ATHENS, now: datetime = NOW, channel: str = HERE
) -> Plan:
    return parse_plan(kind, text, channel=channel, zone=zone, now=now)


def pulse(text: str) -> Plan:
    return plan(PULSE, text)


def refused(kind: Kind, text: str, **told: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        plan(kind, text, **told)  # type: ignore[arg-type]
    return caught.value


# --- What it begins with -------------------------------------------------------------------------


def test_a_survey_of_which_nothing_is_said_asks_all_in_the_channel() -> None:
    found = plan(ENPS, "start")
    assert found == Plan(ENPS, Audience(channels=(HERE,)), ATHENS, HERE, days=7, closes=time(17))
    assert (found.reminders, found.results, found.fewest) == (1, Results.CHANNEL, 5)
    assert pulse("start") == Plan(PULSE, Audience(channels=(HERE,)), ATHENS, HERE, days=3)


RHYTHMS = [
    ("every week", Cadence(1, Every.WEEK, 1, time(10))),
    ("every month", Cadence(1, Every.MONTH, 1, time(10))),
    ("every quarter", Cadence(1, Every.QUARTER, 1, time(10))),
    ("every quarter on tue 10:00", Cadence(1, Every.QUARTER, 1, time(10))),
    ("every 2 weeks on tue 10:00", Cadence(2, Every.WEEK, 1, time(10))),
    ("Every 2 Weeks On Wednesday At 9am", Cadence(2, Every.WEEK, 2, time(9))),
    ("every two weeks on mon at 14:30", Cadence(2, Every.WEEK, 0, time(14, 30))),
    ("every other week on thu 9", Cadence(2, Every.WEEK, 3, time(9))),
    ("every 2nd friday at noon", Cadence(2, Every.WEEK, 4, time(12))),
    ("every fri", Cadence(1, Every.WEEK, 4, time(10))),
    ("every friday 9:30 am", Cadence(1, Every.WEEK, 4, time(9, 30))),
    ("every 3 months on the first mon", Cadence(3, Every.MONTH, 0, time(10))),
    ("every year", Cadence(4, Every.QUARTER, 1, time(10))),
    ("every fortnight", Cadence(2, Every.WEEK, 1, time(10))),
    ("weekly", Cadence(1, Every.WEEK, 1, time(10))),
    ("weekly on wed", Cadence(1, Every.WEEK, 2, time(10))),
    ("biweekly mon 11:00", Cadence(2, Every.WEEK, 0, time(11))),
    ("monthly at 11", Cadence(1, Every.MONTH, 1, time(11))),
    ("quarterly", Cadence(1, Every.QUARTER, 1, time(10))),
    ("start every month on wed", Cadence(1, Every.MONTH, 2, time(10))),
    ("start weekly", Cadence(1, Every.WEEK, 1, time(10))),
    ("every ۲ weeks on tue ۱۰:۳۰", Cadence(2, Every.WEEK, 1, time(10, 30))),
    ("every week at 00:00 on mon", Cadence(1, Every.WEEK, 0, time(0))),
]


@pytest.mark.parametrize(("text", "cadence"), RHYTHMS)
def test_how_often_a_survey_opens_is_read(text: str, cadence: Cadence) -> None:
    assert pulse(text).cadence == cadence
    assert plan(ENPS, f"{text} remind 2").cadence == cadence


# --- The parts -----------------------------------------------------------------------------------

PART_TEXTS: list[tuple[str, dict[str, object]]] = [
    ("<#C012|support>", {"audience": Audience(channels=("C012",))}),
    ("in <#C012|support>", {"audience": Audience(channels=("C012",))}),
    ("for <#C012>", {"audience": Audience(channels=("C012",))}),
    ("<#G012|secret>", {"audience": Audience(channels=("G012",))}),
    ("<!subteam^S012|@agents>", {"audience": Audience(groups=("S012",))}),
    ("<!subteam^S012>", {"audience": Audience(groups=("S012",))}),
    ("<@U1|ann> and <@W2>", {"audience": Audience(people=("U1", "W2"))}),
    ("<@U1|ann>,<@U2|bob>,<@U1|ann>", {"audience": Audience(people=("U1", "U2"))}),
    ("<@U1|ann><#C1|a>", {"audience": Audience(channels=("C1",), people=("U1",))}),
    ("here", {}),
    ("in this channel", {}),
    ("until mon 17:00", {"days": 3}),
    ("until monday", {"days": 3}),
    ("till Mon at 12:30", {"days": 3, "closes": time(12, 30)}),
    ("by tue 5 pm", {"days": 4, "closes": time(17)}),
    ("until tomorrow 12:00", {"days": 1, "closes": time(12)}),
    ("until tomorrow", {"days": 1}),
    ("until 2026-12-01", {"days": 11}),
    ("until 2026-12-01 9:00", {"days": 11, "closes": time(9)}),
    ("until 16:00", {"days": 0, "closes": time(16)}),
    ("until 8:00", {"days": 1, "closes": time(8)}),
    ("until noon", {"refused": True}),
    ("closes fri", {"days": 0}),
    ("for 3 days", {"days": 3}),
    ("open for a week", {"days": 7}),
    ("for 2 weeks", {"days": 14}),
    ("for 31 days", {"days": 31}),
    ("for 4h", {"days": 0, "closes": time(13)}),
    ("until 13:00", {"days": 0, "closes": time(13)}),
    ("for 24h", {"days": 1}),
    ("for 8 hours", {"days": 0, "closes": time(17)}),
    ("for 26h", {"days": 1, "closes": time(11)}),
    ("for 3 days until 12:00", {"days": 3, "closes": time(12)}),
    ("until 12:00 for 3 days", {"days": 3, "closes": time(12)}),
    ("remind 2", {"reminders": 2}),
    ("remind 0", {"reminders": 0}),
    ("remind: twice", {"reminders": 2}),
    ("remind them once", {"reminders": 1}),
    ("reminders 2", {"reminders": 2}),
    ("2 reminders", {"reminders": 2}),
    ("with two reminders", {"reminders": 2}),
    ("remind never", {"reminders": 0}),
    ("no reminders", {"reminders": 0}),
    ("without reminders", {"reminders": 0}),
    ("results here", {"results": Results.CHANNEL}),
    ("results in the channel", {"results": Results.CHANNEL}),
    ("results to everybody", {"results": Results.CHANNEL}),
    ("results leads", {"results": Results.LEADS}),
    ("results: leads", {"results": Results.LEADS}),
    ("results only for the leads", {"results": Results.LEADS}),
    ("results asked", {"results": Results.ASKED}),
    ("show results to those asked", {"results": Results.ASKED}),
    ("min 8", {"fewest": 8}),
    ("minimum 8 answers", {"fewest": 8}),
    ("at least ten people", {"fewest": 10}),
    ("min 5", {"fewest": 5}),
    ("min 50", {"fewest": 50}),
    ("in de", {"languages": ("de",)}),
    ("in en, de", {"languages": ("en", "de")}),
    ("in de,en", {"languages": ("de", "en")}),
    ("in english and German", {"languages": ("en", "de")}),
    ("in deutsch", {"languages": ("de",)}),
    ("in fa ar", {"languages": ("fa", "ar")}),
    ("languages ελληνικά & فارسی", {"languages": ("el", "fa")}),
    ("in en, en", {"languages": ("en",)}),
    ("about workload", {"themes": (Theme.WORKLOAD,)}),
    ("about workload, tools", {"themes": (Theme.WORKLOAD, Theme.TOOLS)}),
    ("about tools and well being", {"themes": (Theme.TOOLS, Theme.WELL_BEING)}),
    ("themes: growth,well-being", {"themes": (Theme.GROWTH, Theme.WELL_BEING)}),
    ("about everything", {"themes": ()}),
    ("about workload and remind 2", {"themes": (Theme.WORKLOAD,), "reminders": 2}),
    ("7 questions", {"many": 7}),
    ("one question", {"many": 1}),
    ("questions 10", {"many": 10}),
    ("until mon 7 questions", {"days": 3, "many": 7}),
    ("until mon 9 7 questions", {"days": 3, "closes": time(9), "many": 7}),
]


@pytest.mark.parametrize(("text", "told"), PART_TEXTS)
def test_the_parts_of_a_survey_are_read(text: str, told: dict[str, object]) -> None:
    if told == {"refused": True}:  # three hours are too short
        refused(PULSE, f"start {text}")
        return
    usual = pulse("start").to_json()
    found = pulse(f"start {text}")
    assert found == pulse(f"start, {text.upper() if '<' not in text else text}")
    for name, value in told.items():
        assert getattr(found, name) == value
    changed = {name for name, value in found.to_json().items() if value != usual[name]}
    assert changed <= told.keys()


def test_the_parts_may_come_in_any_order() -> None:
    parts = ("<#C012|a>", "until mon 12:00", "remind 2", "results leads", "min 8", "in en, de")
    wanted = Plan(
        ENPS,
        Audience(channels=("C012",)),
        ATHENS,
        HERE,
        days=3,
        closes=time(12),
        reminders=2,
        results=Results.LEADS,
        fewest=8,
        languages=("en", "de"),
    )
    for order in list(permutations(parts))[::7]:
        assert plan(ENPS, "start " + " ".join(order)) == wanted


def test_when_it_opens_may_be_said_anywhere() -> None:
    wanted = pulse("every 2 weeks on wed 9:00 about tools for 2 days")
    for text in (
        "start about tools every 2 weeks on wed 9:00 for 2 days",
        "every 2 weeks about tools for 2 days on wed at 9",
        "start for 2 days wed 9:00 about tools every 2 weeks",
    ):
        assert pulse(text) == wanted


def test_until_is_counted_from_the_day_on_which_each_survey_opens() -> None:
    assert pulse("every week on tue 10:00 until fri 12:00").days == 3
    assert pulse("every week on tue 10:00 until fri 12:00").closes == time(12)
    assert (
        pulse("until fri every week on thu".replace("until fri ", "", 1) + " until mon").days == 4
    )
    assert pulse("every week on tue 10:00 until 17:00").days == 0
    assert pulse("every week on tue 10:00 until 9:00").days == 1


# --- What is usual -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "zone", "today", "closes"),
    [
        (ENPS, ATHENS, "2026-11-23", "2026-11-27"),
        (ENPS, ATHENS, "2026-11-24", "2026-11-27"),
        (ENPS, ATHENS, "2026-11-25", "2026-12-04"),
        (ENPS, ATHENS, "2026-11-27", "2026-12-04"),
        (PULSE, ATHENS, "2026-11-23", "2026-11-26"),
        (PULSE, ATHENS, "2026-11-24", "2026-11-27"),
        (PULSE, ATHENS, "2026-11-25", "2026-11-30"),
        # Work ends on Thursday in Tehran and Cairo, and goes on after one day, or two.
        (ENPS, TEHRAN, "2026-11-21", "2026-11-26"),
        (ENPS, CAIRO, "2026-11-22", "2026-11-26"),
        (PULSE, TEHRAN, "2026-11-24", "2026-11-28"),
        (PULSE, CAIRO, "2026-11-24", "2026-11-29"),
    ],
)
def test_a_survey_closes_on_a_working_day_where_nothing_is_said(
    kind: Kind, zone: ZoneInfo, today: str, closes: str
) -> None:
    now = datetime.fromisoformat(f"{today} 11:00").replace(tzinfo=zone)
    found = plan(kind, "start", zone=zone, now=now)
    assert closing(found, now).astimezone(zone).isoformat(" ", "minutes")[:16] == f"{closes} 17:00"


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("zone", [ATHENS, TEHRAN, CAIRO, ZoneInfo("UTC")])
def test_whenever_it_is_started_it_is_open_for_three_to_nine_days(
    kind: Kind, zone: ZoneInfo
) -> None:
    for day in range(14):
        today = (NOW + timedelta(days=day)).astimezone(zone).date()
        days = usual_days(kind, today, zone)
        assert 3 <= days <= 9
        assert (today + timedelta(days=days)).weekday() in working_days(country_of(zone))


# --- Mistakes ------------------------------------------------------------------------------------

#: A command, and what is said of it. All of it is said in one of two ways where both are right.
MISTAKES = [
    (ENPS, "", "Something is missing"),
    (ENPS, "begin", "Did you mean “start”?"),
    (ENPS, "launch <#C1>", "Did you mean “start”?"),
    (ENPS, "strat", "Did you mean “start”?"),
    (PULSE, "schedule every week", "Did you mean “every”?"),
    (PULSE, "evry 2 weeks", "Did you mean “every”?"),
    (ENPS, "start anonymous", "Every survey is anonymous. Leave “anonymous” out."),
    (ENPS, "start deadline friday", "Did you mean “until”?"),
    (ENPS, "start threshold 8", "Did you mean “min”?"),
    (ENPS, "start recurring", "Did you mean “every”? For example: `/enps every quarter on tue"),
    (ENPS, "start nonsense", "For example: `/enps start @support-agents until"),
    (ENPS, "start untill friday", "“untill” is no part of a survey. Did you mean “until”?"),
    (ENPS, "start xyzzy", "“xyzzy” is no part of a survey."),
    (ENPS, "start 4711", "“4711” is no part of a survey."),
    (PULSE, 'start "How are you?"', "Questions of your own are not typed here."),
    (PULSE, "start about tools How are you?", "A window takes them: `/pulse new`"),
    (ENPS, "start «Are you well»", "A window takes them: `/pulse new`"),
    # Names
    (
        ENPS,
        "start #support",
        "Slack did not understand “#support” as a name. Pick it from the list",
    ),
    (ENPS, "start @ann", "Slack did not understand “@ann” as a name. Pick it from the list"),
    (ENPS, "start for #support", "Slack did not understand “#support”"),
    (ENPS, "start <!channel>", "“channel” names nobody."),
    (ENPS, "start <!here|here>", "“here|here” names nobody."),
    (ENPS, "start @channel", "“@channel” names nobody."),
    (ENPS, "start everybody", "“everybody” names nobody."),
    (ENPS, "start for all", "“all” names nobody."),
    # When it opens
    (PULSE, "start on tue 10:00", "A survey that is started opens at once. To have it open later"),
    (PULSE, "start at 10:00", "A survey that is started opens at once."),
    (PULSE, "every", "Something is missing"),
    (PULSE, "every day", "A survey opens at most once a week."),
    (PULSE, "every weekday", "A survey opens at most once a week."),
    (PULSE, "every 0 weeks", "it is 1 to 52 weeks"),
    (PULSE, "every 53 weeks", "it is 1 to 52 weeks"),
    (PULSE, "every 2 wekes", "Did you mean “weeks”?"),
    (PULSE, "every week weekly", "“every” can be said only once."),
    (PULSE, "every week on mon, tue", "A survey opens on one day of the week."),
    (PULSE, "every week on mon-fri", "A survey opens on one day of the week."),
    (PULSE, "every week on tuseday", "There is no weekday “tuseday”."),
    (PULSE, "every week on 25:00", "“25:00” is not a time of day."),
    (PULSE, "every month on the 15th", "on a weekday; of a month or a quarter, on its first such"),
    (PULSE, "every month on 15", "A survey opens on a weekday;"),
    (PULSE, "every quarter on the last friday", "A survey opens on a weekday;"),
    (PULSE, "every week at 10:00 at 11:00", "“at” can be said only once."),
    (PULSE, "every week on", "Something is missing"),
    # For how long
    (ENPS, "start until", "It is not said until when."),
    (ENPS, "start until fridey", "Did you mean “friday”?"),
    (ENPS, "start until mon-fri", "“mon-fri” is more than one day."),
    (ENPS, "start until 2026-02-30", "“2026-02-30” is no date"),
    (ENPS, "start until 2026-11-01", "“2026-11-01” is past."),
    (ENPS, "start until 25:00", "“25:00” is not a time of day."),
    (ENPS, "start until fri 25:00", "“25:00” is not a time of day."),
    (ENPS, "start until 27 nov", "“27 nov” is no date: write year, month and day."),
    (ENPS, "start until Nov 27th", "“nov 27th” is no date: write year, month and day."),
    (ENPS, "start until 27.11. remind 1", "“27.11.” is no date: write year, month and day."),
    (ENPS, "start until 11/27", "`/enps start until fri 17:00` · `/enps start until 2026-11-27`"),
    (ENPS, "start until end of week", "“end of week” is neither a day nor a time."),
    (ENPS, "start until eow", "`/enps start until fri 17:00` · `/enps start until 2026-11-27`"),
    (PULSE, "every week until 27 nov", "For example: `/pulse every 2 weeks until fri 17:00`"),
    (ENPS, "start until 12:59", "at least 4 hours"),
    (ENPS, "start for 239 min", "at least 4 hours"),
    (ENPS, "start for 32 days", "at most 31 days"),
    (ENPS, "start until 2026-12-25", "at most 31 days"),
    (ENPS, "start for 5 weeks", "at most 31 days"),
    (ENPS, "start for 2 months", "at most 31 days"),
    (ENPS, "start for a quarter", "at most 31 days"),
    (ENPS, "start for two years", "at most 31 days"),
    (ENPS, "start for 3", "“3” has no unit"),
    (ENPS, "start for", "No duration is given."),
    (ENPS, "start for ever", "“ever” is not a duration."),
    (ENPS, "start until mon until tue", "“until” can be said only once."),
    (ENPS, "start until mon for 3 days", "It is said twice for how long"),
    (ENPS, "start for 5h until 12:00", "It is said twice for how long"),
    (PULSE, "every week for 10 days", "The next survey would open before this one closes."),
    (PULSE, "every month for 30 days", "The next survey would open before this one closes."),
    (PULSE, "every week until tomorrow", "“tomorrow” is one day"),
    (PULSE, "every week until 2026-12-01", "“2026-12-01” is one day"),
    # Numbers
    (ENPS, "start remind 3", "At most 2 reminders are sent"),
    (ENPS, "start 5 reminders", "At most 2 reminders are sent"),
    (ENPS, "start remind often", "`remind` takes a whole number, “often” is none."),
    (ENPS, "start remind 1 no reminders", "“remind” can be said only once."),
    (ENPS, "start min 4", "`min` is at least 5, so that nobody's answer shows."),
    (ENPS, "start min 51", "`min` is at most 50."),
    (ENPS, "start min 8.5", "`min` takes a whole number, “8.5” is none."),
    (ENPS, "start min", "Something is missing at the end. For example: `/enps start min 8`"),
    (ENPS, "start remind", "Something is missing at the end. For example: `/enps start remind 2`"),
    (PULSE, "start questions", "Something is missing at the end."),
    (PULSE, "start 11 questions", "1 to 10 questions"),
    (PULSE, "start 0 questions", "1 to 10 questions"),
    (PULSE, "start questions many", "`questions` takes a whole number"),
    (ENPS, "start 5 questions", "An eNPS is one question"),
    (ENPS, "start about tools", "An eNPS is one question"),
    # Words
    (PULSE, "start about tols", "There is no theme “tols”. Did you mean “tools”?"),
    (PULSE, "start about tools, manger", "There is no theme “manger”. Did you mean “manager”?"),
    (PULSE, "start about", "Something is missing"),
    (PULSE, "start in it", "The questions are not there in “it”."),
    (PULSE, "start in en, klingon", "The questions are not there in “klingon”."),
    (PULSE, "start in en and klingon", "The questions are not there in “klingon”."),
    (PULSE, "start in", "Something is missing"),
    (PULSE, "start results boss", "“boss” is nobody to whom results are shown"),
    (PULSE, "start results", "Something is missing"),
]


@pytest.mark.parametrize(("kind", "text", "said"), MISTAKES)
def test_a_mistake_is_answered_with_what_was_meant_and_an_example(
    kind: Kind, text: str, said: str
) -> None:
    told = str(refused(kind, text))
    assert said in told
    assert "`/enps " in told or "`/pulse " in told


@pytest.mark.parametrize(("kind", "text", "said"), MISTAKES)
def test_every_answer_to_a_mistake_goes_through_gettext(kind: Kind, text: str, said: str) -> None:
    told = refused(kind, text).said(READER.template)
    assert START in told
    assert said
    assert unmarked(without_quotes(told)) == [], told


def test_in_a_direct_message_it_is_to_be_said_who_is_asked_and_who_is_told() -> None:
    assert "It is not said who is asked" in str(refused(ENPS, "start", channel="D1"))
    assert "not posted to a direct message" in str(
        refused(ENPS, "start <#C1> results here", channel="D1")
    )
    found = plan(ENPS, "start <#C1>", channel="D1")
    assert found.results is Results.LEADS
    assert plan(ENPS, "start <#C1> results asked", channel="D1").results is Results.ASKED


# --- The examples and the words ------------------------------------------------------------------


def as_slack_hands_it_over(example: str) -> str:
    return example.replace("@support-agents", "<!subteam^S1|@support-agents>").replace(
        "#support", "<#C1|support>"
    )


@pytest.mark.parametrize("example", [*START_EXAMPLES.values(), *EVERY_EXAMPLES.values()])
def test_every_example_can_be_typed(example: str) -> None:
    command, _, text = example.partition(" ")
    assert plan(Kind(command[1:]), as_slack_hands_it_over(text), now=T(days=3)).channel == HERE


@pytest.mark.parametrize("part", SAMPLES)
@pytest.mark.parametrize("begins", ["start", "every 2 weeks"])
def test_a_mistake_in_a_part_is_answered_with_an_example_of_that_part(
    part: str, begins: str
) -> None:
    example = f"{begins} {SAMPLES[part]}"
    assert plan(PULSE, example, now=T(days=3)).channel == HERE
    wrong = "11 questions" if part == "questions" else f"{part} xyzzy"
    assert f"`/pulse {example}`" in str(refused(PULSE, f"{begins} {wrong}"))


def test_what_others_call_it_leads_to_what_it_is_called_here() -> None:
    assert set(CALLED.values()) <= set(PARTS.values())
    assert not set(CALLED) & set(PARTS)
    known = ("start", "every", "list", "pause", "resume", "close", "results", "remove", "privacy")
    assert set(VERBS.values()) <= set(known)
    for typed, meant in VERBS.items():
        assert f"Did you mean “{meant}”?" in str(unknown_verb(PULSE, typed, known))


def test_an_unknown_verb_is_answered_with_one_that_there_is() -> None:
    known = ("start", "list", "close")
    assert "Did you mean “list”?" in str(unknown_verb(ENPS, "lst", known))
    assert "`/enps close`" in str(unknown_verb(ENPS, "finish", known))
    assert "Did you mean" not in str(unknown_verb(ENPS, "schedule", known))
    assert "There is no survey command “xyzzy”." in str(unknown_verb(ENPS, "xyzzy", known))


def test_all_languages_of_the_questions_can_be_named() -> None:
    assert set(tongues().values()) == set(languages())
    assert tongues()["german"] == tongues()["deutsch"] == tongues()["de"] == "de"


def test_every_part_that_can_be_named_is_read() -> None:
    for phrase, part in PARTS.items():
        if part in SAMPLES and part != "questions":
            value = SAMPLES[part].split(" ", 1)[1]
            assert plan(PULSE, f"start {phrase} {value}", now=T(days=3)).channel == HERE


# --- Written and read again ----------------------------------------------------------------------


def some(prefix: str) -> st.SearchStrategy[tuple[str, ...]]:
    ids = st.integers(0, 10**9).map(lambda number: f"{prefix}{number:X}")
    return st.lists(ids, max_size=3, unique=True).map(tuple)


def few(values: Sequence[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), max_size=4, unique=True).map(tuple)


clock_times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
cadences = st.builds(
    Cadence, st.integers(1, 52), st.sampled_from(Every), st.integers(0, 6), clock_times
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    kind = draw(st.sampled_from(Kind))
    cadence = draw(st.none() | cadences)
    longest = 30 if cadence is None else min(30, shortest_pause(cadence).days - 1)
    of_pulse: dict[str, Any] = {"themes": draw(few(list(Theme))), "many": draw(st.integers(1, 10))}
    return Plan(
        kind,
        draw(st.builds(Audience, some("C"), some("S"), some("U")).filter(bool)),
        draw(st.sampled_from((ATHENS, TEHRAN, CAIRO, ZoneInfo("America/New_York")))),
        HERE,
        days=draw(st.integers(0, longest)),
        closes=draw(st.one_of(st.just(time(17)), clock_times)),
        cadence=cadence,
        languages=draw(few(languages()).filter(bool)),
        reminders=draw(st.integers(0, 2)),
        results=draw(st.sampled_from(Results)),
        fewest=draw(st.integers(5, 50)),
        **(of_pulse if kind is PULSE else {}),
    )


def wrong_of(wanted: Plan, now: datetime) -> str | None:
    """What is wrong with how long it is open."""
    cadence, zone = wanted.cadence, wanted.zone
    opening = now if cadence is None else opens(cadence, now, zone, now).at
    first = opening.astimezone(zone).date()
    closes = local_moment(first + timedelta(days=wanted.days), wanted.closes, zone)
    return wrong_span(opening, closes, cadence, zone)


@pytest.mark.thorough
@patient
@given(plans(), st.integers(0, 400 * 24 * 60))
def test_a_written_plan_is_read_as_the_very_same(wanted: Plan, minutes: int) -> None:
    now = T(minutes=minutes)
    assume(wrong_of(wanted, now) is None)
    command, _, text = plan_text(wanted).partition(" ")
    found = parse_plan(Kind(command[1:]), text, channel=HERE, zone=wanted.zone, now=now)
    assert found == wanted
    assert Plan.from_json(wanted.to_json()) == wanted


LONG = (
    "every other tue at 10 <#C1|a> <@U1|b> <!subteam^S1|@c> until fri 12:00 about tools, growth "
    "seven questions no reminders results to leads at least 8 in german and english"
)
LONG_WRITTEN = (
    "/pulse every 2 weeks on tue 10:00 <#C1> <!subteam^S1> <@U1> about tools, growth 7 questions "
    "for 3 days until 12:00 remind 0 results leads min 8 in de, en"
)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("start for 3 days", "/pulse start for 3 days"),
        ("every year for 3 days", "/pulse every year on tue 10:00 for 3 days"),
        ("every 8 quarters for 3 days", "/pulse every 2 years on tue 10:00 for 3 days"),
        ("start until 16:00", "/pulse start until 16:00"),
        ("start <#C9|here> for 1 day", "/pulse start for 1 day"),
        (LONG, LONG_WRITTEN),
    ],
)
def test_a_plan_is_written_as_briefly_as_it_can_be(text: str, written: str) -> None:
    assert plan_text(pulse(text)) == written


WORDS = sorted(
    {
        *(word for phrase in PARTS for word in phrase.split(" ")),
        *UNITS,
        *("start", "every", "fri", "17:00", "3", "12", "days", "leads", "tools", "en,", "and", ","),
        *(
            "<@U1|a>",
            "<#C1|b>",
            "<!here>",
            "#x",
            "@x",
            "`",
            '"',
            "“",
            "2026-12-01",
            "\u200f",
            "",
            "8h",
        ),
    }
)


@pytest.mark.thorough
@patient
@given(
    st.sampled_from(Kind),
    st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=6)), max_size=9),
)
def test_whatever_is_typed_is_a_plan_or_a_mistake(kind: Kind, words: list[str]) -> None:
    for begins in ("start", "every 2 weeks", ""):
        with suppress(UsageError):
            assert wrong_of(plan(kind, " ".join([begins, *words])), NOW) is None


def test_the_phrases_of_the_parts_do_not_get_in_each_others_way() -> None:
    parts = set(PARTS)
    for name in ("HERE", "EVERYBODY", "NO_REMINDERS", "ANONYMOUS", "FILLERS", "PAUSES", "CALLED"):
        assert not parts & set(getattr(survey_phrases, name)), name
