"""Reads when a survey opens and closes, of what was typed behind `/enps` and `/pulse`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.calendars import country_of, first_weekday, working_days
from bot.errors import UsageError
from bot.surveys.moments import LONGEST, SHORTEST, local_moment, opens, shortest_pause
from bot.surveys.survey import Cadence, Every, Kind
from bot.surveys.wording import CLOSES, clock
from commands.alert_mutes import parse_until
from commands.alert_phrases import SPANS, duration
from commands.alert_words import Typed
from commands.survey_phrases import COUNTED, NUMBERS, SAMPLES, UNITS
from commands.times import parse_duration, parse_time, time_in, weekdays_in
from commands.words import FOR_EXAMPLE, examples, quoted

#: A survey of which nothing is said is open for so many days at least: some are not there every day.
USUAL_DAYS = 3

_DAY = timedelta(days=1)

#: How many words a moment has at most (`fri at 5 pm`), and a duration.
_LONGEST_MOMENT, _LONGEST_SPAN = 4, 4

#: Said of one that would be open for longer than `LONGEST`; and the units of which one is too long.
TOO_LONG = "A survey is open for at most 31 days."
_LONG_UNITS = [name for name, (_, unit) in UNITS.items() if unit is not Every.WEEK]
_TOO_LONG = frozenset((*_LONG_UNITS, *(f"a {unit}" for unit in _LONG_UNITS)))

#: What looks like a time of day; a date as others write it, such as `27 nov` or `27.11.`; `end of week`.
_CLOCK = re.compile(r"[0-9]{1,2}[:.h][0-9]{2}")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_OTHER_DATE = re.compile(
    rf"[0-9]{{1,2}}(?:st|nd|rd|th|\.)? (?:of )?(?:{_MONTHS})[a-z]*|(?:{_MONTHS})[a-z]*\.? [0-9]{{1,2}}"
    r"(?:st|nd|rd|th)?|[0-9]{1,2}[./][0-9]{1,2}(?:[./](?:[0-9]{4}|[0-9]{2})?)?(?= |$)"
)
_END = re.compile(r"(?:the )?end of (?:the )?\S+|eow|eod|eom")

#: A day that means another one each time, or but once.
_ONE_DAY = re.compile(r"[0-9]{4}-|today|tomorrow")


@dataclass(slots=True)
class Open:
    """For how long a survey is open, as it was said: until when, for how long, both or neither."""

    until: str | None = None
    lasting: timedelta | None = None


# --- Words ---------------------------------------------------------------------------------------


def read_time(words: Typed, *, may_be_bare: bool) -> time | None:
    """The time of day with which the words go on, which is read then; only `10` may be bare."""
    left = [word.plain for word in words.left[:3]]
    for length in (2, 1):
        text, after = " ".join(left[:length]), "".join(left[length : length + 1])
        is_bare = text.isdecimal()
        if (is_bare and (not may_be_bare or after in COUNTED)) or (found := time_in(text)) is None:
            continue
        words.at += length
        return found
    return None


def read_until(words: Typed, zone: ZoneInfo, now: datetime, example: str) -> str:
    """The words of a moment: `fri 17:00`, `friday`, `17:00`, `tomorrow 12:00`, `2026-12-01`."""
    left = [word.plain for word in words.left[: _LONGEST_MOMENT + 1]]
    for length in range(min(len(left), _LONGEST_MOMENT), 0, -1):
        is_counted = left[length - 1].isdecimal() and "".join(left[length : length + 1]) in COUNTED
        text = " ".join(left[:length])
        if not is_counted and _moment(text, zone, now) is not None:
            words.at += length
            if _CLOCK.fullmatch(words.next.plain):
                parse_time(words.next.plain, example=example)
            return text
    raise _no_moment(words, zone, now, example)


def _no_moment(words: Typed, zone: ZoneInfo, now: datetime, example: str) -> UsageError:
    """Why the words are no moment, with a day of the week and a date as examples."""
    left = [word.plain for word in words.left[:_LONGEST_MOMENT]]
    date_, end = _OTHER_DATE.match(" ".join(left)), _END.match(" ".join(left))
    typed = words.next.typed
    if not left:
        message = "It is not said until when."
    elif date_ or end:
        message = "“{typed}” is no date: write year, month and day." if date_ else _NO_MOMENT
        typed = (date_ or end or [""])[0]
    elif len(weekdays_in(left[0]) or ()) > 1:
        message = "“{typed}” is more than one day."
    else:
        try:
            parse_until(left[0], now=now, zone=zone, example=example)
        except UsageError as error:
            return error
        message = _NO_MOMENT
    day = now.astimezone(zone).date() + timedelta(weeks=1)
    both = [example, example.replace(SAMPLES["until"], f"until {day}")]
    shown = examples(*both[: 1 + (" start " in example)])
    return UsageError(message, FOR_EXAMPLE, typed=quoted(typed), example=shown)


_NO_MOMENT = "“{typed}” is neither a day nor a time."


def read_span(words: Typed, example: str) -> timedelta:
    """How long it is open: `3 days`, `2 weeks`, `a week`, `8h`."""
    if words.begins(_TOO_LONG) or (
        words.next.plain in NUMBERS and Typed(words.left[1:]).begins(_TOO_LONG)
    ):
        raise UsageError(TOO_LONG, FOR_EXAMPLE, example=examples(example))
    said = words.phrase(SPANS) or words.longest(duration, _LONGEST_SPAN)
    return parse_duration(words.take().plain, example=example) if said is None else said


def _moment(text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The moment that a text means, at the usual time where it is but a day."""
    said = text.split(" ")
    has_time = any(time_in(" ".join(said[-length:])) is not None for length in (1, 2))
    if len(weekdays_in(said[0]) or ()) > 1:
        return None
    try:
        whole = text if has_time else f"{text} {clock(CLOSES)}"
        return parse_until(whole, now=now, zone=zone, example="")
    except UsageError:
        return None


# --- For how long --------------------------------------------------------------------------------


def days_and_closes(
    kind: Kind, cadence: Cadence | None, said: Open, *, zone: ZoneInfo, now: datetime, example: str
) -> tuple[int, time]:
    """How many days after it opens a survey closes, and at what time: as said, or as is usual.

    A survey without a cadence opens `now`. Raises `UsageError` for one that would be open too short or
    too long, or still be open when the next one opens.
    """
    opening = now if cadence is None else opens(cadence, now, zone, now).at
    first = opening.astimezone(zone).date()
    if said.until is None and said.lasting is None:
        closes = _usual(kind, opening, cadence, zone)
    else:
        closes = _closes(said, opening, cadence, zone, example)
    if (wrong := wrong_span(opening, closes, cadence, zone)) is not None:
        raise UsageError(wrong, FOR_EXAMPLE, example=examples(example))
    local = closes.astimezone(zone)
    return (local.date() - first).days, local.time()


def _usual(kind: Kind, opening: datetime, cadence: Cadence | None, zone: ZoneInfo) -> datetime:
    """When a survey closes of which nothing is said; an eNPS every week as early as a pulse."""
    first = opening.astimezone(zone).date()
    late, early = (
        local_moment(first + _DAY * usual_days(one, first, zone), CLOSES, zone)
        for one in (kind, Kind.PULSE)
    )
    return late if wrong_span(opening, late, cadence, zone) is None else early


def usual_days(kind: Kind, first: date, zone: ZoneInfo) -> int:
    """A pulse closes on a working day, an eNPS on the last one of a week, at least three days on."""
    country = country_of(zone)
    working = working_days(country)
    last = max(working, key=lambda weekday: (weekday - first_weekday(country)) % 7)
    wanted = (last,) if kind is Kind.ENPS else working
    days = range(USUAL_DAYS, USUAL_DAYS + 7)
    return next(one for one in days if (first + _DAY * one).weekday() in wanted)


def _closes(
    said: Open, opening: datetime, cadence: Cadence | None, zone: ZoneInfo, example: str
) -> datetime:
    if said.until is None:
        return _after(said.lasting or _DAY, opening, zone)
    if said.lasting is not None:
        return _at_time(said.until, said.lasting, opening, zone, example)
    if cadence is not None and _ONE_DAY.match(said.until):
        raise UsageError(
            "“{typed}” is one day, and the survey opens again and again.",
            "Say for how long each is open, or until which weekday. For example: {example}",
            typed=quoted(said.until),
            example=examples(example),
        )
    moment = _moment(said.until, zone, opening)
    assert moment is not None
    return moment


def _after(lasting: timedelta, opening: datetime, zone: ZoneInfo) -> datetime:
    """Whole days end at the usual time; hours as long after it opened, to the full minute."""
    if lasting % _DAY:
        late = opening + lasting + timedelta(minutes=1, microseconds=-1)
        return late.replace(second=0, microsecond=0)
    return local_moment(opening.astimezone(zone).date() + lasting, CLOSES, zone)


def _at_time(
    until: str, lasting: timedelta, opening: datetime, zone: ZoneInfo, example: str
) -> datetime:
    """So many days later, at a time of day."""
    at = time_in(until)
    if at is None or lasting % _DAY:
        raise UsageError(
            "It is said twice for how long the survey is open.",
            "Say “for” or “until”. For example: {example}",
            example=examples(example),
        )
    return local_moment(opening.astimezone(zone).date() + lasting, at, zone)


def wrong_span(
    opening: datetime, closes: datetime, cadence: Cadence | None, zone: ZoneInfo
) -> str | None:
    """What is wrong with how long a survey is open, as a msgid; `None` where nothing is."""
    if closes - opening < SHORTEST:
        return "A survey is open for at least 4 hours, so that everybody at work sees it."
    if closes.astimezone(zone).date() - opening.astimezone(zone).date() > LONGEST:
        return TOO_LONG
    if cadence is not None and _next_opening(cadence, opening, zone) < closes:
        return "The next survey would open before this one closes."
    return None


def _next_opening(cadence: Cadence, opening: datetime, zone: ZoneInfo) -> datetime:
    """When the next survey opens where that is soonest."""
    day = opening.astimezone(zone).date() + shortest_pause(cadence)
    return local_moment(day, cadence.at, zone)
