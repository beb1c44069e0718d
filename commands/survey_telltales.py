"""Looks at a comment before it is sent: what in it could tell its own author to a reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from bot.services import Services
from bot.store import rolls
from bot.store.tables import WaveRow
from bot.surveys.roll import Roll
from bot.surveys.survey import OTHERS
from bot.surveys.telltales import Telltale, telltales


def telltales_of(
    services: Services, wave: WaveRow, user: str, texts: Iterable[str]
) -> list[Telltale]:
    """What in some texts could give their author away, by the names and teams of those asked.

    Nothing leaves this machine for it. Nothing is found where the wave is closed meanwhile: then the
    texts are not taken either.
    """
    with services.reading() as session:
        roll = rolls.read(session, wave.id or 0, services.seals)
    if roll is None or user not in roll.seats:
        return []
    return [one for text in texts for one in _telltales(text, roll, wave, user)]


def _telltales(text: str, roll: Roll, wave: WaveRow, user: str) -> list[Telltale]:
    own = roll.seats[user]
    others = {name for seat in roll if seat.user != user for name in seat.names}
    teams = {name: roll.sharing(place) for place, name in enumerate(wave.teams) if name != OTHERS}
    return telltales(
        text,
        names=others,
        own_names=own.names,
        teams=teams,
        own_team=wave.teams[own.team],
        languages=Counter(seat.locale.partition("_")[0] for seat in roll),
        own_language=own.locale.partition("_")[0],
    )
