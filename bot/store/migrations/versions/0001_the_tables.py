"""The tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workspace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("team"),
    )
    # The workspace of the single-workspace default.
    op.execute(sa.text("INSERT INTO workspace (team) VALUES (NULL)"))
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "desk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("gives", sa.JSON(), nullable=False),
        sa.Column("cursor", sa.JSON(), nullable=True),
        sa.Column("data_from", sa.BigInteger(), nullable=True),
        sa.Column("data_until", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("problem_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("desk", schema=None) as batch_op:
        batch_op.create_index("desk_name", ["workspace_id", "name"], unique=True)

    op.create_table(
        "goal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("target", sa.Float(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "lead",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("appointed_by", sa.String(), nullable=False),
        sa.Column("appointed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("workspace_id", "user"),
    )
    op.create_table(
        "lease",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("workspace_id", "name"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reply_to", sa.String(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("blocks", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("sending_since", sa.BigInteger(), nullable=True),
        sa.Column("lookups", sa.Integer(), nullable=False),
        sa.Column("sent_as", sa.String(), nullable=True),
        sa.Column("sent_channel", sa.String(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["reply_to"],
            ["outbox.id"],
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("outbox_place", ["workspace_id", "place"], unique=False)
        batch_op.create_index(
            "outbox_waiting",
            ["workspace_id", "next_at"],
            unique=False,
            sqlite_where=sa.text("state NOT IN ('sent', 'failed')"),
            postgresql_where=sa.text("state NOT IN ('sent', 'failed')"),
        )

    op.create_table(
        "run",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=True),
        sa.Column("request", sa.JSON(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("workspace_id", "subject", "slot"),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index(
            "run_asked",
            ["workspace_id"],
            unique=False,
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        )

    op.create_table(
        "schedule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("resumed_at", sa.BigInteger(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "picture",
        sa.Column("outbox_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("alt", sa.String(), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.Column("file", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["outbox_id"],
            ["outbox.id"],
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("outbox_id", "key"),
    )
    op.create_table(
        "reconciliation",
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("ours", sa.Integer(), nullable=False),
        sa.Column("theirs", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id"],
            ["desk.id"],
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("desk_id", "day"),
    )
    op.create_table(
        "ticket",
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("group", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("priority", sa.String(), nullable=True),
        sa.Column("requester", sa.LargeBinary(), nullable=True),
        sa.Column("solver", sa.String(), nullable=True),
        sa.Column("first_reply_at", sa.BigInteger(), nullable=True),
        sa.Column("first_solved_at", sa.BigInteger(), nullable=True),
        sa.Column("last_solved_at", sa.BigInteger(), nullable=True),
        sa.Column("solved_at", sa.BigInteger(), nullable=True),
        sa.Column("agent_messages", sa.Integer(), nullable=False),
        sa.Column("customer_messages", sa.Integer(), nullable=False),
        sa.Column("agent_replies", sa.Integer(), nullable=False),
        sa.Column("reopens", sa.Integer(), nullable=False),
        sa.Column("transfers", sa.Integer(), nullable=False),
        sa.Column("removal", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["desk_id"],
            ["desk.id"],
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("desk_id", "id"),
    )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.create_index(
            "ticket_created_at",
            ["workspace_id", "created_at", "desk_id"],
            unique=False,
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.create_index(
            "ticket_first_reply_at",
            ["workspace_id", "first_reply_at", "created_at", "desk_id"],
            unique=False,
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.create_index(
            "ticket_first_solved_at",
            ["workspace_id", "first_solved_at", "created_at", "desk_id"],
            unique=False,
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.create_index(
            "ticket_last_solved_at",
            ["workspace_id", "last_solved_at", "reopens", "desk_id"],
            unique=False,
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.create_index(
            "ticket_solved_at",
            [
                "workspace_id",
                "solved_at",
                "created_at",
                "agent_messages",
                "customer_messages",
                "agent_replies",
                "transfers",
                "solver",
                "desk_id",
            ],
            unique=False,
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.create_index(
            "ticket_unsolved",
            ["workspace_id", "created_at", "desk_id"],
            unique=False,
            sqlite_where=sa.text("removal IS NULL AND solved_at IS NULL"),
            postgresql_where=sa.text("removal IS NULL AND solved_at IS NULL"),
        )

    op.create_table(
        "reopening",
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("solved_at", sa.BigInteger(), nullable=False),
        sa.Column("reopened_at", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id", "ticket_id"],
            ["ticket.desk_id", "ticket.id"],
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("desk_id", "ticket_id", "place"),
    )
    with op.batch_alter_table("reopening", schema=None) as batch_op:
        batch_op.create_index(
            "reopening_reopened_at",
            ["workspace_id", "reopened_at", "solved_at", "desk_id"],
            unique=False,
            sqlite_where=None,
            postgresql_where=None,
        )

    op.create_table(
        "response",
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id", "ticket_id"],
            ["ticket.desk_id", "ticket.id"],
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("desk_id", "ticket_id", "place"),
    )
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.create_index(
            "response_answered_at",
            ["workspace_id", "answered_at", "asked_at", "desk_id"],
            unique=False,
            sqlite_where=None,
            postgresql_where=None,
        )


def downgrade() -> None:
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.drop_index("response_answered_at", sqlite_where=None, postgresql_where=None)

    op.drop_table("response")
    with op.batch_alter_table("reopening", schema=None) as batch_op:
        batch_op.drop_index("reopening_reopened_at", sqlite_where=None, postgresql_where=None)

    op.drop_table("reopening")
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_index(
            "ticket_unsolved",
            sqlite_where=sa.text("removal IS NULL AND solved_at IS NULL"),
            postgresql_where=sa.text("removal IS NULL AND solved_at IS NULL"),
        )
        batch_op.drop_index(
            "ticket_solved_at",
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.drop_index(
            "ticket_last_solved_at",
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.drop_index(
            "ticket_first_solved_at",
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.drop_index(
            "ticket_first_reply_at",
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.drop_index(
            "ticket_created_at",
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )

    op.drop_table("ticket")
    op.drop_table("reconciliation")
    op.drop_table("picture")
    op.drop_table("schedule")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index(
            "run_asked",
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        )

    op.drop_table("run")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "outbox_waiting",
            sqlite_where=sa.text("state NOT IN ('sent', 'failed')"),
            postgresql_where=sa.text("state NOT IN ('sent', 'failed')"),
        )
        batch_op.drop_index("outbox_place")

    op.drop_table("outbox")
    op.drop_table("lease")
    op.drop_table("lead")
    op.drop_table("goal")
    with op.batch_alter_table("desk", schema=None) as batch_op:
        batch_op.drop_index("desk_name")

    op.drop_table("desk")
    op.drop_table("audit")
    op.drop_table("workspace")
