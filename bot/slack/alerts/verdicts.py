"""What a rehearsal says of a rule in sentences: how often it would have fired, what speaks against it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.alerts.hindsight import Finding, History
from bot.alerts.milder import READ_A_DAY, a_day, days, days_read, told
from bot.alerts.rehearsal import Rehearsal
from bot.alerts.rule import NoData, Waiting
from bot.locale import Reader
from bot.metrics.usual import FEWEST
from bot.slack.alerts.costs import rate
from bot.slack.alerts.rules import amount

#: In so large a share of the moments data may be missing unsaid.
FEW_GAPS = 0.05

#: So many seconds has a day.
_DAY = 86_400


def how_often(found: Rehearsal, reader: Reader, *, asks: bool = False, lists: bool = False) -> str:
    """How often the rule would have fired, or how many tickets it would have told.

    `asks` is whether it is to be switched on, `lists` whether the firings follow.
    """
    if not round(days(found)):
        return reader.text("There is no history to try this on yet.")
    last, n = _last(found, reader), len(found.firings)
    if not n:
        return _never(found, last, reader)
    if isinstance(found.rule.condition, Waiting):
        return _tickets(found, last, reader, asks=asks)
    if asks:
        return reader.plural(
            "On the last {days} this would have fired {n} time, here it is. Switch it on?",
            "On the last {days} this would have fired {n} times, here they are. Switch it on?",
            n,
            days=last,
        )
    if lists:
        return reader.plural(
            "On the last {days} this would have fired {n} time:",
            "On the last {days} this would have fired {n} times:",
            n,
            days=last,
        )
    return reader.plural(
        "On the last {days} this would have fired {n} time.",
        "On the last {days} this would have fired {n} times.",
        n,
        days=last,
    )


def _never(found: Rehearsal, last: str, reader: Reader) -> str:
    if not days_read(found):
        return reader.text("There were no data in these days to try this on.")
    return reader.text("On the last {days} this would never have fired.", days=last)


def _last(found: Rehearsal, reader: Reader) -> str:
    """How long it was tried: 90 days, or, where data are missing, 63 d with data.

    A rule that takes missing data for bad looks at those days as well.
    """
    if found.lacking <= FEW_GAPS or found.rule.no_data is NoData.ALERT:
        return reader.plural("{n} day", "{n} days", round(days(found)))
    return reader.text("{span} with data", span=reader.duration(days_read(found) * _DAY))


def _tickets(found: Rehearsal, last: str, reader: Reader, *, asks: bool) -> str:
    n = len(found.firings)
    places = {
        "days": last,
        "rate": tickets_a_day(a_day(found), reader),
        "messages": reader.plural("{n} message", "{n} messages", n),
    }
    if asks:
        return reader.plural(
            "On the last {days} this would have told {n} ticket, {rate}, in {messages}. "
            "Switch it on?",
            "On the last {days} this would have told {n} tickets, {rate}, in {messages}. "
            "Switch it on?",
            told(found),
            **places,
        )
    return reader.plural(
        "On the last {days} this would have told {n} ticket, {rate}, in {messages}.",
        "On the last {days} this would have told {n} tickets, {rate}, in {messages}.",
        told(found),
        **places,
    )


def tickets_a_day(per_day: float, reader: Reader) -> str:
    """About 41 a day; of what is rare, a week."""
    if per_day * 7 < 1:
        return reader.text("less than one a week")
    if per_day < 1:
        return reader.text("about {n} a week", n=rate(per_day * 7, reader))
    if per_day >= READ_A_DAY:
        return reader.text("about {n} a day", n=reader.number(per_day))
    return reader.text("about {n} a day", n=rate(per_day, reader))


def against(found: Rehearsal, finding: Finding | None, reader: Reader) -> Iterator[str]:
    """What speaks against the rule: that it saw little, never fired, or hardly was silent."""
    if found.lacking > FEW_GAPS and days_read(found):
        yield reader.plural(
            "⚠️ Of {n} day about {span} had no data in time.",
            "⚠️ Of {n} days about {span} had no data in time.",
            round(days(found)),
            span=reader.duration(days(found) * found.lacking * _DAY),
        )
    if finding is not None and finding.says in _FOUND:
        furthest = finding.furthest.value if finding.furthest else None
        is_untold = found.rule.is_of_surveys and finding.says in (History.UNREAD, History.NOTHING)
        yield reader.text(
            _NO_SURVEY if is_untold else _FOUND[finding.says],
            value=amount(found.rule, furthest, reader),
            span=reader.duration(finding.longest.total_seconds()),
            lasting=reader.duration(found.rule.lasting.total_seconds()),
            share=reader.percent(finding.share_out),
            most=reader.number(finding.most),
            fewest=reader.number(found.rule.fewest),
            weeks=reader.number(FEWEST),
        )
    if isinstance(found.rule.condition, Waiting) and a_day(found) > READ_A_DAY:
        yield reader.text(
            "⚠️ Nobody reads more than {most} a day one by one.", most=reader.number(READ_A_DAY)
        )


_NO_SURVEY = "No survey told this number in these days; once one closes, the rule looks at it."

_FOUND = {
    History.UNREAD: "⚠️ No data were there in time in these days, so that nothing can be said.",
    History.NOTHING: "⚠️ There was no such number in these days.",
    History.FEW: "⚠️ There were never {fewest} at once, {most} at most: with `min {most}` it would "
    "look at so few as well.",
    History.NEW: "⚠️ What is usual takes {weeks} weeks of history: until then the rule says nothing, "
    "so that its silence means nothing.",
    History.NEVER: "It never came out of its limit; nearest to it was {value}.",
    History.SHORT: "It was out of its limit, but never for {lasting}; {span} at the longest.",
    History.ALWAYS: "⚠️ It was out of its limit {share} of the time. Nobody looks at an alert that "
    "is always there.",
    History.OFTEN: "⚠️ It was out of its limit {share} of the time. What stands so often is soon "
    "overlooked.",
}
