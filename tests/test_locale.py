"""Numbers, durations and dates as the reader is used to."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from babel import Locale, localedata
from hypothesis import given
from hypothesis import strategies as st

from bot.locale import DAY, HOUR, MINUTE, Reader, isolated, known_locale, whole_days
from commands.words import plain
from tests.times import T

ATHENS = ZoneInfo("Europe/Athens")
THURSDAY = date(2026, 11, 19)


def reader(locale: str = "en") -> Reader:
    """Somebody whose locale Slack says is that."""
    return Reader(known_locale(locale), ATHENS)


def spaced(text: str) -> str:
    """Without the kinds of space that only typesetters tell apart."""
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2009", " ")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (45, "45 s"),
        (59.4, "59 s"),
        (59.5, "1 min"),
        (60, "1 min"),
        (89, "1 min"),
        (91, "2 min"),
        (42 * MINUTE, "42 min"),
        (59.4 * MINUTE, "59 min"),
        (59.6 * MINUTE, "1 h"),
        (HOUR, "1 h"),
        (61 * MINUTE, "1 h 01"),
        (130 * MINUTE, "2 h 10"),
        (9 * HOUR, "9 h"),
        (9 * HOUR + 59 * MINUTE, "9 h 59"),
        (9 * HOUR + 59.6 * MINUTE, "10 h"),
        (10 * HOUR + 20 * MINUTE, "10 h"),
        (47.4 * HOUR, "47 h"),
        (47.9 * HOUR, "48 h"),
        (2 * DAY, "2 d"),
        (2.5 * DAY, "2.5 d"),
        (3 * DAY, "3 d"),
        (9.94 * DAY, "9.9 d"),
        (9.96 * DAY, "10 d"),
        (12.4 * DAY, "12 d"),
        (1_234 * DAY, "1,234 d"),
    ],
)
def test_a_duration_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert reader().duration(seconds) == said


def in_seconds(said: str) -> float:
    """What a duration that was put into words means."""
    number, unit, *minutes = said.replace(",", "").split(" ")
    units = {"s": 1, "min": MINUTE, "h": HOUR, "d": DAY}
    return float(number) * units[unit] + sum(int(m) * MINUTE for m in minutes)


@given(seconds=st.floats(0, 500 * DAY))
def test_a_duration_is_said_closely_and_in_its_own_unit(seconds: float) -> None:
    """No 60 s, no 60 min; to half a second, and to a third where a minute or two are all there is."""
    said = reader().duration(seconds)
    assert said not in ("60 s", "60 min")
    assert in_seconds(said) == pytest.approx(seconds, rel=0.34, abs=0.5)
    if seconds >= 10 * MINUTE:
        assert in_seconds(said) == pytest.approx(seconds, rel=0.051)


@given(shorter=st.floats(0, 500 * DAY), longer=st.floats(0, 500 * DAY))
def test_a_longer_duration_is_never_said_to_be_shorter(shorter: float, longer: float) -> None:
    shorter, longer = sorted((shorter, longer))
    assert in_seconds(reader().duration(shorter)) <= in_seconds(reader().duration(longer))


@pytest.mark.parametrize(
    ("locale", "share", "decimals", "said"),
    [
        ("en", 0.94, 0, "94%"),
        ("en", 0.034, 1, "3.4%"),
        ("en", 0.0, 0, "0%"),
        ("en", 1.0, 0, "100%"),
        ("de", 0.94, 0, "94 %"),
        ("de", 0.034, 1, "3,4 %"),
        ("fr", 0.034, 1, "3,4 %"),
        ("tr", 0.034, 1, "%3,4"),
        ("eu", 0.034, 1, "% 3,4"),
        ("de", 12.5, 1, "1.250,0 %"),
        ("en", 0.0345, 2, "3.45%"),
    ],
)
def test_a_share_is_said_in_hundredths(locale: str, share: float, decimals: int, said: str) -> None:
    assert spaced(reader(locale).percent(share, decimals=decimals)) == said


@pytest.mark.parametrize(
    ("locale", "said"), [("en", "1,204.5"), ("de", "1.204,5"), ("fr", "1 204,5"), ("el", "1.204,5")]
)
def test_a_number_is_grouped_as_the_reader_is_used_to(locale: str, said: str) -> None:
    assert spaced(reader(locale).number(1_204.5, decimals=1)) == said


@pytest.mark.parametrize(
    ("locale", "day", "short", "month", "from_to", "at"),
    [
        (
            *("en", "Thursday, November 19", "Thu, Nov 19", "November 19, 2026"),
            *("Nov 13 – 19", "6:58 AM"),
        ),
        (
            *("en_GB", "Thursday 19 November", "Thu 19 Nov", "19 November 2026"),
            *("13–19 Nov", "06:58"),
        ),
        (
            *("de", "Donnerstag, 19. November", "Do., 19. Nov.", "19. November 2026"),
            *("13.–19. Nov.", "06:58"),
        ),
        (
            *("el", "Πέμπτη 19 Νοεμβρίου", "Πέμ 19 Νοε", "19 Νοεμβρίου 2026"),
            *("13–19 Νοε", "6:58 π.μ."),
        ),
    ],
)
def test_days_and_times_are_in_the_readers_order(
    locale: str, day: str, short: str, month: str, from_to: str, at: str
) -> None:
    who = reader(locale)
    assert spaced(who.day(THURSDAY)) == day
    assert spaced(who.short_day(THURSDAY)) == short
    assert spaced(who.long_date(THURSDAY)) == month
    assert spaced(who.days_briefly(date(2026, 11, 13), THURSDAY)) == from_to
    assert spaced(who.time_of(datetime(2026, 11, 19, 4, 58, tzinfo=UTC))) == at


#: Every language that is known, in its customary script and country.
LANGUAGES = sorted(name for name in localedata.locale_identifiers() if "_" not in name)


@pytest.mark.parametrize("locale", [*LANGUAGES, "ar_EG", "en_IN", "es_MX", "pt_BR", "zh_Hant_TW"])
def test_no_locale_is_refused_anything(locale: str) -> None:
    """Whatever Slack says a reader's locale is, every kind of text can be written."""
    who = reader(locale)
    days = (date(2026, 10, 30), THURSDAY)
    told = {
        who.day(THURSDAY),
        who.days(*days),
        who.days_briefly(*days),
        who.days_briefly(THURSDAY, THURSDAY),
        who.long_date(THURSDAY),
        who.short_day(THURSDAY),
        who.moment(T(), T(days=3)),
        who.clock_time(time(9, 30)),
        who.number(12.5, decimals=1),
        who.duration(2.5 * DAY),
        who.percent(0.034, decimals=1),
    }
    for text in told:
        assert any(letter.isdigit() for letter in text), text
    assert who.weekday(3)
    assert who.weekdays((0, 1, 2))


@pytest.mark.parametrize("locale", ["fa", "ar", "he", "ur"])
def test_languages_that_run_right_to_left_are_written_in_their_own_letters(locale: str) -> None:
    assert isolated(reader(locale).day(THURSDAY)) != reader(locale).day(THURSDAY)
    assert reader(locale).runs_left


def test_languages_that_run_left_to_right_say_so() -> None:
    assert not any(reader(locale).runs_left for locale in ("en", "de", "ja", "uz_Latn"))


# --- Digits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locale", "number", "share", "lasting", "days", "at"),
    [
        ("en", "1,204.5", "3.4%", "2 h 05", "Nov 13 – 19", "9:05 AM"),
        ("de", "1.204,5", "3,4 %", "2 h 05", "13.–19. Nov.", "09:05"),
        ("ar", "1,204.5", "3.4\u200e%\u200e", "2 h 05", "13–19 نوفمبر", "9:05 ص"),
        ("ar_EG", "١٬٢٠٤٫٥", "٣٫٤٪\u061c", "٢ h ٠٥", "١٣–١٩ نوفمبر", "٩:٠٥ ص"),
        ("fa", "۱٬۲۰۴٫۵", "۳٫۴٪", "۲ h ۰۵", "۱۳ تا ۱۹ نوامبر", "۹:۰۵"),
        ("mr", "१,२०४.५", "३.४%", "२ h ०५", "१३ – १९ नोव्हें", "९:०५ AM"),
    ],
)
def test_numbers_durations_and_dates_are_in_the_digits_of_the_locale(
    locale: str, number: str, share: str, lasting: str, days: str, at: str
) -> None:
    """Arabic has its own digits in Egypt, and ours where no country is named (CLDR)."""
    who = reader(locale)
    assert spaced(who.number(1_204.5, decimals=1)) == number
    assert spaced(who.percent(0.034, decimals=1)) == share
    assert who.duration(125 * MINUTE) == lasting
    assert spaced(who.days_briefly(date(2026, 11, 13), THURSDAY)) == days
    assert spaced(who.clock_time(time(9, 5))) == at


def everything_numeric(who: Reader) -> list[str]:
    days = (date(2026, 10, 30), THURSDAY)
    shown = [who.day(THURSDAY), who.days(*days), who.days_briefly(*days), who.short_day(THURSDAY)]
    shown += [who.days_briefly(THURSDAY, THURSDAY), who.short_date(THURSDAY), who.duration(45)]
    shown += [who.long_date(THURSDAY, style) for style in ("medium", "long", "full")]
    shown += [who.time_of(T()), who.time_of(T(), "medium"), who.moment(T(), T(days=3))]
    shown += [who.clock_time(time(21, 5)), who.number(1_234_567), who.percent(0.5), who.number(-2)]
    shown += [
        who.duration(seconds) for seconds in (59 * MINUTE, 125 * MINUTE, 30 * HOUR, 2.5 * DAY)
    ]
    return [*shown, who.plural("{n} day", "{n} days", 12)]


@pytest.mark.thorough
def test_no_locale_mixes_the_digits_of_two_scripts() -> None:
    """Nor would a numbering system be missed that CLDR gives to a locale one day.

    It is every locale with digits of its own, and some without. (One test, because to look for them
    takes seconds.)
    """
    names = [name for name in localedata.locale_identifiers() if known_locale(name) == name]
    systems = {name: Locale.parse(name).default_numbering_system for name in names}
    found = [name for name, system in systems.items() if system != "latn"]
    assert len(found) > 20
    for locale in [*found, "en", "de", "ar", "ja", "th", "ur"]:
        zero = {"latn": "0"}.get(systems[locale], reader(locale).number(0))
        assert (zero == "0") is (systems[locale] == "latn"), locale
        for text in everything_numeric(reader(locale)):
            digits = [letter for letter in text if letter.isdecimal()]
            assert digits, (locale, text)
            zeros = {ord(digit) - unicodedata.decimal(digit) for digit in digits}
            assert zeros == {ord(zero)}, (locale, text)


@given(
    number=st.integers(0, 10**9),
    locale=st.sampled_from(["en", "de", "fa", "ar", "ar_EG", "bn", "my"]),
)
def test_a_number_is_typed_as_it_is_shown(number: int, locale: str) -> None:
    shown = reader(locale).number(number)
    assert re.sub("[^0-9]", "", plain(shown)) == str(number)


def test_a_moment_of_today_is_a_time_and_another_a_day_and_a_time() -> None:
    """Today is the reader's: at 23:30 UTC it is tomorrow in Athens."""
    late = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
    assert spaced(reader().moment(late, T())) == "1:30 AM"
    assert spaced(reader().moment(T(days=-1), T())) == "Thu, Nov 19, 9:00 AM"
    assert spaced(reader().moment(late, datetime(2026, 11, 19, 20, tzinfo=UTC))) == (
        "Fri, Nov 20, 1:30 AM"
    )


def test_how_long_ago_something_was() -> None:
    assert reader().ago(T(hours=-3), T()) == "3 h ago"


def test_one_day_is_named_and_several_are_from_one_to_another() -> None:
    assert reader().days(THURSDAY, THURSDAY) == "Thursday, November 19"
    assert spaced(reader().days(date(2026, 10, 30), THURSDAY)) == "Oct 30 – Nov 19, 2026"


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((0, 1, 2, 3, 4, 5, 6), "every day"),
        ((0, 1, 2, 3, 4), "Mon to Fri"),
        ((2, 3, 4), "Wed to Fri"),
        ((0, 1), "Mon, Tue"),
        ((0, 2, 4), "Mon, Wed, Fri"),
        ((6,), "Sun"),
    ],
)
def test_a_set_of_weekdays_is_said_briefly(numbers: tuple[int, ...], said: str) -> None:
    assert reader().weekdays(numbers) == said


def test_a_weekday_and_all_of_its_kind_are_named() -> None:
    assert [reader().weekday(day) for day in (0, 6)] == ["Monday", "Sunday"]
    assert [reader().weekday(day, plural=True) for day in (0, 6)] == ["Mondays", "Sundays"]
    assert reader("de").weekday(3) == "Donnerstag"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("en-GB", "en_GB"),
        ("en_US", "en_US"),
        ("pt-BR", "pt_BR"),
        ("zh-Hans-CN", "zh_Hans_CN"),
        ("de", "de"),
        ("tlh-QO", "en"),
        ("x", "en"),
        ("", "en"),
        (None, "en"),
        ("../../etc/passwd", "en"),
    ],
)
def test_a_locale_that_nobody_knows_falls_back(name: str | None, known: str) -> None:
    assert known_locale(name) == known


def test_the_fallback_is_whoever_asks_for() -> None:
    assert known_locale("tlh", "de") == "de"
    assert known_locale("bgn_PK", "de") == "de"  # CLDR has little more than its digits
    assert known_locale(None, "fa") == "fa"


def test_a_text_without_a_translation_is_the_english_one_with_its_places_filled() -> None:
    assert reader("fa").text("{n} s", n=3) == "3 s"
    assert reader("fa").listed(["a", "b", "c"]) == "a, b, c"
    assert reader().plural("{n} day", "{n} days", 1) == "1 day"
    assert reader().plural("{n} day of {who}", "{n} days of {who}", 1_200, who="ann") == (
        "1,200 days of ann"
    )


@pytest.mark.parametrize("name", ["علي", "שלום 12", "Ann (علی)"])
def test_a_name_that_runs_right_to_left_is_isolated(name: str) -> None:
    assert isolated(name) == f"\u2068{name}\u2069"


@pytest.mark.parametrize("name", ["", "Ann", "Ζωή", "Billing #12", "会計"])
def test_any_other_name_is_left_alone(name: str) -> None:
    assert isolated(name) == name


@pytest.mark.parametrize(
    ("start", "end", "last"),
    [
        ("2026-11-19T00:00", "2026-11-20T00:00", "2026-11-19"),
        ("2026-11-13T00:00", "2026-11-20T00:00", "2026-11-19"),
        ("2026-11-19T00:00", "2026-11-19T14:00", "2026-11-19"),
    ],
)
def test_the_last_whole_day_is_the_one_before_its_end(start: str, end: str, last: str) -> None:
    first, found = whole_days(
        *(datetime.fromisoformat(text).replace(tzinfo=ATHENS) for text in (start, end))
    )
    assert (first.isoformat(), found.isoformat()) == (start[:10], last)


def test_days_written_from_right_to_left_keep_their_order_in_a_sentence() -> None:
    persian = Reader("fa", ATHENS)
    for days in ((THURSDAY, THURSDAY), (date(2026, 11, 13), THURSDAY)):
        shown = persian.days(*days)
        assert (shown[0], shown[-1]) == ("\u2068", "\u2069")
        assert "\u2068" not in reader().days(*days)
