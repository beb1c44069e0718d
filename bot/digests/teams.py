"""Which team of a survey is which group of the help desks: by its name, and only for certain."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

#: They say that it is a team, and not which one.
_SAY_NOTHING = frozenset(("team", "teams", "support", "agent", "agents", "group"))


def matched(teams: Iterable[str], groups: Iterable[str]) -> dict[str, str]:
    """The group of each team that has one: #billing-team is “Billing”.

    Names are the same whatever their capitals, signs and words such as “team”. Where two teams or
    two groups have the same name so, nobody knows which is which, and neither is in it.
    """
    team_of, group_of = _by_name(teams), _by_name(groups)
    return {
        there[0]: group_of[name][0]
        for name, there in team_of.items()
        if len(there) == 1 and len(group_of.get(name, ())) == 1
    }


def _by_name(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys(names):
        found[_bare(name)].append(name)
    return found


def _bare(name: str) -> str:
    """A name without what says nothing; as it is where nothing else would be left."""
    words = re.sub(r"[\s_-]+", " ", name.casefold().lstrip("#@ ")).split()
    return " ".join([word for word in words if word not in _SAY_NOTHING] or words)
