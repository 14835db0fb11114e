"""Keep the clear projection of a person's care up to date, in the transaction that changes it."""

from collections.abc import Sequence

from fhir import wire
from fhir.treatment.model import Source
from registry.domain.care import contact, continuity, risk
from registry.domain.model import CareState, Stored
from registry.ports import Services, Unit
from registry.usecases.care.chart.gather import Gathered, gather


def refresh(services: Services, unit: Unit, owner_id: str) -> None:
    """Recompute and store the care state of one person, one unit after the other: what is put must be worked
    out from everything that was committed before.
    """
    unit.lock([owner_id.encode()])
    put(services, unit, owner_id, gather(services, unit, owner_id))


def begin(services: Services, unit: Unit, written: Sequence[tuple[Stored, wire.JsonObject]]) -> None:
    """Store the care state of a person who begins with these resources: there is nothing else to gather."""
    own = []
    for stored, resource in sorted(written, key=lambda each: (each[0].type, each[0].id)):
        source = Source("own", services.node.name, stored.updated, f"{stored.type}/{stored.id}")
        own.append(({**resource, "id": stored.id}, source))
    patient = next(resource for resource, _ in own if resource["resourceType"] == "Patient")
    _store(services, unit, str(patient["id"]), Gathered(patient, tuple(own), (), services.node.code), "")


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
        unit.lock(owner.encode() for owner in owners)
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
