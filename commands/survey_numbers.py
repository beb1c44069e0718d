"""Which survey is meant by a number, and whether it can be paused, resumed or removed."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session

from bot.errors import UsageError
from bot.services import Services
from bot.store import surveys, waves
from bot.store.tables import SurveyRow, WaveRow
from bot.surveys.survey import Kind
from commands.asked import Asked
from commands.words import FOR_EXAMPLE, examples, plain, quoted

#: No survey has a number of more digits.
_MOST_DIGITS = 9


def numbered(session: Session, asked: Asked, kind: Kind | None, typed: str, verb: str) -> SurveyRow:
    """The survey of that number; without one the only one with which it can be done.

    Raises `UsageError`.
    """
    if not typed:
        return _only(session, asked, kind or Kind.ENPS, verb)
    number = number_in(typed, f"/{kind} {verb} 3")
    row = None if number is None else surveys.get(session, asked.services.workspace, number)
    if row is None:
        raise _no_survey(typed, kind or Kind.ENPS)
    if kind not in (None, row.kind):
        raise other_kind(row.id or 0, row.kind, verb)
    if (wrong := _wrong(session, row, verb)) is not None:
        raise wrong
    return row


def known_wave(services: Services, number: str | int, *, closed: bool = False) -> WaveRow:
    """The wave of a button, or the `closed` one. Raises `UsageError` for one that is not there."""
    with services.reading() as session:
        wave = waves.get(session, services.workspace, int(number))
    if wave is None or (closed and wave.closed_at is None):
        raise UsageError("This survey is not there any more.", "See: `/pulse`")
    return wave


def number_in(typed: str, example: str) -> int | None:
    """The number that was typed; `None` for one that no survey has."""
    bare = plain(typed).removeprefix("#")
    if not bare.isdecimal():
        raise UsageError(
            "It is not said which survey: “{typed}” is no number.",
            FOR_EXAMPLE,
            typed=quoted(typed),
            example=examples(example),
        )
    return int(bare) if len(bare) <= _MOST_DIGITS else None


def _only(session: Session, asked: Asked, kind: Kind, verb: str) -> SurveyRow:
    there = surveys.standing(session, asked.services.workspace, kind)
    wrong = {row.id: _wrong(session, row, verb) for row in there}
    fit = [row for row in there if wrong[row.id] is None]
    if len(fit) == 1:
        return fit[0]
    if not there:
        raise UsageError("There is no survey yet.", "See: `/{kind} help`", kind=kind)
    if not fit:
        first = wrong[there[0].id] if len(there) == 1 else None
        raise first or UsageError(_NONE[verb], "See: `/{kind} list`", kind=kind)
    raise which([row.id for row in fit], kind)


_NONE = {
    "pause": "There is no survey that could be paused.",
    "resume": "No survey is paused.",
    "remove": "There is no survey that could be removed.",
}


def which(numbers: Iterable[int | None], kind: Kind) -> UsageError:
    return UsageError(
        "Which survey?",
        "Say its number: {numbers}. See: `/{kind} list`",
        numbers=" · ".join(map(str, numbers)),
        kind=kind,
    )


def other_kind(number: int, kind: str, verb: str) -> UsageError:
    """The answer to the number of a survey that is of the other kind."""
    typed = f"/{kind} {verb} {number}"
    if verb == "did":
        typed = f"/{kind} did #{number} …"
    return UsageError(
        "Survey {number} is one of `/{kind}`.",
        "Did you mean {example}?",
        number=number,
        kind=kind,
        example=examples(typed),
    )


def _no_survey(typed: str, kind: Kind) -> UsageError:
    return UsageError(
        "There is no survey {number}.", "See: `/{kind} list`", number=quoted(typed), kind=kind
    )


# --- What can be done with it ---------------------------------------------------------------------


def _wrong(session: Session, row: SurveyRow, verb: str) -> UsageError | None:
    """Why a survey cannot be paused, resumed or removed: it is so already, or none follows."""
    places, is_once = {"number": row.id, "kind": row.kind}, row.plan["cadence"] is None
    if verb == "remove":
        return _over(session, row) if is_once else None
    if is_once:
        return UsageError(
            "Survey {number} comes only once, so nothing follows that could be paused.",
            "To close it early: `/{kind} close {number}`",
            **places,
        )
    if verb == "pause" and row.paused:
        return UsageError(
            "Survey {number} is paused already.",
            "To go on: `/{kind} resume {number}`",
            **places,
        )
    if verb == "resume" and not row.paused:
        return UsageError("Survey {number} is not paused.", "See: `/{kind} list`", **places)
    return None


def _over(session: Session, row: SurveyRow) -> UsageError | None:
    """Why one that comes only once cannot be removed: it has opened."""
    if not waves.count(session, row.id or 0):
        return None
    there = waves.open_ones(session, row.workspace_id, Kind(row.kind))
    if any(wave.survey_id == row.id for wave in there):
        return UsageError(
            "Survey {number} comes only once and is open.",
            "To close it early: `/{kind} close {number}`",
            number=row.id,
            kind=row.kind,
        )
    return UsageError(
        "Survey {number} came only once and is closed: nothing follows that could be removed.",
        "Its results: `/{kind} results {number}`",
        number=row.id,
        kind=row.kind,
    )
