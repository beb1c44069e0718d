"""Reads of which part of the tickets a rule is, or by which parts: names with spaces and all."""

from __future__ import annotations

from bot.alerts.wording import EXAMPLES, KEYWORDS
from bot.domain import Dimension, Slice
from bot.errors import UsageError
from commands.alert_conditions import OLD_EXAMPLE, Data, Subject
from commands.alert_phrases import BURNS, OLDER, PARTS, UNUSUAL, signed
from commands.alert_words import Typed
from commands.questions import parse_dimension
from commands.words import FOR_EXAMPLE, examples, quoted

_BY = f"{EXAMPLES[0]} by group"
_OF_GROUP = f"{EXAMPLES[0]} for group Billing"
_OF_DESK = f"{OLD_EXAMPLE} of desk acme"

#: What is offered for a mistyped dimension: by agent is understood, and refused.
_OFFERED = [dimension for dimension in Dimension if dimension is not Dimension.AGENT]

#: Parts that begin with a word that may as well be of a name, unless a number follows.
_WITH_NUMBER = frozenset(("keep", "lasting", "over", "goal", "of"))


def read_dimension(words: Typed, *, example: str = _BY) -> Dimension:
    """The dimension that comes next. Raises `UsageError`."""
    left = [word.plain for word in words.left[:2]]
    used, found = parse_dimension(left, example=example, offered=_OFFERED)
    words.at += used
    return found


def read_part(words: Typed, subject: Subject, *, has_condition: bool) -> Slice:
    """The part that comes next, its name as it was typed. Raises `UsageError`.

    A name without quotation marks goes on until another part of the rule begins; that may be the
    condition, unless the rule has it by now.
    """
    example = _OF_DESK if isinstance(subject, Data) else _OF_GROUP
    dimension = _dimension_of_part(words, subject, example)
    name = _name(words, subject, has_condition=has_condition)
    if not name:
        raise UsageError(
            "It is not said which “{dimension}”.",
            FOR_EXAMPLE,
            dimension=dimension.value,
            example=examples(example),
        )
    return Slice(dimension, name)


def _dimension_of_part(words: Typed, subject: Subject, example: str) -> Dimension:
    """The dimension of a part; data are those of a desk, with or without that word."""
    word = words.next.typed
    try:
        return read_dimension(words, example=example)
    except UsageError:
        if not word:
            raise
    if isinstance(subject, Data):
        return Dimension.DESK
    raise UsageError(
        "“for” says for how long or of what, “{typed}” is neither.",
        FOR_EXAMPLE,
        typed=quoted(word),
        example=examples(f"{EXAMPLES[0]} for 30m", example),
    )


def _name(words: Typed, subject: Subject, *, has_condition: bool) -> str:
    if words.next.in_quotes:
        return words.take().typed
    name: list[str] = []
    while words and not _ends_name(words, subject, is_first=not name, has_condition=has_condition):
        name.append(words.take().typed)
    return " ".join(name).rstrip(",;")


def _ends_name(words: Typed, subject: Subject, *, is_first: bool, has_condition: bool) -> bool:
    """Whether the next word is none of a name; a group may well be called “Business”."""
    if words.next.in_quotes or words.next.plain in KEYWORDS:
        return True
    if is_first:
        return False
    ahead = Typed(words.left)
    part = ahead.phrase(PARTS)
    if part is not None:
        return part not in _WITH_NUMBER or ahead.next.plain[:1].isdigit()
    if words.begins(subject.fillers):
        return True
    return _begins_limit(words) or (not has_condition and _begins_signal(words))


def _begins_limit(words: Typed) -> bool:
    ahead = Typed(words.left)
    return ahead.phrase(OLDER) is not None and ahead.next.plain.lstrip("+-%")[:1].isdigit()


def _begins_signal(words: Typed) -> bool:
    ahead = Typed(words.left)
    return ahead.begins({*UNUSUAL, *BURNS}) is not None or ahead.longest(signed, 3) is not None
