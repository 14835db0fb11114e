"""One partner of the trust list: made from its exported keys, shown to the officer who signs."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from config import PartnerPolicy
from registry.crypto.partners.trust import KeyUse, Partner, PartnerKey, PartnerKind, TrustList
from registry.crypto.tokens.jwk import Key, NotAKey, import_public
from registry.errors import BadInput

SKEW = timedelta(minutes=5)
PATHS = {"exchange": "/exchange/v1/messages", "fhir": "/fhir"}


def now() -> datetime:
    """Return the time in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def entry(policy: PartnerPolicy, keys: object, address: str, scopes: Sequence[str], days: int) -> Partner:
    """Return a partner's entry from its exported public keys, valid from now."""
    start = now() - SKEW
    try:
        pinned = tuple(_pinned(each, start, days) for each in keys if isinstance(each, dict))  # type: ignore[attr-defined]
        kind = PartnerKind(policy.kind)
    except (TypeError, ValueError, NotAKey):
        raise BadInput("The file of keys has an entry that is no public key of a known use.") from None
    endpoints = {name: f"{address}{path}" for name, path in PATHS.items()} if address else {}
    country = policy.country or "ZZ"  # ISO 3166: user-assigned, for a partner of no country
    return Partner(policy.id, kind, country, policy.name, endpoints, pinned, tuple(scopes))


def _pinned(each: dict[str, object], start: datetime, days: int) -> PartnerKey:
    jwk = each.get("jwk")
    if not isinstance(jwk, dict):
        raise NotAKey
    key: Key = import_public(jwk, str(jwk.get("kid")))
    return PartnerKey(KeyUse(str(each.get("use"))), key, start, start + timedelta(days=days))


def describe(trust: TrustList) -> Iterator[str]:
    """Yield lines that show a list to an officer."""
    yield f"Trust list {trust.version}, issued {trust.issued:%Y-%m-%d}, ends {trust.expires:%Y-%m-%d}"
    for partner in trust.partners:
        yield f"{partner.id:12} {partner.kind.value:8} {partner.name}"
        for name, address in partner.endpoints.items():
            yield f"    {name}: {address}"
        for key in partner.keys:
            yield f"    {key.use.value:6} {key.kid} until {key.not_after:%Y-%m-%d} {key.status.value}"
