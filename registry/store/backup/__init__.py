"""All rows of a database as lines, and lines as rows again: the same on SQLite and PostgreSQL."""
