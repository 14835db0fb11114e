"""Back up, erase, restore yesterday: the others are back, the erased person is not."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from config import load
from registry.cli.backup import backup_command, digest_of
from registry.cli.restore import restore_command
from registry.demo.prepare import DemoNode
from registry.errors import Gone
from registry.store.backup.load import SEQ_JUMP
from registry.store.engine import make_key_engine
from registry.usecases.access import trail
from registry.usecases.care.people import lookup, register
from registry.usecases.care.record import record_care
from registry.usecases.erasure import erase
from registry.usecases.keys import rotation
from registry.usecases.keys.rotation import Wanted
from tests.integration.keys.conftest import OPERATOR, Done, run_command
from tests.servers.postgres import PostgresServer
from tests.walks.nodes import Pair, WalkNode, exchanged, somebody, treated, walk_node

Agreed = Callable[[WalkNode, str, str], str]
COMMANDS = {"backup": backup_command, "restore": restore_command}


def puente(demo: DemoNode, *words: str) -> Done:
    return run_command(COMMANDS[words[0]], demo, *words[1:])


@pytest.fixture
def emptied(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[WalkNode], DemoNode]:
    """Give a function that returns the same node on new, empty databases with its old key folder."""

    def empty(node: WalkNode) -> DemoNode:
        folder = tmp_path / "second"
        changes = {"PUENTE_VAR": str(folder)}
        if node.dialect == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres_server")
            name = server.create_database()
            request.addfinalizer(lambda: server.drop_database(name))
            changes["DATABASE_URL"] = server.url(name)
        folder.mkdir(mode=0o700)
        shutil.copytree(node.services.settings.key_dir, folder / "keys")
        (folder / "keys").chmod(0o700)
        given = {**node.demo.environ, **changes}
        return DemoNode(node.code, given, load(given))

    return empty


def test_an_erased_person_stays_erased_when_yesterdays_backup_is_restored(
    own_pair: Pair, agreed: Agreed, tmp_path: Path, emptied: Callable[[WalkNode], DemoNode]
) -> None:
    """Test 5 of the list."""
    node = own_pair.pe
    who, stays = exchanged(own_pair), exchanged(own_pair)
    new = somebody()
    other = register.register(node.services, node.caller(), new).person_id
    treated(node, other)
    trail.chain(node.services)
    trail.checkpoint(node.services, force=True)
    yesterday = tmp_path / "yesterday"
    said = puente(node.demo, "backup", str(yesterday))
    assert said.returncode == 0, said.stderr
    erase.erase(node.services, OPERATOR, who.at_pe, agreed(node, "erase", who.at_pe))
    before = dict(node.run("SELECT alias, seq FROM alias_seq"))

    later = emptied(node)
    said = puente(later, "restore", str(yesterday))
    assert said.returncode == 0, said.stderr
    assert "Erased again: 1" in said.stdout
    back = walk_node(later, None, own_pair.clock)
    try:
        with pytest.raises(Gone):
            record_care.read(back.services, node.caller(), "Patient", who.at_pe)
        assert back.services.keyring.version(who.at_pe) == 0
        held = "SELECT count(*) FROM resource WHERE owner_id = ? AND length(body) > 0"
        assert back.run(held, who.at_pe) == [(0,)]
        assert back.run("SELECT count(*) FROM search_token WHERE owner_id = ?", who.at_pe) == [(0,)]
        for kept in (other, stays.at_pe):
            assert record_care.read(back.services, node.caller(), "Patient", kept)
        by_document = lookup.Lookup(identifier=new.identifiers[0][1])
        found = lookup.find(back.services, node.caller(), by_document)
        assert [row.person_id for row in found] == [other]
        treated(back, other)
        verdict = trail.verify(back.services)
        assert verdict.ok, verdict
        after = dict(back.run("SELECT alias, seq FROM alias_seq"))
        assert after
        assert all(seq > SEQ_JUMP and seq > before.get(alias, 0) for alias, seq in after.items())
        assert "restore" in {row["action"] for row in trail.recent(back.services, OPERATOR)}
    finally:
        back.close()


def test_a_restored_key_table_never_holds_the_key_of_an_erased_person(
    lone_pair: Pair, agreed: Agreed, tmp_path: Path, emptied: Callable[[WalkNode], DemoNode]
) -> None:
    """Even when the restore is cut short right after the keys."""
    node = lone_pair.pe
    person, stays = (register.register(node.services, node.caller(), somebody()).person_id for _ in range(2))
    assert puente(node.demo, "backup", str(tmp_path / "b")).returncode == 0
    erase.erase(node.services, OPERATOR, person, agreed(node, "erase", person))
    later = emptied(node)
    (tmp_path / "b" / "database.sealed").write_bytes(b"{}")
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text())
    manifest["archives"]["database.sealed"]["sha256"] = digest_of(tmp_path / "b" / "database.sealed")
    (tmp_path / "b" / "manifest.json").write_text(json.dumps(manifest))
    assert puente(later, "restore", str(tmp_path / "b")).returncode == 8
    keys = make_key_engine(later.settings.key_database)
    with keys.connect() as connection:
        owners = {row[0] for row in connection.exec_driver_sql("SELECT owner_id FROM owner_key")}
    keys.dispose()
    assert owners == {stays}


def test_a_backup_is_refused_over_data_by_another_node_and_when_it_was_changed(
    lone_pair: Pair, tmp_path: Path, emptied: Callable[[WalkNode], DemoNode]
) -> None:
    node = lone_pair.pe
    register.register(node.services, node.caller(), somebody())
    folder = tmp_path / "b"
    assert puente(node.demo, "backup", str(folder)).returncode == 0
    again = puente(node.demo, "backup", str(folder))
    assert (again.returncode, "exists already" in again.stderr) == (5, True)
    over = puente(node.demo, "restore", str(folder), "--nobody-erased")
    assert (over.returncode, "holds data" in over.stderr) == (5, True)
    other = puente(lone_pair.co.demo, "restore", str(folder), "--nobody-erased")
    assert (other.returncode, "another node" in other.stderr) == (2, True)
    later = emptied(node)
    unsure = puente(later, "restore", str(folder))
    assert (unsure.returncode, "Who was erased" in unsure.stderr) == (2, True)
    data = bytearray((folder / "database.sealed").read_bytes())
    data[-1] ^= 1
    (folder / "database.sealed").write_bytes(data)
    changed = puente(later, "restore", str(folder), "--nobody-erased")
    assert (changed.returncode, "not the file that was written" in changed.stderr) == (2, True)
    (folder / "keys.sealed").unlink()
    alone = puente(later, "restore", str(folder), "--nobody-erased")
    assert (alone.returncode, "missing" in alone.stderr) == (4, True)


def test_a_backup_shows_nothing_and_only_its_owner_may_read_it(lone_pair: Pair, tmp_path: Path) -> None:
    node = lone_pair.pe
    person = register.register(node.services, node.caller(), somebody()).person_id
    folder = tmp_path / "b"
    assert puente(node.demo, "backup", str(folder)).returncode == 0
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    for path in folder.iterdir():
        data = path.read_bytes()
        assert person.encode() not in data
        assert b"run_out" not in data


def test_people_are_found_after_restoring_a_backup_older_than_the_index_key(
    lone_pair: Pair, tmp_path: Path, emptied: Callable[[WalkNode], DemoNode]
) -> None:
    node = lone_pair.pe
    new = somebody()
    person = register.register(node.services, node.caller(), new).person_id
    assert puente(node.demo, "backup", str(tmp_path / "b")).returncode == 0
    job = rotation.begin(node.services, OPERATOR, Wanted("index", grace=0))
    while rotation.work(node.services, job, "test") != "done":
        pass
    later = emptied(node)
    said = puente(later, "restore", str(tmp_path / "b"), "--nobody-erased")
    assert said.returncode == 0, said.stderr
    back = walk_node(later, None, lone_pair.clock)
    by_document = lookup.Lookup(identifier=new.identifiers[0][1])
    assert [row.person_id for row in lookup.find(back.services, node.caller(), by_document)] == [person]
    back.close()


def test_sqlite_data_may_be_restored_into_postgresql(
    lone_pair: Pair, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    node = lone_pair.pe
    person = register.register(node.services, node.caller(), somebody()).person_id
    treated(node, person)
    assert puente(node.demo, "backup", str(tmp_path / "b")).returncode == 0
    name = postgres_server.create_database()
    folder = tmp_path / "moved"
    folder.mkdir(mode=0o700)
    shutil.copytree(node.services.settings.key_dir, folder / "keys")
    given = {**node.demo.environ, "PUENTE_VAR": str(folder), "DATABASE_URL": postgres_server.url(name)}
    moved = DemoNode(node.code, given, load(given))
    said = puente(moved, "restore", str(tmp_path / "b"), "--nobody-erased")
    assert said.returncode == 0, said.stderr
    back = walk_node(moved, None, lone_pair.clock)
    assert record_care.read(back.services, node.caller(), "Patient", person)
    treated(back, person)
    assert trail.verify(back.services).ok
    back.close()
    postgres_server.drop_database(name)
