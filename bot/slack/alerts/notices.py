"""What is told beside an alert: what was over before it might be told, and trouble with its message."""

from __future__ import annotations

from datetime import datetime

from slackblocks import Block

from bot.alerts.life import Missed, Step
from bot.alerts.rule import Rule
from bot.alerts.trouble import Trouble, trouble_of
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


def unreadable(number: int, text: str, channel: str, reader: Reader) -> Message:
    """Tells the owner of a rule that it can be read no more, while its alert stands in `channel`."""
    sentences = _TROUBLES[Trouble.UNREADABLE]
    return _of_trouble(sentences, number, text, channel, reader, code(text))


def notice(
    number: int,
    text: str,
    channel: str,
    problem: str,
    reader: Reader,
    *,
    rule: Rule | None = None,
    shown: Shown | None = None,
    is_over: bool = False,
) -> Message:
    """Tells the owner of a rule, in a DM, that people do not see its alert.

    What happened, how to mend it, and how the alert stands, where `shown` tells that. `number` and
    `text` are the rule's, `problem` is what the outbox kept of its message, which is posted no more
    where it `is_over`.
    """
    trouble = trouble_of(problem)
    happened, mend = _TROUBLES[trouble]
    if is_over and trouble in _PASSES:
        mend = "It is over, and is posted no more."
    what = code(text) if rule is None else f"*{title(rule, reader)}*"
    lines = [f"_{plain(said(problem, reader.template))}_"]
    if shown is not None:
        lines.append(first_line(shown, reader))
    return _of_trouble((happened, mend), number, text, channel, reader, what, *lines)


def _of_trouble(
    sentences: tuple[str, str],
    number: int,
    text: str,
    channel: str,
    reader: Reader,
    what: str,
    *more: str,
) -> Message:
    """What happened to the message of a rule, which is named `what`, how to mend it, and `more`."""
    places = {"rule": what, "channel": f"<#{channel}>", "number": str(number)}
    told = "\n".join([*(reader.text(one, **places) for one in sentences), *more])
    return Message(
        text=told[:LONGEST_TEXT],
        blocks=blocks_of(section(told[:3_000], "alert-trouble"), _foot(number, text, reader)),
    )


#: What is tried again by itself, as long as it is not over.
_PASSES = (Trouble.UNSEEN, Trouble.TOKEN)

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
    Trouble.UNREADABLE: (
        "⚠️ {rule}: this version cannot read it, so that its message in {channel} stays as it is.",
        "It looks at nothing now. With a newer version it may go on; end it: `/alert remove {number}`",
    ),
}
