"""The tolerant reader survives whatever others send."""

from hypothesis import given, settings

from fhir import bundle, profiles
from fhir.bundle import Received
from fhir.wire import BadJson, JsonObject, canonical
from tests.conftest import scale
from tests.unit.fhir.mutants import mutants
from tests.unit.fhir.reading import collection
from tests.unit.fhir.seeds import (
    ALLERGY,
    CONSENT,
    MEDICATION,
    PATIENT,
    REQUEST,
    STATEMENT,
    SUMMARY,
)


def sound(received: Received) -> None:
    """Check that every view has the shape of its type, whatever was sent."""
    for item in received.resources:
        if item.resolved:
            faults = {issue.rule for issue in profiles.issues(item.resolved)}
            assert not faults & {"json-type", "unknown-element", "empty-value", "json-object"}
    for finding in received.findings:
        assert finding.text.endswith(".")


@settings(max_examples=max(150, int(20000 * scale())), deadline=None)
@given(mutants(SUMMARY, collection(PATIENT, STATEMENT, MEDICATION, ALLERGY, CONSENT), REQUEST, PATIENT))
def test_a_spoiled_document_is_read_and_never_raises_anything_but_bad_json(content: JsonObject) -> None:
    try:
        received = bundle.read(canonical(content))
    except BadJson:
        assert not isinstance(content.get("resourceType"), str)
        return
    sound(received)
