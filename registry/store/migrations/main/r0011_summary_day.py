"""Note the day a summary was kept, after which it is dropped: it tells days of medicine."""

import sqlalchemy as sa
from alembic import op

revision = "main_0011"
down_revision = "main_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begin anew: what was kept before has no day, and is built again when it is asked for."""
    op.execute("DELETE FROM kept_summary")
    with op.batch_alter_table("kept_summary") as table:
        table.add_column(sa.Column("day", sa.Date(), nullable=False))
    op.create_index("ix_kept_summary_day", "kept_summary", ["day"])


def downgrade() -> None:
    """Drop the column."""
    op.drop_index("ix_kept_summary_day", "kept_summary")
    with op.batch_alter_table("kept_summary") as table:
        table.drop_column("day")
