"""What a rehearsal says of a rule as a whole: that it never fires, often does, or has too little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.alerts.judge import Observation, Seen, Verdict, judge, needs_sample, severity
from bot.alerts.rule import NoData, Rule, Waiting

#: Out of its limit in so large a share of the moments, a rule tells nothing new.
ALMOST_ALWAYS = 0.9

#: And in so large a share it is soon overlooked.
OFTEN = 0.25


class History(StrEnum):
    """What the past says of a rule.

    No data were there in time (`UNREAD`), or there was no number (`NOTHING`), or never as many rows
    as it wants (`FEW`), or never enough history to say what is usual (`NEW`). It was never out of
    its limit (`NEVER`), or never for as long as it has to last (`SHORT`), or almost always
    (`ALWAYS`), or much of the time (`OFTEN`). Otherwise it is `SOUND`.
    """

    UNREAD = "unread"
    NOTHING = "nothing"
    FEW = "few"
    NEW = "new"
    NEVER = "never"
    SHORT = "short"
    ALWAYS = "always"
    OFTEN = "often"
    SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the past says, and the numbers that it rests on.

    Of `moments` there were data in `with_data`; in `judged` at least one part could be judged, in
    `out` one was out of its limit. `most` rows were there at the best. `longest` is how long a part
    was out of its limit without a break, `furthest` what was seen that came nearest to the limit, or
    went furthest beyond it.
    """

    says: History
    moments: int
    with_data: int
    judged: int
    out: int
    most: int
    longest: timedelta
    furthest: Observation | None

    @property
    def share_out(self) -> float:
        """In which share of the moments that could be judged it was out of its limit, 0 to 1."""
        return self.out / self.judged if self.judged else 0.0


def by_history(rule: Rule, seen: Sequence[Seen | None]) -> Finding:
    """What the past says of a rule; `seen` is what there was to see, slot by slot, oldest first."""
    look = _Look(rule)
    for one in seen:
        look.at(one)
    return look.finding(len(seen))


class _Look:
    """Goes over the past moment by moment."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._is_of_tickets = isinstance(rule.condition, Waiting)
        self._at = 0
        self._with_data = 0
        self._judged = 0
        self._out = 0
        self._most = 0
        self._longest = 0
        self._any_value = False
        self._since: dict[str | None, int] = {}
        self._furthest: Observation | None = None

    def at(self, seen: Seen | None) -> None:
        """Takes in what was to be seen in the next moment."""
        if seen is None:
            # What is pending stays so, but is not seen to last; or missing data mean that all is well.
            if self._rule.no_data is NoData.OK:
                self._since = {}
            elif self._rule.no_data is NoData.KEEP:
                self._since = {part: at + 1 for part, at in self._since.items()}
        else:
            self._with_data += 1
            verdicts = {part: self._look_at(one) for part, one in seen.items()}
            # That no ticket waits is an answer as well.
            is_judged = self._is_of_tickets or set(verdicts.values()) - {Verdict.FEW}
            self._judged += bool(is_judged)
            out = [part for part, one in verdicts.items() if one is Verdict.BREACH]
            self._out += bool(out)
            self._since = {part: self._since.get(part, self._at) for part in out}
            self._longest = max([self._longest, *(self._at - at for at in self._since.values())])
        self._at += 1

    def _look_at(self, one: Observation) -> Verdict:
        verdict = judge(self._rule, one)
        self._most = max(self._most, one.n)
        self._any_value |= one.value is not None
        if verdict is not Verdict.FEW and (
            self._furthest is None
            or severity(self._rule, one) > severity(self._rule, self._furthest)
        ):
            self._furthest = one
        return verdict

    def finding(self, moments: int) -> Finding:
        return Finding(
            self._says(),
            moments,
            self._with_data,
            self._judged,
            self._out,
            self._most,
            self._longest * self._rule.tick,
            self._furthest,
        )

    def _says(self) -> History:
        if not self._with_data:
            return History.UNREAD
        if not self._judged:
            return self._unjudged()
        if not self._out:
            return History.NEVER
        if self._longest * self._rule.tick < self._rule.lasting:
            return History.SHORT
        # Each ticket is told once, however many there are, and so is each survey.
        if self._is_of_tickets or self._rule.is_of_surveys or self._out < OFTEN * self._judged:
            return History.SOUND
        return History.ALWAYS if self._out >= ALMOST_ALWAYS * self._judged else History.OFTEN

    def _unjudged(self) -> History:
        if not self._any_value:
            return History.NOTHING
        if needs_sample(self._rule) and self._most < self._rule.fewest:
            return History.FEW
        return History.NEW if self._rule.asks_usual else History.NOTHING
