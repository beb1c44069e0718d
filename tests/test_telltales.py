"""What in a comment could betray its author is found; comments of every day come through clean."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.surveys.bank import ENPS, languages, questions
from bot.surveys.telltales import Clue, Telltale, patterns, telltales
from bot.surveys.telltales.folding import fold
from bot.surveys.telltales.lexicon import lexicon
from bot.surveys.telltales.tongues import script_of

patient = settings(deadline=None)

PEOPLE = (
    *("Maria Papadopoulou", "Γιάννης Παπαδόπουλος", "Anna Long", "Will Smith", "Jürgen Müller"),
    *("Bo Li", "Alexandra Meyer", "محمد رضایی", "مریم احمدی", "王小明", "田中太郎", "김민수"),
    *("Les Brown", "Мария Иванова", "Deniz Yılmaz", "Łukasz Nowak", "Anna-Lena Groß"),
    *(
        "O'Neill, Sean",
        "Team Lead Support",
        "sofia.k",
        "Grace Price",
        "Kit (she/her) 🌴 Night shift",
    ),
)
TEAMS = {"#support": 30, "@night-shift": 3, "Billing": 2, "Tier 2": 4, "": 9, "#—": 1}
LANGUAGES = {"en": 30, "en_GB": 6, "de_DE": 3, "el": 2, "fa_IR": 7, "zh_CN": 6}


def found_in(text: str, **known: Any) -> list[Telltale]:
    """The telltales in a comment of Eleni's, who works at night."""
    told: dict[str, Any] = {
        "names": PEOPLE,
        "own_names": ("Eleni Vlachou", "eleni.v"),
        "teams": TEAMS,
        "own_team": "@night-shift",
        "languages": LANGUAGES,
        "own_language": "en",
    }
    return telltales(text, **(told | known))


def seen_in(text: str, **known: Any) -> list[tuple[Clue, str]]:
    return [(one.clue, one.excerpt) for one in found_in(text, **known)]


# --- What betrays, and what does not -------------------------------------------------------------

#: A comment, what is found in it, and what it is.
BETRAYING = [
    # Mentions
    ("Ask <@U012AB> about it", "<@U012AB>", Clue.MENTION),
    ("Ask <@U012AB|maria> about it", "<@U012AB|maria>", Clue.MENTION),
    ("<!subteam^S01|@leads> decide alone", "<!subteam^S01|@leads>", Clue.MENTION),
    ("see <#C012|night> for it", "<#C012|night>", Clue.MENTION),
    ("@peter.pan does not listen", "@peter.pan", Clue.MENTION),
    ("＠peter does not listen", "＠peter", Clue.MENTION),
    # Colleagues
    ("Maria never listens", "Maria", Clue.COLLEAGUE),
    ("I told maria twice", "maria", Clue.COLLEAGUE),
    ("MARIA IS UNFAIR", "MARIA", Clue.COLLEAGUE),
    ("that was Marías idea", "Marías", Clue.COLLEAGUE),
    ("that was Maria's idea", "Maria", Clue.COLLEAGUE),
    ("that was Maria’s idea", "Maria", Clue.COLLEAGUE),
    ("Papadopoulou decides alone", "Papadopoulou", Clue.COLLEAGUE),
    ("Ma\u200bria is unfair", "Ma\u200bria", Clue.COLLEAGUE),
    ("M\u2060a\u00adr\u200ci\u202ea is unfair", "M\u2060a\u00adr\u200ci\u202ea", Clue.COLLEAGUE),
    ("M\u0301a\u0308ria is unfair", "M\u0301a\u0308ria", Clue.COLLEAGUE),
    ("Ma\u3164ria is unfair", "Ma\u3164ria", Clue.COLLEAGUE),
    ("Ｍａｒｉａ is unfair", "Ｍａｒｉａ", Clue.COLLEAGUE),
    ("*Maria* is unfair", "Maria", Clue.COLLEAGUE),
    ("_maria_ is unfair", "maria", Clue.COLLEAGUE),
    ("I like Jurgen", "Jurgen", Clue.COLLEAGUE),
    ("I like Juergen", "Juergen", Clue.COLLEAGUE),
    ("I like mueller", "mueller", Clue.COLLEAGUE),
    ("I like Gross", "Gross", Clue.COLLEAGUE),
    ("I like lukasz", "lukasz", Clue.COLLEAGUE),
    ("I like Yilmaz", "Yilmaz", Clue.COLLEAGUE),
    ("Deniz'in fikri", "Deniz", Clue.COLLEAGUE),
    ("oneill or ONeill or O'Neill", "Neill", Clue.COLLEAGUE),
    ("sofia is often late", "sofia", Clue.COLLEAGUE),
    ("ask kit or nobody", "kit", Clue.COLLEAGUE),
    ("Bo does nothing", "Bo", Clue.COLLEAGUE),
    ("Will is rude", "Will", Clue.COLLEAGUE),
    ("I think Price should go", "Price", Clue.COLLEAGUE),
    ("Les is rude", "Les", Clue.COLLEAGUE),
    ("I asked Alex for it", "Alex", Clue.COLLEAGUE),
    ("με τον Γιάννη είναι δύσκολα", "Γιάννη", Clue.COLLEAGUE),
    ("του γιάννη η ιδέα", "γιάννη", Clue.COLLEAGUE),
    ("η γνώμη της Μαρίας", "Μαρίας", Clue.COLLEAGUE),
    ("Giannis is never there", "Giannis", Clue.COLLEAGUE),
    ("Yannis is never there", "Yannis", Clue.COLLEAGUE),
    ("Мы недовольны Марией", "Марией", Clue.COLLEAGUE),
    ("با محمد سخت است", "محمد", Clue.COLLEAGUE),
    ("ومحمد أيضا", "ومحمد", Clue.COLLEAGUE),
    ("مریم‌ها همیشه دیر می‌آیند", "مریم‌ها", Clue.COLLEAGUE),
    ("小明很忙", "小明", Clue.COLLEAGUE),
    ("田中さんが来ない", "田中", Clue.COLLEAGUE),
    ("민수가 바빠", "민수", Clue.COLLEAGUE),
    # One's own name
    ("as always, Eleni", "Eleni", Clue.OWN_NAME),
    ("they say: let vlachou do it", "vlachou", Clue.OWN_NAME),
    # Addresses
    ("write to ann.b+x@acme.co.uk", "ann.b+x@acme.co.uk", Clue.EMAIL),
    ("write to ann@acme.com.", "ann@acme.com", Clue.EMAIL),
    ("see https://acme.zendesk.com/agent/tickets/1 for it", None, Clue.LINK),
    ("see <https://acme.com/x|this> for it", "<https://acme.com/x|this>", Clue.LINK),
    ("see <mailto:a@acme.com|a@acme.com>", "<mailto:a@acme.com|a@acme.com>", Clue.LINK),
    ("see www.acme.example for it", "www.acme.example", Clue.LINK),
    ("see wiki.acme.com/page for it", "wiki.acme.com/page", Clue.LINK),
    ("see wiki.acme.com.", "wiki.acme.com", Clue.LINK),
    ("call +49 151 1234567", "+49 151 1234567", Clue.PHONE),
    ("call 0151/123-45-67", "0151/123-45-67", Clue.PHONE),
    ("call (030) 123 45 67", "(030) 123 45 67", Clue.PHONE),
    ("call ٠٢١ ٨٨٨٨ ٧٧٧٧", "٠٢١ ٨٨٨٨ ٧٧٧٧", Clue.PHONE),
    # Numbers of tickets
    ("like in #12345 again", "#12345", Clue.NUMBER),
    ("like in ＃１２３４５ again", "＃１２３４５", Clue.NUMBER),
    ("the customer of ticket 4711", "ticket 4711", Clue.NUMBER),
    ("the customer of Ticket no. 47", "Ticket no. 47", Clue.NUMBER),
    ("the case: 30022", "case: 30022", Clue.NUMBER),
    ("DESK-123 was awful", "DESK-123", Clue.NUMBER),
    ("desk-123 was awful", "desk-123", Clue.NUMBER),
    ("DESK-7 was awful", "DESK-7", Clue.NUMBER),
    ("the one with 7781234", "7781234", Clue.NUMBER),
    ("تیکت ۴۷۱۱ بد بود", "تیکت ۴۷۱۱", Clue.NUMBER),
    # Days and times
    ("at 14:30 he shouted", "14:30", Clue.TIME),
    ("he shouted at 2 pm", "2 pm", Clue.TIME),
    ("um 14 Uhr war es laut", "14 Uhr", Clue.TIME),
    ("à 14h30 il a crié", "14h30", Clue.TIME),
    ("στις 5 έφυγε", "στις 5", Clue.TIME),
    ("ساعت ۱۴:۳۰ داد زد", "ساعت ۱۴:۳۰", Clue.TIME),
    ("last Tuesday he shouted", "last Tuesday", Clue.TIME),
    ("on Tuesday he shouted", "on Tuesday", Clue.TIME),
    ("letzten Dienstag war es laut", "letzten Dienstag", Clue.TIME),
    ("mardi dernier il a crié", "mardi dernier", Clue.TIME),
    ("el martes pasado gritó", "el martes", Clue.TIME),
    ("την περασμένη Τρίτη φώναξε", "περασμένη Τρίτη", Clue.TIME),
    ("سه‌شنبه گذشته داد زد", "سه‌شنبه گذشته", Clue.TIME),
    ("سه شنبه گذشته داد زد", "سه شنبه گذشته", Clue.TIME),
    ("الثلاثاء الماضي صرخ", "الثلاثاء الماضي", Clue.TIME),
    ("yesterday he shouted", "yesterday", Clue.TIME),
    ("gestern war es laut", "gestern", Clue.TIME),
    ("χθες φώναξε", "χθες", Clue.TIME),
    ("دیروز داد زد", "دیروز", Clue.TIME),
    ("three days ago he shouted", "days ago", Clue.TIME),
    ("on 2026-11-24 he shouted", "2026-11-24", Clue.TIME),
    ("on 24/11/2026 he shouted", "24/11/2026", Clue.TIME),
    ("on 24/11 he shouted", "on 24/11", Clue.TIME),
    ("am 24.11. war es laut", "24.11.", Clue.TIME),
    ("am 3. Mai war es laut", "3. Mai", Clue.TIME),
    ("March 5th was awful", "March 5th", Clue.TIME),
    ("the 5th of March was awful", "5th of March", Clue.TIME),
    ("le 1er août il a crié", "1er août", Clue.TIME),
    ("στις 28 Οκτωβρίου φώναξε", "28 Οκτωβρίου", Clue.TIME),
    ("۳ آذر داد زد", "۳ آذر", Clue.TIME),
    ("٣ يناير صرخ", "٣ يناير", Clue.TIME),
    # The only one
    ("As the only woman here I feel alone", "As the only woman", Clue.ONLY_ONE),
    ("I’m the newest in here", "I’m the newest in", Clue.ONLY_ONE),
    ("we are a team of one", "team of one", Clue.ONLY_ONE),
    ("since I joined nothing changed", "since I joined nothing", Clue.ONLY_ONE),
    ("my pregnancy was no problem", "my pregnancy was", Clue.ONLY_ONE),
    ("Ich bin neu hier", "Ich bin neu hier", Clue.ONLY_ONE),
    ("Als Einzige mit Kindern", "Als Einzige mit", Clue.ONLY_ONE),
    ("Je suis la seule femme", "Je suis la seule femme", Clue.ONLY_ONE),
    ("Soy el único hombre", "Soy el único hombre", Clue.ONLY_ONE),
    ("Είμαι η μόνη γυναίκα", "Είμαι η μόνη γυναίκα", Clue.ONLY_ONE),
    ("من تنها زن تیم هستم", "من تنها زن", Clue.ONLY_ONE),
    ("أنا الوحيدة هنا", "أنا الوحيدة هنا", Clue.ONLY_ONE),
    # Teams
    ("the night shift is forgotten", "night shift", Clue.OWN_TEAM),
    ("the Night-Shift is forgotten", "Night-Shift", Clue.OWN_TEAM),
    ("billing is slow", "billing", Clue.TEAM),
    ("tier 2 is slow", "tier 2", Clue.TEAM),
    # Languages
    ("Das ist nicht gut für uns", "Das ist nicht gut für uns", Clue.LANGUAGE),
    ("Πολλά αιτήματα", "Πολλά αιτήματα", Clue.LANGUAGE),
    ("It is just μια χαρά", "μια χαρά", Clue.LANGUAGE),
    ("Мы очень устали", "Мы очень устали", Clue.LANGUAGE),
    ("今日は忙しい", "今日は忙しい", Clue.LANGUAGE),
    ("אין זמן", "אין זמן", Clue.LANGUAGE),
    ("هذا كثير جدا علينا", "هذا كثير جدا علينا", Clue.LANGUAGE),
]


@pytest.mark.parametrize(("text", "excerpt", "clue"), BETRAYING)
def test_what_betrays_somebody_is_found(text: str, excerpt: str | None, clue: Clue) -> None:
    found = seen_in(text)
    assert clue in [kind for kind, _ in found], found
    if excerpt is not None:
        assert (clue, excerpt) in found


#: What people write every day.
CLEAN = [
    *("Too many tickets on Mondays", "Everything is fine, thanks!", "More pay :)", "👍", "", "   "),
    "Monday mornings are too busy, and on Friday afternoons nobody is there.",
    "We will see what this will bring. The price is high, and the shifts are too long.",
    "The tools are slow; the new search is great. Please fix the macros!",
    "We got 20% more tickets, about 500 a day, up from 400 in 2025.",
    "24/7 support is too much for one team. Answers take 2 h or 90 minutes.",
    "I like my team and my manager, but training comes too late.",
    "Nobody answers in the channel @here, and @channel is used too often.",
    "The only thing I would change is the schedule.",
    "Our top-10 list, tier-1 support and the #1 problem: response time.",
    "It is 3 times as much as before: 1,500 calls, 12.5 per hour, 9-17 every day.",
    "The support leads care about customer success and service.",
    "Deadlines are too short, less is more, and nobody has the time.",
    "a < b > c & d * e _ f ~ g `h`",
    "¯\\_(ツ)_/¯ π Ω µs",
    "He/she is the best; we need more hands, more time and less stress.",
    "I can not keep up. I try. I am tired!",
    "کار ما خیلی زیاد است و وقت کم داریم.",
    "这个工具太慢了",
]


@pytest.mark.parametrize("text", CLEAN)
def test_a_comment_of_every_day_comes_through_clean(text: str) -> None:
    assert seen_in(text) == []


#: Comments of every day in other languages, to people who all read them.
CLEAN_ELSEWHERE = [
    ("de", "Zu viele Tickets am Vormittag, und die Pausen sind zu kurz. Hier ist es gut."),
    ("de", "Die Tools laufen nicht, das Team ist aber super. Als Nächstes bitte mehr Schulungen!"),
    ("fr", "Les outils sont trop lents, mais l'équipe est très bien. Le lundi, c'est dur."),
    ("fr", "Trop de tickets ici, pas assez de temps pour apprendre."),
    ("es", "Hay demasiados tickets los lunes y poco tiempo para aprender."),
    ("el", "Πάρα πολλή δουλειά τις Δευτέρες, αλλά καλά περνάμε. Η ομάδα είναι πολύ καλή."),
    ("fa", "تیکت‌ها خیلی زیادند و دوشنبه‌ها وقت نداریم. تیم ما خوب است."),
    ("ar", "التذاكر كثيرة جدا أيام الاثنين، لكن الفريق جيد."),
    ("ru", "Слишком много заявок по понедельникам, но команда хорошая."),
    ("ja", "仕事が多すぎます。もっと休みがほしいです。"),
]


@pytest.mark.parametrize(("language", "text"), CLEAN_ELSEWHERE)
def test_so_does_one_in_the_language_of_all(language: str, text: str) -> None:
    assert seen_in(text, languages={language: 20}, own_language=language) == []


#: What our own questions say is said by everybody; but for these, which are about newcomers.
ABOUT_NEWCOMERS = {("en", "training-1"), ("fa", "team-9")}


@pytest.mark.parametrize("language", languages())
def test_our_own_questions_come_through_clean_where_all_read_them(language: str) -> None:
    betraying = {
        (language, question.key)
        for question in (ENPS, *questions())
        if seen_in(question.texts[language], languages={language: 20}, own_language=language)
    }
    assert betraying <= ABOUT_NEWCOMERS


@pytest.mark.parametrize("language", languages())
def test_our_own_questions_betray_the_only_one_who_reads_them(language: str) -> None:
    known = {"languages": {"ja": 20, language: 1}, "own_language": language}
    for question in questions():
        found = found_in(question.texts[language], **known)
        told = [(one.about, one.many) for one in found if one.clue is Clue.LANGUAGE]
        assert told in ([(language, 1)], [(script_of(language), 1)]), question.key


# --- What is told of it --------------------------------------------------------------------------


def test_ones_own_name_is_told_as_such_also_where_a_colleague_has_it() -> None:
    known = {"names": ["Eleni Petrou"], "own_names": ["Eleni Vlachou"]}
    assert seen_in("Eleni and Petrou", **known) == [
        (Clue.OWN_NAME, "Eleni"),
        (Clue.COLLEAGUE, "Petrou"),
    ]


def test_a_common_word_of_the_language_is_nobody_unless_a_capital_stands_where_none_belongs() -> (
    None
):
    known = {"names": ["Les Brown"], "languages": {"fr": 20}, "own_language": "fr"}
    assert seen_in("Les outils sont trop lents pour nous", **known) == []
    assert seen_in("Nous avons demandé à Les, mais il est là", **known) == [(Clue.COLLEAGUE, "Les")]


def test_a_small_team_is_told_with_how_many_are_in_it() -> None:
    (own,) = found_in("The night shift is forgotten")
    assert own == Telltale(Clue.OWN_TEAM, 4, 15, "night shift", about="@night-shift", many=3)
    (other,) = found_in("I like tier 2")
    assert other == Telltale(Clue.TEAM, 7, 13, "tier 2", about="Tier 2", many=4)


def test_a_team_of_five_betrays_nobody() -> None:
    assert seen_in("The night shift", teams={"@night-shift": 5}) == []
    assert seen_in("The night shift", teams={"@night-shift": 4}, own_team=None) == [
        (Clue.TEAM, "night shift")
    ]


@pytest.mark.parametrize(
    ("text", "code", "many"),
    [
        ("Das ist nicht gut für uns", "de", 3),
        ("Πολλά αιτήματα", "el", 2),
        ("Мы очень устали, и это не то", "ru", 0),
        ("Усталость", "Cyrl", 0),
        ("اس میں بہت وقت ہے", "ur", 0),
        ("هذا كثير جدا علينا", "ar", 0),
        ("今日は忙しい", "ja", 0),
        ("바빠요", "ko", 0),
        ("ᏣᎳᎩ", "Zzzz", 0),
    ],
)
def test_a_language_is_told_with_how_many_read_it(text: str, code: str, many: int) -> None:
    (found,) = [one for one in found_in(text) if one.clue is Clue.LANGUAGE]
    assert (found.about, found.many) == (code, many)


def test_readers_of_a_language_in_any_country_share_it() -> None:
    text = "Das ist nicht gut für uns"
    assert seen_in(text, languages={"de_DE": 2, "de_AT": 2}) == [(Clue.LANGUAGE, text)]
    assert seen_in(text, languages={"de_DE": 2, "de_AT": 2, "de": 1}) == []


def test_one_word_is_enough_of_ones_own_language() -> None:
    assert seen_in("Nicht schlecht", own_language="en") == []
    assert seen_in("Nicht schlecht", own_language="de_AT") == [(Clue.LANGUAGE, "Nicht schlecht")]


def test_an_address_is_in_no_language() -> None:
    text = "https://acme.example/das-ist-nicht-gut ok"
    assert [clue for clue, _ in seen_in(text)] == [Clue.LINK]


def test_of_languages_of_which_nothing_is_known_nothing_is_told() -> None:
    assert seen_in("Das ist nicht gut", languages={}) == []
    assert seen_in("Das ist nicht gut", languages=None) == []


def test_telltales_come_in_order_and_none_lies_in_another() -> None:
    text = "Maria, ask ann@acme.com about ticket 4711 at 14:30, or @maria, https://a.com/@maria"
    found = found_in(text)
    assert [one.clue for one in found] == [
        *(Clue.COLLEAGUE, Clue.EMAIL, Clue.NUMBER, Clue.TIME, Clue.MENTION, Clue.LINK)
    ]
    assert all(one.end <= later.start for one, later in pairwise(found))


# --- Whatever is written -------------------------------------------------------------------------

PIECES = (
    *("Maria", "ma\u200bria", "Γιάννη", "محمد", "小明", "민수", "<@U1>", "@here", "@x", "#123"),
    *("ticket 12", "14:30", "2026-11-24", "+49 151 1234567", "a@b.co", "https://x.y/", "ﷺ", "ß"),
    *(
        "\u202e",
        "\u2066",
        "\u200d",
        "\u0301" * 9,
        "１２３",
        "*",
        "```",
        "<",
        ">",
        "&",
        "\n",
        "\ud800",
    ),
    *("as the only", "night-shift", "ᾳ", "ǆ", "İ", "ŉ", "½", "①", "㍿", "\U000e0041", "क्षि"),
)
comments = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=40).map(
    " ".join
)


@pytest.mark.thorough
@patient
@given(st.one_of(comments, st.text(max_size=200)))
@example("".join(PIECES))
@example("\u0301\u200b")
@example("ﷺ" * 200)
@example("ß" * 10 + "\u0301")
def test_whatever_is_written_the_places_lie_in_it(text: str) -> None:
    found = found_in(text)
    for one in found:
        assert 0 <= one.start < one.end <= len(text)
        assert one.excerpt == text[one.start : one.end]
    apart = [one for one in found if one.clue is not Clue.LANGUAGE]
    assert all(one.end <= later.start for one, later in pairwise(apart))
    assert found == found_in(text)


HIDDEN = (
    "",
    "\u200b",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u0301",
    "\u202e",
    "\ufe0f",
    "\u3164",
)


@pytest.mark.thorough
@patient
@given(st.lists(st.sampled_from(HIDDEN), min_size=5, max_size=5), st.booleans())
def test_nothing_hides_a_name(hidden: list[str], is_loud: bool) -> None:
    name = "Maria".upper() if is_loud else "Maria"
    written = "".join(letter + mark for letter, mark in zip(name, hidden, strict=True))
    assert (Clue.COLLEAGUE, written) in seen_in(f"I told {written} again")


# --- The work that it takes ----------------------------------------------------------------------

#: What makes a careless search slow, repeated.
NASTY = (
    *("a", "a ", "a.", "a-", "1", "1 ", "1.", "1-", "@", "a@", "a@a", "<", "<a", "<a:", "<@", "#1"),
    *("https://", "www.", "a.a", "ticket ", "ticket#", "as the only ", "on Monday ", "12:3", "٣"),
    *("Maria ", "night ", "night shift ", "小", "小明", "ي", "Γ", "\u0301", "\u200b", "\n", "das "),
)


def work(text: str) -> int:
    """How many functions are called to search a text: no clock is as exact."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        found_in(text)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("piece", NASTY)
def test_twice_as_long_a_text_takes_twice_the_work(piece: str) -> None:
    found_in(piece * 10)
    once, twice = (work(piece * (length // len(piece))) for length in (300, 600))
    assert twice <= 2.2 * once + 100


def searches() -> dict[str, re.Pattern[str]]:
    fixed = {name: getattr(patterns, name) for name in ("EMAIL", "LINK", "MENTION", "PHONE", "KEY")}
    made: tuple[Callable[[], re.Pattern[str]], ...]
    made = (patterns.days, patterns.numbers, patterns.only_ones)
    return fixed | {one.__name__: one() for one in made}


#: In the names of the parts of a pattern, as Python's own parser of patterns calls them.
GREEDY, LAZY, POSSESSIVE = "MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"


def repeats(parsed: Any) -> Iterator[tuple[str, int]]:
    """How each part of a pattern is repeated, and how often at most."""
    for part in parsed:
        if isinstance(part, tuple) and part and str(part[0]) in (GREEDY, LAZY, POSSESSIVE):
            yield str(part[0]), int(part[1][1])
        if isinstance(part, tuple | list) or hasattr(part, "data"):
            yield from repeats(getattr(part, "data", part))


@pytest.mark.parametrize("name", searches())
def test_no_search_goes_back_over_what_repeats_without_end(name: str) -> None:
    """What gives nothing back cannot be tried in many ways."""
    parser = import_module("re._parser")
    found = list(repeats(parser.parse(searches()[name].pattern)))
    assert found
    for kind, most in found:
        assert kind == POSSESSIVE or most <= 200, (kind, most)


@pytest.mark.thorough
@pytest.mark.parametrize("piece", NASTY)
def test_a_long_text_is_searched_through(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    for one in found_in(text)[-1:]:
        assert one.end <= len(text)


# --- The words -----------------------------------------------------------------------------------


def test_no_word_is_common_in_all_the_languages_that_have_it_and_a_name_of_every_day() -> None:
    common = {word for text in lexicon("common").values() for word in fold(text).split()}
    english = set(fold(lexicon("everyday")["en"]).split())
    assert not english & set(fold(lexicon("common")["en"]).split())
    assert len(common) > 200


@pytest.mark.parametrize("part", ["common", "everyday", "no_names"])
def test_no_word_stands_twice_in_a_list(part: str) -> None:
    for name, text in lexicon(part).items():
        words = fold(text).split()
        assert [one for one in words if words.count(one) > 1] == [], name
