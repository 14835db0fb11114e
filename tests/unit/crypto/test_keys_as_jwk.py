"""Keys as JWK: only the kinds we use, never a secret one from a partner."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import ECKey, OKPKey, RSAKey

from registry.crypto.tokens.jwk import (
    NotAKey,
    curve_of,
    export_private,
    export_public,
    import_private,
    import_public,
    new_key,
    public_of,
    same_key,
)
from registry.crypto.tokens.strict import Members, to_base64url


@pytest.mark.parametrize("curve", ["P-256", "P-384", "Ed25519"])
def test_a_new_key_survives_its_file(curve: str) -> None:
    key = new_key(curve)  # type: ignore[arg-type]
    back = import_private(export_private(key))
    assert back.kid == key.kid == key.thumbprint()
    assert curve_of(back) == curve
    assert same_key(back, public_of(key))
    assert not same_key(key, new_key("P-256"))


def test_the_public_half_holds_no_secret() -> None:
    key = new_key("P-256")
    assert "d" in key.as_dict(private=True)
    assert "d" not in export_public(key)
    assert not public_of(key).is_private


def test_a_secret_key_is_refused_where_a_public_one_is_due() -> None:
    with pytest.raises(NotAKey):
        import_public(new_key("Ed25519").as_dict(private=True), "k1")


def test_a_public_key_takes_the_pinned_kid_whatever_it_says() -> None:
    jwk = export_public(new_key("P-256")) | {
        "kid": "other",
        "x5u": "https://example.org/",
        "key_ops": ["sign"],
    }
    assert import_public(jwk, "pinned").kid == "pinned"


def bad_keys() -> list[Members]:
    good = export_public(new_key("P-256"))
    return [
        {},
        {"kty": ["EC"]},
        {"kty": "oct", "k": "AAAA"},
        {**good, "x": None},
        {**good, "x": 5},
        {**good, "x": good["y"]},
        {**good, "crv": "P-999"},
        {**good, "x": "!!!"},
        {"kty": "RSA", "n": to_base64url(b"\xff" * 128), "e": "AQAB"},
        {"kty": "RSA", "n": to_base64url(b"\xff" * 1025), "e": "AQAB"},
        {"kty": "RSA", "n": 5, "e": "AQAB"},
        {"kty": "RSA", "e": "AQAB"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
        dict(ECKey.generate_key("P-521").as_dict(private=False)),
        dict(OKPKey.generate_key("X25519").as_dict(private=False)),
    ]


@pytest.mark.parametrize("number", range(15))
def test_a_key_of_another_kind_or_shape_is_refused(number: int) -> None:
    with pytest.raises(NotAKey):
        import_public(bad_keys()[number], "k1")


def test_an_rsa_key_of_2048_bits_is_accepted() -> None:
    public = rsa.RSAPublicNumbers(65537, (1 << 2047) + 9).public_key()
    key = import_public(dict(RSAKey.import_key(public).as_dict(private=False)), "rsa-1")
    assert curve_of(key) == "RSA"


@pytest.mark.parametrize("number", range(3))
def test_a_file_without_a_private_key_is_refused(number: int) -> None:
    public = new_key("P-256")
    files = [b"{}", b'{"kty":"oct","k":"AAAA","d":"x"}', export_private(public).replace(b'"d":', b'"dd":')]
    with pytest.raises(NotAKey):
        import_private(files[number])
