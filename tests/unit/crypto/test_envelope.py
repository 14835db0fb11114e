"""Envelope v1: known answers, and a blob opens at its own place only."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.crypto.sealing.envelope import (
    DataKey,
    Place,
    lp,
    open_sealed,
    pad,
    seal,
    split_lp,
    unpad,
    unwrap,
    wrap,
    wrap_aad,
)
from registry.errors import Unreadable

KEK = bytes(range(0x20))
DEK = bytes(range(0x20, 0x40))
OWNER = "3f2b1c9e-0000-4000-8000-000000000001"
KEY = DataKey(1, DEK)
PLACE = Place("fhir_resource", "7a000000-0000-4000-8000-0000000000aa", OWNER, "body", 5)
PLAIN = b'{"resourceType":"Patient"}'
AAD = wrap_aad("kek-2026a", OWNER, 1)


def sealed_known() -> bytes:
    return seal(KEY, PLACE, PLAIN, lambda size: b"\x01" * size)


def lookup(version: int) -> DataKey:
    if version != 1:
        raise Unreadable
    return KEY


def test_wrapped_key_equals_the_known_answer() -> None:
    wrapped = wrap(KEK, DEK, AAD, bytes)
    assert wrapped.hex() == (
        "0000000000000000000000002e9d97fd9109a59a2081831e3401bfb6e27264601cb45618b8a789b8f9c26369"
        "e53d72b1b794fbe19a2b6531aeb15132"
    )
    assert unwrap(KEK, wrapped, AAD) == DEK


def test_sealed_row_equals_the_known_answer() -> None:
    blob = sealed_known()
    assert len(blob) == 546
    assert (
        hashlib.sha256(blob).hexdigest() == "4fc4a5e8ba5754f8e0e99ffe3e650ebb222b349e7d94743b3e38fa4825a73d61"
    )
    assert open_sealed(lookup, PLACE, blob) == PLAIN


def test_every_flipped_bit_of_a_sealed_row_is_refused() -> None:
    blob = sealed_known()
    for bit in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Unreadable):
            open_sealed(lookup, PLACE, bytes(changed))


def test_every_flipped_bit_of_a_wrapped_key_is_refused() -> None:
    wrapped = wrap(KEK, DEK, AAD)
    for bit in range(len(wrapped) * 8):
        changed = bytearray(wrapped)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Unreadable):
            unwrap(KEK, bytes(changed), AAD)


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(PLACE, table="fhir_version"),
        replace(PLACE, row_id="7a000000-0000-4000-8000-0000000000ab"),
        replace(PLACE, owner_id="3f2b1c9e-0000-4000-8000-000000000002"),
        replace(PLACE, column="text"),
        replace(PLACE, revision=6),
    ],
)
def test_a_blob_moved_to_another_place_is_refused(elsewhere: Place) -> None:
    with pytest.raises(Unreadable):
        open_sealed(lookup, elsewhere, sealed_known())


def test_a_blob_under_another_key_version_is_refused() -> None:
    blob = bytearray(sealed_known())
    blob[5] = 2
    with pytest.raises(Unreadable):
        open_sealed(lambda version: DataKey(version, DEK), PLACE, bytes(blob))


@pytest.mark.parametrize(
    "aad", [wrap_aad("kek-2026b", OWNER, 1), wrap_aad("kek-2026a", "x", 1), wrap_aad("kek-2026a", OWNER, 2)]
)
def test_a_wrapped_key_with_another_label_is_refused(aad: bytes) -> None:
    with pytest.raises(Unreadable):
        unwrap(KEK, wrap(KEK, DEK, AAD), aad)


@pytest.mark.parametrize("size", [0, 1, 33, 545])
def test_a_truncated_blob_is_refused(size: int) -> None:
    with pytest.raises(Unreadable):
        open_sealed(lookup, PLACE, sealed_known()[:size])
    with pytest.raises(Unreadable):
        unwrap(KEK, wrap(KEK, DEK, AAD)[: min(size, 59)], AAD)


def test_an_authentic_blob_without_padding_is_refused() -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    raw = AESGCM(DEK).encrypt(bytes(12), bytes(512), PLACE.aad(1))
    with pytest.raises(Unreadable):
        open_sealed(lookup, PLACE, b"\x01\x01\x00\x00\x00\x01" + bytes(12) + raw)


def test_refusal_says_nothing_about_why() -> None:
    with pytest.raises(Unreadable) as caught:
        open_sealed(lookup, replace(PLACE, revision=6), sealed_known())
    assert str(caught.value) == "The sealed data cannot be read."
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_two_seals_of_the_same_bytes_differ() -> None:
    assert seal(KEY, PLACE, PLAIN) != seal(KEY, PLACE, PLAIN)


def test_keys_are_not_shown_when_printed() -> None:
    assert DEK.hex() not in repr(KEY)
    assert repr(DEK) not in repr(KEY)


@pytest.mark.parametrize(("size", "padded"), [(0, 512), (1, 512), (511, 512), (512, 1024), (513, 1024)])
def test_padding_fills_the_block(size: int, padded: int) -> None:
    assert len(pad(bytes(size))) == padded
    assert unpad(pad(bytes(size))) == bytes(size)


@pytest.mark.parametrize(
    "padded",
    [b"", bytes(512), b"x" * 512, b"\x80" + bytes(510), b"x\x80" + bytes(1022), b"x" * 511 + b"\x81"],
)
def test_bytes_that_pad_never_makes_are_refused(padded: bytes) -> None:
    with pytest.raises(Unreadable):
        unpad(padded)


@pytest.mark.parametrize("joined", [b"\x00", b"\x00\x00\x00\x02a", b"\x00\x00\x00\x01\xff", b"\xff" * 4])
def test_bytes_that_lp_never_makes_are_refused(joined: bytes) -> None:
    with pytest.raises(Unreadable):
        split_lp(joined)


@settings(max_examples=50, database=None)
@given(st.lists(st.text(max_size=8), max_size=5))
def test_length_prefixes_keep_the_parts_apart(parts: list[str]) -> None:
    assert split_lp(lp(*parts)) == parts


@settings(max_examples=50, database=None)
@given(st.binary(max_size=1200))
def test_whatever_is_sealed_opens_again(plain: bytes) -> None:
    blob = seal(KEY, PLACE, plain)
    assert open_sealed(lookup, PLACE, blob) == plain
    assert (len(blob) - 34) % 512 == 0
