"""Who is in the office that surveys are tried in, where, and what each of them answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import SystemClock
from tests.live import killed
from tests.live.amended import AmendedSlack
from tests.live.components import free_port
from tests.live.deployment import Deployment
from tests.live.emulator import CROWD, ROBOT, SlackEmulator
from tests.live.office import ATHENS, NEW_YORK, SILENT, TEHRAN, TOKYO, Agent, Manner, Office
from tests.live.people import Line, Seen, questions
from tests.slack_double import SlackDouble

#: In every comment and letter, so that one is found wherever it should not be.
MARK = "quokka"

NIGHTS = f"The night shift is too thin. {MARK}"
TICKET = f"Ticket 48213 cost me a week, nobody helped. {MARK}"
PING = f"<!channel> *please* hire somebody {MARK}"
PERSIAN = f"بار کاری ما بیش از حد است {MARK}"
LONG = " ".join([MARK, *["Too many meetings, and no time for anything else."] * 55])

#: As what is shown that is not shown as it was typed: nobody is pinged, and letters that run right to
#: left keep their direction.
SHOWN = {PING: f"‹!channel> *please* hire somebody {MARK}", PERSIAN: f"\u2068{PERSIAN}\u2069"}

#: What each does about an eNPS, in each zone; whoever is there besides is silent.
MANNERS: dict[ZoneInfo, list[Manner]] = {
    ATHENS: [
        *(Manner(score) for score in (10, 9, 9, 8, 7, 10, 3, 6, 9)),
        Manner(10, twice="later"),
        Manner(0, twice="later"),
        Manner(9, twice="at once"),
        Manner(2, twice="at once"),
        Manner(5, why=NIGHTS, may_be_answered=True),
        Manner(4, why=TICKET),
        Manner(8, why=PING),
        Manner(7, after=2),
        Manner(9, after=2, why=f"It took me a while. I am tired. {MARK}", may_be_answered=True),
        Manner(6, after=3),
        Manner(declines=True),
        Manner(declines=True, after=2),
    ],
    NEW_YORK: [
        *(Manner(score) for score in (10, 9, 8, 2, 10)),
        Manner(9, why=f"I learn something all the time. {MARK}"),
        Manner(6, why=f"The pay is below what others offer. {MARK}"),
        Manner(10, by_command=True, why=f"I came by the command. {MARK}", may_be_answered=True),
        Manner(7, after=3),
        Manner(declines=True),
    ],
    TOKYO: [
        *(Manner(score) for score in (8, 10, 6)),
        Manner(9, why=f"My lead listens. {MARK}"),
        Manner(3, after=2, why=LONG),
        Manner(declines=True),
    ],
    TEHRAN: [
        *(Manner(score) for score in (9, 9, 7)),
        Manner(1, why=PERSIAN),
        Manner(10, after=2, why=f"Search in the desk takes a minute each time. {MARK}"),
        Manner(declines=True),
        Manner(8, declines=True, by_command=True),
    ],
}

_SIZES = {ATHENS: 28, NEW_YORK: 14, TOKYO: 9, TEHRAN: 9}


def _crowd() -> list[tuple[ZoneInfo, Manner]]:
    """Where each of the sixty is, and their manner."""
    return [
        (zone, manner)
        for zone, manners in MANNERS.items()
        for manner in [*manners, *[SILENT] * (_SIZES[zone] - len(manners))]
    ]


@contextmanager
def open_office(deployment: Deployment, slack: SlackEmulator) -> Iterator[Office]:
    """Sixty agents and a lead are in one channel, and so are two bots.

    `deployment` is one on a fast clock; it reaches Slack from now on by a proxy that knows people.
    """
    ids, channel = slack.users, slack.channel("support")
    slack.invite(channel, *(ids[name] for name in ("lena", ROBOT, *CROWD)))
    slack.leave(channel)
    now = SystemClock().now().timestamp()
    with ExitStack() as open_:
        proxy = AmendedSlack(
            slack.api_url, killed.clock(deployment), {ids[ROBOT]: {"is_bot": True}}
        )
        open_.enter_context(proxy)
        deployment.settings["SLACK_API_URL"] = proxy.api_url
        line = Line(slack, proxy, open_.enter_context(SlackDouble()), free_port(), now)
        open_.callback(line.close)
        lead = Agent(ids["lena"], line, "lena", channel, ATHENS)
        there = zip(CROWD, _crowd(), strict=True)
        agents = [Agent(ids[name], line, name, channel, *is_so) for name, is_so in there]
        for one in (lead, *agents):
            proxy.facts[one.id] = {"tz": one.zone.key, "locale": "en-US"}
        yield Office(deployment, line, channel, lead, agents)


@dataclass
class Pulse:
    """A pulse of four questions: what a lead was shown of it, and what everybody gave to each."""

    preview: Seen
    given: list[dict[str, int]] = field(default_factory=list)

    def themes(self) -> dict[str, list[str]]:
        """The questions of each theme."""
        found: dict[str, list[str]] = {}
        for question, theme in re.findall(r"• (.+) _(.+)_", self.preview.text):
            found.setdefault(theme, []).append(re.sub("[\u2066-\u2069]", "", question))
        return found

    def answer(self, agent: Agent, place: int, window: dict[str, Any]) -> None:
        """Gives numbers of 1 to 5 in a window; some skip a question, some say something."""
        numbers = [1 + (place * 3 + number * 2) % 5 for number in range(4)]
        chosen = [None if place % 6 == number else one for number, one in enumerate(numbers)]
        text = "" if place % 5 else f"{place} things to say. {MARK}"
        agent.says(window, numbers=chosen, text=text)
        asked = zip(questions(window), chosen, strict=True)
        self.given.append({question: one for question, one in asked if one is not None})
