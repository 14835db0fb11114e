"""Know the pinned partners of a node: who they are, where they are, and which keys are theirs at a moment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from registry.crypto.tokens.jwk import Key
from registry.crypto.tokens.signed import Signer


class PartnerKind(StrEnum):
    """Name how we exchange with a partner; `emr` is a system of this node's own clinics."""

    PUENTE = "puente"
    FHIR = "fhir"
    CARRY = "carry"
    EMR = "emr"


class KeyUse(StrEnum):
    """Name the only thing a partner's key may be used for."""

    SIGNING = "sig"
    ENCRYPTION = "enc"
    TOKEN = "token"  # noqa: S105 - the name of a use, not a secret


class KeyStatus(StrEnum):
    """Name whether a key still counts; `revoked` holds at once, whatever its dates say."""

    ACTIVE = "active"
    REVOKED = "revoked"


@dataclass(frozen=True)
class PartnerKey:
    """Hold one public key of a partner, valid from `not_before` until just before `not_after`."""

    use: KeyUse
    key: Key
    not_before: datetime
    not_after: datetime
    status: KeyStatus = KeyStatus.ACTIVE

    @property
    def kid(self) -> str:
        """Give the key id, unique in the whole list."""
        return str(self.key.kid)

    def usable(self, at: datetime) -> bool:
        """Tell whether the key counts at a moment."""
        return self.status is KeyStatus.ACTIVE and self.not_before <= at < self.not_after


@dataclass(frozen=True)
class Partner:
    """Hold one partner; `endpoints` are addresses by name, `mtls` SHA-256 digests of its TLS public keys."""

    id: str
    kind: PartnerKind
    country: str
    name: str
    endpoints: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[PartnerKey, ...] = ()
    scopes: tuple[str, ...] = ()
    mtls: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrustList:
    """Hold what two officers signed; nothing outside it is trusted."""

    version: int
    issued: datetime
    expires: datetime
    partners: tuple[Partner, ...] = ()

    def find(self, partner_id: str) -> Partner | None:
        """Find a partner by id."""
        return next((partner for partner in self.partners if partner.id == partner_id), None)

    def find_signer(self, kid: str, at: datetime) -> Signer | None:
        """Find the partner whose message-signing key this is at a moment."""
        for partner in self.partners:
            for key in _usable(partner, KeyUse.SIGNING, at):
                if key.kid == kid:
                    return Signer(partner.id, key.key)
        return None

    def signing_keys(self, partner_id: str, at: datetime) -> list[Key]:
        """List the keys a partner may sign messages and receipts with."""
        return [key.key for key in _usable(self.find(partner_id), KeyUse.SIGNING, at)]

    def encryption_key(self, partner_id: str, at: datetime) -> Key | None:
        """Find the key to encrypt to a partner with: the usable one that became valid last."""
        usable = _usable(self.find(partner_id), KeyUse.ENCRYPTION, at)
        newest = max(usable, key=lambda key: key.not_before, default=None)
        return newest.key if newest else None

    def token_keys(self, partner_id: str, at: datetime) -> list[Key]:
        """List the keys a partner may sign client assertions with."""
        return [key.key for key in _usable(self.find(partner_id), KeyUse.TOKEN, at)]


def _usable(partner: Partner | None, use: KeyUse, at: datetime) -> Iterator[PartnerKey]:
    if partner:
        yield from (key for key in partner.keys if key.use is use and key.usable(at))
