"""Erasing a person: two people agree, everything goes, reads answer 410, the trail stays whole."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from registry.domain.model import Caller
from registry.errors import Conflict, Gone, NotAllowed, NotFound, Unprocessable
from registry.store import tables
from registry.store.keys import erasures
from registry.usecases.access import trail
from registry.usecases.care.people import lookup, register
from registry.usecases.care.record import record_care
from registry.usecases.erasure import erase
from registry.usecases.keys import approvals
from tests.integration.keys.conftest import ANA, LUIS, OPERATOR, REASON
from tests.walks.nodes import Pair, WalkNode, exchanged, somebody, treated

Agreed = Callable[[WalkNode, str, str], str]


def everything(node: WalkNode, person_id: str) -> dict[str, int]:
    """Return for each table how many rows of a person still hold something."""
    found = {}
    for table in erasures.REMOVED:
        column = "id" if table.name == "person" else "owner_id"
        found[table.name] = node.run(f"SELECT count(*) FROM {table.name} WHERE {column} = ?", person_id)[0][0]
    for table in erasures.BLANKED:
        words = f"SELECT count(*) FROM {table.name} WHERE owner_id = ? AND length(body) > 0"
        found[table.name] = node.run(words, person_id)[0][0]
    return found


def test_every_table_with_an_owner_is_dealt_with() -> None:
    with_owner = {table.name for table in tables.MAIN.sorted_tables if "owner_id" in table.c}
    dealt_with = {table.name for table in (*erasures.REMOVED, *erasures.BLANKED)}
    assert with_owner | {"person"} == dealt_with


def test_an_erased_person_is_gone_everywhere_and_the_trail_stays_whole(pair: Pair, agreed: Agreed) -> None:
    who = exchanged(pair)
    node = pair.pe
    before = everything(node, who.at_pe)
    assert min(before[name] for name in ("resource", "search_token", "care_state", "alias", "outbox")) > 0
    other = register.register(node.services, node.caller(), somebody()).person_id
    treated(node, other)

    done = erase.erase(node.services, OPERATOR, who.at_pe, agreed(node, "erase", who.at_pe))

    assert done.resources > 0
    assert set(everything(node, who.at_pe).values()) == {0}
    for _ in range(2):
        with pytest.raises(Gone) as refused:
            record_care.read(node.services, node.caller(), "Patient", who.at_pe)
        assert refused.value.status == 410
    assert everything(node, other)["resource"] > 1
    versions = node.look(lambda unit: unit.records.history_of_owner(who.at_pe))
    assert versions
    assert all(version.deleted and not version.body for version in versions)
    assert record_care.read(node.services, node.caller(), "Patient", other)
    verdict = trail.verify(node.services)
    assert verdict.ok, verdict
    actions = [row["action"] for row in trail.about(node.services, OPERATOR, who.at_pe)]
    assert {"create", "erase-person", "destroy-key"} <= set(actions)


def test_the_key_of_an_erased_person_is_in_no_table_and_a_tombstone_is_kept(
    lone_pair: Pair, agreed: Agreed
) -> None:
    node = lone_pair.pe
    person = register.register(node.services, node.caller(), somebody()).person_id
    assert node.services.keyring.version(person) == 1
    done = erase.erase(node.services, OPERATOR, person, agreed(node, "erase", person))
    assert node.services.keyring.version(person) == 0
    assert person not in node.services.keyring.owners("", 500)
    (kept,) = node.services.tombstones.all()
    assert (kept.pseudonym, kept.done) == (done.pseudonym, True)
    assert person not in node.services.settings.tombstones_file.read_text()
    assert [each.done for each in node.look(lambda unit: unit.erasures.tombstones())] == [True]


def test_nothing_new_is_written_for_an_erased_person(lone_pair: Pair, agreed: Agreed) -> None:
    node = lone_pair.pe
    person = register.register(node.services, node.caller(), somebody()).person_id
    erase.erase(node.services, OPERATOR, person, agreed(node, "erase", person))
    with pytest.raises((Unprocessable, Gone, NotFound)):
        treated(node, person)
    assert node.services.keyring.version(person) == 0
    with pytest.raises((Gone, NotFound)):
        erase.erase(node.services, OPERATOR, person, agreed(node, "erase", person))


@pytest.mark.parametrize("stop", ["before the tombstone file", "before the key"])
def test_an_erasure_that_was_cut_short_is_finished(lone_pair: Pair, agreed: Agreed, stop: str) -> None:
    node = lone_pair.pe
    person = register.register(node.services, node.caller(), somebody()).person_id

    class Stopped(Exception):
        pass

    class Stops:
        def add(self, tombstone: object) -> None:
            raise Stopped

        def erase(self, owner_id: str) -> None:
            raise Stopped

    at = {"tombstones": Stops()} if "file" in stop else {"vault": Stops()}
    broken = replace(node.services, **at)  # type: ignore[arg-type]
    approval = agreed(node, "erase", person)
    with pytest.raises(Stopped):
        erase.erase(broken, OPERATOR, person, approval)
    assert node.services.keyring.version(person) == 1
    assert erase.finish(node.services, OPERATOR) == 1
    assert node.services.keyring.version(person) == 0
    assert len(node.services.tombstones.all()) == 1
    assert erase.finish(node.services, OPERATOR) == 0


def test_one_person_alone_erases_nobody(pair: Pair) -> None:
    node = pair.pe
    person = register.register(node.services, node.caller(), somebody()).person_id
    asked = approvals.ask(node.services, ANA, "erase", person, REASON)
    with pytest.raises(NotAllowed, match="second person"):
        erase.erase(node.services, OPERATOR, person, asked)
    with pytest.raises(NotAllowed, match="Somebody else"):
        approvals.confirm(node.services, ANA, asked)
    for role in ("clinician", "system", "worker", "partner"):
        with pytest.raises(NotAllowed, match="role"):
            approvals.confirm(node.services, Caller("user:x", role, "pe"), asked)  # type: ignore[arg-type]
    assert record_care.read(node.services, node.caller(), "Patient", person)


def test_an_approval_is_for_one_act_on_one_person_and_used_once(pair: Pair, agreed: Agreed) -> None:
    node = pair.pe
    one, other = (register.register(node.services, node.caller(), somebody()).person_id for _ in range(2))
    approval = agreed(node, "erase", one)
    with pytest.raises(NotAllowed, match="something else"):
        erase.erase(node.services, OPERATOR, other, approval)
    wrong = agreed(node, "destroy-key", one)
    with pytest.raises(NotAllowed, match="something else"):
        erase.erase(node.services, OPERATOR, one, wrong)
    with pytest.raises(NotFound):
        erase.erase(node.services, OPERATOR, one, "no such approval")
    with pytest.raises(Conflict, match="confirmed already"):
        approvals.confirm(node.services, LUIS, approval)
    erase.erase(node.services, OPERATOR, one, approval)
    with pytest.raises(Conflict, match="been used"), node.services.unit() as unit:
        approvals.spend(unit, OPERATOR, approval, "erase", one)


def test_an_approval_runs_out(pair: Pair, agreed: Agreed) -> None:
    node = pair.pe
    person = register.register(node.services, node.caller(), somebody()).person_id
    approval = agreed(node, "erase", person)
    waiting = approvals.ask(node.services, ANA, "erase", person, REASON)
    shown = {each.approval.id: each for each in approvals.waiting(node.services, LUIS)}
    assert (shown[waiting].subject, shown[waiting].reason) == (person, REASON)
    node.run("UPDATE approval SET expires = 1")
    assert approvals.waiting(node.services, LUIS) == []
    with pytest.raises(Conflict, match="run out"):
        erase.erase(node.services, OPERATOR, person, approval)
    with pytest.raises(Conflict, match="run out"):
        approvals.confirm(node.services, LUIS, waiting)


def test_an_erased_person_is_found_by_no_search(pair: Pair, agreed: Agreed) -> None:
    node = pair.pe
    new = somebody()
    person = register.register(node.services, node.caller(), new).person_id
    wanted = lookup.Lookup(identifier=new.identifiers[0][1])
    assert [row.person_id for row in lookup.find(node.services, node.caller(), wanted)] == [person]
    erase.erase(node.services, OPERATOR, person, agreed(node, "erase", person))
    assert list(lookup.find(node.services, node.caller(), wanted)) == []
