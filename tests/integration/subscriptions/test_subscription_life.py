"""A partner subscribes, is greeted, and is told of each event by number and address, and of nothing else."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from fhir.subscription import backport, topics
from registry.crypto.tokens.jose import verify_compact
from registry.crypto.tokens.jwk import import_public
from registry.crypto.tokens.proof import TYP
from registry.errors import NotAllowed
from registry.usecases.subscriptions import events, manage
from tests.integration.subscriptions.conftest import SECRET, Api, Node
from tests.integration.subscriptions.hook import told


def filtered(terms: Any, *filters: str) -> Any:
    return {
        **terms,
        "_criteria": {"extension": [{"url": backport.FILTER, "valueString": text} for text in filters]},
    }


def test_a_new_subscription_is_greeted_and_opens(node: Node, co: Api) -> None:
    answer = co.post(co.terms())
    made = answer.get_json(force=True)
    assert (answer.status_code, made["status"]) == (201, "requested")
    assert answer.headers["Location"].endswith(f"/fhir/Subscription/{made['id']}/_history/1")
    assert node.deliver() == ["delivered"]
    (knock,) = node.hook.knocks
    bundle = knock.bundle
    assert (knock.path, knock.headers["content-type"]) == ("/co/hooks/1", "application/fhir+json")
    assert (bundle["type"], bundle["meta"]["profile"]) == ("history", [backport.NOTIFICATION])
    assert knock.status == {
        "subscription": f"{node.services.settings.base_url}/fhir/Subscription/{made['id']}",
        "topic": topics.TRANSFER.url,
        "status": "requested",
        "type": "handshake",
        "events-since-subscription-start": "0",
    }
    opened = co.read(made)
    assert (opened["status"], opened["meta"]["versionId"]) == ("active", "2")


def test_a_notification_carries_our_proof_and_the_partners_own_header(node: Node, co: Api) -> None:
    co.post(co.terms())
    node.deliver()
    (knock,) = node.hook.knocks
    assert knock.headers["authorization"] == SECRET
    keys = {key["kid"]: key for key in node.http.get("/.well-known/jwks.json").get_json()["keys"]}
    _, payload = verify_compact(
        knock.headers["x-puente-proof"], lambda kid: import_public(keys[kid], kid), TYP
    )
    claims = json.loads(payload)
    digest = base64.urlsafe_b64encode(hashlib.sha256(knock.body).digest()).rstrip(b"=").decode()
    assert (claims["iss"], claims["aud"]) == ("pe", co.endpoint)
    assert (claims["jti"], claims["sha256"]) == (knock.headers["idempotency-key"], digest)
    assert claims["exp"] - claims["iat"] == 300


def test_the_header_is_written_and_never_read_again(node: Node, co: Api) -> None:
    made = co.make()
    for text in (co.get(f"Subscription/{made['id']}").text, co.get("Subscription").text, json.dumps(made)):
        assert SECRET not in text
        assert "header" not in text
    stored = node.walk.run("SELECT body FROM resource WHERE type = 'partner-subscription'")
    assert stored
    assert not any(SECRET.encode() in bytes(body) or b"hooks" in bytes(body) for (body,) in stored)


def test_each_state_of_a_transfer_is_an_event_with_its_number_and_task(node: Node, co: Api) -> None:
    made = co.make()
    transfer = node.ask(node.person())
    assert node.deliver() == ["delivered"]
    node.move(transfer, "sent")
    assert node.deliver() == ["delivered"]
    assert node.hook.numbers == [1, 2]
    first = node.hook.knocks[0].status
    assert first["events-since-subscription-start"] == "1"
    assert first["events"][0]["focus"].endswith(f"/fhir/Task/{transfer.task_id}")
    assert len(node.hook.knocks[0].bundle["entry"]) == 1
    assert (
        told(co.get(f"Subscription/{made['id']}/$status").get_json(force=True)["entry"][0]["resource"])[
            "events-since-subscription-start"
        ]
        == "2"
    )


def test_with_content_empty_nothing_says_what_or_who(node: Node, co: Api) -> None:
    co.make(content="empty")
    person = node.person()
    transfer = node.ask(person)
    node.deliver()
    (knock,) = node.hook.knocks
    assert set(knock.status["events"][0]) == {"event-number", "timestamp"}
    assert not any(word in knock.body.decode() for word in (person, transfer.task_id, "topic", "Task"))


def test_a_document_about_a_person_is_an_event_of_the_other_topic(node: Node, hospital: Api) -> None:
    hospital.make(topic=topics.SUMMARY)
    person = node.person(agreed=False)
    reference = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"reference": f"Patient/{person}"},
        "content": [{"attachment": {"contentType": "text/plain", "data": "SG9sYQ=="}}],
    }
    assert hospital.post(reference, "DocumentReference").status_code == 201
    node.deliver()
    (knock,) = node.hook.knocks
    assert knock.status["events"][0]["focus"].endswith(f"/fhir/Patient/{person}")


def test_filters_narrow_by_patient_and_state(node: Node, co: Api) -> None:
    wanted, other = node.person(), node.person()
    terms = filtered(co.terms(), f"Task?patient=Patient/{wanted}", "Task?status=requested,completed")
    assert co.post(terms).status_code == 201
    node.deliver()
    node.hook.knocks.clear()
    transfer = node.ask(wanted)
    node.move(node.ask(other), "sent")
    node.move(transfer, "sent")
    assert sorted(map(str, node.deliver())) == ["delivered", "withdrawn", "withdrawn", "withdrawn"]
    assert node.hook.numbers == [1]


def test_nobody_is_told_of_people_who_did_not_agree(node: Node, co: Api, hospital: Api) -> None:
    co.make(topic=topics.SUMMARY)
    person = node.person(agreed=False)
    with node.services.unit() as unit:
        events.document_counts(node.services, unit, person)
        unit.commit()
    assert node.waiting() == []
    assert node.deliver() == []


def test_a_partner_sees_only_its_own(node: Node, co: Api, hospital: Api) -> None:
    made = co.make()
    for path in ("", "/$status", "/$events"):
        assert hospital.get(f"Subscription/{made['id']}{path}").status_code == 404
    assert hospital.put({**hospital.terms(), "id": made["id"]}).status_code == 404
    assert hospital.delete(made).status_code == 404
    assert hospital.get("Subscription").get_json(force=True)["total"] == 0
    assert hospital.get("Subscription/$status").get_json(force=True)["total"] == 0
    assert co.get("Subscription").get_json(force=True)["total"] == 1
    assert co.get("Subscription?status=active").get_json(force=True)["total"] == 1
    assert co.get("Subscription?status=off").get_json(force=True)["total"] == 0


@pytest.mark.parametrize("scope", ["system/Patient.rs", "system/Subscription.cruds"])
def test_the_token_must_cover_the_subscription_and_what_it_is_about(node: Node, co: Api, scope: str) -> None:
    narrow = Api(node, "co", node.bearer("co", scope))
    assert narrow.post(narrow.terms()).status_code == 403


def test_a_partner_of_the_plain_door_has_no_subscriptions(node: Node) -> None:
    plain = Api(node, "fhir-demo", node.bearer("fhir-demo"))
    assert plain.post(plain.terms()).status_code == 403
    assert plain.get("Subscription").status_code == 403


def test_off_stops_and_requested_begins_again_with_the_next_number(node: Node, co: Api) -> None:
    made = co.make()
    transfer = node.ask(node.person())
    node.deliver()
    stopped = co.put({**co.read(made), "status": "off"}, If_Match='W/"2"')
    assert (stopped.status_code, stopped.get_json(force=True)["status"]) == (200, "off")
    transfer = node.move(transfer, "sent")
    assert node.deliver() == []
    assert co.put({**co.read(made), "status": "requested"}).status_code == 200
    assert node.deliver() == ["delivered"]
    node.move(transfer, "received")
    node.deliver()
    assert node.hook.numbers == [1, 2]
    assert {knock.headers["authorization"] for knock in node.hook.knocks} == {SECRET}


def test_a_stale_version_changes_nothing(node: Node, co: Api) -> None:
    made = co.make()
    assert co.put({**co.read(made), "status": "off"}, If_Match='W/"1"').status_code == 412
    assert co.read(made)["status"] == "active"


def test_what_was_deleted_is_not_there_and_not_told(node: Node, co: Api) -> None:
    made = co.make()
    transfer = node.ask(node.person())
    assert co.delete(made).status_code == 204
    assert node.deliver() == ["superseded"]
    node.move(transfer, "sent")
    assert node.waiting() == []
    assert co.get(f"Subscription/{made['id']}").status_code == 404
    assert node.hook.knocks == []


def test_missed_events_can_be_asked_for_by_number(node: Node, co: Api) -> None:
    made = co.make()
    transfer = node.ask(node.person())
    for state in ("sent", "received", "accepted"):
        transfer = node.move(transfer, state)
    answer = co.get(f"Subscription/{made['id']}/$events?eventsSinceNumber=2&eventsUntilNumber=3")
    bundle = answer.get_json(force=True)
    status = told(bundle["entry"][0]["resource"])
    assert (bundle["type"], status["type"]) == ("history", "query-event")
    assert [event["event-number"] for event in status["events"]] == ["2", "3"]
    assert all(event["focus"].endswith(transfer.task_id) for event in status["events"])
    bare = co.get(f"Subscription/{made['id']}/$events?content=empty").get_json(force=True)
    assert [set(event) for event in told(bare["entry"][0]["resource"])["events"]] == [
        {"event-number", "timestamp"}
    ] * 4
    assert co.get(f"Subscription/{made['id']}/$events?content=full-resource").status_code == 400


def test_a_quiet_subscription_gets_heartbeats(node: Node, co: Api) -> None:
    extension = [{"url": backport.HEARTBEAT, "valueUnsignedInt": 60}]
    made = co.make(extension=extension)
    node.sweep()
    assert node.waiting() == []
    node.walk.run("UPDATE subscription SET sent = sent - 61000000 WHERE id = ?", made["id"])
    node.sweep()
    node.sweep()
    assert node.deliver() == ["delivered"]
    (knock,) = node.hook.knocks
    assert (knock.status["type"], knock.status["events-since-subscription-start"]) == ("heartbeat", "0")


def test_a_subscription_ends_by_itself(node: Node, co: Api) -> None:
    made = co.post({**co.terms(), "end": "2100-01-01T00:00:00Z"}).get_json(force=True)
    node.deliver()
    node.walk.run("UPDATE subscription SET ends = 1 WHERE id = ?", made["id"])
    node.ask(node.person())
    assert node.waiting() == []
    node.sweep()
    assert co.read(made)["status"] == "off"
    past = co.post({**co.terms(), "end": "2020-01-01T00:00:00Z"})
    assert past.status_code == 422


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://elsewhere.example/co/hooks",
        "http://127.0.0.1:1/co/hooks",
        "{hook}/hospital/hooks",
        "{hook}/co/../hospital",
        "{hook}/company",
        "{hook}/co/hooks?person=1",
    ],
)
def test_only_addresses_under_the_partners_own_are_notified(node: Node, co: Api, endpoint: str) -> None:
    address = endpoint.replace("{hook}", node.hook.address)
    answer = co.post(co.terms(endpoint=address))
    assert answer.status_code == 422
    assert answer.get_json(force=True)["issue"][0]["expression"] == ["Subscription.channel.endpoint"]
    assert node.waiting() == []


def test_every_issue_of_a_bad_subscription_is_told_at_once(co: Api) -> None:
    terms = co.terms(content="full-resource", type="email", header=["Host: elsewhere"])
    answer = co.post(filtered({**terms, "status": "error"}, "Task?name=Ana"))
    rules = {issue["details"]["coding"][0]["code"] for issue in answer.get_json(force=True)["issue"]}
    assert answer.status_code == 422
    assert rules == {f"subscription-{name}" for name in ("content", "channel", "header", "status", "filter")}


def test_the_number_of_subscriptions_has_a_limit(node: Node, co: Api) -> None:
    for _ in range(20):
        assert co.post(co.terms()).status_code == 201
    assert co.post(co.terms()).status_code == 409


def test_the_statement_declares_what_is_done(node: Node) -> None:
    statement = node.http.get("/fhir/metadata").get_json(force=True)
    found = next(each for each in statement["rest"][0]["resource"] if each["type"] == "Subscription")
    assert {each["code"] for each in found["interaction"]} == {
        "read", "vread", "update", "delete", "create", "search-type",
    }  # fmt: skip
    assert {each["name"] for each in found["operation"]} >= {"status", "events"}
    assert [each["valueCanonical"] for each in found["extension"]] == list(topics.TOPICS)


def test_the_check_of_the_page_takes_our_notification_and_no_changed_one(node: Node, co: Api) -> None:
    page = (Path(__file__).parents[3] / "docs" / "api" / "subscriptions.md").read_text("utf-8")
    code: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], code)
    co.post(co.terms())
    node.deliver()
    (knock,) = node.hook.knocks
    keys = node.http.get("/.well-known/jwks.json").get_json()
    proof = knock.headers["x-puente-proof"]
    assert code["check"](proof, knock.body, co.endpoint, keys) == knock.headers["idempotency-key"]
    for body, address in ((knock.body + b" ", co.endpoint), (knock.body, f"{co.endpoint}/2")):
        with pytest.raises(ValueError, match="not for this address"):
            code["check"](proof, body, address, keys)


def test_supervision_counts_subscriptions_by_state(node: Node, co: Api) -> None:
    co.make()
    co.post(co.terms())
    lines = node.http.get("/metrics").text.splitlines()
    told_of = {line for line in lines if 'box="subscription"' in line}
    assert 'puente_rows{box="subscription",state="active"} 1.0' in told_of
    assert 'puente_rows{box="subscription",state="requested"} 1.0' in told_of
    assert len(told_of) == 4


def test_what_works_by_type_does_not_reach_a_subscription(node: Node, co: Api, hospital: Api) -> None:
    made = co.make()
    address = f"Subscription/{made['id']}"
    terms = {**hospital.terms(), "id": made["id"]}
    entries = [
        {"request": {"method": "GET", "url": address}},
        {"request": {"method": "DELETE", "url": address}},
        {"request": {"method": "PUT", "url": address}, "resource": terms},
    ]
    batch = hospital.post({"resourceType": "Bundle", "type": "batch", "entry": entries}, "")
    assert [each["response"]["status"][:3] for each in batch.get_json(force=True)["entry"]] == ["404"] * 3
    # A delete of what is not there is done already, so a transaction takes it; a write is refused.
    for entry, status in zip(entries[1:], (200, 400), strict=True):
        whole = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
        assert hospital.post(whole, "").status_code == status
    assert hospital.get(f"partner-subscription/{made['id']}").status_code == 404
    assert hospital.get(f"{address}/_history").status_code == 405
    patch = node.http.patch(f"/fhir/{address}", data="[]", headers=hospital.headers)
    assert patch.status_code == 405
    assert co.read(made)["meta"]["versionId"] == "2"


@pytest.mark.parametrize("changes", [{"id": "another"}, {"criteria": topics.SUMMARY.url}])
def test_neither_id_nor_topic_of_a_subscription_changes(node: Node, co: Api, changes: Any) -> None:
    made = co.make()
    body = {**co.read(made), **changes}
    path = f"/fhir/Subscription/{made['id']}"
    answer = node.http.put(path, data=json.dumps(body), headers=co.headers)
    assert answer.status_code in (400, 409)
    assert co.read(made)["criteria"] == topics.TRANSFER.url


def test_versions_are_read_back_without_headers(co: Api) -> None:
    made = co.make()
    first = co.get(f"Subscription/{made['id']}/_history/1").get_json(force=True)
    assert (first["status"], "header" in first["channel"]) == ("requested", False)
    for version in ("9", "x"):
        assert co.get(f"Subscription/{made['id']}/_history/{version}").status_code == 404


def test_a_search_says_what_it_did_not_use(co: Api) -> None:
    found = co.get("Subscription?type=rest-hook&_id=none").get_json(force=True)
    assert (found["total"], found["entry"][0]["search"]["mode"]) == (0, "outcome")
    strict = {**co.headers, "Prefer": "handling=strict"}
    assert co.node.http.get("/fhir/Subscription?type=rest-hook", headers=strict).status_code == 400
    form = {**co.headers, "Content-Type": "application/x-www-form-urlencoded"}
    posted = co.node.http.post("/fhir/Subscription/_search", data="status=off", headers=form)
    assert posted.get_json(force=True)["total"] == 0
    condition = {**co.headers, "If-None-Exist": "status=active"}
    made = co.node.http.post("/fhir/Subscription", data=json.dumps(co.terms()), headers=condition)
    assert made.status_code == 400


def test_people_of_the_node_have_no_subscriptions(node: Node) -> None:
    with pytest.raises(NotAllowed):
        manage.listed(node.services, node.walk.caller())
