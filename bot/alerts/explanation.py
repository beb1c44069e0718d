"""Why a rule fired, or did not, at a moment: what there was to see, and how the rule stood."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.alerts.judge import Observation, Seen, Verdict, judge, severity
from bot.alerts.life import CALM, Kind, Part, Phase, Standing, Step
from bot.alerts.rehearsal import Moment
from bot.alerts.rule import Old, Rule, Waiting


class Answer(StrEnum):
    """The one reason that comes first.

    It was not judged at all: `NOT_ON` yet, or not at that time; `PAUSED` now; `REMOVED`; `NOT_YET`,
    as its data are still awaited or the moment is to come. Or it was: it `FIRED` in that moment, was
    `FIRING` or `RECOVERING` since before, `ENDED`, was `PENDING` or had `CALMED` before it could
    fire; there was `NO_DATA`, too `FEW` to claim anything, or all was `INSIDE` its limits.
    """

    NOT_ON = "not on"
    PAUSED = "paused"
    REMOVED = "removed"
    NOT_YET = "not yet"
    FIRED = "fired"
    FIRING = "firing"
    RECOVERING = "recovering"
    ENDED = "ended"
    PENDING = "pending"
    CALMED = "calmed"
    NO_DATA = "no data"
    FEW = "few"
    INSIDE = "inside"


@dataclass(frozen=True, slots=True)
class Looked:
    """One part at the moment: what was seen of it, how it stood before and after.

    A part that was pending then would have fired after so much longer (`left`).
    """

    part: str | None
    seen: Observation
    verdict: Verdict
    before: Part | None = None
    after: Part | None = None
    left: timedelta | None = None


@dataclass(frozen=True, slots=True)
class HeldBy:
    """What held its messages back: a mute that `who` set, `why`, until when; or closed hours."""

    who: str | None = None
    why: str = ""
    until: datetime | None = None
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class Late:
    """A desk that had not been read far enough in time: up to `until` only, or not at all."""

    desk: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Why nobody was called by a step; or, where it `is_gone`, what became of the message since."""

    problem: str
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """All there is to say of a rule at the moment `asked` about; it was judged at `slot`.

    `parts` are what was seen, the worst first, as the data are now; `steps` what is decided from them
    now, `logged` what the log has of that moment, `last` the last step in the log before it, and of
    these the `undelivered`. They differ by `changed`: data came later that would have changed the
    decision. The rule was on, as it was then, from `since` on, and judged up to `judged_until`; where
    it was `NOT_ON`, it was so until `since`.
    """

    rule: Rule
    asked: datetime
    slot: datetime
    answer: Answer
    since: datetime
    judged_until: datetime
    parts: Sequence[Looked] = ()
    before: Standing = CALM
    after: Standing = CALM
    steps: Sequence[Step] = ()
    logged: Sequence[Step] = ()
    last: Step | None = None
    undelivered: Mapping[Step, Undelivered] = field(default_factory=dict)
    held_by: Sequence[HeldBy] = ()
    late: Sequence[Late] = ()
    changed: bool = False


def slot_of(rule: Rule, moment: datetime) -> datetime:
    """The last moment up to the given one at which the rule is judged."""
    return rule.slots(moment - rule.tick, moment)[-1]


def looked(rule: Rule, seen: Seen | None, moment: Moment) -> list[Looked]:
    """Every part that was seen or did not stand well, those that did worst first."""
    names = dict.fromkeys([*moment.before.parts, *moment.after.parts, *(seen or {})])
    found = [_looked(rule, name, (seen or {}).get(name), moment) for name in names]
    return sorted(found, key=lambda one: _order(rule, one))


def _looked(rule: Rule, name: str | None, seen: Observation | None, moment: Moment) -> Looked:
    after = moment.after.parts.get(name)
    left = None
    if after is not None and after.phase is Phase.PENDING:
        left = rule.lasting - (moment.at - after.since)
    found = seen or Observation(None)
    return Looked(name, found, judge(rule, found), moment.before.parts.get(name), after, left)


_WORST_FIRST = (Verdict.BREACH, Verdict.BETWEEN, Verdict.CLEAR, Verdict.FEW)


def _order(rule: Rule, one: Looked) -> tuple[int, float, bool, str]:
    place = _WORST_FIRST.index(one.verdict)
    return place, -severity(rule, one.seen), one.part is None, one.part or ""


#: What is told of a moment by what happened in it, the most telling first.
_HAPPENED = (
    (Kind.FIRED, Answer.FIRED),
    (Kind.RELAPSED, Answer.FIRING),
)


def answered(rule: Rule, seen: Seen | None, moment: Moment, parts: Collection[Looked]) -> Answer:
    """The reason that comes first, of a moment that was judged."""
    kinds = {step.kind for step in moment.steps}
    for kind, answer in _HAPPENED:
        if kind in kinds:
            return answer
    if seen is None:
        return Answer.NO_DATA
    for phase, answer in (
        (Phase.FIRING, Answer.FIRING),
        (Phase.RECOVERING, Answer.RECOVERING),
        (Phase.PENDING, Answer.PENDING),
    ):
        if any(part.phase is phase for part in moment.after.parts.values()):
            return answer
    if kinds & {Kind.RECOVERED, Kind.LAPSED}:
        return Answer.ENDED
    return Answer.CALMED if Kind.CALMED in kinds else _calm(rule, parts)


def _calm(rule: Rule, parts: Collection[Looked]) -> Answer:
    """Nothing was going on: because all was well, or because there was nothing to judge by."""
    if isinstance(rule.condition, Waiting | Old):
        return Answer.INSIDE
    has_any = any(one.verdict is not Verdict.FEW for one in parts)
    return Answer.INSIDE if has_any else Answer.FEW


#: What is decided by the data alone; the rest hangs on what people did and on when it was muted.
_BY_DATA = frozenset(
    (Kind.PENDING, Kind.CALMED, Kind.FIRED, Kind.RECOVERING, Kind.RELAPSED, Kind.RECOVERED)
) | {Kind.LAPSED, Kind.NO_DATA, Kind.DATA_BACK}


def is_changed(now: Iterable[Step], logged: Iterable[Step]) -> bool:
    """Whether the data as they are now lead to other steps than the log has."""
    return _decided(now) != _decided(logged)


def _decided(steps: Iterable[Step]) -> list[tuple[datetime, str, str]]:
    return sorted((s.at, s.kind, s.part or "") for s in steps if s.kind in _BY_DATA)
