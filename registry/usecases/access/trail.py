"""The audit trail: chain what was written, sign checkpoints, verify everything, and tell who looked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from registry.domain.access import rules, trail
from registry.domain.model import AuditEntry, Caller, Checkpoint
from registry.ports import Services, Unit

CHECKPOINT_EVERY = timedelta(hours=1)
CHECKPOINT_EVENTS = 1000


@dataclass(frozen=True)
class Verdict:
    """What verification found; `first_bad` names the first row that is wrong."""

    ok: bool
    events: int
    waiting: int
    checkpoints: int
    first_bad: str = ""
    why: str = ""


def chain(services: Services, limit: int = 1000) -> int:
    """Chain events that wait; return how many (run by a worker within seconds of the act)."""
    with services.unit() as unit:
        done = unit.audit.chain(limit)
        unit.commit()
    return done


def checkpoint(services: Services, force: bool = False) -> bool:
    """Sign a checkpoint when an hour or a thousand events have passed since the last one."""
    with services.unit() as unit:
        size = unit.audit.size()
        newest = unit.audit.checkpoints()[-1:] if size else []
        last = newest[0] if newest else None
        now = unit.now()
        due = last is None or now - last.at >= CHECKPOINT_EVERY or size - last.size >= CHECKPOINT_EVENTS
        if not size or (last is not None and last.size == size) or not (due or force):
            return False
        root = services.witness.root(
            trail.hashed_entry(row.prev_hash, row.canonical) for row in islice(unit.audit.rows(), size)
        )
        text = services.witness.sign(size, root, now)
        unit.audit.add_checkpoint(Checkpoint(size, root, now, text))
        unit.commit()
    return True


def about(services: Services, caller: Caller, person_id: str, limit: int = 100) -> list[dict[str, str]]:
    """Return who did what with a person's record, newest first."""
    rules.check_can(caller, "look-back")
    with services.unit() as unit:
        rows = unit.audit.about(person_id, limit)
        unit.audit.add(AuditEntry(caller, "look-back", owner_id=person_id))
        unit.commit()
    return rows


def recent(services: Services, caller: Caller, limit: int = 100) -> list[dict[str, str]]:
    """Return the newest events of the node."""
    rules.check_can(caller, "look-back")
    with services.unit() as unit:
        return unit.audit.recent(limit)


def verify(services: Services) -> Verdict:
    """Check the chain, what waits for it, every stored body against its last audited write, and the
    checkpoints.
    """
    with services.unit() as unit:
        events, waiting = unit.audit.size(), unit.audit.waiting()
        checkpoints = unit.audit.checkpoints()
        bad = trail.find_break(unit.audit.rows())
        if bad is not None:
            return Verdict(False, events, waiting, len(checkpoints), f"chain row {bad.seq}", bad.why)
        if hidden := unit.audit.forgotten():
            why = f"{hidden} events are neither chained nor waiting: somebody hid them."
            return Verdict(False, events, waiting, len(checkpoints), "audit events", why)
        for reference, why in trail.find_rolled_back(unit.audit.body_digests(), unit.records.digests()):
            return Verdict(False, events, waiting, len(checkpoints), reference, why)
        for place, why in _checkpoint_faults(services, unit, checkpoints):
            return Verdict(False, events, waiting, len(checkpoints), place, why)
    return Verdict(True, events, waiting, len(checkpoints))


def _checkpoint_faults(
    services: Services, unit: Unit, checkpoints: list[Checkpoint]
) -> Iterator[tuple[str, str]]:
    """Yield checkpoints that this node did not sign, or whose tree is not the one in the chain any more."""
    entries = (trail.hashed_entry(row.prev_hash, row.canonical) for row in unit.audit.rows())
    roots = services.witness.roots(entries, {kept.size for kept in checkpoints})
    for kept in checkpoints:
        if services.witness.check(kept.text) != (kept.size, kept.root):
            yield f"checkpoint {kept.size}", "Its signature is not this node's."
        elif roots.get(kept.size) != kept.root:
            yield f"checkpoint {kept.size}", "The chain is not the one this checkpoint was signed over."
