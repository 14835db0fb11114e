"""What is refused about keys, and what a damaged row does to a change of keys."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from registry.crypto.adapters.tombstones import TombstoneFile
from registry.crypto.sealing import key_changes
from registry.crypto.sealing.key_copy import pack, unpack
from registry.crypto.sealing.key_files import KeyFilesUnsafe, create_key_folder, read_text
from registry.domain.bulk.job import Job
from registry.domain.keys.erased import Tombstone
from registry.errors import BadInput, Conflict, Misconfigured, NotFound, Unreadable
from registry.store.backup.lines import read_line, read_row
from registry.store.backup.load import load
from registry.usecases.access import trail
from registry.usecases.bulk import ending
from registry.usecases.care.people import register
from registry.usecases.care.record import record_care
from registry.usecases.erasure import erase
from registry.usecases.keys import approvals, noting, rotation
from registry.usecases.keys.rotation import Wanted
from tests.integration.keys.conftest import ANA, LUIS, OPERATOR, REASON
from tests.walks.nodes import Pair, WalkNode, somebody
from workers import long
from workers.schedule import REPEATS
from workers.work import Bench

Agreed = Callable[[WalkNode, str, str], str]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def to_the_end(node: WalkNode, job: str) -> str | None:
    state: str | None = "working"
    while state == "working":
        state = rotation.work(node.services, job, "test")
    return state


@pytest.mark.parametrize(
    ("act", "subject", "reason"),
    [("dance", "p1", REASON), ("erase", "", REASON), ("erase", "p" * 501, REASON), ("erase", "p1", "short")],
)
def test_a_request_needs_a_known_act_a_subject_and_a_reason(
    pair: Pair, act: str, subject: str, reason: str
) -> None:
    with pytest.raises(BadInput):
        approvals.ask(pair.pe.services, ANA, act, subject, reason)


def test_a_damaged_row_stops_no_change_and_is_named_by_the_trail(lone_pair: Pair) -> None:
    node = lone_pair.pe
    damaged, whole = (register.register(node.services, node.caller(), somebody()).person_id for _ in range(2))
    ((body,),) = node.run("SELECT body FROM resource WHERE id = ?", damaged)
    node.run("UPDATE resource SET body = ? WHERE id = ?", body[:-1] + bytes([body[-1] ^ 1]), damaged)
    job = rotation.begin(node.services, OPERATOR, Wanted("dek", grace=0))
    assert to_the_end(node, job) == "done"
    index = rotation.begin(node.services, OPERATOR, Wanted("index", grace=0))
    assert to_the_end(node, index) == "done"
    assert record_care.read(node.services, node.caller(), "Patient", whole)
    with pytest.raises(Unreadable):
        record_care.read(node.services, node.caller(), "Patient", damaged)
    verdict = trail.verify(node.services)
    assert (verdict.ok, verdict.first_bad) == (False, f"Patient/{damaged}")


def test_only_one_worker_works_on_a_change_and_a_lost_key_ends_it(lone_pair: Pair) -> None:
    node = lone_pair.pe
    person = register.register(node.services, node.caller(), somebody()).person_id
    job = rotation.begin(node.services, OPERATOR, Wanted("dek", person))
    with node.services.unit() as unit:
        assert unit.jobs.claim(job, "somebody else", 60)
        unit.commit()
    assert rotation.work(node.services, job, "test") is None
    node.run("UPDATE job SET lease_until = 1")
    node.services.vault.erase(f"job:{job}")
    assert rotation.work(node.services, job, "test") == "failed"
    with pytest.raises(BadInput):
        rotation.begin(node.services, OPERATOR, Wanted("session"))  # type: ignore[arg-type]


def test_a_change_of_the_index_key_that_failed_goes_on_with_the_key_it_made(lone_pair: Pair) -> None:
    node = lone_pair.pe
    register.register(node.services, node.caller(), somebody())
    job = rotation.begin(node.services, OPERATOR, Wanted("index", grace=0))
    node.run("UPDATE job SET state = 'failed' WHERE id = ?", job)
    again = rotation.begin(node.services, OPERATOR, Wanted("index", grace=0))
    assert to_the_end(node, again) == "done"
    names = [fact.name for fact in node.services.keyring.facts() if fact.use == "index"]
    assert names == ["index-root-0002"]


def test_files_of_exports_go_with_an_erased_person(lone_pair: Pair, agreed: Agreed) -> None:
    node = lone_pair.pe
    person = register.register(node.services, node.caller(), somebody()).person_id
    made = Job("done-export", "export", "hospital", "working", NOON, NOON, b"sealed")
    with node.services.unit() as unit:
        unit.jobs.add(made)
        unit.jobs.finish(made.id, "done", datetime(2126, 1, 1, tzinfo=UTC))
        unit.jobs.add(replace(made, id="working-export"))
        unit.commit()
    erase.erase(node.services, OPERATOR, person, agreed(node, "erase", person))
    assert dict(node.run("SELECT id, state FROM job")) == {
        "done-export": "done",
        "working-export": "cancelled",
    }
    assert ending.remove(node.services) == 2


def test_keys_are_promoted_and_destroyed_only_when_they_are_there(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    create_key_folder(folder)
    with pytest.raises(NotFound):
        key_changes.promote(folder, "signing")
    with pytest.raises(NotFound):
        key_changes.destroy(folder, "kek-0009")
    key_changes.add_coming(folder, "signing")
    with pytest.raises(Conflict, match="promote"):
        key_changes.add_coming(folder, "signing")


@pytest.mark.parametrize("text", [b"", b"\xff\xfe", b"a\x07b"])
def test_a_pin_that_is_no_line_of_text_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "pkcs11.pin"
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises(KeyFilesUnsafe, match="damaged"):
        read_text(tmp_path, path.name)


def test_a_copy_of_keys_holds_plain_names_only(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    create_key_folder(folder)
    words = "a passphrase of many words"
    packed = pack(folder, words, cost=2**10)
    assert unpack(packed, words, tmp_path / "back") == len(list(folder.iterdir()))
    (folder / "Odd name").write_bytes(b"x")
    with pytest.raises(Unreadable):
        unpack(pack(folder, words, cost=2**10), words, tmp_path / "odd")
    for wrong in (b"", b"{}\n", b'{"format": "mhr.keys.v1", "cost": 3, "salt": ""}\n', packed[:-1]):
        with pytest.raises(Unreadable):
            unpack(wrong, words, tmp_path / "wrong")


def test_a_line_of_tombstones_that_cannot_be_read_stops_everything(tmp_path: Path) -> None:
    file = TombstoneFile(tmp_path / "erased.jsonl")
    assert file.all() == ()
    for _ in range(2):
        file.add(Tombstone("p1", NOON))
    assert [(each.pseudonym, each.at) for each in file.all()] == [("p1", NOON)]
    with (tmp_path / "erased.jsonl").open("a") as more:
        more.write("{}\n")
    with pytest.raises(Misconfigured, match="cannot be read"):
        file.all()


def test_lines_that_are_no_rows_are_refused(lone_pair: Pair) -> None:
    with pytest.raises(BadInput):
        read_line(b"no json")
    with pytest.raises(BadInput):
        read_row([1, 2], [("one", "number")])
    with pytest.raises(BadInput):
        load(lone_pair.pe.engine, [b"[1]"], lambda *_: True)


def test_what_operators_do_is_in_the_trail(pair: Pair) -> None:
    noting.note(pair.pe.services, OPERATOR, "backup", (("rows", 3),))
    approvals.ask(pair.pe.services, LUIS, "erase", "p1", REASON)
    rows = trail.recent(pair.pe.services, OPERATOR, 10)
    assert {"backup", "ask-approval"} <= {row["action"] for row in rows}
    assert not [row for row in rows if REASON in str(row)]


def test_a_worker_goes_on_with_a_change_and_finishes_an_erasure(lone_pair: Pair) -> None:
    node = lone_pair.pe
    person = register.register(node.services, node.caller(), somebody()).person_id
    job = rotation.begin(node.services, OPERATOR, Wanted("kek"))
    with node.services.unit() as unit:
        erase.remove(unit, OPERATOR, person)
        unit.commit()
    services = node.services
    tasks: dict[str, Callable[..., None]] = {}

    class Application:
        """Keep tasks by name."""

        def task(self, run: Callable[..., None], name: str) -> None:
            tasks[name] = run

    long.register(Bench(Application(), lambda: services), "test")  # type: ignore[arg-type]
    assert (long.ROTATE, job) in ending.due(services, 10)
    tasks[long.ROTATE](job)
    tasks[long.FINISH]()
    assert rotation.unfinished(services) == ""
    assert services.keyring.under()["kek-0001"] == 0
    assert services.keyring.version(person) == 0
    assert long.FINISH in {repeat.task for repeat in REPEATS}
