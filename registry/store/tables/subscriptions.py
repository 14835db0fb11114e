"""Tables of subscriptions: what a partner wants to be told of, and the events for it."""

from sqlalchemy import BigInteger, Boolean, Column, Index, MetaData, Table

from registry.store.tables.columns import instant, text


def subscription_table(metadata: MetaData) -> Table:
    """Return what the queue needs of each subscription; the resource itself is sealed like others."""
    return Table(
        "subscription",
        metadata,
        text("id", key=True),
        *(text(name) for name in ("client", "topic", "state")),
        instant("created"),
        *(Column(name, BigInteger(), nullable=False) for name in ("events", "heartbeat")),
        *(instant(name, optional=True) for name in ("sent", "ends")),
        text("error"),
        Column("deleted", Boolean(), nullable=False),
        Index(None, "client", "created"),
        Index(None, "topic", "state"),
    )


def subscription_event_table(metadata: MetaData) -> Table:
    """Return the events; a number is given when one is about to leave, and never twice."""
    return Table(
        "subscription_event",
        metadata,
        text("id", key=True),
        *(text(name) for name in ("subscription_id", "owner_id")),
        instant("at"),
        *(text(name) for name in ("focus", "status")),
        Column("number", BigInteger(), nullable=False),
        text("item_id"),
        instant("delivered", optional=True),
        Index(None, "subscription_id", "number"),
        Index(None, "at"),
    )
