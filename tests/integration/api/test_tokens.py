"""The token endpoint and what its tokens open: SMART Backend Services, errors of RFC 6749 section 5.2."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from registry.crypto.tokens.assertion import make_assertion
from registry.crypto.tokens.jwk import new_key, public_of
from tests.integration.api.conftest import PATIENT, Api, Node

ANYWAY = ["none", "HS256", "HS384", "RS256", "ES512", "Ed25519", "EdDSA"]


def ask(node: Node, form: dict[str, str] | bytes, content: str = "") -> TestResponse:
    more = {"content_type": content} if content else {}
    return node.http.post("/oauth/token", data=form, **more)


def refused(answer: TestResponse, status: int, error: str) -> None:
    assert (answer.status_code, answer.get_json()) == (status, {"error": error})
    assert answer.headers["Cache-Control"] == "no-store"


def b64(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims(node: Node, **changes: Any) -> dict[str, Any]:
    now = int(datetime.now(UTC).timestamp())
    made = {
        "iss": "co",
        "sub": "co",
        "aud": node.settings.audience,
        "iat": now,
        "exp": now + 250,
        "jti": "j1",
    }
    return {**made, **changes}


def test_a_partner_gets_a_short_token_for_what_it_asked(node: Node) -> None:
    answer = ask(node, node.form("co", "system/Patient.rs"))
    found = answer.get_json()
    assert (answer.status_code, found["token_type"], found["scope"]) == (200, "bearer", "system/Patient.rs")
    assert 0 < found["expires_in"] <= 300


def test_the_same_assertion_is_not_taken_twice(node: Node) -> None:
    form = node.form("co", "system/Patient.rs")
    assert ask(node, form).status_code == 200
    refused(ask(node, form), 401, "invalid_client")


WRONG = {
    "grant": ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    "no type": ({"client_assertion_type": ""}, 400, "invalid_request"),
    "no assertion": ({"client_assertion": ""}, 400, "invalid_request"),
    "no jwt": ({"client_assertion": "a.b.c"}, 401, "invalid_client"),
    "long": ({"client_assertion": "a." * 5000}, 401, "invalid_client"),
    "no scope": ({"scope": ""}, 400, "invalid_scope"),
    "user scope": ({"scope": "user/Patient.rs"}, 400, "invalid_scope"),
    "strange scope": ({"scope": "system/Patient.xyz \x00"}, 400, "invalid_scope"),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_a_wrong_request_gets_its_own_error(node: Node, name: str) -> None:
    changes, status, error = WRONG[name]
    refused(ask(node, node.form("co", "system/Patient.rs") | changes), status, error)


@pytest.mark.parametrize("content", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_only_a_form_is_read(node: Node, content: str) -> None:
    refused(ask(node, b"{}", content), 400, "invalid_request")


def test_a_field_given_twice_is_refused(node: Node) -> None:
    body = b"grant_type=client_credentials&grant_type=client_credentials"
    refused(ask(node, body, "application/x-www-form-urlencoded"), 400, "invalid_request")


def test_a_huge_form_is_refused(node: Node) -> None:
    body = b"scope=" + b"x" * 10_000_000
    refused(ask(node, body, "application/x-www-form-urlencoded"), 400, "invalid_request")


def test_a_stranger_and_a_stranger_s_key_are_refused_alike(node: Node) -> None:
    key = new_key("P-384")
    refused(ask(node, node.form("nobody", "system/Patient.rs", key)), 401, "invalid_client")
    refused(ask(node, node.form("co", "system/Patient.rs", key)), 401, "invalid_client")
    refused(ask(node, node.form("co", "system/Patient.rs", node.fhir)), 401, "invalid_client")


@pytest.mark.parametrize("algorithm", ANYWAY)
def test_an_assertion_of_another_algorithm_is_refused(node: Node, algorithm: str) -> None:
    header = {"alg": algorithm, "kid": str(node.co_token.kid), "typ": "JWT"}
    token = f"{b64(header)}.{b64(claims(node))}."
    for signature in ("", "AAAA"):
        form = node.form("co", "system/Patient.rs", client_assertion=token + signature)
        refused(ask(node, form), 401, "invalid_client")


def test_a_public_key_used_as_a_shared_secret_is_refused(node: Node) -> None:
    public = public_of(node.co_token)
    header = {"alg": "HS256", "kid": str(node.co_token.kid), "typ": "JWT"}
    signed = f"{b64(header)}.{b64(claims(node))}"
    for secret in (public.as_pem(private=False), json.dumps(public.as_dict(private=False)).encode()):
        forged = f"{signed}.{b64(hmac.digest(secret, signed.encode(), 'sha256'))}"
        form = node.form("co", "system/Patient.rs", client_assertion=forged)
        refused(ask(node, form), 401, "invalid_client")


TIMES = {
    "expired": -timedelta(minutes=10),
    "from the future": timedelta(minutes=10),
}


@pytest.mark.parametrize("name", sorted(TIMES))
def test_an_assertion_of_another_time_is_refused(node: Node, name: str) -> None:
    token = make_assertion("co", node.settings.audience, node.co_token, datetime.now(UTC) + TIMES[name])
    refused(ask(node, node.form("co", "system/Patient.rs", client_assertion=token)), 401, "invalid_client")


def test_an_assertion_for_another_node_is_refused(node: Node) -> None:
    token = make_assertion("co", "http://127.0.0.1:9/oauth/token", node.co_token, datetime.now(UTC))
    refused(ask(node, node.form("co", "system/Patient.rs", client_assertion=token)), 401, "invalid_client")


def test_without_a_token_nothing_is_read(api: Api, stored: dict[str, Any]) -> None:
    path = f"/fhir/Patient/{stored['id']}"
    for header in (
        {},
        {"Authorization": "Basic eDp5"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer  "},
    ):
        answer = api.http.get(path, headers=header)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", ["nonsense", "x" * 5000, "á", "a b"])
def test_a_token_of_nobody_opens_nothing(api: Api, token: str) -> None:
    answer = api.http.get("/fhir/Patient/1", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def test_a_token_opens_only_what_it_covers(node: Node, stored: dict[str, Any]) -> None:
    reader = Api(node.http, node.bearer(scope="system/Patient.r"))
    path = f"Patient/{stored['id']}"
    assert reader.get(path).status_code == 200
    assert reader.get(f"{path}/_history/1").status_code == 200
    assert reader.get("Patient?family=quispe").status_code == 403
    assert reader.post("Patient", PATIENT).status_code == 403
    assert reader.put(path, stored).status_code == 403
    assert reader.delete(path).status_code == 403
    assert reader.get("Observation/1").status_code == 403
    assert (
        Api(node.http, node.bearer(scope="system/Observation.r")).get(f"{path}/$summary").status_code == 403
    )


def test_an_old_style_scope_gives_no_more_than_it_says(node: Node, stored: dict[str, Any]) -> None:
    answer = ask(node, node.form("co", "system/*.read"))
    assert (answer.status_code, answer.get_json()["scope"]) == (200, "system/*.rs")
