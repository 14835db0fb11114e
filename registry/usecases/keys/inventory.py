"""What keys there are, and the change of key pairs that partners pin."""

from datetime import date, timedelta

from registry.domain.access import rules
from registry.domain.keys.sealed import KeyFact
from registry.domain.model import AuditEntry, Caller
from registry.errors import BadInput, Conflict, NotFound
from registry.ports import Services

PAIRS = ("signing", "encryption", "token", "checkpoint")
# Partners must have pinned a new key before this node uses it.
PUBLISHED = timedelta(days=7)


def facts(services: Services, caller: Caller) -> list[KeyFact]:
    """Return the inventory; nothing of any secret."""
    rules.check_can(caller, "keys")
    found = services.keyring.facts()
    with services.unit() as unit:
        tokens = unit.sealed_rows.count_tokens()
        unit.audit.add(AuditEntry(caller, "list-keys", details=(("keys", len(found)),)))
        unit.commit()
    newest = [fact.name for fact in found if fact.use == "index"][-1:]
    return [_with_rows(fact, tokens) if fact.name in newest else fact for fact in found]


def add(services: Services, caller: Caller, purpose: str) -> str:
    """Make a new key pair, which partners pin before it is used; return its name."""
    rules.check_can(caller, "keys")
    _check(purpose)
    name = services.keyring.add_pair(purpose)
    _note(services, caller, "add-key", name)
    return name


def promote(services: Services, caller: Caller, purpose: str, *, at_once: bool = False) -> str:
    """Use the new key pair from the next start on; raise Conflict before partners had a week to pin it."""
    rules.check_can(caller, "keys")
    _check(purpose)
    coming = [
        fact
        for fact in services.keyring.facts()
        if fact.state == "next" and fact.name.startswith(f"{purpose}-")
    ]
    if not coming:
        raise NotFound("There is no new key of this purpose: run puente keys rotate first.")
    since = services.clock.now().date() - date.fromisoformat(coming[0].created)
    if since < PUBLISHED and not at_once and purpose != "checkpoint":
        raise Conflict("Partners have had this key for less than 7 days. In an emergency: --at-once.")
    name = services.keyring.promote(purpose)
    _note(services, caller, "promote-key", name)
    return name


def retire(services: Services, caller: Caller, name: str) -> None:
    """Destroy an old key pair; messages encrypted to it open no more."""
    rules.check_can(caller, "keys")
    services.keyring.retire(name)
    _note(services, caller, "retire-key", name)


def _check(purpose: str) -> None:
    if purpose not in PAIRS:
        raise BadInput(f"Name one of: {', '.join(PAIRS)}.")


def _note(services: Services, caller: Caller, action: str, name: str) -> None:
    with services.unit() as unit:
        unit.audit.add(AuditEntry(caller, action, details=(("key", name),)))
        unit.commit()


def _with_rows(fact: KeyFact, rows: int) -> KeyFact:
    return KeyFact(fact.name, fact.use, fact.provider, fact.created, fact.state, fact.kid, rows)
