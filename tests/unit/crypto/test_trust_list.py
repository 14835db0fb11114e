"""The trust list: two officers sign it, public keys only, each key for one use and one time."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from registry.crypto.partners.trust import KeyStatus, KeyUse, Partner, PartnerKey, PartnerKind, TrustList
from registry.crypto.partners.trust_file import TrustRefused, check_trust, draft_trust, read_draft, sign_trust
from registry.crypto.partners.trust_json import read_trust, write_trust
from registry.crypto.tokens.jwk import Key, export_public, new_key, public_of
from registry.crypto.tokens.strict import from_base64url, to_base64url

ANA, LUIS, STRANGER = new_key("Ed25519"), new_key("Ed25519"), new_key("Ed25519")
OFFICERS: dict[str, Key] = {str(key.kid): public_of(key) for key in (ANA, LUIS)}
KEYS = {
    "sig-old": public_of(new_key("P-256")),
    "sig-new": public_of(new_key("Ed25519")),
    "enc-old": public_of(new_key("P-256", "enc")),
    "enc-new": public_of(new_key("P-256", "enc")),
    "token": public_of(new_key("P-384")),
}
DAY = timedelta(days=1)


@pytest.fixture
def trust(now: datetime) -> TrustList:
    """A node whose old and new keys overlap for two weeks, a FHIR server, a country without endpoint."""
    old, new = (now - 90 * DAY, now + 7 * DAY), (now - 7 * DAY, now + 90 * DAY)
    keys = (
        PartnerKey(KeyUse.SIGNING, KEYS["sig-old"], *old),
        PartnerKey(KeyUse.SIGNING, KEYS["sig-new"], *new),
        PartnerKey(KeyUse.ENCRYPTION, KEYS["enc-new"], *new),
        PartnerKey(KeyUse.ENCRYPTION, KEYS["enc-old"], *old),
        PartnerKey(KeyUse.TOKEN, KEYS["token"], *new),
    )
    endpoints = {"messages": "http://127.0.0.1:8201/exchange/v1/messages"}
    co = Partner("co", PartnerKind.PUENTE, "CO", "Colombia", endpoints, keys, ("system/*.rs",), ("ab" * 32,))
    hapi = Partner("hapi", PartnerKind.FHIR, "BR", "Plataforma", {"fhir": "https://fhir.example.org/r4"})
    return TrustList(
        7, now - DAY, now + 30 * DAY, (co, hapi, Partner("ve", PartnerKind.CARRY, "VE", "Venezuela"))
    )


def signed_by(trust: TrustList, *officers: Key) -> bytes:
    document = draft_trust(trust)
    for officer in officers:
        document = sign_trust(document, officer)
    return document


def test_a_list_signed_by_two_officers_is_read_as_written(trust: TrustList, now: datetime) -> None:
    document = signed_by(trust, ANA, LUIS)
    found = check_trust(document, OFFICERS, now)
    assert write_trust(found) == write_trust(trust)
    assert [partner.id for partner in found.partners] == ["co", "hapi", "ve"]
    assert found.find("hapi") == trust.find("hapi")
    assert found.find("xx") is None


@pytest.mark.parametrize("officers", [(), (ANA,), (ANA, ANA), (ANA, STRANGER), (STRANGER,)])
def test_fewer_than_two_officers_are_not_enough(
    officers: tuple[Key, ...], trust: TrustList, now: datetime
) -> None:
    with pytest.raises(TrustRefused, match="two different officers"):
        check_trust(signed_by(trust, *officers), OFFICERS, now)


def test_one_officer_under_two_names_is_one_officer(trust: TrustList, now: datetime) -> None:
    from registry.crypto.tokens.jwk import export_private, import_private

    twin = import_private(export_private(ANA).replace(str(ANA.kid).encode(), b"second-name"))
    officers = {str(ANA.kid): public_of(ANA), "second-name": public_of(twin)}
    with pytest.raises(TrustRefused, match="two different officers"):
        check_trust(signed_by(trust, ANA, twin), officers, now)


def test_a_list_changed_after_signing_is_refused(trust: TrustList, now: datetime) -> None:
    document = json.loads(signed_by(trust, ANA, LUIS))
    document["payload"] = to_base64url(write_trust(replace(trust, version=8)))
    with pytest.raises(TrustRefused, match="two different officers"):
        check_trust(json.dumps(document).encode(), OFFICERS, now)


def test_signing_with_a_key_that_is_not_ed25519_does_not_count(trust: TrustList, now: datetime) -> None:
    other = new_key("P-256")
    officers = {**OFFICERS, str(other.kid): public_of(other)}
    with pytest.raises(TrustRefused):
        check_trust(signed_by(trust, ANA, other), officers, now)


def test_a_second_signature_of_an_officer_replaces_the_first(trust: TrustList, now: datetime) -> None:
    document = json.loads(signed_by(trust, ANA, LUIS, ANA))
    assert len(document["signatures"]) == 2
    document["signatures"].insert(0, {"protected": "!", "signature": ""})
    document["signatures"].insert(0, "noise")
    again = sign_trust(json.dumps(document).encode(), ANA)
    assert check_trust(again, OFFICERS, now).version == 7


def test_an_expired_list_is_refused(trust: TrustList) -> None:
    with pytest.raises(TrustRefused, match="expired"):
        check_trust(signed_by(trust, ANA, LUIS), OFFICERS, trust.expires)


@pytest.mark.parametrize("document", [b"", b"[]", b'{"payload":5,"signatures":[]}', b'{"payload":"e30"}'])
def test_a_file_that_is_no_signed_list_is_refused(document: bytes, now: datetime) -> None:
    with pytest.raises(TrustRefused, match="not a signed JSON document"):
        check_trust(document, OFFICERS, now)


def test_a_draft_is_shown_before_it_is_signed(trust: TrustList) -> None:
    assert read_draft(draft_trust(trust)).version == 7
    with pytest.raises(TrustRefused, match="breaks a rule"):
        read_draft(b'{"payload":"e30","signatures":[]}')


def test_rotation_accepts_both_keys_and_encrypts_to_the_newest(trust: TrustList, now: datetime) -> None:
    assert trust.signing_keys("co", now) == [KEYS["sig-old"], KEYS["sig-new"]]
    assert trust.encryption_key("co", now) == KEYS["enc-new"]
    assert trust.token_keys("co", now) == [KEYS["token"]]


def test_keys_count_only_between_their_dates(trust: TrustList, now: datetime) -> None:
    before, after = now - 8 * DAY, now + 7 * DAY
    assert trust.signing_keys("co", before) == [KEYS["sig-old"]]
    assert trust.encryption_key("co", before) == KEYS["enc-old"]
    assert trust.signing_keys("co", after) == [KEYS["sig-new"]]
    assert trust.encryption_key("co", now + 90 * DAY) is None


def test_a_revoked_key_stops_at_once(trust: TrustList, now: datetime) -> None:
    co = trust.partners[0]
    revoked = tuple(replace(key, status=KeyStatus.REVOKED) for key in co.keys)
    trust = replace(trust, partners=(replace(co, keys=revoked),))
    assert trust.signing_keys("co", now) == []
    assert trust.find_signer(str(KEYS["sig-new"].kid), now) is None


def test_a_signer_is_found_by_its_signing_key_only(trust: TrustList, now: datetime) -> None:
    signer = trust.find_signer(str(KEYS["sig-new"].kid), now)
    assert signer == ("co", KEYS["sig-new"])
    assert trust.find_signer(str(KEYS["enc-new"].kid), now) is None
    assert trust.find_signer("unknown", now) is None


def test_an_unknown_partner_has_no_keys(trust: TrustList, now: datetime) -> None:
    assert trust.signing_keys("xx", now) == []
    assert trust.token_keys("xx", now) == []
    assert trust.encryption_key("xx", now) is None


Edit = Callable[[dict[str, Any]], object]


def first_key(members: dict[str, Any]) -> dict[str, Any]:
    return dict(members)["partners"][0]["keys"][0]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "edit",
    [
        lambda m: m["partners"][0].update(kind="friend"),
        lambda m: m["partners"][0].update(country="Colombia"),
        lambda m: m["partners"][0].update(name="a\nb"),
        lambda m: m["partners"][0].update(id="../co"),
        lambda m: m["partners"][0].update(endpoints=[]),
        lambda m: m["partners"][0]["endpoints"].update(fhir="file:///etc/passwd"),
        lambda m: m["partners"][0].update(scopes="all"),
        lambda m: m["partners"][0].update(mtls=["AB"]),
        lambda m: m["partners"][0].update(keys={}),
        lambda m: m.update(partners=["co"]),
        lambda m: m["partners"].append(m["partners"][1]),
        lambda m: m["partners"][1].update(keys=m["partners"][0]["keys"][:1]),
        lambda m: m.update(version=1.5),
        lambda m: m.update(expires=None),
        lambda m: first_key(m).update(use="any"),
        lambda m: first_key(m).update(status="maybe"),
        lambda m: first_key(m).update(not_after="later"),
        lambda m: first_key(m).update(jwk=None),
        lambda m: first_key(m).update(kid=""),
        lambda m: first_key(m).update(jwk=dict(new_key("P-256").as_dict(private=True))),
        lambda m: first_key(m).update(jwk=export_public(new_key("P-384"))),
        lambda m: m["partners"][0]["keys"][2].update(jwk=export_public(new_key("Ed25519"))),
        lambda m: m["partners"][0]["keys"][4].update(jwk=export_public(new_key("Ed25519"))),
    ],
)
def test_a_list_that_breaks_a_rule_is_refused(edit: Edit, trust: TrustList, now: datetime) -> None:
    members = json.loads(write_trust(trust))
    edit(members)
    with pytest.raises(ValueError, match=r"form|kind|valid"):
        read_trust(json.dumps(members).encode())


def test_the_payload_has_the_names_of_the_contract(trust: TrustList) -> None:
    payload = json.loads(from_base64url(json.loads(draft_trust(trust))["payload"]))
    assert set(payload) == {"version", "issued", "expires", "partners"}
    assert {"id", "kind", "country", "name", "endpoints", "mtls", "keys", "scopes"} == set(
        payload["partners"][0]
    )
    assert {"kid", "use", "jwk", "not_before", "not_after", "status"} == set(first_key(payload))
