"""A rule in words: its title, a sentence that a lead understands, and its values in their unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

from bot.alerts.judge import needs_sample
from bot.alerts.rule import (
    Burn,
    Change,
    Condition,
    Limit,
    NoData,
    Old,
    Rule,
    Side,
    Unusual,
    Waiting,
    is_whole,
    whole,
)
from bot.alerts.unsaid import is_snapshot
from bot.domain import Dimension, Slice
from bot.locale import Reader, isolated
from bot.metrics import Metric
from bot.slack import numbers
from bot.slack.blocks import plain

#: A link that is longer would take more of a message than it is worth.
LONGEST_LINK = 250

# --- Values --------------------------------------------------------------------------------------


def amount(rule: Rule, value: float | None, reader: Reader) -> str:
    """A value that the rule watches, in its unit: 4 h 12, 85%, 8×; a dash where there is none."""
    if value is None:
        return numbers.NOTHING
    match rule.condition:
        case Old() | Waiting():
            return reader.duration(value)
        case Burn():
            return times(value, reader)
    return numbers.value(reader, watched(rule), value)


def times(factor: float, reader: Reader) -> str:
    """8×, 2.5×: how many times as fast."""
    whole = factor >= 10 or factor.is_integer()
    return reader.text("{n}×", n=reader.number(factor, decimals=0 if whole else 1))


def limit(rule: Rule, reader: Reader) -> str:
    """The limit of a rule, in its unit: 4 h, 85%, 40%, 6×; a dash for what is merely unusual."""
    match rule.condition:
        case Limit(_, value, _):
            return amount(rule, value, reader)
        case Change(_, share):
            return _share(share, reader)
        case Old(span) | Waiting(span):
            return _span(span, reader)
        case Burn(factor):
            return times(factor, reader)
    return numbers.NOTHING


def watched(rule: Rule) -> Metric:
    """The metric of a rule that has one. Raises `TypeError` for one that watches something else."""
    if rule.of is None:
        raise TypeError(f"a rule about {type(rule.condition).__name__} has no metric")
    return rule.of


def part(rule: Rule, name: str | None, reader: Reader) -> str | None:
    """The part of the tickets that is meant, as markup; `None` where it is all of them."""
    if isinstance(rule.condition, Waiting) and name is not None:
        return ticket(name, reader)
    found = slice_of(rule, name)
    return None if found is None else named(found, reader)


def named(of: Slice, reader: Reader) -> str:
    """The name of a part of the tickets, as markup in which nothing else is."""
    return _still(numbers.part(reader, of))


def _still(markup: str) -> str:
    """The same without bold, italics and the like, which have no escape: a sign that looks like it."""
    return _DRAWN.sub(lambda found: _LIKE[found[0]], markup)


#: What Slack draws, and instead of it. Within a word an underscore is one.
_DRAWN = re.compile(r"[*~`]|(?<!\w)_|_(?!\w)")
_LIKE = {"*": "∗", "~": "∼", "`": "ˋ", "_": "ˍ"}


def ticket(name: str | None, reader: Reader, url: str | None = None) -> str:
    """A ticket of the part "<desk>:<id>", as markup, as a link where it has a fit address."""
    desk, _, number = (name or "").partition(":")
    told = f"#{_still(plain(isolated(number)))}"
    shown = f"<{plain(url)}|{told}>" if url and len(url) <= LONGEST_LINK else told
    return reader.text("{ticket}, {desk}", ticket=shown, desk=_still(plain(isolated(desk))))


def slice_of(rule: Rule, name: str | None) -> Slice | None:
    """The part of the tickets that `name` means to a rule."""
    if isinstance(rule.condition, Old):
        return None if name is None else Slice(Dimension.DESK, name)
    if rule.by is not None:
        return Slice(rule.by, name)
    return rule.only


def code(text: str) -> str:
    """A rule as it is typed, as markup in which nothing else is."""
    return f"`{plain(text).replace('`', 'ˋ')}`"


def _span(span: timedelta, reader: Reader) -> str:
    return reader.duration(span.total_seconds())


def _share(share: float, reader: Reader) -> str:
    decimals = 0 if round(share * 100, 6).is_integer() else 1
    return reader.percent(share, decimals=decimals)


# --- The title -----------------------------------------------------------------------------------


def title(rule: Rule, reader: Reader) -> str:
    """What a rule is about, as a heading in markup: First response time · Email above 4 h."""
    told = reader.text(_TITLES[_kind(rule.condition)], **_places(rule, reader))
    if rule.only is None or _names_part(rule):
        return told
    return reader.text("{what} · {part}", what=told, part=named(rule.only, reader))


def _names_part(rule: Rule) -> bool:
    """Whether the name of what it watches tells the part of the tickets already."""
    return isinstance(rule.condition, Limit | Change | Unusual)


#: What tells one sort of condition from another: what it is, and on which side.
_Kind = tuple[type[Condition], Side | None]


def _kind(condition: Condition) -> _Kind:
    return type(condition), getattr(condition, "side", None)


_TITLES: Mapping[_Kind, str] = {
    (Limit, Side.ABOVE): "{what} above {limit}",
    (Limit, Side.BELOW): "{what} below {limit}",
    (Change, Side.ABOVE): "{what} {limit} above usual",
    (Change, Side.BELOW): "{what} {limit} below usual",
    (Change, Side.EITHER): "{what} {limit} away from usual",
    (Unusual, Side.ABOVE): "{what} unusually high",
    (Unusual, Side.BELOW): "{what} unusually low",
    (Unusual, Side.EITHER): "{what} unusual",
    (Old, None): "Help desk data older than {limit}",
    (Burn, None): "SLA budget burning {limit} as fast as {target} allows",
    (Waiting, None): "Tickets that wait longer than {limit} for a first reply",
}


def _places(rule: Rule, reader: Reader) -> dict[str, str]:
    found = {"what": _what(rule, reader), "limit": limit(rule, reader)}
    if isinstance(rule.condition, Burn):
        found["target"] = _share(rule.condition.target, reader)
    return found


def _what(rule: Rule, reader: Reader) -> str:
    """The name of what is watched, of its part of the tickets, as markup."""
    if rule.of is None:
        return ""
    return _still(plain(numbers.about(reader, rule.of, rule.only, rule.clock)))


# --- The sentence --------------------------------------------------------------------------------


def sentence(rule: Rule, reader: Reader) -> str:
    """All that a rule does, in sentences that a lead understands, as markup."""
    return " ".join(_sentences(rule, reader))


def _sentences(rule: Rule, reader: Reader) -> Iterator[str]:
    yield _fires(rule, reader)
    yield from _looks(rule, reader)
    yield from _parts(rule, reader)
    yield from _over(rule, reader)
    yield from _told(rule, reader)
    if rule.no_data is not NoData.KEEP:
        yield reader.text(_NO_DATA[rule.no_data])


def _fires(rule: Rule, reader: Reader) -> str:
    once, lasting = _FIRES[_kind(rule.condition)]
    message = lasting if rule.lasting else once
    return reader.text(message, **_places(rule, reader), span=_span(rule.lasting, reader))


#: When it fires: at once, and where that has to last for a while.
_FIRES: Mapping[_Kind, tuple[str, str]] = {
    (Limit, Side.ABOVE): (
        "Fires when *{what}* is above {limit}.",
        "Fires when *{what}* is above {limit} for {span}.",
    ),
    (Limit, Side.BELOW): (
        "Fires when *{what}* is below {limit}.",
        "Fires when *{what}* is below {limit} for {span}.",
    ),
    (Change, Side.ABOVE): (
        "Fires when *{what}* is more than {limit} above what is usual then.",
        "Fires when *{what}* is more than {limit} above what is usual then for {span}.",
    ),
    (Change, Side.BELOW): (
        "Fires when *{what}* is more than {limit} below what is usual then.",
        "Fires when *{what}* is more than {limit} below what is usual then for {span}.",
    ),
    (Change, Side.EITHER): (
        "Fires when *{what}* is more than {limit} above or below what is usual then.",
        "Fires when *{what}* is more than {limit} above or below what is usual then for {span}.",
    ),
    (Unusual, Side.ABOVE): (
        "Fires when *{what}* is above its usual range.",
        "Fires when *{what}* is above its usual range for {span}.",
    ),
    (Unusual, Side.BELOW): (
        "Fires when *{what}* is below its usual range.",
        "Fires when *{what}* is below its usual range for {span}.",
    ),
    (Unusual, Side.EITHER): (
        "Fires when *{what}* is outside of its usual range.",
        "Fires when *{what}* is outside of its usual range for {span}.",
    ),
    (Old, None): (
        "Fires when a help desk was read last more than {limit} ago.",
        "Fires when a help desk was read last more than {limit} ago for {span}.",
    ),
    (Burn, None): (
        "Fires when the *SLA budget* burns {limit} as fast as {target} allows.",
        "Fires when the *SLA budget* burns {limit} as fast as {target} allows for {span}.",
    ),
    (Waiting, None): (
        "Tells each ticket that waits longer than {limit} for a first reply, once.",
        "Tells each ticket that waits longer than {limit} for a first reply for {span}, once.",
    ),
}


def _looks(rule: Rule, reader: Reader) -> Iterator[str]:
    """By which stretch of time it is judged, how often, and from how much on."""
    every = _span(rule.tick, reader)
    if isinstance(rule.condition, Burn):
        over, fast = _span(rule.over, reader), _span(rule.condition.fast, reader)
        yield reader.text(
            "So in the last {over} and in the last {fast} as well, looked at every {every}.",
            over=over,
            fast=fast,
            every=every,
        )
    elif rule.is_of_surveys:
        yield reader.text(
            "Judged by the survey that closed last, for 13 months at most, every {every}.",
            every=every,
        )
    elif rule.of is None or is_snapshot(rule.of):
        yield reader.text("Looked at every {every}.", every=every)
    else:
        over = _span(rule.over, reader)
        yield reader.text("Judged by the last {over}, every {every}.", over=over, every=every)
    if rule.of is not None and rule.of.settled:
        yield reader.plural(
            "What counts here is known {n} day later, so that it looks so far back.",
            "What counts here is known {n} days later, so that it looks so far back.",
            rule.of.settled,
        )
    if needs_sample(rule) and rule.fewest > 1:
        yield reader.text("Fewer than {n} are too few to say.", n=reader.number(rule.fewest))


def _parts(rule: Rule, reader: Reader) -> Iterator[str]:
    if rule.by is not None:
        yield reader.text(_EACH[rule.by])
    elif rule.only is not None and not _names_part(rule):
        yield reader.text("Only of {part}.", part=named(rule.only, reader))


_EACH = {
    Dimension.DESK: "Each help desk by itself, all in one message.",
    Dimension.CHANNEL: "Each channel by itself, all in one message.",
    Dimension.GROUP: "Each group by itself, all in one message.",
    Dimension.PRIORITY: "Each priority by itself, all in one message.",
    Dimension.AGENT: "Each agent by itself, all in one message.",
}


def _over(rule: Rule, reader: Reader) -> Iterator[str]:
    """When it is over."""
    keep = _span(rule.keep, reader)
    match rule.condition:
        case Limit(side, _, recover):
            # 2.7 tickets there are none: below that are 2.
            is_counted = rule.of is not None and is_whole(rule.of)
            told = amount(rule, whole(side, recover) if is_counted else recover, reader)
            below = "Over once it has been at most {value} for {span}."
            above = "Over once it has been at least {value} for {span}."
            message = above if side is Side.BELOW else below
            yield reader.text(message, value=told, span=keep)
        case Waiting():
            yield reader.text("Over once they have a reply.")
        case _:
            yield reader.text("Over once it has been back inside for {span}.", span=keep)


def _told(rule: Rule, reader: Reader) -> Iterator[str]:
    """How often people are called, and when they are not."""
    if rule.is_of_surveys:
        yield reader.text("Told once: nothing changes until the next survey closes.")
    elif not isinstance(rule.condition, Waiting):
        every = _span(rule.every, reader)
        yield reader.text("Told again every {every} until somebody takes it on.", every=every)
    if rule.in_hours:
        yield reader.text(
            "Told only in office hours; what happens outside of them, when they begin."
        )


_NO_DATA = {
    NoData.ALERT: "Missing data count as bad.",
    NoData.OK: "Missing data count as fine.",
}
