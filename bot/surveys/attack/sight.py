"""Where people are seen: every version in which somebody stands, openly or as a hash that all can make."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.surveys.attack.evidence import Happening, Scalar, Values, Version
from bot.surveys.attack.scalars import Kind, Trace, readable, traces


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is asked, which is no secret: their Slack id and how people call them."""

    id: str
    names: tuple[str, ...] = ()


#: Hashes that need no key, so that whoever knows whom to look for finds them.
_HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s")
#: Words, and what is written in Base64.
_WORDS = (re.compile(r"\w{3,}"), re.compile(r"[A-Za-z0-9+/]{8,}={0,2}"))


def forms(person: Person) -> Iterator[str | bytes]:
    """Everything that stands for somebody."""
    yield person.id
    yield from person.names
    known = person.id.encode()
    yield known.hex()
    yield base64.b64encode(known).decode()
    for name in _HASHES:
        digest = hashlib.new(name, known).digest()
        yield from (digest, digest.hex(), digest[:16], digest[:16].hex())
        yield base64.b64encode(digest).decode()
    short = hashlib.blake2b(known, digest_size=16).digest()
    yield from (short, short.hex())


class Sight:
    """Knows the people, and sees them in values."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._known = {form: one.id for one in people for form in forms(one) if form}

    def within(self, values: Values) -> list[str]:
        """The ids of the people that stand in some values, in the order in which they do."""
        found = (one for value in values.values() for one in self.read(value))
        return list(dict.fromkeys(found))

    def read(self, value: Scalar) -> Iterator[str]:
        """The people that stand in a value."""
        text = readable(value)
        known = self._known.get(value) if isinstance(value, bytes | str) else None
        if known is not None:
            yield known
        elif text is not None:
            words = (match for words in _WORDS for match in words.finditer(text))
            found = (self._known.get(word[0]) for word in sorted(words, key=re.Match.start))
            yield from (one for one in found if one is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Somebody was seen: a version is about them alone, or it took them in or out."""

    person: str
    version: Version

    @property
    def source(self) -> str:
        return f"{self.version.row.table} {self.version.happening}"


def seen(versions: Iterable[Version], sight: Sight) -> Iterator[Seen]:
    """All that tells of one person, not of several."""
    for version in versions:
        there, before = sight.within(version.values), sight.within(version.before)
        if version.happening is Happening.CHANGED and there != before:
            there = [one for one in (*there, *before) if (one in there) is not (one in before)]
        if len(there) == 1:
            yield Seen(there[0], version)


def listed(versions: Iterable[Version], sight: Sight) -> Iterator[tuple[str, list[str]]]:
    """Where several people stand in a row: the order in which they do, as it was last."""
    last: dict[str, list[str]] = {}
    for version in versions:
        people = sight.within(version.values)
        if len(people) > 2:
            last[f"the place in {version.row.table}"] = people
    yield from last.items()


#: What is known of people: by the name of a trace, its kind, and its value of each of them.
Known = dict[str, tuple[Kind, dict[str, int | float | str | bytes]]]


def known_of(versions: Sequence[Version], sight: Sight) -> Known:
    """The traces of all people, as they were seen last in each way."""
    found: defaultdict[tuple[str, Kind], dict[str, int | float | str | bytes]] = defaultdict(dict)
    for one in seen(versions, sight):
        for trace in _of_others(one, sight):
            name = trace.name if trace.kind is Kind.COPY else f"{trace.name} ({one.source})"
            found[name, trace.kind][one.person] = trace.value
    for name, people in listed(versions, sight):
        found[name, Kind.PLACE] = {person: place for place, person in enumerate(people)}
    return {name: (kind, of) for (name, kind), of in found.items() if _tells(of)}


def _of_others(one: Seen, sight: Sight) -> Iterator[Trace]:
    """The traces of a version, without the person themselves."""
    for trace in traces(one.version):
        value = trace.value
        if isinstance(value, int | float) or one.person not in sight.read(value):
            yield trace


def _tells(of: Mapping[str, object]) -> bool:
    """Whether it tells people from one another."""
    values = list(of.values())
    return any(one != other for one, other in pairwise(values))
