"""Tell a partner that its question is not answered, so that its transfer does not wait for ever."""

from fhir import references, wire
from fhir import transfer as transfer_fhir
from registry.domain.model import NODE_OWNER, AuditEntry, Caller, InboxItem, OutboxItem
from registry.ports import Services, Unit
from registry.usecases.exchange.sending.build import sha256


def tell(
    services: Services, unit: Unit, caller: Caller, item: InboxItem, task: wire.JsonObject, reason: str
) -> OutboxItem | None:
    """Queue the partner's own Task as refused; None when it has no id to know it by.

    It belongs to the node, like a receipt: it says nothing of anybody here and rests on no consent.
    """
    if not task.get("id"):
        return None
    person = references.address(item.alias, "Patient")
    told = transfer_fhir.refused_task(task, person, reason, unit.now())
    body = wire.canonical(transfer_fhir.task_bundle(told))
    answer = OutboxItem(
        id=services.ids.new(),
        partner=item.partner,
        owner_id=NODE_OWNER,
        alias=item.alias,
        seq=unit.aliases.next_seq(item.partner, item.alias),
        msg_id=services.ids.new(),
        kind="task-status",
        state="pending",
        created=unit.now(),
        in_reply_to=item.msg_id,
        actor=caller.id,
    )
    unit.outbox.add(answer)
    sealed = services.vault.seal(NODE_OWNER, ("outbox", answer.id, "body", 1), body)
    unit.outbox.keep_body(answer.id, sealed, sha256(body))
    details = (("kind", answer.kind), ("partner", answer.partner))
    unit.audit.add(AuditEntry(caller, "queue", object_ref=f"message/{answer.msg_id}", details=details))
    return answer
