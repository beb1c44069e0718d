"""Small waves for tests: who is asked, and the seals that keep them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.seals import Seals
from bot.store import surveys, waves
from bot.store.closing import close, look, reckon
from bot.store.database import Database
from bot.store.tables import WaveRow
from bot.store.waves import Beginning
from bot.surveys.roll import Roll, Seat
from bot.surveys.survey import Audience, Kind, Plan, Question, Scale, Theme
from tests.times import T

SEALS = Seals(b"a secret of the tests")
WORKSPACE = 1
ATHENS = ZoneInfo("Europe/Athens")

LIKELY = Question("enps", Scale.LIKELIHOOD, {"en": "How likely?"})
WORKLOAD = Question("workload-1", Scale.AGREEMENT, {"en": "I can do my work."}, Theme.WORKLOAD)
TOOLS = Question("tools-1", Scale.AGREEMENT, {"en": "My tools help me."}, Theme.TOOLS)

PEOPLE = tuple(f"U{number}" for number in range(1, 9))


def a_plan(kind: Kind = Kind.ENPS, **changes: object) -> Plan:
    told = {"audience": Audience(("C1",)), "zone": ATHENS, "channel": "C1", **changes}
    return Plan(kind=kind, **told)  # type: ignore[arg-type]


def a_wave(
    session: Session,
    people: Iterable[str] = PEOPLE,
    *,
    plan: Plan | None = None,
    questions: Iterable[Question] = (LIKELY,),
    teams: tuple[str, ...] = ("#support",),
    team_of: dict[str, int] | None = None,
    seals: Seals = SEALS,
) -> WaveRow:
    """An open wave that closes three days from now."""
    plan = plan or a_plan()
    survey = surveys.draft(session, WORKSPACE, plan, by="U0LEAD", now=T())
    surveys.start(session, survey, now=T())
    team_of = team_of or {}
    roll = Roll.of(Seat(user, team_of.get(user, 0), "Europe/Athens", "en") for user in people)
    closes = T() + timedelta(days=3)
    begins = Beginning(plan, list(questions), teams, roll, closes, in_public=True)
    return waves.open_wave(session, survey, begins, seals, now=T())


def closes(
    database: Database, wave: int, *, now: datetime = T(days=3), seals: Seals = SEALS
) -> WaveRow | None:
    """The wave after its close; `None` if it is not due, or closed already."""
    with database.reading() as session:
        seen = look(session, wave, seals, now=now)
    if seen is None:
        return None
    reckoned = reckon(seen, seals)
    with database.writing() as session:
        return close(session, reckoned, seals, now=now)
