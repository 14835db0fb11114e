"""Read and write the content of the trust list as JSON; all rules on partners and keys are checked here."""

import re

from registry.crypto.partners.trust import KeyStatus, KeyUse, Partner, PartnerKey, PartnerKind, TrustList
from registry.crypto.tokens.jwk import Key, curve_of, export_public, import_public
from registry.crypto.tokens.strict import (
    Malformed,
    Members,
    from_instant,
    read_object,
    text_member,
    to_instant,
    whole_member,
    write_object,
)

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KID = re.compile(r"[!-~]{1,128}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,120}")
_ADDRESS = re.compile(r"https?://[!-~]{1,500}")
_SCOPE = re.compile(r"[!-~]{1,200}")
_WORD = re.compile(r"[a-z]{1,32}")
_SPKI = re.compile(r"[0-9a-f]{64}")
_CURVES = {
    KeyUse.SIGNING: ("P-256", "Ed25519"),
    KeyUse.ENCRYPTION: ("P-256",),
    KeyUse.TOKEN: ("P-256", "P-384", "RSA"),
}


def write_trust(trust: TrustList) -> bytes:
    """Write a trust list as the bytes that officers sign."""
    return write_object(
        {
            "version": trust.version,
            "issued": to_instant(trust.issued),
            "expires": to_instant(trust.expires),
            "partners": [_write_partner(partner) for partner in trust.partners],
        }
    )


def read_trust(data: bytes) -> TrustList:
    """Read a trust list; raise ValueError when any partner or key breaks a rule."""
    members = read_object(data)
    trust = TrustList(
        version=whole_member(members, "version"),
        issued=from_instant(members.get("issued")),
        expires=from_instant(members.get("expires")),
        partners=tuple(_read_partner(each) for each in _objects(members, "partners")),
    )
    ids = [partner.id for partner in trust.partners]
    kids = [key.kid for partner in trust.partners for key in partner.keys]
    if len(set(ids)) != len(ids) or len(set(kids)) != len(kids):
        raise Malformed
    return trust


def _write_partner(partner: Partner) -> Members:
    return {
        "id": partner.id,
        "kind": partner.kind.value,
        "country": partner.country,
        "name": partner.name,
        "endpoints": dict(partner.endpoints),
        "scopes": list(partner.scopes),
        "mtls": list(partner.mtls),
        "keys": [_write_key(key) for key in partner.keys],
    }


def _write_key(key: PartnerKey) -> Members:
    return {
        "kid": key.kid,
        "use": key.use.value,
        "jwk": export_public(key.key),
        "not_before": to_instant(key.not_before),
        "not_after": to_instant(key.not_after),
        "status": key.status.value,
    }


def _read_partner(members: Members) -> Partner:
    endpoints = members.get("endpoints", {})
    if not isinstance(endpoints, dict):
        raise Malformed
    return Partner(
        id=text_member(members, "id", _ID),
        kind=PartnerKind(text_member(members, "kind", _WORD)),
        country=text_member(members, "country", _COUNTRY),
        name=text_member(members, "name", _NAME),
        endpoints={name: text_member(endpoints, name, _ADDRESS) for name in endpoints},
        keys=tuple(_read_key(each) for each in _objects(members, "keys")),
        scopes=_texts(members, "scopes", _SCOPE),
        mtls=_texts(members, "mtls", _SPKI),
    )


def _read_key(members: Members) -> PartnerKey:
    use = KeyUse(text_member(members, "use", _WORD))
    jwk = members.get("jwk")
    if not isinstance(jwk, dict):
        raise Malformed
    key: Key = import_public(jwk, text_member(members, "kid", _KID))
    if curve_of(key) not in _CURVES[use]:
        raise Malformed
    return PartnerKey(
        use=use,
        key=key,
        not_before=from_instant(members.get("not_before")),
        not_after=from_instant(members.get("not_after")),
        status=KeyStatus(text_member(members, "status", _WORD)),
    )


def _objects(members: Members, name: str) -> list[Members]:
    values = members.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise Malformed
    return values


def _texts(members: Members, name: str, form: re.Pattern[str]) -> tuple[str, ...]:
    values = members.get(name, [])
    if not isinstance(values, list):
        raise Malformed
    return tuple(text_member({name: value}, name, form) for value in values)
