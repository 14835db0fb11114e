"""Messages between nodes: what is packed opens at its addressee only; forgeries are refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from registry.crypto.tokens.jose import decrypt_compact, encrypt_compact, sign_compact, verify_compact
from registry.crypto.tokens.jwk import new_key, public_of
from registry.crypto.tokens.messages import Message, pack, unpack
from registry.crypto.tokens.signed import FindSigner, MessageRefused, Refused
from registry.crypto.tokens.strict import Malformed, to_base64url
from tests.unit.crypto.conftest import Node
from tests.unit.crypto.forge import es256, header_of, hs256, with_header

TYP = "mhr-bundle+jws"
Reading = Callable[[bytes], MessageRefused]


@pytest.fixture(scope="module")
def packed(message: Message, pe: Node, co: Node) -> bytes:
    return pack(message, pe.signing, public_of(co.encryption))


@pytest.fixture(scope="module")
def payload(packed: bytes, pe: Node, co: Node) -> dict[str, object]:
    _, signed = decrypt_compact(packed, co.find_own)
    _, body = verify_compact(signed, {str(pe.signing.kid): public_of(pe.signing)}.get, TYP)
    return dict(json.loads(body))


@pytest.fixture(scope="module")
def refusal(co: Node, find_signer: FindSigner, now: datetime) -> Reading:
    """Give how Colombia refuses the bytes."""

    def read(data: bytes) -> MessageRefused:
        with pytest.raises(MessageRefused) as caught:
            unpack(data, "co", co.find_own, find_signer, now)
        return caught.value

    return read


@pytest.fixture(scope="module")
def forged(payload: dict[str, object], pe: Node, co: Node) -> Callable[[dict[str, object]], bytes]:
    """Sign a changed payload with Peru's real key and seal it for Colombia."""

    def forge(changes: dict[str, object]) -> bytes:
        members = {name: value for name, value in (payload | changes).items() if value is not ...}
        return encrypt_compact(
            sign_compact(json.dumps(members).encode(), pe.signing, TYP).encode(), public_of(co.encryption)
        ).encode()

    return forge


def sealed(signed: str, reader: Node) -> bytes:
    return encrypt_compact(signed.encode(), public_of(reader.encryption)).encode()


def test_a_message_arrives_as_it_was_sent(
    packed: bytes, message: Message, co: Node, find_signer: FindSigner, now: datetime
) -> None:
    assert unpack(packed, "co", co.find_own, find_signer, now) == message


def test_the_payload_has_the_names_of_the_contract(payload: dict[str, object], message: Message) -> None:
    assert payload == {
        "msg_id": "0b5ab7fe-1111-4222-8333-444455556666",
        "kind": "summary",
        "seq": 3,
        "from": "pe",
        "to": "co",
        "in_reply_to": "0b5ab7fe-2222-4222-8333-444455556666",
        "patient_ref": "alias-7f3a9c",
        "created": "2026-11-22T11:59:00Z",
        "expires": "2026-11-28T12:00:00Z",
        "profile": "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips",
        "consent_digest": "ab" * 32,
        "sha256": message.sha256,
        "bundle": to_base64url(message.bundle),
    }


def test_optional_members_are_left_out_when_there_are_none(
    message: Message, pe: Node, co: Node, find_signer: FindSigner, now: datetime
) -> None:
    short = replace(message, in_reply_to=None, consent_digest=None, profile="")
    packed = pack(short, pe.signing, public_of(co.encryption))
    assert unpack(packed, "co", co.find_own, find_signer, now) == short


def test_nothing_of_a_message_is_readable_or_printed(packed: bytes, message: Message) -> None:
    assert b"alias" not in packed
    assert 'Bundle"' not in repr(message)
    assert "alias" not in repr(message)


def test_a_message_may_be_signed_with_ed25519(message: Message, co: Node, now: datetime) -> None:
    from registry.crypto.tokens.signed import Signer

    key = new_key("Ed25519")
    packed = pack(message, key, public_of(co.encryption))
    signers = {str(key.kid): Signer("pe", public_of(key))}
    assert unpack(packed, "co", co.find_own, signers.get, now) == message


def test_algorithm_none_is_refused(payload: dict[str, object], pe: Node, co: Node, refusal: Reading) -> None:
    header = {"alg": "none", "kid": pe.signing.kid, "typ": TYP}
    unsigned = es256(header, json.dumps(payload).encode(), pe.signing).rsplit(".", 1)[0] + "."
    refused = refusal(sealed(unsigned, co))
    assert (refused.code, refused.status, refused.sender) == (Refused.JWS_HEADER, 401, None)


def test_hmac_with_the_public_key_is_refused(
    payload: dict[str, object], pe: Node, co: Node, refusal: Reading
) -> None:
    header = {"alg": "HS256", "kid": pe.signing.kid, "typ": TYP}
    token = hs256(header, json.dumps(payload).encode(), public_of(pe.signing).as_pem())
    assert refusal(sealed(token, co)).code is Refused.JWS_HEADER


def test_an_unknown_kid_is_refused(message: Message, co: Node, refusal: Reading) -> None:
    refused = refusal(pack(message, new_key("P-256"), public_of(co.encryption)))
    assert (refused.code, refused.status, refused.msg_id) == (Refused.SIGNATURE, 401, None)


def test_another_partners_key_cannot_speak_for_peru(
    message: Message, ec: Node, co: Node, refusal: Reading
) -> None:
    refused = refusal(pack(message, ec.signing, public_of(co.encryption)))
    assert (refused.code, refused.status, refused.sender, refused.msg_id) == (Refused.SENDER, 401, "ec", None)


def test_another_partners_signature_under_perus_kid_is_refused(
    payload: dict[str, object], pe: Node, ec: Node, co: Node, refusal: Reading
) -> None:
    header = {"alg": "ES256", "kid": pe.signing.kid, "typ": TYP}
    token = es256(header, json.dumps(payload).encode(), ec.signing)
    assert refusal(sealed(token, co)).code is Refused.SIGNATURE


def test_swapped_sender_and_recipient_are_refused(
    forged: Callable[[dict[str, object]], bytes], refusal: Reading
) -> None:
    refused = refusal(forged({"from": "co", "to": "pe"}))
    assert (refused.code, refused.sender) == (Refused.SENDER, "pe")


def test_a_copy_sealed_again_to_a_third_party_is_refused(
    packed: bytes, co: Node, ec: Node, find_signer: FindSigner, now: datetime
) -> None:
    _, signed = decrypt_compact(packed, co.find_own)
    with pytest.raises(MessageRefused) as caught:
        unpack(sealed(signed.decode(), ec), "ec", ec.find_own, find_signer, now)
    refused = caught.value
    assert (refused.code, refused.status, refused.sender, refused.msg_id) == (
        Refused.RECIPIENT,
        422,
        "pe",
        None,
    )


def test_a_message_for_another_reader_is_refused(
    message: Message, pe: Node, ec: Node, refusal: Reading
) -> None:
    refused = refusal(pack(message, pe.signing, public_of(ec.encryption)))
    assert (refused.code, refused.status) == (Refused.JWE_HEADER, 400)


def test_a_truncated_message_is_refused(packed: bytes, refusal: Reading) -> None:
    codes = {refusal(packed[:size]).code for size in range(0, len(packed), 97)}
    assert codes == {Refused.JWE_HEADER, Refused.DECRYPT}
    assert refusal(packed[:-1]).status == 400


def test_what_is_no_message_at_all_is_refused(refusal: Reading, co: Node) -> None:
    assert refusal(b"").code is Refused.JWE_HEADER
    assert refusal(b'{"resourceType":"Bundle"}').code is Refused.JWE_HEADER
    assert refusal(sealed("not a jws", co)).code is Refused.JWS_HEADER


def test_ten_megabytes_are_refused_before_any_work(packed: bytes, refusal: Reading) -> None:
    refused = refusal(packed + b"A" * 10_000_000)
    assert (refused.code, refused.status) == (Refused.SIZE, 413)


def test_a_message_too_large_for_the_partner_is_not_sent(message: Message, pe: Node, co: Node) -> None:
    with pytest.raises(MessageRefused) as caught:
        pack(replace(message, bundle=bytes(2_300_000)), pe.signing, public_of(co.encryption))
    assert caught.value.code is Refused.SIZE


def test_a_message_just_under_the_limit_passes(
    message: Message, pe: Node, co: Node, find_signer: FindSigner, now: datetime
) -> None:
    large = replace(message, bundle=bytes(2_100_000))
    packed = pack(large, pe.signing, public_of(co.encryption))
    assert unpack(packed, "co", co.find_own, find_signer, now) == large


@pytest.mark.parametrize(
    "body",
    [
        b'{"from":"pe","from":"pe","to":"co"}',
        b'{"from":"pe","to":"co","x":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b"[]",
        b"\xff",
        b"",
    ],
)
def test_repeated_names_and_deep_nesting_are_refused(
    body: bytes, pe: Node, co: Node, refusal: Reading
) -> None:
    refused = refusal(sealed(sign_compact(body, pe.signing, TYP), co))
    assert (refused.code, refused.status, refused.sender, refused.msg_id) == (
        Refused.PAYLOAD,
        422,
        "pe",
        None,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "other"},
        {"kind": 5},
        {"seq": -1},
        {"seq": "3"},
        {"seq": ...},
        {"patient_ref": "María Pérez"},
        {"patient_ref": ...},
        {"created": "yesterday"},
        {"expires": 1_800_000_000},
        {"profile": "with space"},
        {"bundle": "a+b="},
        {"bundle": ...},
        {"in_reply_to": "x"},
        {"consent_digest": "AB" * 32},
    ],
)
def test_a_payload_of_the_wrong_form_earns_a_rejected_receipt(
    changes: dict[str, object],
    forged: Callable[[dict[str, object]], bytes],
    refusal: Reading,
    message: Message,
) -> None:
    refused = refusal(forged(changes))
    assert (refused.code, refused.status) == (Refused.PAYLOAD, 422)
    assert (refused.sender, refused.msg_id) == ("pe", message.msg_id)


@pytest.mark.parametrize("msg_id", ["x", 5, ..., "0B5AB7FE-1111-4222-8333-444455556666"])
def test_a_message_without_a_good_id_earns_no_receipt(
    msg_id: object, forged: Callable[[dict[str, object]], bytes], refusal: Reading
) -> None:
    refused = refusal(forged({"msg_id": msg_id}))
    assert (refused.code, refused.msg_id) == (Refused.PAYLOAD, None)


def test_a_digest_of_other_bytes_is_refused(
    forged: Callable[[dict[str, object]], bytes], refusal: Reading, message: Message
) -> None:
    refused = refusal(forged({"bundle": to_base64url(b"other")}))
    assert (refused.code, refused.msg_id) == (Refused.DIGEST, message.msg_id)
    assert refusal(forged({"sha256": ...})).code is Refused.DIGEST


@pytest.mark.parametrize(
    ("created", "expires", "code"),
    [
        (timedelta(minutes=10), timedelta(days=1), None),
        (timedelta(minutes=10, seconds=1), timedelta(days=1), Refused.CREATED),
        (timedelta(0), timedelta(days=7), None),
        (timedelta(0), timedelta(days=7, seconds=1), Refused.LIFETIME),
        (timedelta(days=-2), timedelta(seconds=1), None),
        (timedelta(days=-2), timedelta(0), Refused.EXPIRED),
    ],
)
def test_times_outside_the_window_are_refused(
    created: timedelta,
    expires: timedelta,
    code: Refused | None,
    message: Message,
    pe: Node,
    co: Node,
    find_signer: FindSigner,
    refusal: Reading,
    now: datetime,
) -> None:
    timed = replace(message, created=now + created, expires=now + expires)
    packed = pack(timed, pe.signing, public_of(co.encryption))
    if code is None:
        assert unpack(packed, "co", co.find_own, find_signer, now) == timed
    else:
        refused = refusal(packed)
        assert (refused.code, refused.status, refused.msg_id) == (code, 422, message.msg_id)


def test_unknown_members_of_a_newer_node_are_ignored(
    forged: Callable[[dict[str, object]], bytes],
    message: Message,
    co: Node,
    find_signer: FindSigner,
    now: datetime,
) -> None:
    assert unpack(forged({"added_later": {"a": 1}}), "co", co.find_own, find_signer, now) == message


@pytest.mark.parametrize("wrong", [{"to": "no spaces"}, {"msg_id": "x"}, {"patient_ref": "a b"}])
def test_a_message_no_partner_would_take_is_not_sent(
    wrong: dict[str, str], message: Message, pe: Node, co: Node
) -> None:
    with pytest.raises(Malformed):
        pack(replace(message, **wrong), pe.signing, public_of(co.encryption))  # type: ignore[arg-type]


def test_a_refusal_says_its_code_and_nothing_else(packed: bytes, refusal: Reading) -> None:
    wrong = with_header(packed.decode(), header_of(packed) | {"zip": "DEF"}).encode()
    assert str(refusal(wrong)) == "jwe-header"
