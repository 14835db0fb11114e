"""Keep the clear projection of a person's care up to date, in the transaction that changes it."""

from fhir import wire
from fhir.treatment.model import Source
from registry.domain.care import contact, continuity, risk
from registry.domain.model import CareState, Stored
from registry.ports import Services, Unit
from registry.usecases.care.gather import Gathered, gather


def refresh(services: Services, unit: Unit, owner_id: str) -> None:
    """Recompute and store the care state of one person."""
    put(services, unit, owner_id, gather(services, unit, owner_id))


def begin(services: Services, unit: Unit, stored: Stored, patient: wire.JsonObject) -> None:
    """Store the care state of a person whose Patient was just written: there is nothing else to gather."""
    source = Source("own", services.node.name, stored.updated, f"{stored.type}/{stored.id}")
    alone = ({**patient, "id": stored.id}, source)
    gathered = Gathered(alone[0], (alone,), (), services.node.code)
    _store(services, unit, stored.owner_id, gathered, "")


def put(services: Services, unit: Unit, owner_id: str, gathered: Gathered) -> None:
    """Store the care state that follows from what was gathered."""
    transfers = unit.transfers.of(owner_id)
    _store(services, unit, owner_id, gathered, transfers[0].state if transfers else "")


def _store(services: Services, unit: Unit, owner_id: str, gathered: Gathered, transfer_state: str) -> None:
    record = gathered.record()
    today = services.today()
    supply = continuity.supply(record.dispenses, today, services.node.thresholds)
    facility, region = _place(services, gathered)
    unit.care.put(
        CareState(
            owner_id=owner_id,
            run_out=supply.run_out,
            next_contact=contact.next_planned(record, supply, own=True),
            risk=risk.assess(record, supply, today, services.node.thresholds).level,
            facility=facility,
            region=region,
            transfer_state=transfer_state,
            computed=unit.now(),
        )
    )


def recompute_stale(services: Services, limit: int) -> int:
    """Recompute people whose projection is from an earlier local day; return how many (nightly job)."""
    with services.unit() as unit:
        owners = unit.care.stale(services.today(), limit)
        for owner in owners:
            refresh(services, unit, owner)
        unit.commit()
    return len(owners)


def _place(services: Services, gathered: Gathered) -> tuple[str, str]:
    """Return facility and region: where the last own dispense was, else the node's first facility."""
    node = services.node
    for resource, _ in reversed(gathered.own):
        reference = (
            str(resource.get("location", {}).get("identifier", {}).get("value", ""))
            if isinstance(resource.get("location"), dict)
            else ""
        )
        facility = node.facility(reference)
        if facility:
            return facility.id, facility.region
    return (node.facilities[0].id, node.facilities[0].region) if node.facilities else ("", "")
