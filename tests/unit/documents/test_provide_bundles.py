"""Provide Document Bundles: known by their profile, read to parts, refused with everything found."""

from typing import Any

import pytest

from fhir.documents import provide
from fhir.documents.parts import NotProvided, Part

PROFILE = f"{provide.PROFILES}Comprehensive.ProvideBundle"
Json = dict[str, Any]


def entry(resource: Json, url: str = "", method: str = "POST") -> Json:
    target = str(resource.get("resourceType"))
    return {"fullUrl": url, "resource": resource, "request": {"method": method, "url": target}}


def submission(**changes: Any) -> Json:
    listed = {"resourceType": "List", "code": {"coding": [{"code": "submissionset"}]}}
    return {"type": "transaction", "entry": [entry(listed)]} | changes


def reference(**changes: Any) -> Json:
    attachment = {"contentType": "text/plain", "url": "urn:uuid:1"}
    return {
        "resourceType": "DocumentReference",
        "masterIdentifier": {"value": "1"},
        "status": "current",
        "content": [{"attachment": attachment}],
    } | changes


def rules(bundle: Json) -> list[str]:
    with pytest.raises(NotProvided) as refused:
        provide.read(bundle)
    return [issue.rule for issue in refused.value.issues]


@pytest.mark.parametrize(
    ("meta", "found"),
    [
        ({"profile": [PROFILE]}, True),
        ({"profile": ["http://example.org", 3]}, False),
        ({"profile": "x"}, False),
        ({"profile": [f"{provide.PROFILES}Minimal.DocumentReference"]}, False),
        ("x", False),
    ],
)
def test_it_is_known_by_its_profile(meta: object, found: bool) -> None:
    assert provide.is_provide({"meta": meta}) is found


def test_parts_come_in_order_and_patients_apart() -> None:
    document = {"resourceType": "Binary", "contentType": "text/plain", "data": "aGVsbG8="}
    bundle = submission()
    patch = {"resource": {}, "request": {"method": "PATCH", "url": "DocumentReference/7/_history/1"}}
    bundle["entry"] += [
        entry(reference()),
        entry(document, "urn:uuid:1"),
        entry({"resourceType": "Patient"}, "urn:uuid:2", "PUT"),
        patch,
    ]
    found = provide.read(bundle)
    assert [part.type for part in found.parts] == ["List", "DocumentReference", "Binary"]
    assert found.patients == (Part(3, "urn:uuid:2", {"resourceType": "Patient"}),)
    assert (found.superseded, found.size) == (((4, "7"),), 5)


@pytest.mark.parametrize(
    "bundle",
    [
        {},
        {"type": "batch", "entry": []},
        {"type": "transaction"},
        submission(entry=[{}] * (provide.MOST + 1)),
    ],
)
def test_what_is_no_transaction_of_some_entries_is_refused(bundle: Json) -> None:
    assert rules(bundle) == ["provide-bundle"]


@pytest.mark.parametrize(
    "bad",
    [
        3,
        {},
        {"resource": 3, "request": 3},
        entry({"resourceType": "Flag"}),
        entry({"resourceType": []}),
        entry({"resourceType": "Bundle", "type": "collection"}),
        entry({"resourceType": "Binary"}, method="PUT"),
    ],
)
def test_other_entries_are_refused(bad: object) -> None:
    bundle = submission()
    bundle["entry"].append(bad)
    assert rules(bundle) == ["provide-entry"]


@pytest.mark.parametrize(
    "listed",
    [
        {"resourceType": "List"},
        {"resourceType": "List", "code": {"coding": "x"}},
        {"resourceType": "List", "code": {"coding": [3, {"code": "folder"}]}},
        {"resourceType": "List", "code": {"coding": [{"system": "http://x", "code": "submissionset"}]}},
    ],
)
def test_there_is_one_submission_set(listed: Json) -> None:
    assert rules(submission(entry=[entry(listed)])) == ["provide-submission-set"]


@pytest.mark.parametrize(
    ("about", "document", "found"),
    [
        (reference(masterIdentifier="x"), {}, ["provide-master-identifier"]),
        (reference(status="superseded"), {}, ["provide-status"]),
        (reference(content=[]), {}, ["provide-content"]),
        (reference(content=[3]), {}, ["provide-content"]),
        (reference(content=[{"attachment": 3}]), {}, ["provide-content"]),
        (reference(content=reference()["content"] * 2), {}, ["provide-content"]),
        (
            reference(
                content=[{"attachment": {"contentType": "text/plain", "data": "", "url": "urn:uuid:1"}}]
            ),
            {},
            ["provide-attachment"],
        ),
        (
            reference(content=[{"attachment": {"contentType": "text/plain", "url": "urn:uuid:9"}}]),
            {},
            ["provide-document"],
        ),
        (reference(), {"data": "?"}, ["binary-data"]),
        (reference(), {"contentType": "image/png"}, ["attachment-content-type"]),
    ],
)
def test_each_fault_has_its_rule(about: Json, document: Json, found: list[str]) -> None:
    binary = {"resourceType": "Binary", "contentType": "text/plain", "data": "aGVsbG8="} | document
    bundle = submission()
    bundle["entry"] += [entry(about), entry(binary, "urn:uuid:1")]
    assert rules(bundle) == found


def test_a_fhir_document_has_no_hash_to_check() -> None:
    bundle = submission()
    document = {"resourceType": "Bundle", "type": "document"}
    about = reference(content=[{"attachment": {"contentType": "application/fhir+json", "url": "urn:uuid:1"}}])
    bundle["entry"] += [entry(about), entry(document, "urn:uuid:1")]
    assert [part.type for part in provide.read(bundle).of("Bundle")] == ["Bundle"]


def test_what_is_replaced_is_named_by_its_id() -> None:
    related = [
        {"code": "replaces", "target": {"reference": "http://node/fhir/DocumentReference/7/_history/2"}},
        {"code": "appends", "target": {"reference": "DocumentReference/8"}},
        {"code": "replaces", "target": {"reference": "Binary/9"}},
        {"code": "replaces", "target": 3},
        3,
    ]
    assert provide.replaced({"relatesTo": related}) == ("7",)
    assert provide.replaced({"relatesTo": 3}) == ()


def inside(**attachment: Any) -> Json:
    about = {"contentType": "text/plain", "data": "aGVsbG8="} | attachment
    return reference(content=[{"attachment": about}])


def test_a_document_inside_its_reference_is_taken_apart() -> None:
    meta = {"profile": [f"{provide.PROFILES}SimplifiedPublish.DocumentReference"]}
    assert provide.is_simplified({"meta": meta})
    assert not provide.is_simplified({})
    about, document = provide.of_single(inside(size=5)).parts
    assert document.resource == {"resourceType": "Binary", "contentType": "text/plain", "data": "aGVsbG8="}
    attachment = {"contentType": "text/plain", "size": 5, "url": document.full_url}
    assert about.resource["content"] == [{"attachment": attachment}]


@pytest.mark.parametrize(
    ("resource", "rule", "path"),
    [
        (reference(), "provide-attachment", "DocumentReference.content[0].attachment.data"),
        ({}, "provide-attachment", "DocumentReference.content[0].attachment.data"),
        (inside(size=6), "attachment-size", "DocumentReference.content[0].attachment.size"),
        (inside(contentType=3), "provide-attachment", "DocumentReference.content[0].attachment"),
        (
            {"content": [{"attachment": {"data": "aGVsbG8="}}], "status": "current", "masterIdentifier": {}},
            "provide-attachment",
            "DocumentReference.content[0].attachment",
        ),
    ],
)
def test_a_single_reference_must_bring_its_document(resource: Json, rule: str, path: str) -> None:
    with pytest.raises(NotProvided) as refused:
        provide.of_single(resource)
    assert [(issue.rule, issue.path) for issue in refused.value.issues] == [(rule, path)]


def test_the_comprehensive_profile_wants_more() -> None:
    bundle = submission(meta={"profile": [PROFILE]})
    document = {"resourceType": "Binary", "contentType": "text/plain", "data": "aGVsbG8="}
    bundle["entry"] += [entry(reference()), entry(document, "urn:uuid:1")]
    with pytest.raises(NotProvided) as refused:
        provide.read(bundle)
    assert [issue.path.partition(".resource.")[2] for issue in refused.value.issues] == [
        "type",
        "category",
        "securityLabel",
        "content[0].attachment.language",
        "content[0].attachment.creation",
        "content[0].format",
        "context.facilityType",
        "context.practiceSetting",
    ]
    attachment = reference()["content"][0]["attachment"] | {"language": "es", "creation": "2026-05-10"}
    whole = reference(
        type={"text": "x"},
        category=[{"text": "x"}],
        securityLabel=[{"text": "x"}],
        content=[{"attachment": attachment, "format": {"code": "x"}}],
        context={"facilityType": {"text": "x"}, "practiceSetting": {"text": "x"}},
    )
    bundle["entry"][1] = entry(whole)
    assert len(provide.read(bundle).parts) == 3
    bundle["entry"][1] = entry(reference(content=3))
    with pytest.raises(NotProvided):
        provide.read(bundle)
