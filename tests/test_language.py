"""Every text goes through gettext: in a catalogue that marks them, nothing is left unmarked."""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from html import unescape
from io import StringIO
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from bot.domain import Fact
from bot.errors import UsageError
from bot.helpdesks import kinds
from bot.helpdesks.demo.team import AGENTS
from bot.locale import Reader
from bot.message import Message
from bot.metrics import CATALOGUE, Metric
from bot.metrics.reading import Lack
from bot.services import Services
from bot.slack.blocks import plain
from bot.slack.kpi import explain
from bot.slack.numbers import lack
from bot.slack.preview import Conversation, to_html, to_terminal
from bot.slack.schedules import PAUSE, REMOVE, RESUME
from bot.slack.why import TICKETS
from bot.surveys.bank import ENPS, questions
from bot.surveys.own import EXAMPLES
from bot.surveys.own import parse as parse_own
from bot.surveys.scales import scales
from bot.surveys.taming import tame
from commands.goals import parse_goal
from commands.questions import named, parse
from commands.times import parse_schedule
from commands.windows import parse_window
from tests.survey_message_samples import SAID
from tests.test_messages import EVERYTHING, FRIDAY, WARNING, all_messages
from tests.times import T
from tests.workspace import (
    ADMIN,
    AGENT,
    ARCHIVED,
    CHANNEL,
    ELSEWHERE,
    Workspace,
    as_json,
    open_workspace,
    words,
)

ATHENS = ZoneInfo("Europe/Athens")
START, END = "⟦", "⟧"


class Marks(gettext.NullTranslations):
    """A language in which every text is the English one between marks, its values outside of them."""

    def gettext(self, message: str) -> str:
        return "".join(_marked(message))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def _marked(message: str) -> Iterator[str]:
    for literal, field, _, _ in Formatter().parse(message):
        yield f"{START}{literal}{END}" if literal else ""
        yield "" if field is None else f"{{{field}}}"


class MarkingReader(Reader):
    """Reads in that language. The dates of Japanese, its locale, have no Latin letter."""

    @property
    def translations(self) -> gettext.NullTranslations:
        return Marks()


READER = MarkingReader("ja", ATHENS)

#: What is nobody's language: commands, people, zones, definitions, names of people's own.
NAMES = (
    r"<?@\w+>?|<#\w+>",
    r"\b[A-Z]\w+/\w+",
    r"\b[a-z_]+/v\d+\b",
    r"deskpulse|#?support",
    r"<!channel>|&lt;!channel&gt;|<b>|&lt;b&gt;|&amp;",
    r"(&lt;|<)?(acme|shop|co|demo)(&gt;|>)?",
    r"<https://[^|>]+\|",
    "|".join(kind.replace("_", " ") for kind in kinds()),
    r"DESKPULSE_\w+|HTTP|\bsons\b|\b(new|busy)\b",
    "#&lt;9&gt;",
    r"\b(enps|pulse)\b",
    r"Billing|Technical|Accounts|Onboarding|Sales|VIP|\*bold\* _it_\s+~gone~",
    r"Group (number )?\d+( of a very large organisation)?",
    r"\b(msg_too_long|message_not_found|is_archived|not_in_channel)\b",
    r"\b(token_revoked|edit_window_closed)\b",
    r"\d+, a group with a name so long [a-z ]+…",
    "|".join(agent.name for agent in AGENTS),
)
#: Questions have languages of their own, and a survey is typed in one way everywhere.
ASKED = sorted(
    [
        *(question.texts["en"] for question in (ENPS, *questions())),
        *(
            text
            for example in parse_own("\n".join(EXAMPLES), "en")
            for text in example.texts.values()
        ),
        *(option for example in parse_own("\n".join(EXAMPLES), "en") for option in example.options),
        *scales("en").likelihood,
    ],
    key=len,
    reverse=True,
)

#: What the messages of the tests were given as a finished text.
GIVEN = (
    "|".join(re.escape(tame(said)) for text in SAID for said in (text, plain(text))),
    "|".join(map(re.escape, ASKED)),
    r"/(enps|pulse) (start|every) [^\n⟦]*",
    re.escape(WARNING),
    r"Slack answered (&lt;|<)not_in_channel(&gt;|>)\.",
    r"The desk refuses the token (&lt;|<)now(&gt;|>)\.",
    r"(we|rule) (&lt;|<)b(&gt;|>)(move|changed)(&lt;|<)/b(&gt;|>)|nobody is here|we (sleep|celebrate)",
)

CODE = re.compile(r"`[^`\n]*`")
MARKED = re.compile(f"{START}[^{END}]*({END}|$)")
FOREIGN = re.compile("|".join(NAMES))


def unmarked(text: str) -> list[str]:
    """The Latin words outside of all marks that are no names. A mark that was cut off ends there."""
    for foreign in (re.compile("|".join(GIVEN)), CODE, MARKED, FOREIGN):
        text = foreign.sub(" ", text)
    return re.findall("[A-Za-z]+", text)


def texts(message: Message) -> Iterator[str]:
    for one in all_messages(message):
        yield words(as_json(replace(one, thread=())))
        yield from (picture.alt for picture in one.pictures)


@pytest.mark.thorough
@pytest.mark.parametrize("name", EVERYTHING)
def test_every_text_of_a_message_goes_through_gettext(name: str) -> None:
    for text in texts(EVERYTHING[name](READER)):
        assert unmarked(text) == [], text


def test_what_does_not_go_through_gettext_is_found() -> None:
    assert unmarked(READER.text("{n} late tickets", n="very")) == ["very"]
    assert unmarked("Support · " + READER.text("week of {days}", days="11月")) == ["Support"]
    assert unmarked(READER.plural("{n} day", "{n} days", 2)) == []


# --- Numbers and what they are called ------------------------------------------------------------


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=lambda metric: metric.key)
def test_what_a_number_means_goes_through_gettext(metric: Metric) -> None:
    lacking = [Lack("acme", fact) for fact in sorted(metric.needs)]
    for text in texts(explain(metric, lacking, READER)):
        assert unmarked(text) == [], text


@pytest.mark.parametrize("fact", Fact)
def test_what_a_desk_cannot_give_is_told_through_gettext(fact: Fact) -> None:
    told = lack(READER, Lack("acme", fact))
    assert "acme" in told
    assert unmarked(told) == []


@pytest.mark.parametrize("seconds", [5, 300, 7_500, 40_000, 2e5])
def test_durations_go_through_gettext(seconds: float) -> None:
    assert unmarked(READER.duration(seconds)) == []


def test_times_and_days_go_through_gettext() -> None:
    for text in (
        READER.moment(T(hours=-30), T()),
        READER.ago(T(hours=-3), T()),
        READER.weekday(3, plural=True),
        READER.weekdays((0, 1, 2, 3, 4, 5, 6)),
        READER.weekdays((0, 1, 2)),
        READER.weekdays((0, 3)),
    ):
        assert unmarked(text) == [], text


# --- Answers to mistakes and refusals ------------------------------------------------------------


def window(typed: str) -> object:
    return parse_window(typed, now=T(), zone=ATHENS)


def question(typed: str) -> object:
    return parse(typed, now=T(), reader=READER)


def a_goal(typed: str) -> object:
    return parse_goal(typed, today=T().date())


MISTAKES: list[tuple[Callable[[str], object], str]] = [
    *((parse_schedule, typed) for typed in ("", "?", "dayly 9", "daily weekly 9", "daily")),
    *((parse_schedule, typed) for typed in ("daily 9 10", "daily 9 athens berlin", "daily 25:00")),
    *((parse_schedule, typed) for typed in ("daily 9 +02:00", "daily 9 x/y", "daily 9 1-5")),
    *((parse_schedule, typed) for typed in ("daily 9 mnday", "weekly mon,tue 9")),
    *((window, typed) for typed in ("", "?", "lst week", "2026-11-15..2026-11-01", "2026-02-30")),
    *((window, typed) for typed in ("2027-01-01", "last 0d", "last 9999d", "01/11/2026")),
    *((question, typed) for typed in ("xyzzy", "reopn rate", "frt by", "frt by x", "by channel")),
    *((question, typed) for typed in ("frt vs", "frt vs xyzzy", "frt vs lst year", "frt for")),
    *((question, typed) for typed in ("frt for group", "frt for agent Ann", "enps by group")),
    *((question, typed) for typed in ("sla by agent", "csat business", "frt by group by desk")),
    *((named, typed) for typed in ("", "xyzzy", "reopn rate")),
    *((a_goal, typed) for typed in ("frt", "frt 90", "frt x", "frt 9999d", "reopen rate")),
    *((a_goal, typed) for typed in ("reopen rate 5", "reopen rate 500%", "backlog x")),
    *((a_goal, typed) for typed in ("backlog 1,500", "off", "ces 9", "nps x", "csat 90% business")),
    *((a_goal, typed) for typed in ("frt 1h by", "frt 1h by soon", "frt 1h by 2020-01-01")),
    *((a_goal, typed) for typed in ("frt 1h from 2h", "frt 1h by 2027-01-01 from", "frt 1h for")),
    *((a_goal, typed) for typed in ("volume 9 by 2027-01-01", "sla 90% for agent Ann")),
    *((a_goal, typed) for typed in ("articles read 9 for group A", "frt 1h for group")),
]


@pytest.mark.parametrize(("ask", "typed"), MISTAKES)
def test_every_answer_to_a_mistake_goes_through_gettext(
    ask: Callable[[str], object], typed: str
) -> None:
    with pytest.raises(UsageError) as caught:
        ask(typed)
    said = caught.value.said(READER.template)
    assert START in said
    assert unmarked(without_quotes(said)) == [], said


def without_quotes(said: str) -> str:
    """Without what stands between quotation marks: what was typed, or probably meant."""
    return re.sub(f"“{END}[^{START}]*{START}”", "", said)


class MarkingServices(Services):
    """Services for which everybody reads in the marking language."""

    def reader(self, user: str) -> Reader:  # noqa: ARG002  whoever it is
        return READER


@pytest.fixture(scope="module")
def office() -> Iterator[Workspace]:
    with open_workspace() as workspace:
        workspace.slack.add_user(ADMIN, is_admin=True, email="somebody@acme.example")
        kept = {one.name: getattr(workspace.services, one.name) for one in fields(Services)}
        yield replace(workspace, services=MarkingServices(**kept))


TYPED = [
    *("/kpi", "/kpi frt by channel", "/kpi backlog", "/kpi frt 2020-01-01", "/kpi help"),
    *("/kpi goal", "/kpi goal frt 1h", "/kpi goals", "/kpi goal frt off", "/kpi csat"),
    *("/kpi goal frt 5min for group Billing by 2027-01-01", "/kpi goal frt off for group Billing"),
    *("/kpi goal frt 9h by 2027-01-01", "/kpi goal frt 1h business", "/kpi goal frt off business"),
    *("/kpi goal frt 1h for group Biling", "/kpi goal enps 20 by 2027-01-01", "/kpi goal enps off"),
    *("/kpi frt for group billing vs last year", "/kpi business", "/kpi frt business"),
    *("/kpi frt for group Biling", "/kpi enps", "/kpi churn", "/kpi fcr", "/kpi frt by agent"),
    *("/kpi why frt", "/kpi why volume", "/kpi why", "/kpi why nps", "/kpi why articles read"),
    *("/kpi why frt by group", "/kpi why churn", "/kpi me", "/kpi me frt"),
    *("/enps", "/enps help", "/pulse help", "/enps privacy", "/enps list", "/enps pause 3"),
    *("/pulse pause x", "/enps close", "/enps xyzzy", "/enps edit 3", "/enps who", "/enps stop"),
    *("/desk", "/desk help", "/desk sync demo", "/desk sync dmo", "/desk", "/desk xyzzy"),
    *("/deskpulse", "/deskpulse leads", "/deskpulse lead add", "/deskpulse lead x"),
    *("/deskpulse lead add <@U0NEW>", "/deskpulse lead remove <@U0NEW>", "/deskpulse xyzzy"),
]
#: These are about the channel in which they are typed, so that they are tried in one of each kind.
OF_A_CHANNEL = [
    *("/digest", "/digest help", "/digest daily 09:00", "/digest now daily", "/digest now"),
    *("/digest weekly 9", "/digest list", "/digest xyzzy", "/digest daily 25:00"),
]


@pytest.mark.thorough
@pytest.mark.parametrize("user", [AGENT, ADMIN])
def test_every_answer_to_a_command_goes_through_gettext(office: Workspace, user: str) -> None:
    for typed in TYPED:
        told = office.types(typed, user=user).told
        assert unmarked(without_quotes(told)) == [], (typed, told)


@pytest.mark.thorough
@pytest.mark.parametrize("user", [AGENT, ADMIN])
@pytest.mark.parametrize("channel", [CHANNEL, ELSEWHERE, ARCHIVED, f"D{AGENT}"])
def test_every_answer_about_a_channel_goes_through_gettext(
    office: Workspace, user: str, channel: str
) -> None:
    for typed in OF_A_CHANNEL:
        told = office.types(typed, user=user, channel=channel).told
        assert unmarked(without_quotes(told)) == [], (typed, told)


@pytest.mark.parametrize("typed", ["frt", "volume", "csat", "frt 2020-01-01"])
def test_the_list_of_the_tickets_behind_a_change_goes_through_gettext(
    office: Workspace, typed: str
) -> None:
    value = parse(typed, now=T(), reader=READER).to_text()
    assert unmarked(office.presses(TICKETS, value).told) == []


def test_a_button_of_a_digest_that_is_gone_is_told_through_gettext(office: Workspace) -> None:
    for action in (PAUSE, RESUME, REMOVE):
        assert unmarked(office.presses(action, "99", user=ADMIN).told) == []


# --- What the preview says itself ----------------------------------------------------------------


def preview_of(name: str) -> Conversation:
    return Conversation("#support", FRIDAY, EVERYTHING[name](READER))


@pytest.mark.parametrize("name", ["digest moved", "kpi duration", "digests"])
def test_what_the_page_says_itself_goes_through_gettext(name: str) -> None:
    page = to_html([preview_of(name)], title="deskpulse", reader=READER)
    body = re.sub("<style>.*?</style>", "", page, flags=re.DOTALL)
    aloud = re.findall('aria-label="([^"]+)"', body)
    shown = [unescape(text) for text in re.split("<[^>]*>", body)]
    for text in [*aloud, *shown]:
        assert unmarked(text) == [], text


@pytest.mark.parametrize("width", [30, 120])
@pytest.mark.parametrize("name", ["digest moved", "kpi duration", "digests"])
def test_what_the_terminal_says_itself_goes_through_gettext(name: str, width: int) -> None:
    file = StringIO()
    to_terminal([preview_of(name)], Console(file=file, width=width), READER)
    assert unmarked(re.sub(r"\s+", " ", file.getvalue())) == []
