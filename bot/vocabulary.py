"""What the words of a help desk mean; one that nobody explained is told of once."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger()

Meaning = TypeVar("Meaning")


class Vocabulary(Generic[Meaning]):
    """The meanings of, e.g., the statuses of one help desk; capitals make no difference."""

    def __init__(
        self, desk: str, about: str, known: Mapping[str, Meaning], otherwise: Meaning
    ) -> None:
        """`about` is what the words are, for the log; `otherwise` is what an unknown one means."""
        self._desk, self._about = desk, about
        self._known = {word.casefold(): meaning for word, meaning in known.items()}
        self._otherwise = otherwise
        self._lock = Lock()

    def of(self, word: str | int | None) -> Meaning:
        """What it means. The log tells of an unknown word the first time, and of none at all never."""
        spelt = "" if word is None else str(word).casefold()
        if spelt not in self._known and spelt:
            self._meet(str(word), spelt)
        return self._known.get(spelt, self._otherwise)

    def _meet(self, word: str, spelt: str) -> None:
        with self._lock:
            is_known = spelt in self._known  # another thread may just have met it
            self._known[spelt] = self._known.get(spelt, self._otherwise)
        if not is_known:
            log.warning(
                "word_not_explained",
                desk=self._desk,
                about=self._about,
                word=word,
                taken_for=str(self._otherwise),
            )
