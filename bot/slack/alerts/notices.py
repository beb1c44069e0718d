"""What is told beside an alert: what was over before it might be told, and trouble with its message."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

from slackblocks import Block

from bot.alerts.life import Missed, Step
from bot.alerts.rule import Rule
from bot.errors import said
from bot.locale import Reader
from bot.message import Message
from bot.slack.alerts.claims import first_line
from bot.slack.alerts.rules import amount, code, title
from bot.slack.alerts.shown import Shown
from bot.slack.blocks import LONGEST_TEXT, blocks_of, context, plain, section

# --- What was over before it might be told -------------------------------------------------------


def missed(
    step: Step, rule: Rule, reader: Reader, *, number: int | None = None, text: str = ""
) -> Message:
    """What fired and ended while alerts were held back, told once (`Kind.MISSED`).

    `number` and `text` are the rule's.
    """
    first = reader.plural(
        "✅ *{rule}*, while alerts were held back. Over by now.",
        "✅ *{rule}*, {n} times while alerts were held back. Over by now.",
        step.many,
        rule=title(rule, reader),
    )
    lines = [_missed(one, rule, step.at, reader) for one in step.missed]
    more = step.many - len(step.missed)
    if more > 0:
        lines.append(reader.plural("and {n} more", "and {n} more", more))
    told = "\n".join([first, *lines])
    return Message(
        text=told[:LONGEST_TEXT],
        blocks=blocks_of(section(told, "alert-missed"), _foot(number, text, reader)),
    )


def _missed(one: Missed, rule: Rule, now: datetime, reader: Reader) -> str:
    told = {
        "start": reader.moment(one.opened_at, now),
        "end": reader.moment(one.closed_at, one.opened_at),
    }
    if one.worst is None:
        return reader.text("From {start} to {end}.", **told)
    worst = amount(rule, one.worst, reader)
    return reader.text("From {start} to {end}, worst {worst}.", **told, worst=worst)


def _foot(number: int | None, text: str, reader: Reader) -> Block | None:
    if number is None:
        return None
    foot = reader.text("{text} · rule {number}", text=code(text), number=str(number))
    return context(foot, "alert-rule")


# --- Trouble with its message --------------------------------------------------------------------


class Trouble(StrEnum):
    """What keeps people from seeing an alert as it stands."""

    UNSEEN = "unseen"
    DELETED = "deleted"
    ARCHIVED = "archived"
    CHANNEL = "channel"
    TOKEN = "token"  # noqa: S105  a kind of trouble
    OLD = "old"


#: What Slack answers, by the trouble that it means.
_CODES = {
    Trouble.DELETED: ("message_not_found",),
    Trouble.ARCHIVED: ("is_archived", "is_inactive"),
    Trouble.CHANNEL: ("not_in_channel", "channel_not_found", "team_not_found"),
    Trouble.TOKEN: ("token_revoked", "token_expired", "invalid_auth", "account_inactive"),
    Trouble.OLD: ("cant_update_message", "edit_window_closed"),
}


def trouble_of(problem: str) -> Trouble:
    """What a problem is about that the outbox kept of a message."""
    words = set(re.findall("[a-z_]+", said(problem)))
    found = (trouble for trouble, codes in _CODES.items() if words & set(codes))
    return next(found, Trouble.UNSEEN)


def notice(
    number: int,
    text: str,
    channel: str,
    problem: str,
    reader: Reader,
    *,
    rule: Rule | None = None,
    shown: Shown | None = None,
) -> Message:
    """Tells the owner of a rule, in a DM, that people do not see its alert.

    What happened, how to mend it, and how the alert stands, where `shown` tells that. `number` and
    `text` are the rule's, `problem` is what the outbox kept of its message.
    """
    happened, mend = _TROUBLES[trouble_of(problem)]
    places = {
        "rule": code(text) if rule is None else f"*{title(rule, reader)}*",
        "channel": f"<#{channel}>",
        "number": str(number),
    }
    lines = [reader.text(happened, **places), reader.text(mend, **places)]
    lines.append(f"_{plain(said(problem, reader.template))}_")
    if shown is not None:
        lines.append(first_line(shown, reader))
    told = "\n".join(lines)
    return Message(
        text=told[:LONGEST_TEXT],
        blocks=blocks_of(section(told, "alert-trouble"), _foot(number, text, reader)),
    )


#: What happened, and how to mend it.
_TROUBLES = {
    Trouble.UNSEEN: (
        "⚠️ {rule}: its message in {channel} could not be posted or brought up to date.",
        "It is tried again as long as that can help. To end the rule: `/alert remove {number}`",
    ),
    Trouble.DELETED: (
        "⚠️ {rule}: its message was deleted from {channel}, so that nobody there sees it any more.",
        "It is not posted again; the next time the rule fires there is a new one. Now: `/alert`",
    ),
    Trouble.ARCHIVED: (
        "⚠️ {rule}: {channel} was archived, so that nobody is told any more.",
        "Unarchive it, or set the rule up in another channel. To end it: `/alert remove {number}`",
    ),
    Trouble.CHANNEL: (
        "⚠️ {rule}: I cannot reach {channel} any more, so that nobody there is told.",
        "Type `/invite @deskpulse` in the channel, or end the rule: `/alert remove {number}`",
    ),
    Trouble.TOKEN: (
        "⚠️ {rule}: Slack no longer took the token of this app, so that {channel} was not told.",
        "With a new token what is not too old is posted by itself.",
    ),
    Trouble.OLD: (
        "⚠️ {rule}: its message in {channel} can no longer be changed and shows an old state.",
        "The next time the rule fires there is a new one. How it stands now: `/alert`",
    ),
}
