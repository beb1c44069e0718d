"""What is promised to a lead of a survey before it starts: who is asked, when, and who sees what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from babel import Locale

from bot.locale import Reader, isolated
from bot.slack.blocks import plain
from bot.slack.surveys.question import promise
from bot.surveys.asking import Asking
from bot.surveys.moments import FIRST_HOUR, LAST_HOUR, reminder_moments
from bot.surveys.survey import (
    FEWEST_SHARED_OUT,
    OTHERS,
    Cadence,
    Every,
    Plan,
    Question,
    Results,
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What would come of a draft that is started now.

    `mark` stands for what is promised here. `teams` are their names and how many count in each,
    `twice` counts those who are in two of them. `openings` are the next ones of a survey that comes
    again. `late` counts those who have no good hour before the close, `foreign` by language those
    who read none in which it is asked. `supply` is how many questions the bank has, where those are
    too few for a quarter. `warning` is why the results would not arrive.
    """

    draft: int
    plan: Plan
    mark: str
    teams: Sequence[tuple[str, int]]
    begins: datetime
    closes: datetime
    questions: Sequence[Question]
    openings: Sequence[datetime] = ()
    twice: int = 0
    late: int = 0
    foreign: Mapping[str, int] = field(default_factory=dict)
    supply: int | None = None
    warning: str | None = None
    has_changed: bool = False

    @property
    def asked(self) -> int:
        return sum(number for _, number in self.teams)

    @property
    def may_start(self) -> bool:
        """Whether so many are asked that a wave opens, and it reaches one of them at least."""
        return self.asked >= self.plan.fewest and self.late < self.asked


def asking_of(shown: Preview) -> Asking:
    """The first wave, as somebody is asked in it."""
    return Asking(
        wave=0,
        kind=shown.plan.kind,
        questions=shown.questions,
        closes_at=shown.closes,
        fewest=shown.plan.fewest,
        results=shown.plan.results,
        channel=shown.plan.channel,
    )


def about(shown: Preview, reader: Reader) -> Iterator[str]:
    """The promises in lines; of a survey that cannot start what there is to change."""
    yield _who(shown, reader)
    yield _when(shown, reader)
    if not shown.may_start:
        return
    yield _hours(shown, reader)
    yield _languages(shown, reader)
    yield _results(shown.plan, reader)
    yield reader.text("*Kept:* {promise}", promise=promise(asking_of(shown), reader))


def _who(shown: Preview, reader: Reader) -> str:
    told = reader.plural(
        "*Who:* {n} person, without bots: {teams}.",
        "*Who:* {n} people, without bots: {teams}.",
        shown.asked,
        teams=teams_of(shown.teams, reader) or reader.text("nobody"),
    )
    if not shown.twice:
        return told
    twice = reader.plural(
        "{n} is in two of these teams and counts in the first.",
        "{n} are in two of these teams and count in the first.",
        shown.twice,
    )
    return f"{told} {twice}"


def teams_of(teams: Sequence[tuple[str, int]], reader: Reader) -> str:
    return reader.listed(
        reader.text(
            "{team} ({n})",
            team=isolated(plain(name)) if name != OTHERS else reader.text("named one by one"),
            n=reader.number(number),
        )
        for name, number in teams
    )


def _when(shown: Preview, reader: Reader) -> str:
    plan = shown.plan
    local = replace(reader, zone=plan.zone)
    if plan.cadence is None:
        return reader.text(
            "*When:* from “Start” until {closes} ({zone})",
            closes=local.day_and_time(shown.closes),
            zone=plan.zone.key,
        )
    return reader.plural(
        "*When:* {often}: {moments} … Each closes {n} day later, {time} ({zone})",
        "*When:* {often}: {moments} … Each closes {n} days later, {time} ({zone})",
        plan.days,
        often=how_often(plan.cadence, reader),
        moments=_moments(shown.openings, local),
        time=reader.clock_time(plan.closes),
        zone=plan.zone.key,
    )


def _moments(openings: Sequence[datetime], local: Reader) -> str:
    """One after the other, with their years where these are several."""
    several = len({one.astimezone(local.zone).year for one in openings}) > 1
    return " · ".join(local.day_and_time(one, with_year=several) for one in openings)


def how_often(cadence: Cadence, reader: Reader) -> str:
    """Every 2 weeks on Tuesday, 10:00."""
    (one, many), number = _HOW_OFTEN[cadence.unit], cadence.number
    if cadence.unit is Every.QUARTER and number % 4 == 0:
        (one, many), number = _YEARS, number // 4
    return reader.plural(
        one,
        many,
        number,
        weekday=isolated(reader.weekday(cadence.weekday)),
        time=reader.clock_time(cadence.at),
    )


_HOW_OFTEN = {
    Every.WEEK: (
        "every week on {weekday}, {time}",
        "every {n} weeks on {weekday}, {time}",
    ),
    Every.MONTH: (
        "every month on its first {weekday}, {time}",
        "every {n} months on the first {weekday}, {time}",
    ),
    Every.QUARTER: (
        "every quarter on its first {weekday}, {time}",
        "every {n} quarters on the first {weekday}, {time}",
    ),
}


_YEARS = (
    "every year on the first {weekday} of a quarter, {time}",
    "every {n} years on the first {weekday} of a quarter, {time}",
)


def _hours(shown: Preview, reader: Reader) -> str:
    told = reader.text(
        "*How:* a direct message at a good hour of each one's own day: {first} to {last}, on no "
        "weekend or holiday.",
        first=reader.clock_time(FIRST_HOUR),
        last=reader.clock_time(LAST_HOUR),
    )
    return f"{told} {_reminders(shown, reader)}"


def _reminders(shown: Preview, reader: Reader) -> str:
    wanted = shown.plan.reminders
    number = len(reminder_moments(shown.begins, shown.closes, wanted))
    if not number and wanted:
        return reader.text("There is no time for a reminder.")
    if not number:
        return reader.text("No reminders.")
    return reader.plural(
        "{n} reminder, only to those who have not answered.",
        "{n} reminders, only to those who have not answered.",
        number,
    )


def _languages(shown: Preview, reader: Reader) -> str:
    languages = shown.plan.languages
    told = reader.text("*In:* {languages}.", languages=_named(languages, reader))
    if not shown.foreign:
        return told
    foreign = reader.plural(
        "{n} reads another language ({others}) and gets it in {first}.",
        "{n} read another language ({others}) and get it in {first}.",
        sum(shown.foreign.values()),
        others=_named(shown.foreign, reader),
        first=_named(languages[:1], reader),
    )
    return f"{told} {foreign}"


def _named(languages: Iterable[str], reader: Reader) -> str:
    return reader.listed(isolated(language_name(reader, one)) for one in languages)


def language_name(reader: Reader, language: str) -> str:
    """German; the code of a language that has no name."""
    return str(Locale.parse(language).get_display_name(reader.locale) or language)


def _results(plan: Plan, reader: Reader) -> str:
    told = [
        reader.text(
            _RESULTS[plan.results],
            channel=f"<#{plan.channel}>",
            fewest=reader.number(plan.fewest),
        )
    ]
    if plan.fewest < FEWEST_SHARED_OUT:
        shared = reader.number(FEWEST_SHARED_OUT)
        told.append(reader.text("How many gave which answer: from {shared} on.", shared=shared))
    if plan.results is not Results.LEADS:
        told.append(reader.text("Comments only to team leads."))
    return " ".join(told)


_RESULTS = {
    Results.CHANNEL: "*Results:* in {channel}, from {fewest} answers on.",
    Results.LEADS: "*Results:* only to team leads, from {fewest} answers on.",
    Results.ASKED: "*Results:* to everybody asked, from {fewest} answers on.",
}
