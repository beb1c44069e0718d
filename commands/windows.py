"""Reads the stretch of time that somebody typed: `yesterday`, `last 7d`, `2026-11-01..2026-11-15`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.calendars import country_of, first_weekday
from bot.domain import Window
from bot.errors import UsageError
from commands.words import FOR_EXAMPLE, closest, examples, plain, quoted

#: Nobody has older numbers, and a slip of the finger should not ask for all of them.
LONGEST = timedelta(days=3 * 366)

#: What is typed around a window.
ASKED = "/kpi {window}"

EXAMPLES = ("yesterday", "last 7d", "2026-11-01..2026-11-15")

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_PERIODS = ("week", "month", "quarter", "year")

#: What can be said without a number or a date, for "did you mean".
_PHRASES = (
    "today",
    "yesterday",
    "last hour",
    "last 24h",
    "last day",
    "last 7 days",
    "last 4 weeks",
    "last 3 months",
    *(f"{which} {period}" for which in ("this", "last") for period in _PERIODS),
    *WEEKDAYS,
)

_UNITS = {"h": "h|hrs?|hours?", "d": "d|days?", "w": "w|wks?|weeks?", "mo": "mo|months?"}
_COUNTED = re.compile(
    r"(?:(?:last|past|previous) )?(?P<number>[0-9]+) ?(?:"
    + "|".join(f"(?P<{unit}>{spelled})" for unit, spelled in _UNITS.items())
    + ")"
)
_PERIOD = re.compile(rf"(?P<which>this|last|past|previous) (?P<period>{'|'.join(_PERIODS)})")
#: `last week` and `last month` are calendar periods; these two are counted.
_ONE = {"last hour": "last 1h", "last day": "last 1d"}
_RANGE = re.compile(r"(?:from )?(?P<first>.*?) ?(?:\.\.+|…|–|—| to | until )(?P<last>.*)")
_ISO = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{1,2}")
_OTHER_DATE = re.compile(r"[0-9]{1,4}[./-][0-9]{1,2}(?:[./-][0-9]{0,4})?")


def parse_window(text: str, *, now: datetime, zone: ZoneInfo, asked: str = ASKED) -> Window:
    """The window that `text` names, both ends aware in `zone`.

    * `today`, `this week|month|quarter|year`, `since DAY`, `DAY..`: from their first local midnight
      until `now`. A window never ends later than `now`.
    * `yesterday`, `last week|month|quarter|year`, `last 3 months`, a weekday (the latest one before
      today), `DAY`, `DAY..DAY` (both included): whole local days. A month such as 2026-10 is all of
      its days.
    * `last 7d`, `last 4 weeks`: so many whole local days, the last of them yesterday.
    * `last 24h`: so many hours until `now`.

    A DAY is 2026-11-01, a weekday, `today` or `yesterday`; one still to come ends a window `now`.
    Weeks start as in the country of the zone. Raises `UsageError` for anything else, a start in
    the future, an end before its start, and more than three years; `asked` is what is typed around
    a window, for its examples.
    """
    first = first_weekday(country_of(zone))
    return _Reader(now.astimezone(zone), zone, first, asked).read(plain(text))


@dataclass(frozen=True, slots=True)
class _Days:
    """Whole local days, `end` excluded."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads relative to one moment, in one zone."""

    now: datetime
    zone: ZoneInfo
    first_weekday: int
    asked: str

    @property
    def today(self) -> date:
        return self.now.date()

    def read(self, text: str) -> Window:
        text = _ONE.get(text, text)
        if match := _COUNTED.fullmatch(text):
            return self._counted(match)
        if match := _PERIOD.fullmatch(text):
            return self._window(self._period(match["period"], running=match["which"] == "this"))
        if text.startswith("since "):
            return self._since(text.removeprefix("since "))
        if match := _RANGE.fullmatch(text):
            return self._range(match["first"].strip(), match["last"].strip())
        text = re.sub("^(?:on|in) ", "", text)
        return self._whole(*self._days(text))

    def _counted(self, match: re.Match[str]) -> Window:
        number = self._number(match)
        if match["h"]:
            # The difference of two moments is only right in UTC: local clocks jump.
            start = self.now.astimezone(UTC) - timedelta(hours=number)
            return Window(start.astimezone(self.zone), self.now)
        if match["mo"]:
            this_month = self.today.replace(day=1)
            return self._window(_Days(_months_before(this_month, number), this_month))
        days = number * (7 if match["w"] else 1)
        return self._window(_Days(self.today - timedelta(days=days), self.today))

    def _number(self, match: re.Match[str]) -> int:
        digits = match["number"].lstrip("0")
        if not digits:
            raise self._error("There is nothing in a window of length 0.")
        # Only as many digits as can be right are turned into a number.
        number = int(digits) if len(digits) < 6 else 100_000
        unit = next(unit for unit in _UNITS if match[unit])
        hours = {"h": 1, "d": 24, "w": 7 * 24, "mo": 30 * 24}[unit]
        if number * hours > LONGEST / timedelta(hours=1):
            raise self._too_long()
        return number

    def _period(self, period: str, *, running: bool) -> _Days:
        start_of: dict[str, Callable[[date], date]] = {
            "week": self._week_start,
            "month": lambda day: day.replace(day=1),
            "quarter": lambda day: day.replace(month=day.month - (day.month - 1) % 3, day=1),
            "year": lambda day: day.replace(month=1, day=1),
        }
        start = start_of[period](self.today)
        if running:
            return _Days(start, _next(self.today))
        return _Days(start_of[period](start - timedelta(days=1)), start)

    def _week_start(self, day: date) -> date:
        return day - timedelta(days=(day.weekday() - self.first_weekday) % 7)

    def _since(self, text: str) -> Window:
        return self._whole(self._days(text)[0], self.today)

    def _range(self, first: str, last: str) -> Window:
        start = self._days(first)[0]
        end = self._days(last)[1] if last and last != "now" else self.today
        if end < start:
            raise self._error(
                "That window ends ({end}) before it starts ({start}).",
                start=start.isoformat(),
                end=end.isoformat(),
            )
        return self._whole(start, end)

    def _whole(self, first: date, last: date) -> Window:
        """From the first day until the end of the last, which may be still to come."""
        return self._window(_Days(first, _next(min(last, self.today))))

    def _days(self, text: str) -> tuple[date, date]:
        """The first and the last day of a month, or twice the day that is named."""
        if not _MONTH.fullmatch(text):
            return (day := self._day(text)), day
        year, month = (int(part) for part in text.split("-"))
        try:
            first = date(year, month, 1)
            return first, _months_before(first, -1) - timedelta(days=1)
        except ValueError:
            raise self._error("There is no month {typed} in the calendar.", typed=text) from None

    def _day(self, text: str) -> date:
        if text in ("today", "yesterday"):
            return self.today - timedelta(days=int(text == "yesterday"))
        if weekday := _weekday(text):
            back = (self.today.weekday() - WEEKDAYS.index(weekday) - 1) % 7 + 1
            return self.today - timedelta(days=back)
        if _ISO.fullmatch(text):
            return self._date(text)
        if _OTHER_DATE.fullmatch(text):
            raise UsageError(
                "“{typed}” could be more than one date.",
                "Write year, month and day. For example: {example}",
                typed=quoted(text),
                example=self._examples(self.today.isoformat()),
            )
        raise self._unknown(text)

    def _date(self, text: str) -> date:
        year, month, day = (int(part) for part in text.split("-"))
        try:
            return date(year, month, day)
        except ValueError:
            raise self._error("There is no day {typed} in the calendar.", typed=text) from None

    def _window(self, days: _Days) -> Window:
        if days.start > self.today:
            raise self._error("{day} is still to come.", day=days.start.isoformat())
        if days.end - days.start > LONGEST:
            raise self._too_long()
        start = self._midnight(days.start)
        end = self.now if days.end > self.today else self._midnight(days.end)
        return Window(start, end)

    def _midnight(self, day: date) -> datetime:
        # Where midnight is skipped by daylight saving, the way through UTC gives the first moment.
        wall = datetime.combine(day, time.min, tzinfo=self.zone)
        try:
            return wall.astimezone(UTC).astimezone(self.zone)
        except OverflowError:  # east of Greenwich the first day of all begins before the calendar
            raise self._error("There is no day {typed} in the calendar.", typed=str(day)) from None

    def _too_long(self) -> UsageError:
        return self._error("A window can be three years long, no longer.")

    def _unknown(self, text: str) -> UsageError:
        if not text:
            return self._error("It is not said which time.")
        meant = closest(text, _PHRASES)
        if meant is None:
            return self._error("“{typed}” is no time that I know.", typed=quoted(text))
        return self._error(
            "“{typed}” is no time that I know. Did you mean “{meant}”?",
            typed=quoted(text),
            meant=meant,
        )

    def _error(self, message: str, **values: str) -> UsageError:
        return UsageError(message, FOR_EXAMPLE, example=self._examples(*EXAMPLES), **values)

    def _examples(self, *windows: str) -> str:
        return examples(*(self.asked.format(window=window) for window in windows))


def _weekday(text: str) -> str | None:
    """The weekday whose name or beginning of at least three letters `text` is, after any `last`."""
    name = text.removeprefix("last ")
    if len(name) < 3:
        return None
    return next((weekday for weekday in WEEKDAYS if weekday.startswith(name)), None)


def _next(day: date) -> date:
    return day + timedelta(days=1)


def _months_before(first: date, number: int) -> date:
    months = first.year * 12 + first.month - 1 - number
    return date(months // 12, months % 12 + 1, 1)
