"""What rules cost: false alarms a week, beside how many a channel puts up with."""

from __future__ import annotations

from dataclasses import dataclass

from bot.alerts.budget import Basis, Cost, TooLittle
from bot.locale import Reader


@dataclass(frozen=True, slots=True)
class Budget:
    """False alarms a week: how many the channel puts up with, and how many its rules will cost."""

    allowed: float
    expected: float | None = None

    @property
    def is_spent(self) -> bool:
        return self.expected is not None and self.expected > self.allowed


def spent(budget: Budget, reader: Reader) -> str:
    """About 0.4 of 1 false alarm a week: what the rules of a channel will cost."""
    allowed = rate(budget.allowed, reader)
    if budget.expected is None:
        return reader.text("false alarms: {allowed} a week allowed", allowed=allowed)
    told = {"expected": rate(budget.expected, reader), "allowed": allowed}
    if budget.is_spent:
        return reader.text(
            "⚠️ false alarms: about {expected} a week, more than the {allowed} allowed",
            **told,
        )
    return reader.text("false alarms: about {expected} of {allowed} allowed a week", **told)


def rate(per_week: float, reader: Reader) -> str:
    """0.4, 1, 2.5: how many a week; what is only rare is never told as 0."""
    if 0 < per_week < 0.095:
        return reader.number(max(per_week, 0.01), decimals=2)
    whole = round(per_week, 1).is_integer()
    return reader.number(per_week, decimals=0 if whole else 1)


def costs(cost: Cost | TooLittle, budget: Budget | None, reader: Reader) -> str:
    """What a rule will cost, in sentences, and whether the channel can afford it."""
    match cost:
        case TooLittle(weeks, needed):
            return reader.text(
                "How many false alarms it costs can be said after {needed} weeks; there are {weeks}.",
                needed=reader.number(needed),
                weeks=reader.number(int(weeks)),
            )
        case Cost(basis=Basis.NEVER):
            return reader.text("A ticket that waits is no false alarm: it costs none.")
    told = _expected(cost, reader)
    if budget is None or budget.expected is None:
        return told
    return f"{told} {_together(budget, reader)}"


def _expected(cost: Cost, reader: Reader) -> str:
    places = {
        "n": rate(cost.per_week, reader),
        "low": reader.number(cost.low, decimals=1),
        "high": reader.number(cost.high, decimals=1),
    }
    if cost.basis is Basis.HISTORY:
        return reader.text(
            "So far it would have fired {n} times a week ({low} – {high}).", **places
        )
    return reader.text("It would cost about {n} false alarms a week ({low} – {high}).", **places)


def _together(budget: Budget, reader: Reader) -> str:
    told = {
        "expected": rate(budget.expected or 0.0, reader),
        "allowed": rate(budget.allowed, reader),
    }
    if budget.is_spent:
        return reader.text(
            "⚠️ All rules of this channel together: {expected}, more than the {allowed} allowed.",
            **told,
        )
    return reader.text(
        "All rules of this channel together: {expected} of {allowed} allowed.", **told
    )
