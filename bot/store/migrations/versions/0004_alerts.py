"""Alert rules, what became of them, when they are held back; messages that change once posted.

A message that was sent before was never changed, so what Slack shows is its first version.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TEXT, _NUMBER, _MOMENT, _YES = sa.String, sa.Integer, sa.BigInteger, sa.Boolean

#: In the order in which they refer to one another.
_TABLES = (
    *("alert_rule", "alert_incident", "alert_step", "alert_vote"),
    *("mute", "alert_budget", "desk_read"),
)


def upgrade() -> None:
    _rules()
    _what_became_of_them()
    _mutes_and_budgets()
    op.create_table(
        "desk_read",
        _column("desk_id", _NUMBER),
        _column("at", _MOMENT),
        _column("workspace_id", _NUMBER),
        _column("until", _MOMENT),
        _to("desk", "desk_id"),
        *_of_workspace("desk_id", "at"),
    )
    for name, kind, old in (
        ("version", _NUMBER, "1"),
        ("shown", _NUMBER, "1"),
        ("withdrawn", _YES, sa.false()),
        ("broadcast", _YES, sa.false()),
    ):
        op.add_column("outbox", sa.Column(name, kind(), server_default=old, nullable=False))
    _waiting("state NOT IN ('sent', 'failed', 'lost')")


def downgrade() -> None:
    # Of what the version before does not know, it takes the nearest.
    op.execute("UPDATE outbox SET state = 'sent' WHERE state IN ('edit', 'lost')")
    _waiting("state NOT IN ('sent', 'failed')")
    # Not as a batch, which would drop the table for a while: pictures refer to it.
    for name in ("broadcast", "withdrawn", "shown", "version"):
        op.drop_column("outbox", name)
    for table in reversed(_TABLES):
        op.drop_table(table)


def _rules() -> None:
    op.create_table(
        "alert_rule",
        _column("id", _NUMBER),
        _column("workspace_id", _NUMBER),
        _column("channel", _TEXT),
        _column("rule", sa.JSON),
        _column("text", _TEXT),
        _column("earlier", sa.JSON),
        _column("zone", _TEXT),
        _column("locale", _TEXT),
        _column("created_by", _TEXT),
        _column("created_at", _MOMENT),
        _column("since", _MOMENT),
        _column("paused", _YES),
        _column("removed_at", _MOMENT, nullable=True),
        _column("judged_until", _MOMENT),
        _column("standing", sa.JSON),
        _column("version", _NUMBER),
        _column("cost", sa.Float, nullable=True),
        *_of_workspace("id"),
    )
    op.create_index("alert_rule_channel", "alert_rule", ["workspace_id", "channel"])


def _what_became_of_them() -> None:
    op.create_table(
        "alert_incident",
        _column("id", _NUMBER),
        _column("workspace_id", _NUMBER),
        _column("rule_id", _NUMBER),
        _column("opened_at", _MOMENT),
        _column("told_at", _MOMENT, nullable=True),
        _column("closed_at", _MOMENT, nullable=True),
        _column("message", _TEXT, nullable=True),
        _column("worst", sa.Float, nullable=True),
        _column("severity", sa.Float, nullable=True),
        _column("acknowledged_by", _TEXT, nullable=True),
        _column("acknowledged_at", _MOMENT, nullable=True),
        _column("refreshed_at", _MOMENT, nullable=True),
        _column("noticed", _TEXT, nullable=True),
        _to("alert_rule", "rule_id"),
        *_of_workspace("id"),
    )
    op.create_index("alert_incident_rule", "alert_incident", ["rule_id", "opened_at"])
    op.create_table(
        "alert_step",
        _column("id", _NUMBER),
        _column("workspace_id", _NUMBER),
        _column("rule_id", _NUMBER),
        _column("incident_id", _NUMBER, nullable=True),
        _column("at", _MOMENT),
        _column("kind", _TEXT),
        _column("part", _TEXT, nullable=True),
        _column("value", sa.Float, nullable=True),
        _column("n", _NUMBER, nullable=True),
        _column("who", _TEXT, nullable=True),
        _column("until", _MOMENT, nullable=True),
        _column("message", _TEXT, nullable=True),
        _column("standing", sa.JSON, nullable=True),
        _to("alert_rule", "rule_id"),
        _to("alert_incident", "incident_id"),
        *_of_workspace("id"),
    )
    op.create_index("alert_step_rule", "alert_step", ["rule_id", "at"])
    op.create_table(
        "alert_vote",
        _column("incident_id", _NUMBER),
        _column("user", _TEXT),
        _column("workspace_id", _NUMBER),
        _column("useful", _YES),
        _column("at", _MOMENT),
        _to("alert_incident", "incident_id"),
        *_of_workspace("incident_id", "user"),
    )


def _mutes_and_budgets() -> None:
    op.create_table(
        "mute",
        _column("id", _NUMBER),
        _column("workspace_id", _NUMBER),
        _column("channel", _TEXT),
        _column("rule_id", _NUMBER, nullable=True),
        _column("start", _MOMENT),
        _column("until", _MOMENT, nullable=True),
        _column("weekdays", sa.JSON, nullable=True),
        _column("opens", _TEXT, nullable=True),
        _column("closes", _TEXT, nullable=True),
        _column("zone", _TEXT),
        _column("why", _TEXT),
        _column("made_by", _TEXT),
        _column("made_at", _MOMENT),
        _column("ended_at", _MOMENT, nullable=True),
        _column("ended_by", _TEXT, nullable=True),
        _to("alert_rule", "rule_id"),
        *_of_workspace("id"),
    )
    op.create_index("mute_channel", "mute", ["workspace_id", "channel"])
    op.create_table(
        "alert_budget",
        _column("workspace_id", _NUMBER),
        _column("channel", _TEXT),
        _column("per_week", sa.Float),
        _column("set_by", _TEXT),
        _column("set_at", _MOMENT),
        *_of_workspace("workspace_id", "channel"),
    )


def _column(name: str, kind: type, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, kind(), nullable=nullable)


def _to(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.id"])


def _of_workspace(*key: str) -> Sequence[sa.Constraint]:
    return _to("workspace", "workspace_id"), sa.PrimaryKeyConstraint(*key)


def _waiting(state: str) -> None:
    """The index of the messages that have something coming: those in none of the settled states."""
    op.drop_index("outbox_waiting", table_name="outbox")
    op.create_index(
        "outbox_waiting",
        "outbox",
        ["workspace_id", "next_at"],
        sqlite_where=sa.text(state),
        postgresql_where=sa.text(state),
    )
