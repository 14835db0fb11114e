"""Create the tables of approvals by two people and of tombstones of erased people."""

import sqlalchemy as sa
from alembic import op

revision = "main_0010"
down_revision = "main_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "approval",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "act", "digest")),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("asked", "expires")),
        sa.Column("confirmed_by", sa.String(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("confirmed", "used")),
        sa.PrimaryKeyConstraint("id", name="pk_approval"),
    )
    op.create_table(
        "tombstone",
        sa.Column("pseudonym", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("pseudonym", name="pk_tombstone"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("tombstone")
    op.drop_table("approval")
