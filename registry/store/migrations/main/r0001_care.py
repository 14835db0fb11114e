"""Create the tables of the record."""

import sqlalchemy as sa
from alembic import op

revision = "main_0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "resource",
    "resource_version",
    "person",
    "search_token",
    "consent",
    "received_document",
    "transfer",
    "care_state",
)


def upgrade() -> None:
    """Create the tables."""
    _resource()
    _resource_version()
    _person()
    _search_token()
    _consent()
    _received_document()
    _transfer()
    _care_state()


def downgrade() -> None:
    """Drop the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _resource() -> None:
    op.create_table(
        "resource",
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("type", "id", name="pk_resource"),
    )
    op.create_index("ix_resource_owner_id_type", "resource", ["owner_id", "type"])


def _resource_version() -> None:
    op.create_table(
        "resource_version",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_resource_version"),
        sa.UniqueConstraint("type", "id", "version", name="uq_resource_version_type_id_version"),
    )
    op.create_index("ix_resource_version_owner_id_position", "resource_version", ["owner_id", "position"])


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("origin_partner", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
    )


def _search_token() -> None:
    op.create_table(
        "search_token",
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("resource_type", sa.String(), nullable=False),
        sa.Column("resource_id", sa.String(), nullable=False),
        sa.Column("param", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
    )
    op.create_index(
        "ix_search_token_param_kind_value_owner_id", "search_token", ["param", "kind", "value", "owner_id"]
    )
    op.create_index(
        "ix_search_token_resource_type_resource_id", "search_token", ["resource_type", "resource_id"]
    )


def _consent() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("data_classes", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("end", sa.Date(), nullable=False),
        sa.Column("discoverable", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("given_to", sa.String(), nullable=False),
        sa.Column("resource_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
    )
    op.create_index("ix_consent_owner_id_partner", "consent", ["owner_id", "partner"])


def _received_document() -> None:
    op.create_table(
        "received_document",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("inbox_id", sa.String(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("findings", sa.LargeBinary(), nullable=False),
        sa.Column("reviewed_by", sa.String(), nullable=False),
        sa.Column("reviewed", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_received_document"),
    )
    op.create_index("ix_received_document_owner_id_received", "received_document", ["owner_id", "received"])


def _transfer() -> None:
    op.create_table(
        "transfer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("request_msg_id", sa.String(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("covered_until", sa.Date(), nullable=True),
        sa.Column("closed", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_transfer"),
    )
    op.create_index("ix_transfer_owner_id", "transfer", ["owner_id"])
    op.create_index("ix_transfer_partner_task_id", "transfer", ["partner", "task_id"])
    op.create_index("ix_transfer_state_covered_until", "transfer", ["state", "covered_until"])


def _care_state() -> None:
    op.create_table(
        "care_state",
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("run_out", sa.Date(), nullable=True),
        sa.Column("next_contact", sa.Date(), nullable=True),
        sa.Column("risk", sa.String(), nullable=False),
        sa.Column("facility", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("transfer_state", sa.String(), nullable=False),
        sa.Column("computed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name="pk_care_state"),
    )
    op.create_index("ix_care_state_computed", "care_state", ["computed"])
    op.create_index("ix_care_state_next_contact", "care_state", ["next_contact"])
    op.create_index("ix_care_state_run_out", "care_state", ["run_out"])
