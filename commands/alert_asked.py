"""Who asks `/alert` something, where, and how they are answered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from sqlmodel import Session

from bot.alerts.wording import COMMAND
from bot.errors import UsageError
from bot.message import Message
from bot.services import Role
from bot.slack.blocks import LONGEST_TEXT, blocks_of, context
from bot.store import alerts as rules
from bot.store.tables import AlertRule
from commands import asked
from commands.words import FOR_EXAMPLE, examples, plain, quoted

#: No rule has a number of more digits.
_MOST_DIGITS = 9

#: So many rules are named to whoever does not say which one.
_MOST_NAMED = 5


class Asked(asked.Asked):
    """One command, or one press of a button, about the alerts of a channel."""

    __slots__ = ()

    def require_channel(self, channel: str = "") -> None:
        """Raises `UsageError` where it is about a direct message: only channels have alerts."""
        if (channel or self.channel).startswith("D"):
            raise UsageError(
                "An alert is posted to a channel, not to a direct message.",
                "Type the same in the channel that is to get it.",
            )

    def where(self, message: Message, channel: str) -> Message:
        """A message about a channel, with the name of that where it is another one."""
        if channel == self.channel:
            return message
        told = self.reader.text("About {channel}:", channel=f"<#{channel}>")
        first = blocks_of(context(told, "alert-where"))
        text = f"{told}\n{message.text}"[:LONGEST_TEXT]
        return replace(message, text=text, blocks=[*first, *message.blocks])


@contextmanager
def typed_as(command: str) -> Iterator[None]:
    """A mistake in a rule shows its mend as what was typed: an edit is mended by an edit."""
    try:
        yield
    except UsageError as error:
        message, hint, values = json.loads(error.kept())
        told = {name: one.replace(f"`{COMMAND} ", f"`{command} ") for name, one in values.items()}
        raise UsageError(message, hint, **told) from None


def numbered(
    session: Session, asked: Asked, typed: str, *, example: str, removed: bool = False
) -> AlertRule:
    """The rule of that number; without one the only one of the channel.

    A lead reaches those of other channels as well: a rule whose channel is lost can be ended from
    anywhere. `removed` is whether it may be one that was removed. Raises `UsageError` for one that
    is not there.
    """
    number = plain(typed).removeprefix("#")
    there = rules.of_channel(session, asked.services.workspace, asked.channel)
    if not number:
        return _only(there)
    if not number.isdecimal():
        raise UsageError(
            "It is not said which rule: “{typed}” is no number.",
            FOR_EXAMPLE,
            typed=quoted(typed),
            example=examples(example),
        )
    row = _found(session, asked, number, removed=removed)
    if row is None:
        raise no_rule(quoted(number), there)
    return row


def check_readable(row: AlertRule) -> None:
    """Raises `UsageError` for a rule that a later version has kept, or that is broken."""
    if not rules.is_readable(row):
        raise UsageError(
            "Rule {number} cannot be read by this version.",
            "To end it: `/alert remove {number}`",
            number=row.id,
        )


def _found(session: Session, asked: Asked, number: str, *, removed: bool) -> AlertRule | None:
    if len(number) > _MOST_DIGITS:
        return None
    find = rules.of_any_time if removed else rules.get
    row = find(session, asked.services.workspace, int(number))
    if row is None or row.channel == asked.channel:
        return row
    return row if asked.services.role(asked.user) >= Role.LEAD else None


def _only(there: Sequence[AlertRule]) -> AlertRule:
    if len(there) == 1:
        return there[0]
    if there:
        raise UsageError("Which rule?", "Here are: {rules}", rules=_named(there))
    raise UsageError("There is no rule here yet.", "See: `/alert help`")


def no_rule(number: str, there: Sequence[AlertRule]) -> UsageError:
    """The answer to the number of a rule that is not there."""
    if not there:
        return UsageError("There is no rule {number} here, nor any other.", number=number)
    return UsageError(
        "There is no rule {number}.", "Here are: {rules}", number=number, rules=_named(there)
    )


def _named(there: Sequence[AlertRule]) -> str:
    return " · ".join(f"{row.id} `{row.text}`" for row in there[:_MOST_NAMED])
