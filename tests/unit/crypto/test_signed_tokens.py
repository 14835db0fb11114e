"""Compact tokens: closed lists of algorithms and headers, keys from the pinned list only."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.crypto.tokens.jose import (
    NotAuthentic,
    Stage,
    algorithm_of,
    decrypt_compact,
    encrypt_compact,
    sign_compact,
    verify_compact,
)
from registry.crypto.tokens.jwk import Key, export_public, new_key, public_of
from tests.unit.crypto.forge import b64, es256, header_of, hs256, with_header

TYP = "mhr-bundle+jws"
SIGNING = new_key("P-256")
OTHER = new_key("P-256")
EDWARDS = new_key("Ed25519")
TOKEN_KEY = new_key("P-384")
READER = new_key("P-256", "enc")
PINNED: dict[str, Key] = {str(key.kid): public_of(key) for key in (SIGNING, OTHER, EDWARDS, TOKEN_KEY)}
GOOD_HEADER = {"alg": "ES256", "kid": str(SIGNING.kid), "typ": TYP}
SIGNED = sign_compact(b"payload", SIGNING, TYP)
SEALED = encrypt_compact(b"signed", public_of(READER))


def own(kid: str) -> Key | None:
    return READER if kid == READER.kid else None


def refusal_of_signed(token: str | bytes, max_bytes: int = 10_000) -> Stage:
    with pytest.raises(NotAuthentic) as caught:
        verify_compact(token, PINNED.get, TYP, max_bytes=max_bytes)
    return caught.value.stage


def refusal_of_sealed(token: str | bytes, max_bytes: int = 10_000) -> Stage:
    with pytest.raises(NotAuthentic) as caught:
        decrypt_compact(token, own, max_bytes)
    return caught.value.stage


@pytest.mark.parametrize(("key", "algorithm"), [(SIGNING, "ES256"), (EDWARDS, "Ed25519")])
def test_a_signed_token_gives_its_exact_bytes_back(key: Key, algorithm: str) -> None:
    payload = bytes(range(256))
    header, found = verify_compact(sign_compact(payload, key, TYP), PINNED.get, TYP)
    assert header == {"alg": algorithm, "kid": key.kid, "typ": TYP}
    assert found == payload


def test_the_header_is_what_the_contract_says() -> None:
    assert header_of(SIGNED) == GOOD_HEADER
    sealed = header_of(SEALED)
    epk = sealed.pop("epk")
    assert isinstance(epk, dict)
    assert epk["crv"] == "P-256"
    assert sealed == {"alg": "ECDH-ES", "enc": "A256GCM", "kid": READER.kid, "cty": "JWT"}


def test_a_token_of_another_type_is_refused() -> None:
    with pytest.raises(NotAuthentic):
        verify_compact(SIGNED, PINNED.get, "mhr-receipt+jws")


def test_algorithm_none_is_refused() -> None:
    header = b64(b'{"alg":"none","kid":"' + str(SIGNING.kid).encode() + b'","typ":"mhr-bundle+jws"}')
    assert refusal_of_signed(f"{header}.{b64(b'payload')}.") is Stage.JWS_HEADER


def test_hmac_with_the_public_key_is_refused() -> None:
    secret = public_of(SIGNING).as_pem()
    assert refusal_of_signed(hs256(GOOD_HEADER | {"alg": "HS256"}, b"x", secret)) is Stage.JWS_HEADER


def test_an_algorithm_of_the_token_endpoint_is_refused_for_messages() -> None:
    assert algorithm_of(TOKEN_KEY) == "ES384"
    assert refusal_of_signed(sign_compact(b"x", TOKEN_KEY, TYP)) is Stage.JWS_HEADER


@pytest.mark.parametrize(
    "extra",
    [
        {"jku": "https://example.org/keys"},
        {"x5u": "https://example.org/cert"},
        {"jwk": export_public(OTHER)},
        {"x5c": ["MIIB"]},
        {"crit": ["exp"]},
        {"b64": False, "crit": ["b64"]},
        {"zip": "DEF"},
        {"cty": "JWT"},
        {"anything": 1},
    ],
)
def test_any_header_that_is_not_listed_is_refused(extra: dict[str, object]) -> None:
    assert refusal_of_signed(es256(GOOD_HEADER | extra, b"x", SIGNING)) is Stage.JWS_HEADER
    assert (
        refusal_of_sealed(with_header(SEALED, header_of(SEALED) | extra | {"apu": "QQ"})) is Stage.JWE_HEADER
    )


@pytest.mark.parametrize(
    "wrong", [{"alg": ["ES256"]}, {"kid": 5}, {"kid": None}, {"typ": None}, {"alg": "EdDSA"}]
)
def test_a_signed_header_of_the_wrong_shape_is_refused(wrong: dict[str, object]) -> None:
    assert refusal_of_signed(es256(GOOD_HEADER | wrong, b"x", SIGNING)) is Stage.JWS_HEADER


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b"[]",
        b"x",
        b"\xff",
        b"[" * 700,
        b'{"alg":"none","alg":"ES256"}',
        b'{"pad":"' + b"x" * 1024 + b'"}',
    ],
)
def test_a_header_that_is_not_one_short_object_is_refused(raw: bytes) -> None:
    assert refusal_of_signed(with_header(SIGNED, raw)) is Stage.JWS_HEADER
    assert refusal_of_sealed(with_header(SEALED, raw)) is Stage.JWE_HEADER


def test_a_key_that_is_not_pinned_is_refused() -> None:
    stranger = new_key("P-256")
    assert refusal_of_signed(sign_compact(b"x", stranger, TYP)) is Stage.SIGNATURE


def test_a_signature_by_another_pinned_key_is_refused() -> None:
    assert refusal_of_signed(es256(GOOD_HEADER, b"x", OTHER)) is Stage.SIGNATURE


def test_a_kid_of_a_key_of_another_kind_is_refused() -> None:
    assert refusal_of_signed(es256(GOOD_HEADER | {"kid": EDWARDS.kid}, b"x", SIGNING)) is Stage.SIGNATURE


def test_a_changed_payload_or_signature_is_refused() -> None:
    header, _, signature = SIGNED.split(".")
    assert refusal_of_signed(f"{header}.{b64(b'payloae')}.{signature}") is Stage.SIGNATURE
    assert refusal_of_signed(f"{header}..{signature}") is Stage.SIGNATURE
    assert refusal_of_signed(SIGNED + "A") is Stage.SIGNATURE
    assert refusal_of_signed(SIGNED + ".x") is Stage.SIGNATURE
    assert refusal_of_signed(f"{header}.{b64(b'payload')}=.{signature}") is Stage.SIGNATURE


def test_half_a_character_in_a_token_is_refused() -> None:
    assert refusal_of_signed("\ud800" + SIGNED) is Stage.JWS_HEADER


def test_a_token_over_the_limit_is_refused_before_it_is_read() -> None:
    assert refusal_of_signed(SIGNED, len(SIGNED) - 1) is Stage.SIZE
    assert refusal_of_sealed(SEALED, len(SEALED) - 1) is Stage.SIZE
    assert verify_compact(SIGNED, PINNED.get, TYP, max_bytes=len(SIGNED))[1] == b"payload"
    assert decrypt_compact(SEALED, own, len(SEALED))[1] == b"signed"


def test_a_megabyte_passes_where_the_library_alone_would_refuse() -> None:
    large = b"x" * 1_000_000
    assert verify_compact(sign_compact(large, SIGNING, TYP), PINNED.get, TYP)[1] == large
    assert decrypt_compact(encrypt_compact(large, public_of(READER)), own)[1] == large


@pytest.mark.parametrize(
    "wrong",
    [
        {"alg": "dir"},
        {"alg": "ECDH-ES+A256KW"},
        {"alg": "RSA-OAEP"},
        {"enc": "A128GCM"},
        {"enc": "A256CBC-HS512"},
        {"cty": "json"},
        {"kid": "unknown"},
        {"kid": ["x"]},
        {"epk": None},
        {"epk": {"kty": "EC"}},
        {"epk": export_public(new_key("P-384"))},
        {"epk": {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}},
        {"epk": {"kty": "OKP", "crv": "P-256", "x": "AA", "y": "AA"}},
        {"epk": {**export_public(READER), "d": "AA"}},
    ],
)
def test_a_sealed_header_with_another_value_is_refused(wrong: dict[str, object]) -> None:
    assert refusal_of_sealed(with_header(SEALED, header_of(SEALED) | wrong)) is Stage.JWE_HEADER


@pytest.mark.parametrize("point", [("AA", "AA"), (5, "AA"), ("", ""), ("ñ", "=")])
def test_a_sender_key_that_is_no_point_of_the_curve_is_refused(point: tuple[object, object]) -> None:
    epk = {"kty": "EC", "crv": "P-256", "x": point[0], "y": point[1]}
    assert refusal_of_sealed(with_header(SEALED, header_of(SEALED) | {"epk": epk})) is Stage.DECRYPT


def test_a_token_sealed_for_another_key_under_our_name_is_refused() -> None:
    other = encrypt_compact(b"signed", public_of(new_key("P-256", "enc")))
    assert refusal_of_sealed(with_header(other, header_of(other) | {"kid": READER.kid})) is Stage.DECRYPT


@pytest.mark.parametrize("part", [1, 2, 3, 4])
def test_every_part_of_a_sealed_token_must_be_whole(part: int) -> None:
    parts = SEALED.split(".")
    for value in ("", "A", "AAAA", parts[part] + "AAAA", parts[part][:-4]):
        if value != parts[part]:
            changed = [*parts[:part], value, *parts[part + 1 :]]
            assert refusal_of_sealed(".".join(changed)) is Stage.DECRYPT
    assert refusal_of_sealed(".".join(parts[:part])) is Stage.DECRYPT


@settings(max_examples=60, database=None, deadline=None)
@given(st.integers(0, len(SEALED) - 1), st.sampled_from("A._-=é\x00"))
def test_no_changed_character_of_a_sealed_token_passes(at: int, put: str) -> None:
    changed = SEALED[:at] + put + SEALED[at + 1 :]
    if changed != SEALED:
        assert refusal_of_sealed(changed) in {Stage.JWE_HEADER, Stage.DECRYPT}


@settings(max_examples=60, database=None, deadline=None)
@given(st.binary(max_size=80))
def test_no_noise_passes(noise: bytes) -> None:
    assert refusal_of_sealed(noise) in {Stage.JWE_HEADER, Stage.DECRYPT}
    assert refusal_of_signed(noise) in {Stage.JWS_HEADER, Stage.SIGNATURE}
