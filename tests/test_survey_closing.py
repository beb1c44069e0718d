"""At the close everything is opened at once; only what the gate lets out is kept, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from threading import Event

import pytest
from nacl.secret import SecretBox
from sqlalchemy import func, select
from sqlmodel import SQLModel

from bot.clock import SystemClock
from bot.errors import ConfigurationError
from bot.seals import Seals
from bot.store import comments, mailboxes, marks, results, rolls, waves
from bot.store.ballots import Said, cast
from bot.store.closing import Reckoned, close, look, reckon
from bot.store.database import Database
from bot.store.forgetting import Forgotten, forget
from bot.store.tables import BallotRow, CommentRow, MailboxRow, RollRow, WaveRow
from bot.surveys.ballot import Remark
from bot.surveys.bank import ENPS
from bot.surveys.gate import Reason
from bot.surveys.mailbox import ROOM
from bot.surveys.results import WaveResult
from bot.surveys.roll import Act, Cast
from bot.surveys.score import Sums
from bot.surveys.survey import Kind
from bot.surveys.tally import ALL, Numbers
from tests.databases import ON_SQLITE, on_disk
from tests.programs import failing, happening, together
from tests.survey_samples import LIKELY, SEALS, TOOLS, WORKLOAD, WORKSPACE, a_plan, a_wave, closes
from tests.times import T

CLOSE = T(days=3)


def people(many: int) -> list[str]:
    return [f"U{number}" for number in range(many)]


def opened(database: Database, many: int, **told: object) -> int:
    with database.writing() as session:
        return a_wave(session, people(many), **told).id or 0  # type: ignore[arg-type]


def answer(
    database: Database,
    wave: int,
    scores: Mapping[str, int] | Sequence[int],
    key: str = "enps",
    text: str = "",
) -> None:
    """Everybody named gives a number, or the first ones do."""
    named = scores if isinstance(scores, Mapping) else dict(zip(people(99), scores, strict=False))
    for user, score in named.items():
        remarks = [Remark(key, f"{text} {user}")] if text else []
        said = Said({key: score}, remarks)
        assert cast(database, SEALS, wave, user, Act.ANSWER_AND_WHY, said, now=T()) is Cast.DONE


def closed(
    database: Database, wave: int, now: datetime = CLOSE, seals: Seals = SEALS
) -> WaveResult:
    row = closes(database, wave, seals=seals, now=now)
    assert row is not None
    with database.reading() as session:
        return results.of_wave(session, row)


def rows(database: Database, table: type[SQLModel]) -> int:
    with database.reading() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_an_enps_is_counted_and_told(database: Database) -> None:
    wave = opened(database, 12)
    answer(database, wave, [10, 10, 9, 9, 9, 8, 7, 6, 3])
    told = closed(database, wave)
    assert (told.asked, told.answered) == (12, 9)
    assert told.of("enps").numbers == Numbers(Sums(9, 3, 7), {-1: 2, 0: 2, 1: 5})


@pytest.mark.parametrize(
    ("many", "is_told", "is_shared_out"),
    [(4, False, False), (5, True, False), (7, True, False), (8, True, True)],
)
def test_a_score_takes_five_answers_and_its_shares_eight(
    database: Database, many: int, is_told: bool, is_shared_out: bool
) -> None:
    wave = opened(database, 12)
    answer(database, wave, [9] * many, text="Comment of")
    told = closed(database, wave)
    one = told.of("enps")
    assert (one.numbers is not None) is is_told
    assert one.withheld == (None if is_told else Reason.TOO_FEW)
    assert bool(one.numbers and one.numbers.counts) is is_shared_out
    assert told.comments == (many if is_told else 0)


def test_nothing_of_an_answer_is_left_behind(database: Database) -> None:
    """Neither a ballot, nor the key that opens one, nor who was asked, nor what was withheld."""
    wave = opened(database, 8)
    answer(database, wave, [3, 4, 5, 6], text="A secret of")
    closed(database, wave)
    assert rows(database, BallotRow) == rows(database, RollRow) == rows(database, CommentRow) == 0
    with database.reading() as session:
        row = session.get_one(WaveRow, wave)
        assert row.private_key is None
        (result,) = results.of_wave(session, row).told.values()
    assert result.numbers is None


def test_nobody_answers_and_it_closes_all_the_same(database: Database) -> None:
    told = closed(database, opened(database, 6))
    assert told.answered == 0
    assert told.of("enps").withheld == Reason.TOO_FEW


def test_a_wave_closes_once_and_not_before_its_time(database: Database) -> None:
    wave = opened(database, 6)
    assert closes(database, wave, now=CLOSE - timedelta(seconds=1)) is None
    closed(database, wave)
    assert closes(database, wave, now=CLOSE) is None


def test_two_workers_close_it_once(database: Database) -> None:
    wave = opened(database, 8)
    answer(database, wave, [9] * 8)

    def works() -> WaveRow | None:
        return closes(database, wave)

    assert sum(row is not None for row in together(works, works)) == 1


@pytest.mark.parametrize("which", [2, 3, 4])
def test_another_worker_closes_it_while_one_looks(database: Database, which: int) -> None:
    """The one sees it as it was, reckons in vain, and changes nothing."""
    wave = opened(database, 8)
    answer(database, wave, [9] * 8)
    told: list[WaveResult] = []
    with happening(database, lambda: told.append(closed(database, wave)), which):
        late = reckoned(database, wave)
    assert len(late.seen.roll.answered) == 8
    with database.writing() as session:
        assert close(session, late, SEALS, now=CLOSE) is None
    with database.reading() as session:
        assert [results.of_wave(session, session.get_one(WaveRow, wave))] == told


def reckoned(database: Database, wave: int) -> Reckoned:
    with database.reading() as session:
        seen = look(session, wave, SEALS, now=CLOSE)
    assert seen is not None
    return reckon(seen, SEALS)


def test_what_was_reckoned_before_somebody_was_forgotten_is_not_kept(database: Database) -> None:
    wave = opened(database, 9)
    answer(database, wave, [9] * 8)
    before = reckoned(database, wave)
    with database.writing() as session:
        roll = rolls.locked(session, wave, SEALS)
        assert roll is not None
        rolls.keep(session, wave, roll.with_(roll.seats["U8"].without_traces()), SEALS)
    with database.writing() as session:
        assert close(session, before, SEALS, now=CLOSE) is None
    assert rows(database, BallotRow) >= 8
    assert closed(database, wave).answered == 8


@pytest.mark.thorough
def test_whoever_is_forgotten_while_a_wave_closes_is_forgotten(database: Database) -> None:
    """The one waits for the other: neither is in the way of the other, nor overlooks what it did."""
    first, second = opened(database, 9), opened(database, 9)
    for wave in (first, second):
        answer(database, wave, [9] * 8)
    closed(database, first)
    its, is_closing = reckoned(database, second), Event()

    def works() -> None:
        with database.writing() as session:
            assert close(session, its, SEALS, now=CLOSE) is not None
            is_closing.set()
            SystemClock().sleep(0.3)

    def forgets() -> Forgotten:
        assert is_closing.wait(30)
        with database.writing() as session:
            return forget(session, WORKSPACE, "U3", SEALS)

    _, done = together(works, forgets)
    assert done == Forgotten(waves=2, mailboxes=0, open_waves=0)
    with database.reading() as session:
        told = marks.told_before(session, WORKSPACE, ["enps"], SEALS)
    assert not any(marks.mark("U3", SEALS) in one.people for one in told.releases["enps"])


def test_what_is_told_of_a_wave_is_what_is_kept_of_it(database: Database) -> None:
    """The messages are made of the one before the other is there."""
    wave = in_teams(database, 10, 6, 3)
    answer(database, wave, [*[10, 8, 9, 3] * 4, 7, 7, 7], text="Comment of")
    its = reckoned(database, wave)
    with database.writing() as session:
        row = close(session, its, SEALS, now=CLOSE)
        assert row is not None
        assert its.result(CLOSE) == results.of_wave(session, row)


def test_a_ballot_that_came_at_the_last_moment_is_counted(database: Database) -> None:
    """It was on its way when the wave became due."""
    wave = opened(database, 9)
    answer(database, wave, [9] * 8)
    before = reckoned(database, wave)
    answer(database, wave, {"U8": 9})
    with database.writing() as session:
        assert close(session, before, SEALS, now=CLOSE) is None
    assert closed(database, wave).answered == 9


def test_two_waves_that_close_at_once_are_held_against_each_other(database: Database) -> None:
    """Eight answered the one and nine the other: both together would tell of the ninth."""
    first, second = (opened(database, 9) for _ in range(2))
    answer(database, first, [9] * 8)
    answer(database, second, [9] * 8 + [0])
    before = [reckoned(database, wave) for wave in (first, second)]
    with database.writing() as session:
        assert close(session, before[0], SEALS, now=CLOSE) is not None
    with database.writing() as session:
        assert close(session, before[1], SEALS, now=CLOSE) is None
    assert closed(database, second).of("enps").left_out == 4


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM survey_ballot",
        "INSERT INTO survey_result",
        "DELETE FROM survey_roll",
        "UPDATE survey_wave",
    ],
)
def test_a_close_that_fails_anywhere_has_not_happened(database: Database, statement: str) -> None:
    wave = opened(database, 8)
    answer(database, wave, [9] * 8)
    cast = rows(database, BallotRow)
    with pytest.raises(Exception, match="no space left"), failing(database, statement):
        closed(database, wave)
    assert rows(database, BallotRow) == cast >= 8
    assert closed(database, wave).of("enps").numbers == Numbers(Sums(8, 8, 8), {1: 8, 0: 0, -1: 0})


def test_whoever_was_stopped_while_casting_counts_if_the_ballot_is_there(
    database: Database,
) -> None:
    wave = opened(database, 8)
    answer(database, wave, [9] * 7)
    with (
        pytest.raises(Exception, match="no space left"),
        failing(database, "UPDATE survey_roll", 2),
    ):
        answer(database, wave, {"U7": 0})
    told = closed(database, wave)
    assert told.answered == 8
    assert told.of("enps").numbers == Numbers(Sums(8, 6, 8), {1: 7, 0: 0, -1: 1})


def test_the_wrong_secret_closes_nothing_and_loses_nothing(database: Database) -> None:
    wave = opened(database, 8)
    answer(database, wave, [9] * 8)
    with pytest.raises(ConfigurationError, match="DESKPULSE_SECRET"):
        closed(database, wave, seals=Seals(b"another secret"))
    assert closed(database, wave).answered == 8


# --- Teams, and waves one after the other --------------------------------------------------------

TEAMS = ("#billing", "#chat", "#night")


def in_teams(database: Database, *sizes: int) -> int:
    places = [place for place, size in enumerate(sizes) for _ in range(size)]
    team_of = dict(zip(people(len(places)), places, strict=True))
    return opened(database, len(places), teams=TEAMS[: len(sizes)], team_of=team_of)


def test_a_small_team_is_withheld_and_the_next_smallest_with_it(database: Database) -> None:
    wave = in_teams(database, 10, 6, 3)
    answer(database, wave, [9] * 19)
    told = closed(database, wave)
    assert told.of("enps").numbers is not None
    assert told.of("enps", "#billing").numbers is not None
    assert told.of("enps", "#chat").withheld == Reason.TOO_FEW_LEFT
    assert told.of("enps", "#night").withheld == Reason.TOO_FEW


def test_a_survey_that_wants_more_answers_is_told_of_no_fewer(database: Database) -> None:
    for many, is_told in ((9, False), (10, True)):
        wave = opened(database, 12, plan=a_plan(fewest=10), questions=[LIKELY])
        answer(database, wave, [9] * many, text="Comment of")
        told = closed(database, wave)
        assert (told.of("enps").numbers is not None) is is_told
        assert bool(told.comments) is is_told


def test_the_score_of_a_team_is_one_of_those_asked_there(database: Database) -> None:
    wave = in_teams(database, 10, 9)
    answer(database, wave, [9] * 9 + [0] + [9] * 9)
    told = closed(database, wave)
    asked = {team: told.score("enps", team) for team in ("", "#billing", "#chat")}
    assert {team: one and one.asked for team, one in asked.items()} == {
        "": 19,
        "#billing": 10,
        "#chat": 9,
    }


@pytest.mark.thorough
def test_a_team_has_a_lot_of_its_own(database: Database) -> None:
    """One joined the second team: of the first nobody is left out."""
    team_of = {user: int(place >= 12) for place, user in enumerate(people(25))}
    for many in (24, 25):
        wave = opened(database, many, teams=TEAMS[:2], team_of=team_of)
        answer(database, wave, [9] * many)
        told = closed(database, wave)
    assert [told.of("enps", team).left_out for team in ("", "#billing", "#chat")] == [4, 0, 4]


def test_one_team_is_the_total_and_told_once(database: Database) -> None:
    wave = opened(database, 8)
    answer(database, wave, [9] * 8)
    assert set(closed(database, wave).told) == {("enps", "")}


@pytest.mark.thorough
def test_of_the_difference_to_an_earlier_wave_nobody_stands_alone(database: Database) -> None:
    """One joined: some answers are left out by lot, so that theirs is not the difference."""
    first = opened(database, 12)
    answer(database, first, [9] * 12)
    assert closed(database, first).of("enps").left_out == 0
    second = opened(database, 13)
    answer(database, second, [9] * 12 + [0])
    told = closed(database, second).of("enps")
    assert told.left_out == 4
    assert told.numbers is not None
    assert told.numbers.n == 9


@pytest.mark.thorough
def test_the_same_people_again_are_told_in_full(database: Database) -> None:
    for _ in range(3):
        wave = opened(database, 12)
        answer(database, wave, [9] * 12)
        told = closed(database, wave).of("enps")
        assert (told.left_out, told.numbers and told.numbers.n) == (0, 12)


def test_the_forgotten_are_in_no_mark_but_still_protect_the_others(database: Database) -> None:
    first = opened(database, 12)
    answer(database, first, [9] * 12)
    closed(database, first)
    with database.writing() as session:
        assert marks.forget(session, 1, "U3", SEALS) == 1
        assert marks.forget(session, 1, "U3", SEALS) == 0
        before = marks.told_before(session, 1, ["enps"], SEALS)
    (release,) = before.releases["enps"]
    assert before.forgotten == 1
    assert len(release.people) == 12
    assert marks.mark("U3", SEALS) not in release.people


@pytest.mark.thorough
def test_of_several_who_were_forgotten_each_counts(database: Database) -> None:
    for _ in range(2):
        wave = opened(database, 12)
        answer(database, wave, [9] * 12)
        closed(database, wave)
    with database.writing() as session:
        for user in ("U3", "U4"):
            assert marks.forget(session, 1, user, SEALS) == 2
    with database.reading() as session:
        assert marks.told_before(session, 1, ["enps"], SEALS).forgotten == 2


# --- Pulses --------------------------------------------------------------------------------------


def test_a_pulse_is_told_by_question_by_theme_and_as_a_whole(database: Database) -> None:
    wave = opened(database, 8, plan=a_plan(Kind.PULSE), questions=[WORKLOAD, TOOLS])
    for user in people(8):
        said = Said({"workload-1": 4, "tools-1": 2})
        cast(database, SEALS, wave, user, Act.ANSWER_AND_WHY, said, now=T())
    told = closed(database, wave)
    assert told.of("workload-1").numbers == Numbers(Sums(8, 32, 128), {4: 8})
    assert told.of("theme:workload").numbers == Numbers(Sums(8, 32, 128))
    whole = told.of(ALL).numbers
    assert whole is not None
    assert whole.sums.mean == 3


@pytest.mark.parametrize(("many", "is_shared_out"), [(5, False), (7, False), (8, True)])
def test_where_shares_are_withheld_no_mean_keeps_what_tells_them(
    database: Database, many: int, is_shared_out: bool
) -> None:
    """The sum of the squares does."""
    wave = opened(database, 12, plan=a_plan(Kind.PULSE), questions=[WORKLOAD, TOOLS])
    for place, user in enumerate(people(many)):
        said = Said({WORKLOAD.key: 1 + place % 5, TOOLS.key: 5})
        cast(database, SEALS, wave, user, Act.ANSWER_AND_WHY, said, now=T())
    told = closed(database, wave)
    for subject in (WORKLOAD.key, "theme:workload", ALL):
        numbers = told.of(subject).numbers
        assert numbers is not None
        assert (numbers.sums.squares is not None) is is_shared_out


def test_what_few_answered_is_withheld_and_in_no_mean(database: Database) -> None:
    wave = opened(database, 8, plan=a_plan(Kind.PULSE), questions=[WORKLOAD, TOOLS])
    for place, user in enumerate(people(8)):
        said = Said({"workload-1": 4, **({"tools-1": 1} if place < 3 else {})})
        cast(database, SEALS, wave, user, Act.ANSWER_AND_WHY, said, now=T())
    told = closed(database, wave)
    assert told.of("tools-1").withheld == Reason.TOO_FEW
    assert told.of("theme:tools").withheld == Reason.TOO_FEW
    whole = told.of(ALL).numbers
    assert whole is not None
    assert whole.sums.mean == 4


# --- Comments ------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_comments_come_in_no_order_and_without_anything_of_their_authors(
    database: Database,
) -> None:
    wave = opened(database, 30, questions=[ENPS])
    answer(database, wave, [9] * 30, text="Comment of")
    closed(database, wave)
    with database.reading() as session:
        row = waves.get(session, 1, wave)
        assert row is not None
        found = comments.of_wave(session, row, SEALS)
        lengths = {len(one.sealed) for one in session.scalars(select(CommentRow))}
    texts = [one.text for one in found]
    assert sorted(texts) == sorted(f"Comment of {user}" for user in people(30))
    assert texts != [f"Comment of {user}" for user in people(30)]
    assert len(lengths) == 1
    assert not any(one.can_be_answered for one in found)


@pytest.mark.parametrize("author", ["", "U0"])
def test_every_wave_with_comments_has_a_mailbox_and_all_are_alike(
    database: Database, author: str
) -> None:
    """So that it is there tells nothing of whether anybody agreed to be answered."""
    wave = opened(database, 6)
    said = Said({"enps": 3}, [Remark("enps", "A comment.", author=author)])
    cast(database, SEALS, wave, "U0", Act.ANSWER_AND_WHY, said, now=T())
    answer(database, wave, dict.fromkeys(people(6)[1:], 9))
    with database.reading() as session:
        assert session.get_one(WaveRow, wave).mailbox_key is None
    closed(database, wave)
    with database.reading() as session:
        (row,) = session.scalars(select(MailboxRow))
        assert len(row.sealed) == ROOM + len(b"\x80") + SecretBox.NONCE_SIZE + SecretBox.MACBYTES
        assert session.get_one(WaveRow, wave).mailbox_key is not None
        authors = mailboxes.read(session, wave, SEALS).authors
    assert list(authors.values()) == [author] * bool(author)


@pytest.mark.parametrize(("many", "text"), [(6, ""), (4, "Comment of")])
def test_a_wave_without_comments_to_read_has_no_mailbox(
    database: Database, many: int, text: str
) -> None:
    wave = opened(database, 6)
    answer(database, wave, [9] * many, text=text)
    closed(database, wave)
    assert rows(database, MailboxRow) == rows(database, CommentRow) == 0
    with database.reading() as session:
        assert session.get_one(WaveRow, wave).mailbox_key is None


@ON_SQLITE
def test_the_files_of_the_database_hold_nothing_of_an_answer(database: Database) -> None:
    """Neither the file, nor its log: not what was said, and after the close no ballot at all."""
    wave = opened(database, 8)
    answer(database, wave, [9] * 8, text="An unmistakable sentence of")
    with database.reading() as session:
        sealed = [row.sealed[:48] for row in session.scalars(select(BallotRow))]
        key = session.get_one(WaveRow, wave).private_key or b""
    before = on_disk(database)
    assert b"unmistakable" not in before
    assert all(one in before for one in sealed)
    closed(database, wave)
    assert database.scrub(BallotRow, RollRow, WaveRow, CommentRow, MailboxRow)
    after = on_disk(database)
    assert b"unmistakable" not in after
    assert not any(one in after for one in sealed)
    assert key not in after
