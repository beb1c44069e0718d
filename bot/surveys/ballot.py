"""What is in a ballot: the numbers that somebody gave, or one comment; never both, and no name.

All ballots are sealed at one length. Numbers and comments of one person are separate ballots, so
that nothing joins them, not even when they are opened. Where a comment could be written and was not,
a blank ballot is cast: so nobody who counts ballots learns who wrote one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

#: The most characters of a comment: Slack's own limit of a field is as long.
LONGEST_COMMENT = 3_000

#: The bytes of a ballot before it is sealed: a comment of the longest letters, escaped, fits.
SIZE = 20_480


@dataclass(frozen=True, slots=True)
class Slip:
    """The numbers that somebody gave, by the keys of the questions, and the team they are in.

    A choice is answered by the place of the option. A question that was skipped is not there.
    """

    team: int
    answers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment to a question. `author` only where they agreed that a lead may answer them."""

    question: str
    text: str
    author: str = ""


@dataclass(frozen=True, slots=True)
class Blank:
    """A ballot in the place of a comment that was not written."""


Ballot = Slip | Remark | Blank


def written(ballot: Ballot) -> bytes:
    """The ballot as it is sealed."""
    match ballot:
        case Slip(team, answers):
            told = {"team": team, "answers": dict(answers)}
        case Remark(question, text, author):
            told = {"question": question, "text": text, "author": author}
        case Blank():
            told = {}
    # Half of a pair of surrogates, which a text may end with, is kept as it is.
    return json.dumps(told, ensure_ascii=False).encode(errors="surrogatepass")


def read(content: bytes) -> Ballot:
    """What `written` wrote."""
    told = json.loads(content)
    if "answers" in told:
        return Slip(**told)
    return Remark(**told) if told else Blank()
