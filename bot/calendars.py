"""Says when a team is at work: opening hours with holidays and changes, summed exactly and fast.

Local hours are turned into moments once, some weeks at a time; after that the business time between
two moments is two look-ups. All moments are whole seconds since 1970-01-01 UTC.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache, lru_cache
from itertools import accumulate, groupby, pairwise, zip_longest
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from bot.errors import UsageError

if TYPE_CHECKING:
    from holidays import HolidayBase

#: From one minute of a local day until another, 0 to 1440; the end does not belong to it.
Span = tuple[int, int]
#: The spans of a day, in order and apart.
Spans = tuple[Span, ...]
#: The spans of each weekday; 0 is Monday.
Week = tuple[Spans, ...]

MINUTE, DAY = 60, 86_400
MINUTES_OF_A_DAY = 1_440

WEEK_EXAMPLE = "mon-fri 9:00-17:00, sat 10-14"
SPANS_EXAMPLE = "9-13"

#: A year that has every day.
_LEAP_YEAR = 2024

#: Longer words are neither quoted nor compared in full.
_LONGEST_WORD = 60


class CalendarError(UsageError, ValueError):
    """Hours, a country or a region that cannot be used, said in one sentence."""


# --- Opening hours ---


@dataclass(frozen=True, slots=True)
class Hours:
    """One set of opening hours, on the wall clock of `zone`.

    `week` holds for every local date that is no public holiday of the `country` (and `region`) and
    not one of the `closed` days. The spans of a `special` date hold whatever else is said of it.
    Each date is judged by itself: of a night shift, a holiday closes the hours before its midnight
    only as far as they belong to the holiday.
    """

    zone: ZoneInfo
    week: Week
    country: str | None = None
    region: str | None = None
    closed: frozenset[date] = frozenset()
    special: Mapping[date, Spans] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError("a week has seven days")
        if self.region is not None and self.country is None:
            raise ValueError("a region needs its country")
        for spans in (*self.week, *self.special.values()):
            _check_spans(spans)

    def on(self, day: date) -> Spans:
        """When it is open on a local date. Raises `CalendarError` for an unknown country."""
        if day in self.special:
            return self.special[day]
        spans = self.week[day.weekday()]
        return () if not spans or day in self.closed or self._is_holiday(day) else spans

    def _is_holiday(self, day: date) -> bool:
        return self.country is not None and day in _holidays(self.country, self.region, day.year)


def _check_spans(spans: Spans) -> None:
    """Raises `ValueError` unless they are in order, apart, not empty and within a day."""
    minutes = [minute for span in spans for minute in span]
    if any(start >= end for start, end in spans) or minutes != sorted(minutes):
        raise ValueError("the spans of a day are in order, apart and not empty")
    if minutes and not 0 <= minutes[0] <= minutes[-1] <= MINUTES_OF_A_DAY:
        raise ValueError("a span lies within the minutes 0 to 1440 of a day")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Opening hours that changed over time.

    Each version holds from the local midnight of its date, in the zone of the new hours, until the
    next one does; the first has no date and holds for all time before.
    """

    versions: Sequence[tuple[date | None, Hours]]

    def __post_init__(self) -> None:
        if not self.versions or self.versions[0][0] is not None:
            raise ValueError("the first hours of a calendar hold for all time before the next")
        dates = [since for since, _ in self.versions[1:] if since is not None]
        if len(dates) != len(self.versions) - 1 or dates != sorted(set(dates)):
            raise ValueError("later hours of a calendar have a date each, in order")


# --- Hours as people write them ---


def parse_week(text: str) -> Week:
    """The hours in `mon-fri 9:00-17:00, sat 10-14`, `sun-thu 9-12 13-17` or `mon-fri 22-6`.

    Of a span over midnight the part after it belongs to the next weekday. Raises `CalendarError`
    (a `ValueError`) with one sentence that quotes the wrong part and gives an example.
    """
    runs = [list(run) for _, run in groupby(_words(text), key=_is_span)]
    if not runs:
        raise _unread("No opening hours are given; they are written like “{example}”.")
    if _is_span(runs[0][0]):
        message = "No weekday stands before “{typed}”; hours are written like “{example}”."
        raise _unread(message, runs[0][0])
    # Runs of weekdays and of spans take turns; the last weekdays may lack their spans.
    pairs = zip_longest(runs[::2], runs[1::2])
    pieces = [piece for days, spans in pairs for piece in _pieces(days, spans)]
    return tuple(_in_order(pieces, weekday, WEEK_EXAMPLE) for weekday in range(7))


def parse_spans(text: str) -> Spans:
    """The hours of one date, in `9-13` or `9-12 13-17`; they end by midnight.

    Raises `CalendarError` (a `ValueError`) as `parse_week` does.
    """
    words = _words(text)
    if not words:
        raise _unread("No hours are given; they are written like “{example}”.", "", SPANS_EXAMPLE)
    pieces = [(0, *_span(word, SPANS_EXAMPLE), word) for word in words]
    for _, _, end, typed in pieces:
        if end > MINUTES_OF_A_DAY:
            message = (
                "“{typed}” goes past midnight; the next day has hours of its own, like “{example}”."
            )
            raise _unread(message, typed, f"0-{typed.partition('-')[2]}")
    return _in_order(pieces, 0, SPANS_EXAMPLE)


def write_week(spans: Iterable[Span]) -> str:
    """The week that `parse_week` reads, of minutes since Monday 0:00; empty without any.

    What overlaps or touches is one span, what goes over midnight belongs to both days, and what
    goes over the end of the week to its beginning.
    """
    of_day: dict[int, list[Span]] = {}
    for start, end in spans:
        for day in range(start // MINUTES_OF_A_DAY, -(-end // MINUTES_OF_A_DAY)):
            midnight = day * MINUTES_OF_A_DAY
            piece = (
                max(start, midnight) - midnight,
                min(end, midnight + MINUTES_OF_A_DAY) - midnight,
            )
            of_day.setdefault(day % 7, []).append(piece)
    days = [(_WEEKDAYS[day][:3], write_spans(of_day[day])) for day in sorted(of_day)]
    return ", ".join(f"{day} {hours}" for day, hours in days if hours)


def write_spans(spans: Iterable[Span]) -> str:
    """The hours of one date that `parse_spans` reads; what overlaps or touches is one span."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        elif start < end:
            joined.append((start, end))
    return " ".join(f"{_written(start)}-{_written(end)}" for start, end in joined)


def of_each_year(month: int, day: int, years: Iterable[int]) -> list[date]:
    """A day that comes every year, in those years; the 29th of February in leap years only.

    Raises `ValueError` for a day that no year has.
    """
    date(_LEAP_YEAR, month, day)
    return [date(year, month, day) for year in years if day <= monthrange(year, month)[1]]


def _written(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


#: A weekday, a span on it, and what was typed for that span.
_Piece = tuple[int, int, int, str]

_DASH = re.compile(r"\s*(?:[-‐‑‒–—−]|\b(?:to|until|till)\b)\s*")
_HALF = re.compile(r"(?<=\d)\s+(?=[ap]\.?m\b)")
_APART = re.compile(r"[\s,;،؛&]+(?:and\b)?")
_TIME = re.compile(r"(?P<hour>[0-9]{1,2})(?:[:.h]?(?P<minute>[0-9]{2}))?(?:(?P<half>[ap])\.?m\.?)?")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _words(text: str) -> list[str]:
    """Weekdays and spans, each one word in small letters with ASCII digits: `mon-fri`, `9-17`."""
    plain = " ".join("".join(map(_plain, text.casefold())).split())
    plain = "daily 0-24" if plain == "24/7" else plain.replace("every day", "everyday")
    joined = _HALF.sub("", _DASH.sub("-", plain))
    return [word for word in (part.strip(":.") for part in _APART.split(joined)) if word]


def _plain(letter: str) -> str:
    """Keyboards of other scripts write other digits, and hidden marks come along with a copy."""
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    return "" if unicodedata.category(letter) == "Cf" else letter


def _is_span(word: str) -> bool:
    return word[0] in "-0123456789"


def _pieces(days: Sequence[str], spans: Sequence[str] | None) -> Iterator[_Piece]:
    """What the spans mean on each of the weekdays before them."""
    weekdays = dict.fromkeys(weekday for word in days for weekday in _range(word))
    if spans is None:
        raise _unread("“{typed}” has no hours; they are written like “{example}”.", days[-1])
    for word in spans:
        start, end = _span(word, WEEK_EXAMPLE)
        for weekday in weekdays:
            yield weekday, start, min(end, MINUTES_OF_A_DAY), word
            if end > MINUTES_OF_A_DAY:
                yield (weekday + 1) % 7, 0, end - MINUTES_OF_A_DAY, word


def _range(word: str) -> list[int]:
    """The weekdays in `fri`, `sat-wed` or `daily`."""
    if word in ("daily", "everyday"):
        return list(range(7))
    first, dash, last = word.partition("-")
    start, end = _weekday(first), _weekday(last if dash else first)
    if start is None or end is None:
        wrong = first if start is None else last
        raise _unread(
            "“{typed}” is not a weekday; hours are written like “{example}”.", wrong or word
        )
    return [(start + step) % 7 for step in range((end - start) % 7 + 1)]


def _weekday(name: str) -> int | None:
    """A weekday by its name, in the plural, or by its beginning of at least three letters."""
    singular = name.removesuffix("s") if name.endswith("days") else name
    if len(singular) < 3:
        return None
    return next((i for i, day in enumerate(_WEEKDAYS) if day.startswith(singular)), None)


def _span(word: str, example: str) -> Span:
    """The minutes in `9-17`; an end on the next day is more than 1440."""
    first, _, last = word.partition("-")
    if not _TIME.fullmatch(first) or not _TIME.fullmatch(last):
        raise _unread(
            "“{typed}” is no span of hours; they are written like “{example}”.", word, example
        )
    start, end = _minute(first, example), _minute(last, example)
    if start in (end, MINUTES_OF_A_DAY):
        raise _unread(
            "“{typed}” is no time at all; hours are written like “{example}”.", word, example
        )
    if end > start:
        return start, end
    if end >= 60 and start < 13 * 60 and not last.endswith("m"):
        raise _two_meanings(first, last, end)
    return start, end + MINUTES_OF_A_DAY


def _two_meanings(first: str, last: str, end: int) -> CalendarError:
    """In 9-5 the 5 is the afternoon to many: nobody should get twenty hours by it unasked."""
    hour, minute = divmod(end + MINUTES_OF_A_DAY // 2, 60)
    afternoon = f"{hour}:{minute:02}" if minute or ":" in last else f"{hour}"
    return CalendarError(
        "“{typed}” is not clear; write “{same}”, or “{next}” when it ends on the next day.",
        typed=_quoted(f"{first}-{last}"),
        same=f"{first}-{afternoon}",
        next=f"{first}-{last}am",
    )


def _minute(typed: str, example: str) -> int:
    """The minute of the day in a time that looks like one."""
    match = _TIME.fullmatch(typed)
    assert match is not None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    is_right = 1 <= hour <= 12 if match["half"] else hour * 60 + minute <= MINUTES_OF_A_DAY
    if not is_right or minute >= 60:
        message = "“{typed}” is not a time of day; hours are written like “{example}”."
        raise _unread(message, typed, example)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"] == "p" else 0)
    return hour * 60 + minute


def _in_order(pieces: Iterable[_Piece], weekday: int, example: str) -> Spans:
    """The spans of a weekday. Raises `CalendarError` when two overlap."""
    there = sorted((start, end, typed) for day, start, end, typed in pieces if day == weekday)
    for (_, end, _), (start, _, typed) in pairwise(there):
        if start < end:
            message = "“{typed}” overlaps other hours of the same day; hours are written like “{example}”."
            raise _unread(message, typed, example)
    return tuple((start, end) for start, end, _ in there)


def _unread(message: str, typed: str = "", example: str = WEEK_EXAMPLE) -> CalendarError:
    return CalendarError(message, typed=_quoted(typed), example=example)


def _quoted(typed: str) -> str:
    """What was typed, on one line and short enough to be repeated in a sentence."""
    line = " ".join("".join(c if c.isprintable() else " " for c in typed).split())
    return line if len(line) <= _LONGEST_WORD else line[: _LONGEST_WORD - 1] + "…"


# --- Open time ---

#: Local hours are turned into moments for so many seconds at a time: enough for most tickets.
_STRETCH = 64 * DAY

#: How often a zone is probed for a change of its clocks. In the whole time zone database no clock
#: has changed twice within six days.
_PROBE = DAY // 2

#: Before and after all moments.
_EARLIEST, _LATEST = -(10**12), 10**12

_EPOCH = date(1970, 1, 1).toordinal()


class OpenTime:
    """When a calendar is open, ready to be asked often: in about a microsecond, from any thread."""

    def __init__(self, calendar: Calendar) -> None:
        self._stretches = _Stretches(_reigns(calendar))

    def seconds(self, start: int, end: int) -> int:
        """The business seconds in [start, end); 0 when it ends before it starts."""
        if end <= start:
            return 0
        first, last = start // _STRETCH, end // _STRETCH
        stretch = self._stretches[first]
        if first == last:
            return stretch.before(end) - stretch.before(start)
        whole = sum(self._stretches[number].sums[-1] for number in range(first, last))
        return whole - stretch.before(start) + self._stretches[last].before(end)

    def is_open(self, at: int) -> bool:
        """Whether that moment is business time."""
        return self._stretches[at // _STRETCH].is_open(at)


#: One stay of a ticket: from which moment on, and which hours applied then, if any did.
Stay = tuple[int, OpenTime | None]


def business_seconds(stays: Sequence[Stay], start: int, end: int) -> int | None:
    """The business seconds in [start, end), each part by the hours that applied while it lasted.

    `stays` are in the order of time; the first applies before its moment too. `None` when no hours
    applied to some part: business time without a schedule is unknown, never 0.
    """
    if end <= start:
        return None if _applying(stays, start) is None else 0
    found = 0 if stays else None
    low = start
    for following, (_, open_time) in enumerate(stays, 1):
        high = min(end, stays[following][0]) if following < len(stays) else end
        if low < high:
            if open_time is None or found is None:
                return None
            found += open_time.seconds(low, high)
            low = high
    return found


def after_hours(stays: Sequence[Stay], at: int) -> bool | None:
    """Whether a moment is outside the hours that apply to it; `None` when none do."""
    open_time = _applying(stays, at)
    return None if open_time is None else not open_time.is_open(at)


def _applying(stays: Sequence[Stay], at: int) -> OpenTime | None:
    if not stays:
        return None
    began = bisect_right(stays, at, key=lambda stay: stay[0])
    return stays[max(began - 1, 0)][1]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Some weeks: `edges` are when it opens, closes, opens …, in turns.

    `sums[n]` are the open seconds before the n-th edge, counted from 1; the last is for all of it.
    """

    edges: list[int]
    sums: list[int]

    def before(self, at: int) -> int:
        """The open seconds of this stretch before a moment in it."""
        passed = bisect_right(self.edges, at)
        return self.sums[passed] + (at - self.edges[passed - 1] if passed & 1 else 0)

    def is_open(self, at: int) -> bool:
        return bisect_right(self.edges, at) & 1 == 1


#: From when until when which hours hold.
_Reign = tuple[int, int, Hours]


class _Stretches(dict[int, _Stretch]):
    """The stretches by their number, each compiled when it is first asked for.

    Two threads may compile the same one: they find the same, and either may keep it.
    """

    def __init__(self, reigns: Sequence[_Reign]) -> None:
        super().__init__()
        self._reigns = reigns

    def __missing__(self, number: int) -> _Stretch:
        stretch = self[number] = _compiled(self._reigns, number)
        return stretch


def _compiled(reigns: Iterable[_Reign], number: int) -> _Stretch:
    start, end = number * _STRETCH, (number + 1) * _STRETCH
    edges: list[int] = []
    sums = [0]
    for opens, closes in _openings(reigns, start, end):
        edges += (opens, closes)
        sums += (sums[-1], sums[-1] + closes - opens)
    return _Stretch(edges, sums)


def _reigns(calendar: Calendar) -> list[_Reign]:
    """When each version holds. Where zones differ by a day, a later version wins."""
    midnights = [
        _midnight(hours.zone, since) for since, hours in calendar.versions if since is not None
    ]
    starts = list(accumulate(reversed([*midnights, _LATEST]), min))[::-1]
    return [
        (start, end, hours)
        for (start, end), (_, hours) in zip(
            pairwise([_EARLIEST, *starts]), calendar.versions, strict=True
        )
    ]


def _openings(reigns: Iterable[_Reign], start: int, end: int) -> Iterator[Span]:
    """From when until when it is open, in order, within [start, end)."""
    for since, until, hours in reigns:
        if since < end and start < until:
            for low, high, offset in _steady(hours.zone, start, end):
                yield from _open(hours, max(low, since), min(high, until), offset)


def _open(hours: Hours, low: int, high: int, offset: int) -> Iterator[Span]:
    """The openings in [low, high), a stretch in which clocks are `offset` seconds ahead of UTC."""
    for day in range((low + offset) // DAY, (high - 1 + offset) // DAY + 1):
        midnight = day * DAY - offset
        for first, last in hours.on(date.fromordinal(_EPOCH + day)):
            opens = max(midnight + first * MINUTE, low)
            closes = min(midnight + last * MINUTE, high)
            if opens < closes:
                yield opens, closes


# --- Changes of the clock ---


@lru_cache(maxsize=4096)
def _steady(zone: ZoneInfo, start: int, end: int) -> Sequence[tuple[int, int, int]]:
    """The parts of [start, end) in which the clocks of a zone keep their offset, and the offset."""
    bounds = [start, *_changes(zone, start, end), end]
    return tuple(
        (low, high, _offset(zone, low) // timedelta(seconds=1)) for low, high in pairwise(bounds)
    )


def _changes(zone: ZoneInfo, start: int, end: int) -> Iterator[int]:
    """When the clocks of a zone change after `start` and before `end`."""
    probes = [(at, _offset(zone, at)) for at in (*range(start, end, _PROBE), end - 1)]
    for (at, before), (later, after) in pairwise(probes):
        changed, offset = at, before
        while offset != after:
            changed = _change(zone, changed, later)
            offset = _offset(zone, changed)
            yield changed


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """The first moment after `low`, and up to `high`, with another offset than at `low`."""
    offset = _offset(zone, low)
    return low + bisect_left(range(low, high), True, key=lambda at: _offset(zone, at) != offset)


def _offset(zone: ZoneInfo, at: int) -> timedelta:
    """By how much the clocks of a zone are ahead of UTC."""
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    assert offset is not None
    return offset


def _midnight(zone: ZoneInfo, day: date) -> int:
    """The first moment of a local date; of one that was skipped, that of the next."""
    local = datetime.combine(day, time.min, tzinfo=zone)
    first, second = (int(local.replace(fold=fold).timestamp()) for fold in (0, 1))
    # Of a midnight that clocks skip, the two come in reverse, and the change lies between them.
    return first if first <= second else _change(zone, second, first)


# --- Countries ---


def check_country(country: str, region: str | None = None) -> tuple[str, str | None]:
    """The codes of a country and a region whose public holidays are known, as `Hours` takes them.

    Takes codes (ISO 3166, also with three letters) and names in English; regions by their codes
    and the names that the country uses. Raises `CalendarError` (a `ValueError`) for others.
    """
    code = _country_code(country)
    if code is None:
        raise _no_country(country)
    return code, None if region is None else _region_code(code, region)


def _country_code(typed: str) -> str | None:
    plain = typed.strip().upper()
    # What CLDR calls aliases: UK, three letters, and what became another country, or several.
    aliases: Mapping[str, Sequence[str]] = get_global("territory_aliases")
    now = aliases.get(plain, ())
    code = now[0] if plain not in _countries() and len(now) == 1 else plain
    return code if code in _countries() else _names().get(plain.casefold())


def _no_country(typed: str) -> CalendarError:
    near = get_close_matches(typed.strip().casefold()[:_LONGEST_WORD], _names(), n=1, cutoff=0.7)
    if not near:
        message = "There are no holidays known for the country “{typed}”; one is e.g. {example}."
        return _unread(message, typed, "GR")
    code = _names()[near[0]]
    return CalendarError(
        "There are no holidays known for the country “{typed}”; did you mean {meant} ({name})?",
        typed=_quoted(typed),
        meant=code,
        name=_name(code),
    )


def _region_code(country: str, typed: str) -> str:
    entity = _known_holidays(country)
    codes = {code.casefold(): code for code in entity.subdivisions}
    named = {name.casefold(): code for name, code in entity.subdivisions_aliases.items()}
    found = (named | codes).get(typed.strip().casefold())
    if found is not None:
        return found
    if not codes:
        message = "No region of {name} has holidays of its own; leave “{typed}” out."
        raise CalendarError(message, name=_name(country), typed=_quoted(typed))
    raise CalendarError(
        "There are no holidays known for the region “{typed}” of {name}; its regions are {codes}.",
        typed=_quoted(typed),
        name=_name(country),
        codes=", ".join(entity.subdivisions),
    )


@cache
def _countries() -> frozenset[str]:
    """The codes of the countries whose holidays are known."""
    # Reading all countries takes longer than starting may.
    from holidays import list_supported_countries  # noqa: PLC0415

    return frozenset(list_supported_countries(include_aliases=False))


@cache
def _names() -> dict[str, str]:
    """Those countries by their English names, in small letters."""
    return {_name(code).casefold(): code for code in _countries()}


def _name(country: str) -> str:
    return str(Locale("en").territories.get(country, country))


def _known_holidays(
    country: str, region: str | None = None, year: int | None = None
) -> HolidayBase:
    from holidays import country_holidays  # noqa: PLC0415  see _countries

    # Without a language the package reads one from the environment.
    return country_holidays(country, subdiv=region, years=year, language="en_US")


@cache
def _holidays(country: str, region: str | None, year: int) -> frozenset[date]:
    """The public holidays of a year, with the days on which they are observed instead."""
    return frozenset(_known_holidays(*check_country(country, region), year))


# --- Weeks ---

_WEEK = range(7)
_SATURDAY_AND_SUNDAY = frozenset({5, 6})
_FRIDAY_AND_SATURDAY = frozenset({4, 5})


def country_of(zone: ZoneInfo) -> str | None:
    """The country that a time zone belongs to; `None` for UTC and zones that nobody lives by.

    Some zones have several names (`Egypt` is `Africa/Cairo`), of which CLDR knows one.
    """
    known = get_global("zone_aliases").get(zone.key, zone.key)
    country: str | None = get_global("zone_territories").get(known)
    return country


def is_public_holiday(day: date, country: str | None) -> bool:
    """Whether a day is a public holiday all over a country; false where none are known."""
    if country is None or country not in _countries():
        return False
    return day in _holidays(country, None, day.year)


def usual_hours(zone: ZoneInfo, spans: Spans) -> Hours:
    """The same hours on every working day where that zone is, but for its public holidays."""
    country = country_of(zone)
    working = working_days(country)
    week = tuple(spans if weekday in working else () for weekday in _WEEK)
    return Hours(zone, week, country if country in _countries() else None)


def first_weekday(country: str | None) -> int:
    """The day on which a week starts in a country (ISO 3166); 0 is Monday, as where none is known.

    By CLDR, except that where Friday and Saturday are off it is Sunday: for some of those (Egypt,
    Jordan) CLDR still says Saturday, of a time when Saturday was the first day of work.
    """
    if _weekend(country) == _FRIDAY_AND_SATURDAY:
        return 6
    known = _territory(country)
    return 0 if known is None else known.first_week_day


def working_days(country: str | None) -> tuple[int, ...]:
    """The weekdays on which people work in a country (ISO 3166); Monday (0) to Friday elsewhere."""
    return tuple(weekday for weekday in _WEEK if weekday not in _weekend(country))


@cache
def _weekend(country: str | None) -> frozenset[int]:
    """The days off: Friday in Iran (Thursday is half a day for some), two days in most countries.

    The holidays package is kept by country and newer than CLDR, which has nothing of Bangladesh or
    Brunei and the Afghan weekend of old. But where it says Saturday and Sunday nobody may have
    looked (Libya), and CLDR may know better.
    """
    if country is not None and country.upper() in _countries():
        told = frozenset(_known_holidays(country.upper()).weekend)
        if told != _SATURDAY_AND_SUNDAY:
            return told
    known = _territory(country)
    if known is None:
        return _SATURDAY_AND_SUNDAY
    length = (known.weekend_end - known.weekend_start) % 7 + 1
    return frozenset((known.weekend_start + step) % 7 for step in range(length))


def _territory(country: str | None) -> Locale | None:
    """The locale that most people of a country use; its data on weeks are the country's."""
    try:
        found = Locale.parse(f"und_{country}")
    except (UnknownLocaleError, ValueError):
        return None
    # A code that CLDR does not know falls back to another country.
    return found if country is not None and found.territory == country.upper() else None
