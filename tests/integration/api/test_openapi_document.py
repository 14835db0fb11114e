"""The OpenAPI document says what the addresses beside FHIR really do."""

from collections.abc import Callable
from typing import Any

import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.integration.api.conftest import Node

BESIDE = ("/fhir",)
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


@schemathesis.serializer("application/jose")
def as_it_is(_context: Any, value: Any) -> bytes:
    """Send a compact token as text."""
    return str(value).encode()


def document(http: FlaskClient) -> dict[str, Any]:
    answer = http.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def test_every_address_beside_fhir_is_described_and_no_other(node: Node) -> None:
    from registry.api import make_api

    rules = make_api(node.services).url_map.iter_rules()
    served = {rule.rule for rule in rules if not rule.rule.startswith(BESIDE)}
    assert set(document(node.http)["paths"]) == served


def test_no_private_half_of_a_key_is_shown(node: Node) -> None:
    keys = node.http.get("/.well-known/jwks.json").get_json()["keys"]
    assert {key["use"] for key in keys} == {"sig", "enc"}
    assert all("d" not in key and key["kid"] for key in keys)


def test_requests_made_from_the_document_are_answered_as_it_says(
    node: Node, scaled: Callable[[int], int]
) -> None:
    described = schemathesis.openapi.from_wsgi("/openapi.json", node.http.application)
    asked: set[str] = set()
    for found in described.get_all_operations():
        _drive(found.ok(), asked, scaled(1_000))
    assert asked == set(document(node.http)["paths"]) - {"/openapi.json"}, "the document itself was read"


def _drive(operation: Any, asked: set[str], times: int) -> None:
    @settings(max_examples=times, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)
        asked.add(case.path)

    call()
