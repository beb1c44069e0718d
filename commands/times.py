"""Reads the times, zones, weekdays, durations and schedules that somebody typed.

Every function takes what was typed and raises `UsageError`, with an example of the whole command,
for what it cannot read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import time, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from bot.errors import UsageError
from commands.words import FOR_EXAMPLE, closest, examples, mistake, plain, quoted

#: Each shows every part that can be given.
DAILY_EXAMPLE = "/digest daily 09:00 Europe/Athens mon-fri"
WEEKLY_EXAMPLE = "/digest weekly mon 09:00 Europe/Athens"
DURATION_EXAMPLE = "/kpi goal first response time 90 min"

#: Said of a kind of digest that is none.
NO_DIGEST = "There is no digest “{typed}”."

LONGEST_DURATION = timedelta(days=3 * 366)

_CLOCK = re.compile(
    r"(?P<hour>[0-9]{1,2})(?:[:.h]?(?P<minute>[0-9]{2}))?(?: ?(?P<half>[ap])\.?m\.?)?"
)
_NAMED_TIMES = {"noon": time(12), "midday": time(12), "midnight": time(0)}

_OFFSET = re.compile(r"(?:etc/)?(?:utc|gmt)? ?[+-] ?[0-9]{1,2}(?::?[0-9]{2})?")
#: Zones that stay the same all year although people who say them mean a place that does not.
_FIXED = frozenset({"est", "mst", "hst"})
_NO_PLACES = frozenset({"Factory", "localtime"})
#: Regions whose zones are named after places that people say without the region.
_REGIONS = (
    *("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/"),
    *("Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/"),
)

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY_GROUPS = {
    "weekdays": (0, 1, 2, 3, 4),
    "weekday": (0, 1, 2, 3, 4),
    "workdays": (0, 1, 2, 3, 4),
    "weekend": (5, 6),
    "weekends": (5, 6),
    "daily": (0, 1, 2, 3, 4, 5, 6),
    "every day": (0, 1, 2, 3, 4, 5, 6),
    "everyday": (0, 1, 2, 3, 4, 5, 6),
}

_DURATION_UNITS = {
    "weeks": "w|wks?|weeks?",
    "days": "d|days?",
    "hours": "h|hrs?|hours?",
    "minutes": "m|mins?|minutes?",
    "seconds": "s|secs?|seconds?",
}
_DURATION = re.compile(
    "".join(
        rf"(?:(?P<{unit}>[0-9]{{1,6}}(?:[.,][0-9]{{1,3}})?) ?(?:{spelled})(?![a-z]) ?)?"
        for unit, spelled in _DURATION_UNITS.items()
    )
)
_HOURS_AND_MINUTES = re.compile(r"(?P<hours>[0-9]{1,6}) ?h ?(?P<minutes>[0-5]?[0-9])")


def parse_time(text: str, *, example: str = DAILY_EXAMPLE) -> time:
    """The time of day in `09:00`, `9`, `0900`, `9am`, `9:30 pm`, `noon`; naive, to the minute."""
    found = time_in(plain(text))
    if found is None:
        raise _no_time(text, example)
    return found


def time_in(typed: str) -> time | None:
    """The time of day that a plain text is; `None` where it is none."""
    match = _CLOCK.fullmatch(typed)
    if match is None:
        return _NAMED_TIMES.get(typed)
    hour, minute = _hour(match), int(match["minute"] or 0)
    return time(hour, minute) if hour is not None and hour < 24 and minute < 60 else None


def _no_time(text: str, example: str) -> UsageError:
    if not text.strip():
        return _unread("No time of day is given.", example)
    return _unread("“{typed}” is not a time of day.", example, text)


def _unread(message: str, example: str, typed: str = "") -> UsageError:
    return UsageError(message, FOR_EXAMPLE, typed=quoted(typed), example=examples(example))


def _hour(match: re.Match[str]) -> int | None:
    """The hour from 0 on; `None` for what no clock shows, such as 13 pm."""
    hour = int(match["hour"])
    if match["half"] is None:
        return hour
    if not 1 <= hour <= 12:
        return None
    return hour % 12 + (12 if match["half"] == "p" else 0)


def parse_zone(text: str, *, example: str = DAILY_EXAMPLE) -> ZoneInfo:
    """The time zone called `Europe/Athens`, `athens`, `new york` or `utc`.

    Offsets such as `+02:00` are refused: they would be an hour off for half of the year.
    """
    found = _zone(plain(text))
    if found is None:
        raise _no_zone(text, example)
    return found


def _zone(typed: str) -> ZoneInfo | None:
    name = None if _is_fixed(typed) else _zones().get(typed.replace(" ", "_"))
    return ZoneInfo(name) if name else None


def _is_fixed(typed: str) -> bool:
    return typed in _FIXED or _OFFSET.fullmatch(typed) is not None


def _no_zone(text: str, example: str) -> UsageError:
    if not _is_fixed(plain(text)):
        return mistake("There is no time zone “{typed}”.", text, _places(), example)
    return UsageError(
        "“{typed}” does not follow daylight saving time.",
        "Name a place instead. For example: {example}",
        typed=quoted(text),
        example=examples(example),
    )


@cache
def _zones() -> dict[str, str]:
    """The zones by their names and by the names of their places, in small letters."""
    names = sorted(available_timezones() - _NO_PLACES, key=lambda name: (name.count("/"), name))
    # Of several zones with one place's name, e.g. America/Louisville and
    # America/Kentucky/Louisville, all but one are old names of it: the last is as good as any.
    places = {_place(name).lower(): name for name in names if name.startswith(_REGIONS)}
    return places | {name.lower(): name for name in names}


def _places() -> list[str]:
    """What to offer for a mistyped zone: whole names, and places alone."""
    whole = sorted(name for name in set(_zones().values()) if name.startswith(_REGIONS))
    return ["UTC", *whole, *(_place(name).replace("_", " ") for name in whole)]


def _place(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def parse_weekdays(text: str, *, example: str = DAILY_EXAMPLE) -> tuple[int, ...]:
    """The weekdays in `mon-fri`, `mon,wed`, `sat-wed`, `weekdays`, `every day`; 0 is Monday.

    They come in the order of the week, each once. Numbers are refused: in `1-5` the 1 is a Sunday
    to some and a Monday to others.
    """
    found = weekdays_in(plain(text))
    if found is None:
        raise _no_weekdays(text, example)
    return found


def weekdays_in(typed: str) -> tuple[int, ...] | None:
    """The weekdays that a plain text names; `None` where one of them is none."""
    days: set[int] = set()
    for part in _weekday_parts(typed):
        found = _weekday_part(part)
        if found is None:
            return None
        days.update(found)
    return tuple(sorted(days))


def _weekday_parts(typed: str) -> list[str]:
    joined = _joined(typed)
    return [joined] if joined in _WEEKDAY_GROUPS else re.split(r"[ ,]+", joined)


def _no_weekdays(text: str, example: str) -> UsageError:
    typed = plain(text)
    if re.search(r"[0-9]", typed):
        return UsageError(
            "“{typed}” is not clear: some count weekdays from Sunday, some from Monday.",
            "Name the days. For example: {example}",
            typed=quoted(text),
            example=examples(example),
        )
    wrong = next((part for part in _weekday_parts(typed) if _weekday_part(part) is None), typed)
    known = [*_WEEKDAYS, *_WEEKDAY_GROUPS, "mon-fri"]
    return mistake("There is no weekday “{typed}”.", wrong, known, example)


def _joined(typed: str) -> str:
    """The same with ranges and lists in one spelling: `mon - fri` → `mon-fri`."""
    dashed = re.sub(
        r"(?<=[a-z])(?: ?(?:[-–—]|\.\.+|…) ?| to | through | until )(?=[a-z])", "-", typed
    )
    return re.sub(r" ?(?:,| and |&|\+(?![0-9])) ?", ",", dashed).strip(", ")


def _weekday_part(part: str) -> Iterable[int] | None:
    if part in _WEEKDAY_GROUPS:
        return _WEEKDAY_GROUPS[part]
    first, dash, last = part.partition("-")
    start, end = _weekday(first), _weekday(last if dash else first)
    if start is None or end is None:
        return None
    return ((start + step) % 7 for step in range((end - start) % 7 + 1))


def _weekday(name: str) -> int | None:
    """A weekday by its name, in the plural, or by its beginning of at least three letters."""
    singular = name.removesuffix("s") if name.endswith("days") else name
    if len(singular) < 3:
        return None
    return next((i for i, day in enumerate(_WEEKDAYS) if day.startswith(singular)), None)


def parse_duration(text: str, *, example: str = DURATION_EXAMPLE) -> timedelta:
    """The duration in `1h`, `90 min`, `1h30`, `2 hours`, `3d`, `1.5 h`; more than 0, to 3 years.

    `m` are minutes. A number without a unit is refused.
    """
    typed = plain(text)
    match = _HOURS_AND_MINUTES.fullmatch(typed) or _DURATION.fullmatch(typed)
    if match is None or not any(match.groupdict().values()):
        raise _no_duration(typed, example)
    given = {unit: float(n.replace(",", ".")) for unit, n in match.groupdict().items() if n}
    duration = timedelta(**given)
    if not timedelta(0) < duration <= LONGEST_DURATION:
        raise _unread(
            "A duration is more than 0 and at most 3 years, “{typed}” is not.", example, text
        )
    return duration


def _no_duration(typed: str, example: str) -> UsageError:
    if not typed:
        return _unread("No duration is given.", example)
    if re.fullmatch(r"[0-9.,]+", typed):
        return _unread("“{typed}” has no unit: min, h or d.", example, typed)
    return _unread("“{typed}” is not a duration.", example, typed)


@dataclass(frozen=True, slots=True)
class ScheduleText:
    """When a digest is wanted, as typed: `zone` and `weekdays` only where they were named."""

    kind: Literal["daily", "weekly"]
    time: time
    zone: ZoneInfo | None
    weekdays: tuple[int, ...]


def parse_schedule(text: str) -> ScheduleText:
    """The schedule in `daily 09:00 [zone] [weekdays]` or `weekly [weekday] 09:00 [zone]`.

    The words may come in any order, `at`, `on` and `in` between them.
    """
    words = [word.strip(",") for word in _joined(plain(text)).split()]
    kind, rest = _kind([word for word in words if word not in ("", "at", "on", "in")])
    parts = _Parts(kind)
    for span in _spans(rest):
        parts.add(span)
    return parts.schedule()


def _kind(words: list[str]) -> tuple[Literal["daily", "weekly"], list[str]]:
    """Which of the two it is, and the other words."""
    example = examples(DAILY_EXAMPLE, WEEKLY_EXAMPLE)
    said = [word for word in words if word in ("daily", "weekly")]
    if len(said) > 1:
        raise UsageError("A digest is either daily or weekly, once.", FOR_EXAMPLE, example=example)
    if not said:
        unread = [word for word in words if _read_part(word) is None]
        near = next((word for word in unread if closest(word, ("daily", "weekly"))), None)
        if near is not None:
            raise mistake(NO_DIGEST, near, ("daily", "weekly"), DAILY_EXAMPLE)
        raise UsageError(
            "It is not said whether the digest is daily or weekly.", FOR_EXAMPLE, example=example
        )
    rest = [word for word in words if word != said[0]]
    return ("daily" if said[0] == "daily" else "weekly"), rest


_Part = time | ZoneInfo | tuple[int, ...]


def _spans(words: list[str]) -> Iterator[str]:
    """The words, those put together that are read together: `9:30 pm`, `new york`, `every day`."""
    longest = 4
    at = 0
    while at < len(words):
        ends = range(min(len(words), at + longest), at, -1)
        spans = ((end, " ".join(words[at:end])) for end in ends)
        end, span = next((s for s in spans if _read_part(s[1]) is not None), (at + 1, words[at]))
        yield span
        at = end


def _read_part(span: str) -> _Part | None:
    """The time, weekdays or zone that `span` is; `None` when it is none of them."""
    readers: tuple[Callable[[str], _Part | None], ...] = (time_in, weekdays_in, _zone)
    return next((part for read in readers if (part := read(span)) is not None), None)


class _Parts:
    """What has been read of a schedule so far."""

    def __init__(self, kind: Literal["daily", "weekly"]) -> None:
        self._kind = kind
        self._example = DAILY_EXAMPLE if kind == "daily" else WEEKLY_EXAMPLE
        self._times: list[time] = []
        self._zones: list[ZoneInfo] = []
        self._weekdays: set[int] = set()

    def add(self, span: str) -> None:
        match _read_part(span):
            case time() as at:
                self._times.append(at)
            case ZoneInfo() as zone:
                self._zones.append(zone)
            case tuple() as weekdays:
                self._weekdays.update(weekdays)
            case None:
                raise _not_read(span, self._example)

    def schedule(self) -> ScheduleText:
        if not self._times:
            raise _unread("It is not said at what time.", self._example)
        if len(self._times) > 1:
            raise _unread("Only one time of day can be given.", self._example)
        if len(self._zones) > 1:
            raise _unread("Only one time zone can be given.", self._example)
        weekdays = tuple(sorted(self._weekdays))
        if self._kind == "weekly" and len(weekdays) > 1:
            raise _unread("A weekly digest comes on one day of the week.", self._example)
        zone = self._zones[0] if self._zones else None
        return ScheduleText(self._kind, self._times[0], zone, weekdays)


def _not_read(span: str, example: str) -> UsageError:
    """The answer to a word that is no part of a schedule, by what it most looks like."""
    if re.fullmatch(r"[0-9](?:[-,][0-9])+", span):
        return _no_weekdays(span, example)
    if "/" in span or _is_fixed(span):
        return _no_zone(span, example)
    if re.search(r"[0-9]", span):
        return _no_time(span, example)
    known = [*_WEEKDAYS, *_WEEKDAY_GROUPS, "noon", "midnight", *_places()]
    return mistake("There is no time, weekday or time zone “{typed}”.", span, known, example)
