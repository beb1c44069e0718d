"""Sets all attackers on simulated waves: on some they find their best idea, by the others they are judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.surveys.attack import clear, seals
from bot.surveys.attack.case import Case, Question, Signal
from bot.surveys.attack.evidence import RowId
from bot.surveys.attack.linking import Idea, KnownRows, candidates, ideas
from bot.surveys.attack.reading import Clue, Reader
from bot.surveys.attack.scene import Scene
from bot.surveys.attack.sight import Known
from bot.surveys.attack.verdict import Score

#: By which signals rows are linked to people.
_LINKING = (
    Signal.IDS,
    Signal.ORDER,
    Signal.TIMES,
    Signal.TRANSACTIONS,
    Signal.LENGTHS,
    Signal.COPIES,
)

#: By which signals it is read what people answered.
_READING = (Signal.PLAIN_TEXT, Signal.LENGTHS, Signal.COUNTERS, Signal.COPIES)

#: What watching people tells.
BY_WATCHING = (Question.BALLOT, Question.SAID_WHY)


def attack(learn: Sequence[Case], judge: Sequence[Case]) -> list[Score]:
    """What all attackers achieved, those who watched people while they answered after the others.

    The promise (`Score.bound`) is that from the evidence alone nobody is linked to their ballot, to
    what they answered, to their comment, nor to having written one; and that watching them while they
    answer, write a letter to a lead or end that does not help either. But for two things: whoever
    watches sees which ballot comes, which is sealed, and, where somebody says why in a second step,
    that something comes once more.
    """
    learned = [Scene.of(case) for case in learn]
    judged = [Scene.of(case) for case in judge]
    scores = [*_in_clear(judge), *_still_there(judge), *_opened(judge)]
    for watched in (False, True):
        scores += _linked(Question.BALLOT, learned, judged, watched=watched)
        scores += _linked(Question.COMMENT, learned, judged, watched=watched)
        scores += _read(Question.ANSWER, learned, judged, watched=watched)
        scores += _read(Question.WROTE, learned, judged, watched=watched)
        scores += _read(Question.SAID_WHY, learned, judged, watched=watched)
        scores += _linked(Question.LETTER, learned, judged, watched=watched)
        scores += _linked(Question.ENDED, learned, judged, watched=watched)
    return scores


# --- Linking -------------------------------------------------------------------------------------


class _Links(NamedTuple):
    """What is to be linked in a wave."""

    people: Known
    rows: KnownRows
    truth: Mapping[str, frozenset[RowId]]

    @classmethod
    def of(cls, scene: Scene, question: Question, *, watched: bool) -> _Links:
        of = scene.case.rows_of(question)
        known = {
            name: (kind, {one: values[one] for one in values if one in of})
            for name, (kind, values) in scene.people[watched].items()
        }
        people = {name: (kind, own) for name, (kind, own) in known.items() if own}
        return cls(people, scene.rows(question), of)

    @property
    def chance(self) -> float:
        """How many are right by guessing: one who has several of the rows is so more often."""
        there = sum(len(rows) for rows in self.truth.values())
        return sum(len(rows) / there for rows in self.truth.values()) if there else 0.0

    def success(self, idea: Idea | None) -> float:
        """How many are right who go by an idea, and guess where it says nothing."""
        found = {} if idea is None else candidates(idea, self.people, self.rows)
        there = sum(len(rows) for rows in self.truth.values())
        return sum(
            len(own & found[one]) / len(found[one]) if one in found else len(own) / there
            for one, own in self.truth.items()
        )


def _linked(
    question: Question, learn: Sequence[Scene], judge: Sequence[Scene], *, watched: bool
) -> Iterator[Score]:
    learned = [_Links.of(scene, question, watched=watched) for scene in learn]
    judged = [_Links.of(scene, question, watched=watched) for scene in judge]
    for signal in _LINKING:
        idea = _best(signal, learned)
        yield Score(
            question=question,
            signal=signal,
            tried=sum(len(one.truth) for one in judged),
            success=sum(one.success(idea) for one in judged),
            guessing=sum(one.chance for one in judged),
            bound=not (watched and question in BY_WATCHING),
            watched=watched,
            how=None if idea is None else str(idea),
        )


def _best(signal: Signal, learned: Sequence[_Links]) -> Idea | None:
    """The idea that was right most often."""
    known = {idea for one in learned for idea in ideas(one.people, one.rows)}
    own = [idea for idea in sorted(known) if idea.signal is signal]
    return max(own, key=lambda idea: sum(one.success(idea) for one in learned), default=None)


# --- Reading -------------------------------------------------------------------------------------


def _labels(case: Case, question: Question) -> Mapping[str, Hashable]:
    answers = case.truth.answers
    if question is Question.ANSWER:
        return answers
    is_asked = case.in_one_go is (question is Question.WROTE)
    return {person: person in case.truth.wrote for person in answers} if is_asked else {}


def _read(
    question: Question, learn: Sequence[Scene], judge: Sequence[Scene], *, watched: bool
) -> Iterator[Score]:
    for signal in _READING:
        found = _most_telling(question, signal, learn, watched=watched)
        right, guessing, tried = 0, 0, 0
        for scene in judge:
            labels = _labels(scene.case, question)
            right += sum(_right(found, scene, labels, watched=watched))
            guessing += max(Counter(labels.values()).values(), default=0)
            tried += len(labels)
        if not tried:
            return
        yield Score(
            question=question,
            signal=signal,
            tried=tried,
            success=right if found is not None else guessing,
            guessing=guessing,
            bound=not (watched and question in BY_WATCHING),
            watched=watched,
            how=None if found is None else found.clue.name,
        )


@dataclass(frozen=True, slots=True)
class _Reading:
    """A clue, and what it means; where comments come in a second step, it may mean something else."""

    clue: Clue
    readers: Mapping[bool, Reader] = field(
        default_factory=lambda: {True: Reader(), False: Reader()}
    )


def _most_telling(
    question: Question, signal: Signal, learn: Sequence[Scene], *, watched: bool
) -> _Reading | None:
    """The clue by which most is right, learned from half of the waves and tried on the other half."""
    known = {
        clue
        for scene in learn
        for own in scene.around[watched].values()
        for clue in own
        if clue.signal is signal
    }
    half = len(learn) // 2
    tried = [_learned(clue, question, learn[:half], watched=watched) for clue in sorted(known)]
    best = max(
        tried,
        key=lambda one: sum(
            sum(_right(one, scene, _labels(scene.case, question), watched=watched))
            for scene in learn[half:]
        ),
        default=None,
    )
    return None if best is None else _learned(best.clue, question, learn, watched=watched)


def _learned(clue: Clue, question: Question, learn: Iterable[Scene], *, watched: bool) -> _Reading:
    reading = _Reading(clue)
    for scene in learn:
        for person, label in _labels(scene.case, question).items():
            value = scene.around[watched].get(person, {}).get(clue)
            reading.readers[scene.case.in_one_go].learn(value, label)
    return reading


def _right(
    found: _Reading | None, scene: Scene, labels: Mapping[str, Hashable], *, watched: bool
) -> Iterator[bool]:
    if found is None:
        return
    shares = Counter(labels.values())
    for person, label in labels.items():
        value = scene.around[watched].get(person, {}).get(found.clue)
        yield found.readers[scene.case.in_one_go].guess(value, shares) == label


# --- Bytes ---------------------------------------------------------------------------------------


def _in_clear(cases: Iterable[Case]) -> Iterator[Score]:
    tried, found = 0, dict[str, str]()
    for case in cases:
        needles = clear.needles(case.people, case.secrets)
        tried += len(set(needles.values()))
        there = clear.found_in(needles, case.evidence.texts, case.evidence.versions)
        found |= {f"{id(case)} {whose}": where for whose, where in there.items()}
    yield _of_bytes(Question.CLEAR, Signal.PLAIN_TEXT, tried, len(found), found.values())


def _still_there(cases: Iterable[Case]) -> Iterator[Score]:
    tried, found = 0, list[str]()
    for case in cases:
        for where, value in clear.destroyed(case.evidence.versions):
            tried += 1
            if clear.is_still_there(value, case.evidence.last):
                found.append(where)
    yield _of_bytes(Question.DESTROYED, Signal.PLAIN_TEXT, tried, len(found), found)


def _opened(cases: Iterable[Case]) -> Iterator[Score]:
    tried, found = 0, list[str]()
    for case in cases:
        number, columns = seals.opened(case.evidence.versions)
        tried, found = tried + number, found + columns
    yield _of_bytes(Question.SEALED, Signal.KEYS, tried, len(found), found)


def _of_bytes(
    question: Question, signal: Signal, tried: int, found: int, where: Iterable[str]
) -> Score:
    most = Counter(where).most_common(1)
    return Score(question, signal, tried, found, 0.0, how=most[0][0] if most else None)
