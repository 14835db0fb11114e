"""Take in messages of partners: sealed and stored before they are understood, processed later by id.

Repeating a message changes nothing: (partner, message id) is unique, the same digest gets the stored answer,
another digest under the same id is refused (contract of messages between nodes).
"""

import json
from dataclasses import dataclass

from fhir.outcome import Issue
from registry.domain.model import INBOX_OWNER, AuditEntry, Caller, InboxItem, InboxState
from registry.errors import Misconfigured, NotReady, NotTaken, Unprocessable
from registry.ports import Services, Unit
from registry.ports.outside import Incoming
from registry.usecases.access.peer import TLS, Peer, caller_of, is_bound, note_refusal
from registry.usecases.exchange import receipts
from registry.usecases.exchange.receiving import door, process_message

MOST_ATTEMPTS = 5


@dataclass(frozen=True)
class Accepted:
    """The answer to a message: HTTP status and the signed `received` note."""

    status: int
    note: str


def accept(services: Services, data: bytes, peer: Peer | None = None) -> Accepted:
    """Check and store one message; raise a Refusal (audited, without receipt) when it does not
    authenticate.
    """
    peer = peer or Peer()
    try:
        incoming = services.crypto.unpack(data)
        if not is_bound(services, incoming.partner, peer):
            # Signed by the partner and carried by somebody else: no receipt, the partner sends it itself.
            raise NotTaken(401, TLS, incoming.partner)
    except NotTaken as refusal:
        _refused(services, refusal, peer)
        raise
    except Misconfigured:
        # What is wrong with our own keys or trust list is not the partner's business: it tries again.
        raise NotReady("This node cannot check messages now. Try again later.") from None
    caller = Caller(f"partner:{incoming.partner}", "partner", incoming.partner)
    note = services.crypto.note(incoming.msg_id, incoming.digest)
    with services.unit() as unit:
        item = _item(services, unit, incoming, note)
        known = unit.inbox.add(item)
        if known is not None:
            return _repeated(unit, caller, known, incoming)
        unit.audit.add(_entry(caller, "receive", incoming))
        unit.wake("exchange.process", item.id)
        unit.commit()
    return Accepted(202, note)


def _item(services: Services, unit: Unit, incoming: Incoming, note: str) -> InboxItem:
    item_id = services.ids.new()
    return InboxItem(
        id=item_id,
        partner=incoming.partner,
        msg_id=incoming.msg_id,
        kind=incoming.kind,
        seq=incoming.seq,
        alias=incoming.patient_ref,
        digest=incoming.digest,
        state="received",
        received=unit.now(),
        in_reply_to=incoming.in_reply_to,
        expires=incoming.expires,
        body=services.vault.seal(INBOX_OWNER, body_place(item_id), incoming.bundle),
        note=note,
        consent_digest=incoming.consent_digest,
    )


def _repeated(unit: Unit, caller: Caller, known: InboxItem, incoming: Incoming) -> Accepted:
    if known.digest != incoming.digest:
        unit.audit.add(_entry(caller, "receive", incoming, "refused"))
        unit.commit()
        raise Unprocessable("A message with this id and other content was received before.")
    unit.audit.add(_entry(caller, "receive-again", incoming))
    unit.commit()
    return Accepted(202, known.note)


def _entry(caller: Caller, action: str, incoming: Incoming, outcome: str = "ok") -> AuditEntry:
    details = (("kind", incoming.kind), ("digest", incoming.digest))
    reference = f"message/{incoming.msg_id}"
    return AuditEntry(caller, action, "ok" if outcome == "ok" else "refused", "", reference, details=details)


def refuse_unread(services: Services, peer: Peer, code: str) -> None:
    """Audit a body that was refused before it could be opened."""
    _refused(services, NotTaken(400, code), peer)


def _refused(services: Services, refusal: NotTaken, peer: Peer) -> None:
    """Audit a message that was not taken in; only one that authenticated gets a `rejected` receipt."""
    caller = caller_of(refusal.sender)
    reference = f"message/{refusal.msg_id}" if refusal.msg_id else ""
    with services.unit() as unit:
        details = (("code", refusal.reason),)
        entry = AuditEntry(caller, "receive", "refused", object_ref=reference, details=details)
        note_refusal(unit, peer, entry, refusal.sender)
        if refusal.msg_id and refusal.digest:
            receipts.reject(services, unit, caller, refusal.msg_id, refusal.digest)
        unit.commit()


def body_place(item_id: str) -> tuple[str, str, str, int]:
    """Return the envelope's place of an inbox body."""
    return ("inbox", item_id, "body", 1)


def findings_place(item_id: str) -> tuple[str, str, str, int]:
    """Return the envelope's place of an inbox item's findings."""
    return ("inbox", item_id, "findings", 1)


def waiting(services: Services, limit: int) -> list[str]:
    """Return the ids of items that wait to be processed."""
    with services.unit() as unit:
        return unit.inbox.waiting(limit)


def process(services: Services, inbox_id: str) -> InboxState | None:
    """Understand one stored item; it ends processed, in review, rejected or superseded, never lost."""
    with services.unit() as unit:
        item = unit.inbox.get(inbox_id)
        if item is None or item.state != "received":
            return item.state if item else None
        attempts = unit.inbox.tried(inbox_id)
        unit.commit()
    if attempts > MOST_ATTEMPTS:
        return set_aside(services, item)
    try:
        return _understand(services, item)
    except (Misconfigured, NotReady):
        # The node could not, the message is not to blame: it stays, and this was no attempt.
        with services.unit() as unit:
            unit.inbox.not_tried(inbox_id)
            unit.commit()
        raise


def _understand(services: Services, item: InboxItem) -> InboxState | None:
    with services.unit() as unit:
        # Messages about one person are understood one after the other: a newer one must not be overtaken.
        unit.lock([item.id.encode(), f"{item.partner}|{item.alias}".encode()])
        current = unit.inbox.get(item.id)
        if current is None or current.state != "received":
            return current.state if current else None
        plain = services.vault.open(INBOX_OWNER, body_place(item.id), current.body)
        caller = Caller("worker", "worker", services.node.code, acts_for=f"partner:{item.partner}")
        if item.kind == "fhir":
            state, owner, findings = door.process(services, unit, caller, current, plain)
        else:
            state, owner, findings = process_message.process(services, unit, caller, current, plain)
        _finish(services, unit, current, (state, owner, findings))
        receipts.give(services, unit, caller, current, state, owner)
        details = (("kind", item.kind), ("state", state), ("findings", len(findings)))
        unit.audit.add(AuditEntry(caller, "process", "ok", owner, f"message/{item.msg_id}", details=details))
        unit.commit()
    return state


def _finish(
    services: Services, unit: Unit, item: InboxItem, result: tuple[InboxState, str, tuple[Issue, ...]]
) -> None:
    state, owner, findings = result
    text = json.dumps([[i.severity, i.code, i.path, i.rule, i.text] for i in findings]).encode()
    unit.inbox.finish(item.id, state, owner, services.vault.seal(INBOX_OWNER, findings_place(item.id), text))


def set_aside(services: Services, item: InboxItem) -> InboxState:
    """Put an item that failed every time before a person; it stays stored and is not tried again."""
    text = "This message could not be processed. It is kept; ask the node's administrator to look at the log."
    with services.unit() as unit:
        unit.lock([item.id.encode()])
        current = unit.inbox.get(item.id)
        if current is None or current.state != "received":
            return current.state if current else "review"
        _finish(
            services, unit, item, ("review", "", (Issue("error", "exception", "Bundle", "set-aside", text),))
        )
        caller = Caller("worker", "worker", services.node.code)
        unit.audit.add(AuditEntry(caller, "process", "failed", "", f"message/{item.msg_id}"))
        unit.commit()
    with services.unit() as unit:
        # Apart, because signing may be what failed: the partner learns that the message is kept.
        receipts.give(services, unit, caller, item, "review", "")
        unit.commit()
    return "review"


def findings_of(services: Services, item: InboxItem) -> tuple[Issue, ...]:
    """Open the findings of an item."""
    if not item.findings:
        return ()
    text = services.vault.open(INBOX_OWNER, findings_place(item.id), item.findings)
    return tuple(Issue(*row) for row in json.loads(text))
