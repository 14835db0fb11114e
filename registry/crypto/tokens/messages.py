"""Pack and unpack messages between nodes: a signed payload (JWS) inside an encrypted envelope (JWE).

`unpack` checks in this order: size, JWE header, decryption, JWS header, signature, sender and recipient,
form, digest, times. Whether the message id was seen before, and consent, are checked by the caller, who has
the database.
"""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from registry.crypto.tokens.jose import (
    MAX_BYTES,
    FindKey,
    NotAuthentic,
    decrypt_compact,
    encrypt_compact,
    sign_compact,
)
from registry.crypto.tokens.jwk import Key
from registry.crypto.tokens.signed import FindSigner, MessageRefused, Refused, read_signed, refused_at
from registry.crypto.tokens.strict import (
    Malformed,
    Members,
    from_base64url,
    from_instant,
    optional_text_member,
    text_member,
    to_base64url,
    to_instant,
    whole_member,
    write_object,
)

MAX_LIFETIME = timedelta(days=7)
MAX_CLOCK_AHEAD = timedelta(minutes=10)

MSG_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DIGEST = re.compile(r"[0-9a-f]{64}")
_TYP = "mhr-bundle+jws"
_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ALIAS = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_PROFILE = re.compile(r"[!-~]{0,256}")


class Kind(StrEnum):
    """Name what a message is for."""

    REQUEST = "request"
    SUMMARY = "summary"
    TRANSFER = "transfer"
    TASK_STATUS = "task-status"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    RECEIPT = "receipt"


@dataclass(frozen=True)
class Message:
    """Hold one message between two nodes; `bundle` is the exact bytes that were signed."""

    msg_id: str
    kind: Kind
    seq: int
    sender: str
    to: str
    patient_ref: str = field(repr=False)
    created: datetime
    expires: datetime
    profile: str
    bundle: bytes = field(repr=False)
    in_reply_to: str | None = None
    consent_digest: str | None = None

    @property
    def sha256(self) -> str:
        """Give the digest of the bundle in hexadecimal, the one receipts quote."""
        return hashlib.sha256(self.bundle).hexdigest()


def pack(message: Message, sign_key: Key, recipient_key: Key, max_bytes: int = MAX_BYTES) -> bytes:
    """Sign with our key, then encrypt so that only the recipient can read; refuse what would be too large."""
    signed = sign_compact(write_object(_members(message)), sign_key, _TYP)
    packed = encrypt_compact(signed.encode(), recipient_key).encode()
    if len(packed) > max_bytes:
        raise MessageRefused(Refused.SIZE)
    return packed


def unpack(
    data: bytes,
    node_id: str,
    own_enc_keys: FindKey,
    find_signer: FindSigner,
    now: datetime,
    max_bytes: int = MAX_BYTES,
) -> Message:
    """Open a message sent to this node by a pinned partner; raise MessageRefused for anything else."""
    try:
        _, signed = decrypt_compact(data, own_enc_keys, max_bytes)
    except NotAuthentic as failure:
        raise refused_at(failure.stage) from None
    sender, members = read_signed(signed, find_signer, _TYP, max_bytes)
    if members.get("from") != sender:
        raise MessageRefused(Refused.SENDER, sender)
    if members.get("to") != node_id:
        raise MessageRefused(Refused.RECIPIENT, sender)
    msg_id: str | None = None
    try:
        msg_id = text_member(members, "msg_id", MSG_ID)
        message = _message(members)
    except ValueError:
        raise MessageRefused(Refused.PAYLOAD, sender, msg_id) from None
    _check(message, members, now)
    return message


def _check(message: Message, members: Members, now: datetime) -> None:
    failed: Refused | None = None
    if members.get("sha256") != message.sha256:
        failed = Refused.DIGEST
    elif message.created > now + MAX_CLOCK_AHEAD:
        failed = Refused.CREATED
    elif message.expires <= now:
        failed = Refused.EXPIRED
    elif message.expires > message.created + MAX_LIFETIME:
        failed = Refused.LIFETIME
    if failed:
        raise MessageRefused(failed, message.sender, message.msg_id, message.sha256)


def _members(message: Message) -> Members:
    members: Members = {
        "msg_id": message.msg_id,
        "kind": message.kind.value,
        "seq": message.seq,
        "from": message.sender,
        "to": message.to,
        "patient_ref": message.patient_ref,
        "created": to_instant(message.created),
        "expires": to_instant(message.expires),
        "profile": message.profile,
        "sha256": message.sha256,
        "bundle": to_base64url(message.bundle),
    }
    optional = {"in_reply_to": message.in_reply_to, "consent_digest": message.consent_digest}
    members.update({name: value for name, value in optional.items() if value is not None})
    _message(members)  # what we send must be what we would accept
    return members


def _message(members: Members) -> Message:
    """Read the payload; unknown members are ignored, so that a newer node can add some."""
    kind = members.get("kind")
    if not isinstance(kind, str):
        raise Malformed
    return Message(
        msg_id=text_member(members, "msg_id", MSG_ID),
        kind=Kind(kind),
        seq=whole_member(members, "seq"),
        sender=text_member(members, "from", _NODE),
        to=text_member(members, "to", _NODE),
        patient_ref=text_member(members, "patient_ref", _ALIAS),
        created=from_instant(members.get("created")),
        expires=from_instant(members.get("expires")),
        profile=text_member(members, "profile", _PROFILE),
        bundle=from_base64url(members.get("bundle")),
        in_reply_to=optional_text_member(members, "in_reply_to", MSG_ID),
        consent_digest=optional_text_member(members, "consent_digest", DIGEST),
    )
