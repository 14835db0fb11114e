"""The five walks of the house from their handlers down: HTTP in, tasks by id, the command line, real rows."""

import hashlib
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from fhir import wire
from registry import create_app
from registry.domain.model import AccessToken, Session
from registry.ports.outside import Answer
from registry.usecases.access import trail, users
from registry.usecases.care.chart import at_a_glance
from registry.usecases.exchange.receiving import receive
from registry.usecases.exchange.sending import deliver, send_summary
from tests.walks.nodes import (
    Forward,
    Pair,
    WalkNode,
    consent,
    new_number,
    received,
    state_of,
    traveller,
    treated,
)

ROOT = Path(__file__).resolve().parents[2]
FHIR = "application/fhir+json"
JOSE = "application/jose"
FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def web(pair: Pair) -> Iterator[dict[str, FlaskClient]]:
    """Give the real application of each node, and let messages between them pass through HTTP."""
    clients = {node.code: create_app(services=node.services).test_client() for node in pair.both}

    def post(_: Forward) -> Answer:
        partner, _msg_id, packed = pair.line.sent[-1]
        answer = clients[partner].post("/exchange/v1/messages", data=packed, content_type=JOSE)
        return Answer(answer.status_code, answer.text)

    pair.line.next_answers.extend([post] * 50)
    yield clients
    pair.line.next_answers.clear()


def bearer(node: WalkNode, *scopes: str, client: str = "co") -> dict[str, str]:
    """Give a partner a token of five minutes."""
    token = secrets.token_urlsafe(32)
    with node.services.unit() as unit:
        digest = hashlib.sha256(token.encode()).digest()
        unit.tokens.add(AccessToken(digest, client, scopes, unit.now() + timedelta(minutes=5)))
        unit.commit()
    return {"Authorization": f"Bearer {token}", "Content-Type": FHIR}


def sign_in(node: WalkNode, client: FlaskClient) -> None:
    """Give a browser the session of a clinician."""
    new = users.NewUser(f"ana-{new_number()}", "Ana", "clinician", "a long enough password")
    added = users.add_user(node.services, node.caller("administrator"), new)
    cookie = secrets.token_urlsafe(32)
    with node.services.unit() as unit:
        digest = hashlib.sha256(cookie.encode()).digest()
        unit.sessions.add(Session(digest, added.user.id, unit.now(), unit.now(), auth_level=2))
        unit.commit()
    client.set_cookie(f"puente_{node.code}", cookie, domain="localhost")


def actions(node: WalkNode, person_id: str) -> list[str]:
    """Return what the trail tells of a person, oldest first."""
    rows = node.look(lambda unit: unit.audit.about(person_id, 100))
    return [row["action"] for row in reversed(rows)]


def test_walk_one_a_resource_is_created_by_a_system(pair: Pair, web: dict[str, FlaskClient]) -> None:
    headers = bearer(pair.pe, "system/Patient.crs", "system/Observation.c", client="hospital")
    patient = {"resourceType": "Patient", "name": [{"family": "Quispe"}], "birthDate": "1990-05-17"}
    created = web["pe"].post("/fhir/Patient", json=patient, headers=headers)
    assert created.status_code == 201, created.text
    person_id = created.headers["Location"].split("/Patient/")[1].split("/")[0]
    assert created.headers["ETag"] == 'W/"1"'
    read = web["pe"].get(f"/fhir/Patient/{person_id}", headers=headers)
    stored = pair.pe.look(lambda unit: unit.records.current("Patient", person_id))
    assert stored is not None
    place = ("fhir_resource", f"Patient/{person_id}", "body", 1)
    assert read.data == pair.pe.services.vault.open(person_id, place, stored.body)
    assert b"Quispe" not in stored.body
    assert actions(pair.pe, person_id) == ["create", "read"]
    bad = web["pe"].post("/fhir/Patient", json={**patient, "birthDate": "soon"}, headers=headers)
    assert bad.status_code == 422
    assert "birthDate" in bad.text
    assert "soon" not in bad.text
    other = {"resourceType": "Condition", "subject": {"reference": f"Patient/{person_id}"}}
    assert web["pe"].post("/fhir/Condition", json=other, headers=headers).status_code == 403


def test_walk_two_a_clinician_finds_a_person(pair: Pair, web: dict[str, FlaskClient]) -> None:
    who = traveller(pair)
    treated(pair.pe, who.at_pe)
    client = web["pe"]
    sign_in(pair.pe, client)
    token = FORM_TOKEN.search(client.get("/").text)
    assert token is not None
    form = {"csrf_token": token[1], "identifier": who.cedula, "kind": "ve-ci"}
    same = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    sent = client.post("/find", data=form, headers=same)
    assert sent.status_code == 303, sent.text
    assert who.cedula not in sent.headers["Location"]
    found = client.get(sent.headers["Location"])
    assert f"/people/{who.at_pe}" in found.text
    assert who.cedula not in found.text
    chart = client.get(f"/people/{who.at_pe}")
    assert 'data-days="9"' in chart.text
    assert actions(pair.pe, who.at_pe)[-1] == "view"


def test_walks_three_and_four_a_summary_goes_out_and_comes_in(
    pair: Pair, web: dict[str, FlaskClient]
) -> None:
    who = traveller(pair)
    treated(pair.pe, who.at_pe)
    consent(pair.pe, who.at_pe, "co")
    item = send_summary.queue_summary(pair.pe.services, pair.pe.caller(), who.at_pe, "co")
    assert deliver.deliver(pair.pe.services, item.id, "w") == "sent"
    stored = received(pair.co, item.msg_id)
    assert (stored.state, stored.note.count(".")) == ("received", 2)
    assert receive.process(pair.co.services, stored.id) == "processed"
    pair.pump()
    assert state_of(pair.pe, item) == "delivered"
    chart = at_a_glance.chart(pair.co.services, pair.co.caller(), who.at_co)
    assert (chart.supply.days_on_hand, chart.documents[0].partner_name) == (9, "Puente Perú")
    told = ["create", "create", "create", "consent", "queue", "send", "receipt"]
    assert sorted(actions(pair.pe, who.at_pe)) == sorted(told)  # events of one moment have no order
    assert actions(pair.co, who.at_co) == ["create", "process", "view"]
    again = web["co"].post("/exchange/v1/messages", data=pair.line.sent[0][2], content_type=JOSE)
    assert (again.status_code, again.text) == (202, stored.note)
    page = web["co"]
    sign_in(pair.co, page)
    shown = page.get(f"/incoming/{stored.id}")
    assert shown.status_code == 200
    assert "MedicationDispense" in shown.text or "DTG" in shown.text


def test_walk_four_a_document_comes_in_by_the_plain_door(pair: Pair, web: dict[str, FlaskClient]) -> None:
    headers = bearer(pair.pe, "system/*.cruds", client="fhir-demo")
    number = new_number()
    document = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": {"resourceType": "Patient", "id": "p", "name": [{"text": number}]}}],
    }
    taken = web["pe"].post("/fhir/Bundle", data=json.dumps(document), headers=headers)
    assert taken.status_code == 202, taken.text
    pair.pump()
    outcome = web["pe"].get(taken.headers["Location"], headers=headers)
    assert outcome.status_code == 200
    told = {each["name"]: each for each in wire.parse(outcome.data)["parameter"]}
    issues = told["findings"]["resource"]["issue"]
    assert told["state"]["valueCode"] == "review"
    assert issues
    assert all(issue.get("diagnostics") for issue in issues)
    assert number not in outcome.text


def test_walk_five_the_observatory_file_is_written_by_the_command_line(pair: Pair, tmp_path: Path) -> None:
    who = traveller(pair)
    treated(pair.pe, who.at_pe)
    today = pair.pe.services.today()
    quarter = f"{today.year}Q{(today.month - 1) // 3 + 1}"
    command = [sys.executable, "-m", "registry", "publish", "--period", quarter, "--out", str(tmp_path)]
    environ = {"PATH": os.environ["PATH"], **pair.pe.demo.environ}
    subprocess.run(command, env=environ, cwd=ROOT, check=True, capture_output=True, timeout=60)
    text = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert "TX_CURR" in text
    assert who.at_pe not in text
    assert who.cedula not in text
    newest = pair.pe.look(lambda unit: unit.audit.recent(1))[0]
    assert newest["action"] == "count"


def test_after_all_walks_the_trails_verify(pair: Pair) -> None:
    for node in pair.both:
        while trail.chain(node.services):
            pass
        verdict = trail.verify(node.services)
        assert verdict.ok, verdict
