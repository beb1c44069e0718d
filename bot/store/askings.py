"""A wave as somebody is asked in it, and what is asked in the next one."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bot.store import deeds, waves
from bot.store.tables import WaveRow
from bot.surveys.asking import Asking
from bot.surveys.bank import ENPS, pick
from bot.surveys.survey import Kind, Plan, Question


def asking(session: Session, wave: WaveRow) -> Asking:
    """What is asked in a wave, and what was done about the one before."""
    plan = waves.plan_of(wave)
    return Asking(
        wave=wave.id or 0,
        kind=Kind(wave.kind),
        questions=waves.questions_of(wave),
        closes_at=wave.closes_at,
        fewest=plan.fewest,
        results=plan.results,
        channel=plan.channel,
        deeds=deeds.since_last(session, wave),
    )


def questions(session: Session, workspace: int, plan: Plan, now: datetime) -> list[Question]:
    """What is asked in the next wave: the one question of an eNPS; of a pulse those whose turn it is.

    Of each only the languages that the plan names. None is asked twice at once.
    """
    picked = [ENPS]
    if plan.kind is Kind.PULSE:
        day = now.astimezone(plan.zone).date()
        own = dict.fromkeys((question.key for question in plan.own), day)
        asked = waves.asked_last(session, workspace, plan) | own
        picked = [*pick(asked, plan.themes, plan.many, day), *plan.own]
    return [question.in_languages(plan.languages) for question in picked]
