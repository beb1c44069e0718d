"""What a desk waits for, its own business hours, who asked for a reading, and what is compared.

Counts are compared anew the next night, so those of before are not kept.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OF_DESK: dict[str, type[sa.JSON | sa.BigInteger | sa.String]] = {
    "site": sa.String,
    "opening": sa.JSON,
    "opening_at": sa.BigInteger,
    "waits_until": sa.BigInteger,
    "asked_at": sa.BigInteger,
}


def upgrade() -> None:
    with op.batch_alter_table("desk") as batch_op:
        for name, kind in _OF_DESK.items():
            batch_op.add_column(sa.Column(name, kind(), nullable=True))
    op.drop_table("reconciliation")
    _reconciliation(sa.Column("what", sa.String(), server_default="tickets", nullable=False))


def downgrade() -> None:
    op.drop_table("reconciliation")
    _reconciliation()
    # Not as a batch, which would drop the table for a while: tickets refer to it.
    for name in reversed(_OF_DESK):
        op.drop_column("desk", name)


def _reconciliation(*more: sa.Column[str]) -> None:
    """The table of comparisons; `more` belongs to its key."""
    op.create_table(
        "reconciliation",
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        *more,
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("ours", sa.Integer(), nullable=False),
        sa.Column("theirs", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"]),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        sa.PrimaryKeyConstraint("desk_id", "day", *(column.name for column in more)),
    )
