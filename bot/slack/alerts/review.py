"""How the monthly review of a channel looks: what each rule earned, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from slackblocks import Block

from bot.alerts.earnings import Earnings, Review
from bot.alerts.wording import written
from bot.locale import Reader
from bot.message import Message
from bot.slack.alerts.costs import Budget, rate, spent
from bot.slack.alerts.listing import REMOVE
from bot.slack.alerts.rehearsal import Wanted
from bot.slack.alerts.rules import code, title
from bot.slack.blocks import LONGEST_TEXT, actions, blocks_of, button, context, header, section

#: Hands back a `Wanted`: the rule by its number, and the text that it should get.
LOOSEN = "alert_loosen"

#: The most rules that are told one by one.
MOST = 8


def reviewed(
    reviews: Sequence[Review],
    first: date,
    last: date,
    channel: str,
    reader: Reader,
    *,
    budget: Budget | None = None,
) -> Message:
    """The alerts of a channel from a day to another, both included, those worth least first."""
    ranked = sorted(reviews, key=lambda one: (one.earned.worth, -one.earned.fired, one.number))
    heading = reader.text("Alerts · {days}", days=reader.days(first, last))
    told = _told(ranked, reader)
    more = len(ranked) - MOST
    return Message(
        text=f"{heading}\n{told}"[:LONGEST_TEXT],
        blocks=blocks_of(
            header(heading, "review-title"),
            section(told, "review-told"),
            *(block for one in ranked[:MOST] for block in _rule(one, channel, reader)),
            context(_others(more, reader), "review-more") if more > 0 else None,
            context(spent(budget, reader), "review-budget") if budget else None,
        ),
    )


def _told(reviews: Sequence[Review], reader: Reader) -> str:
    fired = sum(one.earned.fired for one in reviews)
    if not fired:
        return reader.text("No alert fired. The rules are on: `/alert`")
    doubtful = sum(one.earned.disturbs for one in reviews)
    taken = sum(one.earned.acknowledged for one in reviews)
    told = reader.plural(
        "{n} alert, {taken} taken on by somebody.",
        "{n} alerts, {taken} of them taken on by somebody.",
        fired,
        taken=reader.number(taken),
    )
    if not doubtful:
        return told
    asks = reader.plural(
        "{n} rule rather disturbed than helped: loosen it, or remove it?",
        "{n} rules rather disturbed than helped: loosen them, or remove them?",
        doubtful,
    )
    return f"{told} {asks}"


def _others(more: int, reader: Reader) -> str:
    return reader.plural(
        "and {n} more rule that did better", "and {n} more rules that did better", more
    )


def _rule(one: Review, channel: str, reader: Reader) -> list[Block]:
    value = str(one.number)
    lines = [f"*{title(one.rule, reader)}*", " · ".join(_facts(one, reader))]
    buttons = []
    if one.looser is not None:
        text = written(one.looser)
        lines.append(_looser(text, one.cost, reader))
        wanted = Wanted(channel, text, one.number, was=one.text).to_text()
        buttons.append(button(reader.text("Loosen"), LOOSEN, wanted))
    if one.earned.disturbs or not (one.earned.fired or one.is_young):
        buttons.append(button(reader.text("Remove"), REMOVE, value))
    foot = reader.text("{text} · rule {number}", text=code(one.text), number=value)
    about = section("\n".join([*lines, foot])[:3_000], f"review-{value}")
    return [about, *([actions(f"review-{value}-actions", *buttons)] if buttons else [])]


def _looser(text: str, cost: float | None, reader: Reader) -> str:
    if cost is None:
        return reader.text("Looser: {rule}.", rule=code(text))
    return reader.text(
        "Looser: {rule}, about {n} false alarms a week.", rule=code(text), n=rate(cost, reader)
    )


def _facts(review: Review, reader: Reader) -> Iterator[str]:
    one = review.earned
    if not one.fired:
        yield _silence(review, reader)
        return
    yield reader.plural("fired {n} time", "fired {n} times", one.fired)
    if one.acknowledged:
        yield _acknowledged(one, reader)
    if one.ignored:
        yield reader.plural("{n} ignored", "{n} ignored", one.ignored)
    if one.useful:
        yield reader.text("👍 {n}", n=reader.number(one.useful))
    if one.useless:
        yield reader.text("👎 {n}", n=reader.number(one.useless))


def _silence(review: Review, reader: Reader) -> str:
    """That it never fired, which says nothing of a rule that is new."""
    if review.age is None or not review.is_young:
        return reader.text("never fired")
    if review.age < timedelta(days=1):
        return reader.text("not fired yet, on since today")
    return reader.plural(
        "not fired yet, on for {n} day", "not fired yet, on for {n} days", review.age.days
    )


def _acknowledged(one: Earnings, reader: Reader) -> str:
    if one.median is None:
        return reader.plural("{n} taken on", "{n} taken on", one.acknowledged)
    span = reader.duration(one.median.total_seconds())
    return reader.plural(
        "{n} taken on after {span}",
        "{n} taken on, typically after {span}",
        one.acknowledged,
        span=span,
    )
