"""Reads a survey as leads type it, and answers what is none with what was probably meant.

    start @support-agents until fri 17:00 remind 2 results leads min 8 in en, de
    every 2 weeks on tue 10:00 #support about workload, tools 5 questions for 3 days

What begins it is said first; the other parts follow in any order. `bot.surveys.wording` writes a plan
in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from bot.errors import UsageError
from bot.surveys.survey import (
    FEWEST,
    MOST_QUESTIONS,
    MOST_REMINDERS,
    Audience,
    Kind,
    Plan,
    Results,
)
from bot.surveys.wording import command
from commands.alert_words import Typed, Word
from commands.questions import QUOTES
from commands.survey_cadence import Rhythm
from commands.survey_names import Named, apart, is_name
from commands.survey_phrases import (
    ALL_THEMES,
    AND,
    ANONYMOUS,
    ANSWERS,
    BEFORE_RESULTS,
    CALLED,
    COUNTED,
    EVERY_EXAMPLES,
    FILLERS,
    HERE,
    NO_REMINDERS,
    NUMBERS,
    PARTS,
    PAUSES,
    RESULTS,
    SAMPLES,
    START_EXAMPLES,
    THEMES,
    TIMES,
    VERBS,
    tongues,
)
from commands.survey_times import Open, days_and_closes, read_span, read_until
from commands.words import FOR_EXAMPLE, closest, examples, mistake, plain, quoted

Read = TypeVar("Read")

#: For more answers than this nobody waits.
MOST_ANSWERS = 50

#: `remind: 2` is `remind 2`; and after a comma another word begins.
_COLON, _COMMA = re.compile(r"(?<=[^\W\d_]):(?=\s)"), re.compile(r"[,،]")


def parse_plan(kind: Kind, text: str, *, channel: str, zone: ZoneInfo, now: datetime) -> Plan:
    """The survey that was typed in a channel behind `/enps` or `/pulse`: `start …` or `every …`.

    Without a name all in the channel are asked. Times are of `zone`. Raises `UsageError`.
    """
    typed = _COMMA.sub(", ", _COLON.sub(" ", apart(text))).split()
    words = Typed([Word(one, plain(one).rstrip(",;")) for one in typed])
    return _Parts(kind, words, channel, zone, now).read()


def unknown_verb(kind: Kind, typed: str, known: Iterable[str], rest: str = "") -> UsageError:
    """The answer to the first word of a command where it is none of the known ones.

    `rest` is what follows it: the number of a survey is told again.
    """
    verbs = list(known)
    meant = VERBS.get(typed.casefold())
    if meant not in verbs:
        meant = closest(typed, verbs)
    if not typed or meant is None:
        message = "There is no survey command “{typed}”."
        return mistake(message, typed, (), START_EXAMPLES[kind])
    long = {"start": START_EXAMPLES[kind], "every": EVERY_EXAMPLES[kind]}
    number = rest if rest.removeprefix("#").isdecimal() else ""
    return UsageError(
        "There is no survey command “{typed}”.",
        "Did you mean “{meant}”? For example: {example}",
        typed=quoted(typed),
        meant=meant,
        example=examples(long.get(meant, f"{command(kind)} {meant} {number}".rstrip())),
    )


#: Said of a word that is none of the known ones, by the part in which it stands.
_NOTHING = {
    "about": "There is no theme “{typed}”.",
    "in": "The questions are not there in “{typed}”.",
}


class _Parts:
    """Reads the parts one after the other: `told` are fields of the plan, `said` the parts by name."""

    def __init__(
        self, kind: Kind, words: Typed, channel: str, zone: ZoneInfo, now: datetime
    ) -> None:
        self._kind, self._words, self._channel = kind, words, channel
        self._zone, self._now = zone, now
        self._told: dict[str, Any] = {}
        self._said: set[str] = set()
        self._named = Named()
        self._rhythm = Rhythm(kind)
        self._open = Open()

    def read(self) -> Plan:
        words = self._words
        if not (words.phrase({"start": True}) or words.begins(PAUSES) or words.begins(["every"])):
            raise unknown_verb(self._kind, words.take().typed, ("start", "every"))
        while words:
            self._next()
        cadence = self._rhythm.cadence()
        days, closes = days_and_closes(
            self._kind,
            cadence,
            self._open,
            zone=self._zone,
            now=self._now,
            example=self._example("for"),
        )
        return Plan(
            kind=self._kind,
            audience=self._audience(),
            zone=self._zone,
            channel=self._channel,
            days=days,
            closes=closes,
            cadence=cadence,
            **self._told,
        )

    def _next(self) -> None:
        words = self._words
        if self._name() or self._counted() or self._rhythm.take(words):
            return
        if words.begins(HERE):
            words.skip(HERE)
        elif words.begins(NO_REMINDERS):
            words.skip(NO_REMINDERS)
            self._set("remind", "reminders", 0)
        elif words.begins(PARTS):
            self._part(words.phrase(PARTS) or "")
        elif words.begins(FILLERS):
            words.skip(FILLERS)
        else:
            raise self._unread()

    def _part(self, name: str) -> None:
        if name in ("for", "in") and self._name():
            return
        read: dict[str, Callable[[], None]] = {
            "every": partial(self._rhythm.every, self._words),
            "on": partial(self._rhythm.on, self._words),
            "at": partial(self._rhythm.at, self._words),
            "until": self._until,
            "for": self._for,
            "remind": self._remind,
            "results": self._results,
            "min": self._fewest,
            "in": self._languages,
            "about": self._about,
            "questions": self._questions,
        }
        read[name]()

    def _unread(self) -> UsageError:
        word = self._words.next
        if word.plain in ANONYMOUS:
            hint = "Leave “{typed}” out. For example: {example}"
            return self._wrong("", "Every survey is anonymous.", hint, typed=quoted(word.typed))
        if word.typed[:1] in QUOTES or any(one.typed.endswith("?") for one in self._words.left):
            raise UsageError(
                "Questions of your own are not typed here.",
                "A window takes them: {example}",
                example=examples(f"{command(Kind.PULSE)} new"),
            )
        message = "“{typed}” is no part of a survey."
        meant = CALLED.get(word.plain)
        if meant is None:
            return mistake(message, word.typed, [*PARTS, *PAUSES], self._example())
        hint = "Did you mean “{meant}”? For example: {example}"
        return self._wrong(meant, message, hint, typed=quoted(word.typed), meant=meant)

    def _example(self, part: str = "") -> str:
        """A whole command in which the part is right."""
        if part in SAMPLES:
            begins = "every 2 weeks" if self._rhythm else "start"
            return f"{command(self._kind)} {begins} {SAMPLES[part]}"
        return (EVERY_EXAMPLES if self._rhythm or part == "every" else START_EXAMPLES)[self._kind]

    def _wrong(self, part: str, message: str, hint: str = FOR_EXAMPLE, **values: str) -> UsageError:
        return UsageError(message, hint, example=examples(self._example(part)), **values)

    def _once(self, part: str) -> None:
        """Of two of a kind one would be left out, and the survey be another than was meant."""
        if part in self._said:
            raise self._wrong(part, "“{typed}” can be said only once.", typed=part)
        self._said.add(part)

    def _set(self, part: str, field: str, value: object) -> None:
        self._once(part)
        self._told[field] = value

    # --- Whom it asks ---

    def _name(self) -> bool:
        """Whether a channel, a group or a person comes next; it is read then."""
        return self._named.take(self._words, self._example())

    def _audience(self) -> Audience:
        named = self._named.audience
        is_private = self._channel.startswith("D")
        if is_private and not named:
            raise self._wrong(
                "",
                "It is not said who is asked, and this is no channel.",
                "Name a channel, a group or people. For example: {example}",
            )
        if is_private and self._told.setdefault("results", Results.LEADS) is Results.CHANNEL:
            raise self._wrong(
                "results",
                "Results are not posted to a direct message.",
                "Say “results leads” or “results asked”. For example: {example}",
            )
        return named or Audience(channels=(self._channel,))

    # --- For how long it is open ---

    def _until(self) -> None:
        self._once("until")
        self._open.until = read_until(self._words, self._zone, self._now, self._example("until"))

    def _for(self) -> None:
        self._once("for")
        self._open.lasting = read_span(self._words, self._example("for"))

    # --- Numbers ---

    def _counted(self) -> bool:
        """Whether a number comes next, and what it is the number of; both are read then."""
        following = [word.plain for word in self._words.left[:2]]
        if len(following) < 2 or following[0] not in NUMBERS or following[1] not in COUNTED:
            return False
        number = self._number("")
        self._words.take()
        (self._asks if COUNTED[following[1]] == "questions" else self._reminds)(number)
        return True

    def _number(self, part: str) -> int:
        number = self._words.phrase(NUMBERS)
        if number is None and not self._words:
            raise self._wrong(part, "Something is missing at the end.")
        if number is None:
            message = "`{name}` takes a whole number, “{typed}” is none."
            raise self._wrong(part, message, name=part, typed=quoted(self._words.take().typed))
        return number

    def _remind(self) -> None:
        self._reminds(self._number("remind"))
        self._words.skip(TIMES)

    def _reminds(self, number: int) -> None:
        if number > MOST_REMINDERS:
            raise self._wrong(
                "remind",
                "At most {most} reminders are sent: more would press people, and nobody has to answer.",
                most=str(MOST_REMINDERS),
            )
        self._set("remind", "reminders", number)

    def _fewest(self) -> None:
        number = self._number("min")
        self._words.skip(ANSWERS)
        if number < FEWEST:
            raise self._wrong(
                "min",
                "`min` is at least {fewest}, so that nobody's answer shows.",
                fewest=str(FEWEST),
            )
        if number > MOST_ANSWERS:
            raise self._wrong("min", "`min` is at most {most}.", most=str(MOST_ANSWERS))
        self._set("min", "fewest", number)

    def _questions(self) -> None:
        self._asks(self._number("questions"))

    def _asks(self, number: int) -> None:
        self._of_pulse()
        if not 1 <= number <= MOST_QUESTIONS:
            raise self._wrong(
                "questions",
                "A pulse has 1 to {most} questions: more are not answered in a minute.",
                most=str(MOST_QUESTIONS),
            )
        self._set("questions", "many", number)

    def _of_pulse(self) -> None:
        if self._kind is Kind.ENPS:
            raise UsageError(
                "An eNPS is one question; themes, and more questions, are for a pulse.",
                FOR_EXAMPLE,
                example=examples(START_EXAMPLES[Kind.PULSE]),
            )

    # --- What it asks, and who sees it ---

    def _about(self) -> None:
        self._of_pulse()
        if self._words.begins(ALL_THEMES):
            self._words.skip(ALL_THEMES)
            self._once("about")
        else:
            self._set("about", "themes", self._several("about", THEMES))

    def _languages(self) -> None:
        self._set("in", "languages", self._several("in", tongues()))

    def _several(self, part: str, known: Mapping[str, Read]) -> tuple[Read, ...]:
        """One or more of the known, each once, with a comma or “and” between them."""
        words = self._words
        found: dict[Read, None] = {}
        while not found or self._goes_on(known):
            one = words.longest(known.get, 2)
            if one is None:
                raise mistake(_NOTHING[part], words.take().typed, known, self._example(part))
            found[one] = None
        return tuple(found)

    def _goes_on(self, known: Collection[str]) -> bool:
        """Whether more of them come: known ones, or what stands behind a comma or an “and”."""
        words = self._words
        is_said = words.last.typed.endswith((",", "،")) or words.begins(AND) is not None
        words.skip(AND)
        is_other = words.begins([*PARTS, *NUMBERS]) or is_name(words.next.typed)
        return words.begins(known) is not None or (is_said and bool(words) and not is_other)

    def _results(self) -> None:
        self._words.skip(BEFORE_RESULTS)
        who = self._words.phrase(RESULTS)
        if who is None:
            message = "“{typed}” is nobody to whom results are shown: here, leads or asked."
            raise mistake(message, self._words.take().typed, RESULTS, self._example("results"))
        self._set("results", "results", who)
