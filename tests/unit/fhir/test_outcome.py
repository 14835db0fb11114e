"""Issues and the OperationOutcome that carries them."""

from fhir import profiles
from fhir.outcome import Issue, has_errors, operation_outcome

WRONG = Issue("error", "code-invalid", "Patient.gender", "required-binding", "The code is not in the list.")


def test_an_operation_outcome_carries_path_rule_and_sentence() -> None:
    outcome = operation_outcome([WRONG])
    assert outcome["issue"] == [
        {
            "severity": "error",
            "code": "code-invalid",
            "details": {"coding": [{"system": "urn:puente:rule", "code": "required-binding"}]},
            "diagnostics": "The code is not in the list.",
            "expression": ["Patient.gender"],
        }
    ]


def test_every_operation_outcome_we_write_is_valid_itself() -> None:
    without_path = Issue("fatal", "structure", "", "json-syntax", "The content is not JSON.")
    for issues in ([WRONG], [without_path, WRONG], []):
        assert profiles.issues(operation_outcome(issues)) == []


def test_warnings_alone_do_not_stop_a_write() -> None:
    warning = Issue("warning", "structure", "Patient.foo", "unknown-element", "FHIR R4 has no such element.")
    assert not has_errors([warning])
    assert has_errors([warning, WRONG])


def test_an_issue_can_be_seen_from_another_path() -> None:
    assert WRONG.at("Bundle.entry[0].resource.gender").path == "Bundle.entry[0].resource.gender"
    assert WRONG.path == "Patient.gender"
