"""Documents made by real implementers: all are read, none raises, and each gives findings to act on."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from fhir import bundle, profiles, wire
from fhir.bundle import Received
from tests.conftest import scale
from tests.unit.fhir.mutants import mutants

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
FILES = sorted(DATA.glob("*/*.json"))
pytestmark = pytest.mark.skipif(not FILES, reason="the documents of others are not beside the project")

# file: kind, resources in the file, and rules that must be among the findings
EXPECTED: dict[str, tuple[str, int, set[str]]] = {
    "AR_Repository_Example_01": (
        "document",
        9,
        {"json-type", "unknown-element", "cardinality", "ait-1", "bdl-10", "section-code", "ref-unresolved"},
    ),
    "BR_may2024_connectathon": ("document", 54, {"section-text", "retired-code"}),
    "CA-IPS-Bundle1Example": ("document", 8, set()),
    "DE_no_info_with_Advance_Directive": ("document", 7, {"ref-unresolved"}),
    "EU_IPS_wylem_bars": ("document", 137, {"cardinality", "summary-element", "retired-code"}),
    "HK_IPS_Sample1": ("document", 6, set()),
    "NL_Curavista_01": ("document", 15, {"full-url-relative"}),
    "NZ_Peter_Jordan_AAA1234": ("document", 12, set()),
    "UK_NHSx_IPS_Example_01-modified": ("document", 16, {"full-url-relative", "ref-unresolved"}),
    "US_Epic_Jan_emptyReason": ("document", 14, {"ref-unresolved"}),
    "US_MEDITECH_ips_3": ("searchset", 30, {"ref-unresolved"}),
    "new_incomplete_IPS_Example": ("document", 111, {"txt-2"}),
    "ohie24-examples": ("collection", 14, {"ref-unresolved"}),
}


def read(path: Path) -> Received:
    return bundle.read(path.read_bytes())


def by_name(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_a_real_document_is_read_whole(path: Path) -> None:
    received = read(path)
    kind, count, _ = EXPECTED[path.stem]
    sent = Counter(entry["resource"]["resourceType"] for entry in json.loads(path.read_bytes())["entry"])
    assert (received.kind, len(received.resources)) == (kind, count)
    assert Counter(item.type for item in received.resources) == sent
    assert all(item.readable for item in received.resources)
    assert received.patient is not None


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_the_findings_of_a_real_document_name_place_rule_and_what_to_do(path: Path) -> None:
    findings = read(path).findings
    assert EXPECTED[path.stem][2] <= {finding.rule for finding in findings}
    assert len(findings) < 20
    for finding in findings:
        assert finding.path.startswith("Bundle")
        assert finding.text.endswith(".")
        assert place(json.loads(path.read_bytes()), finding.path), finding.path


def place(content: Any, path: str) -> bool:
    """Tell whether a path leads to a place that is there, or is missing from a holder that is there."""
    steps = path.replace("[x]", "").replace("[", ".").replace("]", "").split(".")[1:]
    node = content
    for number, step in enumerate(steps):
        following = node[int(step)] if isinstance(node, list) else node.get(step)
        if following is None:
            return number == len(steps) - 1
        node = following
    return True


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_no_value_of_a_real_document_is_repeated_in_its_findings(path: Path) -> None:
    patient = read(path).patient
    assert patient is not None
    names = [name.get("family") for name in patient.get("name", ())]
    values = [item.get("value") for item in patient.get("identifier", ())]
    said = " ".join(finding.text for finding in read(path).findings)
    assert not [value for value in (*names, *values, patient.get("birthDate")) if value and value in said]


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_every_medicine_of_a_real_document_has_a_name(path: Path) -> None:
    medicines = read(path).of_type("MedicationStatement", "MedicationRequest")
    for item in medicines:
        concept = item.resolved["medicationCodeableConcept"]
        assert concept.get("text") or concept["coding"][0].get("display") or concept["coding"][0]["code"]


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_reading_leaves_the_original_as_it_was(path: Path) -> None:
    before = wire.parse(path.read_bytes())
    resources = [item.resource for item in read(path).resources]
    assert resources == [entry["resource"] for entry in before["entry"]]


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_every_view_of_a_real_document_has_the_shape_of_its_type(path: Path) -> None:
    for item in read(path).resources:
        rules = {issue.rule for issue in profiles.issues(item.resolved)}
        assert not rules & {"json-type", "unknown-element", "empty-value"}


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_canonical_bytes_of_a_real_document_are_stable_and_keep_every_number(path: Path) -> None:
    once = wire.canonical(wire.parse(path.read_bytes()))
    assert wire.canonical(wire.parse(once)) == once
    tokens: dict[str, Any] = {"parse_float": str, "parse_int": str}
    assert json.loads(once, **tokens) == json.loads(path.read_text(encoding="utf-8"), **tokens)


def test_the_sections_of_the_argentine_document_are_understood_although_one_code_is_wrong() -> None:
    received = read(DATA / "ips" / "AR_Repository_Example_01.json")
    sections = {item.type: item.section for item in received.resources if item.section}
    assert sections == {
        "Condition": "11450-4",
        "MedicationStatement": "10160-0",
        "AllergyIntolerance": "48765-2",
        "Immunization": "11369-6",
    }
    assert received.language == "es-AR"


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_a_real_document_with_values_dropped_or_replaced_never_raises(path: Path) -> None:
    content = wire.parse(path.read_bytes())

    @settings(max_examples=max(4, int(1000 * scale())), deadline=None)
    @given(mutants(content))
    def spoiled(made: wire.JsonObject) -> None:
        try:
            bundle.read(wire.canonical(made))
        except wire.BadJson:
            assert not isinstance(made.get("resourceType"), str)

    spoiled()


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_a_real_document_cut_anywhere_is_refused_as_bad_json(path: Path) -> None:
    whole = path.read_bytes()
    for cut in range(1, len(whole.rstrip()), max(1, len(whole) // 25)):
        with pytest.raises(wire.BadJson):
            bundle.read(whole[:cut])
