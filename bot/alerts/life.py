"""The life of an alert, as a pure function of the rule, what is seen, how it stands, and the moment.

    ok → pending → firing → recovering → ok        each part of the tickets by itself
                     firing: acknowledged | snoozed | held back        all parts of a rule together

The parts of a rule that fire make one incident, and an incident is one message. No data is no phase
of its own but stands beside them, with its own policy. What is decided is given as steps, of which
the log, the message and its thread are made; a rehearsal takes the same steps (METHODS, "An alert's
life").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from bot.alerts.judge import Observation, Seen, Verdict, judge, severity
from bot.alerts.rule import NoData, Rule, Waiting

#: So long an alert stays quiet for whoever has taken it on.
ACKNOWLEDGED = timedelta(hours=8)

#: So many held back incidents are told one by one when they may be told.
MOST_MISSED = 10


class Phase(StrEnum):
    """Where a part of the tickets stands; one that is fine has no phase at all."""

    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"


class Kind(StrEnum):
    """What happens in the life of an alert.

    Of a part: it is pending, calms down before it fires, fires, recovers, relapses, has recovered, or
    lapses because nothing is left to judge it by. Of the incident: it opens (held back, where it may
    not be told now), is told later, reminded of, and ends; one that was held back for all of its life
    is missed, and told when that is over.
    """

    PENDING = "pending"
    CALMED = "calmed"
    FIRED = "fired"
    RECOVERING = "recovering"
    RELAPSED = "relapsed"
    RECOVERED = "recovered"
    LAPSED = "lapsed"
    HELD = "held"
    TOLD = "told"
    REMINDED = "reminded"
    ENDED = "ended"
    MISSED = "missed"
    NO_DATA = "no data"
    DATA_BACK = "data back"
    ACKNOWLEDGED = "acknowledged"
    ACKNOWLEDGEMENT_ENDED = "acknowledgement ended"
    SNOOZED = "snoozed"
    SNOOZE_ENDED = "snooze ended"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Missed:
    """An incident that was over before it might be told."""

    opened_at: datetime
    closed_at: datetime
    worst: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened at a moment; `who` did it, and it ends by itself at `until`.

    With `Kind.MISSED` come the incidents that are told only now, and how `many` there were.
    """

    kind: Kind
    at: datetime
    part: str | None = None
    value: float | None = None
    n: int = 0
    who: str | None = None
    until: datetime | None = None
    missed: tuple[Missed, ...] = ()
    many: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """How one part stands: its phase since a moment, and the numbers that its message shows.

    `fired` is the value with which it fired at `fired_at`, `worst` the one furthest out since, `last`
    what was seen last. There were too few to judge it by since `few_since`.
    """

    phase: Phase
    since: datetime
    last: Observation
    fired_at: datetime | None = None
    fired: float | None = None
    worst: Observation | None = None
    few_since: datetime | None = None

    @property
    def has_fired(self) -> bool:
        return self.phase is not Phase.PENDING


@dataclass(frozen=True, slots=True)
class Incident:
    """A firing of a rule from its first part to its last.

    `told_at` is when it was first told, `None` while it is held back; `notified_at` when people were
    last called for it. `worst` is what was seen furthest out, of any of its parts, over ones too.
    """

    opened_at: datetime
    worst: Observation | None = None
    told_at: datetime | None = None
    notified_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    acknowledged_until: datetime | None = None
    snoozed_by: str | None = None
    snoozed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule stands after a moment: the parts that are not fine, and what people did about them.

    `missed` are the incidents that are still to be told, `missed_more` how many further ones.
    """

    parts: Mapping[str | None, Part] = field(default_factory=lambda: MappingProxyType({}))
    incident: Incident | None = None
    missed: tuple[Missed, ...] = ()
    missed_more: int = 0
    no_data_since: datetime | None = None

    @property
    def is_calm(self) -> bool:
        """Whether nothing is going on."""
        return not (self.parts or self.incident or self.missed or self.no_data_since)

    @property
    def is_steady(self) -> bool:
        """Whether all that is going on was told, and nothing will happen but by what there is to see."""
        incident = self.incident
        if incident is None or incident.told_at is None or self.missed or self.no_data_since:
            return False
        if incident.acknowledged_until or incident.snoozed_until:
            return False
        return all(part.phase is Phase.FIRING for part in self.parts.values())

    @property
    def firing(self) -> dict[str | None, Part]:
        """The parts that have fired and are not over."""
        return {name: part for name, part in self.parts.items() if part.has_fired}


CALM = Standing()


def advance(
    rule: Rule, standing: Standing, seen: Seen | None, moment: datetime, *, muted: bool = False
) -> tuple[Standing, Sequence[Step]]:
    """How a rule stands after a moment, and what happened in it.

    `seen` is what was observed of each part; `None` where the data of this moment were not there in
    time. While it is `muted` nothing new is told.
    """
    if seen is not None and standing.is_calm and not _any_breach(rule, seen):
        return standing, ()
    life = _Life(rule, standing, moment, muted=muted)
    life.look(seen)
    life.incident_now()
    return life.standing, life.steps


def _any_breach(rule: Rule, seen: Seen) -> bool:
    return any(judge(rule, one) is Verdict.BREACH for one in seen.values())


def acknowledge(
    standing: Standing, *, by: str, at: datetime, span: timedelta = ACKNOWLEDGED
) -> tuple[Standing, Sequence[Step]]:
    """Somebody takes an incident on, for a while; nothing happens where there is none."""
    if standing.incident is None:
        return standing, ()
    until = at + span
    incident = replace(
        standing.incident,
        acknowledged_by=by,
        acknowledged_at=at,
        acknowledged_until=until,
        snoozed_by=None,
        snoozed_until=None,
    )
    step = Step(Kind.ACKNOWLEDGED, at, who=by, until=until)
    return replace(standing, incident=incident), (step,)


def snooze(
    standing: Standing, *, by: str, at: datetime, until: datetime
) -> tuple[Standing, Sequence[Step]]:
    """Somebody wants to hear no more of an incident until a moment."""
    if standing.incident is None:
        return standing, ()
    incident = replace(standing.incident, snoozed_by=by, snoozed_until=until)
    step = Step(Kind.SNOOZED, at, who=by, until=until)
    return replace(standing, incident=incident), (step,)


def stop(standing: Standing, *, by: str | None, at: datetime) -> tuple[Standing, Sequence[Step]]:
    """The rule is paused, changed or removed: what was going on goes on no more.

    `by` is `None` where a file of rules did it, and nobody in Slack.

    What is still to be told once a mute ends is told then.
    """
    steps = () if standing.incident is None else (Step(Kind.STOPPED, at, who=by),)
    if not standing.missed:
        return CALM, steps
    return Standing(missed=standing.missed, missed_more=standing.missed_more), steps


class _Life:
    """One moment of a rule: `standing` and `steps` grow as it is looked at."""

    def __init__(self, rule: Rule, standing: Standing, moment: datetime, *, muted: bool) -> None:
        self.standing = standing
        self.steps: list[Step] = []
        self._rule = rule
        self._moment = moment
        self._muted = muted
        self._parts = dict(standing.parts)
        self._newly: list[str | None] = []
        self._breaching = False
        self._worst = standing.incident.worst if standing.incident else None

    # --- the parts ---

    def look(self, seen: Seen | None) -> None:
        """Takes in what was seen of each part."""
        self._data(there=seen is not None)
        if seen is None:
            self._without_data()
        else:
            for name in dict.fromkeys([*self._parts, *seen]):
                self._part(name, seen.get(name))
        # The worst of this incident is kept when its last part ends.
        parts = dict(sorted(self._parts.items(), key=lambda one: (one[0] is None, one[0] or "")))
        self.standing = replace(self.standing, parts=MappingProxyType(parts))

    def _data(self, *, there: bool) -> None:
        since = self.standing.no_data_since
        if there and since is not None:
            self._step(Kind.DATA_BACK)
            self._unseen(self._moment - since)
            self.standing = replace(self.standing, no_data_since=None)
        elif not there and since is None:
            self._step(Kind.NO_DATA)
            self.standing = replace(self.standing, no_data_since=self._moment)

    def _unseen(self, gap: timedelta) -> None:
        """What has to hold for a while has not been seen to hold while there were no data."""
        if self._rule.no_data is NoData.KEEP:
            for name, part in self._parts.items():
                if part.phase is not Phase.FIRING:
                    self._parts[name] = replace(part, since=part.since + gap)

    def _without_data(self) -> None:
        """Each part stays as it is, or is over, or the lack itself is what fires."""
        nothing = Observation(None)
        match self._rule.no_data:
            case NoData.ALERT:
                for name in dict.fromkeys([*self._parts, None]):
                    self._judged(name, nothing, Verdict.BREACH)
            case NoData.OK:
                for name in list(self._parts):
                    self._judged(name, nothing, Verdict.CLEAR)

    def _part(self, name: str | None, seen: Observation | None) -> None:
        seen = seen or Observation(None)
        verdict = judge(self._rule, seen)
        # A ticket that is no longer listed has been answered, and data that were missing are there;
        # of a group that is not listed nothing is known.
        is_over = isinstance(self._rule.condition, Waiting) or self._fired_by_lack(name)
        if verdict is Verdict.FEW and is_over:
            verdict = Verdict.CLEAR
        self._judged(name, seen, verdict)

    def _fired_by_lack(self, name: str | None) -> bool:
        """Whether nothing was ever seen of a part: the lack of data itself was the alert."""
        part = self._parts.get(name)
        return part is not None and part.last.value is None

    def _judged(self, name: str | None, seen: Observation, verdict: Verdict) -> None:
        part = self._parts.get(name)
        if part is None:
            if verdict is Verdict.BREACH:
                self._begin(name, seen)
            return
        part = self._noted(part, seen, verdict)
        self._parts[name] = part
        match part.phase:
            case Phase.PENDING:
                self._pending(name, part, verdict)
            case Phase.FIRING:
                self._firing(name, part, verdict)
            case Phase.RECOVERING:
                self._recovering(name, part, verdict)

    def _noted(self, part: Part, seen: Observation, verdict: Verdict) -> Part:
        """With what was seen now; where nothing was, with what was seen before."""
        few = (part.few_since or self._moment) if verdict is Verdict.FEW else None
        if seen.value is None or verdict is Verdict.FEW:
            return replace(part, few_since=few)
        worse = part.worst is None or severity(self._rule, seen) > severity(self._rule, part.worst)
        worst = seen if worse and part.has_fired else part.worst
        self._worst = _worse(self._rule, self._worst, worst)
        # Not by `replace`, which takes three times as long: a rehearsal does this a million times.
        return Part(part.phase, part.since, seen, part.fired_at, part.fired, worst, few)

    def _begin(self, name: str | None, seen: Observation) -> None:
        self._parts[name] = Part(Phase.PENDING, self._moment, seen)
        if self._rule.lasting:
            self._step(Kind.PENDING, name)
        else:
            self._fire(name)

    def _pending(self, name: str | None, part: Part, verdict: Verdict) -> None:
        if verdict is not Verdict.BREACH:
            del self._parts[name]
            self._step(Kind.CALMED, name, part)
        elif self._moment - part.since >= self._rule.lasting:
            self._fire(name)

    def _fire(self, name: str | None) -> None:
        seen = self._parts[name].last
        self._parts[name] = Part(
            Phase.FIRING, self._moment, seen, fired_at=self._moment, fired=seen.value, worst=seen
        )
        self._worst = _worse(self._rule, self._worst, seen)
        self._newly.append(name)
        self._breaching = True
        self._step(Kind.FIRED, name)

    def _firing(self, name: str | None, part: Part, verdict: Verdict) -> None:
        self._breaching |= verdict is Verdict.BREACH
        if verdict is Verdict.CLEAR:
            if self._keep:
                self._parts[name] = replace(part, phase=Phase.RECOVERING, since=self._moment)
                self._step(Kind.RECOVERING, name)
            else:
                self._end(Kind.RECOVERED, name)
        elif self._is_lost(part):
            self._end(Kind.LAPSED, name)

    def _is_lost(self, part: Part) -> bool:
        """Whether there has been too little to judge it by for all of its window, and longer."""
        since = part.few_since
        return since is not None and self._moment - since >= self._rule.over + self._keep

    def _recovering(self, name: str | None, part: Part, verdict: Verdict) -> None:
        match verdict:
            case Verdict.BREACH:
                self._breaching = True
                self._parts[name] = replace(part, phase=Phase.FIRING, since=self._moment)
                self._step(Kind.RELAPSED, name)
            case Verdict.BETWEEN:
                # Not bad again, but no longer back inside: the time that it has held begins anew.
                self._parts[name] = replace(part, since=self._moment)
            case Verdict.CLEAR if self._moment - part.since >= self._keep:
                self._end(Kind.RECOVERED, name)
            case Verdict.FEW if self._is_lost(part):
                self._end(Kind.LAPSED, name)

    @property
    def _keep(self) -> timedelta:
        """A ticket that was answered is not waiting again a moment later."""
        return timedelta(0) if isinstance(self._rule.condition, Waiting) else self._rule.keep

    def _end(self, kind: Kind, name: str | None) -> None:
        part = self._parts.pop(name)
        self._step(kind, name, part)

    def _step(self, kind: Kind, name: str | None = None, part: Part | None = None) -> None:
        seen = (part or self._parts.get(name, _NOBODY)).last
        self.steps.append(Step(kind, self._moment, name, seen.value, seen.n))

    # --- the incident ---

    def incident_now(self) -> None:
        """Opens, tells, reminds of and ends the incident that the parts make."""
        firing = bool(self.standing.firing)
        if self.standing.incident is None and self._newly:
            self._open()
        elif (incident := self.standing.incident) is not None and not firing:
            self._close(incident)
        elif incident is not None:
            self._goes_on(incident)
        if self.standing.missed and not self._muted:
            self._tell_missed()

    def _open(self) -> None:
        told = None if self._muted else self._moment
        incident = Incident(self._moment, self._worst, told_at=told, notified_at=told)
        self.standing = replace(self.standing, incident=incident)
        self._happens(Kind.HELD if self._muted else Kind.TOLD)

    def _close(self, incident: Incident) -> None:
        """What was never told is told when it may be; what was, ends where it was told."""
        if incident.told_at is not None:
            self._happens(Kind.ENDED)
            self.standing = replace(self.standing, incident=None)
            return
        worst = self._worst.value if self._worst else None
        missed = (*self.standing.missed, Missed(incident.opened_at, self._moment, worst))
        self.standing = replace(
            self.standing,
            incident=None,
            missed=missed[:MOST_MISSED],
            missed_more=self.standing.missed_more + len(missed[MOST_MISSED:]),
        )

    def _goes_on(self, incident: Incident) -> None:
        incident = self._runs_out(incident)
        if incident.told_at is None and not self._muted:
            incident = replace(incident, told_at=self._moment, notified_at=self._moment)
            self._happens(Kind.TOLD)
        elif self._is_to_be_reminded(incident):
            incident = replace(incident, notified_at=self._moment)
            self._happens(Kind.REMINDED)
        if incident.worst is not self._worst:
            incident = replace(incident, worst=self._worst)
        self.standing = replace(self.standing, incident=incident)

    def _runs_out(self, incident: Incident) -> Incident:
        """Without the acknowledgement or the snooze whose time is over: people are called again."""
        if incident.acknowledged_until and incident.acknowledged_until <= self._moment:
            self._happens(Kind.ACKNOWLEDGEMENT_ENDED, who=incident.acknowledged_by)
            incident = replace(
                incident, acknowledged_by=None, acknowledged_until=None, notified_at=None
            )
        if incident.snoozed_until and incident.snoozed_until <= self._moment:
            self._happens(Kind.SNOOZE_ENDED, who=incident.snoozed_by)
            incident = replace(incident, snoozed_by=None, snoozed_until=None, notified_at=None)
        return incident

    def _is_to_be_reminded(self, incident: Incident) -> bool:
        """Whether people are called again: for another part, or because nobody has taken it on.

        Of what a survey told nothing changes until the next one closes, weeks later.
        """
        if self._muted or incident.told_at is None or incident.snoozed_until:
            return False
        if self._newly:
            return True
        if incident.acknowledged_until or isinstance(self._rule.condition, Waiting):
            return False
        if not self._breaching or self._rule.is_of_surveys:
            return False
        last = incident.notified_at
        return last is None or self._moment - last >= self._rule.every

    def _tell_missed(self) -> None:
        missed = self.standing.missed
        many = len(missed) + self.standing.missed_more
        self.steps.append(Step(Kind.MISSED, self._moment, missed=missed, many=many))
        self.standing = replace(self.standing, missed=(), missed_more=0)

    def _happens(self, kind: Kind, *, who: str | None = None) -> None:
        """A step of the incident as a whole, with the number that is furthest out."""
        worst = self._worst or _NOBODY.last
        self.steps.append(Step(kind, self._moment, None, worst.value, worst.n, who))


_NOBODY = Part(Phase.PENDING, datetime.min, Observation(None))  # noqa: DTZ901  no moment at all


def _worse(rule: Rule, one: Observation | None, other: Observation | None) -> Observation | None:
    if one is None or other is None or one.value is None or other.value is None:
        return other if one is None or one.value is None else one
    return one if severity(rule, one) >= severity(rule, other) else other
