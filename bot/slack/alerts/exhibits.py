"""The very messages that a rule would have posted, as a rehearsal shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.alerts.around import Surroundings, nothing
from bot.alerts.judge import severity
from bot.alerts.life import Kind, Missed, Step
from bot.alerts.rehearsal import Firing, Moment
from bot.alerts.rule import Rule
from bot.locale import Reader
from bot.message import Message
from bot.slack.alerts.incident import render
from bot.slack.alerts.notices import missed
from bot.slack.alerts.shown import Shown, ended_of, no_link, past_of
from bot.slack.alerts.thread import replies

#: Of a thread so many moments are shown from its beginning, and so many from its end.
MOST_BEGINNING, MOST_END = 40, 10


@dataclass(frozen=True, slots=True)
class Posted:
    """A message as it would have looked at a moment."""

    at: datetime
    message: Message


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Shows the firings of a rule; `number` and `text` are the rule's.

    `link` gives the address of a ticket, of the part "<desk>:<id>"; `around` what stood beside the
    number in a moment.
    """

    rule: Rule
    text: str
    number: int = 0
    link: Callable[[str], str | None] = no_link
    around: Surroundings = nothing

    def messages(self, firings: Sequence[Firing], reader: Reader) -> Iterator[Posted]:
        """The messages that would have been posted, oldest first, without their buttons.

        Of each firing how it would have looked when it was told, and how it looks in the end, with
        its thread below. Each is made when it is asked for: there may be thousands.
        """
        for one in firings:
            yield from self._posted(one, reader)

    def _posted(self, one: Firing, reader: Reader) -> Iterator[Posted]:
        told = one.told
        if told is None:
            if one.closed_at is not None:
                yield self._held_back(one, one.closed_at, reader)
            return
        seen = [moment for moment in one.moments if moment.at >= told.at]
        yield Posted(told.at, render(self.shown(one, seen[0]), reader, with_buttons=False))
        if len(seen) > 1:
            end = render(self.shown(one, seen[-1]), reader, with_buttons=False)
            # What happens in the moment in which it is posted, the message says itself.
            thread = list(self._thread(one, seen[1:], reader))
            yield Posted(seen[-1].at, replace(end, thread=thread))

    def _thread(self, one: Firing, moments: Sequence[Moment], reader: Reader) -> Iterator[Message]:
        """What is said below the message; of a very long life its beginning and its end."""
        told = [moment for moment in moments if moment.steps]
        left_out = told[MOST_BEGINNING:-MOST_END]
        for place, moment in enumerate(told):
            if left_out and place == MOST_BEGINNING:
                steps = sum(len(each.steps) for each in left_out)
                yield Message(reader.plural("… {n} more step …", "… {n} more steps …", steps))
            if not MOST_BEGINNING <= place < MOST_BEGINNING + len(left_out):
                for line, _ in replies(moment.steps, self.shown(one, moment), reader):
                    yield line

    def shown(self, one: Firing, moment: Moment) -> Shown:
        """How the message of a firing would have stood after one of its moments."""
        steps = list(steps_of([each for each in one.moments if each.at <= moment.at]))
        incident = moment.after.incident or moment.before.incident
        beside = self.around(moment)
        return Shown(
            self.rule,
            self.number,
            self.text,
            moment.after,
            moment.at,
            one.opened_at,
            told_at=incident.told_at if incident else None,
            data_until=moment.after.no_data_since or moment.at,
            ended=ended_of(steps, worst=_worst_in_the_end(self.rule, one, moment)),
            past=past_of(steps),
            usual=beside.usual,
            tickets=beside.tickets,
            mostly=beside.mostly,
            link=self.link,
        )

    def _held_back(self, one: Firing, at: datetime, reader: Reader) -> Posted:
        over = Missed(one.opened_at, at, worst_of(self.rule, one))
        step = Step(Kind.MISSED, at, missed=(over,), many=1)
        told = missed(step, self.rule, reader, number=self.number, text=self.text)
        return Posted(at, told)


def _worst_in_the_end(rule: Rule, one: Firing, moment: Moment) -> float | None:
    """What is told as the worst once it is over; before that it is looked for in the parts."""
    return worst_of(rule, one) if moment is one.last else None


def worst_of(rule: Rule, one: Firing) -> float | None:
    """The value of a firing that lies furthest out."""
    last = one.last
    parts = [*last.before.firing.values(), *last.after.firing.values()]
    seen = [part.worst for part in parts]
    # What is over already, the incident as a whole remembers.
    seen += [standing.incident.worst for standing in (last.before, last.after) if standing.incident]
    known = [each for each in seen if each is not None and each.value is not None]
    worst = max(known, key=lambda each: severity(rule, each), default=None)
    return None if worst is None else worst.value


def steps_of(moments: Sequence[Moment]) -> Iterator[Step]:
    """The steps of some moments, in their order."""
    for moment in moments:
        yield from moment.steps
