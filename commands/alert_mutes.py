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
#: What comes before the reason, and what may do so too.
_SAID_WHY, _DASH = re.compile(r"\s(?:because|as)\s|:\s"), re.compile(r"\s[-–—]\s")

#: More than one rule: 1,2 or 1 and 2.
_SEVERAL = re.compile(r"(?P<rules>#?(?P<first>[0-9]+)(?: ?(?:,|and|&|\+) ?#?[0-9]+)+)(?: |$)")

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
    rule, when = _numbered(told)
    if not why.strip():
        raise _without_why(told, when, now, zone)
    return MuteText(rule, _mute(when, now, zone), " ".join(why.split())[:200])


def _without_why(told: str, when: str, now: datetime, zone: ZoneInfo) -> UsageError:
    """What is to be mended where no “because” is said: that, or first for how long it is."""
    words = when.split()
    for count in range(len(words), 0, -1):
        if (wrong := _wrong_mute(" ".join(words[:count]), now, zone)) is None:
            kept = told.removesuffix(when) + " ".join(words[:count])
            why = " ".join(words[count:]).lstrip("-–— ") or "we move the office"
            # A number belongs to the time: `every sat 22:00` is no reason.
            if not why[:1].isdigit():
                return _no_why(f"/alert mute {kept} because {why}")
    wrong = _wrong_mute(when, now, zone) if words else None
    return wrong or _no_why(EXAMPLE)


def _no_why(example: str) -> UsageError:
    return UsageError("It is not said why.", FOR_EXAMPLE, example=examples(example))


def _wrong_mute(when: str, now: datetime, zone: ZoneInfo) -> UsageError | None:
    try:
        _mute(when, now, zone)
    except UsageError as error:
        return error
    return None


def _split(text: str) -> tuple[str, str]:
    """What is said before and after “because”; where that is not said, a colon or a dash will do.

    A dash last: in `every mon - fri 22:00 - 7:00: …` each is between two days, or two times.
    """
    padded = f" {text} "
    found = _SAID_WHY.search(padded) or next(
        (one for one in _DASH.finditer(padded) if not _goes_on(padded[one.end() :])), None
    )
    if found is None:
        return text.strip(), ""
    return padded[: found.start()].strip(), padded[found.end() :]


def _goes_on(rest: str) -> bool:
    """Whether what follows a dash is the end of a span: a weekday, or a time of day."""
    word = plain(rest).partition(" ")[0].rstrip(",")
    try:
        parse_time(word, example=EXAMPLE)
    except UsageError:
        return _weekday(word) is not None
    return True


def _numbered(text: str) -> tuple[int | None, str]:
    first, _, rest = text.partition(" ")
    number = plain(first).removeprefix("#")
    if (several := _SEVERAL.match(plain(text))) is not None:
        raise UsageError(
            "A mute is of one rule, or of all; “{typed}” are several.",
            "Mute each by itself: {example}",
            typed=quoted(several["rules"].strip()),
            example=examples(f"/alert mute {several['first']} for 2h because we move the office"),
        )
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
    if (day := _weekday(keyword)) is not None:
        raise UsageError(
            "“{typed}” may mean each of them, or until then.",
            "Say which: {example}",
            typed=quoted(when),
            example=examples(
                f"/alert mute every {typed} because nobody is here",
                f"/alert mute until {day} because nobody is here",
            ),
        )
    if keyword == "yesterday":
        raise _past(when, UNTIL_EXAMPLE)
    raise UsageError(
        "It is not said for how long.",
        FOR_EXAMPLE,
        example=examples(EXAMPLE, UNTIL_EXAMPLE, WEEKLY_EXAMPLE),
    )


def _weekday(word: str) -> str | None:
    """The first weekday of those that a word names; `None` where it names none."""
    try:
        parse_weekdays(word, example=EXAMPLE)
    except UsageError:
        return None
    return re.split(r"[,–-]", word)[0]


def _past(typed: str, example: str) -> UsageError:
    return UsageError(
        "“{typed}” is past.", FOR_EXAMPLE, typed=quoted(typed), example=examples(example)
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
        raise _past(text, example)
    return until


def _day_and_time(typed: str, now: datetime, example: str) -> tuple[date | None, time]:
    """A weekday is today where that is still to come, else that of the coming week."""
    first, _, rest = typed.partition(" ")
    today = now.date()
    if (match := _DATE.fullmatch(typed)) is not None:
        return _date(match["day"], example), _time(match["time"], example)
    if first in ("yesterday", "today", "tomorrow"):
        days = ("yesterday", "today", "tomorrow").index(first) - 1
        return today + timedelta(days=days), _time(rest, example)
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
    if typed.split(" ")[0] == "tomorrow":
        raise _to_come(text, example)
    day, at = _past_day_and_time(typed, today, example)
    moment = datetime.combine(day or today, at, tzinfo=zone)
    if day is None and moment > now:
        moment = datetime.combine(today - timedelta(days=1), at, tzinfo=zone)
    if moment > now:
        raise _to_come(text, example)
    return moment


def _to_come(typed: str, example: str) -> UsageError:
    return UsageError(
        "“{typed}” is still to come.", FOR_EXAMPLE, typed=quoted(typed), example=examples(example)
    )


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
