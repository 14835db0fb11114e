"""Several documents about one person: what a newer one replaces, and what adds up."""

import json
from typing import Any

import pytest

from fhir import wire
from registry.domain.model import Caller
from registry.usecases.care.chart import at_a_glance, summary
from registry.usecases.exchange.receiving import door, receive
from registry.usecases.exchange.receiving import review as incoming
from registry.usecases.exchange.sending import send_summary
from tests.walks.nodes import Pair, WalkNode, exchanged, new_number, treated

SENDER = Caller("partner:fhir-demo", "partner", "fhir-demo", scopes=("system/*.cruds",))
CARD = "urn:puente:test:card"


def allergy(name: str, resource_id: str = "") -> dict[str, Any]:
    named = {"id": resource_id} if resource_id else {}
    return {
        "resourceType": "AllergyIntolerance",
        **named,
        "clinicalStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                    "code": "active",
                }
            ]
        },
        "patient": {"reference": "Patient/p"},
        "code": {"text": name},
    }


def bundle(number: str, *resources: dict[str, Any], kind: str = "collection") -> dict[str, Any]:
    person = {"resourceType": "Patient", "id": "p", "identifier": [{"system": CARD, "value": number}]}
    composition = {
        "resourceType": "Composition",
        "id": "c",
        "status": "final",
        "type": {"coding": [{"system": "http://loinc.org", "code": "60591-5"}]},
        "subject": {"reference": "Patient/p"},
        "date": "2026-10-01",
        "author": [{"display": "x"}],
        "title": "Summary",
    }
    first = [composition] if kind == "document" else []
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [{"resource": each} for each in (*first, person, *resources)],
    }


def bring(node: WalkNode, content: dict[str, Any]) -> str:
    """Bring a document in; return the person it was kept for."""
    data = json.dumps(content).encode()
    answer = door.accept_document(node.services, SENDER, data, content["resourceType"])
    receive.process(node.services, answer.inbox_id)
    return incoming.status(node.services, node.caller("worker"), answer.inbox_id).person_id


def allergies(node: WalkNode, person_id: str) -> list[str]:
    chart = at_a_glance.chart(node.services, node.caller(), person_id)
    return sorted(allergy.concept.text for allergy in chart.allergies)


def test_what_a_partner_sends_piece_by_piece_adds_up(lima: WalkNode) -> None:
    number = new_number()
    people = {bring(lima, bundle(number, allergy(name))) for name in ("Abacavir", "Nevirapina", "Látex")}
    (person_id,) = people
    assert allergies(lima, person_id) == ["Abacavir", "Látex", "Nevirapina"]
    chart = at_a_glance.chart(lima.services, lima.caller(), person_id)
    assert len(chart.documents) == 3


def test_a_newer_resource_replaces_the_one_of_the_same_id(lima: WalkNode) -> None:
    number = new_number()
    bring(lima, bundle(number, allergy("Abacavir", "a1"), allergy("Látex", "a2")))
    person_id = bring(lima, bundle(number, allergy("Nevirapina", "a1")))
    assert allergies(lima, person_id) == ["Látex", "Nevirapina"]


def test_two_of_one_id_in_one_document_are_both_shown(lima: WalkNode) -> None:
    person_id = bring(lima, bundle(new_number(), allergy("Abacavir", "a"), allergy("Látex", "a")))
    assert allergies(lima, person_id) == ["Abacavir", "Látex"]


def test_a_newer_summary_replaces_the_older_one_and_leaves_the_pieces(lima: WalkNode) -> None:
    number = new_number()
    bring(lima, bundle(number, allergy("Abacavir")))
    bring(lima, bundle(number, allergy("Nevirapina"), kind="document"))
    person_id = bring(lima, bundle(number, allergy("Látex"), kind="document"))
    assert allergies(lima, person_id) == ["Abacavir", "Látex"]


def test_of_another_node_the_newest_summary_speaks(pair: Pair) -> None:
    who = exchanged(pair)
    treated(pair.co, who.at_co, days_ago=0, days=30)
    send_summary.queue_summary(pair.co.services, pair.co.caller(), who.at_co, "pe")
    pair.pump()
    chart = at_a_glance.chart(pair.pe.services, pair.pe.caller(), who.at_pe)
    assert (len(chart.documents), len(chart.dispenses), chart.supply.days_on_hand) == (2, 2, 39)


def test_a_summary_without_findings_speaks(pair: Pair) -> None:
    who = exchanged(pair)
    pair.pe.run("UPDATE received_document SET findings = ? WHERE owner_id = ?", b"", who.at_pe)
    document = summary.summary(pair.pe.services, pair.pe.caller(), who.at_pe)
    assert b"MedicationDispense" in document
    chart = at_a_glance.chart(pair.pe.services, pair.pe.caller(), who.at_pe)
    assert (chart.documents[0].errors, chart.documents[0].warnings) == (0, 0)


@pytest.mark.parametrize("reviewed", [False, True])
def test_documents_of_the_plain_door_are_passed_on_once_somebody_has_looked(
    lima: WalkNode, reviewed: bool
) -> None:
    number = new_number()
    person_id = bring(lima, bundle(number, allergy("Abacavir")))
    chart = at_a_glance.chart(lima.services, lima.caller(), person_id)
    if reviewed:
        incoming.mark_reviewed(lima.services, lima.caller(), chart.documents[0].inbox_id)
    bring(lima, bundle(number, allergy("Látex"), kind="document"))  # nobody has looked at this one
    document = wire.parse(summary.summary(lima.services, lima.caller(), person_id))
    told = [
        entry["resource"]["code"]["text"]
        for entry in document["entry"]
        if entry["resource"]["resourceType"] == "AllergyIntolerance"
        and "Aba" in entry["resource"]["code"].get("text", "")
    ]
    assert told == (["Abacavir"] if reviewed else [])
    assert "Látex" not in json.dumps(document, ensure_ascii=False)
