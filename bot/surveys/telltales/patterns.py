"""What telltales look like that are known by their form: addresses, numbers, days, and some phrases.

All are searched in folded text (`bot.surveys.telltales.folding`). None looks at a letter more often than a
fixed number of times: what repeats without an end gives nothing back (`*+`, `++`), or is followed by
what it cannot be itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from babel import Locale

from bot.surveys.telltales.folding import fold
from bot.surveys.telltales.lexicon import lexicon, phrases, words

_BEGIN, _END = r"(?<![^\W_])", r"(?![^\W_])"

#: Domains that are written without `https://`.
_DOMAINS = (
    "com org net info biz io app dev ai co me eu int edu gov de at ch fr es it pt nl be lu gr cy ir ae "
    "sa eg uk ie us ca au nz in jp kr cn ru ua pl cz se no fi dk br mx tr il zendesk slack"
)

#: Whose days and months are known.
_LANGUAGES = ("en", "ar", "de", "el", "es", "fa", "fr", "it", "nl", "pl", "pt", "ru", "sv", "tr")
_SHORTENED = ("en", "de", "el", "es", "fr")

EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]++@(?:[\w-]++\.(?=\w))++[\w-]++")

LINK = re.compile(
    r"<[a-z][a-z0-9+.-]*+:[^<>\n]*+>?|"
    r"(?:https?|ftp|slack|zendesk)://\S++|"
    rf"(?<![\w.@-])www\.\S++|(?<![\w.@-])(?:[a-z0-9-]++\.(?=[a-z0-9]))++(?:{'|'.join(_DOMAINS.split())})"
    r"(?![a-z0-9-])(?:/\S*+)?"
)

#: A mention as Slack writes it, or as it was typed. Those of all betray nobody.
MENTION = re.compile(
    r"<[@#!][^<>\n]{1,200}>?|"
    rf"{_BEGIN}@(?!(?:here|channel|everyone){_END})[^\W_][\w.-]*+"
)

#: Seven to fifteen digits (ITU-T E.164 has no more), with something between some of them.
PHONE = re.compile(
    r"(?<![\w+])(?=[+(]|[0-9]{1,14}+[ ()/.-]{1,2}+[0-9])\+?\(?[0-9](?:[ ()/.-]{0,2}+[0-9]){6,14}+(?!\w)"
)


@cache
def numbers() -> re.Pattern[str]:
    """A number that names one thing: #12345, ticket 4711, or five digits and more."""
    apart = r"[\s:.#-]{0,3}(?:nr|no|id)?[\s:.#-]{0,3}"
    ticket, other = (_any(_words("numbered", name)) for name in ("ticket", "other"))
    kinds = (
        rf"{_BEGIN}{ticket}{apart}[0-9]{{2,}}+(?!\s?%)",
        rf"{_BEGIN}{other}{apart}[0-9]{{3,}}+(?!\s?%)",
        r"#\s?[0-9]{2,}+",
        rf"{_BEGIN}(?:no|nr|n°|№)\.\s?[0-9]{{2,}}+",
        rf"{_BEGIN}[a-z]{{2,10}}-[0-9]{{3,12}}{_END}",
        r"(?<![0-9])[0-9]{5,}+",
    )
    return re.compile("|".join(kinds))


#: What is a ticket in capitals alone: DESK-1, but not top-10.
KEY = re.compile(rf"{_BEGIN}[a-z]{{2,10}}-[0-9]{{1,12}}{_END}")


@cache
def days() -> re.Pattern[str]:
    """A day or a time of day: 2026-11-24, 24.11., November 24, last Tuesday, yesterday, 14:30."""
    day, ending = r"(?<![0-9])[0-9]{1,2}", r"(?:st|nd|rd|th|er|\.|º|ª)?"
    of = r"\s?(?:of |de |του |η )?"
    month, weekday = _any(_months()), _any(_weekdays())
    kinds = (
        r"(?<![0-9.])[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}(?:t[0-9:]{4,8}+)?(?![0-9])",
        r"(?<![0-9.])[0-9]{1,2}[-./][0-9]{1,2}[-./](?:[0-9]{4}|[0-9]{2})(?![0-9])",
        r"(?<![0-9.])(?:0?[1-9]|[12][0-9]|3[01])\.(?:0?[1-9]|1[0-2])\.(?![0-9])",
        rf"{_BEGIN}(?:on|am|le|el|στισ)\s[0-9]{{1,2}}/[0-9]{{1,2}}(?![0-9/])",
        rf"{day}{ending}{of}{month}{_END}",
        rf"{_BEGIN}{month}\.?\s?[0-9]{{1,2}}(?:st|nd|rd|th|\.)?(?![0-9%])",
        rf"{_BEGIN}{_any(_words('certain_day', 'before'))}\s{weekday}{_END}(?!\s(?:morn|after|even|night)\w{{0,5}}s)",
        rf"{_BEGIN}{weekday}\s{_any(_words('certain_day', 'behind'))}{_END}",
        rf"{_BEGIN}{_any(phrases('said_day'))}{_END}",
        r"(?<![0-9:])[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\s?[ap]\.?m)?(?![0-9])",
        rf"{day}\s?(?:[ap]\.?m\b|uhr\b|o'clock|[πμ]\.?μ\b|h\s?[0-9]{{2}}\b)",
        rf"{_BEGIN}{_any(phrases('hour'))}\s[0-9]{{1,2}}(?::[0-9]{{2}})?(?![0-9%]|{of}{month})",
    )
    return re.compile("|".join(kinds))


@cache
def only_ones() -> re.Pattern[str]:
    """That somebody is the only one, the newest, or what else but one is; and the word behind it."""
    return re.compile(rf"{_BEGIN}{_any(phrases('only_one'))}{_END}(?:\s[^\W_]++)?")


def _any(found: Iterable[str]) -> str:
    """Any of some folded phrases, the longest that is there."""
    ordered = sorted(set(found), key=lambda phrase: (-len(phrase), phrase))
    return "(?:" + "|".join(re.escape(phrase).replace(r"\ ", r"\s") for phrase in ordered) + ")"


def _words(part: str, name: str) -> Sequence[str]:
    return fold(lexicon(part)[name]).split()


def _months() -> set[str]:
    """The names of months; shortened ones where they are no other words."""
    widths = [*((one, "wide") for one in _LANGUAGES), *((one, "abbreviated") for one in _SHORTENED)]
    named = (
        name.strip(".")
        for language, width in widths
        for context in ("format", "stand-alone")
        for name in Locale.parse(language).months[context][width].values()
    )
    return {fold(name) for name in named} | words("months")


def _weekdays() -> set[str]:
    named = [
        *(name for one in _LANGUAGES for name in Locale.parse(one).days["format"]["wide"].values()),
        *Locale.parse("en").days["format"]["abbreviated"].values(),
    ]
    # Many write a space where there should be a non-joiner.
    return {fold(one) for name in named for one in (name, name.replace("\u200c", " "))}
