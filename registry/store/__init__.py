"""Storage behind the ports: SQLAlchemy Core on SQLite and PostgreSQL, with the same behaviour on both."""
