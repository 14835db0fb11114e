"""Notes and receipts: signed words of a partner about one message."""

from collections.abc import Callable
from datetime import datetime

import pytest

from registry.crypto.tokens.jose import sign_compact
from registry.crypto.tokens.jwk import new_key
from registry.crypto.tokens.messages import Message, pack
from registry.crypto.tokens.receipts import (
    Note,
    Receipt,
    ReceiptStatus,
    pack_note,
    pack_receipt,
    unpack_note,
    unpack_receipt,
)
from registry.crypto.tokens.signed import FindSigner, MessageRefused, Refused
from registry.crypto.tokens.strict import read_object, write_object
from tests.unit.crypto.conftest import Node

MSG_ID = "0b5ab7fe-1111-4222-8333-444455556666"
DIGEST = "cd" * 32


def refusal(act: Callable[[], object]) -> MessageRefused:
    with pytest.raises(MessageRefused) as caught:
        act()
    return caught.value


@pytest.mark.parametrize("status", list(ReceiptStatus))
@pytest.mark.parametrize("checkpoint", [None, "co\n5\nroot\n2026-11-22T12:00:00Z\n\nkid sig\n"])
def test_a_receipt_is_read_with_the_name_of_its_signer(
    status: ReceiptStatus, checkpoint: str | None, co: Node, find_signer: FindSigner, now: datetime
) -> None:
    receipt = Receipt(MSG_ID, status, DIGEST, now, checkpoint)
    assert unpack_receipt(pack_receipt(receipt, co.signing), find_signer) == ("co", receipt)


def test_a_note_is_read_with_the_name_of_its_signer(co: Node, find_signer: FindSigner, now: datetime) -> None:
    note = Note(MSG_ID, DIGEST, now)
    assert unpack_note(pack_note(note, co.signing).encode(), find_signer) == ("co", note)


def test_a_note_is_not_a_receipt_nor_the_other_way(co: Node, find_signer: FindSigner, now: datetime) -> None:
    note = pack_note(Note(MSG_ID, DIGEST, now), co.signing)
    receipt = pack_receipt(Receipt(MSG_ID, ReceiptStatus.ACCEPTED, DIGEST, now), co.signing)
    assert refusal(lambda: unpack_receipt(note, find_signer)).code is Refused.JWS_HEADER
    assert refusal(lambda: unpack_note(receipt, find_signer)).code is Refused.JWS_HEADER


def test_a_message_is_not_a_receipt(message: Message, pe: Node, co: Node, find_signer: FindSigner) -> None:
    packed = pack(message, pe.signing, co.encryption)
    assert refusal(lambda: unpack_receipt(packed, find_signer)).code is Refused.JWS_HEADER


def test_a_receipt_of_a_stranger_is_refused(find_signer: FindSigner, now: datetime) -> None:
    receipt = pack_receipt(Receipt(MSG_ID, ReceiptStatus.ACCEPTED, DIGEST, now), new_key("P-256"))
    refused = refusal(lambda: unpack_receipt(receipt, find_signer))
    assert (refused.code, refused.status, refused.sender) == (Refused.SIGNATURE, 401, None)


def test_a_changed_receipt_is_refused(co: Node, find_signer: FindSigner, now: datetime) -> None:
    accepted, rejected = (
        pack_receipt(Receipt(MSG_ID, status, DIGEST, now), co.signing).split(".")
        for status in (ReceiptStatus.ACCEPTED, ReceiptStatus.REJECTED)
    )
    mixed = f"{accepted[0]}.{accepted[1]}.{rejected[2]}"
    assert refusal(lambda: unpack_receipt(mixed, find_signer)).code is Refused.SIGNATURE


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "maybe"},
        {"msg_id": "x"},
        {"digest": "x"},
        {"at": "now"},
        {"audit_checkpoint": "ñ"},
        {"audit_checkpoint": 5},
    ],
)
def test_a_receipt_of_the_wrong_form_is_refused(
    changes: dict[str, object], co: Node, find_signer: FindSigner, now: datetime
) -> None:
    good = {"msg_id": MSG_ID, "status": "accepted", "digest": DIGEST, "at": "2026-11-22T12:00:00Z"}
    for typ, unpack in (("mhr-receipt+jws", unpack_receipt), ("mhr-note+jws", unpack_note)):
        if typ == "mhr-note+jws" and "audit_checkpoint" in changes:
            continue
        token = sign_compact(write_object({**good, **changes}), co.signing, typ)
        refused = refusal(lambda unpack=unpack, token=token: unpack(token, find_signer))  # type: ignore[misc]
        assert (refused.code, refused.status, refused.sender) == (Refused.PAYLOAD, 422, "co")


def test_a_note_must_say_received(co: Node, find_signer: FindSigner) -> None:
    body = {"msg_id": MSG_ID, "status": "accepted", "digest": DIGEST, "at": "2026-11-22T12:00:00Z"}
    token = sign_compact(write_object(dict(body)), co.signing, "mhr-note+jws")
    assert refusal(lambda: unpack_note(token, find_signer)).code is Refused.PAYLOAD


def test_a_receipt_that_is_too_long_is_refused(find_signer: FindSigner) -> None:
    assert refusal(lambda: unpack_receipt("A" * 9000, find_signer)).status == 413


def test_the_receipt_has_the_names_of_the_contract(co: Node, now: datetime) -> None:
    from registry.crypto.tokens.strict import from_base64url

    token = pack_receipt(Receipt(MSG_ID, ReceiptStatus.DUPLICATE, DIGEST, now, "text"), co.signing)
    assert set(read_object(from_base64url(token.split(".")[1]))) == {
        "msg_id",
        "status",
        "digest",
        "at",
        "audit_checkpoint",
    }
