from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.config import Config, Difference, Entry, difference, read, write
from bot.alerts.rule import Rule
from bot.alerts.wording import written
from commands.alert_text import parse_rule
from tests.alert_rules import rules

SUPPORT, BILLING = "C0SUPPORT", "C0BILLING"
SLOW = "first_response_time > 4h for 30m over 2h"
SLOWER = "first_response_time > 5h for 30m over 2h"
UNHAPPY = "csat < 85%"


def parse(text: str) -> tuple[Rule, str]:
    rule = parse_rule(text)
    return rule, written(rule)


def config(text: str) -> Config:
    return read(text, parse)


def told(text: str) -> list[tuple[int, str]]:
    """What is wrong with a file: the number of each line, and the sentence."""
    return [(problem.line, str(problem.error)) for problem in config(text).problems]


def entries(text: str) -> list[Entry]:
    found = config(text)
    assert not found.problems
    return list(found.entries)


# --- Reading and writing -------------------------------------------------------------------------


def test_a_file_has_a_section_for_each_channel_and_a_rule_on_each_line() -> None:
    text = f"""
        # Support comes first.
        [{SUPPORT}]   # #support
        frt > 4 hours for 30 minutes over 2h

        PAUSED: csat < 85 %
        [{BILLING}]
    """
    assert config(text).channels == (SUPPORT, BILLING)
    assert entries(text) == [Entry(SUPPORT, SLOW), Entry(SUPPORT, UNHAPPY, paused=True)]
    assert [one.line for one in entries(text)] == [4, 6]


def test_a_file_is_written_channel_by_channel() -> None:
    assert write({SUPPORT: [(SLOW, False), (UNHAPPY, True)], BILLING: []}) == (
        "# The alert rules of deskpulse: a section for each channel, a rule on each line as "
        "`/alert add` takes\n"
        "# it, with “paused:” before one that is paused. Channels without a section are left as "
        "they are.\n"
        "\n"
        f"[{BILLING}]\n"
        "\n"
        f"[{SUPPORT}]\n"
        f"{SLOW}\n"
        f"paused: {UNHAPPY}\n"
    )


_channels = st.from_regex(r"[CG][A-Z0-9]{2,10}", fullmatch=True)
_of_channel = st.lists(st.tuples(rules().map(written), st.booleans()), unique_by=lambda one: one[0])


@pytest.mark.thorough
@settings(max_examples=20)
@given(st.dictionaries(_channels, _of_channel, max_size=2))
def test_what_is_written_is_read_as_the_same(channels: dict[str, list[tuple[str, bool]]]) -> None:
    found = config(write(channels))
    assert not found.problems
    assert found.channels == tuple(sorted(channels))
    assert list(found.entries) == [
        Entry(channel, text, paused)
        for channel, some in sorted(channels.items())
        for text, paused in some
    ]
    assert all(entry.rule == parse_rule(entry.text) for entry in found.entries)


def test_a_name_in_which_a_line_breaks_stays_on_one_line() -> None:
    text = written(parse_rule('csat < 85% for group "a\nb"'))
    assert "\n" in text
    (line,) = write({SUPPORT: [(text, True)]}).splitlines()[4:]
    assert line.startswith("paused: ")
    assert entries(f"[{SUPPORT}]\n{line}") == [Entry(SUPPORT, text, paused=True)]


# --- Mistakes ------------------------------------------------------------------------------------

MISTAKES = [
    (SLOW, 1, "A rule stands before the first channel. Put the channel before it: [C024BE91L]"),
    ("\n[#support]", 2, "“[#support]” is no channel. Its id stands in square brackets"),
    ("[]", 1, "“[]” is no channel."),
    (f"[{SUPPORT}", 1, "is no channel."),
    (f"[{SUPPORT}] {SLOW}", 1, "is no channel."),
    (f"[{SUPPORT}]\n[{SUPPORT}]", 2, f"The channel {SUPPORT} has a section already, on line 1."),
    (f"[{SUPPORT}]\n{SLOW}\n\nfrt > 240m over 2h for 30m", 4, "It says the same as line 2."),
    (f"[{SUPPORT}]\n{SLOW}\npaused: {SLOW}", 3, "It says the same as line 2."),
    (f"[{SUPPORT}]\nfrts > 4h", 2, "frts"),
    (f"[{SUPPORT}]\npaused:", 2, ""),
    (f'[{SUPPORT}]\n"csat < 85%', 2, ""),
]


@pytest.mark.parametrize(("text", "line", "sentence"), MISTAKES)
def test_a_mistake_is_told_with_its_line(text: str, line: int, sentence: str) -> None:
    ((number, complaint),) = told(text)
    assert number == line
    assert sentence in complaint


def test_every_mistake_is_told_at_once() -> None:
    text = f"[{SUPPORT}]\nfrts > 4h\n{SLOW}\ncsat < 850%\n[support]\ncsat < 85\n"
    assert [line for line, _ in told(text)] == [2, 4, 5, 6]


# --- What a file changes -------------------------------------------------------------------------


def compared(old: list[Entry], text: str) -> Difference:
    known = [Entry(o.channel, o.text, o.paused, parse(o.text)[0], 0, n) for n, o in enumerate(old)]
    return difference(known, config(text))


THERE = [Entry(SUPPORT, SLOW), Entry(SUPPORT, UNHAPPY), Entry(BILLING, SLOW)]


def test_the_same_file_changes_nothing() -> None:
    text = write({SUPPORT: [(SLOW, False), (UNHAPPY, False)], BILLING: [(SLOW, False)]})
    found = compared(THERE, text)
    assert not found.is_one
    assert [entry.id for entry in found.kept] == [2, 0, 1]
    assert found.lines() == [
        f"[{BILLING}]",
        f"  {SLOW}",
        f"[{SUPPORT}]",
        f"  {SLOW}",
        f"  {UNHAPPY}",
    ]


CHANGES = [
    ("another rule", [SLOW, UNHAPPY, "backlog > 200"], ["+ backlog > 200"]),
    ("one rule less", [SLOW], [f"- {UNHAPPY}"]),
    ("none left", [], [f"- {SLOW}", f"- {UNHAPPY}"]),
    ("another limit", [SLOWER, UNHAPPY], [f"- {SLOW}", f"+ {SLOWER}"]),
    ("paused", [SLOW, f"paused: {UNHAPPY}"], [f"- {UNHAPPY}", f"+ paused: {UNHAPPY}"]),
    (
        "another limit, and paused",
        [SLOW, "paused: csat < 80%"],
        [f"- {UNHAPPY}", "+ paused: csat < 80%"],
    ),
]


@pytest.mark.parametrize(("lines", "signed"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_the_difference_is_shown_like_one_of_files(lines: list[str], signed: list[str]) -> None:
    found = compared(THERE, "\n".join([f"[{SUPPORT}]", *lines]))
    assert found.is_one
    assert [line for line in found.lines() if line[0] in "+-"] == signed
    assert f"[{BILLING}]" not in found.lines()


def test_a_channel_without_a_section_is_left_as_it_is() -> None:
    found = compared(THERE, f"[{BILLING}]")
    assert [entry.id for entry in found.removed] == [2]


def test_a_changed_limit_keeps_the_number_of_the_rule() -> None:
    ((before, after),) = compared(THERE, f"[{SUPPORT}]\n{UNHAPPY}\n{SLOWER}").replaced
    assert (before.id, before.text) == (0, SLOW)
    assert (after.id, after.text) == (0, SLOWER)


def test_a_rule_about_something_else_is_another_rule() -> None:
    found = compared(THERE, f"[{SUPPORT}]\n{UNHAPPY}\n{SLOW} by group")
    assert not found.replaced
    assert [entry.id for entry in found.removed] == [0]
    assert [entry.text for entry in found.added] == [f"{SLOW} by group"]


def test_a_rule_that_is_paused_goes_on() -> None:
    old = [Entry(SUPPORT, SLOW, paused=True)]
    (resumed,) = compared(old, f"[{SUPPORT}]\n{SLOW}").resumed
    assert (resumed.id, resumed.paused) == (0, False)


def test_of_two_rules_that_say_the_same_one_goes() -> None:
    found = compared([Entry(SUPPORT, SLOW), Entry(SUPPORT, SLOW)], f"[{SUPPORT}]\n{SLOW}")
    assert [entry.id for entry in found.kept] == [0]
    assert [entry.id for entry in found.removed] == [1]
