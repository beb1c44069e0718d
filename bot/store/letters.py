"""Letters between leads and the authors of comments, which travel in batches, hours later."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bot.seals import Seals
from bot.store import mailboxes
from bot.surveys.mailbox import News
from bot.surveys.results import Comment

#: What the key is for; see `Seals.mark`.
_ALIAS = "alias"


def write(
    session: Session,
    comment: Comment,
    text: str,
    seals: Seals,
    *,
    by: str | None,
    slot: datetime,
) -> bool:
    """Puts a letter into the batch of a moment; false where it has ended, so that nobody gets it."""
    box = mailboxes.locked(session, comment.wave, seals)
    if comment.id not in box.authors:
        return False
    more = box.with_letter(comment.id, text, by=by, slot=slot)
    mailboxes.keep(session, comment.wave, more, seals)
    return True


def relay(session: Session, wave_id: int, seals: Seals, *, now: datetime) -> set[News]:
    """Sends the letters of a wave that are due on their way, once; gives who is to be told of them."""
    box = mailboxes.locked(session, wave_id, seals)
    if box.due(now):
        mailboxes.keep(session, wave_id, box.relayed(now), seals)
    return box.news(now)


def end(session: Session, comment: Comment, seals: Seals) -> None:
    """Nobody can be found by this comment any more; letters that are not relayed are dropped."""
    box = mailboxes.locked(session, comment.wave, seals)
    mailboxes.keep(session, comment.wave, box.without([comment.id]), seals)


def forget(session: Session, workspace: int, user: str, seals: Seals) -> int:
    """Ends every conversation of somebody; says how many there were.

    All mailboxes are written anew: in which of them something led to them does not show.
    """
    ended = 0
    for wave_id in mailboxes.of_workspace(session, workspace, seals):
        box = mailboxes.locked(session, wave_id, seals)
        own = box.of(user)
        mailboxes.keep(session, wave_id, box.without(own), seals)
        ended += len(own)
    return ended


# --- What messages to an author call a comment ---------------------------------------------------


def alias(comment_id: str, seals: Seals) -> str:
    """The name by which messages to its author call a comment.

    Slack keeps messages with all that is in their buttons, and leads see the id of a comment there:
    whoever may export both would know whose it is.
    """
    return seals.mark(comment_id, _ALIAS)


def of_alias(session: Session, workspace: int, name: str, seals: Seals) -> str | None:
    """The id of the comment that is called so; `None` once nobody is found by it any more."""
    there = mailboxes.of_workspace(session, workspace, seals).values()
    return next((one for box in there for one in box.authors if alias(one, seals) == name), None)
