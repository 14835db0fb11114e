"""Sign and check the `received` note (the answer to a POST) and receipts (what became of a message)."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from registry.crypto.tokens.jose import sign_compact
from registry.crypto.tokens.jwk import Key
from registry.crypto.tokens.messages import DIGEST, MSG_ID
from registry.crypto.tokens.signed import FindSigner, MessageRefused, Refused, read_signed
from registry.crypto.tokens.strict import (
    Members,
    from_instant,
    optional_text_member,
    text_member,
    to_instant,
    write_object,
)

_NOTE_TYP = "mhr-note+jws"
_RECEIPT_TYP = "mhr-receipt+jws"
_STATUS = re.compile(r"accepted|rejected|superseded|duplicate")
_RECEIVED = re.compile(r"received")
_CHECKPOINT = re.compile(r"[\n!-~ ]{1,1024}")
_MAX_BYTES = 8 * 1024


class ReceiptStatus(StrEnum):
    """Name what the receiver did with a message."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Note:
    """Say that a message with this bundle digest was received and stored, not yet understood."""

    msg_id: str
    digest: str
    at: datetime


@dataclass(frozen=True)
class Receipt:
    """Say what became of a message; `audit_checkpoint` is the receiver's newest checkpoint text."""

    msg_id: str
    status: ReceiptStatus
    digest: str
    at: datetime
    audit_checkpoint: str | None = None


def pack_note(note: Note, sign_key: Key) -> str:
    """Sign a `received` note as a compact JWS."""
    members: Members = {
        "status": "received",
        "msg_id": note.msg_id,
        "digest": note.digest,
        "at": to_instant(note.at),
    }
    return sign_compact(write_object(members), sign_key, _NOTE_TYP)


def unpack_note(token: str | bytes, find_signer: FindSigner) -> tuple[str, Note]:
    """Check a `received` note; return (partner id, note) or raise MessageRefused."""
    sender, members = read_signed(token, find_signer, _NOTE_TYP, _MAX_BYTES)
    try:
        text_member(members, "status", _RECEIVED)
        note = Note(
            msg_id=text_member(members, "msg_id", MSG_ID),
            digest=text_member(members, "digest", DIGEST),
            at=from_instant(members.get("at")),
        )
    except ValueError:
        raise MessageRefused(Refused.PAYLOAD, sender) from None
    return sender, note


def pack_receipt(receipt: Receipt, sign_key: Key) -> str:
    """Sign a receipt as a compact JWS, the exact bytes that both sides keep."""
    members: Members = {
        "msg_id": receipt.msg_id,
        "status": receipt.status.value,
        "digest": receipt.digest,
        "at": to_instant(receipt.at),
    }
    if receipt.audit_checkpoint is not None:
        members["audit_checkpoint"] = receipt.audit_checkpoint
    return sign_compact(write_object(members), sign_key, _RECEIPT_TYP)


def unpack_receipt(token: str | bytes, find_signer: FindSigner) -> tuple[str, Receipt]:
    """Check a receipt; return (partner id, receipt) or raise MessageRefused."""
    sender, members = read_signed(token, find_signer, _RECEIPT_TYP, _MAX_BYTES)
    try:
        receipt = Receipt(
            msg_id=text_member(members, "msg_id", MSG_ID),
            status=ReceiptStatus(text_member(members, "status", _STATUS)),
            digest=text_member(members, "digest", DIGEST),
            at=from_instant(members.get("at")),
            audit_checkpoint=optional_text_member(members, "audit_checkpoint", _CHECKPOINT),
        )
    except ValueError:
        raise MessageRefused(Refused.PAYLOAD, sender) from None
    return sender, receipt
