"""Put a document that came in with a submission before those who treat: kept whole, read tolerantly."""

import hashlib
import json

from fhir import wire
from fhir.documents import attachment
from fhir.documents.parts import Part
from registry.domain.model import INBOX_OWNER, Caller, InboxItem
from registry.errors import Unprocessable
from registry.ports import Services, Unit
from registry.usecases.exchange.receiving import door
from registry.usecases.exchange.receiving.receive import body_place, findings_place


def keep(services: Services, unit: Unit, caller: Caller, part: Part, document_id: str, owner: str) -> None:
    """Keep a FHIR document under its person and list it for review; other content stays a Binary only.

    Raise Unprocessable for content that says it is FHIR JSON and is not.
    """
    plain = _plain(part)
    if plain is None:
        return
    digest = hashlib.sha256(plain).hexdigest()
    item = InboxItem(
        id=document_id,
        partner=caller.organization,
        msg_id=f"document:{document_id}",
        kind="fhir",
        seq=0,
        alias="",
        digest=digest,
        state="received",
        received=unit.now(),
        body=services.vault.seal(INBOX_OWNER, body_place(document_id), plain),
    )
    unit.inbox.add(item)
    try:
        findings = door.keep_for(services, unit, item, owner, plain)
    except wire.BadJson as error:
        raise Unprocessable(
            "A document that says it is FHIR JSON is not.", (error.issue.at(part.path),)
        ) from None
    text = json.dumps([[i.severity, i.code, i.path, i.rule, i.text] for i in findings]).encode()
    sealed = services.vault.seal(INBOX_OWNER, findings_place(document_id), text)
    unit.inbox.finish(document_id, "review", owner, sealed)


def _plain(part: Part) -> bytes | None:
    if part.type == "Bundle":
        return wire.canonical(part.resource)
    if not attachment.is_fhir(part.resource.get("contentType")):
        return None
    return attachment.content(part.resource)
