"""Write every row of a database as lines, all of one moment, while others go on working."""

from collections.abc import Collection, Iterator

from sqlalchemy import Engine, MetaData, func, select

from registry.store.backup.lines import columns_of, head, plain_table, row_line
from registry.store.engine import BEGIN, DEFERRED
from registry.store.tables import MAIN

_PAGE = 500
# Not to be brought back: who is signed in, what was shown alive, and what a trigger fills by itself.
LEFT_OUT = frozenset({"session", "access_token", "heartbeat", "audit_waiting", "kept_summary"})


def rows_of(engine: Engine, metadata: MetaData, left_out: Collection[str] = LEFT_OUT) -> Iterator[bytes]:
    """Yield the lines of all tables, as one reader sees them at one moment."""
    if engine.dialect.name == "postgresql":
        options: dict[str, object] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    else:
        options = {BEGIN: DEFERRED}
    with engine.connect().execution_options(**options) as connection:
        for source in metadata.sorted_tables:
            if source.name in left_out:
                continue
            columns = columns_of(source)
            yield head(source.name, columns)
            stored = plain_table(source.name, columns)
            order = [stored.c[each.name] for each in source.primary_key]
            wanted = select(*stored.c).order_by(*order)
            with connection.execute(wanted, execution_options={"yield_per": _PAGE}) as found:
                for row in found:
                    yield row_line(row)


def is_empty(engine: Engine) -> bool:
    """Tell whether a database of this schema holds no person, no user and no audit event."""
    with engine.execution_options(**{BEGIN: DEFERRED}).connect() as connection:
        return not any(
            connection.execute(select(func.count()).select_from(MAIN.tables[name])).scalar_one()
            for name in ("audit_event", "app_user", "person", "resource")
        )
