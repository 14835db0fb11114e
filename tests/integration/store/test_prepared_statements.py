"""Statements run by the driver itself fail and recover like those of the toolkit."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text

from registry.domain.model import Person
from registry.errors import Conflict, NotReady
from registry.store import tables
from registry.store.migrate import migrate
from registry.store.prepared import Prepared
from tests.contract.store.node import NOON, StoreNode, new_id, sealed, store_node, wrote


def test_a_clash_is_a_conflict_and_nothing_stays_of_the_unit(own_node: StoreNode) -> None:
    person = Person(new_id(), provisional=True, created=NOON)
    with own_node.committed() as unit:
        unit.people.add(person)
    with own_node.unit() as unit:
        unit.records.add(sealed(new_id()), wrote())
        with pytest.raises(Conflict):
            unit.people.add(person)
    with own_node.unit() as unit:
        assert unit.people.get(person.id) == person
        assert list(unit.records.digests()) == []


def test_values_come_back_as_what_their_columns_stand_for(own_node: StoreNode) -> None:
    row = replace(sealed(new_id(), body=bytes(range(256))), updated=NOON)
    with own_node.committed() as unit:
        unit.records.add(row, wrote())
    with own_node.unit() as unit:
        found = unit.records.current(row.type, row.id)
    assert found == row
    assert found is not None
    assert found.deleted is False


def test_a_defect_in_a_prepared_statement_is_not_hidden(own_node: StoreNode) -> None:
    wrong = Prepared(text("SELECT nothing FROM nowhere"))
    errors = own_node.engine.dialect.loaded_dbapi.Error
    with own_node.engine.connect() as connection, pytest.raises(errors):
        wrong.rows(connection, {})


def test_one_statement_serves_both_dialects_and_many_threads(own_node: StoreNode) -> None:
    count = Prepared(select(tables.person.c.id).where(tables.person.c.provisional.is_(True)))
    with own_node.engine.connect() as connection:
        assert count.rows(connection, {}) == count.rows(connection, {}) == []


@pytest.mark.postgres
def test_a_connection_cut_under_a_prepared_statement_is_replaced(postgres_url: str, tmp_path: Path) -> None:
    node, other = (store_node(postgres_url, tmp_path) for _ in range(2))
    migrate(node.engine, node.key_engine)
    row = sealed(new_id())
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    with node.unit() as unit:
        unit.records.add(row, wrote())
        other.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}")
        with pytest.raises(NotReady):
            unit.records.current(row.type, row.id)
    with node.unit() as unit:
        assert unit.records.current(row.type, row.id) is None
    for one in (node, other):
        one.close()


@pytest.mark.postgres
def test_idle_connections_that_were_cut_are_noticed_before_use(postgres_url: str, tmp_path: Path) -> None:
    node, other = (store_node(postgres_url, tmp_path) for _ in range(2))
    migrate(node.engine, node.key_engine)
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    for _ in range(3):
        with node.unit() as unit:
            unit.people.count()
        other.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}")
    with node.unit() as unit:
        assert unit.people.count() == 0
    for one in (node, other):
        one.close()
