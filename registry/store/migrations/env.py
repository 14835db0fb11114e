"""Run one history on the connection that registry/store/migrate.py opened and locked."""

from alembic import context

options = context.config.attributes
context.configure(
    connection=options["connection"], target_metadata=options["metadata"], transactional_ddl=True
)
context.run_migrations()
