"""Tables of long work: jobs and the sealed parts of the files they make."""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table

from registry.store.tables.columns import instant, sealed, text


def job_table(metadata: MetaData) -> Table:
    """Return the jobs; what was asked for is sealed."""
    return Table(
        "job",
        metadata,
        text("id", key=True),
        *(text(name) for name in ("kind", "client", "state")),
        instant("created"),
        instant("snapshot"),
        sealed("request"),
        text("cursor"),
        *(Column(name, BigInteger(), nullable=False) for name in ("step", "done", "total")),
        text("error"),
        text("lease_owner"),
        *(instant(name, optional=True) for name in ("lease_until", "finished", "expires")),
        Index(None, "state", "created"),
    )


def job_part_table(metadata: MetaData) -> Table:
    """Return the parts of files, sealed under the job's own key."""
    return Table(
        "job_part",
        metadata,
        text("job_id", key=True),
        text("file", key=True),
        Column("number", Integer(), primary_key=True, nullable=False, autoincrement=False),
        text("type"),
        Column("count", Integer(), nullable=False),
        Column("size", BigInteger(), nullable=False),
        sealed("body"),
    )
