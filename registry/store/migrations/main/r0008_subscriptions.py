"""Create the tables of subscriptions and of the events that partners are told of."""

import sqlalchemy as sa
from alembic import op

revision = "main_0008"
down_revision = "main_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "subscription",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "client", "topic", "state")),
        sa.Column("created", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("events", "heartbeat")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("sent", "ends")),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscription"),
    )
    op.create_index("ix_subscription_client_created", "subscription", ["client", "created"])
    op.create_index("ix_subscription_topic_state", "subscription", ["topic", "state"])
    op.create_table(
        "subscription_event",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "subscription_id", "owner_id")),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("focus", "status")),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_subscription_event"),
    )
    numbers = ["subscription_id", "number"]
    op.create_index("ix_subscription_event_subscription_id_number", "subscription_event", numbers)
    op.create_index("ix_subscription_event_at", "subscription_event", ["at"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("subscription_event")
    op.drop_table("subscription")
