"""Tokens for partner systems: signed assertions used once, scopes cut down, a short life."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from registry.crypto.tokens.assertion import make_assertion
from registry.crypto.tokens.jwk import new_key
from registry.errors import BadInput, NotReady, NotSignedIn
from registry.usecases.access import system_token
from tests.walks.nodes import Pair


def form(pair: Pair, scope: str = "system/Patient.c", **changes: Any) -> dict[str, str]:
    services = pair.pe.services
    key = changes.pop("key", pair.client_key)
    assertion = make_assertion("fhir-demo", services.settings.audience, key, services.clock.now())
    return {
        "grant_type": system_token.GRANT,
        "client_assertion_type": system_token.ASSERTION,
        "client_assertion": assertion,
        "scope": scope,
    } | changes


def refused(pair: Pair, content: dict[str, str]) -> tuple[str, int]:
    with pytest.raises(system_token.TokenRefused) as caught:
        system_token.issue(pair.pe.services, content)
    return caught.value.error, caught.value.status


def test_a_signed_assertion_gets_a_token_for_what_was_asked(pair: Pair) -> None:
    answer = system_token.issue(pair.pe.services, form(pair, "system/Patient.c system/Bundle.c"))
    assert (answer["token_type"], answer["scope"]) == ("bearer", "system/Patient.c system/Bundle.c")
    assert answer["expires_in"] == pair.pe.services.settings.access_token_life <= 300
    caller = system_token.caller_for(pair.pe.services, str(answer["access_token"]))
    assert (caller.role, caller.organization) == ("partner", "fhir-demo")
    assert caller.scopes == ("system/Patient.c", "system/Bundle.c")


def test_an_assertion_is_used_once(pair: Pair) -> None:
    content = form(pair)
    system_token.issue(pair.pe.services, content)
    assert refused(pair, content) == ("invalid_client", 401)
    newest = pair.pe.look(lambda unit: unit.audit.recent(1))[0]
    assert (newest["action"], newest["outcome"]) == ("token", "refused")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "password"}, ("unsupported_grant_type", 400)),
        ({"client_assertion_type": "x"}, ("invalid_request", 400)),
        ({"client_assertion": ""}, ("invalid_request", 400)),
        ({"client_assertion": "a.b.c"}, ("invalid_client", 401)),
        ({"key": new_key("P-384")}, ("invalid_client", 401)),
        ({"scope": ""}, ("invalid_scope", 400)),
        ({"scope": "openid"}, ("invalid_scope", 400)),
        ({"scope": "system/Patient.c?gender=female"}, ("invalid_scope", 400)),
        ({"scope": "user/Patient.c"}, ("invalid_scope", 400)),
    ],
)
def test_what_is_wrong_with_a_request_is_told_by_its_code_only(
    pair: Pair, changes: dict[str, Any], error: tuple[str, int]
) -> None:
    assert refused(pair, form(pair, **changes)) == error


def test_an_assertion_for_another_time_is_not_accepted(pair: Pair) -> None:
    content = form(pair)
    pair.clock.by = timedelta(minutes=7)
    assert refused(pair, content) == ("invalid_client", 401)


def test_a_node_whose_trust_list_is_over_asks_to_try_later(pair: Pair) -> None:
    pair.clock.by = timedelta(days=400)
    with pytest.raises(NotReady):
        system_token.issue(pair.pe.services, form(pair))


def test_a_partner_without_agreement_gets_no_token(pair: Pair) -> None:
    content = form(pair)
    node = pair.pe.services.node
    services = pair.pe.with_settings(
        node=replace(node, partners=tuple(row for row in node.partners if row.id != "fhir-demo"))
    )
    with pytest.raises(system_token.TokenRefused):
        system_token.issue(services, content)


def test_a_token_ends(pair: Pair) -> None:
    token = str(system_token.issue(pair.pe.services, form(pair))["access_token"])
    system_token.caller_for(pair.pe.services, token)
    pair.pe.run("UPDATE access_token SET expires = 1")
    with pytest.raises(NotSignedIn):
        system_token.caller_for(pair.pe.services, token)


@pytest.mark.parametrize(("bearer", "error"), [("unknown", NotSignedIn), ("x" * 201, BadInput)])
def test_a_bearer_that_is_no_token_is_nobody(pair: Pair, bearer: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        system_token.caller_for(pair.pe.services, bearer)


def test_only_the_digest_of_a_token_is_stored(pair: Pair) -> None:
    token = str(system_token.issue(pair.pe.services, form(pair))["access_token"])
    assert token not in str(pair.pe.run("SELECT * FROM access_token"))
