"""Scores in words: the value, its interval, and whether it can be told from the one before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from bot.locale import Reader
from bot.metrics import Unit
from bot.metrics.comparison import Verdict
from bot.slack.surveys.withheld import shares
from bot.slack.surveys.words import theme_label
from bot.surveys.bank import ENPS
from bot.surveys.results import EVERYBODY, Told, WaveResult
from bot.surveys.score import Change, Score
from bot.surveys.survey import Kind, Question
from bot.surveys.tally import scale_of, theme_of

#: In what all scores are told.
UNIT = Unit.SCORE

#: What stands where nothing may be told.
HIDDEN = "–"


@dataclass(frozen=True, slots=True)
class Line:
    """A score in words: its value, `n`, and what stands below it in the head of the results.

    `of_scale` is the value with the highest of its scale, where none beside it says what that is.
    """

    value: str
    of_scale: str
    n: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """The scores of a wave as somebody reads them, beside those of the wave before."""

    told: WaveResult
    before: WaveResult | None
    reader: Reader

    def score(self, subject: str, team: str = EVERYBODY) -> Line | None:
        """A score in words; `None` where it is withheld."""
        found = self.told.score(subject, team)
        if found is None:
            return None
        return Line(
            shown_value(subject, found.value, self.reader),
            of_scale(subject, found.value, self.told.questions, self.reader),
            self.reader.number(found.n),
            tuple(_lines(self.told, subject, found, self.reader)),
        )

    def last(self, subject: str, team: str = EVERYBODY) -> str:
        """The score of the wave before."""
        found = None if self.before is None else self.before.score(subject, team)
        return HIDDEN if found is None else shown_value(subject, found.value, self.reader)

    def order(self, subject: str) -> float:
        """The lowest comes first, what is withheld last."""
        found = self.told.score(subject)
        return float("inf") if found is None else found.value

    def mark(self, subject: str, team: str = EVERYBODY) -> str:
        """One sign where a score really moved."""
        found = self._change(subject, team)
        return "" if found is None else _MARKS.get(found.verdict, "")

    def change(self, subject: str) -> str | None:
        """Whether it moved since the wave before, or why that is not said, in a sentence."""
        found, last = self._change(subject), self.last(subject)
        if found is not None:
            return moved(found.verdict, last, self.reader)
        if last != HIDDEN:
            return asked_otherwise(last, self.reader)
        if self.before is None or self.before.of(subject).withheld is None:
            return None
        return withheld_before(self.reader)

    def _change(self, subject: str, team: str = EVERYBODY) -> Change | None:
        """What may be said of a score beside the one before; `None` where nothing can be compared."""
        if self.before is None:
            return None
        return self.told.change_since(self.before, subject, team)


_MARKS = {Verdict.HIGHER: "▲\u00a0", Verdict.LOWER: "▼\u00a0"}

_SAID = {
    Verdict.HIGHER: "🟢 Higher than last time ({last}), by more than chance explains.",
    Verdict.LOWER: "🔴 Lower than last time ({last}), by more than chance explains.",
    Verdict.SAME: "Last time {last} as well.",
    Verdict.CANNOT_TELL: "Last time {last}: the difference can be chance.",
}


def moved(verdict: Verdict, last: str, reader: Reader) -> str | None:
    """What is said of a score beside the `last` one; `None` where nothing can be."""
    return reader.text(_SAID[verdict], last=last) if verdict in _SAID else None


def asked_otherwise(last: str, reader: Reader) -> str:
    """Why nothing is said of a score beside the `last` one."""
    return reader.text("Last time {last}, when other questions were asked.", last=last)


def withheld_before(reader: Reader) -> str:
    """Why a score stands beside none."""
    return reader.text("Last time it was withheld, so there is nothing to compare it with.")


def _lines(wave: WaveResult, subject: str, found: Score, reader: Reader) -> Iterator[str]:
    """How it is made up, and its interval."""
    if subject == ENPS.key:
        yield from _mix(wave.of(subject), wave, reader)
    if found.low is None or found.high is None:
        return
    low, high = (shown_value(subject, end, reader) for end in (found.low, found.high))
    if not found.is_of_asked:
        yield reader.text("95% interval {low}\u00a0…\u00a0{high}", low=low, high=high)
    elif found.n < found.asked:
        yield reader.text(
            "95% interval for everybody asked {low}\u00a0…\u00a0{high}", low=low, high=high
        )
    else:
        yield reader.text("Everybody answered: this is the score of all who were asked.")


def _mix(told: Told, wave: WaveResult, reader: Reader) -> Iterator[str]:
    """How many promoters, passives and detractors there are, or why that is withheld."""
    if told.shares_withheld is not None:
        yield shares(told.shares_withheld, wave, reader)
    elif told.numbers is not None and (counts := told.numbers.counts):
        mix = [
            reader.plural("{n} promoter", "{n} promoters", counts.get(1, 0)),
            reader.plural("{n} passive", "{n} passives", counts.get(0, 0)),
            reader.plural("{n} detractor", "{n} detractors", counts.get(-1, 0)),
        ]
        yield " · ".join(mix)


def rounded(subject: str, value: float) -> float:
    """As exact as it is shown, wherever that is: an eNPS in whole points, a mean to a tenth."""
    return float(round(Decimal(str(value)), 0 if subject == ENPS.key else 1))


def shown_value(subject: str, value: float, reader: Reader) -> str:
    """+28 of an eNPS, 3.8 of a mean."""
    shown = rounded(subject, value)
    if subject != ENPS.key:
        return reader.number(shown, decimals=1)
    number = reader.number(abs(shown))
    return f"+{number}" if shown > 0 else f"−{number}" if shown < 0 else number


def of_scale(subject: str, value: float, questions: Iterable[Question], reader: Reader) -> str:
    """3.8 of 5; an eNPS as it is."""
    shown, ends = shown_value(subject, value, reader), scale_of(subject, questions).ends
    if subject == ENPS.key or ends is None:
        return shown
    return reader.text("{value} of {highest}", value=shown, highest=reader.number(ends[1]))


def brief(kind: Kind, reader: Reader) -> str:
    return reader.text("eNPS") if kind is Kind.ENPS else reader.text("Pulse")


def subject_label(subject: str, reader: Reader) -> str:
    """The name of what is scored: an eNPS, a theme, or a pulse as a whole."""
    if subject == ENPS.key:
        return reader.text("eNPS")
    theme = theme_of(subject)
    return reader.text("Pulse") if theme is None else theme_label(reader, theme)
