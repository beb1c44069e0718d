"""What somebody is shown of a comment before it is sent: what in it could give them away."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b

from bot.locale import Reader, isolated
from bot.slack.blocks import plain
from bot.surveys.telltales import Clue, Telltale

#: So many are named; whoever has more of them reads the comment again anyway.
MOST = 8

#: An excerpt is cut after so many letters.
_LONGEST = 60

_TOLD = {
    Clue.MENTION: "“{excerpt}” names somebody.",
    Clue.COLLEAGUE: "“{excerpt}” is the name of somebody here.",
    Clue.OWN_NAME: "“{excerpt}” is your name.",
    Clue.EMAIL: "“{excerpt}” is an e-mail address.",
    Clue.LINK: "“{excerpt}” is a link.",
    Clue.PHONE: "“{excerpt}” looks like a phone number.",
    Clue.NUMBER: "“{excerpt}” looks like the number of a ticket, which tells who worked on it.",
    Clue.TIME: "“{excerpt}” tells when: who was at work then may be known.",
    Clue.ONLY_ONE: "“{excerpt}”: there may be only one person of whom that is true.",
    Clue.TEAM: "“{excerpt}” names a team of which only {many} are asked.",
    Clue.OWN_TEAM: "“{excerpt}” names your team, of which only {many} are asked.",
    Clue.LANGUAGE: "Of those who are asked only {many} read the language in which you write.",
}


def found(telltales: Sequence[Telltale], reader: Reader) -> str:
    """What could give the author away, a line for each, and what they can do now."""
    lines = [f"• {_line(one, reader)}" for one in telltales[:MOST]]
    if len(telltales) > MOST:
        more = len(telltales) - MOST
        lines.append(reader.plural("and {n} more", "and {n} more", more))
    head = reader.text(
        "*This could tell who you are.* Nothing is sent yet, and nobody else sees this."
    )
    foot = reader.text("Change it, or send it as it is.")
    return "\n".join([head, *lines, foot])[:3_000]


def mark_of(*texts: str) -> str:
    """A mark of some texts: whoever sends the same ones again has seen what is in them."""
    return blake2b(json.dumps(texts).encode(), digest_size=8).hexdigest()


def _line(one: Telltale, reader: Reader) -> str:
    excerpt = one.excerpt if len(one.excerpt) <= _LONGEST else f"{one.excerpt[:_LONGEST]}…"
    return reader.text(
        _TOLD[one.clue],
        excerpt=isolated(plain(excerpt)),
        many=reader.number(one.many or 0),
    )
