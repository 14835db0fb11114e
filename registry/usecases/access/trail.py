"""The audit trail: chain what was written, sign checkpoints, verify everything, and tell who looked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from heapq import merge
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
    """Sign a checkpoint when an hour or a thousand events have passed since the last one.

    The chain is read in a unit that only streams: however long it is, no writer waits for it.
    """
    with services.unit() as unit:
        size, kept, now = unit.audit.size(), unit.audit.checkpoints(), unit.now()
    last = kept[-1] if kept else None
    due = last is None or now - last.at >= CHECKPOINT_EVERY or size - last.size >= CHECKPOINT_EVENTS
    if not size or (last is not None and last.size == size) or not (due or force):
        return False
    with services.unit() as unit:
        root = services.witness.root(islice(_entries(unit), size))
    text = services.witness.sign(size, root, now)
    with services.unit() as unit:
        unit.lock([b"audit-checkpoint"])
        if any(other.size >= size for other in unit.audit.checkpoints()):
            return False
        unit.audit.add_checkpoint(Checkpoint(size, root, now, text))
        unit.commit()
    return True


def _entries(unit: Unit) -> Iterator[bytes]:
    return (trail.hashed_entry(row.prev_hash, row.canonical) for row in unit.audit.rows())


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
        rows = unit.audit.recent(limit)
        unit.audit.add(AuditEntry(caller, "look-back"))
        unit.commit()
    return rows


def verify(services: Services) -> Verdict:
    """Check the chain, what waits for it, everything stored that it vouches for (bodies, documents received,
    transfers, names for people), and the checkpoints. The long readings only stream, so that the node goes on
    working.
    """
    with services.unit() as unit:
        events, waiting, hidden = unit.audit.size(), unit.audit.waiting(), unit.audit.forgotten()
        checkpoints = unit.audit.checkpoints()
    with services.unit() as unit:
        faults = _faults(services, unit, hidden, checkpoints)
        place, why = next(faults, ("", ""))
    return Verdict(not place, events, waiting, len(checkpoints), place, why)


def _faults(
    services: Services, unit: Unit, hidden: int, checkpoints: list[Checkpoint]
) -> Iterator[tuple[str, str]]:
    bad = trail.find_break(unit.audit.rows())
    if bad is not None:
        yield f"chain row {bad.seq}", bad.why
    if hidden:
        yield "audit events", f"{hidden} events are neither chained nor waiting: somebody hid them."
    yield from trail.find_rolled_back(unit.audit.body_digests(), _stored(unit))
    yield from _checkpoint_faults(services, unit, checkpoints)


def _stored(unit: Unit) -> Iterator[tuple[str, int, str]]:
    """Yield what is stored of everything the trail vouches for, by reference."""
    kept = (unit.records, unit.documents, unit.transfers, unit.aliases)
    return merge(*(each.digests() for each in kept), key=lambda row: row[0])


def _checkpoint_faults(
    services: Services, unit: Unit, checkpoints: list[Checkpoint]
) -> Iterator[tuple[str, str]]:
    """Yield checkpoints that this node did not sign, or whose tree is not the one in the chain any more."""
    roots = services.witness.roots(_entries(unit), {kept.size for kept in checkpoints})
    for kept in checkpoints:
        if services.witness.check(kept.text) != (kept.size, kept.root):
            yield f"checkpoint {kept.size}", "Its signature is not this node's."
        elif roots.get(kept.size) != kept.root:
            yield f"checkpoint {kept.size}", "The chain is not the one this checkpoint was signed over."
