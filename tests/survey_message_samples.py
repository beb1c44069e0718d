"""Every message and every window in which a survey is answered, told and written about, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.locale import Reader
from bot.message import Message
from bot.slack.surveys import comments, deeds, form, letters, notices, privacy, question, results
from bot.slack.surveys.deeds import Noted
from bot.slack.surveys.every_question import every_question
from bot.slack.surveys.export import as_csv
from bot.slack.surveys.form import COMMENT, Filled, Ticket
from bot.slack.surveys.letters import Draft
from bot.surveys import own
from bot.surveys.asking import Asking
from bot.surveys.bank import ENPS, pick, questions
from bot.surveys.gate import Reason
from bot.surveys.mailbox import Letter
from bot.surveys.results import Comment, Told, WaveResult
from bot.surveys.roll import Cast
from bot.surveys.score import Sums
from bot.surveys.survey import OTHERS, Audience, Cadence, Every, Kind, Plan, Results, Theme
from bot.surveys.table import csv_of
from bot.surveys.tally import ALL, Numbers, theme_subject
from bot.surveys.telltales import Telltale, telltales

ATHENS = ZoneInfo("Europe/Athens")
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
#: A name as long as Slack takes it, and one that would be markup.
LONG, ODD = "#" + "a-long-name-" * 7, "#<!channel> & <b>"

OWN = own.parse("\n".join(own.EXAMPLES), "en")
ASKED = [*pick({}, (Theme.WORKLOAD, Theme.TOOLS), 4, NOW.date()), *OWN]
#: In every language that there is, which are the longest that anybody gets.
TEN = [*pick({}, (), 6, NOW.date()), *OWN]

# --- Asking --------------------------------------------------------------------------------------

OF_ENPS = Asking(1, Kind.ENPS, [ENPS], NOW + timedelta(days=4), 5, Results.CHANNEL, "C0SUPPORT")
OF_PULSE = Asking(2, Kind.PULSE, ASKED, NOW + timedelta(days=2), 5, Results.LEADS, "C0SUPPORT")
DEEDS = (
    (Theme.WORKLOAD, "We hired two people for the night shift."),
    (None, "New headsets for <!channel> & <b>everybody</b>"),
)

TELLING = (
    "As the only night agent I told Maria in ticket #12345 last Tuesday at 14:30; "
    "write to ann@acme.example"
)


def found() -> list[Telltale]:
    return telltales(
        TELLING,
        names=("Maria Papadaki",),
        own_names=("Ann",),
        teams={"@night": 3},
        own_team="@night",
        languages={"en": 20},
        own_language="en",
    )


# --- Results -------------------------------------------------------------------------------------


def likely(promoters: int, passives: int, detractors: int) -> Told:
    """An eNPS as the gate let it out; of fewer than eight without its shares."""
    n = promoters + passives + detractors
    sums = Sums(n, promoters - detractors, promoters + detractors)
    numbers = Numbers(sums, {1: promoters, 0: passives, -1: detractors})
    if n >= 8:
        return Told(numbers)
    return Told(numbers.without_shares, shares_withheld=Reason.TOO_FEW)


def agreed(n: int, mean: float, spread: float = 0.8) -> Told:
    """A mean of 1 to 5 of so many answers, with so much between them."""
    return Told(Numbers(Sums(n, n * mean, n * (mean**2 + spread**2))))


def hidden(reason: Reason) -> Told:
    return Told(withheld=reason)


def a_wave(
    kind: Kind, told: dict[tuple[str, str], Told], *, weeks: int = 0, **more: Any
) -> WaveResult:
    given = {
        "questions": [ENPS] if kind is Kind.ENPS else ASKED,
        "teams": ("#billing", "#chat", "@night", OTHERS),
        "asked": 24,
        "answered": 18,
        "comments": 7,
        **more,
    }
    return WaveResult(
        wave=60 - weeks,
        survey=1,
        kind=kind,
        closed_at=NOW - timedelta(weeks=weeks),
        fewest=5,
        told=told,
        **given,
    )


ENPS_NOW = a_wave(
    Kind.ENPS,
    {
        ("enps", ""): replace(likely(9, 5, 2), left_out=2),
        ("enps", "#billing"): likely(6, 2, 1),
        ("enps", "#chat"): hidden(Reason.TOO_FEW_LEFT),
        ("enps", "@night"): hidden(Reason.TOO_FEW),
        ("enps", OTHERS): hidden(Reason.OVER_TIME),
    },
)
ENPS_BEFORE = [
    a_wave(
        Kind.ENPS,
        {("enps", ""): likely(*mix), ("enps", "#billing"): likely(5, 2, 2)},
        weeks=13 * (place + 1),
    )
    for place, mix in enumerate([(7, 5, 5), (6, 5, 7), (8, 6, 4), (9, 6, 2)])
]

THEMES = {
    Theme.WORKLOAD: agreed(18, 2.4),
    Theme.TOOLS: agreed(18, 3.9),
    Theme.TEAM: hidden(Reason.OVER_TIME),
}
PULSE_NOW = a_wave(
    Kind.PULSE,
    {
        (ALL, ""): agreed(18, 3.2),
        **{(theme_subject(theme), ""): told for theme, told in THEMES.items()},
        **{(one.key, ""): agreed(18, 2.1 + place / 2) for place, one in enumerate(ASKED[:4])},
        (OWN[0].key, ""): hidden(Reason.TOO_COMPLEX),
        (OWN[1].key, ""): Told(Numbers(Sums(16, 104, 740))),
        (OWN[2].key, ""): Told(Numbers(Sums(14, 12, 20), {0: 4, 1: 8, 2: 2})),
        (ALL, "#billing"): agreed(9, 3.4),
        (ALL, "#chat"): hidden(Reason.TOO_FEW_LEFT),
        (ALL, "@night"): hidden(Reason.TOO_FEW),
    },
)
#: Too few to be shared out, so that nothing is told of the choice.
PULSE_OF_SEVEN = a_wave(
    Kind.PULSE,
    {
        (ALL, ""): agreed(7, 3.2),
        (OWN[0].key, ""): agreed(7, 2.1),
        (OWN[1].key, ""): Told(Numbers(Sums(7, 70)), shares_withheld=Reason.TOO_FEW),
        (OWN[2].key, ""): hidden(Reason.TOO_FEW),
    },
    questions=OWN,
    answered=7,
)
PULSE_BEFORE = [
    a_wave(
        Kind.PULSE,
        {
            (ALL, ""): agreed(17, 3.6),
            (theme_subject(Theme.WORKLOAD), ""): agreed(17, 4.0),
            (theme_subject(Theme.TOOLS), ""): agreed(17, 3.8),
            (ALL, "#billing"): agreed(9, 3.5),
        },
        weeks=2,
    )
]

#: As many themes and teams as there may be, with the longest names.
TEAMS = (*(f"{LONG[:70]}-{number}" for number in range(6)), ODD, OTHERS)
LARGE = a_wave(
    Kind.PULSE,
    {
        (ALL, ""): agreed(80, 3.5),
        **{(theme_subject(theme), ""): agreed(80, 3.1) for theme in Theme},
        **{(ALL, team): agreed(10, 3.3) for team in TEAMS},
    },
    teams=TEAMS,
    asked=90,
    answered=80,
    questions=list(questions()[:10]),
)
LARGE_HIDDEN = replace(
    LARGE, told={key: hidden(Reason.TOO_FEW_LEFT) for key in LARGE.told}, comments=0
)

FEW = a_wave(Kind.ENPS, {("enps", ""): hidden(Reason.TOO_FEW)}, answered=4, comments=0)
NOBODY = replace(FEW, answered=0)
FIVE = a_wave(Kind.ENPS, {("enps", ""): likely(3, 1, 1)}, answered=5)
CENSUS = a_wave(Kind.ENPS, {("enps", ""): likely(9, 5, 4)}, asked=18)
FIRST_PULSE = replace(PULSE_NOW, told={(ALL, ""): agreed(18, 3.2)}, teams=("#support",))

COMMENTS = [
    Comment(
        "a" * 32,
        9,
        "enps",
        "Too many tickets on Mondays, and *nobody* answers <!channel> — “ok”?",
        can_be_answered=True,
    ),
    Comment("b" * 32, 9, "enps", "خیلی خوب است، #1234", can_be_answered=False),
    Comment(
        "c" * 32, 9, "", "@here\n\n\n\nlook: <https://evil.example|click>", can_be_answered=True
    ),
]
LETTERS = [
    Letter("a" * 32, 1, "U1LEAD", "Thank you. Would two more people help?", NOW, relayed=True),
    Letter("a" * 32, 2, None, "They would, on <!channel> *Mondays*.", NOW, relayed=True),
    Letter("a" * 32, 3, "U1LEAD", "They come in January.", NOW),
]

#: What people said, which is in nobody's language.
SAID = (
    *(one.text for one in COMMENTS),
    *(one.text for one in LETTERS),
    *(text for _, text in DEEDS),
    *TEAMS,
    *ENPS_NOW.teams[:3],
    TELLING,
    csv_of([FEW]),
)
A_PLAN = Plan(Kind.PULSE, Audience(("C1",)), ATHENS, "C1")
EVERY_WEEK = replace(A_PLAN, cadence=Cadence(1, Every.WEEK, weekday=1, at=time(10)))

SURVEYS: dict[str, Callable[[Reader], Message]] = {
    "survey question enps": lambda reader: question.question(OF_ENPS, reader),
    "survey question pulse": lambda reader: question.question(OF_PULSE, reader),
    "survey question after deeds": lambda reader: question.question(
        replace(OF_ENPS, deeds=DEEDS), reader
    ),
    "survey reminder": lambda reader: question.question(replace(OF_PULSE, before=1), reader),
    "survey last reminder": lambda reader: question.question(
        replace(OF_ENPS, before=2, is_last=True), reader
    ),
    "survey thanks": lambda reader: question.thanks(OF_ENPS, reader, may_say_why=True),
    "survey answered already": lambda reader: question.thanks(
        OF_PULSE, reader, may_say_why=False, again=True
    ),
    "survey declined": lambda reader: question.declined(reader, Kind.ENPS),
    "survey closed": lambda reader: question.refused(Cast.CLOSED, reader),
    "survey not asked": lambda reader: question.refused(Cast.NOT_ASKED, reader),
    "survey privacy": lambda reader: privacy.privacy(
        reader, keep_comments=timedelta(days=90), fewest=6
    ),
    "survey forgotten": lambda reader: privacy.forgotten(reader, mailboxes=1, waves=3),
    "survey results enps": lambda reader: results.results(ENPS_NOW, ENPS_BEFORE, reader),
    "survey results first": lambda reader: results.results(CENSUS, [], reader),
    "survey results of five": lambda reader: results.results(FIVE, [ENPS_BEFORE[0]], reader),
    "survey results of few": lambda reader: results.results(FEW, ENPS_BEFORE, reader),
    "survey results of nobody": lambda reader: results.results(NOBODY, ENPS_BEFORE, reader),
    "survey results after withheld": lambda reader: results.results(
        ENPS_NOW, [replace(FEW, wave=55), *ENPS_BEFORE], reader
    ),
    "survey results pulse": lambda reader: results.results(PULSE_NOW, PULSE_BEFORE, reader),
    "survey results first pulse": lambda reader: results.results(FIRST_PULSE, [], reader),
    "survey results sealed": lambda reader: results.results(
        PULSE_NOW, PULSE_BEFORE, reader, sealed=True
    ),
    "survey results large": lambda reader: results.results(
        LARGE, [replace(LARGE, wave=59), replace(LARGE, wave=58)], reader, with_picture=False
    ),
    "survey results all withheld": lambda reader: results.results(LARGE_HIDDEN, [], reader),
    "survey every question": lambda reader: every_question(PULSE_NOW, reader),
    "survey every question of few": lambda reader: every_question(PULSE_OF_SEVEN, reader),
    "survey comments": lambda reader: comments.comments(COMMENTS, {"enps": ENPS}, reader),
    "survey comments pulse": lambda reader: comments.comments(
        [replace(COMMENTS[0], question=OWN[3].key), COMMENTS[2]],
        {one.key: one for one in ASKED},
        reader,
    ),
    "survey comments some": lambda reader: comments.comments(
        COMMENTS, {"enps": ENPS}, reader, start=1
    ),
    "survey comments none": lambda reader: comments.comments([], {}, reader),
    "survey comments withheld": lambda reader: comments.withheld(5, reader),
    "survey export": lambda reader: as_csv(csv_of([FEW]), reader)[0],
    "survey export long": lambda reader: as_csv("x\n" * 50_000, reader)[0],
    "survey noted": lambda reader: deeds.noted(Noted(3, Theme.WORKLOAD, DEEDS[1][1]), reader),
    "survey noted about all": lambda reader: deeds.noted(
        Noted(4, None, DEEDS[1][1], Theme.TOOLS, "/pulse did tools: …"), reader
    ),
    "survey note taken back": lambda reader: deeds.taken_back(DEEDS[1][1], reader),
    "survey deeds missing": lambda reader: deeds.missing(
        Kind.PULSE, (Theme.TOOLS, Theme.WELL_BEING), reader
    ),
    "survey deed missing": lambda reader: deeds.missing(Kind.ENPS, (), reader),
    "survey letter": lambda reader: letters.to_author("a" * 32, reader),
    "survey letter answered": lambda reader: letters.to_lead("a" * 32, reader),
    "survey letter ended": letters.ended,
    "survey too few": lambda reader: notices.too_few(A_PLAN, 4, reader),
    "survey cannot ask": lambda reader: notices.cannot_ask(
        A_PLAN, "Slack answered <not_in_channel>.", reader
    ),
    "survey missed once": lambda reader: notices.missed(A_PLAN, NOW, reader),
    "survey missed": lambda reader: notices.missed(EVERY_WEEK, NOW, reader),
}

FILLED = Filled({ASKED[0].key: 4, OWN[1].key: 10, OWN[2].key: 1}, {OWN[3].key: "Meetings."})

SURVEY_VIEWS: dict[str, Callable[[Reader], dict[str, Any]]] = {
    "survey form enps": lambda reader: form.answer_view(OF_ENPS, Ticket(1, "D1", "1.2"), reader),
    "survey form pulse": lambda reader: form.answer_view(OF_PULSE, Ticket(2), reader, FILLED),
    "survey form of ten": lambda reader: form.answer_view(
        replace(OF_PULSE, questions=TEN), Ticket(2), reader
    ),
    "survey form telling": lambda reader: form.answer_view(
        OF_PULSE, Ticket(2), reader, Filled({}, {COMMENT: TELLING}, may_reply=True), found()
    ),
    "survey form why": lambda reader: form.why_view(OF_ENPS, Ticket(1), reader),
    "survey form why telling": lambda reader: form.why_view(
        OF_ENPS, Ticket(1), reader, Filled({}, {COMMENT: TELLING}), found()
    ),
    "survey form told": lambda reader: form.told_view(
        question.thanks(OF_ENPS, reader, may_say_why=False).text, reader
    ),
    "survey letter by lead": lambda reader: letters.letter_view(
        COMMENTS[0], LETTERS, reader, Draft("a" * 32, by_author=False)
    ),
    "survey letter by author": lambda reader: letters.letter_view(
        COMMENTS[0], LETTERS[:2], reader, Draft("a" * 32, by_author=True, text=TELLING), found()
    ),
    "survey letter over": lambda reader: letters.letter_view(
        replace(COMMENTS[0], can_be_answered=False),
        LETTERS[:2],
        reader,
        Draft("a" * 32, by_author=False),
    ),
    "survey letter told": lambda reader: letters.told_view(
        letters.sent(reader.day_and_time(NOW), reader), reader
    ),
}
