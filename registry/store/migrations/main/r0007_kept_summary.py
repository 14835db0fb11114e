"""Create the table of summaries kept as built."""

import sqlalchemy as sa
from alembic import op

revision = "main_0007"
down_revision = "main_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "kept_summary",
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("made_from", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "variant", name="pk_kept_summary"),
    )
    if op.get_context().dialect.name == "postgresql":
        # Sealed bytes do not get smaller: trying costs time at each writing.
        op.execute("ALTER TABLE kept_summary ALTER COLUMN body SET STORAGE EXTERNAL")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("kept_summary")
