"""Store many checked resources in one unit: new ones together, known ones only when they say more."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from fhir import wire
from registry.domain.model import Caller, CareState, SealedResource, Stored
from registry.errors import BadInput, Refusal, Unreadable
from registry.ports import Services, Unit
from registry.usecases.bulk.importing.lines import Checked, Finding, issues_of
from registry.usecases.care.record import sealing, write
from registry.usecases.exchange import close_transfer

# What was computed on an earlier day is computed anew by the calendar's work: this is earlier than any.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Outcome:
    """What became of the resources of a batch."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    findings: list[Finding] = field(default_factory=list)


def store(services: Services, unit: Unit, caller: Caller, batch: Sequence[Checked]) -> Outcome:
    """Store a batch; what stands twice in it is an update of the first."""
    outcome = Outcome()
    # Patients first: the others in the batch refer to them.
    ordered = sorted(batch, key=lambda each: each.type != "Patient")
    known = unit.shelves.known(list(dict.fromkeys(each.key for each in ordered)))
    new, again = _sorted_out(unit, ordered, known, outcome)
    with suppress(Unreadable):  # a damaged key is told when it is needed
        services.vault.create([owner for _, owner in new])
    rows = [(each.resource, each.id, owner) for each, owner in new]
    written = write.import_all(services, unit, caller, rows)
    outcome.created = len(written)
    for each in again:
        # What was written in this unit is read again; the rest is known.
        row = known.pop(each.key, None) or unit.records.current(*each.key)
        try:
            written += _update(services, unit, caller, each, row)
        except Refusal as refusal:
            outcome.findings.append(Finding(each.line, issues_of(refusal)))
    outcome.updated = len(written) - outcome.created
    outcome.unchanged = len(batch) - len(written) - len(outcome.findings)
    _follow(services, unit, caller, written)
    return outcome


def _sorted_out(
    unit: Unit,
    batch: Sequence[Checked],
    known: dict[tuple[str, str], SealedResource],
    outcome: Outcome,
) -> tuple[list[tuple[Checked, str]], list[Checked]]:
    """Return what is new, with its owner, and what is known; what has no owner here is a finding."""
    patients = _patients(unit, batch)
    new: dict[tuple[str, str], tuple[Checked, str]] = {}
    again: list[Checked] = []
    for each in batch:
        if each.key in known or each.key in new:
            again.append(each)
            continue
        try:
            owner = sealing.owner_of(unit, each.resource, each.id, patients)
        except Refusal as refusal:
            outcome.findings.append(Finding(each.line, issues_of(refusal)))
            continue
        if each.type == "Patient":
            patients.add(each.id)
        new[each.key] = (each, owner)
    return list(new.values()), again


def _patients(unit: Unit, batch: Sequence[Checked]) -> set[str]:
    """Return which of the people that the batch refers to are here."""
    named = {sealing.patient_reference(each.resource) for each in batch if each.type != "Patient"}
    rows = unit.shelves.known([("Patient", name) for name in sorted(named - {""})])
    return {row.owner_id for row in rows.values() if not row.deleted}


def _update(
    services: Services, unit: Unit, caller: Caller, each: Checked, row: SealedResource | None
) -> list[Stored]:
    """Write the next version unless the stored one says the same."""
    if row is not None and not row.deleted:
        same = wire.with_identity(each.resource, each.id, str(row.version), row.updated)
        if sealing.open_resource(services, row).body == wire.canonical(same):
            return []
        if caller.role == "partner" and each.type in services.settings.versioned_types:
            raise BadInput(f"A stored {each.type} changes only by itself, with the version it was read in.")
    return [write.update(services, unit, caller, each.resource, each.id)]


def _follow(services: Services, unit: Unit, caller: Caller, written: Sequence[Stored]) -> None:
    """Do what a write brings with it; care states are only marked as old, and computed afterwards."""
    for stored in written:
        if stored.type == "MedicationDispense" and unit.transfers.of(stored.owner_id):
            close_transfer.by_first_dispense(services, unit, caller, stored)
    moved = {stored.owner_id for stored in written if stored.type in write.MOVES_CARE_STATE}
    for owner in sorted(moved - sealing.SERVICE_OWNERS):
        state = unit.care.get(owner) or CareState(owner, None, None, "low", "", "", "", NEVER)
        unit.care.put(replace(state, computed=NEVER))
