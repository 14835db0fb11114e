"""One step of each change of a key. Every step may be done twice: it looks for what is still to do."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from fhir import wire
from registry.domain.access import rules
from registry.domain.keys.sealed import SealedRow
from registry.domain.model import AuditEntry, Caller
from registry.errors import Unreadable
from registry.ports import Services, Unit
from registry.usecases.care.record import sealing
from registry.usecases.care.search import tokens
from registry.usecases.keys import places

KEYS_AT_ONCE = 500
ROWS_AT_ONCE = 200
CARRIERS_AT_ONCE = 200
# Clocks of processes may differ a little, and what was begun before the new key may commit after it.
SLACK = timedelta(minutes=10)
Stage = Literal["first", "wait", "again", "drop", "done"]


@dataclass(frozen=True)
class Place:
    """How far a change is; `until` is the second (since 1970) at which the rest ends, `began` its start."""

    stage: Stage = "first"
    after: tuple[str, str] = ("", "")
    until: float = 0.0
    began: float = 0.0


def place_of(cursor: str) -> Place:
    """Return the place a cursor stands for; an empty cursor is the beginning."""
    if not cursor:
        return Place()
    found = json.loads(cursor)
    return Place(found["stage"], (found["after"][0], found["after"][1]), found["until"], found["began"])


Step = Callable[[Services, Caller, str, Place], tuple[Place, int]]


def rewrap(services: Services, caller: Caller, owner: str, place: Place) -> tuple[Place, int]:
    """Wrap some keys with the current wrapping key."""
    done = services.keyring.rewrap(KEYS_AT_ONCE)
    if done:
        return place, done
    services.keyring.scrub()
    return replace(place, stage="done"), 0


def reseal(services: Services, caller: Caller, owner: str, place: Place) -> tuple[Place, int]:
    """Give an owner a new data key, or seal some rows with it; old versions go in the second round."""
    if place.stage == "wait":
        return place, 0
    if place.stage == "drop":
        services.keyring.scrub()
        return replace(place, stage="done"), 0
    # With one owner the place after it is its own name.
    page = [owner] if owner and place.after[0] != owner else []
    page = page or ([] if owner else services.keyring.owners(place.after[0], 1))
    if not page:
        return replace(place, stage="wait" if place.stage == "first" else "drop", after=("", "")), 0
    (following,) = page
    ended = replace(place, after=(following, ""))
    if following.startswith("job:"):
        return ended, 0
    version = _newest(services, following, again=place.stage == "again", started=place.after[1])
    done, left = _resealed(services, caller, following, version)
    if left:
        return replace(place, after=(place.after[0], following)), done
    if place.stage == "again" and not _is_needed(services, following, version):
        services.keyring.drop_versions(following, version)
    return ended, done


def _newest(services: Services, owner: str, *, again: bool, started: str) -> int:
    """Return the version to seal with, made now unless an interrupted round has made it."""
    version = services.keyring.version(owner)
    if again or started == owner or not version:
        return version
    with services.unit() as unit:
        interrupted = bool(unit.sealed_rows.stale(owner, version, 1))
    return version if interrupted else services.keyring.add_version(owner)


def _is_needed(services: Services, owner: str, version: int) -> bool:
    """Tell whether an older version still opens something; what is damaged opens with none."""
    with services.unit() as unit:
        left = unit.sealed_rows.stale(owner, version, ROWS_AT_ONCE)
    return len(left) == ROWS_AT_ONCE or any(_plain(services, row) is not None for row in left)


def _plain(services: Services, row: SealedRow) -> bytes | None:
    try:
        return services.vault.open(row.owner_id, places.of(row), row.blob)
    except Unreadable:
        return None  # damaged: the check of the audit trail names it


def _resealed(services: Services, caller: Caller, owner: str, version: int) -> tuple[int, bool]:
    """Seal some rows again; return how many, and whether there are more that can be."""
    with services.unit() as unit:
        rows = unit.sealed_rows.stale(owner, version, ROWS_AT_ONCE)
        done = sum(1 for row in rows if _moved(services, unit, caller, row))
        unit.commit()
    return done, bool(done) and len(rows) == ROWS_AT_ONCE


def _moved(services: Services, unit: Unit, caller: Caller, row: SealedRow) -> bool:
    plain = _plain(services, row)
    if plain is None:
        return False
    blob = services.vault.seal(row.owner_id, places.of(row), plain)
    if not unit.sealed_rows.replace(row, blob):
        return False
    if row.kind == "resource":
        unit.sealed_rows.replace(replace(row, kind="resource_version"), blob)
        # Without the person: what nobody looked at must not push views out of the list of who has looked.
        unit.audit.add(
            AuditEntry(
                caller,
                "reseal",
                object_ref=f"{row.key[0]}/{row.key[1]}",
                version=int(row.key[2]),
                body_digest=sealing.digest(blob),
            )
        )
    return True


def reindex(services: Services, caller: Caller, owner: str, place: Place) -> tuple[Place, int]:
    """Compute the search tokens of some resources anew; the old key still finds until the second round."""
    rules.check_can(caller, "keys")
    if place.stage == "wait":
        return place, 0
    if place.stage == "drop":
        services.keyring.drop_old_index_roots()
        return replace(place, stage="done"), 0
    with services.unit() as unit:
        began = place.began or unit.now().timestamp()
        since = datetime.fromtimestamp(began, UTC) - SLACK if place.stage == "again" else None
        page = unit.sealed_rows.carriers(place.after, CARRIERS_AT_ONCE, since)
        unit.sealed_rows.hold(page)
        for key in page:
            _reindexed(services, unit, key)
        unit.commit()
    if page:
        return replace(place, after=page[-1], began=began), len(page)
    return replace(place, stage="wait" if place.stage == "first" else "drop", began=began), 0


def _reindexed(services: Services, unit: Unit, key: tuple[str, str]) -> None:
    row = unit.records.current(*key)
    if row is None or row.deleted:
        return
    try:
        resource = wire.parse(sealing.open_resource(services, row).body)
    except Unreadable:
        return  # damaged: the audit trail's check names it
    unit.people.index(row.owner_id, key, tokens.of(services, resource))


STEPS: Mapping[str, Step] = {"kek": rewrap, "dek": reseal, "index": reindex}
