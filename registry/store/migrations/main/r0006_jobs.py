"""Create the tables of long work: jobs and the sealed parts of their files."""

import sqlalchemy as sa
from alembic import op

revision = "main_0006"
down_revision = "main_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "job",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "kind", "client", "state")),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("snapshot", sa.BigInteger(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("step", "done", "total")),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("lease_until", "finished", "expires")),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
    )
    op.create_index("ix_job_state_created", "job", ["state", "created"])
    op.create_table(
        "job_part",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "file", "number", name="pk_job_part"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("job_part")
    op.drop_index("ix_job_state_created", "job")
    op.drop_table("job")
