from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.digests.timetable import Kind, Timetable
from bot.message import Message
from bot.slack.digest import NUMBERS, SETTINGS, WHY, render
from bot.slack.schedules import PAUSE, POST_NOW, REMOVE, RESUME
from bot.store import outbox, schedules
from jobs.digests import compose
from tests.blockkit.limits import broken_limits
from tests.workspace import (
    ADMIN,
    AGENT,
    ARCHIVED,
    CHANNEL,
    ELSEWHERE,
    LEAD,
    Answered,
    Json,
    Workspace,
    open_workspace,
    words,
)

ATHENS = ZoneInfo("Europe/Athens")
WORKDAYS = (0, 1, 2, 3, 4)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_workspace() as workspace:
        yield workspace


@pytest.fixture(scope="module")
def office() -> Iterator[Workspace]:
    """One workspace, with a digest, for all the tests that change nothing in it."""
    with open_workspace() as workspace:
        workspace.types("/digest daily 09:00", user=LEAD)
        yield workspace


def timetables(workspace: Workspace, channel: str = CHANNEL) -> list[Timetable]:
    return [schedules.timetable(one) for one in workspace.schedules(channel)]


def buttons(workspace: Workspace) -> dict[str, str]:
    """The buttons that a lead sees below the digest of the channel, and what each hands back."""
    found = workspace.types("/digest").buttons()
    return {action: button["value"] for action, button in found.items()}


# --- Setting one up ------------------------------------------------------------------------------

SET_UP = [
    ("daily 09:00", Timetable(Kind.DAILY, time(9), ATHENS, WORKDAYS)),
    ("daily 9", Timetable(Kind.DAILY, time(9), ATHENS, WORKDAYS)),
    ("DAILY 9am", Timetable(Kind.DAILY, time(9), ATHENS, WORKDAYS)),
    (
        "daily 09:00 America/New_York",
        Timetable(Kind.DAILY, time(9), ZoneInfo("America/New_York"), WORKDAYS),
    ),
    (
        "daily 09:00 berlin mon-sat",
        Timetable(Kind.DAILY, time(9), ZoneInfo("Europe/Berlin"), (0, 1, 2, 3, 4, 5)),
    ),
    ("daily 18:30 every day", Timetable(Kind.DAILY, time(18, 30), ATHENS, tuple(range(7)))),
    ("weekly mon 09:00", Timetable(Kind.WEEKLY, time(9), ATHENS, (0,))),
    ("weekly fri 16:00 utc", Timetable(Kind.WEEKLY, time(16), ZoneInfo("UTC"), (4,))),
]


@pytest.mark.parametrize(("typed", "timetable"), SET_UP)
def test_a_lead_sets_up_a_digest(workspace: Workspace, typed: str, timetable: Timetable) -> None:
    answered = workspace.types(f"/digest {typed}", user=LEAD)
    assert timetables(workspace) == [timetable]
    assert timetable.zone.key in answered.told
    assert [(e.who, e.action, e.detail) for e in workspace.audit()] == [
        (LEAD, "digest set up", f"{CHANNEL} {typed}")
    ]
    assert workspace.slack.posted == []


@pytest.mark.thorough
def test_who_sets_one_up_sees_when_it_comes_and_how_it_would_look(workspace: Workspace) -> None:
    told = workspace.types("/digest daily 09:00", user=LEAD).told
    assert "Daily digest, 9:00 AM, Mon to Fri, Europe/Athens" in told
    assert "Next: Mon, Nov 23, 9:00 AM · Tue, Nov 24, 9:00 AM · Wed, Nov 25, 9:00 AM" in told
    assert "This is how it would look now:" in told
    assert "Support · Thursday, November 19" in told
    assert "⚠️" not in told


@pytest.mark.thorough
def test_it_is_due_in_the_zone_of_the_one_who_sets_it_up(workspace: Workspace) -> None:
    workspace.slack.add_user(LEAD, tz="America/New_York", locale="de-DE")
    workspace.types("/digest daily 09:00", user=LEAD)
    (schedule,) = workspace.schedules()
    assert (schedule.zone, schedule.locale) == ("America/New_York", "de_DE")


@pytest.mark.thorough
def test_a_second_of_the_same_kind_takes_the_place_of_the_first(workspace: Workspace) -> None:
    workspace.types("/digest daily 09:00", user=LEAD)
    workspace.types("/digest weekly mon 08:00", user=LEAD)
    workspace.types("/digest daily 10:00", user=LEAD)
    kinds = [(one.kind, one.at) for one in timetables(workspace)]
    assert kinds == [(Kind.DAILY, time(10)), (Kind.WEEKLY, time(8))]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("channel", "warning"),
    [
        (ELSEWHERE, "⚠️ I am not in this channel, so nothing can be posted yet. Invite me:"),
        ("G0PRIVATE", "⚠️ I am not in this channel, so nothing can be posted yet. Invite me:"),
        (ARCHIVED, "⚠️ This channel is archived, so nothing can be posted to it."),
    ],
)
def test_where_the_bot_cannot_post_it_says_why(
    workspace: Workspace, channel: str, warning: str
) -> None:
    told = workspace.types("/digest daily 09:00", user=LEAD, channel=channel).told
    assert warning in told
    assert len(timetables(workspace, channel)) == 1


@pytest.mark.thorough
def test_a_digest_is_set_up_although_slack_cannot_tell_about_the_channel() -> None:
    with open_workspace(slack_api_url="http://127.0.0.1:9/api/") as workspace:
        told = workspace.types("/digest daily 09:00", user=LEAD).told
        assert "Next: Mon, Nov 23" in told
        assert len(timetables(workspace)) == 1


@pytest.mark.parametrize("typed", ["daily 09:00", "weekly mon 09:00", "now daily"])
def test_a_direct_message_gets_no_digest(workspace: Workspace, typed: str) -> None:
    before = workspace.version()
    told = workspace.types(f"/digest {typed}", user=LEAD, channel=f"D{LEAD}").told
    assert told == (
        "A digest is posted to a channel, not to a direct message. "
        "Type the same in the channel that is to get it."
    )
    assert workspace.version() == before


DAILY = "`/digest daily 09:00 Europe/Athens mon-fri`"
MISTAKES = [
    (
        "dialy 09:00",
        "There is no digest command “dialy”. Did you mean “daily”?",
        "`/digest daily 09:00`",
    ),
    ("nwo daily", "There is no digest command “nwo”. Did you mean “now”?", "`/digest daily 09:00`"),
    ("xyzzy", "There is no digest command “xyzzy”.", "`/digest daily 09:00`"),
    ("daily", "It is not said at what time.", DAILY),
    ("daily 25:00", "“25:00” is not a time of day.", DAILY),
    ("daily 09:00 10:00", "Only one time of day can be given.", DAILY),
    ("daily 9 Europe/Athns", "Did you mean “Europe/Athens”?", DAILY),
    ("daily 9 Mars/Phobos", "There is no time zone “mars/phobos”.", DAILY),
    ("daily 9 +02:00", "“+02:00” does not follow daylight saving time.", DAILY),
    ("daily 9 mondy", "Did you mean “monday”?", DAILY),
    ("daily 9 1-5", "some count weekdays from Sunday, some from Monday", DAILY),
    (
        "weekly mon,tue 9",
        "A weekly digest comes on one day of the week.",
        "`/digest weekly mon 09:00 Europe/Athens`",
    ),
    ("weekly", "It is not said at what time.", "`/digest weekly mon 09:00 Europe/Athens`"),
    ("now", "Something is missing at the end.", "`/digest now daily`"),
    ("now dayly", "There is no digest “dayly”. Did you mean “daily”?", "`/digest now daily`"),
]


@pytest.mark.parametrize(("typed", "answer", "example"), MISTAKES)
def test_a_mistake_is_answered_with_what_was_meant_and_an_example(
    office: Workspace, typed: str, answer: str, example: str
) -> None:
    before = office.version()
    told = office.types(f"/digest {typed}", user=LEAD).told
    assert answer in told
    assert told.endswith(f" For example: {example}")
    assert office.version() == before


# --- Listing -------------------------------------------------------------------------------------


def test_a_channel_without_digests_says_how_to_set_one_up(workspace: Workspace) -> None:
    for typed in ("/digest", "/digest list"):
        told = workspace.types(typed).told
        assert "This channel gets no digest yet." in told
        assert "/digest daily 09:00" in told


def test_a_channel_lists_its_own_digests_with_buttons(office: Workspace) -> None:
    answered = office.types("/digest")
    assert "Daily digest, 9:00 AM, Mon to Fri, Europe/Athens" in answered.told
    assert f"set up by <@{LEAD}>" in answered.told
    assert list(answered.buttons()) == [POST_NOW, PAUSE, REMOVE]
    assert "This channel gets no digest yet." in office.types("/digest", channel=ELSEWHERE).told


@pytest.mark.thorough
def test_the_list_tells_why_the_last_one_was_not_posted(workspace: Workspace) -> None:
    workspace.types("/digest daily 09:00", user=LEAD)
    (schedule,) = workspace.schedules()
    row = workspace.queue(Message("late <news>"), subject=f"digest:{schedule.id}")
    with workspace.writing() as session:
        outbox.failed(session, row, "Slack answered <is_archived>.")
    assert "⚠️ Slack answered &lt;is_archived&gt;." in workspace.types("/digest").told


def test_help_shows_each_form(office: Workspace) -> None:
    told = office.types("/digest help").told
    for form in ("/digest daily 09:00", "/digest weekly mon 09:00", "/digest now daily"):
        assert form in told


# --- Posting one now -----------------------------------------------------------------------------


def test_now_makes_the_digest_due_and_leaves_it_to_the_job(workspace: Workspace) -> None:
    told = workspace.types("/digest now daily", user=LEAD).told
    assert told == "It will be posted here in a moment."
    (asked,) = workspace.asked()
    assert (asked["channel"], asked["by"]) == (CHANNEL, LEAD)
    assert Timetable.from_json(asked["timetable"]) == Timetable(
        Kind.DAILY, time(9), ATHENS, WORKDAYS
    )
    assert workspace.waiting() == []
    assert workspace.slack.posted == []


@pytest.mark.thorough
def test_now_takes_the_timetable_of_the_channels_own_digest(workspace: Workspace) -> None:
    workspace.types("/digest weekly fri 16:00 UTC", user=LEAD)
    workspace.types("/digest now weekly", user=LEAD)
    (asked,) = workspace.asked()
    assert Timetable.from_json(asked["timetable"]) == timetables(workspace)[0]


@pytest.mark.thorough
def test_asking_twice_in_a_minute_is_asking_once(workspace: Workspace) -> None:
    workspace.types("/digest daily 09:00", user=LEAD)
    value = buttons(workspace)[POST_NOW]
    for _ in range(2):
        told = workspace.presses(POST_NOW, value, user=LEAD).told
        assert told == "It will be posted here in a moment."
    workspace.types("/digest now daily", user=ADMIN)
    assert len(workspace.asked()) == 1
    workspace.clock.move(minutes=1)
    workspace.presses(POST_NOW, value, user=LEAD)
    assert len(workspace.asked()) == 2


def test_now_where_the_bot_is_not_says_how_to_invite_it(workspace: Workspace) -> None:
    told = workspace.types("/digest now daily", user=LEAD, channel=ELSEWHERE).told
    assert "/invite @deskpulse" in told


# --- Buttons -------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_a_digest_is_paused_resumed_and_removed_by_its_buttons(workspace: Workspace) -> None:
    workspace.types("/digest daily 09:00", user=LEAD)

    def press(action: str) -> Answered:
        answered = workspace.presses(action, buttons(workspace)[action], user=LEAD)
        assert answered.message["replace_original"] is True
        return answered

    paused = press(PAUSE)
    assert "Paused: nothing is posted until it is resumed." in paused.told
    assert list(paused.buttons()) == [POST_NOW, RESUME, REMOVE]
    assert workspace.schedules()[0].paused

    workspace.clock.move(days=2)
    resumed = press(RESUME)
    assert "Next: Mon, Nov 23" in resumed.told
    (schedule,) = workspace.schedules()
    assert not schedule.paused
    assert schedule.resumed_at == workspace.clock.now()

    assert "This channel gets no digest yet." in press(REMOVE).told
    assert workspace.schedules() == []
    assert [entry.action for entry in workspace.audit()] == [
        "digest remove",
        "digest resume",
        "digest pause",
        "digest set up",
    ]
    assert workspace.slack.posted == []


@pytest.mark.thorough
def test_a_button_of_a_digest_that_is_gone_says_so(workspace: Workspace) -> None:
    workspace.types("/digest daily 09:00", user=LEAD)
    there = buttons(workspace)
    workspace.presses(REMOVE, there[REMOVE], user=LEAD)
    before = workspace.version()
    for action in (PAUSE, REMOVE):
        told = workspace.presses(action, there[action], user=LEAD).told
        assert told == "This digest was removed already. See: `/digest`"
    assert workspace.version() == before


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("choice", "left"), [("pause", [True]), ("remove", [])], ids=["pause", "remove"]
)
def test_a_posted_digest_is_stopped_from_its_own_menu(
    workspace: Workspace, choice: str, left: list[bool]
) -> None:
    workspace.types("/digest daily 09:00", user=LEAD)
    (schedule,) = workspace.schedules()
    (menu,) = [one for one in posted(workspace, schedule.id) if one["action_id"] == SETTINGS]
    (option,) = [one["value"] for one in menu["options"] if one["value"].startswith(choice)]
    answered = workspace.chooses(SETTINGS, option, user=LEAD)
    assert [one.paused for one in workspace.schedules()] == left
    # The digest that everybody sees stays; only who chose is told.
    assert answered.message["response_type"] == "ephemeral"
    assert answered.message["replace_original"] is False


def posted(workspace: Workspace, schedule: int | None) -> list[Json]:
    """The buttons and menus below a posted digest."""
    timetable = Timetable(Kind.DAILY, time(9), ATHENS, WORKDAYS)
    now = workspace.clock.now()
    made = compose(workspace.services, timetable, now, now=now)
    reader = workspace.services.reader(LEAD)
    message = render(made, reader, schedule=schedule, with_chart=False)
    (row,) = [block for block in message.blocks if block["type"] == "actions"]
    elements: list[Json] = row["elements"]
    return elements


@pytest.mark.thorough
def test_all_numbers_of_a_posted_digest_are_those_of_its_days(workspace: Workspace) -> None:
    button, *_ = posted(workspace, None)
    workspace.clock.move(days=3)
    answered = workspace.presses(NUMBERS, button["value"], user=AGENT, ephemeral=False)
    assert "All numbers · Thursday, November 19" in answered.told
    assert answered.message["replace_original"] is False
    assert workspace.slack.posted == []


@pytest.mark.thorough
def test_what_a_quiet_day_has_not_told_is_told_to_whoever_asks(workspace: Workspace) -> None:
    """Also days later, to an agent, and to nobody else."""
    (button,) = posted(workspace, None)
    workspace.clock.move(days=3)
    there = workspace.presses(NUMBERS, button["value"], user=AGENT, ephemeral=False).buttons()
    assert [words({"blocks": [one["text"]]}) for one in there.values()] == [
        *("By channel", "By group", "What is usual", "What they mean")
    ]
    told = {
        action: workspace.presses(action, one["value"], user=AGENT) for action, one in there.items()
    }
    by_channel, by_group, usual, meanings = told.values()
    head = ["New tickets", "Solved", "First response", "Resolution"]
    assert by_channel.table()[0] == ["Channel", *head]
    assert by_group.table()[0] == ["Group", *head]
    assert usual.table()[0][:3] == ["All numbers", "value", "usual"]
    assert "Backlog: Unsolved tickets at the end of the window." in meanings.told.replace("*", "")
    assert workspace.slack.posted == []


@pytest.mark.thorough
def test_goals_are_one_of_the_things_that_a_quiet_day_can_be_asked_for(
    workspace: Workspace,
) -> None:
    workspace.types("/kpi goal resolution time 24h", user=LEAD)
    (button,) = posted(workspace, None)
    there = workspace.presses(NUMBERS, button["value"]).buttons()
    goals = workspace.presses("digest_rest_goals", there["digest_rest_goals"]["value"])
    assert goals.table()[1][0] == "Resolution time"
    assert goals.table()[1][2] == "24 h ✓"


@pytest.mark.thorough
def test_a_posted_digest_shows_its_days_to_readers_in_other_zones(workspace: Workspace) -> None:
    button, *_ = posted(workspace, None)
    workspace.slack.add_user(AGENT, tz="Pacific/Auckland")
    answered = workspace.presses(NUMBERS, button["value"], ephemeral=False)
    assert "All numbers · Thursday, November 19" in answered.told


def test_why_on_a_posted_digest_tells_what_moved_the_number_in_its_days(
    workspace: Workspace,
) -> None:
    days = "2026-11-19T00:00:00+02:00/2026-11-20T00:00:00+02:00"
    value = f"first_response_time calendar Europe/Athens {days}"
    answered = workspace.presses(WHY, value, user=AGENT, ephemeral=False)
    assert "Why: First response time · Thursday, November 19" in answered.told
    assert answered.message["replace_original"] is False
    assert workspace.slack.posted == []


# --- Everything that is shown --------------------------------------------------------------------

EVERY_FORM = (
    ("/digest", CHANNEL),
    ("/digest help", CHANNEL),
    ("/digest daily 09:00", CHANNEL),
    ("/digest weekly mon 9", ELSEWHERE),
    ("/digest list", ELSEWHERE),
)


@pytest.mark.thorough
@pytest.mark.parametrize("locale", ["en-US", "de-DE", "fa-IR", "ar-EG", "ja-JP"])
def test_answers_keep_to_slacks_limits_in_every_language(workspace: Workspace, locale: str) -> None:
    workspace.slack.add_user("U0READER", locale=locale, is_admin=True)
    for form, channel in EVERY_FORM:
        message = workspace.types(form, user="U0READER", channel=channel).message
        assert broken_limits(message) == []
        assert message["text"].strip()


@pytest.mark.thorough
def test_the_moments_are_those_of_the_digests_zone(workspace: Workspace) -> None:
    workspace.slack.add_user(LEAD, tz="Europe/Athens")
    workspace.types("/digest daily 09:00 Asia/Tokyo mon", user=LEAD)
    (timetable,) = timetables(workspace)
    (slot,) = timetable.upcoming(workspace.clock.now(), 1)
    assert slot.due_at.astimezone(UTC) == datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    assert "Next: Mon, Nov 23, 9:00 AM" in workspace.types("/digest").told
