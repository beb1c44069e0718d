"""What makes no sense about a rule, and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.alerts.rule import Rule
from bot.alerts.wording import typed
from bot.errors import UsageError

#: The hint that shows what to type; `example` is the same rule, mended.
FOR_EXAMPLE = "For example: {example}"


@dataclass(frozen=True, slots=True)
class Problem:
    """What makes no sense about a part of a rule, and the rule as it would make sense.

    `about` is the field of the rule, or "recover", "fast" or "goal", which are of its condition.
    Message and hint are msgids, which `values` fill.
    """

    about: str
    message: str
    hint: str
    mended: Rule
    values: Mapping[str, str]

    @property
    def error(self) -> UsageError:
        """As it is told, with the mended rule as the example."""
        example = f"`{typed(self.mended)}`"
        return UsageError(self.message, self.hint, example=example, **self.values)


def found(about: str, message: str, hint: str, mended: Rule, **values: str) -> Problem:
    """A problem; `mended` is the rule as it would make sense."""
    return Problem(about, message, hint, mended, values)
