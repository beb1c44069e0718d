"""The clocks of a LiveAgent: what moment a date that it tells without a time zone means."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone in which dates are told.

    In the hour that autumn repeats a date means two moments: it is taken for the earlier one, so
    that reading on from it repeats rows rather than misses them.
    """

    name: str
    _zone: ZoneInfo = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_zone", ZoneInfo(self.name))

    def at(self, told: datetime) -> datetime:
        """The moment, in UTC; one that was told with its zone is what it is."""
        return self._read(told, fold=0)

    def at_if(self, told: datetime | None) -> datetime | None:
        return None if told is None else self.at(told)

    def latest(self, told: datetime) -> datetime:
        """The later moment that the date can mean."""
        return self._read(told, fold=1)

    def since(self, moment: datetime) -> str:
        """The date to ask for so that everything from the moment on comes.

        Of the hour that is repeated nobody says which of the two it would be taken for.
        """
        return self._text(moment, -self._repeated(moment))

    def until(self, moment: datetime) -> str:
        """The date to ask for so that everything up to the moment comes."""
        return self._text(moment, self._repeated(moment))

    def is_midnight(self, moment: datetime) -> bool:
        local = moment.astimezone(self._zone)
        return (local.hour, local.minute, local.second) == (0, 0, 0)

    def offset(self, moment: datetime) -> timedelta:
        """How far its clocks are ahead of UTC."""
        return moment.astimezone(self._zone).utcoffset() or timedelta(0)

    def _repeated(self, moment: datetime) -> timedelta:
        """How much time is repeated where the moment lies."""
        local = moment.astimezone(self._zone).replace(tzinfo=None)
        return self.latest(local) - self.at(local)

    def _text(self, moment: datetime, later: timedelta) -> str:
        local = moment.astimezone(self._zone).replace(tzinfo=None)
        return f"{local + later:%Y-%m-%d %H:%M:%S}"

    def _read(self, told: datetime, *, fold: int) -> datetime:
        if told.tzinfo is None:
            told = told.replace(tzinfo=self._zone, fold=fold)
        return told.astimezone(UTC)


def utc(moment: datetime) -> str:
    """A date as the filters of API v3 take it: they are in UTC, whatever the account's zone.

    https://support.liveagent.com/271981-Utilizing-time-zone-offset-to-shift-the-dates--times-of-API-results
    """
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
