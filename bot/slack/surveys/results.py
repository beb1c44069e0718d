"""The results of a wave: the score first, whether it moved, then what it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from bot.locale import Reader
from bot.message import Message, Picture
from bot.slack import charts, native
from bot.slack.blocks import (
    LONGEST_TEXT,
    actions,
    blocks_of,
    button,
    context,
    section,
    table,
)
from bot.slack.surveys import scores
from bot.slack.surveys.scores import Shown, subject_label
from bot.slack.surveys.withheld import named, why
from bot.slack.surveys.words import team_label
from bot.surveys.results import EVERYBODY, Told, WaveResult
from bot.surveys.survey import Kind
from bot.surveys.tally import scale_of, theme_of

if TYPE_CHECKING:
    from slackblocks import Block, Button

#: What can be done with the results of a wave.
COMMENTS, ALL_NUMBERS, EARLIER = "survey_comments", "survey_all_numbers", "survey_earlier"

#: The chart of how the score went.
CHART = "survey-trend"

#: What stands where nothing may be told.
HIDDEN = "–"

#: Slack takes no longer text in a context block.
LONGEST_CONTEXT = 2_000

#: Where the whole truth about what is kept is told.
PRIVACY = "`/pulse privacy`"


def results(
    told: WaveResult,
    before: Sequence[WaveResult],
    reader: Reader,
    *,
    with_picture: bool = True,
    sealed: bool = False,
) -> Message:
    """The results of a wave beside those of the waves before it, the newest of which is first.

    `sealed`: as it is sent to everybody who was asked, without what only leads may press, and
    without a chart: where Slack takes none, a sealed message could not be sent without it.
    """
    shown = Shown(told, before[0] if before else None, reader)
    head = _head(shown)
    chart = None if sealed else _chart(told, before, reader)
    buttons = list(_buttons(told, before, reader, sealed=sealed))
    blocks = blocks_of(
        section(head, "survey-head"),
        *_notes(shown),
        *_parts(shown),
        chart,
        actions("survey-actions", *buttons) if buttons else None,
        context(_foot(told, reader, sealed=sealed), "survey-foot"),
    )
    alternatives = {}
    if chart is not None and with_picture:
        alternatives[CHART] = _picture(told, before, reader)
    return Message(text=head[:LONGEST_TEXT], blocks=blocks, alternatives=alternatives)


# --- The head ------------------------------------------------------------------------------------


def _head(shown: Shown) -> str:
    """The score, how many answered, what it is made of, and whether it moved."""
    told, reader = shown.told, shown.reader
    answered = reader.text(
        "{n} of {asked} answered",
        n=reader.number(told.answered),
        asked=reader.number(told.asked),
    )
    score = shown.score(told.subject)
    label = subject_label(told.subject, reader)
    if score is None:
        reason = why(told.of(told.subject), told, reader)
        return f"*{label}* · {answered}\n🔒 {reason}"
    lines = [f"*{label} {score.value}* · {answered}", *score.lines]
    change = shown.change(told.subject)
    return "\n".join([*lines, *([change] if change else [])])


def _notes(shown: Shown) -> Iterator[Block]:
    """That answers were left out by lot, and why."""
    told, reader = shown.told, shown.reader
    left_out = told.of(told.subject).left_out
    if left_out:
        note = reader.plural(
            "🔒 {n} answer, drawn by lot, is left out of all numbers: otherwise the difference to an "
            "earlier survey would tell what somebody who joined, left or stayed away answered.",
            "🔒 {n} answers, drawn by lot, are left out of all numbers: otherwise the difference to an "
            "earlier survey would tell what somebody who joined, left or stayed away answered.",
            left_out,
        )
        yield context(note, "survey-lot")


# --- What it is made of --------------------------------------------------------------------------


def _parts(shown: Shown) -> Iterator[Block]:
    """The themes and the teams, in one table (a message takes no second one), and what is withheld."""
    themes, teams = _themes(shown), _teams(shown)
    if themes.rows and teams.rows:
        # The columns are the same.
        teams.rows[0] = [shown.reader.text("By team"), "", "", ""]
    if rows := [*themes.rows, *teams.rows]:
        yield table(rows, "survey-parts")
    for part, block_id in ((themes, "survey-hidden-themes"), (teams, "survey-hidden-teams")):
        if part.hidden:
            told = named(part.hidden, shown.told, shown.reader)
            yield context(told[:LONGEST_CONTEXT], block_id)


class _Part(NamedTuple):
    """Rows of the table, a head first, if there are any; and what is withheld, by its name."""

    rows: list[list[str]]
    hidden: Mapping[str, Told]


def _themes(shown: Shown) -> _Part:
    """The themes of a pulse, the lowest first: there something can be done."""
    told, reader = shown.told, shown.reader
    themes = [subject for subject, team in told.told if team == EVERYBODY and theme_of(subject)]
    told_of = sorted((one for one in themes if shown.score(one)), key=shown.order)
    rows = [_row(shown, subject_label(subject, reader), subject) for subject in told_of]
    hidden = {subject_label(one, reader): told.of(one) for one in themes if one not in told_of}
    return _Part(_headed(reader.text("Theme"), rows, reader.text("of 5"), reader), hidden)


def _teams(shown: Shown) -> _Part:
    """Each team of which something may be told."""
    told, reader, subject = shown.told, shown.reader, shown.told.subject
    teams = [team for team in told.teams if (subject, team) in told.told]
    told_of = [team for team in teams if shown.score(subject, team)]
    rows = [_row(shown, team_label(team, reader), subject, team) for team in told_of]
    hidden = {
        team_label(team, reader): told.of(subject, team) for team in teams if team not in told_of
    }
    return _Part(
        _headed(reader.text("Team"), rows, scores.brief(told.kind, reader), reader), hidden
    )


def _headed(what: str, rows: list[list[str]], score: str, reader: Reader) -> list[list[str]]:
    return [[what, score, reader.text("last"), reader.text("n")], *rows] if rows else []


def _row(shown: Shown, name: str, subject: str, team: str = EVERYBODY) -> list[str]:
    """A name, its score, that of last time, and on how many answers it rests."""
    score = shown.score(subject, team)
    if score is None:
        return [name, HIDDEN, HIDDEN, HIDDEN]
    value = score.value + shown.mark(subject, team)
    return [name, value, shown.last(subject, team), score.n]


# --- How it went ---------------------------------------------------------------------------------


def _points(
    told: WaveResult, before: Sequence[WaveResult], reader: Reader
) -> list[tuple[str, float | None]]:
    """The score of each wave, oldest first; `None` where it is withheld."""
    waves = [*reversed(before), told]
    return [
        (
            reader.short_date(wave.closed_at.astimezone(reader.zone).date()),
            scores.value_of(wave, wave.subject),
        )
        for wave in waves
    ]


def _chart(told: WaveResult, before: Sequence[WaveResult], reader: Reader) -> Block | None:
    points = [one for one in _points(told, before, reader) if one[1] is not None]
    label = subject_label(told.subject, reader)
    return native.line(
        label,
        [day for day, _ in points],
        [(scores.brief(told.kind, reader), [value for _, value in points])],
        unit=scores.UNIT,
        reader=reader,
        block_id=CHART,
    )


def _picture(told: WaveResult, before: Sequence[WaveResult], reader: Reader) -> Picture:
    points = _points(told, before, reader)
    label = subject_label(told.subject, reader)

    def value_label(value: float) -> str:
        return scores.shown_value(scale_of(told.subject, told.questions), value, reader)

    drawn = charts.trend(
        points,
        usual=None,
        goal=None,
        value_label=value_label,
        title=label,
        highlight=None if points[-1][1] is None else -1,
    )
    listed = reader.listed(
        reader.text("{day} {value}", day=day, value=value_label(value))
        for day, value in points
        if value is not None
    )
    return Picture(CHART, drawn, reader.text("{label}: {values}", label=label, values=listed))


# --- What can be done ----------------------------------------------------------------------------


def _buttons(
    told: WaveResult, before: Sequence[WaveResult], reader: Reader, *, sealed: bool
) -> Iterator[Button]:
    wave = str(told.wave)
    if told.kind is Kind.PULSE:
        yield button(reader.text("Every question"), ALL_NUMBERS, wave)
    if sealed:
        return
    if before:
        yield button(reader.text("The one before"), EARLIER, str(before[0].wave))
    if told.comments:
        count = reader.number(told.comments)
        yield button(reader.text("Comments ({n}), for leads", n=count), COMMENTS, wave)


def _foot(told: WaveResult, reader: Reader, *, sealed: bool) -> str:
    day = reader.long_date(told.closed_at.astimezone(reader.zone).date())
    if sealed:
        return reader.text(
            "Closed {day}. Nobody can look up who said what: {privacy}", day=day, privacy=PRIVACY
        )
    example = "/enps did …" if told.kind is Kind.ENPS else "/pulse did workload: …"
    return reader.text(
        "Closed {day}. Nobody can look up who said what: {privacy}. Leads note what they do about it: "
        "{example}",
        day=day,
        privacy=PRIVACY,
        example=f"`{example}`",
    )
