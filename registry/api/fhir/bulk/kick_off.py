"""Read what an export is asked for, from the address or a Parameters resource.

Source: https://hl7.org/fhir/uv/bulkdata/export.html#query-parameters
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import request

from fhir import elements, r4
from fhir.outcome import Issue
from registry.api.fhir.operations import parameters
from registry.errors import BadInput
from registry.ports import Services
from registry.usecases.care.record.write import NEVER_WRITTEN

EXPORTED = r4.SUPPORTED - NEVER_WRITTEN
NDJSON = "application/fhir+ndjson"
FORMATS = frozenset({"", NDJSON, "application/ndjson", "ndjson", "application/fhir ndjson"})
MOST_PATIENTS = 50_000
_INSTANT = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?)?)?")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_SHORT = {4: "-01-01", 7: "-01"}


@dataclass(frozen=True)
class Asked:
    """What the parameters of an export say."""

    types: tuple[str, ...]
    since: datetime | None
    patients: tuple[str, ...] | None
    elements: str


def check_async() -> None:
    """Raise BadInput unless the caller is ready to wait (`Prefer: respond-async`)."""
    preferences = re.split(r"[,;]", request.headers.get("Prefer", ""))
    if "respond-async" not in [text.strip().lower() for text in preferences]:
        raise BadInput("This takes a while: send Prefer: respond-async and ask for its status afterwards.")


def read(services: Services, *, of_people: bool) -> Asked:
    """Return what is asked for; raise BadInput naming a parameter, unknown ones only without
    `handling=lenient`.
    """
    known = ["_elements", "_outputFormat", "_since", "_type"]
    if of_people and request.method == "POST":
        known.append("patient")
    given = parameters.read(services, known)
    unknown = {*given.texts, *given.resources} - {*known, *parameters.FRAME}
    if unknown and "handling=lenient" not in request.headers.get("Prefer", "").replace(" ", ""):
        raise BadInput(f"An export takes {', '.join(known)} here; anything else is not done.")
    if given.one("_outputFormat").strip().lower() not in FORMATS:
        raise BadInput(f"_outputFormat: files are written as {NDJSON} only.")
    types = tuple(dict.fromkeys(name.strip() for name in given.many("_type")))
    if not set(types) <= EXPORTED:
        raise BadInput("_type: name types that this node keeps, with commas between them.")
    patients = _patients(given.many("patient")) if "patient" in known and "patient" in given.texts else None
    named = ",".join(given.many("_elements"))
    view = elements.asked("", named)
    if isinstance(view, Issue):
        raise BadInput(view.text, (view,))
    return Asked(types, _since(given.one("_since")), patients, named)


def _since(value: str) -> datetime | None:
    if not value:
        return None
    text = value.replace(" ", "+")  # the + of a time zone arrives as a space when it was not escaped
    if not _INSTANT.fullmatch(text):
        raise BadInput("_since: write an instant, as in 2026-11-22T10:00:00Z.")
    try:
        found = datetime.fromisoformat(text + _SHORT.get(len(text), ""))
    except ValueError:
        raise BadInput("_since: there is no such moment.") from None
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return aware if aware.year > 1970 else None  # nothing here is older, and the ends of time overflow


def _patients(references: tuple[str, ...]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(each.removeprefix("Patient/") for each in references))
    if not all(map(_ID.fullmatch, found)):
        raise BadInput("patient: give references as Patient/[id].")
    if len(found) > MOST_PATIENTS:
        raise BadInput(f"patient: at most {MOST_PATIENTS} in one export.")
    return found
