"""The words that surveys share: the names of themes, and those beside the numbers of a scale."""

from __future__ import annotations

from bot.locale import Reader, isolated
from bot.surveys.scales import Scales, scales
from bot.surveys.survey import OTHERS, Question, Theme

_THEMES = {
    Theme.WORKLOAD: "Workload",
    Theme.TOOLS: "Tools",
    Theme.TRAINING: "Training",
    Theme.RECOGNITION: "Recognition",
    Theme.MANAGER: "Manager",
    Theme.TEAM: "Team",
    Theme.GROWTH: "Growth",
    Theme.WELL_BEING: "Well-being",
}


def theme_label(reader: Reader, theme: Theme) -> str:
    return reader.text(_THEMES[theme])


def scales_of(question: Question, reader: Reader) -> Scales:
    """The words of a scale in the language in which the reader gets the question."""
    return scales(question.wording(reader.locale)[1])


def team_label(team: str, reader: Reader) -> str:
    """The name of a team, not as markup; those who were named one by one have none."""
    return reader.text("others") if team == OTHERS else isolated(team)
