"""Read lines of NDJSON: each is a resource that may be stored, or findings that say why not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fhir import wire
from fhir.outcome import Issue, operation_outcome
from registry.errors import Refusal
from registry.ports import Services
from registry.usecases.care.record import sealing, write

MOST_ISSUES = 20
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_NO_ID = "Each resource of an import needs its id: it is stored under it, once."


@dataclass(frozen=True)
class Line:
    """A line of a file: where it stands, and its bytes."""

    file: str
    number: int
    data: bytes


@dataclass(frozen=True)
class Finding:
    """Why a line was not stored."""

    line: Line
    issues: tuple[Issue, ...]

    def outcome(self) -> bytes:
        """Return it as an OperationOutcome that names file and line, with nothing of the line itself."""
        place = f"{self.line.file}, line {self.line.number}: "
        told = [replace(issue, text=place + issue.text) for issue in self.issues[:MOST_ISSUES]]
        return wire.canonical(operation_outcome(told))


@dataclass(frozen=True)
class Checked:
    """A resource that may be stored."""

    line: Line
    resource: wire.JsonObject
    type: str
    id: str

    @property
    def key(self) -> tuple[str, str]:
        """Return (type, id)."""
        return self.type, self.id


def read(services: Services, lines: Sequence[Line]) -> tuple[list[Checked], list[Finding]]:
    """Return what may be stored and what was found; empty lines are passed over."""
    good, findings = [], []
    for line in lines:
        if not line.data.strip():
            continue
        try:
            good.append(_checked(services, line))
        except Refusal as refusal:
            findings.append(Finding(line, issues_of(refusal)))
        except wire.BadJson as error:
            findings.append(Finding(line, (error.issue,)))
    return good, findings


def issues_of(refusal: Refusal) -> tuple[Issue, ...]:
    """Return the issues of a refusal; one without any is an issue itself."""
    return refusal.issues or (
        Issue("error", refusal.code, "", type(refusal).__name__.lower(), refusal.sentence),
    )


def _checked(services: Services, line: Line) -> Checked:
    resource = wire.parse(line.data, services.settings.message_limit)
    write.check(services, resource)
    kind, name = str(resource["resourceType"]), resource.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise wire.BadJson(Issue("error", "required", f"{kind}.id", "import-needs-id", _NO_ID))
    if kind == "Patient" and name in sealing.SERVICE_OWNERS:
        raise wire.BadJson(Issue("error", "value", "Patient.id", "import-needs-id", _NO_ID))
    return Checked(line, resource, kind, name)
