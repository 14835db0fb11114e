"""Table of what is built from a record and kept, so that it need not be built again."""

from sqlalchemy import Index, MetaData, Table

from registry.store.tables.columns import day, sealed, text


def kept_summary_table(metadata: MetaData) -> Table:
    """Return the table of summaries as built, one of each variant (language and recipient) of a person."""
    return Table(
        "kept_summary",
        metadata,
        text("owner_id", key=True),
        text("variant", key=True),
        text("made_from"),
        sealed("body"),
        day("day"),
        Index(None, "day"),
    )
