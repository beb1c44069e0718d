"""The message of an alert, through its whole life: one message, one sign for how it stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from slackblocks import ActionsBlock, Block, Button, Option, StaticSelectMenu, Text, TextType

from bot.alerts.life import Incident, Phase
from bot.alerts.rule import Change, Limit, NoData, Rule, Side, Unusual, Waiting
from bot.locale import Reader
from bot.message import Message
from bot.metrics import Count, Distinct, Population, Quotient, Unsolved
from bot.metrics.movement import can_be_split
from bot.metrics.usual import Usual
from bot.slack import numbers
from bot.slack.alerts import parts
from bot.slack.alerts.claims import first_line
from bot.slack.alerts.rules import amount, code, limit, named, watched
from bot.slack.alerts.shown import Ended, Shown, State
from bot.slack.blocks import LONGEST_TEXT, blocks_of, button, context, section

#: The actions of the buttons, which `commands/alert.py` answers; each hands back the incident.
ACKNOWLEDGE, TICKETS, WHY = "alert_acknowledge", "alert_tickets", "alert_why"
USEFUL, USELESS = "alert_useful", "alert_useless"

#: The menu; what is chosen is "<incident> <span>", one of these spans.
SNOOZE = "alert_snooze"
HOUR, WORKING_HOUR, TOMORROW, PICK = "hour", "work", "tomorrow", "pick"


def render(shown: Shown, reader: Reader, *, with_buttons: bool = True) -> Message:
    """The message as it looks now. One that is only an example has no buttons."""
    first, about = first_line(shown, reader), list(_about(shown, reader))
    return Message(
        text="\n".join([first, *about])[:LONGEST_TEXT],
        blocks=blocks_of(
            section("\n".join([first, *about]), "alert-told"),
            *parts.blocks(shown, reader),
            _actions(shown, reader) if with_buttons else None,
            context(_foot(shown, reader), "alert-rule"),
        ),
    )


# --- What follows the first line -----------------------------------------------------------------


def _about(shown: Shown, reader: Reader) -> Iterator[str]:
    if shown.ended is not None:
        yield from _story(shown, shown.ended, reader)
        return
    yield from _stands(shown, reader)
    facts = [*_usually(shown, reader), *_rests_on(shown, reader)]
    if facts:
        yield " ".join(facts)
    yield from _fired(shown, reader)


def _stands(shown: Shown, reader: Reader) -> Iterator[str]:
    """What people did, and what will happen by itself."""
    if shown.standing.no_data_since is not None:
        since = reader.moment(shown.standing.no_data_since, shown.at)
        yield reader.text(_NO_DATA[shown.rule.no_data], since=since)
    if shown.state is State.RECOVERING:
        yield _recovering(shown, reader)
    if shown.standing.incident is not None:
        yield from _taken(shown.standing.incident, shown.at, reader)


_NO_DATA = {
    NoData.KEEP: "No data since {since}: it stays as it was.",
    NoData.ALERT: "No data since {since}, which counts as bad here.",
    NoData.OK: "No data since {since}, which counts as fine here.",
}


def _taken(incident: Incident, now: datetime, reader: Reader) -> Iterator[str]:
    if incident.acknowledged_until is not None and incident.acknowledged_at is not None:
        yield reader.text(
            "Acknowledged by {user}, {moment}, until {until}.",
            user=f"<@{incident.acknowledged_by}>",
            moment=reader.moment(incident.acknowledged_at, now),
            until=reader.moment(incident.acknowledged_until, now),
        )
    if incident.snoozed_until is not None:
        until = reader.moment(incident.snoozed_until, now)
        user = f"<@{incident.snoozed_by}>"
        yield reader.text("Snoozed by {user} until {until}.", user=user, until=until)


def _recovering(shown: Shown, reader: Reader) -> str:
    since = max(part.since for _, part in shown.firing if part.phase is Phase.RECOVERING)
    end = reader.moment(since + _keeps(shown.rule), shown.at)
    if shown.standing.no_data_since is not None:
        return reader.text("Over at {end} if it stays so.", end=end)
    return reader.text(
        "Back inside since {since}, over at {end} if it stays so.",
        since=reader.moment(since, shown.at),
        end=end,
    )


def _keeps(rule: Rule) -> timedelta:
    """How long it has to be back inside, up to the moment at which that is looked at."""
    return -(-rule.keep // rule.tick) * rule.tick


def _usually(shown: Shown, reader: Reader) -> Iterator[str]:
    there = shown.breaching or shown.firing
    if len(there) != 1:
        return
    seen = there[0][1].last
    weekday = reader.weekday(shown.at.astimezone(reader.zone).weekday(), plural=True)
    match shown.rule.condition, seen.usual or shown.usual:
        case Unusual(side), Usual() as usual if seen.value is not None and usual is seen.usual:
            high = seen.value > usual.centre if side is Side.EITHER else side is Side.ABOVE
            message = "Higher" if high else "Lower"
            yield reader.text(_UNUSUALLY[message], weekday=weekday)
        case Limit() | Change(), Usual() as usual:
            found = numbers.range_of(reader, watched(shown.rule), usual)
            yield reader.text(
                "Usual on {weekday} at this time: {range}.", weekday=weekday, range=found
            )


_UNUSUALLY = {
    "Higher": "Higher than usual on {weekday} at this time.",
    "Lower": "Lower than usual on {weekday} at this time.",
}


def _rests_on(shown: Shown, reader: Reader) -> Iterator[str]:
    """37 tickets in the last 2 h, mostly Billing. A number of tickets tells that itself."""
    metric, n = shown.rule.of, shown.sample
    if metric is None or n is None or isinstance(metric.aggregate, Unsolved):
        return
    if metric.is_surveyed:
        one, many = _OF_SURVEYS.get(metric.key, _OF_SURVEYS[None])
        yield reader.plural(one, many, n)
        return
    if isinstance(metric.aggregate, Count) and shown.mostly is None:
        return
    if isinstance(metric.aggregate, Quotient) and isinstance(metric.aggregate.of[0], Distinct):
        return  # so many for each agent: it rests on agents, of which nobody asks
    one, many = _ROWS.get(_population(shown.rule), _ROWS[None])
    told = {
        "rows": reader.plural(one, many, n),
        "span": reader.duration(shown.rule.over.total_seconds()),
    }
    if shown.mostly is None:
        yield reader.text("{rows} in the last {span}.", **told)
    else:
        part = named(shown.mostly, reader)
        yield reader.text("{rows} in the last {span}, mostly {part}.", **told, part=part)


#: What a number of surveys rests on.
_OF_SURVEYS = {
    "survey_participation": (
        "{n} person was asked in the survey that closed last.",
        "{n} people were asked in the survey that closed last.",
    ),
    None: (
        "{n} answer in the survey that closed last.",
        "{n} answers in the survey that closed last.",
    ),
}

#: What a number rests on, by the population that it counts.
_ROWS = {
    Population.TICKETS: ("{n} ticket", "{n} tickets"),
    Population.RESPONSES: ("{n} answer", "{n} answers"),
    Population.TARGETS: ("{n} target", "{n} targets"),
    Population.RATINGS: ("{n} rating", "{n} ratings"),
    Population.CALLS: ("{n} call", "{n} calls"),
    Population.ARTICLES: ("{n} view", "{n} views"),
    None: ("{n} case", "{n} cases"),
}


def _population(rule: Rule) -> Population | None:
    """The one population that a number counts of help desks; `None` where it counts several."""
    rows = rule.of.rows if rule.of is not None else ()
    counted = {one.population for one in rows} - {Population.RECORDED}
    return counted.pop() if len(counted) == 1 else None


def _fired(shown: Shown, reader: Reader) -> Iterator[str]:
    """With what it fired, once the message may show another value."""
    moment, value = shown.opener
    if value is None or shown.at <= moment or len(parts.rows_of(shown)) > 1:
        return
    if all(value == part.last.value == shown.worst for _, part in shown.firing):
        return
    told = {
        "value": amount(shown.rule, value, reader),
        "moment": reader.moment(moment, shown.at),
    }
    if shown.worst in (None, value):
        yield reader.text("Fired with {value} ({moment}).", **told)
    else:
        worst = amount(shown.rule, shown.worst, reader)
        yield reader.text("Fired with {value} ({moment}), worst {worst}.", **told, worst=worst)


def _story(shown: Shown, ended: Ended, reader: Reader) -> Iterator[str]:
    """What stays to be read once it is over: with what it fired, from when to when, who had it."""
    moment, value = shown.opener
    told = {
        "start": reader.moment(moment, shown.at),
        "end": reader.moment(ended.at, shown.at),
        "value": amount(shown.rule, value, reader),
        "limit": limit(shown.rule, reader),
    }
    message = _FIRED_AGAINST
    if value is None or len(shown.past) > 1:
        message = "Fired {start}, ended {end}."
    elif isinstance(shown.rule.condition, Unusual | Change):
        message = _FIRED_WITH
    yield reader.text(message, **told)
    if ended.acknowledged_by is not None and ended.acknowledged_at is not None:
        span = (ended.acknowledged_at - moment).total_seconds()
        yield reader.text(
            "Acknowledged by {user} after {span}.",
            user=f"<@{ended.acknowledged_by}>",
            span=reader.duration(max(span, 0)),
        )


_FIRED_WITH = "Fired {start} with {value}, ended {end}."
_FIRED_AGAINST = "Fired {start} with {value} (limit {limit}), ended {end}."


# --- Buttons and the foot ------------------------------------------------------------------------


def has_tickets(rule: Rule) -> bool:
    """Whether there are tickets behind the number of a rule that could be listed."""
    metric = rule.of
    if metric is None:
        return isinstance(rule.condition, Waiting)
    if isinstance(metric.aggregate, Unsolved):
        return True
    of_tickets = {
        *(Population.TICKETS, Population.RESPONSES),
        *(Population.TARGETS, Population.RATINGS),
    }
    return any(rows.population in of_tickets for rows in metric.rows)


def _actions(shown: Shown, reader: Reader) -> Block:
    value = str(shown.incident)
    there: list[Button | StaticSelectMenu] = []
    if shown.ended is None:
        there += _while_it_stands(shown, value, reader)
    if has_tickets(shown.rule) and not _lists_all(shown):
        there.append(button(reader.text("Show tickets"), TICKETS, value))
    if shown.rule.of is not None and can_be_split(shown.rule.of):
        there.append(button(reader.text("Why"), WHY, value))
    useful, useless = shown.votes
    there.append(_vote("👍", useful, USEFUL, value, reader.text("Was this useful? Yes"), reader))
    there.append(_vote("👎", useless, USELESS, value, reader.text("Was this useful? No"), reader))
    return ActionsBlock(list(there), block_id="alert-actions")


def _lists_all(shown: Shown) -> bool:
    """Whether the message lists the tickets itself."""
    waiting = isinstance(shown.rule.condition, Waiting)
    return waiting and len(parts.rows_of(shown)) <= parts.MOST


def _while_it_stands(
    shown: Shown, value: str, reader: Reader
) -> Iterator[Button | StaticSelectMenu]:
    incident = shown.standing.incident
    if incident is None or incident.acknowledged_until is None:
        yield button(reader.text("Acknowledge"), ACKNOWLEDGE, value, style="primary")
    spans = {
        HOUR: reader.text("for 1 h"),
        WORKING_HOUR: reader.text("until the next working hour"),
        TOMORROW: reader.text("until tomorrow morning"),
        PICK: reader.text("until…"),
    }
    options = [Option(_plain(label), f"{value} {span}") for span, label in spans.items()]
    yield StaticSelectMenu(SNOOZE, options, placeholder=_plain(reader.text("Snooze")))


def _plain(label: str) -> Text:
    """Slack takes only plain text in a menu."""
    return Text(label, type_=TextType.PLAINTEXT)


def _vote(sign: str, votes: int, action: str, value: str, aloud: str, reader: Reader) -> Button:
    label = reader.text("{sign} {n}", sign=sign, n=reader.number(votes)) if votes else sign
    return Button(label, action_id=action, value=value, accessibility_label=aloud[:75])


def _foot(shown: Shown, reader: Reader) -> str:
    """The rule, and as of when the message is; one that is only tried has no number yet."""
    told = code(shown.text)
    if shown.number:
        told = reader.text("{text} · rule {number}", text=told, number=str(shown.number))
    if shown.data_until is None or shown.ended is not None:
        moment = reader.moment(shown.ended.at if shown.ended else shown.at, shown.at)
        return reader.text("{rule} · as of {moment}", rule=told, moment=moment)
    until = reader.moment(shown.data_until, shown.at)
    return reader.text("{rule} · data until {until}", rule=told, until=until)
