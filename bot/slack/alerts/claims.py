"""The first line of an alert: what is wrong, or that it is over, in one line with one sign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from bot.alerts.judge import Observation
from bot.alerts.life import Part
from bot.alerts.rule import Burn, Change, Condition, Limit, Old, Rule, Waiting
from bot.domain import Dimension
from bot.locale import Reader
from bot.slack import numbers
from bot.slack.alerts.rules import amount, limit, part, slice_of, ticket, times, title, watched
from bot.slack.alerts.shown import Ended, How, Shown, State
from bot.slack.blocks import plain

SIGNS: Mapping[State, str] = {
    State.FIRING: "🔴",
    State.ACKNOWLEDGED: "🟠",
    State.SNOOZED: "💤",
    State.RECOVERING: "⏳",
    State.NO_DATA: "⚪",
    State.OVER: "✅",
    State.LAPSED: "⚪",
    State.STOPPED: "⏹️",
}


def first_line(shown: Shown, reader: Reader) -> str:
    """All that a notification has to say, as markup."""
    return f"{SIGNS[shown.state]} {_claim(shown, reader)}"


def _claim(shown: Shown, reader: Reader) -> str:
    if shown.ended is not None:
        return _with_only_part(_over(shown, shown.ended, reader), shown, reader)
    there = shown.breaching or shown.firing
    if isinstance(shown.rule.condition, Waiting) and len(there) != 1:
        return _waiting(shown, len(there), reader)
    if len(there) == 1:
        name, one = there[0]
        return _of_one(shown, name, one, reader)
    return _of_many(shown, reader) if there else f"*{title(shown.rule, reader)}*"


def _with_only_part(told: str, shown: Shown, reader: Reader) -> str:
    """With the part of the tickets, where it was one only."""
    names = {one.name for one in shown.past} or {None}
    if len(names) > 1 or isinstance(shown.rule.condition, Old | Waiting):
        return told
    return _with_part(told, shown.rule, names.pop(), reader)


def _with_part(told: str, rule: Rule, name: str | None, reader: Reader) -> str:
    where = part(rule, name, reader)
    return told if where is None else reader.text("{what} · {part}", what=told, part=where)


# --- One part of the tickets, or all of them -----------------------------------------------------


def _of_one(shown: Shown, name: str | None, one: Part, reader: Reader) -> str:
    told = said(shown.rule, name, one.last, reader, url=shown.link(name or ""))
    if isinstance(shown.rule.condition, Old | Waiting):
        return told
    return _for_so_long(told, shown, [one], reader)


def _for_so_long(told: str, shown: Shown, there: Iterable[Part], reader: Reader) -> str:
    """With how long the first of them is bad."""
    fired = min(one.fired_at or shown.at for one in there)
    lasting = shown.at - fired + shown.rule.lasting
    if not lasting or shown.state is State.RECOVERING:
        return told
    return reader.text("{what} · for {span}", what=told, span=_span(lasting, reader))


def said(
    rule: Rule, name: str | None, seen: Observation, reader: Reader, *, url: str | None = None
) -> str:
    """A number beside its limit, as markup: *First response time 4 h 12* (limit 4 h) · Email.

    `url` is where a ticket can be opened.
    """
    if seen.value is None:
        if rule.of is None:
            return f"*{title(rule, reader)}*"
        return reader.text("*No data for {what}*", what=name_of(rule, reader))
    match rule.condition:
        case Old():
            return _read_last(rule, name, seen.value, reader)
        case Waiting():
            return _waits(rule, ticket(name, reader, url), seen.value, reader)
    return _with_part(_number(rule, seen, seen.value, reader), rule, name, reader)


def _number(rule: Rule, seen: Observation, value: float, reader: Reader) -> str:
    condition = rule.condition
    if isinstance(condition, Burn):
        return _burns(rule, seen, condition, reader)
    if isinstance(condition, Change):
        return _changed(rule, seen, value, reader)
    told = {"what": name_of(rule, reader), "value": amount(rule, value, reader)}
    if isinstance(condition, Limit):
        told["value"] = _against(rule, condition.value, value, reader)
        return reader.text("*{what} {value}* (limit {limit})", **told, limit=limit(rule, reader))
    usual = numbers.range_of(reader, watched(rule), seen.usual)
    return reader.text("*{what} {value}* (usual {range})", **told, range=usual)


def name_of(rule: Rule, reader: Reader) -> str:
    """The name of the number that a rule watches, as markup, without the part of the tickets."""
    return plain(numbers.about(reader, watched(rule), None, rule.clock))


def _against(rule: Rule, most: float, value: float, reader: Reader) -> str:
    """The value; in words where it would look like its limit."""
    told = amount(rule, value, reader)
    if value == most or told != amount(rule, most, reader):
        return told
    message = "just above {limit}" if value > most else "just below {limit}"
    return reader.text(message, limit=told)


def _changed(rule: Rule, seen: Observation, value: float, reader: Reader) -> str:
    told = {"what": name_of(rule, reader), "value": amount(rule, value, reader)}
    if seen.usual is None:
        return reader.text("*{what} {value}*", **told)
    centre = seen.usual.centre
    told["usual"] = amount(rule, centre, reader)
    if not centre:
        return reader.text("*{what} {value}* (usual {usual})", **told)
    away = reader.percent(abs(value - centre) / abs(centre))
    if value >= centre:
        return reader.text("*{what} {value}*, {share} above the usual {usual}", **told, share=away)
    return reader.text("*{what} {value}*, {share} below the usual {usual}", **told, share=away)


def _burns(rule: Rule, seen: Observation, burn: Burn, reader: Reader) -> str:
    return reader.text(
        "*The SLA budget burns {times} as fast* as {target} allows ({over}), "
        "{fast} in the last {span}",
        times=amount(rule, seen.value, reader),
        target=numbers.value(reader, watched(rule), burn.target),
        over=_span(rule.over, reader),
        fast=numbers.NOTHING if seen.fast is None else times(seen.fast, reader),
        span=_span(burn.fast, reader),
    )


def _read_last(rule: Rule, name: str | None, age: float, reader: Reader) -> str:
    told = {"age": amount(rule, age, reader), "limit": limit(rule, reader)}
    if name is None:
        return reader.text("*A help desk was read last {age} ago* (limit {limit})", **told)
    desk = part(rule, name, reader)
    return reader.text("*{desk} was read last {age} ago* (limit {limit})", **told, desk=desk)


def _waits(rule: Rule, named: str, age: float, reader: Reader) -> str:
    return reader.text(
        "*{ticket}, waits {age} for a first reply* (limit {limit})",
        ticket=named,
        age=reader.duration(age),
        limit=limit(rule, reader),
    )


# --- Several parts -------------------------------------------------------------------------------


def _of_many(shown: Shown, reader: Reader) -> str:
    there = shown.breaching or shown.firing
    name, worst = there[0]
    found = slice_of(shown.rule, name)
    dimension = found.dimension if found else Dimension.DESK
    told = reader.text(
        "*{rule}* in {parts}, worst {part}: {value}",
        rule=title(shown.rule, reader),
        parts=so_many(dimension, len(there), reader),
        part=part(shown.rule, name, reader) or reader.text("All"),
        value=amount(shown.rule, worst.last.value, reader),
    )
    return _for_so_long(told, shown, [one for _, one in there], reader)


def so_many(dimension: Dimension, n: int, reader: Reader) -> str:
    """3 groups."""
    match dimension:
        case Dimension.DESK:
            return reader.plural("{n} help desk", "{n} help desks", n)
        case Dimension.CHANNEL:
            return reader.plural("{n} channel", "{n} channels", n)
        case Dimension.GROUP:
            return reader.plural("{n} group", "{n} groups", n)
        case Dimension.PRIORITY:
            return reader.plural("{n} priority", "{n} priorities", n)
        case Dimension.AGENT:
            return reader.plural("{n} agent", "{n} agents", n)


def _waiting(shown: Shown, n: int, reader: Reader) -> str:
    return reader.plural(
        "*{n} ticket waits longer than {limit}* for a first reply",
        "*{n} tickets wait longer than {limit}* for a first reply",
        n,
        limit=limit(shown.rule, reader),
    )


# --- When it is over -----------------------------------------------------------------------------


def _over(shown: Shown, ended: Ended, reader: Reader) -> str:
    places = {
        "span": _span(ended.at - shown.began, reader),
        "worst": amount(shown.rule, ended.worst, reader),
    }
    if ended.how is not How.RECOVERED:
        return _closed(shown.rule, ended, places, reader)
    plainly, with_worst = _message(shown, ended)
    message = plainly if ended.worst is None else with_worst
    return reader.text(message, **places, **_back(shown, ended, reader))


def _closed(rule: Rule, ended: Ended, places: Mapping[str, str], reader: Reader) -> str:
    """That nobody knows whether it is fine: too few are left, or somebody stopped it."""
    places = {**places, "rule": title(rule, reader)}
    if ended.how is How.LAPSED:
        if ended.worst is None:
            return reader.text("*{rule}*: too few left to tell, closed after {span}", **places)
        return reader.text(
            "*{rule}*: too few left to tell, closed after {span} (worst {worst})", **places
        )
    if ended.by is None:
        return reader.text("*{rule}*: stopped after {span}", **places)
    return reader.text("*{rule}*: stopped by {user} after {span}", **places, user=f"<@{ended.by}>")


def _message(shown: Shown, ended: Ended) -> tuple[str, str]:
    """What is said of what is over, without and with the value furthest out."""
    found = _OVER.get(type(shown.rule.condition))
    if found is not None:
        is_named = isinstance(shown.rule.condition, Old) and len(shown.past) == 1
        return _OVER_DESK if is_named and shown.past[0].name else found
    several = shown.rule.by is not None and len({one.name for one in shown.past}) > 1
    return _OVER_SEVERAL if several else _OVER_UNSEEN if ended.last is None else _OVER_ONE


_OVER: Mapping[type[Condition], tuple[str, str]] = {
    Old: (
        "*Help desks are read again* after {span}",
        "*Help desks are read again* after {span} (oldest {worst})",
    ),
    Burn: (
        "*The SLA budget no longer burns too fast*, after {span}",
        "*The SLA budget no longer burns too fast*, after {span} (worst {worst})",
    ),
    Waiting: (
        "*No ticket waits longer than {limit} any more*, after {span}",
        "*No ticket waits longer than {limit} any more*, after {span} (longest {worst})",
    ),
}
_OVER_DESK = (
    "*{desk} is read again* after {span}",
    "*{desk} is read again* after {span} (oldest {worst})",
)
_OVER_ONE = (
    "*{what} back at {value}* after {span}",
    "*{what} back at {value}* after {span} (worst {worst})",
)
_OVER_UNSEEN = (
    "*{what}*: over after {span}, without new data",
    "*{what}*: over after {span}, without new data (worst {worst})",
)
_OVER_SEVERAL = (
    "*{what} back inside* in {parts} after {span}",
    "*{what} back inside* in {parts} after {span} (worst {worst})",
)


def _back(shown: Shown, ended: Ended, reader: Reader) -> dict[str, str]:
    rule = shown.rule
    found = {"limit": limit(rule, reader), "value": amount(rule, ended.last, reader)}
    if shown.past and isinstance(rule.condition, Old):
        found["desk"] = part(rule, shown.past[0].name, reader) or ""
    if rule.of is not None:
        found["what"] = name_of(rule, reader)
    if rule.by is not None:
        found["parts"] = so_many(rule.by, len({one.name for one in shown.past}), reader)
    return found


def _span(span: timedelta, reader: Reader) -> str:
    return reader.duration(span.total_seconds())
