"""Questions of a lead's own, as they are typed: one a line, of four kinds.

I get an answer when I ask for help.              how much somebody agrees, 1 to 5
0-10: How well do you know what others work on?   0 to 10
choice: Which tool slows you down? CRM / phone    one of 2 to 10 answers
text: What should we stop doing?                  in one's own words
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from hashlib import blake2b

from bot.errors import UsageError
from bot.surveys import bank
from bot.surveys.survey import Question, Scale
from bot.surveys.taming import seen
from bot.surveys.telltales.folding import fold

#: Longer questions are not read to their end on a phone.
LONGEST_QUESTION = 250

#: Slack takes so many radio buttons, each with so long a label
#: (https://docs.slack.dev/reference/block-kit/block-elements/radio-button-group-element).
FEWEST_ANSWERS, MOST_ANSWERS, LONGEST_ANSWER = 2, 10, 75

#: One of each kind, as it may be typed.
EXAMPLES = (
    "I get an answer when I ask for help.",
    "0-10: How well do you know what others work on?",
    "choice: Which tool slows you down? CRM / phone / search",
    "text: What should we stop doing?",
)

_KINDS = {
    "1-5": Scale.AGREEMENT,
    "0-10": Scale.LIKELIHOOD,
    "choice": Scale.CHOICE,
    "choices": Scale.CHOICE,
    "text": Scale.TEXT,
}
_NAMES = {
    Scale.AGREEMENT: "1-5",
    Scale.LIKELIHOOD: "0-10",
    Scale.CHOICE: "choice",
    Scale.TEXT: "text",
}

#: What stands before the items of a list that was copied from elsewhere.
_BULLET = re.compile(r"^(?:[-–•*]|[0-9]{1,2}[.)])\s+")
_KIND = re.compile(r"(?P<kind>[^:：]{1,20})[:：](?P<rest>.*)")
_RANGE = re.compile(r"[0-9]{1,3}-[0-9]{1,3}")

#: A slash with spaces around it.
_APART = r"(?<=\s)/(?=\s)"

#: A mark that ends a question, then those that do where there is none: `;` is the Greek one.
_MARKS = (r"[?؟？]", r"[;;:：]")


def parse(text: str, language: str) -> tuple[Question, ...]:
    """The questions in some lines; empty lines are left out.

    `language` is the one that they are taken to be in. A question that is asked again has the same
    key, so that its answers can be compared, and are held against those of before; one that is worded
    as a ready one is that one. Raises `UsageError`, which names the line.
    """
    found: list[Question] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        question = _question(line, number, language)
        if question.key in (one.key for one in found):
            raise UsageError("Line {line}: this question stands above already.", line=number)
        found.append(question)
    return tuple(found)


def written(questions: Sequence[Question]) -> str:
    """The questions as they would be typed: `parse` reads the same ones from it."""
    return "\n".join(map(_line, questions))


def _line(question: Question) -> str:
    told = next(iter(question.texts.values()))
    if question.options:
        told = _choice_line(told, question.options)
    is_bare = question.scale is Scale.AGREEMENT and not (_KIND.match(told) or _BULLET.match(told))
    return told if is_bare else f"{_NAMES[question.scale]}: {told}"


def _choice_line(text: str, options: Sequence[str]) -> str:
    """A slash stands before the first answer, too, where that could be taken for the question."""
    if any(re.search(mark, options[0]) for mark in _MARKS):
        return " / ".join([text, *options])
    return " / ".join([f"{text} {options[0]}", *options[1:]])


# --- One line ------------------------------------------------------------------------------------


def _question(line: str, number: int, language: str) -> Question:
    scale, told = _told(_tidy(line), number)
    text, options = (told, ()) if scale is not Scale.CHOICE else _choice(told, number)
    if not text:
        raise UsageError(
            "Line {line}: the question is missing.",
            "For example: {example}",
            line=number,
            example=_example(scale),
        )
    if len(text) > LONGEST_QUESTION:
        raise UsageError(
            "Line {line}: a question has {most} characters at most.",
            line=number,
            most=LONGEST_QUESTION,
        )
    ready = None if options else _ready().get((scale, _bare(text)))
    if ready is not None:
        return replace(ready, texts={language: text})
    return Question(_key(scale, text, options), scale, {language: text}, options=options)


def _tidy(line: str) -> str:
    return _BULLET.sub("", " ".join(seen(line).split()))


def _told(line: str, number: int) -> tuple[Scale, str]:
    """The kind that stands before a question, and the question."""
    match = _KIND.fullmatch(line)
    if match is None:
        return Scale.AGREEMENT, line
    typed = _plain(match["kind"])
    if typed in _KINDS:
        return _KINDS[typed], match["rest"].strip()
    _check_kind(typed, number)
    # A question may have a colon in it.
    return Scale.AGREEMENT, line


def _plain(kind: str) -> str:
    """In small letters, with ASCII digits, and every dash the same."""
    digits = (str(unicodedata.decimal(c)) if c.isdecimal() else c for c in kind.casefold())
    return re.sub(r"\s*(?:[-–—−]|\bto\b)\s*", "-", "".join(digits).strip())


def _check_kind(typed: str, number: int) -> None:
    """Raises `UsageError` for what was meant to be a kind."""
    if _RANGE.fullmatch(typed):
        raise UsageError(
            "Line {line}: a scale is either 1-5 or 0-10.",
            "For example: {example}",
            line=number,
            example=_example(Scale.LIKELIHOOD),
        )
    near = get_close_matches(typed, _KINDS, n=1, cutoff=0.8)
    if near:
        raise UsageError(
            "Line {line}: there is no such kind of question.",
            "Did you mean “{meant}”? For example: {example}",
            line=number,
            meant=f"{near[0]}:",
            example=_example(_KINDS[near[0]]),
        )


def _choice(told: str, number: int) -> tuple[str, tuple[str, ...]]:
    """The question of a choice, and its answers.

    A slash with spaces around it parts answers wherever there is one: so “A/B” may be one of them.
    """
    told = told.strip(" /")
    first, *others = re.split(_APART if re.search(_APART, told) else "/", told)
    text, answer = _parted(first)
    options = tuple(bare for one in (answer, *others) if (bare := one.strip(" /")))
    _check_answers(text, options, number)
    return text, options


def _parted(first: str) -> tuple[str, str]:
    """The question and the first of its answers, which follows its mark."""
    for mark in _MARKS:
        ends = [match.end() for match in re.finditer(mark, first)]
        if ends:
            return first[: ends[-1]].strip(), first[ends[-1] :].strip()
    return "", first


def _check_answers(text: str, options: Sequence[str], number: int) -> None:
    if not text or not FEWEST_ANSWERS <= len(options) <= MOST_ANSWERS:
        raise UsageError(
            "Line {line}: a choice is a question with a question mark, and {fewest} to {most} answers "
            "behind it with / between them.",
            "For example: {example}",
            line=number,
            fewest=FEWEST_ANSWERS,
            most=MOST_ANSWERS,
            example=_example(Scale.CHOICE),
        )
    if len({one.casefold() for one in options}) < len(options):
        raise UsageError("Line {line}: two of the answers are the same.", line=number)
    if max(map(len, options)) > LONGEST_ANSWER:
        raise UsageError(
            "Line {line}: an answer has {most} characters at most.",
            line=number,
            most=LONGEST_ANSWER,
        )


def _example(scale: Scale) -> str:
    return dict(zip(_NAMES, EXAMPLES, strict=True))[scale]


# --- Which question it is ------------------------------------------------------------------------


def _key(scale: Scale, text: str, options: Sequence[str]) -> str:
    """A name for a question that is the same whenever it is asked, however it is written."""
    told = chr(0).join([scale, *map(_bare, [text, *options])])
    return f"own-{blake2b(told.encode(), digest_size=5).hexdigest()}"


def _bare(text: str) -> str:
    """What a wording is known by: its letters and digits; where it has none, as an emoji, all of it."""
    return "".join(letter for letter in fold(text) if letter.isalnum()) or text


@cache
def _ready() -> Mapping[tuple[Scale, str], Question]:
    """The questions that are not a lead's own, by each of their wordings."""
    return {
        (question.scale, _bare(text)): question
        for question in (bank.ENPS, *bank.questions())
        for text in question.texts.values()
    }
