"""The alert rules of all channels as text: a file that people edit, compare and keep in git.

    [C0SUPPORT]
    first_response_time > 4h for 30m over 2h by group
    paused: csat < 85%

A section for each channel, a rule on each line as `/alert add` takes it, comments after `#`.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.alerts.rule import Rule
from bot.errors import DeskpulseError, UsageError

#: Stands at the head of a file that is written.
HEAD = """\
# The alert rules of deskpulse: a section for each channel, a rule on each line as `/alert add` takes
# it, with “paused:” before one that is paused. Channels without a section are left as they are.
"""

PAUSED = "paused:"

_SECTION = re.compile(r"\[\s*(?P<channel>[^\]\s]*)\s*\](\s*#.*)?")

#: How Slack names channels, public and private ones.
_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule of a channel: as a `line` of a file has it, or the row `id` of the store."""

    channel: str
    text: str
    paused: bool = False
    rule: Rule | None = field(default=None, compare=False)
    line: int = field(default=0, compare=False)
    id: int = field(default=0, compare=False)

    def __str__(self) -> str:
        """The line of a file: a name in which a line breaks is put into the escapes of JSON."""
        line = self.text if len(self.text.splitlines()) == 1 else json.dumps(self.text)
        return f"{PAUSED} {line}" if self.paused else line


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line."""

    line: int
    error: DeskpulseError


@dataclass(frozen=True, slots=True)
class Config:
    """What a file says: the `channels` that it has a section for, and their rules; or what is wrong."""

    channels: Sequence[str] = ()
    entries: Sequence[Entry] = ()
    problems: Sequence[Problem] = ()


def write(channels: Mapping[str, Sequence[tuple[str, bool]]]) -> str:
    """The rules of each channel, each as its text and whether it is paused, as the text of a file."""
    sections = [HEAD]
    for channel, rules in sorted(channels.items()):
        lines = [str(Entry(channel, text, paused)) for text, paused in rules]
        sections.append("\n".join([f"[{channel}]", *lines, ""]))
    return "\n".join(sections)


def read(text: str, parse: Callable[[str], tuple[Rule, str]]) -> Config:
    """What the text of a file says.

    `parse` makes a rule of its text, and gives its text as `write` has it; it raises `DeskpulseError`.
    """
    return _Reading(parse).config(text)


class _Reading:
    """One file as it is read line by line."""

    def __init__(self, parse: Callable[[str], tuple[Rule, str]]) -> None:
        self._parse = parse
        self._channel: str | None = None
        self._sections: dict[str, int] = {}
        self._entries: dict[tuple[str, str], Entry] = {}
        self._problems: list[Problem] = []

    def config(self, text: str) -> Config:
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
            try:
                self._line(number, line.strip())
            except DeskpulseError as error:
                self._problems.append(Problem(number, error))
        return Config(tuple(self._sections), tuple(self._entries.values()), tuple(self._problems))

    def _line(self, number: int, line: str) -> None:
        if not line or line.startswith("#"):
            return
        if line.startswith("["):
            self._section(number, line)
            return
        if self._channel is None:
            raise UsageError(
                "A rule stands before the first channel.",
                "Put the channel before it: {example}",
                example="[C024BE91L]",
            )
        self._rule(number, self._channel, line)

    def _section(self, number: int, line: str) -> None:
        found = _SECTION.fullmatch(line)
        channel = found["channel"] if found else ""
        # What follows a section that cannot be read is judged all the same, for no channel.
        self._channel = channel
        if not _CHANNEL.fullmatch(channel):
            raise UsageError(
                "“{typed}” is no channel.",
                "Its id stands in square brackets: {example}. Slack shows it below the details of "
                "the channel.",
                typed=line,
                example="[C024BE91L]",
            )
        if channel in self._sections:
            raise UsageError(
                "The channel {channel} has a section already, on line {line}.",
                "Put its rules together.",
                channel=channel,
                line=self._sections[channel],
            )
        self._sections[channel] = number

    def _rule(self, number: int, channel: str, line: str) -> None:
        paused = line.casefold().startswith(PAUSED)
        rule, text = self._parse(_unescaped(line[len(PAUSED) :].strip() if paused else line))
        other = self._entries.get((channel, text))
        if other is not None:
            raise UsageError(
                "It says the same as line {line}.", "Take one of them away.", line=other.line
            )
        self._entries[channel, text] = Entry(channel, text, paused, rule, number)


def _unescaped(line: str) -> str:
    """What stands in a line: no rule begins with a quotation mark."""
    if not line.startswith('"'):
        return line
    try:
        text: str = json.loads(line)
    except ValueError:
        return line
    return text


# --- What a file changes -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """What has to be done so that the store has what a file says.

    A rule that watches the same number as one that is gone takes its place (`replaced`, by pairs of
    before and after): its number and its history stay.
    """

    kept: Sequence[Entry] = ()
    added: Sequence[Entry] = ()
    removed: Sequence[Entry] = ()
    replaced: Sequence[tuple[Entry, Entry]] = ()
    paused: Sequence[Entry] = ()
    resumed: Sequence[Entry] = ()

    @property
    def is_one(self) -> bool:
        """Whether anything has to be done at all."""
        return bool(self.added or self.removed or self.replaced or self.paused or self.resumed)

    def lines(self) -> list[str]:
        """The difference as people read it, channel by channel: “- ” is taken away, “+ ” is added."""
        told: dict[str, list[str]] = defaultdict(list)
        for sign, entry in self._signed():
            told[entry.channel].append(f"{sign} {entry}")
        return [line for channel in sorted(told) for line in (f"[{channel}]", *told[channel])]

    def _signed(self) -> Iterator[tuple[str, Entry]]:
        for entry in self.kept:
            yield " ", entry
        for before, after in self.replaced:
            yield from (("-", before), ("+", after))
        for after in (*self.paused, *self.resumed):
            yield from (("-", _turned(after)), ("+", after))
        for entry in self.removed:
            yield "-", entry
        for entry in self.added:
            yield "+", entry


def _turned(entry: Entry) -> Entry:
    return replace(entry, paused=not entry.paused)


def difference(old: Iterable[Entry], new: Config) -> Difference:
    """What changes from the rules that there are to those of a file, in the channels that it names.

    An entry of the outcome that is there already has its `id`.
    """
    named = set(new.channels)
    gone = [entry for entry in old if entry.channel in named]
    added: list[Entry] = []
    pairs: list[tuple[Entry, Entry]] = []
    for entry in new.entries:
        before = _take(gone, entry, _text)
        if before is None:
            added.append(entry)
        else:
            pairs.append((before, entry))
    replaced = _replaced(gone, added)
    return Difference(
        kept=[before for before, after in pairs if before.paused is after.paused],
        added=added,
        removed=gone,
        replaced=replaced,
        paused=[_with_id(after, before) for before, after in pairs if after.paused > before.paused],
        resumed=[
            _with_id(after, before) for before, after in pairs if before.paused > after.paused
        ],
    )


def _replaced(gone: list[Entry], added: list[Entry]) -> list[tuple[Entry, Entry]]:
    """Takes out of both what watches the same number of the same tickets."""
    found = []
    for entry in list(added):
        before = _take(gone, entry, _watched)
        if before is not None:
            added.remove(entry)
            found.append((before, _with_id(entry, before)))
    return found


def _text(entry: Entry) -> object:
    return entry.text


def _watched(entry: Entry) -> object:
    rule = entry.rule
    if rule is None:
        return entry.text
    return type(rule.condition), rule.metric, rule.by, rule.only, rule.clock


def _take(entries: list[Entry], like: Entry, of: Callable[[Entry], object]) -> Entry | None:
    """Takes the first entry of the same channel out that agrees in what `of` gives."""
    for place, entry in enumerate(entries):
        if entry.channel == like.channel and of(entry) == of(like):
            return entries.pop(place)
    return None


def _with_id(entry: Entry, before: Entry) -> Entry:
    return replace(entry, id=before.id)
