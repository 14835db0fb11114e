"""Client assertions of SMART Backend Services."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from joserfc.jwk import RSAKey

from registry.crypto.tokens.assertion import Assertion, AssertionRefused, check_assertion, make_assertion
from registry.crypto.tokens.jose import sign_compact
from registry.crypto.tokens.jwk import Key, new_key, public_of
from registry.crypto.tokens.strict import Members, from_base64url, read_object, write_object
from tests.unit.crypto.forge import es256, hs256

URL = "https://co.example.org/token"
CLIENT = "pe"
P384, P256, EDWARDS = new_key("P-384"), new_key("P-256"), new_key("Ed25519")
RSA = RSAKey.generate_key(2048, auto_kid=True)
Check = Callable[[str], Assertion]


def keys_of(client_id: str) -> Sequence[Key]:
    return [public_of(key) for key in (P384, P256, EDWARDS, RSA)] if client_id == CLIENT else []


def claims_at(now: datetime) -> Members:
    at = int(now.timestamp())
    return {"iss": CLIENT, "sub": CLIENT, "aud": URL, "iat": at, "exp": at + 300, "jti": "1234567890abcdef"}


def is_refused(token: str, now: datetime, find: Callable[[str], Sequence[Key]] = keys_of) -> bool:
    try:
        check_assertion(token, URL, find, now)
    except AssertionRefused:
        return True
    return False


def signed(now: datetime, key: Key = P384, changes: Members | None = None) -> str:
    claims = claims_at(now) | (changes or {})
    kept = {name: value for name, value in claims.items() if value is not ...}
    return sign_compact(write_object(kept), key, "JWT")


@pytest.mark.parametrize("key", [P384, P256, RSA])
def test_our_own_assertion_is_accepted(key: Key, now: datetime) -> None:
    token = make_assertion(CLIENT, URL, key, now)
    found = check_assertion(token, URL, keys_of, now)
    assert (found.client_id, found.expires) == (CLIENT, now + timedelta(minutes=5))
    assert len(from_base64url(found.jti)) == 16


def test_two_assertions_have_different_ids(now: datetime) -> None:
    ids = {check_assertion(make_assertion(CLIENT, URL, P384, now), URL, keys_of, now).jti for _ in range(5)}
    assert len(ids) == 5


def test_other_signature_algorithms_are_refused(now: datetime) -> None:
    assert is_refused(signed(now, EDWARDS), now)
    header = {"alg": "HS256", "kid": P256.kid, "typ": "JWT"}
    assert is_refused(hs256(header, write_object(claims_at(now)), public_of(P256).as_pem()), now)
    none = es256(header | {"alg": "none"}, write_object(claims_at(now)), P256).rsplit(".", 1)[0] + "."
    assert is_refused(none, now)


def test_the_type_must_be_jwt(now: datetime) -> None:
    assert is_refused(sign_compact(write_object(claims_at(now)), P384, "at+jwt"), now)


def test_the_key_must_be_one_of_the_client(now: datetime) -> None:
    assert is_refused(signed(now, new_key("P-384")), now)
    assert is_refused(signed(now), now, lambda _: [])
    assert is_refused(signed(now), now, lambda _: [public_of(P384), public_of(P384)])
    assert is_refused(signed(now, changes={"iss": "co", "sub": "co"}), now)


def test_the_same_kid_with_another_kind_of_key_is_not_confused(now: datetime) -> None:
    from registry.crypto.tokens.jwk import export_public, import_public

    twin = import_public(export_public(P256), str(P384.kid))
    assert not is_refused(signed(now), now, lambda _: [twin, public_of(P384)])
    assert is_refused(signed(now), now, lambda _: [twin])


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": "co"},
        {"sub": ...},
        {"iss": ...},
        {"iss": 5},
        {"aud": "https://ec.example.org/token"},
        {"aud": [URL, "https://ec.example.org/token"]},
        {"aud": ...},
        {"jti": ...},
        {"jti": ""},
        {"jti": "ñ"},
        {"jti": "x" * 256},
        {"exp": ...},
        {"exp": True},
        {"exp": "soon"},
        {"exp": 10**400},
        {"iat": "now"},
        {"nbf": []},
    ],
)
def test_wrong_claims_are_refused(changes: dict[str, object], now: datetime) -> None:
    assert is_refused(signed(now, changes=changes), now)


def test_an_audience_in_a_list_of_one_is_accepted(now: datetime) -> None:
    assert not is_refused(signed(now, changes={"aud": [URL], "iat": ...}), now)


@pytest.mark.parametrize(
    ("claim", "seconds", "refused"),
    [
        ("exp", -59, False),
        ("exp", -60, True),
        ("exp", 360, False),
        ("exp", 361, True),
        ("iat", 60, False),
        ("iat", 61, True),
        ("nbf", 60, False),
        ("nbf", 61, True),
        ("iat", -3600, False),
    ],
)
def test_times_have_a_minute_of_tolerance(claim: str, seconds: int, refused: bool, now: datetime) -> None:
    moment = int(now.timestamp()) + seconds
    assert is_refused(signed(now, changes={claim: moment}), now) is refused


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "....", "é.é.é", "A" * 9000, "e30.e30.", "e30.W10.AA"])
def test_what_is_no_assertion_is_refused(token: str, now: datetime) -> None:
    assert is_refused(token, now)


def test_a_changed_assertion_is_refused(now: datetime) -> None:
    header, payload, signature = signed(now).split(".")
    other = signed(now, changes={"jti": "another-identifier"}).split(".")[1]
    assert is_refused(f"{header}.{other}.{signature}", now)
    assert read_object(from_base64url(payload))["aud"] == URL


def test_repeated_claims_are_refused(now: datetime) -> None:
    doubled = write_object(claims_at(now))[:-1] + b',"sub":"pe"}'
    assert is_refused(sign_compact(doubled, P384, "JWT"), now)
