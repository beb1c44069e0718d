"""Reads for which time alerts are to be held back, and until when one is to be snoozed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.alerts.quiet import Mute, Period, Weekly
from bot.errors import UsageError
from commands.times import parse_duration, parse_time, parse_weekdays
from commands.words import FOR_EXAMPLE, examples, plain, quoted

EXAMPLE = "/alert mute for 2h because we move the office"
UNTIL_EXAMPLE = "/alert mute 3 until tomorrow 9:00 because we move the office"
WEEKLY_EXAMPLE = "/alert mute every sat,sun because nobody is here"
NIGHTLY_EXAMPLE = "/alert mute every day 22:00-7:00 because we sleep"

#: Longer than this a mute is a rule that nobody wants: pause it, or remove it.
LONGEST = timedelta(days=31)

#: When a day begins for whoever says "until tomorrow".
MORNING = time(9)

#: So far ahead somebody is at work again, holidays or not.
_NEXT_WORK = timedelta(days=31)

_HOURS = re.compile(r"(?P<opens>\S+?) ?(?:-|–|—| to | until )+ ?(?P<closes>\S+)")
_DATE = re.compile(r"(?P<day>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})(?: (?P<time>.+))?")


@dataclass(frozen=True, slots=True)
class MuteText:
    """What was typed: a rule by its number (`None`: all of the channel), when, and why."""

    rule: int | None
    mute: Mute
    why: str


def parse_mute(text: str, *, now: datetime, zone: ZoneInfo) -> MuteText:
    """The mute in `[rule] for 2h | until tomorrow 9:00 | every sat,sun [22:00-7:00] because …`.

    Why is asked for: whoever wonders about the silence reads it. Raises `UsageError`.
    """
    told, why = _split(text)
    if not why.strip():
        raise UsageError("It is not said why.", FOR_EXAMPLE, example=examples(EXAMPLE))
    rule, when = _numbered(told)
    return MuteText(rule, _mute(when, now, zone), " ".join(why.split())[:200])


def _split(text: str) -> tuple[str, str]:
    """What is said before and after “because”; where that is not said, a colon or a dash will do.

    Not both at once: in `every mon - fri because …` the dash is between two days.
    """
    for sign in (r"\s(?:because|as)\s", r":\s|\s[-–—]\s"):
        told, *why = re.split(sign, f" {text} ", maxsplit=1)
        if why:
            return told.strip(), why[0]
    return text.strip(), ""


def _numbered(text: str) -> tuple[int | None, str]:
    first, _, rest = text.partition(" ")
    number = plain(first).removeprefix("#")
    if number.isdigit():
        return int(number), rest
    return None, rest if number == "all" else text


def _mute(when: str, now: datetime, zone: ZoneInfo) -> Mute:
    typed = plain(when)
    keyword, _, rest = typed.partition(" ")
    match keyword:
        case "for":
            return Period(now, _not_too_long(now, now + parse_duration(rest, example=EXAMPLE)))
        case "until" | "till":
            until = parse_until(rest, now=now, zone=zone, example=UNTIL_EXAMPLE)
            return Period(now, _not_too_long(now, until))
        case "every" | "each" | "on":
            # “every day” is one word for a set of days, “every sat” is two.
            return _weekly(typed if rest.startswith("day") else rest, now, zone)
    raise UsageError(
        "It is not said for how long.",
        FOR_EXAMPLE,
        example=examples(EXAMPLE, UNTIL_EXAMPLE, WEEKLY_EXAMPLE),
    )


def _not_too_long(now: datetime, until: datetime) -> datetime:
    if until - now > LONGEST:
        raise UsageError(
            "A mute lasts at most 31 days.",
            "To hear no more of a rule, pause it: `/alert pause 3`",
        )
    return until


def _weekly(text: str, now: datetime, zone: ZoneInfo) -> Weekly:
    words = text.split(" ")
    at = next((n for n, word in enumerate(words) if n and word[:1].isdigit()), len(words))
    days = parse_weekdays(" ".join(words[:at]).removesuffix(" from"), example=NIGHTLY_EXAMPLE)
    opens, closes = _hours(" ".join(words[at:]))
    return Weekly(days, opens, closes, zone, now)


def _hours(text: str) -> tuple[time, time]:
    """From when to when; without any, all day."""
    if not text:
        return time(0), time(0)
    match = _HOURS.fullmatch(text)
    if match is None:
        raise UsageError(
            "“{typed}” is not from one time of day to another.",
            FOR_EXAMPLE,
            typed=quoted(text),
            example=examples(NIGHTLY_EXAMPLE),
        )
    return (
        parse_time(match["opens"], example=NIGHTLY_EXAMPLE),
        parse_time(match["closes"], example=NIGHTLY_EXAMPLE),
    )


def parse_until(text: str, *, now: datetime, zone: ZoneInfo, example: str) -> datetime:
    """The moment in `17:00`, `tomorrow`, `tomorrow 8:30`, `monday 9:00`, `2026-12-01 9:00`.

    A time that is past today is that of tomorrow. Raises `UsageError`.
    """
    typed = plain(text).replace(" at ", " ")
    today = now.astimezone(zone).date()
    day, at = _day_and_time(typed, now.astimezone(zone), example)
    until = datetime.combine(day or today, at, tzinfo=zone)
    if day is None and until <= now:
        until = datetime.combine(today + timedelta(days=1), at, tzinfo=zone)
    if until <= now:
        raise UsageError(
            "“{typed}” is past.", FOR_EXAMPLE, typed=quoted(text), example=examples(example)
        )
    return until


def _day_and_time(typed: str, now: datetime, example: str) -> tuple[date | None, time]:
    """A weekday is today where that is still to come, else that of the coming week."""
    first, _, rest = typed.partition(" ")
    today = now.date()
    if (match := _DATE.fullmatch(typed)) is not None:
        return _date(match["day"], example), _time(match["time"], example)
    if first == "tomorrow":
        return today + timedelta(days=1), _time(rest, example)
    if first[:1].isalpha() and first not in ("noon", "midday", "midnight"):
        weekday, at = parse_weekdays(first, example=example)[0], _time(rest, example)
        day = today + timedelta(days=(weekday - today.weekday()) % 7)
        is_past = datetime.combine(day, at, tzinfo=now.tzinfo) <= now
        return day + timedelta(days=7 * is_past), at
    return None, parse_time(typed, example=example)


def _time(typed: str | None, example: str) -> time:
    return parse_time(typed, example=example) if typed else MORNING


def _date(typed: str, example: str) -> date:
    try:
        return date(*map(int, typed.split("-")))
    except ValueError:
        raise UsageError(
            "“{typed}” is no date: write year, month and day.",
            FOR_EXAMPLE,
            typed=quoted(typed),
            example=examples(example),
        ) from None


def next_working_hour(now: datetime, is_open: Callable[[datetime], bool]) -> datetime:
    """When somebody is at work again: the next full or half hour that is in office hours.

    At work already, it is the beginning of the next stretch; where there is none in a month, a day
    from now.
    """
    step = timedelta(minutes=30)
    at = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
    was_open = is_open(at)
    for _ in range(_NEXT_WORK // step):
        at += step
        if is_open(at) and not was_open:
            return at
        was_open = is_open(at)
    return now + timedelta(days=1)


def parse_past(text: str, *, now: datetime, zone: ZoneInfo, example: str) -> datetime:
    """The moment in `14:05`, `at 14:05`, `yesterday 14:05`, `monday 9:00`, `2026-11-19 14:05`.

    A time that is still to come today is that of yesterday; without any it is now. Raises
    `UsageError`.
    """
    typed = plain(text).removeprefix("at ").replace(" at ", " ")
    if not typed or typed == "now":
        return now
    today = now.astimezone(zone).date()
    day, at = _past_day_and_time(typed, today, example)
    moment = datetime.combine(day or today, at, tzinfo=zone)
    if day is None and moment > now:
        moment = datetime.combine(today - timedelta(days=1), at, tzinfo=zone)
    if moment > now:
        raise UsageError(
            "“{typed}” is still to come.",
            FOR_EXAMPLE,
            typed=quoted(text),
            example=examples(example),
        )
    return moment


def _past_day_and_time(typed: str, today: date, example: str) -> tuple[date | None, time]:
    first, _, rest = typed.partition(" ")
    if (match := _DATE.fullmatch(typed)) is not None:
        return _date(match["day"], example), parse_time(match["time"] or "", example=example)
    if first in ("today", "yesterday"):
        back = timedelta(days=first == "yesterday")
        return today - back, parse_time(rest, example=example)
    if first[:1].isalpha() and first not in ("noon", "midday", "midnight"):
        weekday = parse_weekdays(first, example=example)[0]
        behind = (today.weekday() - weekday - 1) % 7 + 1
        return today - timedelta(days=behind), parse_time(rest, example=example)
    return None, parse_time(typed, example=example)
