"""Reads how often a survey opens: `every 2 weeks on tue 10:00`, `weekly`, `every other friday at 9`."""

from __future__ import annotations

import re
from datetime import time

from bot.errors import UsageError
from bot.surveys.survey import Cadence, Every, Kind
from bot.surveys.wording import WEEKDAYS
from commands.alert_words import Typed
from commands.survey_phrases import EVERY_EXAMPLES, NUMBERS, PAUSES, TOO_OFTEN, UNITS
from commands.survey_times import read_time
from commands.times import parse_time, weekdays_in
from commands.words import FOR_EXAMPLE, examples, mistake

#: Not more weeks, months or quarters from one survey to the next.
MOST_PAUSES = 52

#: A day of a month: `15`, `15th`, `last day`.
_ORDINAL = re.compile(r"[0-9]{1,2}(?:st|nd|rd|th|\.)?|last|end|day|month")

#: When a survey opens of which is only said how often: in the middle of the week, at a good hour.
USUAL_DAY, USUAL_TIME = 1, time(10)


class Rhythm:
    """What has been said of it so far. Everything raises `UsageError` for what makes no sense."""

    def __init__(self, kind: Kind) -> None:
        self._example = EVERY_EXAMPLES[kind]
        self._pause: tuple[int, Every] | None = None
        self._weekday: int | None = None
        self._at: time | None = None

    def __bool__(self) -> bool:
        """Whether it is said that the survey opens again and again."""
        return self._pause is not None

    def cadence(self) -> Cadence | None:
        """What was said, and what is usual of the rest; `None` for a survey that opens at once."""
        if self._pause is None:
            if self._weekday is not None or self._at is not None:
                raise self._wrong(
                    "A survey that is started opens at once.",
                    "To have it open later, say how often it does. For example: {example}",
                )
            return None
        weekday = USUAL_DAY if self._weekday is None else self._weekday
        return Cadence(*self._pause, weekday, self._at or USUAL_TIME)

    def take(self, words: Typed) -> bool:
        """Whether `weekly`, a weekday or a time of day comes next; it is read then."""
        if (pause := words.phrase(PAUSES)) is not None:
            self._paused(pause)
            return True
        return self._day_or_time(words, may_be_bare=False)

    def every(self, words: Typed) -> None:
        """Reads what stands behind “every”: a number and a unit, or a weekday."""
        number, typed = words.phrase(NUMBERS), words.next.typed
        number = 1 if number is None else number
        if (unit := words.phrase(UNITS)) is not None:
            self._paused((unit[0] * number, unit[1]))
        elif words.begins(TOO_OFTEN):
            raise self._wrong("A survey opens at most once a week.")
        elif weekdays_in(words.next.plain):
            self._paused((number, Every.WEEK))
        else:
            message = "“{typed}” is nothing in which the time between two surveys is counted."
            raise mistake(message, typed, UNITS, self._example)

    def on(self, words: Typed) -> None:
        """Reads what stands behind “on”: a weekday, a time of day, or both. No day of a month."""
        words.skip(("the",))
        if _ORDINAL.fullmatch(words.next.plain):
            raise self._wrong(
                "A survey opens on a weekday; of a month or a quarter, on its first such day."
            )
        self._days_or_times(words, may_be_bare=False)

    def at(self, words: Typed) -> None:
        """Reads what stands behind “at”: a time of day, which may be but an hour, or a weekday."""
        self._days_or_times(words, may_be_bare=True)

    def _days_or_times(self, words: Typed, *, may_be_bare: bool) -> None:
        if self._day_or_time(words, may_be_bare=may_be_bare):
            return
        typed = words.take().typed
        if typed[:1].isdigit():
            parse_time(typed, example=self._example)
        raise mistake("There is no weekday “{typed}”.", typed, WEEKDAYS, self._example)

    def _paused(self, pause: tuple[int, Every]) -> None:
        if self._pause is not None:
            raise self._twice("every")
        if not 1 <= pause[0] <= MOST_PAUSES:
            raise self._wrong(
                "From one survey to the next it is 1 to {most} weeks, months or quarters.",
                most=str(MOST_PAUSES),
            )
        self._pause = pause

    def _day_or_time(self, words: Typed, *, may_be_bare: bool) -> bool:
        days = words.longest(weekdays_in, 1)
        if days is not None:
            if len(days) > 1 or self._weekday is not None:
                raise self._wrong("A survey opens on one day of the week.")
            self._weekday = days[0]
            words.skip(("at",))
        at = read_time(words, may_be_bare=may_be_bare or days is not None)
        if at is not None:
            if self._at is not None:
                raise self._twice("at")
            self._at = at
        return days is not None or at is not None

    def _twice(self, name: str) -> UsageError:
        return self._wrong("“{typed}” can be said only once.", typed=name)

    def _wrong(self, message: str, hint: str = FOR_EXAMPLE, **values: str) -> UsageError:
        return UsageError(message, hint, example=examples(self._example), **values)
