"""Reads numbers and times as spreadsheets of all countries write them, without guessing."""

from __future__ import annotations

import re
from math import isfinite

from bot.errors import UsageError
from bot.locale import isolated

#: More is a slip of the finger; up to here every count is exact.
MOST = 1e12

#: No number is written with more signs.
LONGEST = 40

#: What was typed is repeated so far.
LONGEST_QUOTE = 60

#: How Arabic script writes the decimal sign and the sign between thousands.
_SIGNS = str.maketrans({"٫": ".", "٬": ","})

_SIMPLE = re.compile(r"(?P<whole>\d+)(?:(?P<sign>[.,])(?P<more>\d+)(?:[eE][+-]?\d{1,3})?)?")
_GROUPED = re.compile(
    r"\d{1,3}(?:(?P<between>[.,'’ \u00a0\u202f])\d{3})(?:(?P=between)\d{3})*"
    r"(?:(?!(?P=between))(?P<sign>[.,])\d+)?"
)
_EXPONENT = re.compile(r"\d+[eE][+-]?\d{1,3}")
_UNIT = re.compile(
    r"(?<=\d)\s*(?:(?P<s>s|secs?|seconds?)|(?P<m>m|mins?|minutes?)|(?P<h>h|hrs?|hours?))\Z",
    re.IGNORECASE,
)
_PERCENT = re.compile(r".*\S\s*[%٪]")
_SECONDS = {"s": 1, "m": 60, "h": 3_600}


def quoted(typed: object) -> str:
    """What was typed, short enough and on one line, to be repeated in a sentence."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(typed)).split())
    return isolated(line if len(line) <= LONGEST_QUOTE else line[: LONGEST_QUOTE - 1] + "…")


def read_number(typed: str | float | None, decimal: str = "") -> float:
    """A number from 0 to `MOST`. Raises `UsageError`.

    `decimal` is the sign before decimals where that is known. Without it, or against it, 1.204 and
    1,204 are refused: they are more than a thousand here, and little more than one there.
    """
    number = _read(typed, decimal) if isinstance(typed, str) else _as_float(typed)
    if number is None or not isfinite(number):
        if isinstance(typed, str) and typed.strip().startswith("-"):
            raise UsageError("A number is at least 0, “{typed}” is not.", typed=quoted(typed))
        raise UsageError("“{typed}” is not a number.", typed=quoted(typed))
    if not 0 <= number <= MOST:
        raise UsageError(
            "A number is at least 0 and at most {most:,.0f}, “{typed}” is not.",
            typed=quoted(typed),
            most=MOST,
        )
    return number


def count_of(typed: str | float | None, decimal: str = "") -> float:
    """A whole number. Raises `UsageError`."""
    number = read_number(typed, decimal)
    if not number.is_integer():
        raise UsageError("A count is a whole number, “{typed}” is not.", typed=quoted(typed))
    return number


def read_seconds(typed: str | float | None, decimal: str = "") -> float:
    """A time in seconds: 185, 185 s, 3 min, 1.5 h. Raises `UsageError`."""
    if not isinstance(typed, str):
        return read_number(typed)
    if ":" in typed:
        raise UsageError(
            "“{typed}” could be minutes or hours.",
            "Write seconds, or a unit: 185, 3 min, 1.5 h.",
            typed=quoted(typed),
        )
    text = typed.strip()
    match = _UNIT.search(text)
    if match is None:
        return read_number(text, decimal)
    unit = next(unit for unit in _SECONDS if match[unit])
    return read_number(text[: match.start()], decimal) * _SECONDS[unit]


def is_percentage(typed: str | float | None) -> bool:
    """Whether it is something with a percent sign behind it."""
    return isinstance(typed, str) and _PERCENT.fullmatch(typed.strip()) is not None


def _as_float(number: float | None) -> float | None:
    try:
        return None if number is None else float(number)
    except OverflowError:  # a whole number with hundreds of digits
        return None


def _read(typed: str, decimal: str) -> float | None:
    """The number that a text is; `None` for what is none."""
    text = typed.strip().translate(_SIGNS)
    if len(text) > LONGEST:
        return None
    if _EXPONENT.fullmatch(text):
        return float(text)
    if match := _SIMPLE.fullmatch(text):
        if match["sign"] not in (None, decimal) and _may_be_thousands(match):
            raise UsageError(
                "“{typed}” could be two numbers.",
                "Write it without a sign between the digits.",
                typed=quoted(typed),
            )
        return float(text.replace(",", "."))
    if match := _GROUPED.fullmatch(text):
        return float(text.replace(match["between"], "").replace(",", "."))
    return None


def _may_be_thousands(match: re.Match[str]) -> bool:
    """Whether what stands behind the sign could be a group of three digits of a whole number."""
    whole = match["whole"]
    return match.end("more") == match.end() and (
        len(match["more"]) == 3 and len(whole) <= 3 and not whole.startswith("0")
    )
