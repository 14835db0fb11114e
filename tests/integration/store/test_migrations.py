"""The schema that the migrations make is the one the code uses, on both dialects and for both histories."""

from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, inspect

from registry.store.migrate import KEY_HISTORY, MAIN_HISTORY, History, is_current, migrate, move, revision
from registry.store.tables import KEYS, MAIN
from tests.contract.store.node import StoreNode, new_id, sealed, store_node, wrote


def tables(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def differences(engine: Engine, metadata: MetaData) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_schemas": False}
        )
        return list(compare_metadata(context, metadata))


def test_the_migrated_schema_is_that_of_the_metadata(own_node: StoreNode) -> None:
    assert differences(own_node.engine, MAIN) == []
    assert differences(own_node.key_engine, KEYS) == []
    assert tables(own_node.engine) == set(MAIN.tables)
    assert tables(own_node.key_engine) == set(KEYS.tables)


def test_the_migrated_columns_have_the_types_of_the_metadata(own_node: StoreNode, tmp_path: Path) -> None:
    """The comparison of Alembic overlooks some: compare what the database itself says."""
    assert _columns(own_node.engine) == _columns_of_metadata(own_node, tmp_path)


def _columns(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with engine.connect() as connection:
        inspector = inspect(connection)
        return {
            table: [
                (
                    column["name"],
                    str(column["type"]),
                    bool(column["nullable"]),
                    column.get("primary_key", 0),
                )
                for column in inspector.get_columns(table)
            ]
            for table in sorted(MAIN.tables)
        }


def _columns_of_metadata(node: StoreNode, folder: Path) -> dict[str, list[tuple[object, ...]]]:
    if node.dialect == "sqlite":
        other = store_node(f"sqlite:///{folder / 'metadata.sqlite'}", folder)
        MAIN.create_all(other.engine)
        found = _columns(other.engine)
        other.close()
        return found
    move(node.engine, MAIN_HISTORY, "base", down=True)
    MAIN.create_all(node.engine)
    return _columns(node.engine)


def test_key_and_main_tables_live_apart(own_node: StoreNode) -> None:
    assert not tables(own_node.engine) & tables(own_node.key_engine)


def test_an_empty_database_is_not_current_and_a_migrated_one_is(empty_node: StoreNode) -> None:
    assert not is_current(empty_node.engine, empty_node.key_engine)
    migrate(empty_node.engine, empty_node.key_engine)
    assert is_current(empty_node.engine, empty_node.key_engine)
    move(empty_node.engine, MAIN_HISTORY, "-1", down=True)
    assert not is_current(empty_node.engine, empty_node.key_engine)


def test_migrating_again_changes_nothing(own_node: StoreNode) -> None:
    row = sealed(new_id())
    with own_node.committed() as unit:
        unit.records.add(row, wrote())
    migrate(own_node.engine, own_node.key_engine)
    with own_node.unit() as unit:
        assert unit.records.current(row.type, row.id) == row


def test_every_step_goes_down_and_up_again(own_node: StoreNode) -> None:
    for engine, history in ((own_node.engine, MAIN_HISTORY), (own_node.key_engine, KEY_HISTORY)):
        steps = _revisions(history)
        for step in reversed(steps):
            assert revision(engine) == step
            move(engine, history, "-1", down=True)
        assert tables(engine) == set()
        assert revision(engine) == ""
        for step in steps:
            move(engine, history, "+1")
            assert revision(engine) == step
    assert differences(own_node.engine, MAIN) == []
    with own_node.committed() as unit:
        unit.records.add(sealed(new_id()), wrote())
        assert unit.audit.chain(10) == 1


def _revisions(history: History) -> list[str]:
    scripts = ScriptDirectory.from_config(history.config())
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


def _migrate(node: StoreNode) -> None:
    migrate(node.engine, node.key_engine)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_several_processes_may_migrate_at_once(empty_node: StoreNode) -> None:
    children = [get_context("fork").Process(target=_migrate, args=(empty_node,)) for _ in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0, 0, 0]
    assert is_current(empty_node.engine, empty_node.key_engine)


def test_several_threads_may_migrate_several_nodes_at_once(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(4)]
    nodes = [store_node(f"sqlite:///{folder / 'one.sqlite'}", folder) for folder in folders]
    with ThreadPoolExecutor(len(nodes)) as pool:
        list(pool.map(_migrate, nodes))
    assert all(is_current(node.engine, node.key_engine) for node in nodes)
    for node in nodes:
        node.close()


def test_a_migration_that_fails_leaves_nothing_half_done(empty_node: StoreNode) -> None:
    # The last step will find its table taken.
    empty_node.run("CREATE TABLE audit_checkpoint (size INTEGER)")
    with pytest.raises(Exception, match="audit_checkpoint"):
        move(empty_node.engine, MAIN_HISTORY)
    assert tables(empty_node.engine) == {"audit_checkpoint"}
    assert revision(empty_node.engine) == ""
