"""The phrases of a rule and what they mean: signs, directions, units, and the names of its parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from itertools import product

from bot.alerts.rule import Change, NoData, Side
from bot.errors import UsageError
from commands.times import parse_duration

_MORE = ("more", "greater", "higher", "larger", "longer", "slower")
_LESS = ("less", "lower", "fewer", "smaller", "shorter", "faster")

#: On which side of a limit.
SIDES: Mapping[str, Side] = {
    **dict.fromkeys((">", ">=", "above", "over", "beyond", "exceeds", "at least"), Side.ABOVE),
    **dict.fromkeys((f"{word} than" for word in _MORE), Side.ABOVE),
    **dict.fromkeys(("<", "<=", "below", "under", "at most"), Side.BELOW),
    **dict.fromkeys((f"{word} than" for word in _LESS), Side.BELOW),
}

#: With these the limit itself counts as well.
INCLUSIVE = frozenset((">=", "<=", "at least", "at most"))

OLDER: Mapping[str, Side] = {
    **SIDES,
    **dict.fromkeys(("older", "older than", "stale for", "stale"), Side.ABOVE),
    "younger than": Side.BELOW,
}

#: What may stand behind a number, and is its unit anyway.
NOUNS = frozenset(("tickets", "calls", "points", "views", "messages"))
PERCENT = dict.fromkeys(("%", "percent", "pct", "per cent"), True)

# --- What is usual ---

UNUSUAL = dict.fromkeys(("unusual", "unusually", "not usual", "out of the usual"), True)
DIRECTIONS: Mapping[str, Side] = {
    **dict.fromkeys(("high", "higher", "up", "above"), Side.ABOVE),
    **dict.fromkeys(("low", "lower", "down", "below"), Side.BELOW),
    **dict.fromkeys(("either way", "either", "both ways", "in either direction"), Side.EITHER),
}

_USUAL = ("usual", "the usual", "what is usual", "normal", "average")
_AGAINST = ("vs", "vs.", "versus", "against", "compared with", "compared to")
VS = dict.fromkeys(_AGAINST, True)
VS_USUAL = {f"{vs} {usual}": True for vs, usual in product((*_AGAINST, "from", "on"), _USUAL)}
#: Above usual, less than usual.
FROM_USUAL = {f"{where} {usual}": side for (where, side), usual in product(SIDES.items(), _USUAL)}

# --- Burns, ages and waits ---

_BURNS = ("burn", "burns", "burning", "burn rate")
BURNS = dict.fromkeys((*_BURNS, *(f"budget {word}" for word in _BURNS)), True)
AS_ALLOWED = frozenset(("as fast", "as fast as allowed", "as fast as it may", "too fast"))

WITHOUT_REPLY = frozenset(
    f"{word} {what}"
    for word in ("without", "for")
    for what in ("reply", "a reply", "any reply", "its reply", "first reply", "an answer", "answer")
)
_TICKETS = ("ticket", "tickets", "a ticket", "any ticket", "each ticket", "single ticket")
_WAITS = ("waiting", "waits", "wait", "unanswered", "not answered", *sorted(WITHOUT_REPLY))
#: What else than a number a rule may be about.
TICKET = frozenset(f"{ticket} {waits}" for ticket, waits in product(_TICKETS, _WAITS))
DATA = frozenset(("data", "the data", "its data"))

# --- The other parts of a rule ---

#: They say nothing.
FILLERS = frozenset(
    ("is", "are", "was", "be", "goes", "gets", "rises", "falls", "drops", "and", "with", "the")
) | {"alert", "alert me", "alert us", "tell me", "tell us", "me", "us", "when", "if", "whenever"}

_HOURS = ("hours", "time")
_OFFICE = tuple(f"{kind} {hours}" for kind in ("office", "working", "work") for hours in _HOURS)
_BUSINESS = tuple(f"business {hours}" for hours in _HOURS)
_WITHIN = ("in", "during", "within", "only in", "only during", "only within", "only")
#: Only when the team is at work. `business hours` alone are not: on that clock a duration is taken.
IN_HOURS = frozenset(
    (
        *_OFFICE,
        *(f"{within} {hours}" for within in _WITHIN for hours in (*_OFFICE, *_BUSINESS)),
        *(f"{hours} only" for hours in (*_OFFICE, *_BUSINESS)),
        *(f"{within} {hours} only" for within in _WITHIN for hours in (*_OFFICE, *_BUSINESS)),
    )
)

#: The other parts by how they begin; what they are called there is how a mistake names them.
PARTS: Mapping[str, str] = {
    "for": "for",
    "for at least": "lasting",
    "lasting": "lasting",
    "of": "of",
    **dict.fromkeys(("over", "over the last", "over last", "over the past", "over a"), "over"),
    **dict.fromkeys(("in the last", "within the last", "in the past", "during the last"), "over"),
    **dict.fromkeys(("by", "per", "each", "for each", "for every", "split by"), "by"),
    **dict.fromkeys(("min", "min.", "minimum"), "min"),
    **dict.fromkeys(("recover", "recovers", "recover at", "recovers at"), "recover"),
    **dict.fromkeys(("keep", "keep for"), "keep"),
    **dict.fromkeys(("every", "again every", "remind every", "repeat every"), "every"),
    **dict.fromkeys(IN_HOURS, "in office hours"),
    **dict.fromkeys(("business", *_BUSINESS, "on business hours"), "business"),
    **dict.fromkeys(("no data", "missing data", "without data"), "no data"),
    **dict.fromkeys(("goal", "goal of", "target", "target of"), "goal"),
}

WITHOUT_DATA: Mapping[str, NoData] = {
    **dict.fromkeys(("alerts", "alert", "is an alert", "fires"), NoData.ALERT),
    **dict.fromkeys(("keeps", "keep", "stays", "changes nothing"), NoData.KEEP),
    **dict.fromkeys(("is ok", "ok", "is fine", "is okay", "clears"), NoData.OK),
}

# --- Numbers with their units ---

#: Times that are said without a number: `every hour`.
SPANS: Mapping[str, timedelta] = {
    "minute": timedelta(minutes=1),
    **dict.fromkeys(("hour", "an hour"), timedelta(hours=1)),
    **dict.fromkeys(("day", "a day"), timedelta(days=1)),
    **dict.fromkeys(("week", "a week"), timedelta(weeks=1)),
}
#: How no time at all is said.
NO_TIME = dict.fromkeys(("0", "0m", "0 m", "0min", "0 min", "0h", "0 h", "0s"), timedelta(0))


def duration(text: str) -> timedelta | None:
    """The duration in `4h` or `1 h 30 min`."""
    try:
        return parse_duration(text)
    except UsageError:
        return None


_NUMBER = r"[0-9]{1,6}(?:[.,](?:[0-9]{1,2}|[0-9]{4,20}))?"
_SHARE = re.compile(rf"(?P<share>{_NUMBER})(?:%|percent|pct)|%(?P<behind>{_NUMBER})")
_SIGNED = re.compile(r"(?P<sign>\+/?-|[-+±])(?P<rest>.*)")
_FACTOR = re.compile(r"(?P<factor>[0-9]{1,6}(?:[.,][0-9]{1,20})?) ?(?:x|×|times|-?fold)?")
_SIGN_MEANS = {"+": Side.ABOVE, "-": Side.BELOW}


def share(text: str) -> float | None:
    """The share in `40%` or `40 percent`."""
    match = _SHARE.fullmatch(text.replace(" ", ""))
    if match is None:
        return None
    # In binary 8.3 divided by 100 is not quite 0.083.
    return float(Decimal((match["share"] or match["behind"]).replace(",", ".")) / 100)


def signed(text: str) -> Change | None:
    """The change in `+40%`, `-40%` or `±40%`."""
    match = _SIGNED.fullmatch(text.replace(" ", ""))
    by = None if match is None else share(match["rest"])
    if match is None or by is None:
        return None
    return Change(_SIGN_MEANS.get(match["sign"], Side.EITHER), by)


def signed_number(text: str) -> str | None:
    """A change that lacks its percent sign: `+40`."""
    match = _SIGNED.fullmatch(text.replace(" ", ""))
    return text if match is not None and re.fullmatch(r"[0-9.,]+", match["rest"]) else None


def factor(text: str) -> float | None:
    """How many times, in `6x` or `6 times`."""
    match = _FACTOR.fullmatch(text)
    return None if match is None else float(match["factor"].replace(",", "."))
