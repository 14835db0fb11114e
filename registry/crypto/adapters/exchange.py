"""Pack, unpack and sign messages and receipts with this node's keys and the pinned keys of its partners."""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

from registry.crypto.partners import binding
from registry.crypto.partners.trust import PartnerKind, TrustList
from registry.crypto.sealing.keys import NodeKeys
from registry.crypto.tokens import messages, proof, receipts
from registry.crypto.tokens.jwk import Key, export_public, kid_of
from registry.crypto.tokens.signed import MessageRefused, Signer
from registry.errors import Misconfigured, NotTaken
from registry.ports.outside import Incoming, Outgoing

LIFETIME = timedelta(days=7)


class NodeCryptography:
    """The exchange's cryptography for one node (port Cryptography)."""

    def __init__(
        self,
        node: str,
        keys: NodeKeys,
        trust: Callable[[], TrustList],
        now: Callable[[], datetime],
        limit: int,
    ) -> None:
        self._node = node
        self._keys = keys
        self._trust = trust
        self._now = now
        self._limit = limit

    def pack(self, partner_id: str, claims: Outgoing) -> bytes:
        """Sign and encrypt a message that only this partner can read."""
        now = self._now()
        recipient = self._trust().encryption_key(partner_id, now)
        if recipient is None:
            raise Misconfigured("This partner has no usable key in the trust list. Update the trust list.")
        message = messages.Message(
            msg_id=claims.msg_id,
            kind=messages.Kind(claims.kind),
            seq=claims.seq,
            sender=self._node,
            to=partner_id,
            patient_ref=claims.patient_ref,
            created=now,
            expires=now + LIFETIME,
            profile=claims.profile,
            bundle=claims.bundle,
            in_reply_to=claims.in_reply_to or None,
            consent_digest=claims.consent_digest or None,
        )
        try:
            return messages.pack(message, self._keys.signing, recipient, self._limit)
        except MessageRefused as refused:
            raise NotTaken(refused.status, str(refused)) from None

    def unpack(self, data: bytes) -> Incoming:
        """Decrypt and check a message; raise NotTaken for anything that does not authenticate."""
        try:
            message = messages.unpack(
                data, self._node, self._keys.find_encryption_key, self._find_signer, self._now(), self._limit
            )
        except MessageRefused as refused:
            known = (refused.sender or "", refused.msg_id or "", refused.digest or "")
            raise NotTaken(refused.status, str(refused), *known) from None
        return Incoming(
            partner=message.sender,
            msg_id=message.msg_id,
            kind=message.kind.value,
            seq=message.seq,
            patient_ref=message.patient_ref,
            digest=message.sha256,
            bundle=message.bundle,
            created=message.created,
            expires=message.expires,
            in_reply_to=message.in_reply_to or "",
            consent_digest=message.consent_digest or "",
        )

    def note(self, msg_id: str, digest: str) -> str:
        """Sign the `received` note of a message."""
        return receipts.pack_note(receipts.Note(msg_id, digest, self._now()), self._keys.signing)

    def check_note(self, partner_id: str, note: str, msg_id: str, digest: str) -> bool:
        """Tell whether a note is this partner's, for this message and these bytes."""
        try:
            sender, read = receipts.unpack_note(note, self._find_signer)
        except MessageRefused:
            return False
        return (sender, read.msg_id, read.digest) == (partner_id, msg_id, digest)

    def receipt(self, msg_id: str, status: str, digest: str) -> bytes:
        """Sign a receipt."""
        made = receipts.Receipt(msg_id, receipts.ReceiptStatus(status), digest, self._now())
        return receipts.pack_receipt(made, self._keys.signing).encode()

    def check_receipt(self, partner_id: str, jws: bytes) -> tuple[str, str, str, datetime]:
        """Check that a receipt is this partner's; return (msg_id, status, digest, at)."""
        try:
            sender, read = receipts.unpack_receipt(jws, self._find_signer)
        except MessageRefused as refused:
            raise NotTaken(refused.status, str(refused)) from None
        if sender != partner_id:
            raise NotTaken(401, "sender")
        return read.msg_id, read.status.value, read.digest, read.at

    def public_keys(self) -> list[dict[str, object]]:
        """Return the public halves as JWKs; `use` is enc for the keys to encrypt to, else sig."""
        sealing_to = {kid_of(key) for key in self._keys.encryption}
        shown = (export_public(key) for key in public_keys(self._keys))
        return [{**jwk, "use": "enc" if jwk["kid"] in sealing_to else "sig"} for jwk in shown]

    def proof(self, address: str, msg_id: str, body: bytes) -> str:
        """Sign what goes to a partner's hook: the address, the id and the digest of the body."""
        made = proof.Proof(self._node, address, msg_id, body)
        return proof.pack_proof(made, self._now(), self._keys.signing)

    def addresses(self, partner_id: str) -> tuple[str, ...]:
        """Return a partner's addresses in the trust list; none when it is not in it."""
        partner = self._trust().find(partner_id)
        return tuple(partner.endpoints.values()) if partner else ()

    def scopes(self, partner_id: str) -> tuple[str, ...]:
        """Return what the trust list lets a partner's system do; nothing when it is not in it."""
        partner = self._trust().find(partner_id)
        return partner.scopes if partner else ()

    def is_bound(self, partner_id: str, certificate: str) -> bool:
        """Tell whether a client certificate carries a TLS key pinned for a partner; True without pins."""
        partner = self._trust().find(partner_id)
        if partner is None or not partner.mtls:
            return True
        shown = binding.key_digest(certificate)
        return any(hmac.compare_digest(shown, pin) for pin in partner.mtls)

    def partner_problem(self, partner_id: str) -> str:
        """Return what keeps this node from exchanging with a partner, or an empty string."""
        trust, now = self._trust(), self._now()
        partner = trust.find(partner_id)
        if partner is None:
            return "not in the trust list"
        if partner.kind in (PartnerKind.FHIR, PartnerKind.EMR):
            return "" if trust.token_keys(partner_id, now) else "no token key in force"
        usable = trust.signing_keys(partner_id, now) and trust.encryption_key(partner_id, now)
        return "" if usable else "no signing or encryption key in force"

    def _find_signer(self, kid: str) -> Signer | None:
        return self._trust().find_signer(kid, self._now())


def public_keys(keys: NodeKeys) -> list[Key]:
    """Return the keys whose public halves partners pin: signing, encryption, token, and those to come."""
    return [keys.signing, *keys.encryption, keys.token, *keys.coming]
