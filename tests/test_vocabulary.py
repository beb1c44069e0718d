"""The words of a help desk: those that are known, and those that nobody explained."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import structlog.testing

from bot.domain import Status
from bot.vocabulary import Vocabulary
from tests.programs import together

KNOWN = {"New": Status.NEW, "open": Status.OPEN, "6": Status.SOLVED, "ΤΕΛΟΣ": Status.CLOSED}


def statuses(**more: Status) -> Vocabulary[Status]:
    return Vocabulary("acme", "status", {**KNOWN, **more}, Status.OPEN)


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        *(("New", Status.NEW), ("new", Status.NEW), ("NEW", Status.NEW), ("oPEN", Status.OPEN)),
        *(("6", Status.SOLVED), (6, Status.SOLVED)),
        *(("τελοσ", Status.CLOSED), ("τελος", Status.CLOSED)),
    ],
)
def test_a_word_means_what_was_said_whatever_its_capitals(word: Any, meaning: Status) -> None:
    with structlog.testing.capture_logs() as logs:
        assert statuses().of(word) is meaning
    assert logs == []


@pytest.mark.parametrize("word", [None, ""])
def test_no_word_means_the_usual_and_is_no_news(word: str | None) -> None:
    with structlog.testing.capture_logs() as logs:
        assert statuses().of(word) is Status.OPEN
    assert logs == []


def test_no_word_can_be_explained_too() -> None:
    vocabulary = Vocabulary("acme", "priority", {"": "normal", "1": "low"}, "other")
    assert [vocabulary.of(word) for word in ("", None, 1)] == ["normal", "normal", "low"]


@pytest.mark.parametrize("word", ["Waiting", 17, 0])
def test_a_word_that_nobody_explained_is_told_once(word: Any) -> None:
    vocabulary = statuses()
    with structlog.testing.capture_logs() as logs:
        found = [vocabulary.of(one) for one in (word, str(word).upper(), str(word).lower(), word)]
    assert found == [Status.OPEN] * 4
    assert logs == [
        {
            "event": "word_not_explained",
            "log_level": "warning",
            "desk": "acme",
            "about": "status",
            "word": str(word),
            "taken_for": "open",
        }
    ]


def test_each_desk_and_each_thing_tells_of_its_own() -> None:
    with structlog.testing.capture_logs() as logs:
        for desk, about in (("acme", "status"), ("acme", "channel"), ("other", "status")):
            Vocabulary(desk, about, {}, "other").of("odd")
    assert [(log["desk"], log["about"]) for log in logs] == [
        ("acme", "status"),
        ("acme", "channel"),
        ("other", "status"),
    ]


def test_what_the_operator_says_of_a_word_goes_before_what_is_usual() -> None:
    assert statuses(OPEN=Status.PENDING).of("open") is Status.PENDING


def test_nothing_can_be_what_an_unknown_word_means() -> None:
    vocabulary: Vocabulary[str | None] = Vocabulary("acme", "channel", {"mail": "email"}, None)
    with structlog.testing.capture_logs() as logs:
        assert [vocabulary.of(word) for word in ("fax", "Fax", "mail")] == [None, None, "email"]
    assert len(logs) == 1


def test_of_several_threads_that_meet_a_word_one_tells() -> None:
    with structlog.testing.capture_logs() as logs:
        for number in range(50):
            vocabulary = statuses()
            together(*[lambda v=vocabulary, n=number: v.of(f"odd {n}") for _ in range(4)])
    assert set(Counter(log["word"] for log in logs).values()) == {1}
    assert len(logs) == 50
