"""Import a list of facilities: each by its code, once; a second run changes only what the list changed."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from config.facilities import FacilityMapping
from fhir import wire
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller
from registry.ports import Services
from registry.usecases.bulk.importing import lines, storing
from registry.usecases.bulk.importing.lines import Line
from registry.usecases.directory import table
from registry.usecases.directory.places import Facility, Skipped, facility
from registry.usecases.directory.table import Row

ROWS_AT_ONCE = 200


@dataclass
class Report:
    """What became of a list: rows, facilities, resources, and every row that was skipped, with its reason."""

    encoding: str
    missing: tuple[str, ...]
    rows: int = 0
    facilities: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: list[tuple[int, str]] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    regions: Counter[str] = field(default_factory=Counter)


def load(
    services: Services,
    caller: Caller,
    data: bytes,
    mapping: FacilityMapping,
    *,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Report:
    """Store the facilities of a CSV file; with `dry_run` only say what would be skipped."""
    rules.check_can(caller, "write")
    found = table.read(data, mapping)
    report = Report(found.encoding, found.missing)
    seen: set[str] = set()
    facilities = _facilities(found.rows, mapping, report, seen)
    while some := list(islice(facilities, ROWS_AT_ONCE)):
        good = [each for each in some if _is_valid(services, *each, report)]
        if not dry_run:
            _store(services, caller, good, report)
        for _, each in good:
            report.facilities += 1
            report.notes.update(each.notes)
            report.regions[_region(each)] += 1
        progress(len(some))
    return report


def _facilities(
    rows: Iterator[Row], mapping: FacilityMapping, report: Report, seen: set[str]
) -> Iterator[tuple[Row, Facility]]:
    for row in rows:
        report.rows += 1
        try:
            made = facility(row, mapping)
        except Skipped as skipped:
            report.skipped.append((row.number, skipped.reason))
            continue
        if made.code in seen:
            report.skipped.append((row.number, "code-twice"))
            continue
        seen.add(made.code)
        yield row, made


def _is_valid(services: Services, row: Row, made: Facility, report: Report) -> bool:
    _, findings = lines.read(services, _lines(row, made))
    if findings:
        report.skipped.append((row.number, findings[0].issues[0].rule))
    return not findings


def _lines(row: Row, made: Facility) -> list[Line]:
    return [Line("facilities", row.number, wire.canonical(each)) for each in made.resources]


def _store(services: Services, caller: Caller, some: list[tuple[Row, Facility]], report: Report) -> None:
    """Store some facilities in one unit; who runs several of them stands once."""
    unique: dict[bytes, Line] = {}
    for row, made in some:
        for line in _lines(row, made):
            unique.setdefault(line.data, line)
    checked, _ = lines.read(services, list(unique.values()))
    with services.unit() as unit:
        outcome = storing.store(services, unit, caller, checked)
        details = (("facilities", len(some)),)
        unit.audit.add(AuditEntry(caller, "import-facilities", details=details))
        unit.commit()
    report.created += outcome.created
    report.updated += outcome.updated
    report.unchanged += outcome.unchanged


def _region(made: Facility) -> str:
    places = [each for each in made.resources if each["resourceType"] == "Location"]
    return str(places[0].get("address", {}).get("state", ""))
