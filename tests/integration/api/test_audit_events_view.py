"""AuditEvents over the interface: what was done with one person's record, newest first, never written."""

from tests.integration.api.conftest import PATIENT, Api, Node


def somebody(api: Api) -> str:
    made = api.post("Patient", PATIENT)
    return str(made.get_json()["id"])


def test_every_look_at_a_person_is_shown_newest_first(api: Api) -> None:
    person = somebody(api)
    api.get(f"Patient/{person}")
    api.get(f"Patient/{person}/$summary")
    found = api.get(f"AuditEvent?patient=Patient/{person}").get_json()
    events = [entry["resource"] for entry in found["entry"]]
    assert [event["subtype"][0]["code"] for event in events] == ["operation", "read", "create"]
    assert [event["action"] for event in events] == ["E", "R", "C"]
    assert all(event["agent"][0]["who"]["identifier"]["value"] == "partner:hospital" for event in events)
    assert all(event["entity"][0]["what"]["reference"] == f"Patient/{person}" for event in events)


def test_they_are_valid_and_read_one_by_one(api: Api) -> None:
    from fhir.profiles import issues

    person = somebody(api)
    found = api.get(f"AuditEvent?patient={person}").get_json()["entry"][0]["resource"]
    assert issues(found) == []
    alone = api.get(f"AuditEvent/{found['id']}")
    assert alone.status_code == 200
    assert alone.get_json()["recorded"] == found["recorded"]
    assert api.get("AuditEvent/nobody").status_code == 404


def test_pages_go_on_without_repeats_and_say_nothing_in_their_address(api: Api) -> None:
    person = somebody(api)
    for _ in range(5):
        api.get(f"Patient/{person}")
    seen: list[str] = []
    path = f"AuditEvent?patient={person}&_count=2&action=R"
    for _ in range(10):
        page = api.get(path).get_json()
        seen += [entry["resource"]["id"] for entry in page.get("entry", [])]
        links = {link["relation"]: link["url"] for link in page["link"]}
        if "next" not in links:
            break
        assert person not in links["next"]
        path = links["next"].partition("/fhir/")[2]
    assert len(seen) == len(set(seen)) == 5


def test_without_a_patient_scope_or_right_nothing_is_shown(api: Api, node: Node) -> None:
    person = somebody(api)
    assert api.get("AuditEvent?action=R").status_code == 403
    narrow = Api(node.http, node.bearer(scope="system/Patient.rs"))
    assert narrow.get(f"AuditEvent?patient={person}").status_code == 403
    abroad = Api(node.http, node.bearer("co"))
    assert abroad.get(f"AuditEvent?patient={person}").status_code == 403
    assert api.post("AuditEvent", {"resourceType": "AuditEvent"}).status_code in (400, 404, 405)
