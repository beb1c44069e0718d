"""Finds the part of the tickets that somebody means by its name: a group, a channel, a help desk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlmodel import Session

from bot.domain import Dimension, Slice, Window
from bot.errors import UsageError
from bot.locale import isolated
from bot.metrics import CATALOGUE, Median, Metric
from bot.periods import last_days
from bot.services import Services
from bot.store import desks
from bot.store.readings import read
from commands.words import FOR_EXAMPLE, closest, examples, plain, quoted

#: What is typed before a part, in an example.
ASKED = "/kpi first response time"

#: How many days back a part is looked for that is not in the windows asked for.
LOOKED_BACK = 90

#: What tells the parts of tickets and of calls; others than these are looked for in the metric.
_TELLING = ("ticket_volume", "call_volume")


def find_part(
    session: Session,
    services: Services,
    asked: Slice,
    *,
    metric: Metric | None = None,
    windows: Sequence[Window] = (),
    also: Iterable[Slice] = (),
    asked_as: str = ASKED,
) -> Slice:
    """The part as its help desk writes it, whatever the capitals it was typed in.

    It is one that counts in `windows`, or did in the last months, or is one of `also`. Raises
    `UsageError` for a part that nobody has, with an example that begins as it was `asked_as`.
    """
    names = {part.value for part in also if part.dimension is asked.dimension and part.value}
    if asked.dimension is Dimension.DESK:
        names |= {desk.name for desk in desks.of(session, services.workspace)}
        return _known(asked, names, asked_as)
    names |= _names(session, services, asked.dimension, metric, windows)
    if _meant(asked, names) is None:
        lately = last_days(services.clock.now(), LOOKED_BACK, services.settings.tz)
        names |= _names(session, services, asked.dimension, metric, [lately])
    return _known(asked, names, asked_as)


def _names(
    session: Session,
    services: Services,
    by: Dimension,
    metric: Metric | None,
    windows: Sequence[Window],
) -> set[str]:
    """The names of the parts that count in any of the windows."""
    wanted = [CATALOGUE[key] for key in _TELLING]
    # Reading every single duration would only find the groups of the same tickets again.
    if metric is not None and not isinstance(metric.aggregate, Median):
        wanted.append(metric)
    readings = read(session, services.workspace, dict.fromkeys(wanted), windows, by=by)
    return {one.slice.value for one in readings if one.slice and one.slice.value}


def _meant(asked: Slice, names: Iterable[str]) -> Slice | None:
    """The part that was typed: first one of the very same letters, then in other capitals."""
    typed = plain(asked.value or "")
    alike = sorted(name for name in names if plain(name) == typed)
    exact = [name for name in alike if name == asked.value]
    return next((Slice(asked.dimension, name) for name in (*exact, *alike)), None)


def _known(asked: Slice, names: Iterable[str], asked_as: str) -> Slice:
    """The part that was typed. Raises `UsageError` with the one that was probably meant."""
    found = _meant(asked, names)
    if found is not None:
        return found
    known = sorted(names)
    if not known:
        raise UsageError("No “{dimension}” is known here yet.", "", dimension=asked.dimension.value)
    meant = closest(asked.value or "", known)
    raise UsageError(
        _UNKNOWN[asked.dimension],
        FOR_EXAMPLE if meant is None else "Did you mean “{meant}”? For example: {example}",
        typed=quoted(asked.value or ""),
        meant=isolated(meant or ""),
        example=_example(asked_as, asked.dimension, meant or known[0]),
    )


def _example(asked_as: str, dimension: Dimension, name: str) -> str:
    name = f'"{name}"' if " " in name else name
    return examples(f"{asked_as} for {dimension} {isolated(name)}")


_UNKNOWN = {
    Dimension.DESK: "There is no help desk “{typed}”.",
    Dimension.CHANNEL: "There is no channel “{typed}”.",
    Dimension.GROUP: "There is no group “{typed}”.",
    Dimension.PRIORITY: "There is no priority “{typed}”.",
}
