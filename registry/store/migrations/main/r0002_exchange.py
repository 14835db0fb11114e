"""Create the tables of the exchange."""

import sqlalchemy as sa
from alembic import op

revision = "main_0002"
down_revision = "main_0001"
branch_labels = None
depends_on = None

TABLES = ("outbox", "inbox", "alias", "alias_seq", "receipt")


def upgrade() -> None:
    """Create the tables."""
    _outbox()
    _inbox()
    _alias()
    _alias_seq()
    _receipt()


def downgrade() -> None:
    """Drop the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("msg_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("in_reply_to", sa.String(), nullable=False),
        sa.Column("consent_id", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt", sa.BigInteger(), nullable=True),
        sa.Column("lease_owner", sa.String(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=True),
        sa.Column("finished", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("partner", "msg_id", name="uq_outbox_partner_msg_id"),
    )
    op.create_index("ix_outbox_created", "outbox", ["created"])
    op.create_index("ix_outbox_owner_id", "outbox", ["owner_id"])
    op.create_index("ix_outbox_state_next_attempt", "outbox", ["state", "next_attempt"])


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("msg_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("in_reply_to", sa.String(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=True),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("findings", sa.LargeBinary(), nullable=False),
        sa.Column("processed", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("partner", "msg_id", name="uq_inbox_partner_msg_id"),
    )
    op.create_index("ix_inbox_partner_alias_kind_seq", "inbox", ["partner", "alias", "kind", "seq"])
    op.create_index("ix_inbox_state_received", "inbox", ["state", "received"])


def _alias() -> None:
    op.create_table(
        "alias",
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("minted_by", sa.String(), nullable=False),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("partner", "alias", name="pk_alias"),
    )
    op.create_index("ix_alias_partner_owner_id", "alias", ["partner", "owner_id"])
    op.create_index(
        "uq_alias_ours",
        "alias",
        ["partner", "owner_id"],
        unique=True,
        sqlite_where=sa.text("minted_by = 'us'"),
        postgresql_where=sa.text("minted_by = 'us'"),
    )


def _alias_seq() -> None:
    op.create_table(
        "alias_seq",
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("partner", "alias", name="pk_alias_seq"),
    )


def _receipt() -> None:
    op.create_table(
        "receipt",
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("msg_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("jws", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("direction", "partner", "msg_id", "status", name="pk_receipt"),
    )
    op.create_index("ix_receipt_partner_at", "receipt", ["partner", "at"])
