"""Read, draft and sign the trust list files of a node."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from config import Settings
from registry.cli.files import replace_closed
from registry.cli.trust_entries import now
from registry.crypto.partners.officers import pin_officers, read_officers
from registry.crypto.partners.trust import Partner, TrustList
from registry.crypto.partners.trust_file import TrustRefused, check_trust, draft_trust, read_draft, sign_trust
from registry.crypto.tokens.jwk import NotAKey, import_private, import_public, kid_of
from registry.crypto.tokens.strict import Malformed
from registry.errors import BadInput, Conflict, Misconfigured, NotFound

LIFE = timedelta(days=365)


def draft_file(settings: Settings) -> Path:
    """Return where the unsigned list waits for signatures."""
    return settings.trust_file.with_suffix(".draft.json")


def pin(settings: Settings, files: Sequence[Path]) -> list[str]:
    """Pin officers from files with one public JWK each; return their key ids."""
    keys = []
    for path in files:
        try:
            jwk = json.loads(path.read_bytes())
            keys.append(import_public(jwk, str(jwk["kid"])))
        except (ValueError, KeyError, TypeError, NotAKey):
            raise BadInput(f"{path} holds no public key of an officer.") from None
    if len({key.thumbprint() for key in keys}) < 2:
        raise BadInput("Two different officers are needed.")
    try:
        pin_officers(settings.officers_file, keys)
    except FileExistsError:
        raise Conflict("Officers are pinned already: see docs/operate.md to change them.") from None
    return [kid_of(key) for key in keys]


def in_force(settings: Settings) -> TrustList:
    """Return the list in force; raise Misconfigured when there is none."""
    try:
        document = settings.trust_file.read_bytes()
        return check_trust(document, read_officers(settings.officers_file), now())
    except FileNotFoundError:
        raise Misconfigured("There is no trust list yet: run puente partner add.") from None
    except TrustRefused as error:
        raise Misconfigured(str(error)) from None


def draft(settings: Settings) -> TrustList:
    """Return the draft; raise NotFound when there is none."""
    try:
        return read_draft(draft_file(settings).read_bytes())
    except FileNotFoundError:
        raise NotFound("There is no draft: run puente partner add first.") from None
    except TrustRefused as error:
        raise Misconfigured(str(error)) from None


def draft_with(settings: Settings, partner: Partner) -> int:
    """Write a new draft with this partner; return its version."""
    return _write(settings, partner.id, (partner,))


def draft_without(settings: Settings, partner_id: str) -> int:
    """Write a new draft without this partner; return its version."""
    return _write(settings, partner_id, ())


def _write(settings: Settings, partner_id: str, added: tuple[Partner, ...]) -> int:
    known = _newest(settings)
    kept = tuple(partner for partner in known.partners if partner.id != partner_id)
    issued = now()
    made = replace(
        known, version=known.version + 1, issued=issued, expires=issued + LIFE, partners=(*kept, *added)
    )
    document = draft_trust(made)
    try:
        read_draft(document)
    except TrustRefused as error:
        raise BadInput(str(error)) from None
    replace_closed(draft_file(settings), document)
    return made.version


def _newest(settings: Settings) -> TrustList:
    """Return the draft when there is one, so that several partners fit one signing, else what is in force."""
    if draft_file(settings).exists():
        return replace(draft(settings))
    if settings.trust_file.exists():
        return in_force(settings)
    return TrustList(0, now(), now() + LIFE)


def sign(settings: Settings, key_file: Path) -> bool:
    """Add an officer's signature to the draft; True when that put it in force."""
    try:
        key = import_private(key_file.read_bytes())
    except (NotAKey, Malformed):
        raise BadInput(f"{key_file} is not an officer's key.") from None
    path = draft_file(settings)
    try:
        officers = read_officers(settings.officers_file)
        if kid_of(key) not in officers:
            raise BadInput("This key belongs to no pinned officer.")
        document = sign_trust(path.read_bytes(), key)
        replace_closed(path, document)
        check_trust(document, officers, now())
    except TrustRefused as refused:
        if "two different officers" in str(refused):
            return False
        raise Misconfigured(str(refused)) from None
    path.replace(settings.trust_file)
    return True
