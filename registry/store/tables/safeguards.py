"""Tables of approvals by two people and of tombstones of erased people."""

from sqlalchemy import Boolean, Column, MetaData, Table

from registry.store.tables.columns import instant, sealed, text


def approval_table(metadata: MetaData) -> Table:
    """Return the requests for dangerous acts; what was asked for is sealed."""
    return Table(
        "approval",
        metadata,
        text("id", key=True),
        *(text(name) for name in ("act", "digest")),
        sealed("request"),
        text("asked_by"),
        instant("asked"),
        instant("expires"),
        text("confirmed_by"),
        *(instant(name, optional=True) for name in ("confirmed", "used")),
    )


def tombstone_table(metadata: MetaData) -> Table:
    """Return who was erased: a pseudonym and a time, nothing else."""
    return Table(
        "tombstone",
        metadata,
        text("pseudonym", key=True),
        instant("at"),
        Column("done", Boolean(), nullable=False),
    )
