"""Documents of others through the door: kept as received, shown with findings, one provisional person."""

import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from fhir import bundle, wire
from registry.domain.model import Caller
from registry.errors import BadInput, NotAllowed, NotFound
from registry.usecases.care.chart import at_a_glance
from registry.usecases.care.people import register
from registry.usecases.care.record import record_care
from registry.usecases.exchange.receiving import describe, door, receive
from registry.usecases.exchange.receiving import review as incoming
from tests.walks.nodes import Pair, WalkNode, new_number, process_all, somebody

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
FILES = sorted(path for folder in ("ips", "hiv") for path in (DATA / folder).glob("*.json"))
SENDER = Caller("partner:fhir-demo", "partner", "fhir-demo", scopes=("system/*.cruds",))
OTHER = Caller("partner:co", "partner", "co", scopes=("system/*.cruds",))


def document(number: str = "", **patient: Any) -> dict[str, Any]:
    """Return a small collection about one person."""
    identifier = [{"system": "urn:puente:test:card", "value": number}] if number else []
    person: dict[str, Any] = {
        "resourceType": "Patient",
        "id": "p",
        "identifier": identifier,
        "name": [{"family": "Quispe", "given": ["Rosa"]}],
        "birthDate": "1988-02-29",
        **patient,
    }
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "patient": {"reference": "Patient/p"},
        "code": {"text": "Abacavir"},
    }
    entries = [person, allergy]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": f"http://example.org/{each['resourceType']}/{each['id']}", "resource": each}
            for each in entries
        ],
    }


def put_in(node: WalkNode, content: dict[str, Any] | bytes, caller: Caller = SENDER) -> door.DoorAnswer:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return door.accept_document(node.services, caller, data, json.loads(data)["resourceType"])


def processed(node: WalkNode, content: dict[str, Any] | bytes, caller: Caller = SENDER) -> door.DoorStatus:
    answer = put_in(node, content, caller)
    process_all(node.services)
    return incoming.status(node.services, node.caller("worker"), answer.inbox_id)


def sources(data: bytes) -> dict[str, int]:
    """Count the distinct resources of each group in a file, without any of our readers."""
    counts: Counter[str] = Counter()

    def walk(holder: dict[str, Any]) -> None:
        for entry in holder.get("entry", ()):
            resource = entry.get("resource") or {}
            if resource.get("resourceType") == "Bundle":
                walk(resource)
            elif resource:
                counts[describe.group_of(resource)] += 1

    content = json.loads(data)
    walk(content if content["resourceType"] == "Bundle" else {"entry": [{"resource": content}]})
    return {key: counts[key] for key in describe.SHOWN}


@pytest.mark.skipif(not FILES, reason="the documents of others are not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_document_of_others_is_stored_and_all_of_it_is_shown(pair: Pair, path: Path) -> None:
    data = path.read_bytes()
    node = pair.pe
    answer = put_in(node, data)
    assert receive.process(node.services, answer.inbox_id) == "review"
    status = incoming.status(node.services, SENDER, answer.inbox_id)
    assert (status.state, status.person_id) == ("review", "")
    assert status.seen == sources(data)
    view = incoming.open_incoming(node.services, node.caller(), answer.inbox_id)
    for section in view.sections:
        assert len({row.path for row in section.rows}) == len(section.rows)
        assert all(row.text for row in section.rows)
    assert all(issue.text and issue.rule and issue.severity for issue in view.findings)
    kept = node.look(lambda unit: unit.documents.get(answer.inbox_id))
    assert kept is not None
    place = ("received_document", kept.id, "body", 1)
    assert node.services.vault.open(kept.owner_id, place, kept.body) == data
    at_a_glance.chart(node.services, node.caller(), kept.owner_id)
    again = put_in(node, data)
    assert (again.inbox_id, again.repeated) == (answer.inbox_id, True)


def test_an_incomplete_document_has_findings_to_act_on(pair: Pair) -> None:
    path = DATA / "ips" / "new_incomplete_IPS_Example.json"
    if not path.exists():
        pytest.skip("the documents of others are not here")
    status = processed(pair.co, path.read_bytes())
    assert status.findings
    assert all(issue.path or issue.rule == "findings-capped" for issue in status.findings)


def test_the_same_bytes_twice_are_one_document_for_each_sender(pair: Pair) -> None:
    content = document(new_number())
    first = put_in(pair.pe, content)
    assert not first.repeated
    assert put_in(pair.pe, content) == door.DoorAnswer(first.inbox_id, True)
    assert not put_in(pair.pe, content, OTHER).repeated


def test_a_new_person_is_provisional_and_shown_as_such_until_confirmed(pair: Pair) -> None:
    node = pair.pe
    status = processed(node, document(new_number()))
    services, caller = node.services, node.caller()
    assert "match-none" in [issue.rule for issue in status.findings] or status.person_id
    line = next(
        line for line in incoming.incoming(services, caller, ("review",)) if line.id == status.document_id
    )
    assert (line.provisional, line.person_name, line.partner_name) == (True, "Rosa Quispe", "Puerta FHIR")
    assert at_a_glance.chart(services, caller, status.person_id).person.provisional
    incoming.mark_reviewed(services, caller, status.document_id, confirm_person=True)
    chart = at_a_glance.chart(services, caller, status.person_id)
    assert not chart.person.provisional
    assert chart.documents[0].reviewed
    assert [allergy.concept.text for allergy in chart.allergies] == ["Abacavir"]
    incoming.mark_reviewed(services, caller, status.document_id)
    view = incoming.open_incoming(services, caller, status.document_id)
    assert (view.item.state, view.item.reviewed) == ("processed", True)


def test_a_known_person_gets_the_document(pair: Pair) -> None:
    node, number = pair.pe, new_number()
    person = register.register(node.services, node.caller(), somebody(number)).person_id
    system = node.services.node.identifier_kind("ve-ci").system  # type: ignore[union-attr]
    content = document(identifier=[{"system": system, "value": f"V-{number[:2]}.{number[2:]}"}])
    content["entry"][0]["resource"]["birthDate"] = "1991-04"
    status = processed(node, content)
    assert (status.person_id, status.state) == (person, "review")
    second = {**content, "language": "es"}
    del second["entry"][1]
    assert processed(node, second).person_id == person


@pytest.mark.parametrize("case", ["two", "birth date"])
def test_an_unclear_match_is_a_provisional_person_to_be_decided(pair: Pair, case: str) -> None:
    node, number = pair.pe, new_number()
    people = [register.register(node.services, node.caller(), somebody(number)).person_id]
    if case == "two":
        people.append(register.register(node.services, node.caller(), somebody(number)).person_id)
    system = node.services.node.identifier_kind("ve-ci").system  # type: ignore[union-attr]
    born = "1991-04-12" if case == "two" else "1992-04-12"
    content = document(identifier=[{"system": system, "value": f"V{number}"}], birthDate=born)
    status = processed(node, content)
    assert status.person_id not in people
    assert node.look(lambda unit: unit.people.get(status.person_id)).provisional  # type: ignore[union-attr]
    item = node.look(lambda unit: unit.inbox.get(status.document_id))
    assert item is not None
    assert "match-unclear" in [issue.rule for issue in receive.findings_of(node.services, item)]


def test_the_sender_never_learns_who_was_matched(pair: Pair) -> None:
    answer = put_in(pair.pe, document(new_number()))
    process_all(pair.pe.services)
    status = incoming.status(pair.pe.services, SENDER, answer.inbox_id)
    assert status.person_id == ""
    assert not any(issue.rule.startswith("match-") for issue in status.findings)
    for stranger, inbox_id in ((OTHER, answer.inbox_id), (SENDER, "nobody")):
        with pytest.raises(NotFound):
            incoming.status(pair.pe.services, stranger, inbox_id)


def test_two_documents_of_one_new_person_at_once_make_one_person(pair: Pair, scaled: Any) -> None:
    for _ in range(scaled(200)):
        node, number = pair.pe, new_number()
        answers = [put_in(node, document(number, language=each)) for each in ("es", "pt", "en", "fr")]
        gate = threading.Barrier(len(answers))

        def work(inbox_id: str, gate: threading.Barrier = gate) -> None:
            gate.wait(20)
            receive.process(pair.pe.services, inbox_id)

        threads = [threading.Thread(target=work, args=(answer.inbox_id,)) for answer in answers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        items = [node.look(lambda unit, a=answer: unit.inbox.get(a.inbox_id)) for answer in answers]  # type: ignore[misc]
        assert {item.state for item in items if item} == {"review"}
        assert len({item.owner_id for item in items if item}) == 1


def test_what_cannot_be_a_valid_patient_stays_in_the_document(pair: Pair) -> None:
    content = document(new_number(), gender="someone", birthDate="29/02/1988")
    status = processed(pair.pe, content)
    stored = record_care.read(pair.pe.services, pair.pe.caller(), "Patient", status.person_id)
    patient = wire.parse(stored.body)
    assert patient["name"] == [{"family": "Quispe", "given": ["Rosa"]}]
    assert "gender" not in patient
    assert "birthDate" not in patient


@pytest.mark.parametrize(
    "content",
    [
        {"resourceType": "Observation", "id": "x", "status": "final", "code": {"text": "CD4"}},
        {"resourceType": "Bundle", "type": "searchset", "total": 0},
        {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": {"resourceType": "Nonsense"}}]},
        {"resourceType": "Bundle"},
        {"resourceType": "Bundle", "type": "document", "entry": [{}, 7, None, {"resource": 1}]},
    ],
    ids=["single", "empty", "unknown type", "no type", "broken entries"],
)
def test_whatever_is_fhir_json_is_kept_and_put_before_a_person(pair: Pair, content: dict[str, Any]) -> None:
    content = {**content, "language": new_number()}
    status = processed(pair.pe, content)
    assert status.state == "review"
    assert status.findings or content["resourceType"] != "Bundle"
    view = incoming.open_incoming(pair.pe.services, pair.pe.caller(), status.document_id)
    assert view.item.kind == "fhir"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"nope",
        b'{"resourceType":"Bundle","type":"a","type":"b"}',
        b'{"resourceType":"Bundle","entry":' + b"[" * 70 + b"]" * 70 + b"}",
        b'{"resourceType":"Bundle"',
        b'{"resourceType":"Patient"}',
        b"\xff\xfe{}",
    ],
)
def test_what_is_not_fhir_json_is_refused_and_not_stored(pair: Pair, data: bytes) -> None:
    before = pair.pe.run("SELECT count(*) FROM inbox")
    with pytest.raises(BadInput):
        door.accept_document(pair.pe.services, SENDER, data, "Bundle")
    assert pair.pe.run("SELECT count(*) FROM inbox") == before


def test_what_is_too_large_is_refused(pair: Pair) -> None:
    services = pair.pe.with_settings(message_limit=1000)
    data = json.dumps(document("x" * 2000)).encode()
    with pytest.raises(BadInput):
        door.accept_document(services, SENDER, data, "Bundle")


def test_only_partners_whose_token_covers_it_may_bring_documents(pair: Pair) -> None:
    data = json.dumps(document()).encode()
    reader = Caller("partner:fhir-demo", "partner", "fhir-demo", scopes=("system/*.rs",))
    for caller in (reader, pair.pe.caller(), pair.pe.caller("administrator")):
        with pytest.raises(NotAllowed):
            door.accept_document(pair.pe.services, caller, data, "Bundle")


def test_incoming_shows_every_kind_but_receipts_and_survives_a_deleted_patient(pair: Pair) -> None:
    node = pair.pe
    services, caller = node.services, node.caller()
    status = processed(node, document(new_number()))
    node.run("DELETE FROM received_document WHERE id = ?", status.document_id)
    record_care.delete(services, caller, "Patient", status.person_id)
    line = next(line for line in incoming.incoming(services, caller) if line.id == status.document_id)
    assert line.person_name == ""
    assert incoming.open_incoming(services, caller, status.document_id).sections == ()
    incoming.mark_reviewed(services, caller, status.document_id)
    for act in (incoming.open_incoming, incoming.mark_reviewed):
        with pytest.raises(NotFound):
            act(services, caller, "nobody")


def test_a_deleted_person_is_nobody_to_match(pair: Pair) -> None:
    node, number = pair.pe, new_number()
    status = processed(node, document(number))
    tokens = node.run("SELECT param, kind, value FROM search_token WHERE owner_id = ?", status.person_id)
    node.run("DELETE FROM received_document WHERE id = ?", status.document_id)
    record_care.delete(node.services, node.caller(), "Patient", status.person_id)
    for param, kind, value in tokens:  # even when somebody puts the tokens back
        node.run(
            "INSERT INTO search_token (owner_id, resource_type, resource_id, param, kind, value) "
            "VALUES (?, 'Patient', ?, ?, ?, ?)", status.person_id, status.person_id, param, kind, value,
        )  # fmt: skip
    assert processed(node, document(number, gender="female")).person_id != status.person_id


def test_what_waits_to_be_read_is_listed_without_findings(pair: Pair) -> None:
    answer = put_in(pair.pe, document(new_number()))
    view = incoming.open_incoming(pair.pe.services, pair.pe.caller(), answer.inbox_id)
    assert (view.item.state, view.findings, view.sections) == ("received", (), ())
    process_all(pair.pe.services)


def test_a_document_is_read_from_its_own_bytes(pair: Pair) -> None:
    data = json.dumps(document(new_number())).encode()
    answer = door.accept_document(pair.pe.services, SENDER, data, "Bundle")
    process_all(pair.pe.services)
    view = incoming.open_incoming(pair.pe.services, pair.pe.caller(), answer.inbox_id)
    assert [(section.key, len(section.rows)) for section in view.sections] == [("allergies", 1)]
    assert len(bundle.read(data).resources) == 2
