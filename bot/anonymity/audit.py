"""The audit: waves are played, and all attackers are set on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from bot.anonymity.scratch import Scratch
from bot.anonymity.storage import Storage
from bot.anonymity.wave import Habits, play
from bot.surveys.attack.trial import attack
from bot.surveys.attack.verdict import Score
from bot.surveys.survey import Kind

#: By the first of three waves attackers learn, by the other two they are judged.
_OF_WHICH_LEARNED = 3

#: In one of so many waves messages go out as well, which takes as long as all the rest.
_WITH_MESSAGES = 3


def audit(
    scratch: Scratch,
    *,
    waves: int,
    people: int,
    seed: int,
    kinds: Sequence[Kind] = (Kind.PULSE, Kind.ENPS),
    storage: Storage | None = None,
    again: bool = True,
    progress: Callable[[int], None] = lambda _done: None,
) -> list[Score]:
    """What all attackers achieve on so many waves, each of so many people.

    There are some sixty of them, and of a thousand who only guess one is taken for one who knows. So
    where any is over, all of it is done `again`, and told of both together: luck does not come twice.
    """
    random = Random(seed)  # noqa: S311  it only makes up people; the product draws its own

    def attacked() -> list[Score]:
        cases = []
        for number in range(waves):
            kind = kinds[number % len(kinds)]
            habits = Habits(people, kind, with_messages=number % _WITH_MESSAGES == 2)
            with scratch.place() as place:
                cases.append(play(place, storage or Storage(), habits, random))
            progress(number + 1)
        learned = max(2 * len(kinds), waves // _OF_WHICH_LEARNED)
        return attack(cases[:learned], cases[learned:])

    scores = attacked()
    if not again or not any(one.is_over for one in scores):
        return scores
    more = {one.attacker: one for one in attacked()}
    return [one.with_(more[one.attacker]) if one.attacker in more else one for one in scores]
