"""Put something into the outbox: an alias, a sequence number, and the consent it stands on."""

import secrets
from dataclasses import dataclass, replace

from registry.domain.access import corridor
from registry.domain.model import Alias, AuditEntry, Caller, ConsentRow, MessageKind, OutboxItem
from registry.ports import Services, Unit


@dataclass(frozen=True)
class Draft:
    """A message to queue: about whom, to whom, what kind, and what it answers or stands on.

    `alias` is the requester's own name for the person, which a reply quotes (contract of messages).
    """

    owner_id: str
    partner: str
    kind: MessageKind
    in_reply_to: str = ""
    consent_id: str = ""
    alias: str = ""


def add(services: Services, unit: Unit, caller: Caller, draft: Draft) -> OutboxItem:
    """Queue one message about a person; the worker builds it fresh and checks the consent again."""
    name = draft.alias or alias(unit, draft.partner, draft.owner_id)
    item = OutboxItem(
        id=services.ids.new(),
        partner=draft.partner,
        owner_id=draft.owner_id,
        alias=name,
        seq=unit.aliases.next_seq(draft.partner, name),
        msg_id=services.ids.new(),
        kind=draft.kind,
        state="pending",
        created=unit.now(),
        in_reply_to=draft.in_reply_to,
        consent_id=draft.consent_id,
        actor=caller.acts_for or caller.id,
    )
    unit.outbox.add(item)
    unit.audit.add(
        AuditEntry(
            caller,
            "queue",
            owner_id=draft.owner_id,
            object_ref=f"message/{item.msg_id}",
            details=(("kind", draft.kind), ("partner", draft.partner)),
        )
    )
    return item


def alias(unit: Unit, partner: str, owner_id: str) -> str:
    """Return the alias for a person towards a partner, minting a random one the first time."""
    known = unit.aliases.of(partner, owner_id)
    if known:
        return known.alias
    minted = secrets.token_urlsafe(16)
    unit.aliases.add(Alias(partner, owner_id, minted, "us"))
    return minted


def valid_consent(
    services: Services, unit: Unit, owner_id: str, partner: str, purpose: str = "TREAT"
) -> ConsentRow | None:
    """Return the newest consent that covers this corridor today, cut down to what the agreement covers
    now.
    """
    policy = services.node.partner(partner)
    if policy is None:
        return None
    today = services.today()
    for row in unit.consents.of(owner_id, partner):
        if classes := corridor.classes(row, policy, purpose, today):
            return replace(row, data_classes=classes)
    return None
