"""Which document an Identifier of a partner is."""

import tomllib
from pathlib import Path

import pytest

from fhir.codes import document_of, documents, normal_value

ROOT = Path(__file__).resolve().parents[3]
V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
RDA = "https://fhir.minsalud.gov.co/rda/CodeSystem/ColombianPersonIdentifier"
RNEC = "https://fhir.minsalud.gov.co/rda/NamingSystem/RNEC"
MINSA = "https://www.gob.pe/minsa/RENHICE/fhir/CodeSystem/IdspersonaPeru"


def typed(system: str, code: str) -> dict[str, object]:
    return {"coding": [{"system": system, "code": code}]}


@pytest.mark.parametrize(
    ("identifier", "key"),
    [
        ({"system": "urn:oid:2.16.840.1.113883.4.904", "value": "12345678"}, "dni"),
        ({"system": "urn:oid.2.16.840.1.113883.4.904", "value": "12345678"}, "dni"),
        ({"type": typed(MINSA, "2"), "value": "000123456"}, "pe-ce"),
        ({"system": RNEC, "value": "1020304050"}, "co-cc"),
        ({"system": RNEC, "type": typed(RDA, "PT"), "value": "1020304"}, "co-ppt"),
        ({"system": "http://regcivil.cl/Validacion/RUN", "value": "12531909-2"}, "cl-run"),
        ({"system": "urn:puente:id:ve:passport", "type": typed(V2, "PPN"), "value": "1"}, "ve-pp"),
        ({"type": typed(V2, "PPN"), "value": "AB123456"}, "passport"),
        ({"system": "http://hospital.example/mrn", "value": "1"}, None),
        ({"value": "1"}, None),
        ({"type": "x", "system": 4}, None),
        ({"type": {"coding": "x"}}, None),
    ],
)
def test_a_document_is_known_by_its_type_and_its_system(
    identifier: dict[str, object], key: str | None
) -> None:
    found = document_of(identifier)
    assert (found.key if found else None) == key


def test_a_value_is_compared_without_dots_spaces_and_dashes() -> None:
    assert normal_value(" v-12.345.678 ") == "V12345678"


def test_the_table_and_the_node_configuration_speak_of_the_same_documents() -> None:
    configured = tomllib.loads((ROOT / "config" / "nodes" / "documents.toml").read_text(encoding="utf-8"))
    known = {document.key: document for document in documents()}
    assert configured.keys() <= known.keys()
    assert {key: row["system"] for key, row in configured.items()} == {
        key: known[key].system for key in configured
    }
    assert {key: row["country"] for key, row in configured.items()} == {
        key: known[key].country for key in configured
    }
