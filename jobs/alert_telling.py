"""What a moment in the life of an alert does to its incident, its message and its thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.alerts.around import Around, Surroundings
from bot.alerts.judge import Observation, severity
from bot.alerts.life import Kind, Standing, Step
from bot.alerts.rehearsal import Moment
from bot.locale import Reader
from bot.message import Message
from bot.services import Services
from bot.slack.alerts import incident as message
from bot.slack.alerts import notices, thread
from bot.slack.alerts.shown import Shown, ended_of, past_of
from bot.store import alert_log, outbox, unseen
from bot.store import alerts as rules
from bot.store.observations import Past
from bot.store.surroundings import around
from bot.store.tables import AlertIncident, AlertRule, AlertStep

#: While it fires, the numbers in a message are brought up to date so often.
REFRESHED = timedelta(minutes=15)

#: What nobody sees: it happens before there is a message, or beside it.
_UNSEEN = (Kind.PENDING, Kind.CALMED, Kind.HELD, Kind.MISSED)


class Telling:
    """Writes what happened to one rule, in the transaction that keeps how it stands."""

    def __init__(
        self,
        services: Services,
        session: Session,
        row: AlertRule,
        now: datetime,
        *,
        incident: AlertIncident | None = None,
        judged_until: datetime | None = None,
        calls_from: datetime | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        """`incident` is the one that it is about, or else that which is going on.

        The rule is judged up to `judged_until`, or else to where its row says. What people do comes
        later than that, and the numbers then are those of before. From `calls_from` on people are
        called again where they are to be. `surroundings` tells what stands beside a number, where
        somebody has that at hand.
        """
        self._services = services
        self._session = session
        self._row = row
        self._incident = incident or rules.incident_of(session, row)
        # One that was edited since is told as it was when it fired.
        was = self._incident.opened_at if self._incident else None
        self._rule, self._text = rules.rule_of(row, was), rules.text_of(row, was)
        self._reader = Reader(row.locale, ZoneInfo(row.zone))
        self._now = now
        self._judged_until = judged_until or row.judged_until
        self._calls_from = calls_from
        self._surroundings = surroundings or self._found
        self._stale: tuple[AlertIncident, Moment] | None = None
        self._logged: dict[Step, AlertStep] = {}

    def tell(self, moments: Iterable[Moment]) -> None:
        """Takes in what happened, moment by moment: the log first, then what people see of it.

        A message is drawn as it is after the last of them.
        """
        for moment in moments:
            self._take_in(moment)
        self._draw()

    def _take_in(self, moment: Moment) -> None:
        if moment.before.incident is None and moment.after.incident is not None:
            self._incident = rules.open_incident(self._session, self._row, at=moment.at)
        incident = self._incident
        number = incident.id if incident else None
        steps = moment.steps
        rows = alert_log.record(self._session, self._row, steps, moment.after, incident=number)
        self._logged = {step: row for step, row in zip(steps, rows, strict=True) if _calls(step)}
        if incident is not None:
            self._note(incident, moment)
            self._message(incident, moment)
        for step in moment.steps:
            if step.kind is Kind.MISSED:
                self._called_by(self._queue(self._missed(step), unseen.HELD_BACK), [step])

    def refresh(self, incident: AlertIncident, standing: Standing, at: datetime) -> None:
        """Brings a message up to date with what people said of it, also when all is over."""
        self._stale = incident, Moment(at, standing, standing, ())
        self._draw()

    def shown(self, incident: AlertIncident, standing: Standing, at: datetime) -> Shown:
        """How an incident stands at a moment in which nothing happens to it."""
        return self._shown(incident, Moment(at, standing, standing, ()))

    def _draw(self) -> None:
        """Lets the message say how things stand."""
        if self._stale is None:
            return
        incident, moment = self._stale
        self._stale = None
        if incident.message is not None:
            told = message.render(self._with_surroundings(incident, moment), self._reader)
            outbox.change(self._session, incident.message, told, now=self._now)

    def _missed(self, step: Step) -> Message:
        number, text = self._row.id, self._text
        return notices.missed(step, self._rule, self._reader, number=number, text=text)

    def _note(self, incident: AlertIncident, moment: Moment) -> None:
        """Keeps of the incident what it is told by later."""
        for step in moment.steps:
            if step.kind is Kind.ACKNOWLEDGED and incident.acknowledged_by is None:
                incident.acknowledged_by, incident.acknowledged_at = step.who, step.at
        for seen in _worst_of(moment):
            how_bad = severity(self._rule, seen)
            if incident.severity is None or how_bad > incident.severity:
                incident.worst, incident.severity = seen.value, how_bad
        if moment.after.incident is None:
            incident.closed_at = moment.at
            self._incident = None
        self._session.add(incident)

    def _message(self, incident: AlertIncident, moment: Moment) -> None:
        kinds = {step.kind for step in moment.steps}
        if Kind.TOLD in kinds:
            incident.told_at = moment.at
            self._post(incident, moment)
        elif Kind.REMINDED in kinds and rules.was_not_posted(self._session, incident):
            # Whoever is called again can as well be told for the first time.
            self._post(incident, moment)
        elif incident.message is not None:
            self._goes_on(incident, incident.message, moment)

    def _post(self, incident: AlertIncident, moment: Moment) -> None:
        incident.refreshed_at = moment.at
        told = message.render(self._shown(incident, moment), self._reader)
        incident.message = self._queue(told)
        self._called_by(incident.message, moment.steps)
        self._stale = incident, moment

    def _queue(self, told: Message, about: str = unseen.ALERT) -> str:
        return outbox.queue(
            self._session,
            self._row.workspace_id,
            self._row.channel,
            told,
            subject=f"{about}{self._row.id}",
            now=self._now,
        )

    def _goes_on(self, incident: AlertIncident, delivery: str, moment: Moment) -> None:
        """Edits the message, and says below it what happened.

        One that nobody has seen is not posted any more once the incident is over: no recovery is
        announced of an alert that nobody saw.
        """
        seen = [step for step in moment.steps if step.kind not in _UNSEEN]
        if not seen and not self._is_old(incident, moment.at):
            return
        incident.refreshed_at = moment.at
        self._stale = incident, moment
        if moment.after.incident is None:
            self._draw()
            why = unseen.why_withdrawn(self._session, delivery)
            if outbox.withdraw(self._session, delivery, now=self._now, why=why):
                return
        if seen:
            self._reply(delivery, seen, self._shown(incident, moment))

    def _reply(self, delivery: str, steps: Sequence[Step], shown: Shown) -> None:
        for reply, told in thread.replies(steps, shown, self._reader):
            calls = any(map(self._calls, told))
            below = outbox.reply(self._session, delivery, reply, now=self._now, broadcast=calls)
            self._called_by(below, told)

    def _called_by(self, delivery: str, steps: Iterable[Step]) -> None:
        """Keeps in the log by which message people are called, so that its fate can be told there."""
        for step in steps:
            if step in self._logged:
                self._logged[step].message = delivery

    def _calls(self, step: Step) -> bool:
        since = self._calls_from
        return thread.calls(step) and since is not None and step.at >= since

    def _is_old(self, incident: AlertIncident, at: datetime) -> bool:
        return incident.refreshed_at is None or at - incident.refreshed_at >= REFRESHED

    def _shown(self, incident: AlertIncident, moment: Moment) -> Shown:
        """How the incident stands after a moment, with all that has happened in it."""
        steps = alert_log.of_incident(self._session, incident.id or 0)
        return Shown(
            rule=self._rule,
            number=self._row.id or 0,
            text=self._text,
            standing=moment.after,
            at=moment.at,
            opened_at=incident.opened_at,
            incident=incident.id or 0,
            told_at=incident.told_at,
            data_until=moment.after.no_data_since or self._judged(moment),
            ended=ended_of(steps, worst=incident.worst),
            past=past_of(steps),
            link=self._link,
            votes=alert_log.votes(self._session, incident.id or 0),
        )

    def _with_surroundings(self, incident: AlertIncident, moment: Moment) -> Shown:
        """The same with what stands beside its number, which takes a while to find out."""
        beside = self._surroundings(replace(moment, at=self._judged(moment)))
        return replace(
            self._shown(incident, moment),
            usual=beside.usual,
            tickets=beside.tickets,
            mostly=beside.mostly,
        )

    def _judged(self, moment: Moment) -> datetime:
        return min(moment.at, self._judged_until)

    def _found(self, moment: Moment) -> Around:
        patience = self._services.settings.stale_after
        past = Past(self._session, self._row.workspace_id, patience=patience)
        zone = self._reader.zone
        return around(self._session, self._row.workspace_id, past, self._rule, zone, moment)

    def _link(self, part: str) -> str | None:
        """Where a ticket can be opened, by the name of its part, e.g. "acme:12"."""
        name, _, ticket = part.partition(":")
        desk = self._services.desks.get(name)
        return None if desk is None else desk.url(ticket)


def _calls(step: Step) -> bool:
    return step.kind in (Kind.TOLD, Kind.REMINDED, Kind.MISSED)


def _worst_of(moment: Moment) -> Iterator[Observation]:
    """What was furthest out of each part up to a moment."""
    for part in moment.after.firing.values():
        if part.worst is not None and part.worst.value is not None:
            yield part.worst
