"""Who a survey asks is taken from Slack: people, each once, and no bots."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.errors import SlackError
from bot.slack.audience import invited, is_public
from bot.slack.messenger import SlackMessenger
from bot.surveys.survey import Audience
from tests.slack_double import TEAM, SlackDouble
from tests.slack_faults import RateLimited, ServerError, SlackFaults
from tests.times import StandingClock


@pytest.fixture
def slack(clock: StandingClock) -> Iterator[SlackDouble]:
    with SlackDouble(clock=clock) as double:
        for number in range(1, 6):
            double.add_user(f"U{number}", name=f"person {number}", tz="Asia/Tehran")
        double.add_user("U6", is_bot=True)
        double.add_user("U7", deleted=True)
        double.add_user("USLACKBOT")
        double.add_channel("C1", name="billing")
        double.add_channel("C2", name="chat")
        double.add_members("C1", "U1", "U2", "U6", "U7", "USLACKBOT")
        double.add_members("C2", "U2", "U3")
        double.add_group("S1", "night", "U3", "U4")
        yield double


@pytest.fixture
def faults(slack: SlackDouble) -> Iterator[SlackFaults]:
    with SlackFaults(slack.api_url) as proxy:
        yield proxy


@pytest.fixture
def messenger(faults: SlackFaults) -> SlackMessenger:
    return SlackMessenger(SlackDouble.bot_token, url=faults.api_url)


def test_people_count_once_in_the_first_team_that_was_named(
    messenger: SlackMessenger, clock: StandingClock
) -> None:
    found = invited(messenger, Audience(("C1", "C2"), ("S1",), ("U4", "U5")), clock)
    assert found.teams == ["#billing", "#chat", "@night", "others"]
    asked = [(person.id, team) for person, team in found.people]
    assert asked == [("U1", 0), ("U2", 0), ("U3", 1), ("U4", 2), ("U5", 3)]


def test_what_is_known_of_them_comes_along(messenger: SlackMessenger, clock: StandingClock) -> None:
    ((person, _),) = invited(messenger, Audience(people=("U1",)), clock).people
    assert (person.zone, person.locale) == ("Asia/Tehran", "en-US")
    assert person.names == ("person 1", "Person 1")


def test_guests_are_asked_and_people_of_another_workspace_are_not(
    slack: SlackDouble, messenger: SlackMessenger, clock: StandingClock
) -> None:
    slack.add_user("U8", team="T0ELSEWHERE")
    slack.add_user("U9", is_restricted=True)
    slack.add_user("W1", team="E0OURS", teams=("T0SISTER", TEAM))
    slack.add_user("W2", team="E0OURS", teams=("T0SISTER",))
    slack.add_members("C2", "U8", "U9", "W1", "W2")
    found = invited(messenger, Audience(("C2",), people=("U8",)), clock)
    assert [person.id for person, _ in found.people] == ["U2", "U3", "U9", "W1"]


def test_a_channel_is_public_where_everybody_can_open_it(
    slack: SlackDouble, messenger: SlackMessenger, clock: StandingClock
) -> None:
    slack.add_channel("C3", is_member=False)
    slack.add_channel("G1", is_private=True)
    slack.add_channel("G2", is_private=True, is_member=False)
    public = {one for one in ("C1", "C3", "G1", "G2", "C9") if is_public(messenger, one, clock)}
    assert public == {"C1", "C3"}


def test_where_slack_does_not_tell_it_is_not_said_whether_a_channel_is_public(
    faults: SlackFaults, messenger: SlackMessenger, clock: StandingClock
) -> None:
    faults.on("conversations.info", *[ServerError()] * 9)
    with pytest.raises(SlackError):
        is_public(messenger, "C1", clock)


def test_all_pages_of_a_large_channel_are_read(
    slack: SlackDouble, messenger: SlackMessenger
) -> None:
    many = [f"U{number}" for number in range(1_000, 1_450)]
    slack.add_members("C1", *many)
    assert messenger.members("C1") >= {*many}
    assert len(slack.called("conversations.members")) == 3


def test_it_waits_where_slack_asks_to(
    faults: SlackFaults, messenger: SlackMessenger, clock: StandingClock
) -> None:
    faults.on("users.info", RateLimited(30))
    assert len(invited(messenger, Audience(people=("U1", "U2")), clock).people) == 2
    assert clock.slept == [30]


@pytest.mark.parametrize("audience", [Audience(("C9",)), Audience(groups=("S9",))])
def test_what_is_not_there_is_told(
    messenger: SlackMessenger, clock: StandingClock, audience: Audience
) -> None:
    with pytest.raises(SlackError):
        invited(messenger, audience, clock)
