"""The names of people are found in a text however they are written, and told from other words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.surveys.telltales.folding import Folded, fold
from bot.surveys.telltales.names import Names
from bot.surveys.telltales.sounds import sound

patient = settings(deadline=None)


def names_in(text: str, *names: str) -> list[str]:
    folded = Folded(text)
    return [text[start:end] for start, end in Names(names).find(folded)]


@pytest.mark.parametrize(
    ("text", "names", "wanted"),
    [
        ("we will look for grace and hope", ("Will Hope", "Grace Li"), []),
        ("We Will look for Grace", ("Will Hope", "Grace Li"), ["Will", "Grace"]),
        ("Hope is here", ("Will Hope",), ["Hope"]),
        ("the bo and the al", ("Bo Al",), []),
        ("the Bo and the Al", ("Bo Al",), ["Bo", "Al"]),
        ("plan B and C", ("Bob B.", "C. Li"), []),
        ("η ζωή και η ελπίδα", ("Ζωή", "Ελπίδα"), []),
        ("η Ζωή και η Ελπίδα", ("Ζωή", "Ελπίδα"), ["Ζωή", "Ελπίδα"]),
        ("the team and support lead", ("Anna (Team Lead Support)",), []),
        ("ann annabel johanna", ("Anna",), []),
        ("Ann", ("Anna",), []),
        ("ask Ann", ("Anna",), ["Ann"]),
        ("martins and Martinas", ("Martin",), ["martins", "Martinas"]),
        ("toms and Toms", ("Tom",), ["Toms"]),
        ("the Davidin, Martinen and Martinsohn", ("David", "Martin"), ["Davidin", "Martinen"]),
        ("the Annat", ("Anna",), []),
        ("وعلی و بعلی", ("علی رضایی",), ["وعلی", "بعلی"]),
        ("والمحمد", ("محمد",), ["والمحمد"]),
        ("42 and 4711", ("Agent 42", "4711"), []),
        ("von der Leyen", ("Ursula von der Leyen",), ["Leyen"]),
        ("王小明和小明", ("王小明",), ["王小明", "王小明", "小明"]),
        ("中国很大", ("王中",), []),
        ("", ("Anna",), []),
        ("Anna", (), []),
        ("Anna", ("", "  ", "🌴", "-"), []),
    ],
)
def test_names_are_told_from_words(text: str, names: tuple[str, ...], wanted: list[str]) -> None:
    found = names_in(text, *names)
    assert list(dict.fromkeys(found)) == list(dict.fromkeys(wanted))


@pytest.mark.parametrize(
    "spellings",
    [
        ("Γιάννης", "Γιάννη", "Giannis", "Yiannis", "Yannis"),
        ("Γιώργος", "Γιώργου", "Giorgos", "Yorgos"),
        ("Μαρία", "Μαρίας", "Maria", "Мария", "Марии"),
        ("Юлия", "Yulia", "Julia"),
        ("Дмитрий", "Dmitry", "Dmitrij", "Dmitri"),
        ("Сергей", "Sergey", "Sergei"),
        ("Αντώνης", "Antonis"),
        ("Χρήστος", "Christos", "Khristos"),
    ],
)
def test_a_name_sounds_the_same_in_every_script(spellings: tuple[str, ...]) -> None:
    assert len({sound(fold(one)) for one in spellings} - {""}) == 1


@pytest.mark.parametrize("text", ["", "محمد", "Maрia", "a1", "oui", "王"])
def test_what_cannot_be_heard_has_no_sound(text: str) -> None:
    assert sound(fold(text)) == ""


# --- What is alike -------------------------------------------------------------------------------


@patient
@given(st.text(max_size=60))
def test_a_folded_place_leads_back_to_where_it_came_from(text: str) -> None:
    folded = Folded(text)
    assert folded.text == fold(text)
    for at in range(len(folded.text)):
        start, end = folded.span(at, at + 1)
        assert folded.text[at] in fold(text[start:end])
    if folded.text:
        start, end = folded.span(0, len(folded.text))
        assert fold(text[start:end]) == folded.text


@pytest.mark.parametrize(
    "written", ["MARÍA", "maría", "Mari\u0301a", "ＭＡＲＩＡ", "m\u00ada\u200bria"]
)
def test_what_looks_alike_is_folded_alike(written: str) -> None:
    assert fold(written) == "maria"
