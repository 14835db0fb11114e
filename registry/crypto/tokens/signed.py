"""Read what a partner signed, and say in one code why it is refused.

The order of checks is the order of `Refused`: what does not authenticate learns nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from registry.crypto.tokens.jose import MAX_BYTES, NotAuthentic, Stage, verify_compact
from registry.crypto.tokens.jwk import Key
from registry.crypto.tokens.strict import Malformed, Members, read_object


class Signer(NamedTuple):
    """Name the partner that a pinned key belongs to."""

    partner_id: str
    key: Key


FindSigner = Callable[[str], Signer | None]


class Refused(StrEnum):
    """Name why a message is refused."""

    SIZE = "size"
    JWE_HEADER = "jwe-header"
    DECRYPT = "decrypt"
    JWS_HEADER = "jws-header"
    SIGNATURE = "signature"
    PAYLOAD = "payload"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DIGEST = "digest"
    EXPIRED = "expired"
    CREATED = "created"
    LIFETIME = "lifetime"


_STATUS = {
    Refused.SIZE: 413,
    Refused.JWE_HEADER: 400,
    Refused.DECRYPT: 400,
    Refused.JWS_HEADER: 401,
    Refused.SIGNATURE: 401,
    Refused.SENDER: 401,
}


@dataclass(eq=False)
class MessageRefused(Exception):
    """Refuse a message with a machine code; carries no content.

    `sender` is the partner whose signature verified, if any; `msg_id` is set only when a `rejected` receipt
    to that sender is due: it signed this message, as itself, to us. `digest` is that of its bundle, when the
    bundle could be read.
    """

    code: Refused
    sender: str | None = None
    msg_id: str | None = None
    digest: str | None = None

    def __str__(self) -> str:
        return self.code.value

    @property
    def status(self) -> int:
        """Give the HTTP status to answer with: 400, 401, 413 or 422."""
        return _STATUS.get(self.code, 422)


def refused_at(stage: Stage) -> MessageRefused:
    """Turn the stage of a failed token check into the refusal of the message."""
    return MessageRefused(Refused(stage.value))


def read_signed(
    token: str | bytes, find_signer: FindSigner, typ: str, max_bytes: int = MAX_BYTES
) -> tuple[str, Members]:
    """Verify a partner's JWS of type `typ`; return (partner id, payload members)."""
    signers: list[Signer] = []

    def find_key(kid: str) -> Key | None:
        signer = find_signer(kid)
        if signer is None:
            return None
        signers.append(signer)
        return signer.key

    try:
        _, payload = verify_compact(token, find_key, typ, max_bytes=max_bytes)
    except NotAuthentic as failure:
        raise refused_at(failure.stage) from None
    sender = signers[0].partner_id
    try:
        return sender, read_object(payload)
    except Malformed:
        raise MessageRefused(Refused.PAYLOAD, sender) from None
