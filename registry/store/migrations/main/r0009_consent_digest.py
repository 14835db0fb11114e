"""Keep which consent a received message says it rests on."""

import sqlalchemy as sa
from alembic import op

revision = "main_0009"
down_revision = "main_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what was received before names none."""
    op.add_column("inbox", sa.Column("consent_digest", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("inbox", "consent_digest")
