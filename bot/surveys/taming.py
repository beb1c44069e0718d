"""Makes a comment harmless to show: it pings nobody, hides no link, and no letter of it is unseen.

What is taken away here is harmful wherever it stands: letters that nobody sees or that turn the
direction, mentions, and links that are called otherwise. What is left to whoever draws it:

* In the elements of `rich_text`, and in `plain_text`, nothing is markup: `*bold*` is shown as it was
  typed. Comments are shown in these wherever Slack has them.
* Where only `mrkdwn` is possible, `without_marks` takes the markup away, and `bot.slack.blocks.plain`
  escapes Slack's three signs, as for any text of somebody's own.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from itertools import groupby, islice

from bot.locale import isolated
from bot.surveys.ballot import LONGEST_COMMENT
from bot.surveys.telltales.folding import INVISIBLE

#: Between letters of these scripts a (non-)joiner is a matter of spelling.
_JOINED = ("ARABIC", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "TAMIL", "TELUGU", "KANNADA")
_LINE_ENDS = "\n\r\v\f\x85\u2028\u2029"
#: Where new emoji come, some of which this Python does not know yet.
_PICTOGRAPHS = "\U0001f000", "\U0001fbff"

_NON_JOINER, _JOINER = "\u200c", "\u200d"

#: Nobody's language puts more marks on a letter; more run into the lines above and below.
_MOST_MARKS = 4

#: What Slack would read as a mention, a link or a date: `<@U1>`, `<!channel>`, `<https://…|…>`.
_OPENING = re.compile(r"<(?=[@!#a-z])", re.IGNORECASE)
#: `@here`, or a name after which everybody is called who is.
_AT = re.compile(r"(?<!\w)@(?=\w)")
_BLANK_LINES = re.compile(r"\n{3,}")

#: Signs that are markup in `mrkdwn`, and the wide ones that look alike and mean nothing.
_WIDE = str.maketrans("*_~`", "＊＿～｀")
_QUOTE = re.compile(r"^>+", re.MULTILINE)


def tame(text: str) -> str:
    """The comment as it may be shown: at most 3,000 letters, each of them seen.

    Lines with letters that run right to left keep their direction. To tame what is tame changes
    nothing.
    """
    lines = (line.rstrip() for line in seen(text).split("\n"))
    harmless = _AT.sub("＠", _OPENING.sub("‹", "\n".join(lines).strip()))
    return _shortened(_BLANK_LINES.sub("\n\n", harmless))


def seen(text: str) -> str:
    """The text with what is seen of it: no letter that is hidden, or turns the direction of others."""
    visible = "".join(map(_as_seen, text.replace("\r\n", "\n")))
    # Only now is it known between which letters a joiner stands.
    joined = (_where_joined(visible, place) for place in range(len(visible)))
    return _with_few_marks("".join(joined))


def without_marks(text: str) -> str:
    """The same for `mrkdwn`: `*`, `_`, `~`, backticks, and `>` before a line mean nothing any more."""
    return _QUOTE.sub(lambda match: "›" * len(match[0]), text.translate(_WIDE))


def _where_joined(text: str, place: int) -> str:
    """A letter; nothing for a (non-)joiner that joins nothing."""
    letter = text[place]
    if letter not in (_NON_JOINER, _JOINER):
        return letter
    return letter if _is_joined(text[place - 1 : place], text[place + 1 : place + 2]) else ""


def _as_seen(letter: str) -> str:
    """A letter as it is seen: a blank for a tab, nothing for what is hidden or has no meaning."""
    category = unicodedata.category(letter)
    if letter in _LINE_ENDS:
        return "\n"
    if letter == "\t" or category == "Zs":
        return " "
    if letter in (_NON_JOINER, _JOINER):
        return letter
    if category == "Cn":
        return letter if _PICTOGRAPHS[0] <= letter <= _PICTOGRAPHS[1] else ""
    return "" if category[0] == "C" or letter in INVISIBLE or _is_selector(letter) else letter


def _is_selector(letter: str) -> bool:
    """Whether it selects a variant of the letter before; but for the one that makes it an emoji."""
    return unicodedata.name(letter, "").startswith("VARIATION SELECTOR") and letter != "\ufe0f"


def _is_joined(before: str, behind: str) -> bool:
    """Whether a (non-)joiner belongs between two letters: of such a script, or of an emoji."""
    if not before or not behind:
        return False
    is_emoji = unicodedata.category(behind) == "So"
    return is_emoji or all(
        unicodedata.name(one, "").startswith(_JOINED) for one in (before, behind)
    )


def _with_few_marks(text: str) -> str:
    """The text, its letters composed, with no more marks on each than a language needs."""
    runs = groupby(unicodedata.normalize("NFC", text), key=_is_mark)
    return "".join("".join(islice(run, _MOST_MARKS if marks else None)) for marks, run in runs)


def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter) in ("Mn", "Me")


def _shortened(text: str) -> str:
    """At most so many letters, with those that isolate its lines; cut at a whole one."""
    if len(_isolated(text)) <= LONGEST_COMMENT:
        return _isolated(text)
    lengths = range(min(len(text), LONGEST_COMMENT))
    cut = bisect_right(lengths, LONGEST_COMMENT - 1, key=lambda end: len(_isolated(text[:end]))) - 1
    while cut and _is_mark(text[cut]):
        cut -= 1
    return _isolated(text[:cut].rstrip(f" \n{_JOINER}{_NON_JOINER}") + "…")


def _isolated(text: str) -> str:
    return "\n".join(isolated(line) for line in text.split("\n"))
