"""Read and open the resources of one step, as lines by file; nothing is parsed."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from fhir import wire
from fhir.elements import View, shown
from fhir.outcome import Issue, operation_outcome
from registry.domain.access.corridor import IDENTITY
from registry.errors import Unreadable
from registry.ports import Services, Unit
from registry.ports.jobs import Row
from registry.usecases.bulk import writing
from registry.usecases.care.record import sealing

LOST = "This resource is stored but cannot be read any more."
WHOLE = View()
Allowed = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Wanted:
    """Which resources are wanted: types (empty: all), changed since a moment (None: ever), what of them."""

    types: tuple[str, ...]
    since: datetime | None
    view: View = WHOLE


@dataclass(frozen=True)
class Page:
    """The next so many resources of one owner, after a type and id."""

    owner: str
    after: tuple[str, str]
    most: int


@dataclass
class Gathered:
    """What one step found: lines by file, and how many resources of whom."""

    lines: dict[str, list[bytes]] = field(default_factory=dict)
    people: Counter[str] = field(default_factory=Counter)

    def add(self, file: str, line: bytes) -> None:
        """Add a line to a file."""
        self.lines.setdefault(file, []).append(line)


def of_people(services: Services, unit: Unit, wanted: Wanted, allowed: Allowed) -> Gathered:
    """Return everything wanted of these people: whose identity may be shown, and whose clinical data."""
    gathered = Gathered()
    owners = sorted(allowed["Patient"] | allowed["Observation"])
    if not owners:
        return gathered
    with suppress(Unreadable):  # whose key is damaged is told line by line
        services.vault.prepare(owners)
    for row in unit.shelves.rows_of(owners, wanted.types, wanted.since):
        if row[3] in allowed["Patient" if row[0] in IDENTITY else "Observation"]:
            _open(services, gathered, wanted, row)
            gathered.people[row[3]] += 1
    if wanted.since is not None:
        both = sorted(allowed["Patient"] & allowed["Observation"])
        _note_deleted(gathered, unit.shelves.deleted_of(both, wanted.types, wanted.since))
    return gathered


def note_owners(gathered: Gathered, allowed: Allowed) -> None:
    """Keep who is in the files on whose word, in a file of ours: their consents are looked at again later."""
    for kind, owners in allowed.items():
        for owner in sorted(owners & gathered.people.keys()):
            gathered.add(writing.OWNERS, f"{kind} {owner}".encode())


def of_service(
    services: Services, unit: Unit, wanted: Wanted, page: Page
) -> tuple[Gathered, tuple[str, str] | None]:
    """Return the next resources of a service owner, and the place after them (None: these were the last)."""
    gathered = Gathered()
    rows = unit.shelves.page_of(page.owner, page.after, page.most, wanted.types, wanted.since)
    for row in rows:
        _open(services, gathered, wanted, row)
    if wanted.since is not None and page.after == ("", ""):
        _note_deleted(gathered, unit.shelves.deleted_of([page.owner], wanted.types, wanted.since))
    return gathered, (rows[-1][0], rows[-1][1]) if len(rows) == page.most else None


def _open(services: Services, gathered: Gathered, wanted: Wanted, row: Row) -> None:
    resource_type, resource_id, version, owner, body = row
    try:
        line = services.vault.open(owner, sealing.place(resource_type, resource_id, version), body)
    except Unreadable:
        issue = Issue("error", "deleted", f"{resource_type}/{resource_id}", "unreadable", LOST)
        gathered.add(writing.ERRORS, wire.canonical(operation_outcome((issue,))))
        return
    if not wanted.view.is_whole:
        line = wire.canonical(shown(wire.parse(line, len(line)), wanted.view))
    gathered.add(resource_type, line)


def _note_deleted(gathered: Gathered, keys: list[tuple[str, str]]) -> None:
    """Say what was deleted as a Bundle of DELETE entries, as the standard wants it."""
    if keys:
        entries = [{"request": {"method": "DELETE", "url": f"{kind}/{name}"}} for kind, name in sorted(keys)]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        gathered.add(writing.DELETED, wire.canonical(bundle))
