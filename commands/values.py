"""Reads a value of a metric in its own unit: a duration, a percentage, a count, a score."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from bot.errors import UsageError
from bot.metrics import Metric, Unit
from commands.times import parse_duration
from commands.words import FOR_EXAMPLE, examples, plain, quoted

#: In one country 1,500 is more than a thousand, in the next it is one and a half.
_TWO_READINGS = re.compile(r"-?[1-9][0-9]{0,2}[.,][0-9]{3}")

#: Nobody counts so far.
_MOST = 1e9


@dataclass(frozen=True, slots=True)
class Sentences:
    """What is said of a value that is none (msgids): nothing is there, or not what its unit takes."""

    nothing: str
    wanted: Mapping[Unit, str]


def parse_value(metric: Metric, typed: str, said: Sentences, *, example: str) -> float:
    """The value that was typed: in seconds for a duration, from 0 to 1 for a percentage.

    `example` is the whole of what would have worked. Raises `UsageError`.
    """
    if metric.unit is Unit.SECONDS:
        return parse_duration(typed, example=example).total_seconds()
    number = _digits(typed)
    if not number:
        raise _no_value(said.nothing, typed, example)
    wants_percent = metric.unit is Unit.RATIO
    if wants_percent is not number.endswith("%"):
        raise _no_value(said.wanted[metric.unit], typed, example)
    number = number.removesuffix("%")
    if _TWO_READINGS.fullmatch(number):
        raise UsageError(
            "“{typed}” could be two numbers.",
            "Write it without a sign between the digits. For example: {example}",
            typed=quoted(typed),
            example=examples(example),
        )
    try:
        exact = Decimal(number.replace(",", "."))
        value = float(exact)
    except (ArithmeticError, ValueError):
        raise _no_value(said.wanted[metric.unit], typed, example) from None
    if not exact.is_finite() and metric.bounds is None:
        raise _no_value(said.wanted[metric.unit], typed, example)
    _check_bounds(metric, value, typed, example)
    # In binary 8.3 divided by 100 is not quite 0.083.
    return float(exact / 100) if wants_percent else value


def _digits(typed: str) -> str:
    """A number as programs write it, its percent sign behind it: Turkish and Persian put it first."""
    number = plain(typed).replace(" ", "").replace("−", "-").replace("–", "-")
    return f"{number[1:]}%" if number.startswith("%") else number


def _check_bounds(metric: Metric, value: float, typed: str, example: str) -> None:
    low, high = metric.bounds or (0, _MOST)
    if metric.unit is Unit.RATIO and value > 100:
        raise _no_value("A share is at most 100%.", typed, example)
    if metric.bounds and not low <= value <= high:
        raise UsageError(
            "“{metric}” lies between {low} and {high}.",
            FOR_EXAMPLE,
            metric=metric.label,
            low=f"{low:g}",
            high=f"{high:g}",
            example=examples(example),
        )
    if value < low:
        least = "0%" if metric.unit is Unit.RATIO else "0"
        raise UsageError(
            "“{metric}” is never less than {low}, “{typed}” is.",
            FOR_EXAMPLE,
            metric=metric.label,
            low=least,
            typed=quoted(typed),
            example=examples(example),
        )
    if value >= max(high, _MOST):
        raise _no_value("“{typed}” is more than anybody counts.", typed, example)


def _no_value(message: str, typed: str, example: str) -> UsageError:
    return UsageError(message, FOR_EXAMPLE, typed=quoted(typed), example=examples(example))
