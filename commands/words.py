"""What was typed: made plain, quoted back, and answered with what was probably meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

from bot.errors import UsageError
from bot.locale import isolated

#: The hint that shows what to type; `example` is what `examples` gives.
FOR_EXAMPLE = "For example: {example}"

#: Longer words are neither compared nor quoted in full: nobody meant them.
LONGEST_WORD = 60


#: What keyboards of Arabic script write in and behind numbers.
_SIGNS = {"٪": "%", "٫": ".", "٬": ",", "،": ","}


def plain(text: str) -> str:
    """The text in small letters, with ASCII digits and signs, single spaces, and no hidden letters.

    Keyboards of other scripts write other digits, e.g. Persian ones: `۹:۳۰` becomes `9:30`. Marks
    of direction come along when something is copied out of a text that runs right to left.
    """
    return " ".join("".join(map(_plain, text.casefold())).split())


def _plain(letter: str) -> str:
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    return "" if unicodedata.category(letter) == "Cf" else _SIGNS.get(letter, letter)


def unescaped(typed: str) -> str:
    """What was typed into a command: Slack escapes three signs in it.

    (https://docs.slack.dev/messaging/formatting-message-text)
    """
    return typed.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def quoted(typed: str) -> str:
    """What was typed, short enough and on one line, to be repeated in an answer."""
    line = " ".join("".join(c if c.isprintable() else " " for c in typed).split())
    return isolated(line if len(line) <= LONGEST_WORD else line[: LONGEST_WORD - 1] + "…")


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be; `None` when none is near.

    Case, spaces, underscores and hyphens make no difference.
    """
    spelled: dict[str, str] = {}
    for one in known:
        spelled.setdefault(_spelling(one), one)
    near = get_close_matches(_spelling(word)[:LONGEST_WORD], spelled, n=1, cutoff=0.6)
    return spelled[near[0]] if near else None


def mistake(nothing: str, typed: str, known: Iterable[str], example: str) -> UsageError:
    """The answer to a word that is not known.

    `nothing` is the sentence (a msgid) that says so of `{typed}`, e.g. "There is no metric
    “{typed}”."; `example` is the whole of what would have worked.
    """
    meant = closest(typed, known)
    if not typed.strip():
        return UsageError(
            "Something is missing at the end.", FOR_EXAMPLE, example=examples(example)
        )
    if meant is None:
        return UsageError(nothing, FOR_EXAMPLE, typed=quoted(typed), example=examples(example))
    return UsageError(
        nothing,
        "Did you mean “{meant}”? For example: {example}",
        typed=quoted(typed),
        meant=meant,
        example=examples(example),
    )


def examples(*typed: str) -> str:
    """What could be typed, each once and as code, ready to be copied."""
    return " · ".join(f"`{one}`" for one in dict.fromkeys(typed))


def _spelling(word: str) -> str:
    return re.sub(r"[\s_-]+", " ", plain(word)).strip()
