"""The whole catalogue: ratings, calls, articles, targets, measurements, stored readings.

Every desk is read again from the start: what came before lacks the new facts.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "measurement",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Integer(), nullable=False),
        sa.Column("desk", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("group", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("numerator", sa.Float(), nullable=False),
        sa.Column("denominator", sa.Float(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "metric", "day", "last_day", "desk", "channel", "group", "priority"
        ),
    )
    op.create_table(
        "reading",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("dimension", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("readings", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("workspace_id", "start", "end", "dimension"),
    )
    op.create_table(
        "touched",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("dimension", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("workspace_id", "hour", "dimension"),
    )
    op.create_table(
        "agent",
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=True),
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
    op.create_table(
        "article",
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("timed_views", sa.Integer(), nullable=False),
        sa.Column("reading", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id"],
            ["desk.id"],
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("desk_id", "id", "day"),
    )
    with op.batch_alter_table("article", recreate="never") as batch_op:
        batch_op.create_index(
            "article_day",
            ["workspace_id", "day", "views", "timed_views", "reading", "desk_id"],
            unique=False,
            sqlite_where=None,
            postgresql_where=None,
        )

    op.create_table(
        "call",
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("inbound", sa.Boolean(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("abandoned", sa.Boolean(), nullable=False),
        sa.Column("hung_up_at_once", sa.Boolean(), nullable=False),
        sa.Column("wait", sa.Integer(), nullable=False),
        sa.Column("talk", sa.Integer(), nullable=False),
        sa.Column("hold", sa.Integer(), nullable=False),
        sa.Column("wrap_up", sa.Integer(), nullable=False),
        sa.Column("group", sa.String(), nullable=True),
        sa.Column("agent", sa.String(), nullable=True),
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
    with op.batch_alter_table("call", recreate="never") as batch_op:
        batch_op.create_index(
            "call_started_at",
            [
                "workspace_id",
                "started_at",
                "inbound",
                "answered",
                "abandoned",
                "hung_up_at_once",
                "wait",
                "talk",
                "hold",
                "wrap_up",
                "desk_id",
            ],
            unique=False,
            sqlite_where=None,
            postgresql_where=None,
        )

    op.create_table(
        "rating",
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("scale", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=True),
        sa.Column("raw", sa.Float(), nullable=True),
        sa.Column("normalised", sa.Float(), nullable=True),
        sa.Column("positive", sa.Boolean(), nullable=True),
        sa.Column("ticket_id", sa.String(), nullable=True),
        sa.Column("agent", sa.String(), nullable=True),
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
    with op.batch_alter_table("rating", recreate="never") as batch_op:
        batch_op.create_index(
            "rating_asked_at",
            ["workspace_id", "asked_at", "kind", "given_at", "ticket_id", "desk_id"],
            unique=False,
            sqlite_where=None,
            postgresql_where=None,
        )
        batch_op.create_index(
            "rating_given_at",
            [
                "workspace_id",
                "given_at",
                "kind",
                "scale",
                "raw",
                "positive",
                "ticket_id",
                "desk_id",
            ],
            unique=False,
            sqlite_where=None,
            postgresql_where=None,
        )
        batch_op.create_index("rating_ticket", ["desk_id", "ticket_id"], unique=False)

    op.create_table(
        "target",
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("met", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id", "ticket_id"],
            ["ticket.desk_id", "ticket.id"],
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("desk_id", "ticket_id", "name"),
    )
    with op.batch_alter_table("target", recreate="never") as batch_op:
        batch_op.create_index(
            "target_decided_at",
            ["workspace_id", "decided_at", "met", "desk_id"],
            unique=False,
            sqlite_where=None,
            postgresql_where=None,
        )

    with op.batch_alter_table("desk", recreate="never") as batch_op:
        batch_op.add_column(sa.Column("told_as", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("hours", sa.String(), nullable=True))

    with op.batch_alter_table("goal", recreate="never") as batch_op:
        batch_op.add_column(
            sa.Column("clock", sa.String(), server_default="calendar", nullable=False)
        )
        batch_op.add_column(sa.Column("dimension", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("part", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("start", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("by", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("since", sa.Integer(), nullable=True))

    with op.batch_alter_table("response", recreate="never") as batch_op:
        batch_op.add_column(sa.Column("agent", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("business", sa.Integer(), nullable=True))
        batch_op.drop_index(batch_op.f("response_answered_at"))
        batch_op.create_index(
            "response_answered_at",
            ["workspace_id", "answered_at", "asked_at", "business", "desk_id"],
            unique=False,
            sqlite_where=None,
            postgresql_where=None,
        )

    with op.batch_alter_table("ticket", recreate="never") as batch_op:
        batch_op.add_column(sa.Column("first_replier", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("wait", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("handle", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("escalated", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("complaint", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("after_hours", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("first_reply_business", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("first_resolution_business", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("resolution_business", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("wait_business", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("stays", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("waits", sa.JSON(), nullable=True))
        batch_op.drop_index(
            batch_op.f("ticket_created_at"), sqlite_where=sa.text("removal IS NULL")
        )
        batch_op.create_index(
            "ticket_created_at",
            [
                "workspace_id",
                "created_at",
                "first_reply_at",
                "escalated",
                "complaint",
                "after_hours",
                "desk_id",
            ],
            unique=False,
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.drop_index(
            batch_op.f("ticket_first_reply_at"), sqlite_where=sa.text("removal IS NULL")
        )
        batch_op.create_index(
            "ticket_first_reply_at",
            ["workspace_id", "first_reply_at", "created_at", "first_reply_business", "desk_id"],
            unique=False,
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.drop_index(
            batch_op.f("ticket_first_solved_at"), sqlite_where=sa.text("removal IS NULL")
        )
        batch_op.create_index(
            "ticket_first_solved_at",
            [
                "workspace_id",
                "first_solved_at",
                "created_at",
                "first_resolution_business",
                "desk_id",
            ],
            unique=False,
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ticket_solved_at"), sqlite_where=sa.text("removal IS NULL"))
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
                "reopens",
                "solver",
                "wait",
                "resolution_business",
                "wait_business",
                "handle",
                "desk_id",
            ],
            unique=False,
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.create_index(
            "ticket_requester",
            ["workspace_id", "requester", "created_at"],
            unique=False,
            sqlite_where=sa.text("removal IS NULL AND requester IS NOT NULL"),
            postgresql_where=sa.text("removal IS NULL AND requester IS NOT NULL"),
        )

    with op.batch_alter_table("workspace", recreate="never") as batch_op:
        batch_op.add_column(sa.Column("revision", sa.Integer(), server_default="0", nullable=False))

    op.execute("UPDATE desk SET cursor = NULL, data_until = NULL")


def downgrade() -> None:
    with op.batch_alter_table("workspace", recreate="never") as batch_op:
        batch_op.drop_column("revision")

    with op.batch_alter_table("ticket", recreate="never") as batch_op:
        batch_op.drop_index(
            "ticket_requester",
            sqlite_where=sa.text("removal IS NULL AND requester IS NOT NULL"),
            postgresql_where=sa.text("removal IS NULL AND requester IS NOT NULL"),
        )
        batch_op.drop_index(
            "ticket_solved_at",
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.create_index(
            batch_op.f("ticket_solved_at"),
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
        )
        batch_op.drop_index(
            "ticket_first_solved_at",
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.create_index(
            batch_op.f("ticket_first_solved_at"),
            ["workspace_id", "first_solved_at", "created_at", "desk_id"],
            unique=False,
            sqlite_where=sa.text("removal IS NULL"),
        )
        batch_op.drop_index(
            "ticket_first_reply_at",
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.create_index(
            batch_op.f("ticket_first_reply_at"),
            ["workspace_id", "first_reply_at", "created_at", "desk_id"],
            unique=False,
            sqlite_where=sa.text("removal IS NULL"),
        )
        batch_op.drop_index(
            "ticket_created_at",
            sqlite_where=sa.text("removal IS NULL"),
            postgresql_where=sa.text("removal IS NULL"),
        )
        batch_op.create_index(
            batch_op.f("ticket_created_at"),
            ["workspace_id", "created_at", "desk_id"],
            unique=False,
            sqlite_where=sa.text("removal IS NULL"),
        )
        batch_op.drop_column("waits")
        batch_op.drop_column("stays")
        batch_op.drop_column("wait_business")
        batch_op.drop_column("resolution_business")
        batch_op.drop_column("first_resolution_business")
        batch_op.drop_column("first_reply_business")
        batch_op.drop_column("after_hours")
        batch_op.drop_column("complaint")
        batch_op.drop_column("escalated")
        batch_op.drop_column("handle")
        batch_op.drop_column("wait")
        batch_op.drop_column("first_replier")

    with op.batch_alter_table("response", recreate="never") as batch_op:
        batch_op.drop_index("response_answered_at", sqlite_where=None, postgresql_where=None)
        batch_op.create_index(
            batch_op.f("response_answered_at"),
            ["workspace_id", "answered_at", "asked_at", "desk_id"],
            unique=False,
        )
        batch_op.drop_column("business")
        batch_op.drop_column("agent")

    with op.batch_alter_table("goal", recreate="never") as batch_op:
        batch_op.drop_column("since")
        batch_op.drop_column("by")
        batch_op.drop_column("start")
        batch_op.drop_column("part")
        batch_op.drop_column("dimension")
        batch_op.drop_column("clock")

    with op.batch_alter_table("desk", recreate="never") as batch_op:
        batch_op.drop_column("hours")
        batch_op.drop_column("told_as")

    with op.batch_alter_table("target", recreate="never") as batch_op:
        batch_op.drop_index("target_decided_at", sqlite_where=None, postgresql_where=None)

    op.drop_table("target")
    with op.batch_alter_table("rating", recreate="never") as batch_op:
        batch_op.drop_index("rating_ticket")
        batch_op.drop_index("rating_given_at", sqlite_where=None, postgresql_where=None)
        batch_op.drop_index("rating_asked_at", sqlite_where=None, postgresql_where=None)

    op.drop_table("rating")
    with op.batch_alter_table("call", recreate="never") as batch_op:
        batch_op.drop_index("call_started_at", sqlite_where=None, postgresql_where=None)

    op.drop_table("call")
    with op.batch_alter_table("article", recreate="never") as batch_op:
        batch_op.drop_index("article_day", sqlite_where=None, postgresql_where=None)

    op.drop_table("article")
    op.drop_table("agent")
    op.drop_table("touched")
    op.drop_table("reading")
    op.drop_table("measurement")
