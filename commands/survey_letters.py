"""Writing to the author of a comment, who stays unknown, and their answers."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App, Respond
from sqlmodel import Session

from bot.errors import DeskpulseError, UsageError
from bot.services import Role, Services
from bot.slack.surveys import letters as shown
from bot.slack.surveys.letters import Draft
from bot.slack.surveys.telltales import mark_of
from bot.store import comments, letters, mailboxes, people, waves
from bot.surveys.batches import next_batch
from bot.surveys.mailbox import Letter, seen
from bot.surveys.results import Comment
from bot.surveys.telltales import Telltale, telltales
from commands.asked import Asked


def register(app: App) -> None:
    app.action(shown.WRITE)(write)
    app.action(shown.REPLY)(reply)
    app.action(shown.END)(end)
    app.view(shown.LETTER)(written)


def write(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """A lead wants to answer a comment, or to read what its author answered."""
    ack()
    asked = Asked.by_button(body, respond, services)
    asked.require_lead()
    _open(asked, Draft(action["value"], by_author=False))


def reply(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """The author of a comment wants to read what a lead answered, and to answer."""
    ack()
    comment = _of_author(services, action["value"])
    _open(Asked.by_button(body, respond, services), Draft(comment, by_author=True))


def end(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """The author of a comment wants to be found by it no more."""
    ack()
    asked, name = Asked.by_button(body, respond, services), _of_author(services, action["value"])
    with services.writing() as session:
        comment, _ = _conversation(session, services, Draft(name, by_author=True), asked.user)
        letters.end(session, comment, services.seals)
    asked.answer(shown.ended(asked.reader), replace=True)


def _of_author(services: Services, alias: str) -> str:
    """The comment that a message to its author is about. Raises `UsageError` once it has ended."""
    with services.reading() as session:
        found = letters.of_alias(session, services.workspace, alias, services.seals)
    if found is None:
        raise UsageError("This conversation has ended.")
    return found


def _open(asked: Asked, draft: Draft) -> None:
    services = asked.services
    with services.reading() as session:
        comment, there = _conversation(session, services, draft, asked.user)
    if services.messenger is not None:
        view = shown.letter_view(comment, there, asked.reader, draft)
        services.messenger.open_view(asked.trigger, view)


def _conversation(
    session: Session, services: Services, draft: Draft, user: str
) -> tuple[Comment, list[Letter]]:
    """The comment, and the letters about it that whoever asks may see.

    Raises `UsageError` for whoever writes as its author and is not, and where there is neither a way
    to its author nor anything to read.
    """
    comment = comments.get(session, services.workspace, draft.comment, services.seals)
    box = mailboxes.read(session, comment.wave if comment else 0, services.seals)
    if draft.by_author and box.authors.get(draft.comment) != user:
        raise UsageError("This conversation has ended.")
    there = box.about(draft.comment)
    if comment is None or not (comment.can_be_answered or there):
        raise UsageError(
            "The author of this comment cannot be reached (any more).",
            "They did not ask for an answer, ended it, or the 30 days are over.",
        )
    return comment, seen(there, by_author=draft.by_author)


# --- A letter ------------------------------------------------------------------------------------


def written(ack: Ack, body: dict[str, Any], view: dict[str, Any], services: Services) -> None:
    """A letter was written: it waits for its batch, sealed. What is wrong is told at its field.

    What in it could give its author away is shown first, and taken when it is sent again as it is.
    """
    user, draft = body["user"]["id"], Draft.of(view)
    reader = services.reader(user)
    try:
        found = _found(services, user, draft)
        shown_as = _again(services, user, draft, found) if found else _sent(services, user, draft)
    except DeskpulseError as error:
        said = error.said(reader.template).replace("`", "")
        ack(response_action="errors", errors={shown.TEXT: said})
        return
    ack(response_action="update", view=shown_as)


def _found(services: Services, user: str, draft: Draft) -> list[Telltale]:
    """What in the author's letter could give them away, unless they have seen it.

    The names of others are not known any more.
    """
    if not draft.by_author or draft.seen == mark_of(draft.text):
        return []
    return telltales(draft.text, names=(), own_names=services.people.person(user).names)


def _again(services: Services, user: str, draft: Draft, found: list[Telltale]) -> dict[str, Any]:
    """The window again, with what was found; sent once more as it is, the letter is taken."""
    with services.reading() as session:
        comment, there = _conversation(session, services, draft, user)
    draft = Draft(draft.comment, draft.by_author, draft.text, mark_of(draft.text))
    return shown.letter_view(comment, there, services.reader(user), draft, found)


def _sent(services: Services, user: str, draft: Draft) -> dict[str, Any]:
    """Puts the letter into the next batch, and says when that goes."""
    if not draft.text:
        raise UsageError("Nothing is written yet.")
    if not draft.by_author:
        services.require(user, Role.LEAD)
    reader, now = services.reader(user), services.clock.now()
    with services.writing() as session:
        comment, _ = _conversation(session, services, draft, user)
        wave = waves.get(session, services.workspace, comment.wave)
        slot = next_batch(now, waves.plan_of(wave).zone if wave else reader.zone)
        by = None if draft.by_author else user
        if not letters.write(session, comment, draft.text, services.seals, by=by, slot=slot):
            raise UsageError("This conversation has ended.")
        if not draft.by_author:
            detail = f"wave {comment.wave}"
            people.log(session, services.workspace, user, "comment answered", detail, now=now)
    return shown.told_view(shown.sent(reader.moment(slot, now), reader), reader)
