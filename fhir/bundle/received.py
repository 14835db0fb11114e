"""What the tolerant reader gives back: everything that could be read, and everything that was found wrong."""

from dataclasses import dataclass, field

from fhir import r4
from fhir.outcome import Issue
from fhir.wire import JsonObject


@dataclass(frozen=True, slots=True)
class ReadResource:
    """One resource of a received document.

    `resource` is as received and may be malformed. `resolved` is safe to read: every element has the JSON
    type FHIR R4 gives it, dates are real dates, and a medicine given by reference is there as
    medicationCodeableConcept. `section` is the LOINC code of the summary section that lists it. `readable`
    tells whether the elements that make the resource useful are there.
    """

    resource: JsonObject = field(repr=False)
    path: str
    full_url: str | None
    resolved: JsonObject = field(repr=False)
    section: str | None = None
    readable: bool = True

    @property
    def type(self) -> str:
        """Return the resource type, or an empty text when FHIR R4 has none of the name."""
        name = self.resource.get("resourceType")
        return str(name) if r4.is_resource_type(name) else ""


@dataclass(frozen=True, slots=True)
class Received:
    """A document of others: `kind` is the Bundle type, `resource` for a single one, `unknown` when not said.

    `patient` and `composition` are safe views like ReadResource.resolved. `findings` are grouped: the same
    fault in many places is one finding with a count, most severe first.
    """

    kind: str
    patient: JsonObject | None = field(repr=False)
    composition: JsonObject | None = field(repr=False)
    resources: tuple[ReadResource, ...] = field(repr=False)
    findings: tuple[Issue, ...]
    language: str | None

    def of_type(self, *names: str) -> list[ReadResource]:
        """Return the readable resources of these types, in the order received."""
        return [item for item in self.resources if item.readable and item.type in names]
