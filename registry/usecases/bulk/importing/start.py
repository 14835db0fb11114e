"""Ask for an import of files at allowed addresses; a worker fetches and stores them in steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from registry.domain.access import rules
from registry.domain.bulk.job import Job
from registry.domain.model import AuditEntry, Caller
from registry.errors import BadInput, NotAllowed
from registry.ports import Services
from registry.usecases.access import reach
from registry.usecases.bulk import asked, busy
from registry.usecases.care.record import sealing

MOST_INPUTS = 200
NOT_ALLOWED = "Files are imported from addresses that this node's operator allowed, and from no others."


@dataclass(frozen=True)
class Input:
    """One file to import: the type its lines say, and where it is."""

    type: str
    url: str


def start(services: Services, caller: Caller, url: str, inputs: Sequence[Input]) -> Job:
    """Note an import to do; raise NotAllowed without the scopes or for an address that is not allowed."""
    check_may_write(services, caller)
    if not inputs or len(inputs) > MOST_INPUTS:
        raise BadInput(f"An import names from 1 to {MOST_INPUTS} files.")
    for each in inputs:
        rules.check_scope(caller, each.type, "c")
        rules.check_scope(caller, each.type, "u")
        check_address(services, each.url)
    ordered = sorted(inputs, key=lambda each: _rank(each.type))
    job_id = services.ids.new()
    wanted = {"url": url, "inputs": [{"type": each.type, "url": each.url} for each in ordered]}
    sealed = asked.seal(services, job_id, caller, wanted)
    with services.unit() as unit:
        busy.check_idle(unit, caller)
        job = Job(job_id, "import", caller.id, "working", unit.now(), unit.now(), sealed)
        unit.jobs.add(job)
        details = (("files", len(inputs)),)
        unit.audit.add(AuditEntry(caller, "import", object_ref=f"job/{job_id}", details=details))
        unit.commit()
    return job


def check_may_write(services: Services, caller: Caller) -> None:
    """Raise NotAllowed unless the caller may write; asked again at each step, as agreements may end."""
    rules.check_can(caller, "write")
    reach.check_write(services, caller)


def inputs_of(wanted: Mapping[str, Any]) -> tuple[Input, ...]:
    """Return the files that a request names, in the order they are stored."""
    return tuple(Input(each["type"], each["url"]) for each in wanted["inputs"])


def check_address(services: Services, url: str) -> None:
    """Raise NotAllowed unless an address lies under one that the settings name, as written there."""
    try:
        parts = urlsplit(url)
        plain = not (parts.username or parts.password or parts.fragment)
    except ValueError:
        raise NotAllowed(NOT_ALLOWED) from None
    lower = parts.path.lower()
    climbs = ".." in lower or "%2e" in lower or "\\" in url or "%5c" in lower or not url.isprintable()
    for allowed in services.settings.import_sources:
        given = urlsplit(allowed)
        same = (parts.scheme, parts.netloc) == (given.scheme, given.netloc)
        if same and plain and not climbs and parts.path.startswith(given.path):
            return
    raise NotAllowed(NOT_ALLOWED)


def _rank(resource_type: str) -> int:
    return 0 if resource_type in sealing.DIRECTORY else 1 if resource_type == "Patient" else 2
