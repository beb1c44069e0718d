"""Looks for people and answers in the bytes: in files and their logs, in free pages, in what was printed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.surveys.attack.evidence import LOG, Happening, Raw, Scalar, Text, Version
from bot.surveys.attack.scalars import readable
from bot.surveys.attack.sight import Person, forms

#: Shorter runs of readable bytes come about by chance.
_RUN = re.compile(rb"[ -~]{6,}")

#: So many bytes of a value are looked for: no more than an attacker needs to know it again.
_ENOUGH = 24

#: Where a line of a log stands.
LOGS = "a log"

#: So many bytes a seal takes at least: a number that comes once, and a mark of what is sealed.
_SEAL = 40

#: What Slack calls people, or as good as certain.
_SLACK_ID = re.compile(r"(?<![A-Za-z0-9])[UW](?=[A-Z0-9]*\d)[A-Z0-9]{8,11}(?![A-Za-z0-9])")


def runs(content: bytes) -> str:
    """The readable stretches of some bytes, a line for each."""
    return b"\n".join(_RUN.findall(content)).decode("ascii")


def slack_ids(text: str) -> set[str]:
    """The ids of people in a text, by how they look."""
    return set(_SLACK_ID.findall(text))


def needles(people: Iterable[Person], secrets: Sequence[str]) -> dict[str, str]:
    """What is looked for, and who or what it gives away: people in every form, and comments."""
    found = {
        form: person.id
        for person in people
        for form in forms(person)
        if isinstance(form, str) and form
    }
    return found | {secret: secret for secret in secrets}


def found_in(
    needles: Mapping[str, str], texts: Iterable[Text], versions: Iterable[Version]
) -> dict[str, str]:
    """Who or what of the needles stands in clear, and where it does."""
    found: dict[str, str] = {}
    for where, text in (*texts, *told(versions)):
        for needle, whose in needles.items():
            if whose not in found and needle in text:
                found[whose] = where
    return found


def told(versions: Iterable[Version]) -> Iterator[Text]:
    """What stands in rows, by table and column, and in logs."""
    for version in versions:
        for name, value in version.values.items():
            text = readable(value)
            if text:
                is_line = version.row.table == LOG
                yield Text(LOGS if is_line else f"{version.row.table}.{name}", text)


def destroyed(versions: Sequence[Version]) -> Iterator[tuple[str, Scalar]]:
    """What was overwritten, or went with its row, in tables in which something is sealed.

    As far as it is long enough to be known again.
    """
    tables = {one.row.table for one in versions if any(map(is_sealed, one.values.values()))}
    for version in versions:
        has_gone = version.happening is Happening.WENT
        before, after = (version.values, {}) if has_gone else (version.before, version.values)
        for name, value in before.items():
            is_long = isinstance(value, bytes | str) and len(value) >= _ENOUGH
            if is_long and value != after.get(name) and version.row.table in tables:
                yield f"{version.row.table}.{name}", value


def is_sealed(value: Scalar) -> bool:
    """Whether a value looks sealed: the seal alone takes 40 bytes, and nobody can read it."""
    return isinstance(value, bytes) and len(value) > _SEAL and readable(value) is None


def is_still_there(value: Scalar, content: Iterable[Raw]) -> bool:
    """Whether a destroyed value is in the raw bytes of a copy."""
    known = value.encode() if isinstance(value, str) else value
    if not isinstance(known, bytes):
        return False
    return any(one.find(known[:_ENOUGH]) >= 0 for one in content)
