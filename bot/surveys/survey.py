"""What a survey is: its kind, its questions, whom it asks, how often, and who sees the results."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import time
from enum import StrEnum
from typing import Any, Self
from zoneinfo import ZoneInfo

#: The fewest answers of which a score is told, and the fewest of which it is told how many gave
#: which answer; also the fewest people whom a wave may ask. A survey can ask for more, never for less
#: (METHODS, "Privacy of answers": at 3 all fall into one bucket 13.6 % of the time, at 5 2.1 %,
#: at 8 0.13 %).
FEWEST, FEWEST_SHARED_OUT = 5, 8

#: The name of the team of those who are named one by one; those of others begin with # or @.
OTHERS = "others"

#: The most questions of a pulse: more are not answered in a minute.
MOST_QUESTIONS = 10

#: The most reminders of a wave.
MOST_REMINDERS = 2


class Kind(StrEnum):
    """A survey is one question once a quarter, or a few every week or two."""

    ENPS = "enps"
    PULSE = "pulse"


class Theme(StrEnum):
    """What a question of a pulse is about."""

    WORKLOAD = "workload"
    TOOLS = "tools"
    TRAINING = "training"
    RECOGNITION = "recognition"
    MANAGER = "manager"
    TEAM = "team"
    GROWTH = "growth"
    WELL_BEING = "well-being"


class Scale(StrEnum):
    """How a question is answered: 1 to 5, 0 to 10, one of some options, or in one's own words."""

    AGREEMENT = "agreement"
    LIKELIHOOD = "likelihood"
    CHOICE = "choice"
    TEXT = "text"

    @property
    def ends(self) -> tuple[int, int] | None:
        """The lowest and the highest number of the scale; `None` where answers are no numbers."""
        return {Scale.AGREEMENT: (1, 5), Scale.LIKELIHOOD: (0, 10)}.get(self)


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `texts` are its wordings by language; `options` those of a choice.

    `key` names it for ever ("enps", "workload-3", "own-1"): answers to the same key are comparable.
    """

    key: str
    scale: Scale
    texts: Mapping[str, str]
    theme: Theme | None = None
    options: tuple[str, ...] = ()

    def wording(self, language: str) -> tuple[str, str]:
        """The question in a language, and the language that it is: the first that there is else."""
        known = language if language in self.texts else language.partition("_")[0]
        found = known if known in self.texts else next(iter(self.texts))
        return self.texts[found], found

    def in_languages(self, languages: Collection[str]) -> Self:
        """The question in these languages only; in those that it has where it has none of them."""
        texts = {name: self.texts[name] for name in languages if name in self.texts}
        return replace(self, texts=texts or self.texts)

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "scale": str(self.scale),
            "texts": dict(self.texts),
            "theme": self.theme and str(self.theme),
            "options": list(self.options),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            key=told["key"],
            scale=Scale(told["scale"]),
            texts=dict(told["texts"]),
            theme=Theme(told["theme"]) if told.get("theme") else None,
            options=tuple(told.get("options", ())),
        )


@dataclass(frozen=True, slots=True)
class Team:
    """A named part of an audience: a channel, a user group, or people named one by one."""

    name: str
    people: frozenset[str]


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a survey asks, by Slack ids: the members of channels and user groups, and people."""

    channels: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    people: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.channels or self.groups or self.people)

    def meets(self, other: Audience) -> bool:
        """Whether something is named in both."""
        return not {*self.channels, *self.groups, *self.people}.isdisjoint(
            (*other.channels, *other.groups, *other.people)
        )


class Every(StrEnum):
    """In what the pauses between two waves are counted."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a wave opens: every so many weeks, months or quarters.

    Weeks are counted from the first wave on, on its `weekday` (0 is Monday). Months and quarters
    begin on the first such weekday in them: a quarter's wave does not wander through the quarter.
    """

    number: int
    unit: Every
    weekday: int
    at: time


class Results(StrEnum):
    """Who sees the results of a wave."""

    CHANNEL = "channel"
    LEADS = "leads"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a survey is to be, as a lead said it.

    A wave closes `days` after the day on which it opened, at the time `closes`, both in `zone`. Of a
    pulse so `many` questions are taken from the bank, of the `themes`; its `own` come on top of
    them. `fewest` is the smallest number of answers that is told anything of. `channel` is where the
    survey was made: results go there, where everybody sees them.
    """

    kind: Kind
    audience: Audience
    zone: ZoneInfo
    channel: str
    days: int = 3
    closes: time = time(17)
    cadence: Cadence | None = None
    themes: tuple[Theme, ...] = ()
    many: int = 5
    own: tuple[Question, ...] = ()
    languages: tuple[str, ...] = ("en",)
    reminders: int = 1
    results: Results = Results.CHANNEL
    fewest: int = FEWEST

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": str(self.kind),
            "audience": {
                "channels": list(self.audience.channels),
                "groups": list(self.audience.groups),
                "people": list(self.audience.people),
            },
            "zone": self.zone.key,
            "channel": self.channel,
            "days": self.days,
            "closes": self.closes.isoformat("minutes"),
            "cadence": self.cadence and _cadence_json(self.cadence),
            "themes": [str(theme) for theme in self.themes],
            "many": self.many,
            "own": [question.to_json() for question in self.own],
            "languages": list(self.languages),
            "reminders": self.reminders,
            "results": str(self.results),
            "fewest": self.fewest,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            kind=Kind(told["kind"]),
            audience=Audience(**{name: tuple(ids) for name, ids in told["audience"].items()}),
            zone=ZoneInfo(told["zone"]),
            channel=told["channel"],
            days=told["days"],
            closes=time.fromisoformat(told["closes"]),
            cadence=_cadence(told["cadence"]) if told["cadence"] else None,
            themes=tuple(Theme(theme) for theme in told["themes"]),
            many=told["many"],
            own=tuple(Question.from_json(question) for question in told["own"]),
            languages=tuple(told["languages"]),
            reminders=told["reminders"],
            results=Results(told["results"]),
            fewest=told["fewest"],
        )


def _cadence_json(cadence: Cadence) -> dict[str, Any]:
    return {
        "number": cadence.number,
        "unit": str(cadence.unit),
        "weekday": cadence.weekday,
        "at": cadence.at.isoformat("minutes"),
    }


def _cadence(told: Mapping[str, Any]) -> Cadence:
    at = time.fromisoformat(told["at"])
    return Cadence(told["number"], Every(told["unit"]), told["weekday"], at)
