"""Create the table of wrapped data keys."""

import sqlalchemy as sa
from alembic import op

revision = "keys_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "owner_key",
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("dek_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kek_id", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "dek_version", name="pk_owner_key"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("owner_key")
