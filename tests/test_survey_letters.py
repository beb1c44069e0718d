"""A lead and the author of a comment write to each other, and nobody learns who the author is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache

import pytest
from sqlmodel import col, select

from bot.errors import ConfigurationError
from bot.seals import new_key
from bot.services import Services
from bot.slack.surveys import letters as shown_letters
from bot.slack.surveys.comments import MORE
from bot.slack.surveys.letters import END, REPLY, TEXT, WRITE
from bot.store import comments, mailboxes
from bot.store import letters as letters_kept
from bot.store.database import Database
from bot.store.tables import CommentRow, MailboxRow, WaveRow
from bot.surveys.ballot import Remark
from bot.surveys.batches import next_batch
from bot.surveys.gate import REMEMBERED
from bot.surveys.mailbox import LIFETIME, Letter, Mailbox
from bot.surveys.results import Comment
from jobs.deliver import deliver
from jobs.survey_care import survey_care
from jobs.survey_closing import survey_closing
from jobs.survey_letters import survey_letters
from tests.databases import on_disk
from tests.programs import Recorder, another, failing, program, together
from tests.survey_samples import ATHENS, a_wave
from tests.survey_windows import handed_back
from tests.survey_workspace import (
    PEOPLE,
    STRANGER,
    Kept,
    begin,
    button_of,
    close,
    inbox,
    is_scrubbed,
    made,
    open_office,
    presses,
    restore,
    says,
    shown,
    view,
    work,
)
from tests.times import StandingClock, T
from tests.workspace import ADMIN, LEAD, Json, Workspace, words

ANNA, BEN = PEOPLE[:2]
COMMENT, LETTER, ANSWER = (
    "Too many zebras on Mondays.",
    "Thank you. Would giraffes help?",
    "Two okapis would.",
)
SECRETS = ("zebras", "giraffes", "okapis")


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    """Tuesday, 8:30, a day after an eNPS was closed: Anna may be answered, Ben may not."""
    with open_office() as workspace:
        restore(workspace, _closed())
        yield workspace


@cache
def _closed() -> Kept:
    return made(_close)


def _close(workspace: Workspace) -> None:
    wave, services = begin(workspace), workspace.services
    for user in PEOPLE[2:]:
        says(services, wave, user, {"enps": 9})
    says(services, wave, ANNA, {"enps": 3}, COMMENT, about="enps", may_reply=True)
    says(services, wave, BEN, {"enps": 9}, "Leave me alone.", about="enps")
    close(workspace, wave)
    workspace.clock.set(datetime(2026, 11, 24, 8, 30, tzinfo=ATHENS))


def wave_of(workspace: Workspace) -> WaveRow:
    with workspace.services.reading() as session:
        return session.get_one(WaveRow, 1)


def mailbox(workspace: Workspace) -> Mailbox:
    with workspace.services.reading() as session:
        return mailboxes.read(session, 1, workspace.services.seals)


def kept_mailbox(workspace: Workspace) -> bytes:
    """As it stands in the database."""
    with workspace.services.reading() as session:
        return session.exec(select(MailboxRow)).one().sealed


def comment_of(workspace: Workspace) -> str:
    """The id of the comment that may be answered."""
    (comment,) = mailbox(workspace).authors
    return comment


def letters(workspace: Workspace) -> list[Letter]:
    return list(mailbox(workspace).letters)


def writes(workspace: Workspace, user: str, window: Json, text: str) -> Json:
    """Somebody fills in the window of a letter and sends it; gives what Slack is told to do."""
    back = handed_back(window)
    back["state"]["values"][TEXT]["value"]["value"] = text
    told: Json = json.loads(workspace.submits(back, user=user).response.body)
    if "view" in told:
        told["view"]["id"] = window["id"]
    return told


def lead_writes(workspace: Workspace, text: str = LETTER, *, user: str = LEAD) -> Json:
    """A lead presses the button below the comment, and writes."""
    buttons = workspace.types("/enps comments", user=user).buttons()
    assert MORE not in buttons
    workspace.presses(WRITE, buttons[WRITE]["value"], user=user)
    return writes(workspace, user, view(workspace), text)


def author_writes(workspace: Workspace, text: str = ANSWER) -> Json:
    """Anna opens the letter from her direct message, and answers."""
    presses(workspace, ANNA, REPLY)
    return writes(workspace, ANNA, view(workspace), text)


def goes_on(workspace: Workspace) -> None:
    """The next batch goes out."""
    workspace.clock.set(next_batch(workspace.clock.now(), ATHENS))
    work(workspace)


# --- There and back ------------------------------------------------------------------------------


@pytest.mark.thorough
def test_a_letter_reaches_the_author_with_the_next_batch_and_no_earlier(
    workspace: Workspace,
) -> None:
    told = lead_writes(workspace)
    assert "Sealed. It goes out 11:00 AM, with the others of its batch." in words(told["view"])
    before = len(inbox(workspace, ANNA))
    workspace.clock.move(hours=2, minutes=29)
    work(workspace)
    assert len(inbox(workspace, ANNA)) == before
    workspace.clock.move(minutes=1)
    work(workspace)
    work(workspace)
    assert len(inbox(workspace, ANNA)) == before + 1
    assert all(len(inbox(workspace, user)) == 1 for user in PEOPLE[1:])
    assert "A team lead answers a comment of yours." in shown(inbox(workspace, ANNA)[-1])


@pytest.mark.thorough
def test_the_author_answers_and_the_lead_reads_it_a_batch_later(workspace: Workspace) -> None:
    lead_writes(workspace)
    goes_on(workspace)
    presses(workspace, ANNA, REPLY)
    assert quoted(view(workspace)) == [COMMENT, LETTER]
    told = writes(workspace, ANNA, view(workspace), ANSWER)
    assert "Sealed. It goes out 3:00 PM" in words(told["view"])
    assert inbox(workspace, LEAD) == []
    goes_on(workspace)
    (message,) = inbox(workspace, LEAD)
    assert shown(message).startswith("The author of a comment answers you.")
    presses(workspace, LEAD, WRITE)
    assert quoted(view(workspace)) == [COMMENT, LETTER, ANSWER]
    assert "They answered" in words(view(workspace))
    assert ANNA not in str(workspace.slack.views)


def quoted(window: Json) -> list[str]:
    return [
        part["elements"][0]["text"]
        for block in window["blocks"]
        if block["type"] == "rich_text"
        for part in block["elements"]
        if part["type"] == "rich_text_quote"
    ]


@pytest.mark.thorough
def test_no_message_holds_a_word_of_it(workspace: Workspace) -> None:
    """Slack keeps messages, and beside Anna's name it would be known what she wrote."""
    lead_writes(workspace)
    goes_on(workspace)
    author_writes(workspace)
    goes_on(workspace)
    everything = str([(one.text, one.blocks) for one in workspace.slack.posted])
    assert not any(secret in everything for secret in SECRETS)
    # What leads call the comment is in no message to Anna either.
    assert comment_of(workspace) not in str([one.blocks for one in inbox(workspace, ANNA)])


@pytest.mark.thorough
def test_what_is_not_relayed_yet_the_other_side_does_not_see(workspace: Workspace) -> None:
    lead_writes(workspace)
    lead_writes(workspace, "And another one.")
    presses_lead = workspace.presses(WRITE, comment_of(workspace), user=LEAD)
    assert presses_lead.messages == []
    assert quoted(view(workspace)) == [COMMENT, LETTER, "And another one."]
    assert words(view(workspace)).count("A lead answered, to be sent") == 2
    goes_on(workspace)
    assert len(inbox(workspace, ANNA)) == 2  # the question, and one message for both letters
    author_writes(workspace)
    workspace.presses(WRITE, comment_of(workspace), user=LEAD)
    assert ANSWER not in str(view(workspace))
    presses(workspace, ANNA, REPLY)
    assert quoted(view(workspace))[-1] == ANSWER
    assert "You answered, to be sent" in words(view(workspace))


def test_the_author_is_shown_what_could_tell_who_they_are(workspace: Workspace) -> None:
    lead_writes(workspace)
    goes_on(workspace)
    warned = author_writes(workspace, "It was ticket #48211.")
    assert "This could tell who you are." in words(warned["view"])
    assert warned["view"]["submit"]["text"] == "Send as it is"
    assert len(letters(workspace)) == 1
    again = writes(workspace, ANNA, warned["view"], "It was ticket #48212.")
    assert "#48212" in words(again["view"])
    writes(workspace, ANNA, again["view"], "It was ticket #48212.")
    assert len(letters(workspace)) == 2


def test_a_lead_is_not_warned_and_an_empty_letter_is_not_sent(workspace: Workspace) -> None:
    assert "Sealed." in words(lead_writes(workspace, "It was ticket #48211.")["view"])
    assert lead_writes(workspace, " \n ")["errors"] == {TEXT: "Nothing is written yet."}


# --- Who may write -------------------------------------------------------------------------------


def test_only_a_comment_whose_author_agreed_has_the_button(workspace: Workspace) -> None:
    message = workspace.types("/enps comments", user=LEAD).message
    assert json.dumps(message).count(WRITE) == 1


def test_only_leads_write_to_an_author(workspace: Workspace) -> None:
    comment = comment_of(workspace)
    refused = workspace.presses(WRITE, comment, user=BEN).told
    assert refused.startswith("That is for team leads.")
    lead_writes(workspace)
    told = writes(workspace, BEN, view(workspace), "As if I were a lead.")
    assert told["errors"][TEXT].startswith("That is for team leads.")
    assert len(letters(workspace)) == 1
    assert [(one.who, one.action) for one in workspace.audit()] == [(LEAD, "comment answered")]


@pytest.mark.thorough
@pytest.mark.parametrize("user", [BEN, LEAD, STRANGER, ADMIN])
def test_nobody_else_writes_or_ends_as_the_author(workspace: Workspace, user: str) -> None:
    lead_writes(workspace)
    goes_on(workspace)
    there = len(workspace.slack.views)
    alias = button_of(inbox(workspace, ANNA)[-1], REPLY)["value"]
    for action in (REPLY, END):
        for comment in (comment_of(workspace), alias):
            told = workspace.presses(action, comment, user=user).told
            assert told == "This conversation has ended."
    assert len(workspace.slack.views) == there
    presses(workspace, ANNA, REPLY)
    refused = writes(workspace, user, view(workspace), "As if I were Anna.")
    assert refused["errors"] == {TEXT: "This conversation has ended."}
    assert len(letters(workspace)) == 1


def test_a_comment_that_nobody_may_answer_cannot_be_answered(workspace: Workspace) -> None:
    own = comment_of(workspace)
    with workspace.services.reading() as session:
        other = session.exec(select(CommentRow).where(col(CommentRow.id) != own)).one().id
    for comment in (other, "no such comment"):
        told = workspace.presses(WRITE, comment, user=LEAD).told
        assert told.startswith("The author of this comment cannot be reached (any more).")


# --- The end -------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_the_author_ends_it_and_is_found_by_it_no_more(workspace: Workspace) -> None:
    lead_writes(workspace)
    goes_on(workspace)
    author_writes(workspace)
    goes_on(workspace)
    lead_writes(workspace, "One more thing.")
    presses(workspace, ANNA, END)
    assert shown(inbox(workspace, ANNA)[-1]).startswith("Ended. Nobody can write to you about")
    there = len(inbox(workspace, ANNA))
    goes_on(workspace)
    assert len(inbox(workspace, ANNA)) == there
    assert mailbox(workspace).authors == {}
    assert [one.relayed for one in letters(workspace)] == [True, True]


@pytest.mark.thorough
def test_what_was_answered_before_the_end_can_still_be_read(workspace: Workspace) -> None:
    comment = comment_of(workspace)
    lead_writes(workspace)
    goes_on(workspace)
    author_writes(workspace)
    goes_on(workspace)
    presses(workspace, ANNA, END)
    workspace.presses(WRITE, comment, user=LEAD)
    window = view(workspace)
    assert quoted(window) == [COMMENT, LETTER, ANSWER]
    assert "the author cannot be reached any more" in words(window)
    assert "submit" not in window or window["submit"] is None


def test_a_letter_to_whoever_ended_it_meanwhile_is_refused_where_it_is_written(
    workspace: Workspace,
) -> None:
    lead_writes(workspace)
    goes_on(workspace)
    workspace.presses(WRITE, comment_of(workspace), user=LEAD)
    window = view(workspace)
    presses(workspace, ANNA, END)
    told = writes(workspace, LEAD, window, "One more thing.")
    assert told["errors"] == {TEXT: "This conversation has ended."}


def test_after_thirty_days_the_way_is_gone_and_no_letter_goes_any_more(
    workspace: Workspace,
) -> None:
    comment = comment_of(workspace)
    closed = wave_of(workspace).closed_at
    assert closed is not None
    workspace.clock.set(closed + LIFETIME)
    survey_care(workspace.services, workspace.clock.now())
    assert wave_of(workspace).mailbox_key is not None
    lead_writes(workspace)
    workspace.clock.move(seconds=1)
    survey_care(workspace.services, workspace.clock.now())
    assert wave_of(workspace).mailbox_key is None
    assert workspace.tables()["survey_mailbox"] == []
    there = len(inbox(workspace, ANNA))
    goes_on(workspace)
    assert len(inbox(workspace, ANNA)) == there
    told = workspace.presses(WRITE, comment, user=LEAD).told
    assert told.startswith("The author of this comment cannot be reached (any more).")
    assert "zebras" in json.dumps(workspace.types("/enps comments", user=LEAD).message)


@pytest.mark.parametrize("days", [31, 90, 396])
def test_after_some_days_comments_are_gone_and_after_thirteen_months_only_numbers_are_left(
    days: int,
) -> None:
    with open_office(keep_comments=timedelta(days=days)) as workspace:
        restore(workspace, _closed())
        closed = wave_of(workspace).closed_at
        assert closed is not None
        workspace.clock.set(closed + timedelta(days=days))
        survey_care(workspace.services, workspace.clock.now())
        assert "zebras" in json.dumps(workspace.types("/enps comments", user=LEAD).message)
        workspace.clock.move(seconds=1)
        survey_care(workspace.services, workspace.clock.now())
        told = workspace.types("/enps comments", user=LEAD).told
        assert told == f"The comments of this survey were deleted: they are kept for {days} days."
        assert workspace.tables()["survey_comment"] == []
        # The gate of later waves needs the marks of who answered for as long as ever.
        workspace.clock.set(closed + REMEMBERED)
        survey_care(workspace.services, workspace.clock.now())
        assert wave_of(workspace).marks is not None or days == REMEMBERED.days
        workspace.clock.move(seconds=1)
        survey_care(workspace.services, workspace.clock.now())
        assert wave_of(workspace).marks is None
        survey_closing(workspace.services, workspace.clock.now())
        assert is_scrubbed(wave_of(workspace))
        assert "8 of 8 answered" in workspace.types("/enps results", user=LEAD).told


# --- What is kept --------------------------------------------------------------------------------


@pytest.mark.thorough
def test_at_no_step_the_database_tells_the_author_or_a_word(workspace: Workspace) -> None:
    """Neither its file nor its log; that of a message only until it is posted, and sealed."""

    def kept() -> bytes:
        return on_disk(workspace.services.database)

    def check() -> None:
        there = kept()
        for secret in (*SECRETS, ANNA, '"author"'):
            assert secret.encode() not in there, secret

    check()
    lead_writes(workspace)
    check()
    workspace.clock.set(next_batch(workspace.clock.now(), ATHENS))
    survey_letters(workspace.services, workspace.clock.now())
    check()
    deliver(workspace.services, workspace.clock.now())
    author_writes(workspace)
    check()
    goes_on(workspace)
    check()
    key = wave_of(workspace).mailbox_key
    assert key is not None
    with_anna = kept_mailbox(workspace)[:64]
    assert with_anna in kept()
    presses(workspace, ANNA, END)
    survey_closing(workspace.services, workspace.clock.now())
    assert with_anna not in kept()
    workspace.clock.move(days=40)
    survey_care(workspace.services, workspace.clock.now())
    survey_closing(workspace.services, workspace.clock.now())
    check()
    assert key not in kept()


def test_of_the_authors_letter_nothing_is_kept_but_its_batch(workspace: Workspace) -> None:
    lead_writes(workspace)
    goes_on(workspace)
    author_writes(workspace)
    comment = comment_of(workspace)
    assert letters(workspace) == [
        Letter(comment, 1, LEAD, LETTER, T(days=4, hours=2), relayed=True),
        Letter(comment, 2, None, ANSWER, T(days=4, hours=6)),
    ]
    assert all(ANNA not in (one.who, one.detail) for one in workspace.audit())


def ends(workspace: Workspace) -> None:
    presses(workspace, ANNA, END)


@pytest.mark.parametrize("act", [lead_writes, author_writes, ends, goes_on])
def test_whatever_happens_in_a_mailbox_looks_the_same_in_the_database(
    workspace: Workspace, act: Callable[[Workspace], object]
) -> None:
    """The sealed piece is another one of the same length, and what stood there is to be scrubbed."""
    lead_writes(workspace)
    goes_on(workspace)
    lead_writes(workspace, "One more thing.")
    survey_closing(workspace.services, workspace.clock.now())
    before, sealed = workspace.tables(), kept_mailbox(workspace)
    assert is_scrubbed(wave_of(workspace))
    act(workspace)
    after, sealed_anew = workspace.tables(), kept_mailbox(workspace)
    told = {"audit", "outbox", "lease"}  # of leads, and of the batch
    changed = {name for name in before if after[name] != before[name]} - told
    assert changed == {"survey_mailbox", "survey_wave"}
    assert after["survey_comment"] == before["survey_comment"]
    assert (len(sealed_anew), sealed_anew != sealed) == (len(sealed), True)
    wave = wave_of(workspace)
    assert (is_scrubbed(wave), wave.mailbox_key is None) == (False, False)


@pytest.mark.parametrize("user", [ANNA, BEN])
def test_to_be_forgotten_rewrites_a_mailbox_whether_or_not_it_leads_to_somebody(
    workspace: Workspace, user: str
) -> None:
    before = kept_mailbox(workspace)
    workspace.types("/pulse forget", user=user)
    assert kept_mailbox(workspace) != before
    assert bool(mailbox(workspace).authors) is (user != ANNA)


def test_only_mailboxes_with_letters_that_are_due_are_written_anew(workspace: Workspace) -> None:
    before = kept_mailbox(workspace)
    goes_on(workspace)
    assert kept_mailbox(workspace) == before
    lead_writes(workspace)
    waiting = kept_mailbox(workspace)
    survey_letters(workspace.services, workspace.clock.now())
    assert kept_mailbox(workspace) == waiting


# --- Two workers, and a crash --------------------------------------------------------------------


def commented(services: Services) -> list[Comment]:
    """The comments of Anna and Ben in a wave; both may be answered."""
    with services.writing() as session:
        wave = a_wave(session, PEOPLE, seals=services.seals)
        remarks = [Remark("enps", text, author=user) for user, text in ((ANNA, "a"), (BEN, "b"))]
        comments.add(session, wave, remarks, services.seals)
        there = comments.of_wave(session, wave, services.seals)
    return sorted(there, key=lambda one: one.text)


def send(services: Services, comment: Comment, by: str | None) -> bool:
    """Somebody writes a letter about it."""
    with services.writing() as session:
        now = services.clock.now()
        return letters_kept.write(session, comment, LETTER, services.seals, by=by, slot=now)


def test_what_happens_in_a_mailbox_at_the_same_moment_all_comes_to_be(
    database: Database, clock: StandingClock
) -> None:
    """It is written as a whole, and nobody writes over what another one has just written."""
    services = program(database, clock)
    of_anna, of_ben = commented(services)

    def forget() -> None:
        with services.writing() as session:
            letters_kept.forget(session, services.workspace, BEN, services.seals)

    writes = [lambda by=by: send(services, of_anna, by) for by in (LEAD, ADMIN, None) * 2]
    together(*writes, forget)
    with services.reading() as session:
        box = mailboxes.read(session, of_anna.wave, services.seals)
    assert box.authors == {of_anna.id: ANNA}
    assert sorted(one.place for one in box.about(of_anna.id)) == [1, 2, 3, 4, 5, 6]
    assert not send(services, of_ben, LEAD)


def test_two_workers_relay_a_letter_once(database: Database, clock: StandingClock) -> None:
    slack = Recorder()
    services = program(database, clock, messenger=slack)
    of_anna, _ = commented(services)
    assert send(services, of_anna, LEAD)
    with another(services) as other:
        now = clock.now()
        together(lambda: survey_letters(services, now), lambda: survey_letters(other, now))
    deliver(services, clock.now())
    assert [sent.channel for sent in slack.sent] == [ANNA]


@pytest.mark.parametrize("statement", ["UPDATE survey_mailbox", "INSERT INTO outbox"])
def test_a_letter_is_relayed_once_after_a_crash(workspace: Workspace, statement: str) -> None:
    lead_writes(workspace)
    now = next_batch(workspace.clock.now(), ATHENS)
    workspace.clock.set(now)
    with (
        failing(workspace.services.database, statement),
        pytest.raises(Exception, match="no space left"),
    ):
        survey_letters(workspace.services, now)
    there = len(inbox(workspace, ANNA))
    assert [one.relayed for one in letters(workspace)] == [False]
    work(workspace)
    work(workspace)
    assert len(inbox(workspace, ANNA)) == there + 1


def test_a_letter_that_cannot_be_stored_stays_in_its_window(workspace: Workspace) -> None:
    workspace.presses(WRITE, comment_of(workspace), user=LEAD)
    window = view(workspace)
    with failing(workspace.services.database, "UPDATE survey_mailbox"):
        told = writes(workspace, LEAD, window, LETTER)
    assert told["errors"][TEXT].startswith("Something went wrong here, and nothing was changed.")
    assert "Sealed." in words(writes(workspace, LEAD, window, LETTER)["view"])


# --- The way to an author ------------------------------------------------------------------------


def test_without_the_key_of_the_wave_not_even_the_secret_opens_a_mailbox(
    workspace: Workspace,
) -> None:
    services = workspace.services
    assert list(mailbox(workspace).authors.values()) == [ANNA]
    with services.writing() as session:
        session.get_one(WaveRow, 1).mailbox_key = new_key()
        with pytest.raises(ConfigurationError, match="cannot be opened"):
            mailboxes.read(session, 1, services.seals)
        session.get_one(WaveRow, 1).mailbox_key = None
        assert mailboxes.read(session, 1, services.seals) == Mailbox({})


@pytest.mark.parametrize(
    ("written", "goes"),
    [
        ("Tue 08:30", "Tue 11:00"),
        ("Tue 10:00", "Tue 11:00"),
        ("Tue 10:01", "Tue 15:00"),
        ("Tue 14:01", "Wed 11:00"),
        ("Fri 14:30", "Mon 11:00"),
        ("Sat 12:00", "Mon 11:00"),
    ],
)
def test_letters_travel_together_on_working_days_an_hour_later_at_least(
    written: str, goes: str
) -> None:
    monday = datetime(2026, 11, 23, tzinfo=ATHENS)
    days = {
        day: monday + timedelta(days=place)
        for place, day in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat"))
    }
    day, time = written.split()
    hours, minutes = map(int, time.split(":"))
    moment = days[day].replace(hour=hours, minute=minutes)
    found = next_batch(moment, ATHENS).astimezone(ATHENS)
    assert f"{found:%a %H:%M}" == goes


@pytest.mark.thorough
def test_the_longest_conversation_fits_into_its_window(workspace: Workspace) -> None:
    comment = comment_of(workspace)
    lead_writes(workspace, "x" * 3_000)
    for _ in range(14):
        goes_on(workspace)
        workspace.presses(WRITE, comment, user=LEAD)
        writes(workspace, LEAD, view(workspace), '"\n' * 1_500)
    goes_on(workspace)
    presses(workspace, ANNA, REPLY)
    assert len(quoted(view(workspace))) == 1 + shown_letters.MOST
