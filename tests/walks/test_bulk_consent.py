"""A partner of another programme exports exactly the people who agreed to it, and only as long as they do."""

import json
from pathlib import Path

import pytest

from registry.domain.bulk import blocks
from registry.domain.model import Caller
from registry.errors import Gone
from registry.usecases.bulk import status
from registry.usecases.bulk.exporting import start as exporting
from registry.usecases.bulk.exporting import steps
from registry.usecases.bulk.exporting.request import ExportRequest
from registry.usecases.bulk.importing import files as import_files
from registry.usecases.care.record import care_state, sealing
from registry.usecases.exchange import corridor
from tests.walks.nodes import Pair, WalkNode, ask, consent, somebody, traveller, treated

ABROAD = Caller("partner:co", "partner", "co", scopes=("system/*.rs",))
ALL = ExportRequest("x", "system")


def exported(node: WalkNode, request: ExportRequest = ALL) -> str:
    job_id = exporting.start(node.services, ABROAD, request).id
    assert steps.work(node.services, job_id, "w") == "done"
    return job_id


def fetched(node: WalkNode, job_id: str) -> dict[str, set[str]]:
    """Return the ids in the files, by type."""
    found: dict[str, set[str]] = {}
    for file in status.status(node.services, ABROAD, job_id).files:
        for block in status.blocks_of(node.services, ABROAD, job_id, file.name):
            lines = [json.loads(line) for line in blocks.unpack(block).splitlines()]
            found.setdefault(file.type, set()).update(line["id"] for line in lines)
    return found


def test_who_agreed_is_exported_and_nobody_else(pair: Pair) -> None:
    agreed, silent = traveller(pair), traveller(pair)
    only_identity = traveller(pair)
    dispenses = {who.at_pe: treated(pair.pe, who.at_pe) for who in (agreed, silent, only_identity)}
    consent(pair.pe, agreed.at_pe, "co")
    consent(pair.pe, only_identity.at_pe, "co", data_classes=("identity",))
    found = fetched(pair.pe, exported(pair.pe))
    assert {agreed.at_pe, only_identity.at_pe} <= found["Patient"]
    assert silent.at_pe not in found["Patient"]
    assert dispenses[agreed.at_pe] in found["MedicationDispense"]
    assert not {dispenses[who.at_pe] for who in (silent, only_identity)} & found["MedicationDispense"]


def test_files_close_when_somebody_in_them_withdraws(pair: Pair) -> None:
    who = traveller(pair)
    agreement = consent(pair.pe, who.at_pe, "co")
    job_id = exported(pair.pe)
    assert who.at_pe in fetched(pair.pe, job_id)["Patient"]
    corridor.withdraw_consent(pair.pe.services, pair.pe.caller(), agreement)
    with pytest.raises(Gone):
        fetched(pair.pe, job_id)
    assert who.at_pe not in fetched(pair.pe, exported(pair.pe)).get("Patient", set())


def test_a_consent_that_changes_during_a_step_is_seen(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    who = traveller(pair, family=somebody().family)
    agreement = consent(pair.pe, who.at_pe, "co")
    gather = steps.gathering.of_people
    turns = []

    def withdraws(*arguments):  # type: ignore[no-untyped-def]
        found = gather(*arguments)
        if not turns:
            turns.append(1)
            corridor.withdraw_consent(pair.pe.services, pair.pe.caller(), agreement)
        return found

    monkeypatch.setattr(steps.gathering, "of_people", withdraws)
    wanted = ExportRequest("x", "patient", ("Patient",), None, (who.at_pe,))
    assert fetched(pair.pe, exported(pair.pe, wanted)) == {}
    assert turns


def test_everybody_exported_can_see_it_in_their_trail(pair: Pair) -> None:
    who = traveller(pair)
    consent(pair.pe, who.at_pe, "co")
    exported(pair.pe)
    events = pair.pe.look(lambda unit: unit.audit.about(who.at_pe, 50))
    assert any(event["action"] == "export" and event["actor"] == ABROAD.id for event in events)


def test_an_imported_dispense_closes_the_transfer_that_waits_for_it(pair: Pair, tmp_path: Path) -> None:
    who = traveller(pair)
    treated(pair.co, who.at_co)
    ask(pair, who)
    pair.pump()
    (transfer,) = pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))
    assert transfer.state == "accepted"
    path = tmp_path / "MedicationDispense.ndjson"
    handed_over = {
        "resourceType": "MedicationDispense",
        "id": f"imported-{who.at_pe}",
        "status": "completed",
        "medicationCodeableConcept": {"text": "TDF/3TC/DTG"},
        "subject": {"reference": f"Patient/{who.at_pe}"},
        "whenHandedOver": pair.pe.services.today().isoformat(),
    }
    path.write_text(json.dumps(handed_over))
    import_files.run(pair.pe.services, pair.pe.caller("system"), path, lambda _: None)
    (closed,) = pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))
    assert closed.state == "closed"
    pair.pump()
    (told,) = pair.co.look(lambda unit: unit.transfers.of(who.at_co))
    assert told.state == "closed"


def test_care_states_of_imported_people_are_computed_afterwards(pair: Pair, tmp_path: Path) -> None:
    who = traveller(pair)
    before = pair.pe.look(lambda unit: unit.care.get(who.at_pe))
    assert before is not None
    assert before.run_out is None
    path = tmp_path / "MedicationDispense.ndjson"
    dispense = json.loads(
        pair.pe.services.vault.open(*sealed_row(pair.pe, treated(pair.pe, traveller(pair).at_pe)))
    )
    dispense |= {"id": f"moved-{who.at_pe}", "subject": {"reference": f"Patient/{who.at_pe}"}}
    path.write_text(json.dumps(dispense))
    import_files.run(pair.pe.services, pair.pe.caller("system"), path, lambda _: None)
    while care_state.recompute_stale(pair.pe.services, 100):
        pass
    after = pair.pe.look(lambda unit: unit.care.get(who.at_pe))
    assert after is not None
    assert after.run_out is not None


def sealed_row(node: WalkNode, dispense_id: str) -> tuple[str, tuple[str, str, str, int], bytes]:
    row = node.look(lambda unit: unit.records.current("MedicationDispense", dispense_id))
    assert row is not None
    return row.owner_id, sealing.place(row.type, row.id, row.version), row.body
