"""Guard the audit trail: its rows are never changed or deleted, and every event waits for the chainer."""

from alembic import op

revision = "main_0005"
down_revision = "main_0004"
branch_labels = None
depends_on = None

INSERT_ONLY = ("audit_event", "audit_chain", "audit_checkpoint")
REFUSAL = "audit rows are never changed"


def upgrade() -> None:
    """Create the triggers."""
    statements = _postgresql() if op.get_context().dialect.name == "postgresql" else _sqlite()
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    """Drop the triggers."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuse() CASCADE")
        op.execute("DROP FUNCTION audit_wait() CASCADE")
        return
    op.execute("DROP TRIGGER audit_event_waits")
    for table in INSERT_ONLY:
        op.execute(f"DROP TRIGGER {table}_no_update")
        op.execute(f"DROP TRIGGER {table}_no_delete")


def _sqlite() -> list[str]:
    refusals = [
        f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        for table in INSERT_ONLY
        for act in ("update", "delete")
    ]
    waits = "INSERT INTO audit_waiting (event_id) VALUES (NEW.event_id)"
    return [*refusals, f"CREATE TRIGGER audit_event_waits AFTER INSERT ON audit_event BEGIN {waits}; END"]


def _postgresql() -> list[str]:
    refuse = f"BEGIN RAISE EXCEPTION '{REFUSAL}'; END"
    wait = "BEGIN INSERT INTO audit_waiting (event_id) VALUES (NEW.event_id); RETURN NULL; END"
    refusals = [
        f"CREATE TRIGGER {table}_{name} BEFORE {acts} ON {table} "
        f"FOR EACH {each} EXECUTE FUNCTION audit_refuse()"
        for table in INSERT_ONLY
        for name, acts, each in (
            ("no_change", "UPDATE OR DELETE", "ROW"),
            ("no_truncate", "TRUNCATE", "STATEMENT"),
        )
    ]
    return [
        f"CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {refuse} $$",
        f"CREATE FUNCTION audit_wait() RETURNS trigger LANGUAGE plpgsql AS $$ {wait} $$",
        *refusals,
        "CREATE TRIGGER audit_event_waits AFTER INSERT ON audit_event "
        "FOR EACH ROW EXECUTE FUNCTION audit_wait()",
    ]
