"""Tables of the record: sealed resources, people and their search tokens, consents, documents, transfers."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, UniqueConstraint

from registry.store.tables.columns import Words, day, instant, sealed, text


def _versioned() -> tuple[Column[int] | Column[bool], ...]:
    return Column("version", Integer(), nullable=False), Column("deleted", Boolean(), nullable=False)


def resource_table(metadata: MetaData) -> Table:
    """Return the table of newest versions; the body is an envelope."""
    return Table(
        "resource",
        metadata,
        text("type", key=True),
        text("id", key=True),
        text("owner_id"),
        *_versioned(),
        instant("updated"),
        sealed("body"),
        Index(None, "owner_id", "type"),
    )


def resource_version_table(metadata: MetaData) -> Table:
    """Return the table of every version; `position` tells the order in which they were written."""
    return Table(
        "resource_version",
        metadata,
        Column("position", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
        text("type"),
        text("id"),
        text("owner_id"),
        *_versioned(),
        instant("updated"),
        sealed("body"),
        UniqueConstraint("type", "id", "version"),
        Index(None, "owner_id", "position"),
    )


def person_table(metadata: MetaData) -> Table:
    """Return the table of people, the owners of sealed rows."""
    return Table(
        "person",
        metadata,
        text("id", key=True),
        Column("provisional", Boolean(), nullable=False),
        instant("created"),
        text("origin_partner"),
    )


def search_token_table(metadata: MetaData) -> Table:
    """Return the blind index; not unique, because two records of one person may exist."""
    return Table(
        "search_token",
        metadata,
        text("owner_id"),
        text("resource_type"),
        text("resource_id"),
        text("param"),
        text("kind"),
        sealed("value"),
        Index(None, "param", "kind", "value", "owner_id"),
        Index(None, "resource_type", "resource_id"),
    )


def consent_table(metadata: MetaData) -> Table:
    """Return the projection that the consent gate reads."""
    return Table(
        "consent",
        metadata,
        text("id", key=True),
        text("owner_id"),
        text("partner"),
        Column("data_classes", Words(), nullable=False),
        text("purpose"),
        day("start"),
        day("end"),
        Column("discoverable", Boolean(), nullable=False),
        text("state"),
        text("given_to"),
        text("resource_id"),
        Column("version", Integer(), nullable=False),
        text("digest"),
        instant("stored"),
        Index(None, "owner_id", "partner"),
    )


def received_document_table(metadata: MetaData) -> Table:
    """Return the documents of others, sealed as received."""
    return Table(
        "received_document",
        metadata,
        text("id", key=True),
        text("owner_id"),
        text("partner"),
        text("inbox_id"),
        instant("received"),
        text("digest"),
        sealed("body"),
        sealed("findings"),
        text("reviewed_by"),
        instant("reviewed", optional=True),
        Index(None, "owner_id", "received"),
    )


def transfer_table(metadata: MetaData) -> Table:
    """Return the transfers of care."""
    return Table(
        "transfer",
        metadata,
        text("id", key=True),
        text("owner_id"),
        text("partner"),
        text("direction"),
        text("state"),
        text("alias"),
        text("task_id"),
        text("request_msg_id"),
        instant("created"),
        instant("updated"),
        day("covered_until", optional=True),
        instant("closed", optional=True),
        text("reason"),
        Index(None, "owner_id"),
        Index(None, "partner", "task_id"),
        Index(None, "state", "covered_until"),
    )


def care_state_table(metadata: MetaData) -> Table:
    """Return the clear projection that work lists range over."""
    return Table(
        "care_state",
        metadata,
        text("owner_id", key=True),
        day("run_out", optional=True),
        day("next_contact", optional=True),
        text("risk"),
        text("facility"),
        text("region"),
        text("transfer_state"),
        instant("computed"),
        Index(None, "run_out"),
        Index(None, "next_contact"),
        Index(None, "computed"),
    )
