"""The results of a wave: the score first, whether it moved, then what it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from bot.locale import Reader, isolated
from bot.message import Message, Picture
from bot.slack import charts, native
from bot.slack.blocks import (
    LONGEST_TEXT,
    actions,
    blocks_of,
    button,
    context,
    plain,
    section,
    table,
)
from bot.slack.surveys import scores
from bot.slack.surveys.scores import HIDDEN, Shown, subject_label
from bot.slack.surveys.withheld import because, named
from bot.slack.surveys.words import team_label
from bot.surveys.results import EVERYBODY, Told, WaveResult
from bot.surveys.survey import Kind
from bot.surveys.tally import theme_of

if TYPE_CHECKING:
    from slackblocks import Block, Button

#: What can be done with the results of a wave.
COMMENTS, ALL_NUMBERS, EARLIER = "survey_comments", "survey_all_numbers", "survey_earlier"

#: The chart of how the score went.
CHART = "survey-trend"

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
    trend = [] if sealed else _trend(told, before)
    chart = _chart(trend, reader)
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
        alternatives[CHART] = _picture(trend, reader)
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
        withheld, fewest = told.of(told.subject).withheld, told.fewest
        reason = because(withheld, reader, answered=told.answered, fewest=fewest)
        return f"*{label}* · {answered}\n{reason}"
    lines = [f"*{label} {score.of_scale}* · {answered}", *score.lines]
    change = shown.change(told.subject)
    return "\n".join([*lines, *([change] if change else [])])


def _notes(shown: Shown) -> Iterator[Block]:
    """That answers were left out by lot, and why."""
    told, reader = shown.told, shown.reader
    left_out = told.of(told.subject).left_out
    if left_out:
        note = reader.plural(
            "🔒 {n} answer, drawn by lot, is left out, so that comparing surveys gives nobody away.",
            "🔒 {n} answers, drawn by lot, are left out, so that comparing surveys gives nobody away.",
            left_out,
        )
        yield context(note, "survey-lot")


# --- What it is made of --------------------------------------------------------------------------


def _parts(shown: Shown) -> Iterator[Block]:
    """The themes and the teams, in one table (a message takes no second one), and what is withheld.

    Where all is, the head has said so.
    """
    if shown.told.is_withheld:
        return
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
    return _Part(_headed(reader.text("Theme"), rows, _of_five(reader), reader), hidden)


def _of_five(reader: Reader) -> str:
    return reader.text("of {highest}", highest=reader.number(5))


def _teams(shown: Shown) -> _Part:
    """Each team of which something may be told."""
    told, reader, subject = shown.told, shown.reader, shown.told.subject
    teams = [team for team in told.teams if (subject, team) in told.told]
    told_of = [team for team in teams if shown.score(subject, team)]
    rows = [_row(shown, team_label(team, reader), subject, team) for team in told_of]
    hidden = {
        plain(team_label(team, reader)): told.of(subject, team)
        for team in teams
        if team not in told_of
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
    value = shown.mark(subject, team) + score.value
    return [name, value, shown.last(subject, team), score.n]


# --- How it went ---------------------------------------------------------------------------------


def _trend(told: WaveResult, before: Sequence[WaveResult]) -> list[WaveResult]:
    """The waves up to this one whose scores are told, oldest first; none where its own is not.

    They begin after the last one that was withheld: a line across it would show what nobody knows,
    and one that ends before this wave would be taken for how it is now.
    """
    waves = takewhile(lambda wave: wave.score(wave.subject) is not None, [told, *before])
    return [*waves][::-1]


def _points(trend: Sequence[WaveResult], reader: Reader) -> list[tuple[str, float]]:
    """The day and the score of each wave, as exact as the head says it."""
    return [
        (
            reader.short_date(wave.closed_at.astimezone(reader.zone).date()),
            scores.rounded(wave.subject, score.value),
        )
        for wave in trend
        if (score := wave.score(wave.subject)) is not None
    ]


def _chart_title(trend: Sequence[WaveResult], reader: Reader) -> str:
    """What the line is of; where questions differ, a move of it may be theirs."""
    label = subject_label(trend[-1].subject, reader)
    if len({wave.asked_about(wave.subject) for wave in trend}) == 1:
        return label
    return reader.text("{label}, not always the same questions", label=label)


def _chart(trend: Sequence[WaveResult], reader: Reader) -> Block | None:
    if not trend:
        return None
    points = _points(trend, reader)
    return native.line(
        _chart_title(trend, reader),
        [day for day, _ in points],
        [(scores.brief(trend[-1].kind, reader), [value for _, value in points])],
        unit=scores.UNIT,
        reader=reader,
        block_id=CHART,
    )


def _picture(trend: Sequence[WaveResult], reader: Reader) -> Picture:
    points, title = _points(trend, reader), _chart_title(trend, reader)

    def value_label(value: float) -> str:
        return scores.shown_value(trend[-1].subject, value, reader)

    drawn = charts.trend(points, usual=None, goal=None, value_label=value_label, title=title)
    listed = reader.listed(
        reader.text("{day} {value}", day=day, value=value_label(value)) for day, value in points
    )
    return Picture(CHART, drawn, reader.text("{label}: {values}", label=title, values=listed))


# --- What can be done ----------------------------------------------------------------------------


def _buttons(
    told: WaveResult, before: Sequence[WaveResult], reader: Reader, *, sealed: bool
) -> Iterator[Button]:
    wave = str(told.wave)
    if told.kind is Kind.PULSE and not told.is_withheld:
        yield button(reader.text("Every question"), ALL_NUMBERS, wave)
    if sealed:
        return
    if before:
        yield button(reader.text("The one before"), EARLIER, str(before[0].wave))
    if told.comments:
        count = reader.number(told.comments)
        yield button(reader.text("Comments ({n}), for leads", n=count), COMMENTS, wave)


def _foot(told: WaveResult, reader: Reader, *, sealed: bool) -> str:
    day = isolated(reader.long_date(told.closed_at.astimezone(reader.zone).date()))
    if sealed or told.is_withheld:
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
