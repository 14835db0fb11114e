"""Tables of the exchange: outbox, inbox, aliases, receipts."""

from sqlalchemy import Column, Index, Integer, MetaData, String, Table, UniqueConstraint
from sqlalchemy import text as sql

from registry.store.tables.columns import instant, sealed, text


def outbox_table(metadata: MetaData) -> Table:
    """Return what is to be sent; every row ends in a named state."""
    return Table(
        "outbox",
        metadata,
        text("id", key=True),
        text("partner"),
        text("owner_id"),
        text("alias"),
        Column("seq", Integer(), nullable=False),
        text("msg_id"),
        text("kind"),
        text("state"),
        instant("created"),
        text("in_reply_to"),
        text("consent_id"),
        text("actor"),
        Column("attempts", Integer(), nullable=False),
        instant("next_attempt", optional=True),
        text("lease_owner"),
        instant("lease_until", optional=True),
        text("last_error"),
        text("digest"),
        sealed("body"),
        instant("sent", optional=True),
        instant("finished", optional=True),
        UniqueConstraint("partner", "msg_id"),
        Index(None, "state", "next_attempt"),
        Index(None, "owner_id"),
        Index(None, "created"),
    )


def inbox_table(metadata: MetaData) -> Table:
    """Return what was received, once per partner and message id."""
    return Table(
        "inbox",
        metadata,
        text("id", key=True),
        text("partner"),
        text("msg_id"),
        text("kind"),
        Column("seq", Integer(), nullable=False),
        text("alias"),
        text("digest"),
        text("state"),
        instant("received"),
        text("in_reply_to"),
        instant("expires", optional=True),
        text("owner_id"),
        sealed("body"),
        text("note"),
        sealed("findings"),
        instant("processed", optional=True),
        Column("attempts", Integer(), nullable=False),
        Column("consent_digest", String(), nullable=False, server_default=""),
        UniqueConstraint("partner", "msg_id"),
        Index(None, "state", "received"),
        Index(None, "partner", "alias", "kind", "seq"),
    )


def alias_table(metadata: MetaData) -> Table:
    """Return the random names of people; of our own minting one per partner and person."""
    return Table(
        "alias",
        metadata,
        text("partner", key=True),
        text("alias", key=True),
        text("owner_id"),
        text("minted_by"),
        instant("added"),
        Index(None, "partner", "owner_id"),
        Index(
            "uq_alias_ours",
            "partner",
            "owner_id",
            unique=True,
            sqlite_where=sql("minted_by = 'us'"),
            postgresql_where=sql("minted_by = 'us'"),
        ),
    )


def alias_seq_table(metadata: MetaData) -> Table:
    """Return the counters of messages about an alias."""
    return Table(
        "alias_seq",
        metadata,
        text("partner", key=True),
        text("alias", key=True),
        Column("seq", Integer(), nullable=False),
    )


def receipt_table(metadata: MetaData) -> Table:
    """Return the signed receipts in both directions."""
    return Table(
        "receipt",
        metadata,
        text("direction", key=True),
        text("partner", key=True),
        text("msg_id", key=True),
        text("status", key=True),
        text("digest"),
        instant("at"),
        text("jws"),
        Index(None, "partner", "at"),
    )
