"""Ask the partner who treated a person before: request, consent and a transfer of care in one message."""

from fhir import transfer as transfer_fhir
from registry.domain.access import rules
from registry.domain.model import Caller, ConsentRow, Transfer
from registry.errors import BadInput, Conflict, NotAllowed
from registry.ports import Services
from registry.usecases.care.chart.gather import Gathered, gather
from registry.usecases.care.record import care_state, write
from registry.usecases.exchange import close_transfer
from registry.usecases.exchange.sending import build, queue
from registry.usecases.subscriptions import events


def ask(services: Services, caller: Caller, person_id: str, partner: str) -> Transfer:
    """Propose a transfer of care to us and queue the request; raise NotAllowed without a consent for this
    corridor.
    """
    rules.check_can(caller, "share")
    policy = services.node.partner(partner)
    if policy is None or policy.kind != "puente":
        raise BadInput(
            "This partner does not answer requests. Choose another one, or ask the person for papers."
        )
    with services.unit() as unit:
        unit.lock([person_id.encode()])
        gathered = gather(services, unit, person_id)
        consent = queue.valid_consent(services, unit, person_id, partner)
        if consent is None:
            raise NotAllowed("Record the person's consent for this country first.")
        _check_findable(services, gathered, consent)
        if any(
            row.partner == partner and row.direction == "in" and row.state in close_transfer.OPEN
            for row in unit.transfers.of(person_id)
        ):
            raise Conflict("A transfer from this partner is already open for this person.")
        order, task = transfer_fhir.transfer_request(
            transfer_fhir.NewTransfer(
                patient_ref=f"Patient/{person_id}",
                origin=partner,
                destination=services.node.code,
                asked=unit.now(),
            )
        )
        order_row = write.create(services, unit, caller, order)
        task["focus"] = {"reference": f"ServiceRequest/{order_row.id}"}
        task["basedOn"] = [{"reference": f"ServiceRequest/{order_row.id}"}]
        task_row = write.create(services, unit, caller, task)
        item = queue.add(
            services, unit, caller, queue.Draft(person_id, partner, "request", consent_id=consent.id)
        )
        transfer = Transfer(
            id=services.ids.new(),
            owner_id=person_id,
            partner=partner,
            direction="in",
            state="proposed",
            alias=item.alias,
            task_id=task_row.id,
            request_msg_id=item.msg_id,
            created=unit.now(),
            updated=unit.now(),
        )
        unit.transfers.add(transfer)
        events.transfer_moved(services, unit, person_id, transfer.task_id, transfer.state)
        care_state.put(services, unit, person_id, gathered)
        unit.commit()
    return transfer


def _check_findable(services: Services, gathered: Gathered, consent: ConsentRow) -> None:
    """Refuse a request that the partner could only reject: one that does not say whom it is about."""
    if not build.tells_who(consent):
        raise NotAllowed(
            "The consent for this country does not cover identity. Record one that does, then ask again."
        )
    least = build.least_patient(services, gathered.patient, consent.partner)
    if not any(entry.get("value") for entry in least["identifier"]):
        raise Conflict(
            "The person has no document that this partner may be told. Add one to the record, then ask again."
        )
