"""Tries every way in which something can go: a run asks for choices, and is run for each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Option = TypeVar("Option")


class Choices:
    """What a run chooses: by `script` as far as that goes, then always the first, which is usual.

    A number in the script stands for an option by its place, beginning anew after the last one.
    """

    def __init__(self, script: Sequence[int] = ()) -> None:
        self._script = script
        self.taken: list[int] = []
        self.offered: list[int] = []
        self.story: list[str] = []

    def pick(self, options: Sequence[Option]) -> Option:
        place = len(self.taken)
        wanted = self._script[place] if place < len(self._script) else 0
        number = wanted % len(options)
        self.taken.append(number)
        self.offered.append(len(options))
        if number:
            self.story.append(str(options[number]))
        return options[number]


def every_way(run: Callable[[Choices], object], *, unusual: int) -> int:
    """Runs once for every way with at most so many unusual choices; gives how many there are.

    An error carries a note that tells the unusual choices which led to it.
    """
    waiting: list[tuple[tuple[int, ...], int]] = [((), unusual)]
    ways = 0
    while waiting:
        script, left = waiting.pop()
        choices = told(run, script)
        ways += 1
        if left:
            waiting += [
                ((*choices.taken[:place], option), left - 1)
                for place in range(len(script), len(choices.offered))
                for option in range(1, choices.offered[place])
            ]
    return ways


def told(run: Callable[[Choices], object], script: Sequence[int]) -> Choices:
    """One run by a script, which an error tells."""
    choices = Choices(script)
    try:
        run(choices)
    except AssertionError as error:
        error.add_note(f"in {list(script)}: {', '.join(choices.story) or 'nothing unusual'}")
        raise
    return choices
