"""What an attachment says of its content, and what is said about documents."""

from datetime import UTC, datetime

import pytest

from fhir import profiles
from fhir.documents import attachment, reference
from fhir.outcome import has_errors

DATA = b"hello"
SHA1 = "qvTGHdzF6KLavt4PO0gs2a6pQ00="
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("binary", "found"),
    [
        ({"data": "aGVsbG8="}, DATA),
        ({"data": "aGVs\n bG8="}, DATA),
        ({}, b""),
        ({"data": "?"}, None),
        ({"data": 3}, None),
    ],
)
def test_content_is_base64_with_or_without_white_space(binary: dict[str, object], found: object) -> None:
    assert attachment.content(binary) == found


def test_the_hash_is_sha1_in_base64() -> None:
    assert attachment.sha1(DATA) == SHA1


@pytest.mark.parametrize(
    ("stated", "rules"),
    [
        ({}, []),
        ({"hash": SHA1, "size": 5}, []),
        ({"hash": "x"}, ["attachment-hash"]),
        ({"size": 6}, ["attachment-size"]),
        ({"hash": "x", "size": 0}, ["attachment-hash", "attachment-size"]),
    ],
)
def test_what_is_stated_must_be_so(stated: dict[str, object], rules: list[str]) -> None:
    assert [issue.rule for issue in attachment.mismatches(stated, DATA, "here")] == rules


@pytest.mark.parametrize(
    ("kind", "is_fhir"),
    [("application/fhir+json; charset=utf-8", True), ("text/json", True), ("text/plain", False), (3, False)],
)
def test_fhir_is_known_by_its_content_type(kind: object, is_fhir: bool) -> None:
    assert attachment.is_fhir(kind) is is_fhir


def test_the_summary_on_demand_is_a_valid_reference_of_its_type() -> None:
    made = reference.on_demand("rosa", "http://node", NOW)
    assert not has_errors(profiles.issues(made))
    said = reference.said(made)
    assert said.is_one_of(("http://loinc.org|60591-5",))
    assert said.is_one_of(("60591-5",))
    assert said.is_one_of(())
    assert not said.is_one_of(("11488-4",))


@pytest.mark.parametrize(
    "composition",
    [
        {},
        {"type": {"text": "Referral"}, "date": "2026"},
        {"type": {"coding": [{"system": "http://loinc.org"}, 3, {"code": "57133-1"}]}},
        {"type": {"coding": "x"}, "date": "2026-05-10T10:00:00-05:00"},
    ],
)
def test_a_document_without_good_metadata_still_gets_a_valid_reference(
    composition: dict[str, object],
) -> None:
    document = {"entry": [3, {"resource": 3}, {"resource": {"resourceType": "Composition"} | composition}]}
    made = reference.of_received(document, "rosa", ("http://node/fhir/Bundle/1", DATA), ("Hospital", NOW))
    assert not has_errors(profiles.issues(made))
    assert made["content"][0]["attachment"]["hash"] == SHA1


def test_a_single_resource_is_a_document_too() -> None:
    single = {"resourceType": "Observation"}
    made = reference.of_received(single, "rosa", ("http://node/fhir/Bundle/1", DATA), ("Hospital", NOW))
    assert made["type"] == {"text": "FHIR document"}


def test_a_received_summary_says_its_format_and_when_it_was_written() -> None:
    kind = {"coding": [{"system": "http://loinc.org", "code": "60591-5"}]}
    composition = {"resourceType": "Composition", "type": kind, "date": "2026-05-10T10:00:00-05:00"}
    document = {"entry": [{"resource": composition}]}
    made = reference.of_received(document, "rosa", ("http://node/fhir/Bundle/1", DATA), ("Hospital", NOW))
    assert made["content"][0]["format"]["code"] == reference.IPS
    assert made["content"][0]["attachment"]["creation"] == "2026-05-10T10:00:00-05:00"


@pytest.mark.parametrize(
    ("resource", "span", "date"),
    [
        ({}, None, ""),
        ({"type": "x", "context": "x", "content": "x"}, None, ""),
        (
            {"type": {"coding": "x"}, "date": "2026-05-10T10:00:00Z"},
            ("2026-05-10", "2026-05-10"),
            "2026-05-10T10:00:00Z",
        ),
        ({"context": {"period": {"start": "2026-05-01"}}}, ("2026-05-01", "9999"), ""),
        ({"content": [{"attachment": {"creation": "2026-05"}}]}, ("2026-05", "2026-05"), "2026-05"),
        ({"content": [{"attachment": 3}, {"attachment": {}}]}, None, ""),
    ],
)
def test_a_reference_is_read_whatever_is_missing(
    resource: dict[str, object], span: object, date: str
) -> None:
    said = reference.said(resource)
    assert (said.span, said.date) == (span, date)


def test_addresses_are_type_and_id_of_what_is_attached() -> None:
    content = [
        {"attachment": {"url": "http://node/fhir/Binary/1"}},
        {"attachment": {"url": "Bundle/2"}},
        {"attachment": {}},
    ]
    assert reference.addresses({"content": content}) == {"Binary/1", "Bundle/2"}
