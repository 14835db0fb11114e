"""Documents over real storage: provided with metadata (ITI-65), listed ($docref), handed out (ITI-68)."""

import base64
import json
from typing import Any

import pytest

from fhir import r4
from tests.integration.api.conftest import Api, Node
from tests.integration.api.people import DNI, Chart, agree, patient, store, trail
from tests.integration.api.submissions import PDF, binary, pdf, sha1, simplified, submission, summary_document

Json = dict[str, Any]


@pytest.fixture(scope="module")
def chart(api: Api) -> Chart:
    return store(api, "70000001")


def provide(api: Api, bundle: Json) -> list[str]:
    """Provide and return the references of the entries."""
    answer = api.post("", bundle)
    assert answer.status_code == 200, answer.text
    found = answer.get_json(force=True)
    r4.class_for("Bundle").model_validate(found)
    assert found["type"] == "transaction-response"
    return [entry["response"]["location"].partition("/_history")[0] for entry in found["entry"]]


def issues(api: Api, bundle: Json, status: int = 422) -> list[tuple[str, str]]:
    answer = api.post("", bundle)
    assert answer.status_code == status, answer.text
    told = answer.get_json(force=True)["issue"]
    return [(each["details"]["coding"][0]["code"], each.get("expression", [""])[0]) for each in told]


def listed(api: Api, query: str) -> list[Json]:
    answer = api.get(f"DocumentReference/$docref?{query}")
    assert answer.status_code == 200, answer.text
    found = answer.get_json(force=True)
    r4.class_for("Bundle").model_validate(found)
    return [entry["resource"] for entry in found.get("entry", ())]


def address(reference: Json) -> str:
    return str(reference["content"][0]["attachment"]["url"])


def path(url: str) -> str:
    return url.partition("/fhir/")[2] or url


def test_a_document_comes_in_and_goes_out_as_it_is(node: Node, api: Api, chart: Chart) -> None:
    right = {"hash": sha1(PDF), "size": len(PDF)}
    places = provide(api, pdf(chart, "1", **right))
    assert [place.partition("/")[0] for place in places] == ["List", "DocumentReference", "Binary"]
    reference = api.get(places[1]).get_json(force=True)
    assert reference["subject"] == {"reference": f"Patient/{chart.id}"}
    assert address(reference) == places[2]
    assert api.get(places[0]).get_json(force=True)["entry"] == [{"item": {"reference": places[1]}}]
    found = api.get(places[2])
    assert (found.status_code, found.data, found.content_type) == (200, PDF, "application/pdf")
    assert found.headers["Content-Disposition"] == "attachment"
    assert {"provide", "retrieve"} <= set(trail(node, chart.id))


def test_a_binary_is_negotiated(api: Api, chart: Chart) -> None:
    place = provide(api, pdf(chart, "2"))[2]
    assert api.get(place, Accept="application/pdf").data == PDF
    assert api.get(place, Accept="*/*").data == PDF
    for asked in ({"Accept": "application/fhir+json"}, {"Accept": "application/json"}):
        assert api.get(place, **asked).get_json(force=True)["contentType"] == "application/pdf"
    assert api.get(f"{place}?_format=json").get_json(force=True)["resourceType"] == "Binary"
    assert api.get(place, Accept="image/png").status_code == 406


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [({"hash": sha1(b"other")}, "attachment-hash"), ({"size": 3}, "attachment-size")],
)
def test_a_wrong_hash_or_size_is_refused_and_nothing_is_stored(
    node: Node, api: Api, chart: Chart, wrong: Json, rule: str
) -> None:
    before = node_size(node, chart)
    ((found, where),) = issues(api, pdf(chart, "3", **wrong))
    assert found == rule
    assert where.startswith("Bundle.entry[1].resource.content[0].attachment")
    assert node_size(node, chart) == before


def node_size(node: Node, chart: Chart) -> int:
    with node.services.unit() as unit:
        return len(unit.records.of_owner(chart.id)) + len(unit.documents.of(chart.id))


def test_every_fault_is_told_at_once(api: Api, chart: Chart) -> None:
    bundle = pdf(chart, "4")
    del bundle["entry"][0]["resource"]["code"]
    del bundle["entry"][1]["resource"]["masterIdentifier"]
    bundle["entry"][1]["resource"]["content"][0]["attachment"]["url"] = "urn:uuid:nothing"
    bundle["entry"].append(
        {"resource": {"resourceType": "Flag"}, "request": {"method": "POST", "url": "Flag"}}
    )
    assert {rule for rule, _ in issues(api, bundle)} == {
        "provide-document",
        "provide-entry",
        "provide-master-identifier",
        "provide-submission-set",
    }


def test_metadata_must_be_valid(api: Api, chart: Chart) -> None:
    bundle = pdf(chart, "5")
    bundle["entry"][1]["resource"]["docStatus"] = "nonsense"
    assert any(where.startswith("Bundle.entry[1].resource.docStatus") for _, where in issues(api, bundle))


def test_the_same_document_twice_is_a_conflict(api: Api, chart: Chart) -> None:
    provide(api, pdf(chart, "6"))
    assert issues(api, pdf(chart, "6"), 409) == [
        ("provide-master-identifier", "Bundle.entry[1].resource.masterIdentifier")
    ]


def test_a_new_document_sets_the_old_one_aside(api: Api, chart: Chart) -> None:
    old = provide(api, pdf(chart, "7"))[1]
    bundle = pdf(chart, "8")
    related = [{"code": "replaces", "target": {"reference": old}}]
    bundle["entry"][1]["resource"]["relatesTo"] = related
    operation = [{"name": "type", "valueCode": "replace"}, {"name": "path", "valueString": "x"}]
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": operation}]}
    bundle["entry"].append({"resource": patch, "request": {"method": "PATCH", "url": old}})
    places = provide(api, bundle)
    assert places[3] == old
    assert api.get(old).get_json(force=True)["status"] == "superseded"
    assert api.get(places[1]).get_json(force=True)["status"] == "current"


def test_nobody_is_replaced_across_people(api: Api, chart: Chart) -> None:
    old = provide(api, pdf(store(api, "70000002"), "9"))[1]
    bundle = pdf(chart, "10")
    bundle["entry"][1]["resource"]["relatesTo"] = [{"code": "replaces", "target": {"reference": old}}]
    assert api.post("", bundle).status_code == 404


@pytest.mark.parametrize("way", ["identifier", "entry"])
def test_the_person_may_be_named_by_a_document_number(api: Api, chart: Chart, way: str) -> None:
    named = {"identifier": {"system": DNI, "value": chart.number}}
    person = "urn:uuid:0a1b2c3d-0000-4000-8000-000000000004"
    subject = named if way == "identifier" else {"reference": person}
    bundle = submission(subject, binary(PDF, "application/pdf"), f"11.{way}")
    if way == "entry":
        request = {"method": "POST", "url": "Patient"}
        bundle["entry"].append({"fullUrl": person, "resource": patient(chart.number), "request": request})
    places = provide(api, bundle)
    assert api.get(places[1]).get_json(force=True)["subject"]["reference"] == f"Patient/{chart.id}"


@pytest.mark.parametrize(
    "subject", [{"reference": "Patient/nobody"}, {"identifier": {"system": DNI, "value": "79999999"}}, {}]
)
def test_a_person_who_is_not_here_is_refused(api: Api, subject: Json) -> None:
    bundle = submission(subject, binary(PDF, "application/pdf"), "12")
    assert [rule for rule, _ in issues(api, bundle)] == ["patient-of-this-node"]


def test_a_fhir_document_stands_on_the_chart_and_goes_out_exactly(node: Node, api: Api) -> None:
    chart = store(api, "70000003")
    document = summary_document(chart)
    places = provide(api, submission({"reference": f"Patient/{chart.id}"}, document, "13"))
    with node.services.unit() as unit:
        (row,) = unit.documents.of(chart.id)
        item = unit.inbox.get(row.inbox_id)
    assert (row.partner, item.state if item else "") == ("hospital", "review")
    assert places[2] == f"Bundle/{row.id}"
    found = api.get(places[2])
    assert (found.content_type, found.get_json(force=True)) == ("application/fhir+json", document)


def test_fhir_in_a_binary_stands_on_the_chart_too(node: Node, api: Api) -> None:
    chart = store(api, "70000004")
    plain = json.dumps(summary_document(chart)).encode()
    subject = {"reference": f"Patient/{chart.id}"}
    bundle = submission(subject, binary(plain, "application/fhir+json"), "14", hash=sha1(plain))
    place = provide(api, bundle)[2]
    assert api.get(place).data == plain
    with node.services.unit() as unit:
        assert len(unit.documents.of(chart.id)) == 1
    assert len(listed(api, f"patient={chart.id}&type=57133-1")) == 1


def test_what_says_it_is_fhir_must_be(node: Node, api: Api, chart: Chart) -> None:
    before = node_size(node, chart)
    subject = {"reference": f"Patient/{chart.id}"}
    answer = api.post("", submission(subject, binary(b"{", "application/fhir+json"), "15"))
    assert answer.status_code == 422
    assert node_size(node, chart) == before


def test_documents_are_sealed_for_their_person(node: Node, api: Api, chart: Chart) -> None:
    place = provide(api, pdf(chart, "16"))[2]
    with node.services.unit() as unit:
        row = unit.records.current("Binary", place.partition("/")[2])
    assert row is not None
    assert row.owner_id == chart.id
    assert base64.b64encode(PDF) not in row.body


def test_another_programme_brings_no_documents_here(node: Node, api: Api, chart: Chart) -> None:
    agree(node, chart)
    assert Api(node.http, node.bearer("co")).post("", pdf(chart, "17")).status_code == 403
    for scope in ("system/*.rs", "system/List.c system/Binary.c", "system/*.r system/DocumentReference.c"):
        assert Api(node.http, node.bearer(scope=scope)).post("", pdf(chart, "17")).status_code == 403


def test_documents_are_listed_with_the_summary_on_demand(node: Node, api: Api) -> None:
    chart = store(api, "70000005")
    places = provide(api, pdf(chart, "18"))
    made, stored = listed(api, f"patient={chart.id}")
    assert "id" not in made
    assert api.get(path(address(made))).get_json(force=True)["type"] == "document"
    assert f"DocumentReference/{stored['id']}" == places[1]
    assert api.get(path(address(stored))).data == PDF
    assert "list" in trail(node, chart.id)


def test_lists_narrow_by_type_date_and_kind(api: Api) -> None:
    chart = store(api, "70000006")
    provide(api, pdf(chart, "19"))
    person = f"patient={chart.id}"
    assert len(listed(api, f"{person}&type=http://loinc.org|57133-1")) == 1
    assert len(listed(api, f"{person}&type=60591-5")) == 1
    assert listed(api, f"{person}&type=11488-4") == []
    assert len(listed(api, f"{person}&on-demand=true")) == 1
    assert len(listed(api, f"{person}&start=2026-05-01&end=2026-06-01")) == 2
    assert len(listed(api, f"{person}&start=2026-06-01&type=57133-1")) == 0


def test_without_dates_the_newest_of_each_type_is_listed(api: Api) -> None:
    chart = store(api, "70000007")
    provide(api, pdf(chart, "20"))
    later = pdf(chart, "21")
    later["entry"][1]["resource"]["date"] = "2026-06-01T10:00:00-05:00"
    newest = provide(api, later)[1]
    found = listed(api, f"patient={chart.id}&type=57133-1")
    assert [f"DocumentReference/{each['id']}" for each in found] == [newest]
    assert len(listed(api, f"patient={chart.id}&type=57133-1&start=2026")) == 2


def test_a_document_that_came_otherwise_is_listed_with_its_address(node: Node, api: Api) -> None:
    chart = store(api, "70000008")
    place = provide(api, submission({"reference": f"Patient/{chart.id}"}, summary_document(chart), "22"))
    api.delete(place[1])
    _, found = listed(api, f"patient={chart.id}&start=2020")
    assert path(address(found)) == place[2]
    exact = api.get(place[2]).data
    assert found["content"][0]["attachment"]["hash"] == sha1(exact)
    agree(node, chart)
    abroad = Api(node.http, node.bearer("co"))
    assert len(listed(abroad, f"patient={chart.id}&start=2020")) == 1
    assert abroad.get(place[2]).status_code == 404


def test_a_single_reference_may_bring_its_document_inside(node: Node, api: Api) -> None:
    chart = store(api, "70000011")
    answer = api.post("DocumentReference", simplified(chart, "30", hash=sha1(PDF), size=len(PDF)))
    made = answer.get_json(force=True)
    assert answer.status_code == 201, answer.text
    assert f"DocumentReference/{made['id']}/_history/1" in answer.headers["Location"]
    assert "data" not in made["content"][0]["attachment"]
    assert api.get(address(made)).data == PDF
    assert "provide" in trail(node, chart.id)
    assert api.post("DocumentReference", simplified(chart, "30")).status_code == 409
    assert api.post("DocumentReference", simplified(chart, "31", size=1)).status_code == 422
    assert api.post("DocumentReference", simplified(chart, "32", data="?")).status_code == 422


def test_people_out_of_reach_have_no_documents(node: Node, api: Api) -> None:
    chart, abroad = store(api, "70000009"), Api(node.http, node.bearer("co"))
    place = provide(api, pdf(chart, "23"))[2]
    unseen, absent = (
        abroad.get(f"DocumentReference/$docref?patient={each}") for each in (chart.id, "nobody")
    )
    assert (unseen.status_code, unseen.data) == (200, absent.data)
    assert abroad.get(place).status_code == 404
    agree(node, chart, "clinical")
    assert len(listed(abroad, f"patient={chart.id}")) == 2
    assert abroad.get(place).data == PDF


def test_post_takes_parameters(api: Api, chart: Chart) -> None:
    named = [{"name": "patient", "valueId": chart.id}, {"name": "on-demand", "valueBoolean": True}]
    answer = api.post("DocumentReference/$docref", {"resourceType": "Parameters", "parameter": named})
    assert answer.get_json(force=True)["total"] == 1


@pytest.mark.parametrize("query", ["", "patient=a/b", "patient=a&start=soon", "patient=a&on-demand=perhaps"])
def test_bad_parameters_are_refused(api: Api, query: str) -> None:
    assert api.get(f"DocumentReference/$docref?{query}").status_code == 400


def test_scopes_narrow_each_way_out(node: Node, api: Api, chart: Chart) -> None:
    place = provide(api, pdf(chart, "24"))[2]
    narrow = Api(node.http, node.bearer(scope="system/Patient.rs"))
    assert narrow.get(place).status_code == 403
    assert narrow.get("Bundle/any").status_code == 403
    assert narrow.get(f"DocumentReference/$docref?patient={chart.id}").status_code == 403
    assert api.get("Bundle/any").status_code == 404
    assert api.get("Binary/any").status_code == 404


def test_documents_are_found_by_search(api: Api) -> None:
    chart = store(api, "70000010")
    place = provide(api, pdf(chart, "25"))[1]
    for query in (
        f"patient={chart.id}&status=current",
        f"patient.identifier={DNI}|{chart.number}&status=current",
        f"patient={chart.id}&type=http://loinc.org|57133-1",
        f"patient={chart.id}&identifier=urn:oid:1.2.3.25",
    ):
        found = api.get(f"DocumentReference?{query}").get_json(force=True)
        names = [f"DocumentReference/{each['resource']['id']}" for each in found.get("entry", ())]
        assert names == [place], (query, found)


def test_one_submission_is_about_one_person(api: Api, chart: Chart) -> None:
    bundle = pdf(chart, "40")
    bundle["entry"][0]["resource"]["subject"] = {"reference": f"Patient/{store(api, '70000020').id}"}
    assert issues(api, bundle) == [("patient-of-this-node", "Bundle")]
    nobody = pdf(chart, "41")
    del nobody["entry"][1]["resource"]["subject"]
    assert issues(api, nobody) == [("patient-of-this-node", "Bundle.entry[1].resource.subject")]


def test_the_list_and_a_patient_entry_may_say_nothing_of_the_person(api: Api, chart: Chart) -> None:
    bundle = pdf(chart, "42")
    del bundle["entry"][0]["resource"]["subject"]
    request = {"method": "PUT", "url": f"Patient/{chart.id}"}
    bundle["entry"].append({"resource": patient(chart.number), "request": request})
    places = provide(api, bundle)
    assert places[3] == f"Patient/{chart.id}"
    assert api.get(places[0]).get_json(force=True)["subject"] == {"reference": f"Patient/{chart.id}"}


def test_what_was_replaced_is_not_listed(api: Api) -> None:
    chart = store(api, "70000021")
    old = provide(api, pdf(chart, "43"))[1]
    bundle = pdf(chart, "44")
    bundle["entry"][1]["resource"]["relatesTo"] = [{"code": "replaces", "target": {"reference": old}}]
    new = provide(api, bundle)[1]
    stored = [f"DocumentReference/{each['id']}" for each in listed(api, f"patient={chart.id}&start=2020")[1:]]
    assert stored == [new]


def test_parameters_may_be_of_many_types(api: Api, chart: Chart) -> None:
    provide(api, pdf(chart, "45"))
    person = {"name": "patient", "valueReference": {"reference": f"Patient/{chart.id}"}}
    coding = {"system": "http://loinc.org", "code": "57133-1"}
    for value in (
        {"valueCodeableConcept": {"coding": [coding]}},
        {"valueCoding": coding},
        {"valueString": "57133-1"},
    ):
        body = {"resourceType": "Parameters", "parameter": [person, {"name": "type", **value}]}
        assert api.post("DocumentReference/$docref", body).get_json(force=True)["total"] == 1
    for bad in ({"valueQuantity": {"value": 3}}, {"valueCoding": {"code": 3}}, {"part": []}, {}):
        body = {"resourceType": "Parameters", "parameter": [person, {"name": "type", **bad}]}
        assert api.post("DocumentReference/$docref", body).status_code == 400
