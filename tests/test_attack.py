"""The parts of the attack: each sees what it is there for, and no more than that."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import pytest
from nacl.public import PrivateKey, SealedBox
from nacl.secret import SecretBox

from bot.surveys.attack import clear, seals
from bot.surveys.attack.case import Case, Question, Signal, Truth, Watched
from bot.surveys.attack.evidence import (
    Evidence,
    Happening,
    RowId,
    Scalar,
    State,
    Text,
    Version,
    lines,
)
from bot.surveys.attack.linking import Idea, Method, candidates, ideas
from bot.surveys.attack.reading import Clue, Reader, around_seen, around_watched, clues
from bot.surveys.attack.scalars import Kind, moment_of, traces
from bot.surveys.attack.scene import Scene
from bot.surveys.attack.sight import Person, Sight, known_of, seen
from bot.surveys.attack.suspicion import suspicions
from bot.surveys.attack.verdict import Score, wilson

ANNA, BETH, CARL = (
    Person(f"U0{name}0000", (name.capitalize(),)) for name in ("ANNA", "BETH", "CARL")
)
PEOPLE = (ANNA, BETH, CARL)


def version(
    table: str,
    key: str = "1",
    happening: Happening = Happening.CAME,
    *,
    copy: int = 1,
    transaction: int | None = None,
    before: Mapping[str, Scalar] | None = None,
    places: Mapping[str, int] | None = None,
    **values: Scalar,
) -> Version:
    row = RowId(table, key)
    return Version(row, happening, values, copy, transaction, places or {}, before or {})


def row(key: str) -> RowId:
    return RowId("ballot", key)


# --- What is a trace of what ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (1_795_158_000, 1_795_158_000),
        (1_795_158_000_123, 1_795_158_000.123),
        (1_795_158_000_123_456_789, 1_795_158_000.123456789),
        ("at 2026-11-20T07:00:00+00:00", 1_795_158_000),
        ("2026-11-20 09:00+02:00", 1_795_158_000),
        ("008fd800-e4b0-11f1-8de9-0242ac120002", 1_795_158_000),
        ("0f3c6c1e-5b7a-4f0e-9a54-2f1f1f9f2a11", None),
        (20_528, None),
        ("2026-13-40T99:99", None),
    ],
)
def test_moments_are_known_in_whatever_form(value: float | str, moment: float | None) -> None:
    assert moment_of(value) == (None if moment is None else pytest.approx(moment, abs=1e-3))


def test_random_ids_are_hardly_ever_taken_for_moments() -> None:
    random = Random(1)
    ids = [random.randbytes(16).hex() for _ in range(20_000)]
    assert sum(moment_of(one) is not None for one in ids) < 20


def test_a_version_has_traces_of_every_kind_also_inside_json() -> None:
    one = version(
        "ballot",
        transaction=7,
        places={"page": 3},
        id="ab",
        sealed=b"\xff" * 50,
        told='{"at": 1795158000, "list": [4]}',
    )
    found = {(trace.kind, trace.name): trace.value for trace in traces(one)}
    assert found[Kind.TRANSACTION, "the transaction of ballot"] == 7
    assert found[Kind.PLACE, "the page of ballot"] == 3
    assert found[Kind.COPY, "the copy in which ballot came"] == 1
    assert found[Kind.ID, "ballot.id"] == "ab"
    assert found[Kind.LENGTH, "the length of ballot.sealed"] == 50
    assert found[Kind.TIME, "ballot.told.at"] == 1_795_158_000
    assert found[Kind.ID, "ballot.told.list[0]"] == 4


# --- Who is seen ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stands",
    [
        ANNA.id,
        f"answered: {ANNA.id}, thanks",
        "hello Anna",
        ANNA.id.encode(),
        ANNA.id.encode().hex(),
        hashlib.sha256(ANNA.id.encode()).hexdigest(),
        hashlib.blake2b(ANNA.id.encode(), digest_size=16).digest(),
        hashlib.md5(ANNA.id.encode()).digest(),
    ],
)
def test_people_are_seen_openly_and_under_hashes_that_need_no_key(stands: Scalar) -> None:
    assert Sight(PEOPLE).within({"told": stands}) == [ANNA.id]


@pytest.mark.parametrize(
    "stands",
    [f"{ANNA.id}X", "Annabel", hashlib.blake2b(ANNA.id.encode(), key=b"secret").digest(), 7, None],
)
def test_nobody_else_is_taken_for_them(stands: Scalar) -> None:
    assert Sight(PEOPLE).within({"told": stands}) == []


def test_whoever_comes_into_a_list_is_seen_and_the_others_in_it_are_not() -> None:
    added = version(
        "wave", happening=Happening.CHANGED, names=f"{ANNA.id} {BETH.id}", before={"names": ANNA.id}
    )
    several = version("wave", names=f"{ANNA.id} {BETH.id} {CARL.id}")
    assert [one.person for one in seen([added, several], Sight(PEOPLE))] == [BETH.id]
    assert known_of([several], Sight(PEOPLE))["the place in wave"] == (
        Kind.PLACE,
        {ANNA.id: 0, BETH.id: 1, CARL.id: 2},
    )


def test_lines_of_a_log_are_rows_as_well() -> None:
    told = list(lines([f"user={BETH.id} at=2026-11-20T07:00Z", ""], copy=2))
    (one,) = seen(told, Sight(PEOPLE))
    assert (one.person, one.version.row, one.version.copy) == (BETH.id, RowId("log", "0"), 2)


def test_rows_are_seen_where_other_rows_and_logs_name_them() -> None:
    """As a row for each letter would, that says about which comment it is."""
    own, other = (RowId("comment", digit * 32) for digit in "ab")
    versions = [
        version("comment", own.key, copy=0, id=own.key),
        version("comment", other.key, copy=0, id=other.key),
        version("letter", "1", copy=1, about=own.key, sealed=b"\xff" * 50),
        version("letter", "2", copy=2, about=other.key, sealed=b"\xff" * 50),
        version("letter", "1", Happening.WENT, copy=4, about=own.key),
        *lines([f"relayed {other.key}"], copy=5),
        version("count", "1", copy=3, letters=2),
    ]
    truth = Truth({}, {"A": frozenset([own]), "B": frozenset([other])}, {}, frozenset("AB"))
    case = Case(Evidence(versions), PEOPLE, truth, letters={"A": Watched(0, 1), "B": Watched(1, 2)})
    scene = Scene.of(case)
    known = scene.rows(Question.LETTER)
    came = "the copy in which letter came (naming it)"
    assert known[came] == (Kind.COPY, {own: 1, other: 2})
    assert not any("count" in name or "sealed" in name for name in known)
    idea = Idea(
        Signal.COPIES, "the copies between which somebody wrote a letter", Method.WITHIN, came
    )
    assert candidates(idea, scene.people[True], known) == case.rows_of(Question.LETTER)
    assert scene.rows(Question.ENDED) == {}


# --- Linking -------------------------------------------------------------------------------------

LINKED: list[tuple[Kind, dict[str, Any], Kind, dict[str, Any], Method, dict[str, str]]] = [
    (
        Kind.TIME,
        {"A": 10, "B": 50},
        Kind.TIME,
        {"x": 12, "y": 49},
        Method.NEAREST,
        {"A": "x", "B": "y"},
    ),
    (
        Kind.TIME,
        {"A": 10, "B": 50},
        Kind.TIME,
        {"x": 9, "y": 11},
        Method.NEAREST,
        {"A": "xy", "B": "y"},
    ),
    (Kind.TRANSACTION, {"A": 5}, Kind.TRANSACTION, {"x": 3, "y": 6}, Method.BEFORE, {"A": "x"}),
    (Kind.TRANSACTION, {"A": 5}, Kind.TRANSACTION, {"x": 3, "y": 9}, Method.AFTER, {"A": "y"}),
    (Kind.TRANSACTION, {"A": 2}, Kind.TRANSACTION, {"x": 3}, Method.BEFORE, {}),
    (Kind.ID, {"A": "q", "B": "r"}, Kind.ID, {"x": "r"}, Method.EQUAL, {"B": "x"}),
    (Kind.TIME, {"A": 1, "B": 2}, Kind.ID, {"x": "k", "y": "c"}, Method.RANK, {"A": "y", "B": "x"}),
    (
        Kind.TIME,
        {"A": 1, "B": 2},
        Kind.PLACE,
        {"x": 7, "y": 8},
        Method.REVERSED,
        {"A": "y", "B": "x"},
    ),
    (
        Kind.ORDER,
        {"A": 1, "B": 2},
        Kind.ID,
        {"x": 7, "y": 8, "z": 9, "w": 11},
        Method.RANK,
        {"A": "xy", "B": "wz"},
    ),
    (
        Kind.COPY,
        {"A": 3, "B": Watched(0, 2)},
        Kind.COPY,
        {"x": 3, "y": 1, "z": 4},
        Method.WITHIN,
        {"A": "x", "B": "y"},
    ),
    (Kind.LENGTH, {"A": 30}, Kind.LENGTH, {"x": 10, "y": 31}, Method.NEAREST, {"A": "y"}),
]


@pytest.mark.parametrize(("known", "people", "kind", "rows", "method", "linked"), LINKED)
def test_a_trace_of_people_leads_to_rows(
    known: Kind,
    people: dict[str, Any],
    kind: Kind,
    rows: dict[str, Any],
    method: Method,
    linked: dict[str, str],
) -> None:
    of_people = {"seen": (known, people)}
    of_rows = {"told": (kind, {row(key): value for key, value in rows.items()})}
    found = [one for one in ideas(of_people, of_rows) if one.method is method]
    assert [(one.of_people, one.of_rows) for one in found] == [("seen", "told")]
    assert {
        person: "".join(sorted(one.key for one in there))
        for person, there in candidates(found[0], of_people, of_rows).items()
    } == linked


@pytest.mark.parametrize(
    ("known", "kind"),
    [
        (Kind.LENGTH, Kind.TIME),
        (Kind.COPY, Kind.TIME),
        (Kind.TIME, Kind.COPY),
    ],
)
def test_what_cannot_be_compared_is_no_idea(known: Kind, kind: Kind) -> None:
    of_rows = {"told": (kind, {row("x"): 1})}
    assert list(ideas({"seen": (known, {"A": 1})}, of_rows)) == []


def test_an_idea_is_told_in_words() -> None:
    idea = Idea(Signal.TIMES, "answered.at", Method.NEAREST, "ballot.at")
    assert str(idea) == "answered.at is next to ballot.at"


# --- Reading -------------------------------------------------------------------------------------


def test_what_was_around_people_is_what_came_in_their_transaction_and_next_to_it() -> None:
    versions = [
        version("answered", "a", transaction=10, name=ANNA.id),
        version("ballot", "x", transaction=10),
        version("ballot", "y", transaction=13),
        version("ballot", "z", transaction=14),
    ]
    found = around_seen(versions, Sight(PEOPLE))[ANNA.id]
    assert [(one.version.row.key, one.is_same) for one in found] == [
        ("a", True),
        ("x", True),
        ("y", False),
    ]


def test_what_was_around_somebody_who_was_watched_came_between_two_copies() -> None:
    versions = [version("ballot", str(copy), copy=copy) for copy in range(5)]
    found = around_watched(versions, Watched(1, 3))
    assert [one.version.copy for one in found] == [2, 3]


def test_the_change_of_a_mean_times_its_count_tells_the_answer() -> None:
    changed = version(
        "live",
        happening=Happening.CHANGED,
        people=4,
        mean=2.75,
        before={"people": 3, "mean": 2.0},
    )
    found = clues(around_watched([changed], Watched(0, 1)))
    assert found[Clue(Signal.COUNTERS, "the change of live.mean times people")] == 5
    assert found[Clue(Signal.COPIES, "how many of live changed")] == 1


def test_a_reader_learns_what_a_clue_means_and_weighs_it_against_what_was_published() -> None:
    reader = Reader()
    for clue, label in ((8, "low"), (8, "low"), (9, "high"), (9, "high"), (9, "low")):
        reader.learn(clue, label)
    assert reader.guess(8, {"low": 1, "high": 3}) == "low"
    assert reader.guess(9, {"low": 1, "high": 1}) == "high"
    assert reader.guess(9, {"low": 9, "high": 1}) == "low"
    assert reader.guess(7, {"low": 1, "high": 1}) == "low"
    assert reader.guess("never seen", {"low": 3, "high": 1}) == "low"


# --- Bytes and seals -----------------------------------------------------------------------------


def test_whoever_stands_in_clear_is_found_where_they_stand() -> None:
    raw = Random(1).randbytes(3_000)
    content = raw + f"user {ANNA.id} and the comment: too many meetings".encode() + raw
    found = clear.found_in(
        clear.needles(PEOPLE, ["too many meetings", "another one"]),
        [Text("a free page", clear.runs(content))],
        [version("survey", plan=f'["{BETH.id}"]')],
    )
    assert found == {
        ANNA.id: "a free page",
        "too many meetings": "a free page",
        BETH.id: "survey.plan",
    }


def test_slack_ids_are_known_by_how_they_look() -> None:
    told = "U0ANNA1234 W012ABCDEF UNDERSTANDING U1 XU0ANNA12345 C0SUPPORT12 user=U9ZZZZZZZZZ."
    assert clear.slack_ids(told) == {"U0ANNA1234", "W012ABCDEF", "U9ZZZZZZZZZ"}


@pytest.mark.parametrize("written", [bytes, lambda key: key.hex(), lambda key: key.hex().upper()])
def test_what_opens_with_a_key_that_stands_there_is_found(written: Any) -> None:
    private = PrivateKey.generate()
    ballot = bytes(SealedBox(private.public_key).encrypt(b"nine"))
    roll = bytes(SecretBox(bytes(range(32))).encrypt(b"who has answered"))
    versions = [
        version("ballot", sealed=ballot),
        version("roll", sealed=roll),
        version("spare", told=written(bytes(private))),
        version("wave", public=bytes(private.public_key)),
    ]
    assert seals.opened(versions) == (2, ["ballot.sealed"])
    assert seals.opened(versions[:2] + versions[3:]) == (2, [])


def test_what_was_destroyed_is_looked_for_in_the_bytes_of_the_last_copy() -> None:
    sealed, other, name = Random(2).randbytes(60), Random(3).randbytes(60), "n" * 32
    versions = [
        version("ballot", happening=Happening.WENT, id=name, sealed=sealed),
        version("roll", happening=Happening.CHANGED, sealed=sealed, before={"sealed": other}),
        version("lease", happening=Happening.WENT, holder="h" * 32),
    ]
    gone = list(clear.destroyed(versions))
    assert gone == [("ballot.id", name), ("ballot.sealed", sealed), ("roll.sealed", other)]
    assert clear.is_still_there(sealed, [b"..", b"abc" + sealed[:30]])
    assert not clear.is_still_there(sealed, [sealed[:20]])


# --- The verdict ---------------------------------------------------------------------------------


def score(tried: int, rate: float, chance: float, *, bound: bool = True) -> Score:
    return Score(Question.BALLOT, Signal.IDS, tried, tried * rate, tried * chance, bound=bound)


@pytest.mark.parametrize(
    ("tried", "rate", "chance", "is_over"),
    [
        (25, 1.0, 0.13, True),
        (800, 0.04, 0.04, False),
        (800, 0.05, 0.04, False),
        (800, 0.12, 0.04, True),
        (100_000, 0.052, 0.04, False),
        (100_000, 0.055, 0.04, True),
        (5_000, 0.0, 0.0, False),
        (5_000, 0.0002, 0.0, True),
        (0, 0.0, 0.0, False),
    ],
)
def test_the_promise_is_broken_where_chance_does_not_explain_it(
    tried: int, rate: float, chance: float, *, is_over: bool
) -> None:
    assert score(tried, rate, chance).is_over is is_over
    assert not score(tried, rate, chance, bound=False).is_over


@pytest.mark.parametrize("seed", range(3))
def test_what_it_says_it_would_see_it_sees(seed: int) -> None:
    """Of attackers of that rate 99 in 100 are over; of those who only guess none is."""
    random, one = Random(seed), score(400, 0.05, 0.05)

    def found(rate: float) -> int:
        drawn = (sum(random.random() < rate for _ in range(400)) / 400 for _ in range(200))
        return sum(score(400, rate, 0.05).is_over for rate in drawn)

    assert found(one.seen_from) >= 194
    assert found(0.05) == 0


def test_where_guessing_is_always_right_nothing_can_be_seen() -> None:
    assert score(12, 1.0, 1.0).seen_from == 1.0
    assert not score(12, 1.0, 1.0).is_over


@pytest.mark.parametrize(("rate", "tried"), [(0.05, 60), (0.3, 40), (0.5, 200)])
def test_the_interval_covers_the_rate(rate: float, tried: int) -> None:
    random, wrong = Random(7), 0
    for _ in range(2_000):
        low, high = wilson(sum(random.random() < rate for _ in range(tried)) / tried, tried)
        wrong += not low <= rate <= high
    assert wrong <= 20


# --- Copies of which nobody knows the truth ------------------------------------------------------

SIGHTS = {
    "times": [version("ballot", str(n), cast_at=1_795_158_000 + n) for n in range(9)],
    "ids": [version("ballot", str(n), transaction=10 + n, number=n + 1) for n in range(9)],
    "lengths": [version("ballot", str(n), sealed=b"\xff" * (50 + n % 2)) for n in range(9)],
    "transactions": [
        one
        for n in range(9)
        for one in (
            version("answered", str(n), transaction=10 * n, name=f"U0{n:08}"),
            version("ballot", str(n), transaction=10 * n + 1),
        )
    ],
    "differences between copies": [
        one
        for n in range(9)
        for one in (
            version("answered", str(n), copy=n + 1, name=f"U0{n:08}"),
            version("ballot", str(n), copy=n + 1),
        )
    ],
    "order": [
        one
        for n in range(9)
        for one in (
            version("answered", str(n), copy=0, name=f"U0{n:08}"),
            version("ballot", str(n), copy=0),
        )
    ],
    "counters": [
        one
        for n in range(1, 5)
        for one in (
            version("ballot", str(n), copy=n),
            version("live", happening=Happening.CHANGED, copy=n, n=n, before={"n": n - 1}),
        )
    ],
    "plain text": [*lines(["answered by U0ANNA1234"], copy=1)],
    "keys": [
        version("wave", spare=bytes(range(32))),
        version("ballot", sealed=bytes(SecretBox(bytes(range(32))).encrypt(b"nine"))),
    ],
}


def troubles(versions: Sequence[Version], **more: Any) -> set[str]:
    found = suspicions(Evidence(versions, **more), ["ballot"])
    assert found
    return {str(one.signal) for one in found if one.is_trouble}


@pytest.mark.parametrize("signal", SIGHTS)
def test_what_could_be_linked_is_told_by_its_signal(signal: str) -> None:
    assert signal in troubles(SIGHTS[signal])


def test_ballots_as_they_should_be_are_no_trouble() -> None:
    """Beside a lead of whom every change is written down, in the very transaction of an answer."""
    random = Random(5)
    ballots = [
        version(
            "ballot",
            f"{n}",
            transaction=10 * n,
            copy=n // 5,
            wave_id=n // 10,
            id=random.randbytes(16).hex(),
            sealed=b"\xff" + random.randbytes(60),
        )
        for n in range(20)
    ]
    lead = version("audit", transaction=50, copy=1, who="U0LEAD1234", at=1_795_158_000)
    assert troubles([*ballots, lead]) == set()


def test_what_is_left_of_destroyed_rows_is_trouble() -> None:
    sealed = b"\xff" + Random(5).randbytes(60)
    went = version("ballot", happening=Happening.WENT, sealed=sealed)
    assert troubles([went], last=[b"..." + sealed]) == {"plain text"}
    assert troubles([went], last=[b"..."]) == set()


def test_people_in_free_pages_are_trouble_unless_they_stand_in_rows_too() -> None:
    text = Text("a free page", "U0ANNA1234 was here")
    assert troubles([], texts=[text]) == {"plain text"}
    assert troubles([version("audit", who="U0ANNA1234")], texts=[text]) == set()


# --- What happened to rows -----------------------------------------------------------------------


def test_a_state_tells_what_happened_since() -> None:
    state = State()
    told = [
        *state.becomes("t", {"1": ({"a": 1}, {"page": 2}), "2": ({"a": 5}, {})}, 0),
        *state.becomes("t", {"1": ({"a": 2}, {})}, 1, 7),
        *state.becomes("t", {"1": ({"a": 2}, {})}, 2),
    ]
    assert [(one.row.key, one.happening, one.copy, one.transaction) for one in told] == [
        ("1", Happening.CAME, 0, None),
        ("2", Happening.CAME, 0, None),
        ("1", Happening.CHANGED, 1, 7),
        ("2", Happening.WENT, 1, 7),
    ]
    assert (told[2].before, told[3].values) == ({"a": 1}, {"a": 5})


def test_what_is_over_by_chance_is_not_over_together_with_other_waves() -> None:
    lucky = Score(Question.BALLOT, Signal.ORDER, 40, 13, 4)
    assert lucky.is_over
    both = lucky.with_(Score(Question.BALLOT, Signal.ORDER, 40, 4, 4))
    assert (both.tried, both.success, both.guessing) == (80, 17, 8)
    assert not both.is_over
    assert lucky.with_(lucky).is_over
