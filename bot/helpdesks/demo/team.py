"""Who works at the demo desk, in which group, and how each channel is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain import Agent
from bot.helpdesks.demo.chance import Shares


@dataclass(frozen=True, slots=True)
class Channel:
    """How the tickets of a channel come and go.

    `reply` is the usual time to a first reply, in minutes on shift, `spread` the sigma of its
    logarithm, `quick` the share that needs no follow-up; a `live` one is there only on shift.
    `effort` is how many minutes an agent usually spends on a reply.
    """

    share: float
    reply: float
    spread: float
    quick: float
    effort: float
    live: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """`pace` is how long its follow-ups and calls take compared with others'."""

    share: float
    pace: float
    agents: Sequence[str]


CHANNELS = {
    "email": Channel(share=58, reply=39, spread=0.6, quick=0.3, effort=4),
    "chat": Channel(share=24, reply=1.8, spread=0.5, quick=0.6, effort=2, live=True),
    "phone": Channel(share=8, reply=60, spread=0.6, quick=0.6, effort=5, live=True),
    "web": Channel(share=7, reply=55, spread=0.6, quick=0.3, effort=4),
    "social": Channel(share=3, reply=20, spread=0.6, quick=0.5, effort=2.5),
}
GROUPS = {
    "Billing": Group(38, 1.0, ("agent-01", "agent-02", "agent-03", "agent-04")),
    "Technical": Group(34, 1.4, ("agent-05", "agent-06", "agent-07", "agent-08")),
    "Accounts": Group(18, 0.8, ("agent-09", "agent-10")),
    "Onboarding": Group(10, 1.0, ("agent-11", "agent-12")),
}
CHANNEL_SHARES = Shares({name: channel.share for name, channel in CHANNELS.items()})
GROUP_SHARES = Shares({name: group.share for name, group in GROUPS.items()})

_NAMES = (
    *("Eleni Markou", "Nikos Petrou", "Amira Haddad", "Jonas Lindqvist"),
    *("Priya Raman", "Marta Núñez", "Zoe Vermeulen", "Samuel Adeyemi"),
    *("Leila Karimi", "Marek Wójcik", "Agnes Lefèvre", "Kenji Mori"),
)


def _agent(number: int, name: str) -> Agent:
    return Agent(
        f"agent-{number:02}", name, f"{name.split(maxsplit=1)[0].casefold()}@bluefin.example"
    )


AGENTS = tuple(_agent(number, name) for number, name in enumerate(_NAMES, start=1))
