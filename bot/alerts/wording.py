"""A rule in words, as `/alert add` takes it: only what is not said by default."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from bot.alerts.rule import (
    EVERY,
    FEWEST,
    KEEP,
    Burn,
    Change,
    Limit,
    NoData,
    Old,
    Rule,
    Side,
    Unusual,
    Waiting,
    bad_side,
    recovery,
)
from bot.alerts.unsaid import usual_fast, usual_window
from bot.domain import Slice
from bot.metrics import CATALOGUE, Better, Clock, Metric, Population, Quotient, Unit

#: What is typed before a rule.
COMMAND = "/alert add"

#: At these words a name that stands in no quotation marks is over.
KEYWORDS = frozenset(
    ("for", "over", "by", "per", "min", "minimum", "recover", "recovers", "every", "each")
)

_ABOVE_OR_BELOW = {Side.ABOVE: ">", Side.BELOW: "<"}
_MORE_OR_LESS = {Side.ABOVE: "+", Side.BELOW: "-", Side.EITHER: "±"}
_HIGH_OR_LOW = {Side.ABOVE: "high", Side.BELOW: "low", Side.EITHER: "either way"}
_WITHOUT_DATA = {NoData.ALERT: "alerts", NoData.KEEP: "keeps", NoData.OK: "is ok"}

#: In which marks a name is put, and with which it would end.
_MARKS = (('"', '"', '"”'), ("«", "»", "»"), ("'", "'", "'’"))

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def written(rule: Rule) -> str:
    """The rule as text; `commands.alert_text.parse_rule` reads the very same rule from it."""
    return " ".join([_condition(rule), *_options(rule)])


def typed(rule: Rule) -> str:
    """The whole command that would make the rule."""
    return f"{COMMAND} {written(rule)}"


def _condition(rule: Rule) -> str:
    match rule.condition:
        case Limit(side, value):
            limit = amount(_metric(rule), value)
            return f"{rule.metric} {_ABOVE_OR_BELOW.get(side, side)} {limit}"
        case Change(side, share):
            return f"{rule.metric} {_MORE_OR_LESS[side]}{percent(share)} vs usual"
        case Unusual(side):
            is_said = side is not bad_side(_metric(rule))
            return f"{rule.metric} unusual" + (f" {_HIGH_OR_LOW[side]}" if is_said else "")
        case Old(age):
            return f"data older than {span(age)}"
        case Burn(factor, target):
            return f"sla burns {number(factor)}x goal {percent(target)}"
        case Waiting(limit_):
            return f"ticket waiting > {span(limit_)} without reply"


def _options(rule: Rule) -> Iterator[str]:
    if rule.lasting:
        yield f"for {span(rule.lasting)}"
    yield from _windows(rule)
    if rule.by is not None:
        yield f"by {rule.by}"
    if rule.only is not None:
        # Data are of a desk; a number is that for a group.
        yield f"{'of' if isinstance(rule.condition, Old) else 'for'} {part(rule.only)}"
    if rule.clock is Clock.BUSINESS:
        yield "business"
    if rule.fewest != FEWEST:
        yield f"min {rule.fewest}"
    yield from _ending(rule)
    if rule.in_hours:
        yield "in office hours"
    if rule.no_data is not NoData.KEEP:
        yield f"no data {_WITHOUT_DATA[rule.no_data]}"


def _windows(rule: Rule) -> Iterator[str]:
    is_said = rule.over != usual_window(rule.condition, rule.of)
    match rule.condition:
        case Burn(fast=fast) if fast != usual_fast(rule.over):
            yield f"over {span(rule.over)} and {span(fast)}"
        case _ if is_said:
            yield f"over {span(rule.over)}"


def _ending(rule: Rule) -> Iterator[str]:
    """When it is over, and how often it is told again until then."""
    match rule.condition:
        case Limit(side, value, recover) if recover != recovery(_metric(rule), side, value):
            yield f"recover {amount(_metric(rule), recover)}"
    if rule.keep != KEEP:
        yield f"keep {span(rule.keep)}"
    if rule.every != EVERY:
        yield f"every {span(rule.every)}"


def _metric(rule: Rule) -> Metric:
    metric = rule.of
    if metric is None:
        raise TypeError("a rule about a number names its metric")
    return metric


# --- Values as they are typed --------------------------------------------------------------------


def amount(metric: Metric, value: float) -> str:
    """A value in the unit of a metric: 1h30m, 85%, 200."""
    match metric.unit:
        case Unit.SECONDS:
            return _seconds(value)
        case Unit.RATIO:
            return percent(value)
    return number(value)


def percent(share: float) -> str:
    """85%, 0.5%: exactly the share that it is read as."""
    return f"{_shown(Decimal(repr(float(share))) * 100)}%"


def span(duration: timedelta) -> str:
    """30m, 4h, 1h30m, 7d; an hour and a half is never 1.5h, and `m` are minutes."""
    return _seconds(duration.total_seconds())


def _seconds(value: float) -> str:
    """A duration to the thousandth of a second; hours up to two days, then days."""
    if value < 0:
        return f"-{_seconds(-value)}"
    whole = Decimal(repr(round(float(value), 3)))
    days = int(whole // _DAY) if whole >= 2 * _DAY or not whole % _DAY else 0
    whole -= days * _DAY
    hours, whole = int(whole // _HOUR), whole % _HOUR
    minutes, seconds = int(whole // _MINUTE), whole % _MINUTE
    parts = [(days, "d"), (hours, "h"), (minutes, "m")]
    told = "".join(f"{n}{unit}" for n, unit in parts if n)
    told += f"{_plain(seconds)}s" if seconds else ""
    return told or "0m"


def number(value: float) -> str:
    """6, 14.4, -20: exactly the number that it is read as."""
    return _shown(Decimal(repr(float(value))))


def _shown(exact: Decimal) -> str:
    """A number of which nobody takes the decimals for thousands: 1.500 would be refused."""
    text = _plain(exact)
    return f"{text}0" if re.fullmatch(r"-?[0-9]+\.[0-9]{3}", text) else text


def _plain(exact: Decimal) -> str:
    """Without an exponent, and without noughts at its end."""
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def part(of: Slice) -> str:
    """A part as it is typed: group Billing, channel "live chat"."""
    return f"{of.dimension} {name(of.value or '')}"


def name(of: str) -> str:
    """A name as it is typed: in quotation marks unless it is one word that means nothing else.

    A mark with which it would end is written twice.
    """
    if re.fullmatch(r"[^\W\d_]\w*", of) and of.casefold() not in KEYWORDS:
        return of
    for opens, closes, ends in _MARKS:
        if not any(mark in of for mark in ends):
            return f"{opens}{of}{closes}"
    return '"' + re.sub('(["”])', r"\1\1", of) + '"'


# --- Examples ------------------------------------------------------------------------------------


def sample(metric: Metric) -> Rule:
    """A rule that somebody may want for a metric, for examples."""
    side = Side.BELOW if metric.better is Better.HIGHER else Side.ABOVE
    value = _sample_value(metric)
    limit = Limit(side, value, recovery(metric, side, value))
    over = usual_window(limit, metric)
    return Rule(limit, metric=metric.key, over=over)


def _sample_value(metric: Metric) -> float:
    match metric.unit:
        case Unit.SECONDS:
            return 4.0 * (_MINUTE if _is_quick(metric) else _HOUR)
        case Unit.RATIO:
            return 0.85 if metric.better is Better.HIGHER else 0.1
        case Unit.SCORE:
            low, high = metric.bounds or (0.0, 100.0)
            return round(low + (high - low) * 0.6)
    return 5.0 if isinstance(metric.aggregate, Quotient) else 200.0


def _is_quick(metric: Metric) -> bool:
    """Whether it lasts minutes, not hours: a call, or the reading of an article."""
    quick = (Population.CALLS, Population.ARTICLES)
    return any(rows.population in quick for rows in metric.rows)


#: The examples of a command that nothing is known about yet.
EXAMPLES = (
    typed(sample(CATALOGUE["first_response_time"])),
    typed(sample(CATALOGUE["csat"])),
)
