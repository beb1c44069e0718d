"""Two surveys from their start to the last letter, in an office of sixty agents and a lead.

Everything that people do is a signed request to a running web process; everything that happens by
itself is done by a running worker; both are killed in the middle of it, again and again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.clock import SystemClock
from bot.store.database import Database
from tests.live import killed
from tests.live.components import wait_until
from tests.live.deployment import Deployment
from tests.live.emulator import SlackEmulator
from tests.live.office import ATHENS, NEW_YORK, TEHRAN, TOKYO, Agent, Office, moment
from tests.live.people import PATIENCE, Person, Seen
from tests.live.postgres import fresh_database
from tests.live.survey_crowd import MARK, NIGHTS, PERSIAN, SHOWN, TICKET, Pulse, open_office
from tests.live.traces import Traces
from tests.processes import until
from tests.slack_faults import LostResponse, RateLimited, ServerError
from tests.workspace import words

#: Sixty agents and their lead; bots are not asked.
ASKED = 61


@dataclass(frozen=True)
class Round:
    """A moment at which those who wait in some zones get a message, and where the worker dies then."""

    when: str
    zone: ZoneInfo
    also: tuple[ZoneInfo, ...] = ()
    deaths: tuple[str, ...] = ()


#: When the wave opens, and some are asked at once …
FIRST = Round(
    "Tue 13:00", TOKYO, deaths=("survey_wave:before", "survey_wave:after", "post:after 4")
)
#: … and when most of them are asked.
MOST = Round("Tue 10:00", ATHENS, deaths=("survey_roll:after", "outbox:after 7", "post:after 9"))

#: It is started on Tuesday at 7:00 in Athens. From Wednesday noon there on the first reminders go out,
#: from Thursday 17:00 on the second ones, when Tehran has its weekend.
ROUNDS = [
    FIRST,
    Round("Tue 10:00", TEHRAN, deaths=("survey_roll:before",)),
    MOST,
    Round("Tue 10:00", NEW_YORK, deaths=("post:before 5",)),
    Round("Wed 13:00", ATHENS, also=(TEHRAN,), deaths=("person:after 5",)),
    Round("Wed 10:00", NEW_YORK),
    Round("Thu 10:00", TOKYO),
    Round("Thu 10:00", NEW_YORK, deaths=("outbox:before 3",)),
    Round("Fri 10:00", TOKYO),
    Round("Fri 10:00", ATHENS, deaths=("post:after 2",)),
]

#: Where the web process dies while most of them answer, and the worker when a wave is closed.
BALLOT_DEATHS = ("survey_ballot:before 4", "survey_ballot:after 4", "survey_roll:after 9")
CLOSE_DEATHS = ("survey_ballot:before", "survey_result:after", "post:after")
#: All that log lines of ours are made of.
LOGGED = {
    *("event", "level", "timestamp", "subject", "delivery", "problem"),
    *("survey", "wave", "asked", "answered", "request"),
}
#: What the web server says besides when people come before its threads have begun: a number.
WAITING = re.compile(r"waitress\.queue: Task queue depth is \d+")


@pytest.fixture(params=["sqlite", "postgres"])
def deployment(
    request: pytest.FixtureRequest, tmp_path: Path, slack_emulator: SlackEmulator
) -> Deployment:
    """An empty deskpulse, at seven o'clock on a Tuesday in Athens."""
    database = f"sqlite:///{tmp_path / 'deskpulse.db'}"
    if request.param == "postgres":
        database = fresh_database(request.getfixturevalue("postgres_url"))
    settings = {
        "DATABASE_URL": database,
        "DESKPULSE_SECRET": "a-secret-of-the-live-tests",
        "DESKPULSE_LOG_FORMAT": "json",
        "SLACK_BOT_TOKEN": slack_emulator.bot_token,
        "SLACK_SIGNING_SECRET": slack_emulator.signing_secret,
    }
    empty = Database(database)
    empty.migrate()
    empty.close()
    return killed.fast(Deployment(tmp_path, settings), at=moment("Tue 07:00", ATHENS))


@pytest.fixture
def office(deployment: Deployment, slack_emulator: SlackEmulator) -> Iterator[Office]:
    with open_office(deployment, slack_emulator) as office:
        yield office


def test_surveys_are_asked_answered_and_told_once_whatever_is_killed(office: Office) -> None:
    """And nothing that is left says who answered what: not in the middle of it, not at the end."""
    traces = Traces(office.deployment)
    plan_an_enps(office)
    for round_ in ROUNDS:
        if round_ is MOST:
            some_are_gone(office)
        ask(office, round_)
        answer(office, deaths=BALLOT_DEATHS if round_ is MOST else ())
        if round_ is MOST:
            some_fail(office)
            assert_says_nothing(office, traces)
    results = close_the_enps(office)
    author = answer_a_comment(office, results)
    pulse = ask_a_pulse(office, author)
    close_the_pulse(office, pulse)
    end_the_letters(office, author)
    assert_says_nothing(office, traces)


# --- An eNPS is planned --------------------------------------------------------------------------


def plan_an_enps(office: Office) -> None:
    """An admin appoints a lead, who starts a survey once she has seen what would come of it."""
    ada, lead = Person(office.line.slack.users["ada"], office.line), office.lead
    typed = f"/enps start <#{office.channel}|support> until fri 17:00 remind 2"

    def plan() -> None:
        assert "for team leads" in lead.types(typed, office.channel).text
        ada.types(f"/deskpulse lead add <@{lead.id}>", office.channel)
        preview = lead.types(typed, office.channel)
        assert f"{ASKED} people, without bots" in preview.text
        assert "until Fri, Oct 16, 5:00 PM" in preview.text
        assert lead.presses("Start", preview).text.startswith("✅ Started.")

    office.do(plan)


# --- It is asked and answered --------------------------------------------------------------------


def some_are_gone(office: Office) -> None:
    """Since they were put on the roll one has gone abroad, and one has left."""
    traveller, leaver, *_ = office.silent(ATHENS)
    office.moves(traveller, NEW_YORK)
    office.leaves(leaver)


def ask(office: Office, round_: Round) -> None:
    """Everybody there who waits gets one more message, by day where they are; nobody else does.

    When most are asked, Slack's answers are lost now and then, and it asks to wait.
    """
    if round_ is MOST:
        faults = (LostResponse(), RateLimited(2), ServerError(500), LostResponse())
        office.line.proxy.on("chat.postMessage", *faults)
    office.leap(moment(round_.when, round_.zone))
    due = [one for one in office.everybody if one.is_waiting_in((round_.zone, *round_.also))]
    arrives(office, *due, deaths=round_.deaths)
    for one in due:
        assert 10 <= office.line.proxy.to(one.id)[-1].at.astimezone(one.zone).hour < 16


def arrives(office: Office, *at: Agent, deaths: Sequence[str] = ()) -> None:
    """One message arrives at each of these people, and nothing at anybody else."""
    had, due = office.asked(), {one.name for one in at}
    wanted = {name: times + (name in due) for name, times in had.items()}
    with office.worker(*deaths):
        for _ in until(PATIENCE):
            if office.asked() == wanted:
                break
    assert office.asked() == wanted


def answer(office: Office, *, deaths: Sequence[str]) -> None:
    """Whoever answers after so many messages does so, all at once."""
    asked = office.asked()
    acts = [one.acts for one in office.agents if one.will_act(asked[one.name])]
    if acts:
        office.do(*acts, deaths=deaths)


def some_fail(office: Office) -> None:
    """Two press once, see that it failed, and leave it at that: of one the ballot is stored.

    And one leaves who was asked already.
    """
    stored, lost, leaver, *_ = office.silent(ATHENS)
    for agent, at in ((stored, "survey_ballot:after"), (lost, "survey_ballot:before")):
        question = agent.question()
        with office.web(at) as web:
            assert not agent.presses_once("9", question)
            assert killed.died(web), web.output()
    stored.gave = 9
    office.leaves(leaver)


# --- It is closed --------------------------------------------------------------------------------


def close_the_enps(office: Office) -> Seen:
    """The results are posted once, and count what everybody gave."""
    assert max(office.asked().values()) == 3
    results = close(office, moment("Fri 17:00", ATHENS))
    gave = [agent.gave for agent in office.agents if agent.gave is not None]
    promoters, detractors = sum(one >= 9 for one in gave), sum(one <= 6 for one in gave)
    passives, score = len(gave) - promoters - detractors, 100 * (promoters - detractors) / len(gave)
    assert results.content["text"].split("\n")[:2] == [
        f"*eNPS {score:+.0f}* · {len(gave)} of {ASKED} answered".replace("-", "−"),
        f"{promoters} promoters · {passives} passives · {detractors} detractors",
    ]
    return results


def close(office: Office, at: datetime) -> Seen:
    """Closes a wave while the worker dies; what stands in the channel afterwards."""
    slack, had = office.line.slack, len(office.line.slack.messages(office.channel))
    office.leap(at)
    with office.worker(*CLOSE_DEATHS):
        wait_until(lambda: len(slack.messages(office.channel)) > had, PATIENCE, "no results come")
        SystemClock().sleep(1)  # minutes of theirs: a second copy would come now
    (posted,) = slack.messages(office.channel)[had:]
    return Seen(office.channel, posted["ts"], posted)


# --- A comment is answered -----------------------------------------------------------------------


def answer_a_comment(office: Office, results: Seen) -> Agent:
    """All comments are there, for leads only. The author of one is written to, and nobody else."""
    lead, authors = office.lead, {one.manner.why: one for one in office.agents if one.manner.why}
    assert "the number of a ticket" in authors[TICKET].warned
    assert "read the language" in authors[PERSIAN].warned

    def read() -> None:
        assert "for team leads" in office.agents[0].presses("Comments", results).text
        there = dict(comments(lead, results))
        written = [SHOWN.get(text, text) for text in authors]
        assert sorted(there) == sorted(written)
        assert list(there) not in (written, sorted(written))
        willing = {text for text, one in authors.items() if one.manner.may_be_answered}
        assert {text for text, button in there.items() if button} == willing
        lead.says(lead.opens(there[NIGHTS], results), text=f"Two more join the nights. {MARK}")

    office.do(read)
    office.leap(moment("Mon 11:00", ATHENS, weeks=1))
    arrives(office, authors[NIGHTS], deaths=("survey_mailbox:before",))
    return authors[NIGHTS]


def comments(lead: Person, results: Seen) -> Iterator[tuple[str, dict[str, Any]]]:
    """The comments as a lead reads them, with the button by which each is answered, if it can be."""
    page = lead.presses("Comments", results)
    while True:
        blocks = page.content["blocks"]
        for block, below in pairwise(blocks):
            if block["type"] == "rich_text":
                *_, quote = block["elements"]
                button = below["elements"][0] if below["type"] == "actions" else {}
                yield quote["elements"][0]["text"], button
        more = [one for one in page.buttons() if one["text"]["text"] == "More"]
        if not more:
            return
        page = lead.presses(more[0], page)


# --- A pulse, while letters are under way --------------------------------------------------------


def ask_a_pulse(office: Office, author: Agent) -> Pulse:
    """Some answer by their message, others by the command: where they are there is no good hour."""
    planned: list[Pulse] = []
    office.do(partial(plan_a_pulse, office, planned), partial(write_back, author))
    (pulse,) = planned
    there = [one for one in office.everybody if one.is_there]
    by_day = [one for one in there if one.zone in (ATHENS, TEHRAN)]
    arrives(office, *by_day)

    def by_message(place: int, agent: Agent) -> None:
        pulse.answer(agent, place, agent.opens("Answer", agent.question()))

    def by_command(place: int, agent: Agent) -> None:
        pulse.answer(agent, place, agent.opens_by("/pulse", office.channel))

    abroad = [one for one in there if one.zone is NEW_YORK]
    office.do(
        *(partial(by_message, place, agent) for place, agent in enumerate(by_day[:20])),
        *(partial(by_command, place, agent) for place, agent in enumerate(abroad[:4])),
        deaths=("survey_ballot:after 5",),
    )
    return pulse


def plan_a_pulse(office: Office, planned: list[Pulse]) -> None:
    survey = f"<#{office.channel}|support> about workload, tools 4 questions until 17:00 remind 0"
    preview = office.lead.types(f"/pulse start {survey}", office.channel)
    assert "have no good hour before it closes" in preview.text
    assert office.lead.presses("Start", preview).text.startswith("✅ Started.")
    planned.append(Pulse(preview))


def write_back(author: Agent) -> None:
    """In the message there is nothing of the letter, for Slack keeps messages."""
    message = author.messages()[-1]
    assert MARK not in message.text
    letter = author.opens("Read it", message)
    assert "Two more join the nights" in words(letter)
    author.says(letter, text=f"That helps, thank you. {MARK}")


def close_the_pulse(office: Office, pulse: Pulse) -> None:
    """The lead has got the letter. Every theme is told once, as the mean of what was given."""
    office.leap(moment("Mon 15:00", ATHENS, weeks=1))
    arrives(office, office.lead, deaths=("survey_mailbox:after",))
    results = close(office, moment("Mon 17:00", ATHENS, weeks=1))
    asked = sum(one.is_there for one in office.everybody)
    assert f" · {len(pulse.given)} of {asked} answered" in results.text
    (table,) = (block for block in results.content["blocks"] if block["type"] == "table")
    rows = {row[0]["text"]: [cell["text"] for cell in row[1:]] for row in table["rows"]}
    themes = pulse.themes()
    assert len(themes) == 2
    for theme, about in themes.items():
        answers = [[one[each] for one in pulse.given if each in one] for each in about]
        score, *_, number = rows[theme]
        assert float(score) == pytest.approx(fmean(map(fmean, answers)), abs=0.051)
        assert int(number) == sum(not one.keys().isdisjoint(about) for one in pulse.given)


def end_the_letters(office: Office, author: Agent) -> None:
    """The lead reads what the author wrote; then the author ends it."""

    def end() -> None:
        (message,) = (one for one in author.messages() if "A team lead answers" in one.text)
        assert "Ended" in author.presses("End this", message).text
        letters = words(office.lead.opens("Read it", office.lead.messages()[-1]))
        assert "That helps, thank you" in letters
        assert "cannot be reached" in letters

    office.do(end)


# --- What is left --------------------------------------------------------------------------------


def assert_says_nothing(office: Office, traces: Traces) -> None:
    """No id and no name of an agent, and no word that they wrote; and the logs are of other things."""
    direct = [posted.channel for one in office.agents for posted in office.line.proxy.to(one.id)]
    own = [told for one in office.agents for told in (one.id, one.name)]
    assert traces.found([MARK, *direct, *own]) == set()
    assert traces.found([office.lead.id]) == {office.lead.id}
    ours, of_libraries = traces.logged()
    assert {line["event"] for line in ours} >= {"message_sent", "survey_opened"}
    assert {key for line in ours for key in line} <= LOGGED
    # What a slow machine did not answer in time: of a survey not even which button it was.
    late = {line["request"] for line in ours if "request" in line}
    assert late <= {"survey", "/deskpulse"}
    assert [said for said in of_libraries if not WAITING.fullmatch(said)] == []
