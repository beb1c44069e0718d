"""The words beside the numbers of a scale, in the languages of the questions."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Scales:
    """How much somebody agrees, from 1 to 5; and how likely something is, at 0 and at 10."""

    agreement: tuple[str, ...]
    likelihood: tuple[str, str]


def scales(language: str) -> Scales:
    """The words in a language; for one that the bank does not know, the English ones."""
    return _all().get(language) or _all()["en"]


@cache
def _all() -> dict[str, Scales]:
    told = tomllib.loads((files("bot.surveys") / "scales.toml").read_text("utf-8"))
    return {
        language: Scales(
            tuple(words["agreement"]), (words["likelihood"][0], words["likelihood"][1])
        )
        for language, words in told.items()
    }
