"""What a lead is told of a survey that cannot go as they planned it."""

from __future__ import annotations

from datetime import datetime

from bot.locale import Reader
from bot.message import Message
from bot.slack.blocks import blocks_of, plain, section
from bot.surveys.survey import Kind, Plan


def too_few(plan: Plan, many: int, reader: Reader) -> Message:
    """Why no wave was opened: so few people would give each other away."""
    told = reader.plural(
        "No survey was sent: it would have asked {n} person. Of fewer than {fewest} nobody's answer "
        "would stay hidden, so none is asked. Ask more teams together, e.g. {example}",
        "No survey was sent: it would have asked {n} people. Of fewer than {fewest} nobody's answer "
        "would stay hidden, so none is asked. Ask more teams together, e.g. {example}",
        many,
        fewest=reader.number(plan.fewest),
        example=f"`/{plan.kind} start #team-one #team-two`",
    )
    return _notice(told)


def cannot_ask(plan: Plan, why: str, reader: Reader) -> Message:
    """Slack does not tell who is in the audience."""
    told = reader.text(
        "The {survey} could not be sent yet, because Slack does not tell who is asked: {why} "
        "It is tried again for a day.",
        survey=kind_label(reader, plan.kind),
        why=plain(why),
    )
    return _notice(told)


def missed(plan: Plan, due: datetime, reader: Reader) -> Message:
    """Nobody was there to open a wave, or Slack did not tell whom to ask, until it was too late."""
    survey, moment = kind_label(reader, plan.kind), reader.day_and_time(due)
    if plan.cadence is not None:
        told = reader.text(
            "The {survey} of {moment} was not sent: for a day it could not be. The next one is sent "
            "when it is due.",
            survey=survey,
            moment=moment,
        )
    else:
        told = reader.text(
            "The {survey} of {moment} was not sent: for a day it could not be. Start it again: "
            "{example}",
            survey=survey,
            moment=moment,
            example=f"`/{plan.kind} start`",
        )
    return _notice(told)


def no_questions(reader: Reader) -> Message:
    """Every ready question of its themes was asked within a quarter."""
    told = reader.text(
        "No pulse was sent: every ready question of its themes was asked within the last quarter, and "
        "none is asked again so soon. Add themes, or questions of your own: `/pulse list`"
    )
    return _notice(told)


def kind_label(reader: Reader, kind: Kind) -> str:
    return reader.text("eNPS") if kind is Kind.ENPS else reader.text("Pulse")


def _notice(told: str) -> Message:
    return Message(text=told, blocks=blocks_of(section(told, "survey-notice")))
