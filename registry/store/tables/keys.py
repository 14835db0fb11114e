"""The key table: wrapped data keys, in a file or schema of their own, so that their backups part."""

from sqlalchemy import Column, Integer, MetaData, Table

from registry.store.tables.columns import metadata, sealed, text

KEYS: MetaData = metadata()

owner_key = Table(
    "owner_key",
    KEYS,
    text("owner_id", key=True),
    Column("dek_version", Integer(), primary_key=True, autoincrement=False, nullable=False),
    text("kek_id"),
    sealed("wrapped"),
)
