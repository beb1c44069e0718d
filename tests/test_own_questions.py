"""Questions of a lead's own, as they are typed: one a line, of four kinds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UsageError
from bot.surveys import bank, own
from bot.surveys.survey import Question, Scale

AGREEMENT, LIKELIHOOD, CHOICE, TEXT = Scale


def read(line: str) -> tuple[Scale, str, tuple[str, ...]]:
    (question,) = own.parse(line, "en")
    return question.scale, question.texts["en"], question.options


LINES = [
    ("My desk is quiet.", AGREEMENT, "My desk is quiet.", ()),
    ("  My   desk is quiet?  ", AGREEMENT, "My desk is quiet?", ()),
    ("1-5: My desk is quiet.", AGREEMENT, "My desk is quiet.", ()),
    ("0-10: How quiet is it?", LIKELIHOOD, "How quiet is it?", ()),
    ("0 – 10: How quiet is it?", LIKELIHOOD, "How quiet is it?", ()),
    ("0 to 10 : How quiet is it?", LIKELIHOOD, "How quiet is it?", ()),
    ("۰-۱۰: چقدر ساکت است؟", LIKELIHOOD, "چقدر ساکت است؟", ()),
    ("Text: What else?", TEXT, "What else?", ()),
    ("text：What else?", TEXT, "What else?", ()),
    ("choice: Which one? a / b / c", CHOICE, "Which one?", ("a", "b", "c")),
    ("CHOICES: Which one? a/b/c", CHOICE, "Which one?", ("a", "b", "c")),
    ("choice: کدام؟ الف / ب", CHOICE, "کدام؟", ("الف", "ب")),
    ("choice: Ποιο; α / β", CHOICE, "Ποιο;", ("α", "β")),
    ("choice: Best tool: CRM / phone", CHOICE, "Best tool:", ("CRM", "phone")),
    ("choice: A/B tests help? yes / no", CHOICE, "A/B tests help?", ("yes", "no")),
    ("choice: Really? Which? A/B / C", CHOICE, "Really? Which?", ("A/B", "C")),
    ("choice: Which one?/What?/b", CHOICE, "Which one?", ("What?", "b")),
    ("choice: Which one? a / / b", CHOICE, "Which one?", ("a", "b")),
    ("choice: Which one? a / b /", CHOICE, "Which one?", ("a", "b")),
    # What was copied out of a list.
    ("• My desk is quiet.", AGREEMENT, "My desk is quiet.", ()),
    ("2. text: What else?", TEXT, "What else?", ()),
    # A colon alone makes no kind.
    ("Nights: I can sleep.", AGREEMENT, "Nights: I can sleep.", ()),
    ("Work-life: I have time for both.", AGREEMENT, "Work-life: I have time for both.", ()),
]


@pytest.mark.parametrize(("line", "scale", "text", "options"), LINES)
def test_a_line_is_a_question_of_the_kind_that_it_says(
    line: str, scale: Scale, text: str, options: tuple[str, ...]
) -> None:
    assert read(line) == (scale, text, options)


@pytest.mark.parametrize("line", [line for line, *_ in LINES] + list(own.EXAMPLES))
def test_what_is_written_is_read_as_the_same(line: str) -> None:
    found = own.parse(line, "en")
    assert own.parse(own.written(found), "en") == found


def test_the_examples_are_one_of_each_kind() -> None:
    found = own.parse("\n".join(own.EXAMPLES), "en")
    assert [question.scale for question in found] == list(Scale)
    assert own.written(found).splitlines() == list(own.EXAMPLES)


def test_empty_lines_are_no_questions() -> None:
    assert own.parse("", "en") == ()
    assert [one.texts for one in own.parse("\n a\n\n  \nb\n", "de")] == [{"de": "a"}, {"de": "b"}]


# --- The same question again ---------------------------------------------------------------------


def key(line: str, language: str = "en") -> str:
    (question,) = own.parse(line, language)
    return question.key


@pytest.mark.parametrize(
    "again",
    [
        *("my desk is QUIET.", "1-5:  My desk  is quiet.", "- My desk is quiet."),
        *(
            "My desk is quiet",
            "My desk is quiet ?!",
            "My desk is qui\u200bet.",
            "“My-desk is quiet…”",
        ),
        *(
            "My desk is quíet.",
            "My desk is \u202equiet\u202c.",
            "Ｍｙ desk is quiet.",
            "My\u3164 desk is quiet.",
        ),
    ],
)
def test_the_same_question_has_the_same_key_however_it_is_written(again: str) -> None:
    """Else its two numbers are not held against each other, and the difference tells on somebody."""
    assert key(again) == key("My desk is quiet.")
    assert key(again, "de") == key("My desk is quiet.")
    assert key(again).startswith("own-")


def test_another_question_has_another_key() -> None:
    lines = (
        *("Quiet?", "0-10: Quiet?", "text: Quiet?", "Is it quiet?", "🙂🙂", "🙁🙁"),
        *("choice: Quiet? a / b", "choice: Quiet? b / a", "choice: Quiet? ab / c"),
    )
    assert len({key(line) for line in lines}) == len(lines)


@pytest.mark.parametrize("language", bank.languages())
def test_what_is_worded_as_a_ready_question_is_that_one(language: str) -> None:
    """So that whoever types it asks nothing anew that was told already."""
    for question in bank.questions():
        (again,) = own.parse(f"  {question.texts[language].upper()} ", language)
        assert (again.key, again.theme) == (question.key, question.theme)
        assert [*again.texts] == [language]
    assert key(f"0-10: {bank.ENPS.texts[language]}", language) == bank.ENPS.key
    assert key(f"1-5: {bank.ENPS.texts[language]}", language).startswith("own-")


def test_nothing_hidden_and_nothing_that_turns_the_direction_is_in_a_question() -> None:
    told = "choice: Is\u200b it \u202elate\u202c? \u2066yes\u2069 / no\ufeff"
    assert read(told) == (CHOICE, "Is it late?", ("yes", "no"))
    assert read("آیا می\u200cتوانم کمک بگیرم؟")[1] == "آیا می\u200cتوانم کمک بگیرم؟"


# --- Mistakes ------------------------------------------------------------------------------------

MISTAKES = [
    ("fine\ntext:", "Line 2: the question is missing. For example: text: What should we"),
    ("a\n\n\n0-10:  ", "Line 4: the question is missing. For example: 0-10: How well"),
    ("q" * 251, "Line 1: a question has 250 characters at most."),
    ("1-10: How?", "Line 1: a scale is either 1-5 or 0-10. For example: 0-10: How well"),
    ("0–5: How?", "Line 1: a scale is either 1-5 or 0-10."),
    ("chioce: Which? a / b", "there is no such kind of question. Did you mean “choice:”?"),
    ("txt: What?", "Did you mean “text:”? For example: text: What should we stop doing?"),
    (
        "choice: Which? a",
        "Line 1: a choice is a question with a question mark, and 2 to 10 answers",
    ),
    ("choice: a / b", "behind it with / between them. For example: choice: Which tool slows"),
    ("choice: Which?", "and 2 to 10 answers"),
    ("choice:", "and 2 to 10 answers"),
    (f"choice: Which? {' / '.join(map(str, range(11)))}", "and 2 to 10 answers"),
    ("choice: Which? yes / no / Yes", "Line 1: two of the answers are the same."),
    (f"choice: Which? a / {'b' * 76}", "Line 1: an answer has 75 characters at most."),
    ("Quiet?\n1-5: quiet?", "Line 2: this question stands above already."),
]


@pytest.mark.parametrize(("text", "told"), MISTAKES)
def test_a_mistake_names_its_line_and_its_mend(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        own.parse(text, "en")
    assert told in str(caught.value)


def test_ten_answers_of_the_greatest_length_are_taken() -> None:
    answers = tuple(f"{number}{'x' * 74}" for number in range(10))
    assert read(f"choice: {'q' * 249}? {' / '.join(answers)}")[2] == answers


# --- Anything that can be typed ------------------------------------------------------------------


@given(st.text(max_size=80))
def test_whatever_is_typed_is_read_or_refused_and_written_as_it_was_read(text: str) -> None:
    try:
        found = own.parse(text, "en")
    except UsageError:
        return
    assert own.parse(own.written(found), "en") == found


WORDS = st.text(
    st.characters(categories=["L", "N", "Zs"], include_characters=":-.?؟;"), max_size=30
)


@pytest.mark.thorough
@given(st.sampled_from(["", "1-5: ", "0-10: ", "text: ", "choice: "]), WORDS, st.lists(WORDS))
def test_a_question_in_any_words_is_written_as_it_was_read(
    kind: str, text: str, answers: list[str]
) -> None:
    try:
        found = own.parse(f"{kind}{text}? {' / '.join(answers)}", "en")
    except UsageError:
        return
    assert own.parse(own.written(found), "en") == found
    assert all(isinstance(one, Question) for one in found)
