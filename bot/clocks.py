"""The moments that help desks tell, how far their clocks are from ours, and how old a thing is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

#: A clock that differs more than this is worth a word.
CLOCKS_DIFFER = timedelta(minutes=2)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a moment at the end of the calendar") from None


#: Always the same zone object, so that equal moments look equal too.
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


def clock_told(theirs: datetime | None, ours: datetime) -> Sequence[str]:
    """A sentence where the clocks differ; none where they agree, or theirs is not told."""
    ahead = (theirs or ours) - ours
    if abs(ahead) <= CLOCKS_DIFFER:
        return ()
    way = "ahead of" if ahead > timedelta(0) else "behind"
    return (f"Its clock is {roughly(abs(ahead))} {way} the clock here.",)


def roughly(span: timedelta) -> str:
    """7 minutes, 3 hours, 12 days; what lies in the future is 0 minutes old."""
    minutes = max(round(span.total_seconds() / 60), 0)
    if minutes == 1:
        return "1 minute"
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // 1440} days"
