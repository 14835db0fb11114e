"""Tables of sign-in, the audit trail and the heartbeat."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

from registry.store.tables.columns import Words, instant, sealed, text


def app_user_table(metadata: MetaData) -> Table:
    """Return the people who sign in."""
    return Table(
        "app_user",
        metadata,
        text("id", key=True),
        Column("name", String(), nullable=False, unique=True),
        *(text(name) for name in ("display", "role", "organization", "facility", "region", "language")),
        text("password_hash"),
        sealed("totp"),
        Column("totp_step", BigInteger(), nullable=False),
        Column("disabled", Boolean(), nullable=False),
        Column("failures", Integer(), nullable=False),
        instant("locked_until", optional=True),
    )


def session_table(metadata: MetaData) -> Table:
    """Return the browser sessions by the digest of their random id."""
    return Table(
        "session",
        metadata,
        Column("digest", LargeBinary(), primary_key=True, nullable=False),
        Column("user_id", String(), ForeignKey("app_user.id"), nullable=False, index=True),
        instant("created"),
        instant("last_seen"),
        Column("auth_level", Integer(), nullable=False),
        text("language"),
        instant("ended", optional=True),
    )


def access_token_table(metadata: MetaData) -> Table:
    """Return the bearer tokens by their digest."""
    return Table(
        "access_token",
        metadata,
        Column("digest", LargeBinary(), primary_key=True, nullable=False),
        text("client_id"),
        Column("scopes", Words(), nullable=False),
        Column("expires", instant("expires").type, nullable=False, index=True),
    )


def jti_table(metadata: MetaData) -> Table:
    """Return the client assertions already used."""
    return Table(
        "jti",
        metadata,
        text("client_id", key=True),
        text("jti", key=True),
        Column("until", instant("until").type, nullable=False, index=True),
    )


def audit_event_table(metadata: MetaData) -> Table:
    """Return the events; insert-only, kept so by triggers."""
    return Table(
        "audit_event",
        metadata,
        text("event_id", key=True),
        instant("at"),
        *(text(name) for name in ("actor", "acts_for", "organization", "role", "action", "purpose")),
        text("patient_pseudonym"),
        text("object_ref"),
        text("outcome"),
        Column("version", Integer(), nullable=False),
        text("body_digest"),
        text("details"),
        Index(None, "at"),
        Index(None, "patient_pseudonym", "at"),
    )


def audit_waiting_table(metadata: MetaData) -> Table:
    """Return the ids of events without a chain row; a trigger fills it, so that the chainer need not scan."""
    return Table("audit_waiting", metadata, text("event_id", key=True))


def audit_chain_table(metadata: MetaData) -> Table:
    """Return the chain over the events; insert-only."""
    return Table(
        "audit_chain",
        metadata,
        Column("seq", BigInteger(), primary_key=True, autoincrement=False, nullable=False),
        Column("event_id", String(), nullable=False, unique=True),
        sealed("prev_hash"),
        sealed("hash"),
    )


def audit_checkpoint_table(metadata: MetaData) -> Table:
    """Return the signed checkpoints; insert-only."""
    return Table(
        "audit_checkpoint",
        metadata,
        Column("size", BigInteger(), primary_key=True, autoincrement=False, nullable=False),
        sealed("root"),
        instant("at"),
        text("text"),
        sealed("signature"),
    )


def heartbeat_table(metadata: MetaData) -> Table:
    """Return when each process was last alive."""
    return Table("heartbeat", metadata, text("name", key=True), instant("at"))
