"""Surveys: what is kept of answers, and what the gate let out about them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TEXT, _NUMBER, _MOMENT, _YES = sa.String, sa.Integer, sa.BigInteger, sa.Boolean
_SEALED = sa.LargeBinary

#: In the order in which they refer to one another.
_TABLES = (
    *("survey", "survey_wave", "survey_roll", "survey_ballot", "survey_result"),
    *("survey_comment", "survey_mailbox", "survey_deed"),
)


def upgrade() -> None:
    _surveys_and_waves()
    _answers()
    _comments()
    op.add_column("outbox", _column("sealed", _SEALED, nullable=True))


def downgrade() -> None:
    # The version before would post them as they stand there: without text, to nobody.
    op.execute("DELETE FROM outbox WHERE sealed IS NOT NULL")
    op.drop_column("outbox", "sealed")
    for table in reversed(_TABLES):
        op.drop_table(table)


def _surveys_and_waves() -> None:
    op.create_table(
        "survey",
        _column("id", _NUMBER),
        _column("workspace_id", _NUMBER),
        _column("kind", _TEXT),
        _column("plan", sa.JSON),
        _column("created_by", _TEXT),
        _column("created_at", _MOMENT),
        _column("since", _MOMENT),
        _column("draft", _YES),
        _column("paused", _YES),
        _column("removed_at", _MOMENT, nullable=True),
        *_of_workspace("id"),
    )
    op.create_table(
        "survey_wave",
        _column("id", _NUMBER),
        _column("workspace_id", _NUMBER),
        _column("survey_id", _NUMBER),
        _column("kind", _TEXT),
        _column("plan", sa.JSON),
        _column("questions", sa.JSON),
        _column("teams", sa.JSON),
        _column("asked_of", sa.JSON),
        _column("opened_at", _MOMENT),
        _column("closes_at", _MOMENT),
        _column("closed_at", _MOMENT, nullable=True),
        _column("asked", _NUMBER),
        _column("for_all", _YES),
        _column("answered", _NUMBER, nullable=True),
        _column("left_out", _NUMBER),
        _column("public_key", _SEALED),
        _column("private_key", _SEALED, nullable=True),
        _column("marks", _SEALED, nullable=True),
        _column("mailbox_key", _SEALED, nullable=True),
        _column("deletions", _NUMBER),
        _column("scrubbed", _NUMBER),
        _column("comments_gone", _YES),
        _to("survey", "survey_id"),
        *_of_workspace("id"),
    )
    op.create_index("survey_wave_survey", "survey_wave", ["survey_id"])
    op.create_index("survey_wave_closed_at", "survey_wave", ["workspace_id", "closed_at"])
    op.create_table(
        "survey_roll",
        _column("wave_id", _NUMBER),
        _column("workspace_id", _NUMBER),
        _column("sealed", _SEALED),
        _to("survey_wave", "wave_id"),
        *_of_workspace("wave_id"),
    )


def _answers() -> None:
    op.create_table(
        "survey_ballot",
        _column("wave_id", _NUMBER),
        _column("id", _TEXT),
        _column("workspace_id", _NUMBER),
        _column("sealed", _SEALED),
        _to("survey_wave", "wave_id"),
        *_of_workspace("wave_id", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "survey_result",
        _column("wave_id", _NUMBER),
        _column("question", _TEXT),
        _column("team", _TEXT),
        _column("workspace_id", _NUMBER),
        _column("n", _NUMBER, nullable=True),
        _column("told", sa.JSON, nullable=True),
        _column("withheld", _TEXT, nullable=True),
        _column("left_out", _NUMBER),
        _to("survey_wave", "wave_id"),
        *_of_workspace("wave_id", "question", "team"),
    )


def _comments() -> None:
    op.create_table(
        "survey_comment",
        _column("id", _TEXT),
        _column("workspace_id", _NUMBER),
        _column("wave_id", _NUMBER),
        _column("question", _TEXT),
        _column("sealed", _SEALED),
        _to("survey_wave", "wave_id"),
        *_of_workspace("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("survey_comment_wave", "survey_comment", ["wave_id"])
    op.create_table(
        "survey_mailbox",
        _column("wave_id", _NUMBER),
        _column("workspace_id", _NUMBER),
        _column("sealed", _SEALED),
        _to("survey_wave", "wave_id"),
        *_of_workspace("wave_id"),
    )
    op.create_table(
        "survey_deed",
        _column("id", _NUMBER),
        _column("workspace_id", _NUMBER),
        _column("wave_id", _NUMBER),
        _column("theme", _TEXT),
        _column("text", _TEXT),
        _column("by", _TEXT),
        _column("at", _MOMENT),
        _to("survey_wave", "wave_id"),
        *_of_workspace("id"),
    )
    op.create_index("survey_deed_wave", "survey_deed", ["wave_id"])


def _column(name: str, kind: type, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, kind(), nullable=nullable)


def _to(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.id"])


def _of_workspace(*key: str) -> Sequence[sa.Constraint]:
    return _to("workspace", "workspace_id"), sa.PrimaryKeyConstraint(*key)
