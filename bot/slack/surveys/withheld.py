"""Says that something is withheld, and why: silence would look like a mistake."""

from __future__ import annotations

from collections.abc import Mapping

from bot.locale import Reader
from bot.surveys.gate import Reason
from bot.surveys.results import Told, WaveResult
from bot.surveys.survey import FEWEST_SHARED_OUT

_WHY = {
    Reason.TOO_FEW: "🔒 Withheld: of fewer than {fewest} answers, single ones could show.",
    Reason.TOO_FEW_LEFT: "🔒 Withheld: beside what is shown it would tell of fewer than {fewest} people.",
    Reason.OVER_TIME: "🔒 Withheld: beside earlier results it would tell of fewer than {fewest} people, "
    "who joined, left or did not answer.",
    Reason.TOO_COMPLEX: "🔒 Withheld: it could not be shown that it tells of nobody beside all earlier "
    "results.",
}

_NAMED = {
    Reason.TOO_FEW: "🔒 {names}: withheld, fewer than {fewest} answers.",
    Reason.TOO_FEW_LEFT: "🔒 {names}: withheld, or the rest could be worked out.",
    Reason.OVER_TIME: "🔒 {names}: withheld, or who joined or left could be worked out.",
    Reason.TOO_COMPLEX: "🔒 {names}: withheld, it could not be shown to tell of nobody.",
}


_SHARES = {
    Reason.TOO_FEW: "🔒 How many gave which answer is shown from {fewest} answers on.",
    Reason.TOO_FEW_LEFT: "🔒 How many gave which answer: withheld, or the rest could be worked out.",
    Reason.OVER_TIME: "🔒 How many gave which answer: withheld, or who joined or left could be worked "
    "out.",
    Reason.TOO_COMPLEX: "🔒 How many gave which answer: withheld, it could not be shown to tell of "
    "nobody.",
}


def shares(reason: str, wave: WaveResult, reader: Reader) -> str:
    """Why it is withheld how many gave which answer."""
    fewest = max(wave.fewest, FEWEST_SHARED_OUT)
    return reader.text(_SHARES[Reason(reason)], fewest=reader.number(fewest))


def because(reason: str | None, reader: Reader, *, answered: int, fewest: int) -> str:
    """Why a score is withheld, by the gate's reason; `fewest` answers are enough, so many there are."""
    if not answered:
        return reader.text("Nobody answered.")
    why = Reason(reason) if reason else Reason.TOO_FEW
    return reader.text(_WHY[why], fewest=reader.number(fewest))


def named(hidden: Mapping[str, Told], wave: WaveResult, reader: Reader) -> str:
    """What is withheld, by its name, a line for each reason."""
    lines = []
    for reason in Reason:
        names = [name for name, one in hidden.items() if one.withheld == reason]
        if names:
            listed, fewest = reader.listed(names), reader.number(wave.fewest)
            lines.append(reader.text(_NAMED[reason], names=listed, fewest=fewest))
    return "\n".join(lines)
