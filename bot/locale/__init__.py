"""The texts and number formats of a reader's language.

English texts are the msgids; a catalogue for another language is a file
`<language>/LC_MESSAGES/deskpulse.mo` in this folder. Numbers and dates are Babel's, in the digits
of the locale, which Babel leaves to us.
"""

from __future__ import annotations

import gettext
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, localedata
from babel.dates import format_date, format_interval, format_skeleton, format_time, match_skeleton
from babel.numbers import format_decimal, format_percent

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@cache
def _translations(language: str) -> gettext.NullTranslations:
    return gettext.translation(
        "deskpulse", str(files("bot.locale")), languages=[language], fallback=True
    )


#: What Unicode calls the digits of the numbering systems that are some locale's own.
_DIGITS = {
    "adlm": "ADLAM",
    "arab": "ARABIC-INDIC",
    "arabext": "EXTENDED ARABIC-INDIC",
    "beng": "BENGALI",
    "cakm": "CHAKMA",
    "deva": "DEVANAGARI",
    "hmnp": "NYIAKENG PUACHUE HMONG",
    "mtei": "MEETEI MAYEK",
    "mymr": "MYANMAR",
    "nkoo": "NKO",
    "olck": "OL CHIKI",
    "tibt": "TIBETAN",
}


@cache
def _digits(locale: str) -> dict[int, str]:
    """For `str.translate`: from the digits that Babel writes to those that the locale writes."""
    script = _DIGITS.get(Locale.parse(locale).default_numbering_system)
    if script is None:
        return {}
    zero = ord(unicodedata.lookup(f"{script} DIGIT ZERO"))
    return {ord("0") + digit: chr(zero + digit) for digit in range(10)}


def _percent_sign(locale: str) -> str:
    known = Locale.parse(locale)
    return str(known.number_symbols[known.default_numbering_system].get("percentSign", "%"))


def _pattern(locale: str, skeleton: str) -> str:
    """The locale's order of the parts of a date; a part may be shorter than was asked for."""
    known = Locale.parse(locale).datetime_skeletons
    return str(known[match_skeleton(skeleton, known) or skeleton].pattern)


def known_locale(name: str | None, fallback: str = "en") -> str:
    """The locale that a name such as Slack's "en-GB" means; `fallback` for one nobody knows.

    So it is too for those of which CLDR knows next to nothing: they have no names of months.
    """
    try:
        found = str(Locale.parse((name or fallback).replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return fallback
    return found if _has_names_of_months(found) else fallback


@cache
def _has_names_of_months(locale: str) -> bool:
    """Whether it does not share the M01 to M12 of all languages.

    To read those where they are shared spoils them for every locale that is loaded later: Babel
    2.18 keeps in the shared data what an alias came to (`LocaleDataDict.__getitem__`).
    """
    return localedata.load(locale)["months"] is not localedata.load("root")["months"]


def isolated(name: str) -> str:
    """A name that keeps its own direction: right-to-left text does not turn what stands beside it.

    Wrapped in Unicode's FIRST STRONG ISOLATE when it has any letter that runs right to left.
    """
    runs_left = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in name)
    return f"\u2068{name}\u2069" if runs_left else name


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever a text is for: their language and their time zone."""

    locale: str
    zone: ZoneInfo

    @property
    def translations(self) -> gettext.NullTranslations:
        """The catalogue of the reader's language."""
        return _translations(self.locale)

    @property
    def runs_left(self) -> bool:
        """Whether the reader's language is written from right to left."""
        return Locale.parse(self.locale).text_direction == "rtl"

    def text(self, message: str, /, **values: object) -> str:
        """The message in the reader's language, with its named places filled."""
        return self.template(message).format(**values)

    def template(self, message: str) -> str:
        """The message in the reader's language, its places still to be filled."""
        return self.translations.gettext(message)

    def plural(self, one: str, many: str, n: int, /, **values: object) -> str:
        """The message that fits the number `n`; `{n}` in it is that number, formatted."""
        message = self.translations.ngettext(one, many, n)
        return message.format(n=self.number(n), **values)

    def listed(self, parts: Iterable[str]) -> str:
        """One, two, three: parts of equal rank, with the comma of the reader's language."""
        return self.template(", ").join(parts)

    def _native(self, text: str) -> str:
        """What Babel wrote, in the reader's digits."""
        return text.translate(_digits(self.locale))

    # --- numbers ---

    def number(self, value: float, *, decimals: int = 0) -> str:
        """142, 1,204, 2.4: grouped as the reader is used to."""
        return self._decimal(value, "#,##0" + ("." + "0" * decimals if decimals else ""))

    def _decimal(self, value: float, pattern: str) -> str:
        return self._native(
            format_decimal(value, pattern, locale=self.locale, numbering_system="default")
        )

    def percent(self, share: float, *, decimals: int = 0) -> str:
        """94%: a share of 0 to 1 in hundredths."""
        pattern = Locale.parse(self.locale).percent_formats[None].pattern
        if decimals:
            pattern = pattern.replace("0", f"0.{'0' * decimals}")
        shown = format_percent(share, pattern, locale=self.locale, numbering_system="default")
        return self._native(shown.replace("%", _percent_sign(self.locale)))

    def duration(self, seconds: float) -> str:
        """A duration as people say it, to two figures: 45 s, 42 min, 2 h 10, 9 h, 3 d."""
        if round(seconds) < MINUTE:
            return self.text("{n} s", n=self.number(round(seconds)))
        if round(seconds / MINUTE) < 60:
            return self.text("{n} min", n=self.number(round(seconds / MINUTE)))
        minutes = round(seconds / MINUTE)
        if minutes < 10 * 60 and minutes % 60:
            return self.text(
                "{h} h {m}", h=self.number(minutes // 60), m=self._decimal(minutes % 60, "00")
            )
        if minutes < 48 * 60:
            return self.text("{n} h", n=self.number(round(minutes / 60)))
        days = round(seconds / DAY, 1)
        whole = days >= 10 or days.is_integer()
        return self.text("{n} d", n=self.number(days, decimals=0 if whole else 1))

    def ago(self, moment: datetime, now: datetime) -> str:
        """How long ago, e.g. "3 h ago"."""
        return self.text("{duration} ago", duration=self.duration((now - moment).total_seconds()))

    # --- days and times ---

    def time_of(self, moment: datetime, style: Literal["short", "medium"] = "short") -> str:
        """06:58, or 6:58 AM where that is the custom; with seconds in the medium style."""
        return self._native(format_time(moment, style, tzinfo=self.zone, locale=self.locale))

    def clock_time(self, at: time) -> str:
        """A time of day that belongs to no day yet."""
        return self._native(format_time(at, "short", locale=self.locale))

    def moment(self, moment: datetime, now: datetime) -> str:
        """A time today, else a day and a time."""
        if moment.astimezone(self.zone).date() == now.astimezone(self.zone).date():
            return self.time_of(moment)
        return self.day_and_time(moment)

    def day_and_time(self, moment: datetime, *, with_year: bool = False) -> str:
        """Thu, Nov 19, 6:58 AM; with its year where one would not know.

        It stands in sentences, so it keeps its own direction there.
        """
        skeleton = "yMMMEd" if with_year else "MMMEd"
        day = self._skeleton(moment.astimezone(self.zone).date(), skeleton)
        return isolated(self.text("{day}, {time}", day=day, time=self.time_of(moment)))

    def day(self, day: date) -> str:
        """Thursday, November 19 — in the reader's order."""
        pattern = _pattern(self.locale, "MMMMEEEEd")
        whole = re.sub("E+|ccc", "EEEE", re.sub("MMM+", "MMMM", pattern))
        return self._native(format_date(day, whole, self.locale))

    def short_day(self, day: date) -> str:
        """Thu, Nov 19."""
        return self._skeleton(day, "MMMEd")

    def days(self, first: date, last: date) -> str:
        """A day, or from one to another (both included): Nov 13 – 19, 2026.

        It stands in sentences, so it keeps its own direction there.
        """
        if first == last:
            return isolated(self.day(first))
        return isolated(self._interval(first, last, "yMMMd"))

    def short_date(self, day: date) -> str:
        """Nov 19."""
        return self._skeleton(day, "MMMd")

    def days_briefly(self, first: date, last: date) -> str:
        """Thu 19, or Nov 13 – 19: as narrow as the head of a column has to be."""
        if first == last:
            return self._skeleton(first, "Ed")
        return self._interval(first, last, "MMMd")

    def _interval(self, first: date, last: date, skeleton: str) -> str:
        return self._native(str(format_interval(first, last, skeleton, locale=self.locale)))

    def _skeleton(self, day: date, skeleton: str) -> str:
        return self._native(str(format_skeleton(skeleton, day, locale=self.locale)))

    def long_date(self, day: date, style: Literal["medium", "long", "full"] = "long") -> str:
        """November 19, 2026; with a shorter month, or with the weekday, in the other styles."""
        return self._native(format_date(day, style, locale=self.locale))

    def weekday(self, number: int, *, plural: bool = False) -> str:
        """The name of a weekday, 0 for Monday."""
        if plural:
            return self.text(_WEEKDAYS[number])
        return str(Locale.parse(self.locale).days["format"]["wide"][number])

    def weekday_briefly(self, number: int) -> str:
        """The short name of a weekday, 0 for Monday."""
        return str(Locale.parse(self.locale).days["format"]["abbreviated"][number])

    def weekdays(self, numbers: tuple[int, ...]) -> str:
        """Names for a set of weekdays: every day, Monday to Friday, or each by name."""
        if len(numbers) == 7:
            return self.text("every day")
        short = Locale.parse(self.locale).days["format"]["abbreviated"]
        if len(numbers) > 2 and list(numbers) == list(range(numbers[0], numbers[-1] + 1)):
            return self.text("{first} to {last}", first=short[numbers[0]], last=short[numbers[-1]])
        return self.listed(short[number] for number in numbers)


#: "Usual on Thursdays" cannot be made from the name of a day in every language.
_WEEKDAYS = (
    "Mondays",
    "Tuesdays",
    "Wednesdays",
    "Thursdays",
    "Fridays",
    "Saturdays",
    "Sundays",
)


def whole_days(start: datetime, end: datetime) -> tuple[date, date]:
    """The first and the last local day of a half-open stretch of time."""
    # Where clocks skip midnight, a day begins at one o'clock.
    begins = datetime.combine(end.date(), time.min, tzinfo=end.tzinfo).timestamp()
    return start.date(), end.date() - timedelta(days=1 if end.timestamp() == begins else 0)
