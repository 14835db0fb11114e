"""_summary and _elements: mandatory elements stay, the part says that it is one."""

from typing import Any

import pytest

from fhir import elements, r4
from fhir.codes.systems import table
from fhir.elements.views import SUBSETTED

OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o",
    "meta": {"versionId": "3", "tag": [{"code": "x"}]},
    "text": {"status": "generated"},
    "status": "final",
    "code": {"text": "peso"},
    "valueQuantity": {"value": 70},
    "note": [{"text": "x"}],
    "_issued": {"id": "i"},
}
ALWAYS = {"resourceType", "id", "meta", "status", "code"}
VIEWS = [
    (("true", ""), ALWAYS | {"valueQuantity", "_issued"}),
    (("text", ""), ALWAYS | {"text"}),
    (("data", ""), set(OBSERVATION) - {"text"}),
    (("", "value,note"), ALWAYS | {"valueQuantity", "note"}),
    (("", "Observation.note,Patient.text"), ALWAYS | {"note"}),
    (("", "unknown"), ALWAYS),
]


@pytest.mark.parametrize(("words", "left"), VIEWS)
def test_a_part_keeps_what_was_asked_and_what_must_be_there(words: tuple[str, str], left: set[str]) -> None:
    view = elements.asked(*words)
    assert isinstance(view, elements.View)
    found = elements.shown(OBSERVATION, view)
    assert set(found) == left
    assert found["meta"] == {"versionId": "3", "tag": [{"code": "x"}, SUBSETTED]}
    assert elements.shown(found, view)["meta"] == found["meta"]


@pytest.mark.parametrize("words", [("", ""), ("false", ""), ("count", "")])
def test_the_whole_is_not_marked_as_a_part(words: tuple[str, str]) -> None:
    view = elements.asked(*words)
    assert isinstance(view, elements.View)
    assert elements.shown(OBSERVATION, view) is OBSERVATION
    outcome = {"resourceType": "OperationOutcome", "issue": []}
    assert elements.shown(outcome, elements.View("true")) is outcome


@pytest.mark.parametrize("words", [("yes", ""), ("TRUE", ""), ("", "a b"), ("", "name.given.x"), ("", ",")])
def test_words_that_are_no_view_are_told(words: tuple[str, str]) -> None:
    assert not isinstance(elements.asked(*words), elements.View)


def test_mandatory_choices_stay() -> None:
    request = {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"text": "x"}, "note": []}
    assert "medicationCodeableConcept" in elements.shown(request, elements.View("text"))


def test_the_table_names_every_type_of_this_node() -> None:
    assert set(table("summary_elements")) == r4.SUPPORTED
    patient = table("summary_elements")["Patient"].split()
    assert {"identifier", "name", "birthDate"} <= set(patient)
    assert not {"contact", "photo", "communication"} & set(patient)
