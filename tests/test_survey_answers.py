"""Whoever is asked answers, or does not: as they meet it in their direct messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select
from sqlmodel import col

from bot.clock import SystemClock
from bot.seals import open_with
from bot.services import People
from bot.slack.surveys import question
from bot.slack.surveys.form import ANSWER, COMMENT, WHY
from bot.store import comments, waves
from bot.store.tables import BallotRow, WaveRow
from bot.surveys import own
from bot.surveys.ballot import Ballot, Remark, Slip, read
from bot.surveys.bank import ENPS
from bot.surveys.roll import Standing
from bot.surveys.survey import Kind, Theme
from jobs.survey_closing import survey_closing
from tests.programs import failing, happening, together
from tests.survey_workspace import (
    PEOPLE,
    STRANGER,
    begin,
    button_of,
    close,
    filled,
    inbox,
    newest,
    open_office,
    plan,
    presses,
    questions_of,
    roll_of,
    sends,
    shown,
    start,
    taps,
    view,
    work,
)
from tests.workspace import CHANNEL, Workspace, words

ANNA, BEN = PEOPLE[:2]
THANKS = "✅ Thank you. Your answer is sealed until Mon, Nov 23, 5:00 PM."

#: One question of each kind, beside one of the bank.
OWN = own.parse("\n".join(own.EXAMPLES), "en")
PULSE = plan(Kind.PULSE, themes=(Theme.WORKLOAD,), many=1, own=OWN)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_office() as workspace:
        yield workspace


def opened(workspace: Workspace, wave: WaveRow) -> list[Ballot]:
    """What is in the ballots, for whoever has the key."""
    services = workspace.services
    with services.reading() as session:
        row = waves.get(session, services.workspace, wave.id or 0)
        assert row is not None
        key = waves.private_key(row, services.seals)
        found = session.scalars(select(BallotRow).where(col(BallotRow.wave_id) == wave.id))
        return [read(open_with(key, ballot.sealed)) for ballot in found]


def said(workspace: Workspace, wave: WaveRow) -> tuple[list[dict[str, int]], list[Remark]]:
    """The numbers and the comments of all, apart."""
    found = opened(workspace, wave)
    slips = [dict(one.answers) for one in found if isinstance(one, Slip)]
    return slips, [one for one in found if isinstance(one, Remark)]


def standing(workspace: Workspace, wave: WaveRow, user: str = ANNA) -> Standing:
    return roll_of(workspace, wave).seats[user].standing


# --- One tap -------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_the_question_comes_by_direct_message_with_eleven_buttons(workspace: Workspace) -> None:
    begin(workspace)
    (message,) = inbox(workspace, ANNA)
    buttons = [
        element["text"]["text"]
        for block in message.blocks
        if block["block_id"] == "survey-scores"
        for element in block["elements"]
    ]
    assert buttons == [str(score) for score in range(11)]
    promise = (
        "🔒 Sealed until Mon, Nov 23, 5:00 PM. Numbers are then shown to whoever can read "
        f"<#{CHANNEL}>, only as a total of 5 or more. Nobody can look up who said what."
    )
    assert promise in shown(message)
    assert [len(inbox(workspace, user)) for user in PEOPLE] == [1] * len(PEOPLE)


def test_one_tap_is_the_answer_and_the_message_says_thanks_without_it(
    workspace: Workspace,
) -> None:
    wave = begin(workspace)
    assert taps(workspace, ANNA, 3).response.status == 200
    assert said(workspace, wave) == ([{"enps": 3}], [])
    assert standing(workspace, wave) is Standing.ANSWERED
    (message,) = inbox(workspace, ANNA)
    assert shown(message).startswith(THANKS)
    assert re.findall(r"\b3\b", shown(message)) == []
    taps(workspace, BEN, 10)
    assert inbox(workspace, BEN)[0].blocks == message.blocks


def test_a_second_tap_changes_nothing_and_is_answered_kindly(workspace: Workspace) -> None:
    """The first message is still open on another device."""
    wave = begin(workspace)
    before = inbox(workspace, ANNA)[0].blocks
    taps(workspace, ANNA, 3)
    inbox(workspace, ANNA)[0].blocks = before
    taps(workspace, ANNA, 9)
    assert said(workspace, wave) == ([{"enps": 3}], [])
    (message,) = inbox(workspace, ANNA)
    assert message.text.startswith("You have answered already. Everybody answers once;")
    assert button_of(message, question.WHY)["value"] == str(wave.id)


def test_how_the_roll_was_at_the_moment_of_a_tap_is_soon_in_no_file(workspace: Workspace) -> None:
    """The names of the ballots were in it. What is deleted from SQLite's file itself is overwritten."""
    begin(workspace)
    taps(workspace, ANNA, 3)
    log = Path(f"{workspace.services.database.url.database}-wal")
    assert log.stat().st_size > 0
    survey_closing(workspace.services, workspace.clock.now())
    assert log.stat().st_size == 0


def test_a_tap_after_the_close_is_told_that_it_came_too_late(workspace: Workspace) -> None:
    wave = begin(workspace)
    workspace.clock.set(wave.closes_at)
    taps(workspace, ANNA, 3)
    assert shown(inbox(workspace, ANNA)[0]).startswith("This survey is closed: no answer is taken")
    close(workspace, wave)
    taps_again = workspace.presses(f"{question.SCORE}_3", f"{wave.id}:3", user=BEN)
    assert taps_again.told.startswith("This survey is closed")


def test_who_is_not_asked_cannot_answer(workspace: Workspace) -> None:
    wave = begin(workspace)
    for action, value in ((f"{question.SCORE}_3", f"{wave.id}:3"), (question.OPEN, str(wave.id))):
        told = workspace.presses(action, value, user=STRANGER).told
        assert told.startswith("You are not among those who are asked this time.")
    assert said(workspace, wave) == ([], [])
    assert workspace.slack.views == []


def test_a_button_of_a_survey_that_is_not_there_is_answered(workspace: Workspace) -> None:
    begin(workspace)
    for action, value in ((f"{question.SCORE}_3", "99:3"), (question.DECLINE, "99")):
        assert "not there any more" in workspace.presses(action, value, user=ANNA).told


def test_two_people_tap_at_the_same_moment_and_both_count(workspace: Workspace) -> None:
    wave = begin(workspace)
    first, second = replace(workspace), replace(workspace)
    together(lambda: taps(first, ANNA, 0), lambda: taps(second, BEN, 10))
    numbers, _ = said(workspace, wave)
    assert sorted(one["enps"] for one in numbers) == [0, 10]
    assert {shown(inbox(workspace, user)[0]) for user in (ANNA, BEN)} == {
        shown(inbox(workspace, ANNA)[0])
    }


# --- Why -----------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_whoever_tapped_may_say_why_once(workspace: Workspace) -> None:
    wave = begin(workspace)
    taps(workspace, ANNA, 9)
    presses(workspace, ANNA, question.WHY)
    window = view(workspace)
    assert window["callback_id"] == WHY
    told = sends(workspace, ANNA, window, comment="  Good people.  ")
    assert told["response_action"] == "update"
    assert THANKS in words(told["view"])
    numbers, remarks = said(workspace, wave)
    assert numbers == [{"enps": 9}]
    assert remarks == [Remark("enps", "Good people.")]
    (message,) = inbox(workspace, ANNA)
    assert question.WHY not in str(message.blocks)
    again = sends(workspace, ANNA, window, comment="Another reason.")
    assert "You have answered already" in words(again["view"])
    assert len(said(workspace, wave)[1]) == 1


def test_there_is_no_reason_before_a_number(workspace: Workspace) -> None:
    wave = begin(workspace)
    workspace.presses(question.WHY, str(wave.id), user=ANNA)
    assert workspace.slack.views == []


def test_an_empty_reason_is_asked_for_and_the_window_stays(workspace: Workspace) -> None:
    begin(workspace)
    taps(workspace, ANNA, 9)
    presses(workspace, ANNA, question.WHY)
    told = sends(workspace, ANNA, view(workspace), comment=" \n ")
    assert told == {
        "response_action": "errors",
        "errors": {COMMENT: "Nothing is filled in yet."},
    }


# --- Not this time -------------------------------------------------------------------------------


def test_declining_is_one_tap_and_ends_the_reminders(workspace: Workspace) -> None:
    wave = begin(workspace, plan(days=7, reminders=2))
    presses(workspace, ANNA, question.DECLINE)
    assert standing(workspace, wave) is Standing.DECLINED
    assert "you are not reminded of this one" in shown(inbox(workspace, ANNA)[0])
    for _ in range(7):
        workspace.clock.move(days=1)
        work(workspace)
    assert [len(inbox(workspace, user)) for user in (ANNA, BEN)] == [1, 3]
    assert "The last reminder" in shown(inbox(workspace, BEN)[-1])


def test_whoever_declined_can_change_their_mind(workspace: Workspace) -> None:
    wave = begin(workspace)
    presses(workspace, ANNA, question.DECLINE)
    workspace.types("/enps", user=ANNA)
    sends(workspace, ANNA, view(workspace), enps=7)
    assert said(workspace, wave) == ([{"enps": 7}], [])
    assert standing(workspace, wave) is Standing.ANSWERED


def test_whoever_answered_cannot_decline_any_more(workspace: Workspace) -> None:
    wave = begin(workspace)
    workspace.types("/enps", user=ANNA)
    sends(workspace, ANNA, view(workspace), enps=7)
    presses(workspace, ANNA, question.DECLINE)
    assert standing(workspace, wave) is Standing.ANSWERED
    assert "You have answered already" in shown(inbox(workspace, ANNA)[0])


def test_a_survey_that_is_closed_says_so_to_whoever_declines(workspace: Workspace) -> None:
    wave = begin(workspace)
    close(workspace, wave)
    presses(workspace, ANNA, question.DECLINE)
    assert "This survey is closed" in shown(inbox(workspace, ANNA)[0])


# --- What waits ----------------------------------------------------------------------------------


@pytest.mark.thorough
@pytest.mark.parametrize(("kind", "typed"), [(Kind.ENPS, "/enps"), (Kind.PULSE, "/pulse")])
def test_the_command_alone_opens_what_waits(workspace: Workspace, kind: Kind, typed: str) -> None:
    begin(workspace, plan(kind, many=2))
    assert workspace.types(typed, user=ANNA).messages == []
    window = view(workspace)
    assert window["callback_id"] == ANSWER
    key = "enps" if kind is Kind.ENPS else questions_of(newest(workspace))[0].key
    sends(workspace, ANNA, window, **{key.replace("-", "_"): 4})
    told = workspace.types(typed, user=ANNA).told
    assert told.startswith("Nothing is waiting for you.")
    assert len(workspace.slack.views) == 1


@pytest.mark.thorough
def test_of_two_that_wait_the_older_one_comes_first(workspace: Workspace) -> None:
    first = begin(workspace, plan(days=5))
    second = start(workspace, plan(days=4))
    for wave in (first, second):
        workspace.types("/enps", user=ANNA)
        sends(workspace, ANNA, view(workspace), enps=7)
        assert standing(workspace, wave) is Standing.ANSWERED


def test_an_enps_takes_a_number_and_a_reason_in_its_window(workspace: Workspace) -> None:
    wave = begin(workspace)
    workspace.types("/enps", user=ANNA)
    nothing = sends(workspace, ANNA, view(workspace), comment="No number.")
    assert nothing["errors"] == {"q-enps": "Choose a number from 0 to 10."}
    sends(workspace, ANNA, view(workspace), enps=0, comment="Many things.")
    assert said(workspace, wave) == ([{"enps": 0}], [Remark("enps", "Many things.")])


# --- A pulse -------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_a_pulse_asks_in_a_short_window_and_any_question_may_be_skipped(
    workspace: Workspace,
) -> None:
    wave = begin(workspace, PULSE)
    agreement, own_agreement, likelihood, choice, text = questions_of(wave)
    presses(workspace, ANNA, question.OPEN)
    window = view(workspace)
    assert [block["element"]["type"] for block in window["blocks"] if "element" in block] == [
        *("radio_buttons", "radio_buttons", "static_select", "radio_buttons"),
        *("plain_text_input", "plain_text_input", "checkboxes"),
    ]
    keys = {
        name: one.key.replace("-", "_")
        for name, one in {
            "agreement": agreement,
            "likelihood": likelihood,
            "choice": choice,
            "text": text,
        }.items()
    }
    sends(
        workspace,
        ANNA,
        window,
        **{keys["agreement"]: 5, keys["likelihood"]: 0, keys["choice"]: 2},
        **{keys["text"]: "Meetings.", "comment": "All in all well."},
    )
    numbers, remarks = said(workspace, wave)
    assert numbers == [{agreement.key: 5, likelihood.key: 0, choice.key: 2}]
    assert own_agreement.key not in numbers[0]
    assert sorted(remarks, key=lambda one: one.text) == [
        Remark("", "All in all well."),
        Remark(text.key, "Meetings."),
    ]


def test_the_message_that_a_window_was_opened_from_asks_no_more(workspace: Workspace) -> None:
    begin(workspace, PULSE)
    presses(workspace, ANNA, question.OPEN)
    key = questions_of(newest(workspace))[0].key.replace("-", "_")
    sends(workspace, ANNA, view(workspace), **{key: 3})
    (message,) = inbox(workspace, ANNA)
    assert shown(message).startswith(THANKS)
    assert question.OPEN not in str(message.blocks)
    (other,) = inbox(workspace, BEN)
    assert question.OPEN in str(other.blocks)


def test_a_message_that_is_out_of_date_says_so_in_place_of_a_window(workspace: Workspace) -> None:
    begin(workspace, PULSE)
    workspace.types("/pulse", user=ANNA)
    key = questions_of(newest(workspace))[0].key.replace("-", "_")
    sends(workspace, ANNA, view(workspace), **{key: 3})
    presses(workspace, ANNA, question.OPEN)
    assert len(workspace.slack.views) == 1
    assert shown(inbox(workspace, ANNA)[0]).startswith("You have answered already.")


def test_a_wave_whose_time_is_up_opens_no_window_though_nothing_has_closed_it_yet(
    workspace: Workspace,
) -> None:
    wave = begin(workspace, PULSE)
    workspace.clock.set(wave.closes_at)
    presses(workspace, ANNA, question.OPEN)
    assert workspace.slack.views == []
    assert shown(inbox(workspace, ANNA)[0]).startswith("This survey is closed")


def test_nothing_filled_in_is_no_answer(workspace: Workspace) -> None:
    wave = begin(workspace, PULSE)
    presses(workspace, ANNA, question.OPEN)
    told = sends(workspace, ANNA, view(workspace), reply=True)
    assert told["errors"] == {COMMENT: "Nothing is filled in yet."}
    assert standing(workspace, wave) is Standing.WAITING


def test_words_alone_are_an_answer_too(workspace: Workspace) -> None:
    wave = begin(workspace, PULSE)
    presses(workspace, ANNA, question.OPEN)
    sends(workspace, ANNA, view(workspace), comment="No numbers today.")
    assert said(workspace, wave) == ([{}], [Remark("", "No numbers today.")])


@pytest.mark.thorough
def test_a_lead_may_answer_only_where_the_author_says_so(workspace: Workspace) -> None:
    wave = begin(workspace)
    for user, reply in ((ANNA, True), (BEN, False)):
        workspace.types("/enps", user=user)
        sends(workspace, user, view(workspace), enps=7, comment=f"By {reply}.", reply=reply)
    assert sorted(one.author for one in said(workspace, wave)[1]) == ["", ANNA]
    for user in PEOPLE[2:]:
        taps(workspace, user, 8)
    close(workspace, wave)
    services = workspace.services
    with services.reading() as session:
        row = session.get_one(WaveRow, wave.id)
        there = comments.of_wave(session, row, services.seals)
    assert {one.text: one.can_be_answered for one in there} == {
        "By True.": True,
        "By False.": False,
    }


# --- What could tell who one is ------------------------------------------------------------------


def test_what_could_tell_who_one_is_is_shown_before_it_is_sent(workspace: Workspace) -> None:
    wave = begin(workspace)
    taps(workspace, ANNA, 2)
    presses(workspace, ANNA, question.WHY)
    text = f"Name of {BEN} closes my tickets, see #48211."
    warned = sends(workspace, ANNA, view(workspace), comment=text, reply=True)
    told = words(warned["view"])
    assert warned["response_action"] == "update"
    assert "This could tell who you are." in told
    assert "Nothing is sent yet" in told
    assert "“#48211” looks like the number of a ticket" in told
    assert warned["view"]["submit"]["text"] == "Send as it is"
    assert said(workspace, wave)[1] == []
    taken = sends(workspace, ANNA, warned["view"])
    assert "Thank you" in words(taken["view"])
    assert said(workspace, wave)[1] == [Remark("enps", text, author=ANNA)]


def test_a_text_that_was_changed_is_looked_at_again(workspace: Workspace) -> None:
    wave = begin(workspace)
    workspace.types("/enps", user=ANNA)
    warned = sends(workspace, ANNA, view(workspace), enps=2, comment="Ticket #48211 was mine.")
    again = sends(workspace, ANNA, warned["view"], comment="Ticket #48212 was mine.")
    assert "“Ticket #48212” looks like" in words(again["view"])
    assert "#48211” looks" not in words(again["view"])
    sends(workspace, ANNA, again["view"], comment="One ticket was mine.")
    assert said(workspace, wave) == ([{"enps": 2}], [Remark("enps", "One ticket was mine.")])


def test_names_of_those_asked_are_known_and_nobody_elses_window_is_touched(
    workspace: Workspace,
) -> None:
    begin(workspace)
    taps(workspace, ANNA, 2)
    presses(workspace, ANNA, question.WHY)
    sends(workspace, ANNA, view(workspace), comment=f"Ask <@{BEN}> about it.")
    assert [len(inbox(workspace, user)) for user in PEOPLE] == [1] * len(PEOPLE)
    assert workspace.slack.posts(CHANNEL) == []


# --- What goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "which"),
    [("UPDATE survey_roll", 1), ("INSERT INTO survey_ballot", 1), ("UPDATE survey_roll", 2)],
)
def test_a_tap_that_cannot_be_stored_is_told_and_can_be_done_again(
    workspace: Workspace, statement: str, which: int
) -> None:
    wave = begin(workspace)
    with failing(workspace.services.database, statement, which):
        assert taps(workspace, ANNA, 4).told.startswith("Something went wrong here")
    (message,) = inbox(workspace, ANNA)
    assert question.SCORE in str(message.blocks)
    taps(workspace, ANNA, 4)
    assert shown(message).startswith(THANKS)
    assert said(workspace, wave) == ([{"enps": 4}], [])


def test_a_window_that_cannot_be_stored_stays_with_all_that_was_filled_in(
    workspace: Workspace,
) -> None:
    wave = begin(workspace)
    workspace.types("/enps", user=ANNA)
    window = view(workspace)
    with failing(workspace.services.database, "INSERT INTO survey_ballot"):
        told = sends(workspace, ANNA, window, enps=4, comment="A long story.")
    (block,) = told["errors"]
    assert told["response_action"] == "errors"
    assert told["errors"][block].startswith("Something went wrong here, and nothing was changed.")
    assert block in {one["block_id"] for one in window["blocks"] if one["type"] == "input"}
    sends(workspace, ANNA, window, enps=4, comment="A long story.")
    assert said(workspace, wave) == ([{"enps": 4}], [Remark("enps", "A long story.")])


@pytest.mark.parametrize("statement", ["UPDATE survey_roll", "INSERT INTO survey_ballot"])
def test_the_log_has_nothing_of_an_answer_nor_who_gave_it(
    workspace: Workspace, capfd: pytest.CaptureFixture[str], statement: str
) -> None:
    begin(workspace)
    workspace.types("/enps", user=ANNA)
    window = view(workspace)
    with (
        structlog.testing.capture_logs() as logged,
        failing(workspace.services.database, statement),
    ):
        taps(workspace, BEN, 4)
        sends(workspace, ANNA, window, enps=4, comment="An unmistakable story.")
    assert [event["event"] for event in logged] == ["listener_failed", "listener_failed"]
    for event in logged:
        assert set(event) == {"event", "log_level", "number", "exception"}
        assert "OperationalError" in event["exception"]
        assert "commands/survey_answers.py" in event["exception"]
    printed = str(logged) + capfd.readouterr().err
    for secret in (ANNA, BEN, "unmistakable", '"enps"', "[SQL:"):
        assert secret not in printed


@pytest.mark.thorough
@pytest.mark.parametrize("by_tap", [True, False])
def test_of_an_answer_that_takes_too_long_only_that_is_logged(
    workspace: Workspace, caplog: pytest.LogCaptureFixture, by_tap: bool
) -> None:
    """After three seconds Slack says that it did not work; it is stored all the same, and once."""
    wave = begin(workspace)
    workspace.types("/enps", user=ANNA)
    window = filled(view(workspace), enps=4, comment="An unmistakable story.")
    with (
        structlog.testing.capture_logs() as logged,
        happening(workspace.services.database, lambda: SystemClock().sleep(3.5), 1),
    ):
        late = taps(workspace, ANNA, 4) if by_tap else workspace.submits(window, user=ANNA)
    assert late.response.status == 404
    assert logged == [{"event": "request_unanswered", "log_level": "warning", "request": "survey"}]
    # Nor is this, once logs are configured (`tests/test_logs.py`).
    said_by_bolt = {record.getMessage() for record in caplog.records}
    assert said_by_bolt <= {"score didn't call ack()", "answered didn't call ack()"}
    workspace.submits(window, user=ANNA)
    assert said(workspace, wave)[0] == [{"enps": 4}]


def test_not_even_what_an_error_says_is_logged(workspace: Workspace) -> None:
    """It may quote who it is about."""

    class Broken(People):
        def person(self, user: str) -> object:  # type: ignore[override]
            raise RuntimeError(f"a bug about {user}")

    begin(workspace)
    broken = replace(workspace, services=replace(workspace.services, people=Broken(None, None)))  # type: ignore[arg-type]
    with structlog.testing.capture_logs() as logged:
        taps(broken, ANNA, 4)
        broken.types("/pulse privacy", user=ANNA)
    assert len(logged) == 2
    assert ANNA not in str(logged)


@pytest.mark.parametrize(
    "text",
    [
        "half a pair \ud83d",
        "\u202eright to left\u202c and \u200bzero\u200dwidth\ufeff",
        "شكرا <!channel> <@U2> *b* `c` ~d~ >e",
        "\x00\x01 control",
        "🧵" * 1_500,
        "x" * 3_000,
    ],
)
def test_any_text_is_taken_and_read_again(workspace: Workspace, text: str) -> None:
    wave = begin(workspace)
    workspace.types("/enps", user=ANNA)
    told = sends(workspace, ANNA, view(workspace), enps=7, comment=text)
    if not said(workspace, wave)[0]:
        told = sends(workspace, ANNA, told["view"])
    assert "Thank you" in words(told["view"])
    assert [one.text for one in said(workspace, wave)[1]] == [text.strip()]


# --- What is kept --------------------------------------------------------------------------------


@pytest.mark.thorough
def test_what_exactly_is_kept_is_told_where_it_is_asked(workspace: Workspace) -> None:
    begin(workspace, plan(fewest=7))
    answered = presses(workspace, ANNA, question.PRIVACY)
    assert (
        "A score only of 7 answers or more; how many gave which answer only of 8" in answered.told
    )
    assert "What Slack knows" in answered.told
    assert question.SCORE in str(inbox(workspace, ANNA)[0].blocks)
    everybody = workspace.types("/pulse privacy", user=STRANGER).told
    assert "A score only of 5 answers or more" in everybody


def test_nothing_of_an_answer_is_in_a_message_or_in_the_outbox(workspace: Workspace) -> None:
    """Slack keeps messages: those of whoever answered 3 with a reason and of whoever said 9 are alike."""
    begin(workspace)
    taps(workspace, ANNA, 3)
    presses(workspace, ANNA, question.WHY)
    sends(workspace, ANNA, view(workspace), comment="An unmistakable story.")
    workspace.types("/enps", user=BEN)
    sends(workspace, BEN, view(workspace), enps=9)
    presses(workspace, BEN, question.DECLINE)
    everything = str([shown(one) for user in PEOPLE for one in inbox(workspace, user)])
    assert "unmistakable" not in everything
    assert "unmistakable" not in str(workspace.tables())
    assert ENPS.texts["en"] not in shown(inbox(workspace, ANNA)[0])


def test_for_how_long_comments_are_kept_is_told_as_it_is_set() -> None:
    with open_office(keep_comments=timedelta(days=45)) as workspace:
        told = workspace.types("/pulse privacy", user=ANNA).told
    assert "Comments are deleted 45 days after the close" in told
    assert "That you answered is kept for 396 days" in told
