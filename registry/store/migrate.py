"""Bring database and key table to the schema of this version, also when several processes try at once."""

from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData

from registry.store.engine import BEGIN, DEFERRED, KEY_SCHEMA
from registry.store.tables import KEYS, MAIN

_FOLDER = Path(__file__).parent / "migrations"
# Any number will do as long as every process takes the same one.
_LOCK = 7_306_089_128_416_905_081
# Alembic keeps the migration at work in globals of its modules: one at a time in this process.
_ALEMBIC = Lock()


@dataclass(frozen=True)
class History:
    """One chain of migrations and the tables it leads to."""

    name: str
    metadata: MetaData
    schema: str = ""

    def config(self) -> Config:
        """Return the settings of Alembic for this history."""
        config = Config()
        config.set_main_option("script_location", _escaped(_FOLDER))
        config.set_main_option("version_locations", _escaped(_FOLDER / self.name))
        config.set_main_option("path_separator", "os")
        config.attributes["metadata"] = self.metadata
        return config

    def head(self) -> str:
        """Return the newest revision of this version of the software."""
        return ScriptDirectory.from_config(self.config()).get_current_head() or ""


MAIN_HISTORY = History("main", MAIN)
KEY_HISTORY = History("keys", KEYS, KEY_SCHEMA)


def migrate(engine: Engine, key_engine: Engine) -> None:
    """Create or upgrade both schemas; does nothing when they are current."""
    move(key_engine, KEY_HISTORY)
    move(engine, MAIN_HISTORY)


def is_current(engine: Engine, key_engine: Engine) -> bool:
    """Tell whether both schemas are those of this version of the software."""
    pairs = ((engine, MAIN_HISTORY), (key_engine, KEY_HISTORY))
    return all(revision(one) == history.head() for one, history in pairs)


def revision(engine: Engine) -> str:
    """Return the revision a database is at, or nothing when it is empty."""
    with engine.execution_options(**{BEGIN: DEFERRED}).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def move(engine: Engine, history: History, target: str = "head", *, down: bool = False) -> None:
    """Move one schema up, or down to a target, in one transaction that only one process runs at a time."""
    with _ALEMBIC, engine.begin() as connection:
        _wait_for_others(connection, history)
        config = history.config()
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, target)


def _wait_for_others(connection: Connection, history: History) -> None:
    """SQLite began IMMEDIATE and has waited already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        if history.schema:
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {history.schema}")


def _escaped(path: Path) -> str:
    """Return a path for Alembic's settings, where a percent sign has a meaning."""
    return str(path).replace("%", "%%")
