"""How it looks why a rule fired, or did not, at a moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from slackblocks import Block

from bot.alerts.explanation import Answer, Explanation, HeldBy, Late, Looked
from bot.alerts.judge import Verdict
from bot.alerts.life import Incident, Step
from bot.alerts.rule import Change, NoData, Unusual
from bot.locale import Reader, isolated
from bot.message import Message
from bot.slack import numbers
from bot.slack.alerts.log import happened
from bot.slack.alerts.rules import amount, code, limit, slice_of, title, watched
from bot.slack.blocks import LONGEST_TEXT, blocks_of, context, plain, section, table

#: The most parts that are listed.
MOST = 15


def explained(found: Explanation, reader: Reader, *, number: int, text: str) -> Message:
    """What was seen at the moment, how it was judged, and what the log has of it.

    `number` and `text` are the rule's.
    """
    answer = reader.text(_ANSWERS[found.answer], **_places(found, reader))
    heading = reader.text(
        "{rule}, {moment}",
        rule=title(found.rule, reader),
        moment=reader.day_and_time(found.asked),
    )
    told = [answer, *_about(found, reader)]
    foot = reader.text("{text} · rule {number}", text=code(text), number=str(number))
    return Message(
        text="\n".join([f"*{heading}*", *told])[:LONGEST_TEXT],
        blocks=blocks_of(
            section("\n".join([f"*{heading}*", *told])[:3_000], "explained-told"),
            *_seen(found, reader),
            section("\n".join(_logged(found, reader))[:3_000], "explained-log"),
            context(foot, "alert-rule"),
        ),
    )


_ANSWERS = {
    Answer.NOT_ON: "It was not judged: the rule was not on until {since}.",
    Answer.PAUSED: "It was not judged: the rule is paused.",
    Answer.REMOVED: "It was not judged: the rule has been removed.",
    Answer.NOT_YET: "It has not been judged yet: it is judged up to {judged} so far.",
    Answer.FIRED: "🔴 It fired at {slot}.",
    Answer.FIRING: "🔴 It was firing already, so that it did not fire anew.",
    Answer.RECOVERING: "⏳ It was firing, and back inside by then: over once that has lasted {keep}.",
    Answer.ENDED: "✅ It was over at {slot}.",
    Answer.PENDING: "It did not fire yet: what is bad has to last {lasting}, and {left} were missing.",
    Answer.CALMED: "It did not fire: it was inside again before it had lasted {lasting}.",
    Answer.NO_DATA: "⚪ There were no data of that moment in time: {policy}",
    Answer.FEW: "It did not fire: there was too little to judge by.",
    Answer.INSIDE: "It did not fire: nothing was out of its limit.",
}


def _places(found: Explanation, reader: Reader) -> dict[str, str]:
    rule = found.rule
    left = min((one.left for one in found.parts if one.left is not None), default=None)
    return {
        "since": reader.moment(found.since, found.asked),
        "judged": reader.moment(found.judged_until, found.asked),
        "slot": reader.time_of(found.slot),
        "keep": reader.duration(rule.keep.total_seconds()),
        "lasting": reader.duration(rule.lasting.total_seconds()),
        "left": numbers.NOTHING if left is None else reader.duration(left.total_seconds()),
        "policy": reader.text(_POLICIES[rule.no_data]),
    }


_POLICIES = {
    NoData.KEEP: "it stayed as it was.",
    NoData.ALERT: "that counts as bad here.",
    NoData.OK: "that counts as fine here.",
}


def _about(found: Explanation, reader: Reader) -> Iterator[str]:
    """Why nobody was told, and what was known too late."""
    for one in found.held_by:
        yield _held(one, found.asked, reader)
    if found.after.incident is not None:
        yield from _taken(found.after.incident, found.asked, reader)
    for late in found.late:
        yield _late(late, found.asked, reader)
    if found.changed:
        yield reader.text(
            "⚠️ With the data as they are now it would be decided otherwise: some came later."
        )


def _held(one: HeldBy, asked: datetime, reader: Reader) -> str:
    if one.is_closed:
        return reader.text("🔕 It was held back: outside of office hours.")
    if one.who is None:
        return reader.text("🔕 It was held back.")
    told = {"user": f"<@{one.who}>", "why": plain(one.why)}
    if one.until is None:
        return reader.text("🔕 It was held back by {user}: {why}", **told)
    until = reader.moment(one.until, asked)
    return reader.text("🔕 It was held back by {user} until {until}: {why}", **told, until=until)


def _taken(incident: Incident, asked: datetime, reader: Reader) -> Iterator[str]:
    """Why people were not called again."""
    for who, until, message in (
        (
            incident.acknowledged_by,
            incident.acknowledged_until,
            "🟠 {user} had taken it on until {until}.",
        ),
        (incident.snoozed_by, incident.snoozed_until, "💤 {user} had snoozed it until {until}."),
    ):
        if who is not None and until is not None:
            yield reader.text(message, user=f"<@{who}>", until=reader.moment(until, asked))


def _late(late: Late, asked: datetime, reader: Reader) -> str:
    desk = plain(isolated(late.desk))
    if late.until is None:
        return reader.text("{desk} had not been read at all.", desk=desk)
    until = reader.moment(late.until, asked)
    return reader.text("{desk} had been read only up to {until}.", desk=desk, until=until)


# --- What was seen -------------------------------------------------------------------------------


def _seen(found: Explanation, reader: Reader) -> list[Block]:
    if not found.parts:
        return []
    rows = [_heads(found, reader), *(_cells(found, one, reader) for one in found.parts[:MOST])]
    more = len(found.parts) - MOST
    left_out = reader.plural("and {n} more", "and {n} more", max(more, 0))
    return [
        table(rows, "explained-seen"),
        *([context(left_out, "explained-more")] if more > 0 else []),
    ]


def _heads(found: Explanation, reader: Reader) -> list[str]:
    by = slice_of(found.rule, "")
    compared = reader.text("limit")
    if isinstance(found.rule.condition, Change | Unusual):
        compared = reader.text("usual")
    first = numbers.dimension(reader, by.dimension) if by else ""
    return _without_n(found, [first, reader.text("value"), reader.text("n"), compared, ""])


def _without_n(found: Explanation, row: list[str]) -> list[str]:
    """An age rests on nothing that could be counted."""
    return row if found.rule.of is not None else [*row[:2], *row[3:]]


def _cells(found: Explanation, one: Looked, reader: Reader) -> list[str]:
    rule = found.rule
    of = slice_of(rule, one.part)
    name = isolated(one.part) if one.part else reader.text("All")
    compared = limit(rule, reader)
    if isinstance(rule.condition, Change | Unusual):
        compared = numbers.range_of(reader, watched(rule), one.seen.usual)
    row = [
        name if of is None else numbers.part_plainly(reader, of),
        amount(rule, one.seen.value, reader),
        reader.number(one.seen.n),
        compared,
        reader.text(_VERDICTS[one.verdict]),
    ]
    return _without_n(found, row)


_VERDICTS = {
    Verdict.BREACH: "bad",
    Verdict.BETWEEN: "not over yet",
    Verdict.CLEAR: "fine",
    Verdict.FEW: "too few",
}


def _logged(found: Explanation, reader: Reader) -> Iterator[str]:
    """What the log has of the moment, or last before it."""
    if found.logged:
        yield reader.text("In the log of that moment:")
        yield from (_step(one, found, reader) for one in found.logged)
    elif found.last is not None:
        yield reader.text("The log has nothing of that moment; last before it:")
        yield _step(found.last, found, reader)
    else:
        yield reader.text("The log has nothing of that moment, nor of the time before it.")


def _step(step: Step, found: Explanation, reader: Reader) -> str:
    told = happened(step, found.rule, reader, found.undelivered.get(step))
    moment = reader.moment(step.at, found.asked)
    return reader.text("• {moment}: {told}", moment=moment, told=told)
