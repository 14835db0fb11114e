"""Build the exact bytes of one outgoing message, fresh from the record, under the consent that holds now."""

import hashlib
from dataclasses import replace

from fhir import corridor, redact, references, wire
from fhir import summary as summary_fhir
from fhir import transfer as transfer_fhir
from fhir.outcome import Issue
from registry.domain.care import continuity
from registry.domain.model import INBOX_OWNER, NODE_OWNER, ConsentRow, OutboxItem
from registry.errors import NotAllowed, NotFound
from registry.ports import Services, Unit
from registry.usecases.care.chart import elsewhere
from registry.usecases.care.chart.gather import Gathered, gather
from registry.usecases.care.record import sealing
from registry.usecases.exchange.sending import queue

NEEDS_CONSENT = frozenset({"request", "summary", "transfer", "task-status"})
# What these carry was chosen by the consent they were built under.
BOUND = frozenset({"request", "summary"})


def consent_for(services: Services, unit: Unit, item: OutboxItem) -> ConsentRow | None:
    """Return the consent a message stands on now; raise NotAllowed when there is none any more.

    The sealed Consent is read too: a row of the projection that somebody changed lets nothing out.
    """
    # What the node says for itself (a question refused) is about nobody of ours: it has its body already.
    if item.kind not in NEEDS_CONSENT or item.owner_id == NODE_OWNER:
        return None
    consent = queue.valid_consent(services, unit, item.owner_id, item.partner)
    if consent is None or not _is_sealed_so(services, unit, consent):
        raise NotAllowed("There is no consent for this corridor any more.")
    return consent


def _is_sealed_so(services: Services, unit: Unit, consent: ConsentRow) -> bool:
    row = unit.records.current("Consent", consent.resource_id)
    if row is None or row.deleted or row.owner_id != consent.owner_id:
        return False
    try:
        terms = corridor.read_corridor_consent(wire.parse(sealing.open_resource(services, row).body))
    except corridor.NotACorridorConsent:
        return False
    ends = {terms.from_id, terms.partner_id}
    return (
        terms.status == "active"
        and ends == {services.node.code, consent.partner}
        and terms.start <= services.today() <= terms.end
        and terms.purpose == consent.purpose
        and set(consent.data_classes) <= set(terms.data_classes)
    )


def still_stands(services: Services, unit: Unit, item: OutboxItem, now: ConsentRow) -> bool:
    """Tell whether bytes that were built earlier may leave under the consent that holds now.

    A person who narrows a consent means what has not left yet as well: the consent that a request carries
    would let the partner tell more, and one without identity lets no request out at all.
    """
    if item.kind not in BOUND:
        return True
    first = unit.consents.get(item.consent_id)
    if first is None or not first.covers(now.purpose, services.today()):
        return False
    if item.kind == "request":
        same = first.id == now.id or set(first.data_classes) <= set(now.data_classes)
        return same and tells_who(now)
    return set(first.data_classes) <= set(now.data_classes)


def digest_of_ground(item: OutboxItem, plain: bytes, consent: ConsentRow | None) -> str:
    """Return the digest of the consent a message rests on, the one both nodes know it by; empty for none."""
    if item.kind == "request":
        return transfer_fhir.consent_digest(transfer_fhir.read_request(wire.parse(plain)).consent)
    return consent.digest if consent else ""


def build(services: Services, unit: Unit, item: OutboxItem, consent: ConsentRow | None) -> bytes:
    """Return the Bundle for a message kind (receipts are signed when queued and already have their body)."""
    match item.kind:
        case "summary" if consent is not None:
            gathered = gather(services, unit, item.owner_id)
            language = language_for(services, unit, item)
            return summary(services, gathered, consent, item.msg_id, language)
        case "request" if consent is not None:
            return _request(services, unit, item, consent)
        case "task-status" | "transfer":
            return _task(services, unit, item)
        case "consent-withdrawn":
            return _withdrawn(services, unit, item)
        case _:
            raise NotFound("There is nothing to send.")


def language_for(services: Services, unit: Unit, item: OutboxItem) -> str:
    """Return the language of a summary: the one the partner asked for, else the one its people read."""
    asked = unit.inbox.by_message(item.partner, item.in_reply_to) if item.in_reply_to else None
    if asked is not None and asked.kind == "request" and asked.body:
        plain = services.vault.open(INBOX_OWNER, ("inbox", asked.id, "body", 1), asked.body)
        wanted = transfer_fhir.read_request(wire.parse(plain)).language.lower()[:2]
        if wanted in summary_fhir.LANGUAGES:
            return wanted
    return language_of(services, item.partner)


def language_of(services: Services, partner: str) -> str:
    """Return the language a partner's people read summaries in."""
    policy = services.node.partner(partner)
    return policy.language if policy and policy.language in summary_fhir.LANGUAGES else "es"


def summary(services: Services, gathered: Gathered, consent: ConsentRow, seed: str, language: str) -> bytes:
    """Return the care summary a consent lets out; the partner's own facts are not sent back to it."""
    facts = [*gathered.own, *elsewhere.facts(services, gathered, consent.partner)]
    given = summary_input(services, gathered, facts, seed, language)
    return summary_fhir.build(replace(given, data_classes=consent.data_classes, purpose=consent.purpose))


def summary_input(
    services: Services, gathered: Gathered, facts: list[elsewhere.Fact], seed: str, language: str
) -> summary_fhir.SummaryInput:
    """Return what a summary of these facts is made from; supply and start come from trusted facts."""
    node = services.node
    everything = elsewhere.record(services, gathered)
    supply = continuity.supply(everything.dispenses, services.today(), node.thresholds)
    return summary_fhir.SummaryInput(
        resources=tuple(facts),
        language=language,
        author=node.name,
        author_id=node.code,
        author_phone=node.facilities[0].phone if node.facilities else "",
        author_country=node.country,
        now=services.clock.now(),
        seed=seed,
        run_out=supply.run_out,
        days_on_hand=supply.days_on_hand,
        today=services.today(),
        treatment_start=everything.treatment_start,
    )


def _request(services: Services, unit: Unit, item: OutboxItem, consent: ConsentRow) -> bytes:
    if not tells_who(consent):
        raise NotAllowed("The consent does not let us tell the partner who the person is.")
    transfer = next(
        (row for row in unit.transfers.of(item.owner_id) if row.request_msg_id == item.msg_id), None
    )
    if transfer is None:
        raise NotFound("The transfer of this request is gone.")
    patient = wire.parse(sealing.open_resource(services, unit.records.current("Patient", item.owner_id)).body)
    consent_resource = sealing.open_resource(services, unit.records.current("Consent", consent.resource_id))
    task = wire.parse(sealing.open_resource(services, unit.records.current("Task", transfer.task_id)).body)
    order_id = str(task["focus"]["reference"]).split("/")[1]
    order = wire.parse(sealing.open_resource(services, unit.records.current("ServiceRequest", order_id)).body)
    least = least_patient(services, patient, item.partner)
    bundle = transfer_fhir.request_bundle(least, wire.parse(consent_resource.body), order, task)
    return wire.canonical({**bundle, "language": services.node.languages[0]})


def tells_who(consent: ConsentRow) -> bool:
    """Tell whether a consent lets out what a partner finds the person by."""
    return "identity" in consent.data_classes and "identity" in redact.classes_for(consent.purpose)


def least_patient(services: Services, patient: wire.JsonObject, partner: str) -> wire.JsonObject:
    """Return a Patient with only what the partner needs to find the person: no document of any third
    country.
    """
    policy = services.node.partner(partner)
    ours = services.node.country
    wanted = {
        kind.system
        for kind in services.node.identifiers
        if kind.key != "clinic"
        and kind.country != ours
        and kind.country in ("", "VE", policy.country if policy else "")
    }
    kept = redact.for_purpose([patient], ("identity",), "TREAT")[0]
    kept["identifier"] = [entry for entry in patient.get("identifier", ()) if entry.get("system") in wanted]
    return kept


def _task(services: Services, unit: Unit, item: OutboxItem) -> bytes:
    transfer = next(
        (
            row
            for row in unit.transfers.of(item.owner_id)
            if row.partner == item.partner and item.in_reply_to == row.request_msg_id
        ),
        None,
    )
    if transfer is None:
        raise NotFound("The transfer of this message is gone.")
    task = wire.parse(sealing.open_resource(services, unit.records.current("Task", transfer.task_id)).body)
    return wire.canonical(_under_alias(transfer_fhir.task_bundle(task), item))


def _withdrawn(services: Services, unit: Unit, item: OutboxItem) -> bytes:
    row = unit.consents.get(item.consent_id)
    if row is None:
        raise NotFound("The consent of this message is gone.")
    consent = wire.parse(
        sealing.open_resource(services, unit.records.current("Consent", row.resource_id)).body
    )
    bundle = references.collection([(f"urn:uuid:{row.resource_id}", consent)])
    return wire.canonical(_under_alias(bundle, item))


def _under_alias(bundle: wire.JsonObject, item: OutboxItem) -> wire.JsonObject:
    """Return a Bundle that names the person by what the partner calls them: our own id stays at home."""
    person = references.address(item.alias, "Patient")

    def change(target: str) -> str:
        return person if item.owner_id in target.split("/") else target

    changed: wire.JsonObject = references.rewritten(bundle, change)
    return changed


def sha256(body: bytes) -> str:
    """Return the digest a message states of its Bundle."""
    return hashlib.sha256(body).hexdigest()


def finding(rule: str, text: str, path: str = "Bundle") -> Issue:
    """Return a finding of the exchange itself."""
    return Issue("error", "processing", path, rule, text)
