"""Reads why a rule fired, or did not, at a moment: from its log, and from the data as they are now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlmodel import Session, col

from bot.alerts import kept
from bot.alerts.explanation import (
    Answer,
    Explanation,
    HeldBy,
    Late,
    Undelivered,
    answered,
    is_changed,
    looked,
    slot_of,
)
from bot.alerts.judge import Seen
from bot.alerts.life import CALM, Standing, Step
from bot.alerts.quiet import Period, muted_by
from bot.alerts.rehearsal import Moment, replay
from bot.alerts.rule import Rule
from bot.store import alert_log, mutes
from bot.store import alerts as rules
from bot.store.alert_log import step_of
from bot.store.alerts import Stretch
from bot.store.observations import Past
from bot.store.tables import AlertRule, AlertStep

#: Whether anybody is at work at a moment.
IsOpen = Callable[[datetime], bool]


def explain(
    session: Session,
    workspace: int,
    row: AlertRule,
    moment: datetime,
    *,
    patience: timedelta,
    is_open: IsOpen | None = None,
) -> Explanation:
    """Why a rule did at a moment what it did.

    The rule is taken on from how it stood by the log, up to the moment, with the data as they are
    now. `patience` is how long after a moment a desk may be read, `is_open` whether somebody is at
    work: it holds for rules that are told in office hours only.
    """
    on, off_until = _stretch(row, moment)
    slot = slot_of(on.rule, moment)
    unjudged = _unjudged(row, slot, on, off_until)
    before, logged = _log(session, row, slot)
    fates = _fates(session, [*logged, *([before] if before else ())])
    told = Explanation(
        rule=on.rule,
        asked=moment,
        slot=slot,
        answer=unjudged or Answer.INSIDE,
        since=off_until if off_until and unjudged is Answer.NOT_ON else on.since,
        judged_until=on.judged_until,
        logged=[step_of(one) for one in logged],
        last=None if before is None else step_of(before),
        undelivered=fates,
    )
    if unjudged is not None:
        return told
    past = Past(session, workspace, patience=patience)
    return _Replayed(session, past, row, on, is_open if on.rule.in_hours else None).of(
        told, alert_log.standing_before(session, row.id or 0, slot)
    )


def _stretch(row: AlertRule, moment: datetime) -> tuple[Stretch, datetime | None]:
    """The last time before a moment in which the rule was on, or else the first; and when the next began."""
    later = None
    for one in rules.stretches(row):
        if slot_of(one.rule, moment) > one.since:
            return one, later
        later, first = one.since, one
    return first, later


def _unjudged(
    row: AlertRule, slot: datetime, on: Stretch, off_until: datetime | None
) -> Answer | None:
    """Why it was not judged at all; `None` where it was."""
    if row.removed_at is not None and slot > row.removed_at:
        return Answer.REMOVED
    if on.since < slot <= on.judged_until:
        return None
    if off_until is not None:
        return Answer.NOT_ON
    return Answer.PAUSED if row.paused else Answer.NOT_YET


def _log(
    session: Session, row: AlertRule, slot: datetime
) -> tuple[AlertStep | None, Sequence[AlertStep]]:
    """The last step before a slot, and those of the slot itself."""
    before = session.scalars(
        _steps(row).where(col(AlertStep.at) < slot).order_by(col(AlertStep.id).desc()).limit(1)
    ).one_or_none()
    at_slot = session.scalars(
        _steps(row).where(col(AlertStep.at) == slot).order_by(col(AlertStep.id))
    )
    return before, list(at_slot)


def _fates(session: Session, steps: Sequence[AlertStep]) -> Mapping[Step, Undelivered]:
    """What became of the messages of steps that nobody sees."""
    found = alert_log.undelivered(session, steps)
    return {step_of(one): found[one.id or 0] for one in steps if one.id in found}


def _steps(row: AlertRule) -> Select[AlertStep]:
    return select(AlertStep).where(col(AlertStep.rule_id) == row.id)


class _Replayed:
    """A rule as it is judged again."""

    def __init__(
        self, session: Session, past: Past, row: AlertRule, on: Stretch, is_open: IsOpen | None
    ) -> None:
        self._session = session
        self._past = past
        self._row = row
        self._on = on
        self._is_open = is_open
        self._mutes = mutes.rows_of_rule(session, row)

    def of(self, told: Explanation, before: AlertStep | None) -> Explanation:
        """The explanation with what there was to see, and what is decided from it now."""
        rule, slot = told.rule, told.slot
        begin, standing = self._begin(before)
        moments = rule.slots(begin, slot)
        zone = ZoneInfo(self._row.zone)
        seen = self._seen(rule, zone, moments)
        muted = muted_by(map(mutes.value, self._mutes), is_open=self._is_open)
        taken = list(replay(rule, moments, seen, standing=standing, muted=muted))
        then = _at(slot, taken, standing, seen[-1])
        parts = looked(rule, then.seen, then)
        steps = [step for one in taken for step in one.steps]
        logged = alert_log.between(self._session, self._row.id or 0, begin, slot)
        return Explanation(
            rule=rule,
            asked=told.asked,
            slot=slot,
            answer=answered(rule, then.seen, then, parts),
            since=told.since,
            judged_until=told.judged_until,
            parts=parts,
            before=then.before,
            after=then.after,
            steps=then.steps,
            logged=told.logged,
            last=told.last,
            undelivered=told.undelivered,
            held_by=self._held_by(then),
            late=self._late(rule, slot) if then.seen is None else (),
            changed=is_changed(steps, logged),
        )

    def _seen(self, rule: Rule, zone: ZoneInfo, moments: Sequence[datetime]) -> list[Seen | None]:
        """What there was to see: nothing as long as no desk had been read to its end.

        What came with the first reading is known now, and a rehearsal takes it for what was there. A
        rule that was on by then had nothing to go by.
        """
        seen = self._past.seen(rule, zone, moments, since=self._on.since)
        return [
            None if self._past.unread(rule, moment) else one
            for moment, one in zip(moments, seen, strict=True)
        ]

    def _late(self, rule: Rule, slot: datetime) -> Sequence[Late]:
        return self._past.unread(rule, slot) or self._past.late(rule, slot)

    def _begin(self, before: AlertStep | None) -> tuple[datetime, Standing]:
        """From when on it is judged again, and how it stood then."""
        if before is None or before.at < self._on.since or before.standing is None:
            return self._on.since, CALM
        return before.at, kept.from_json(before.standing)

    def _held_by(self, moment: Moment) -> list[HeldBy]:
        """What held back what there was to tell."""
        if not (moment.before.incident or moment.after.incident or moment.after.missed):
            return []
        found = []
        for row in self._mutes:
            value = mutes.value(row)
            if value.holds(moment.at):
                until = value.until if isinstance(value, Period) else None
                found.append(HeldBy(row.made_by, row.why, until))
        if self._is_open is not None and not self._is_open(moment.at):
            found.append(HeldBy(is_closed=True))
        return found


def _at(slot: datetime, taken: Sequence[Moment], standing: Standing, seen: Seen | None) -> Moment:
    """The slot itself; one in which nothing happened left the rule as it was."""
    if taken and taken[-1].at == slot:
        return taken[-1]
    after = taken[-1].after if taken else standing
    return Moment(slot, after, after, (), seen)
