"""What was typed: made plain, quoted back, and answered with what was probably meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from difflib import get_close_matches

from bot.errors import UsageError

#: Turns an English text into the reader's language; `str` leaves it as it is.
Translate = Callable[[str], str]

#: Longer words are neither compared nor quoted in full: nobody meant them.
LONGEST_WORD = 60


def plain(text: str) -> str:
    """The text in small letters, with ASCII digits and single spaces.

    Keyboards of other scripts write other digits, e.g. Persian ones: `۹:۳۰` becomes `9:30`.
    """
    digits = (
        str(unicodedata.decimal(letter)) if letter.isdecimal() else letter
        for letter in text.casefold()
    )
    return " ".join("".join(digits).split())


def quoted(typed: str) -> str:
    """What was typed, short enough and on one line, to be repeated in an answer."""
    line = " ".join("".join(c if c.isprintable() else " " for c in typed).split())
    return line if len(line) <= LONGEST_WORD else line[: LONGEST_WORD - 1] + "…"


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be; `None` when none is near.

    Case, spaces, underscores and hyphens make no difference.
    """
    spelled: dict[str, str] = {}
    for one in known:
        spelled.setdefault(_spelling(one), one)
    near = get_close_matches(_spelling(word)[:LONGEST_WORD], spelled, n=1, cutoff=0.6)
    return spelled[near[0]] if near else None


def mistake(
    what: str, typed: str, known: Iterable[str], example: str, *, _: Translate = str
) -> UsageError:
    """The answer to a word that is not known.

    `what` names in the reader's language what was looked for, e.g. "metric"; `example` is text that
    would have worked.
    """
    meant = closest(typed, known)
    if not typed.strip():
        message = _("There is no {what} given.").format(what=what)
    elif meant is None:
        message = _("There is no {what} “{typed}”.").format(what=what, typed=quoted(typed))
    else:
        message = _("There is no {what} “{typed}”. Did you mean “{meant}”?").format(
            what=what, typed=quoted(typed), meant=meant
        )
    return UsageError(message, for_example(example, _=_))


def for_example(example: str, *, _: Translate = str) -> str:
    """The hint that shows what to type."""
    return _("For example: {example}").format(example=example)


def _spelling(word: str) -> str:
    return re.sub(r"[\s_-]+", " ", plain(word)).strip()
