"""The search parameters of every type, read once from `terminology/search.json`.

Source of names, types and expressions: the search parameters of FHIR 4.0.1
(https://hl7.org/fhir/R4/searchparameter-registry.html).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from fhir.codes.systems import table
from fhir.search.paths import Getter, getter

OF_ALL = "Resource"
# What a chain without a type goes on to (`patient.name`); others must say it (`subject:Patient.name`).
_TARGETS = {
    "beneficiary": "Patient",
    "context": "Encounter",
    "device": "Device",
    "encounter": "Encounter",
    "endpoint": "Endpoint",
    "episode-of-care": "EpisodeOfCare",
    "general-practitioner": "Practitioner",
    "has-member": "Observation",
    "link": "Patient",
    "location": "Location",
    "managing-entity": "Organization",
    "medication": "Medication",
    "organization": "Organization",
    "patient": "Patient",
    "partof": "",
    "practitioner": "Practitioner",
    "prescription": "MedicationRequest",
    "result": "Observation",
    "service": "HealthcareService",
    "service-provider": "Organization",
    "specimen": "Specimen",
    "subject": "Patient",
}
# Our own kinds under the type that the standard gives them.
_SHOWN = {"id": "token", "phonetic": "string", "near": "special"}


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a composite: its kind and where it is, seen from the composite's own element."""

    kind: str
    get: Getter


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter: `kind` tells how values are compared, `target` where a chain goes on."""

    name: str
    kind: str
    path: str
    get: Getter
    components: tuple[Component, ...] = ()
    target: str = ""

    @property
    def shown_kind(self) -> str:
        """Return the type of the parameter as the standard names it."""
        return _SHOWN.get(self.kind, self.kind)

    def points_at(self, resource_type: str) -> bool:
        """Tell whether it is known to be a reference to resources of a type."""
        targets = (self.target, self.path.rpartition(":")[2])
        return self.kind == "reference" and resource_type in targets


@cache
def parameters(resource_type: str) -> Mapping[str, Parameter]:
    """Return the parameters of a type by name, those of all types included."""
    rows = table("search")
    own = {**rows[OF_ALL], **rows.get(resource_type, {})}
    return MappingProxyType({name: _parameter(resource_type, name, row) for name, row in own.items()})


def _parameter(resource_type: str, name: str, row: list[Any]) -> Parameter:
    kind, path, *parts = row
    components = tuple(Component(part[0], getter(part[1])) for part in parts)
    target = resource_type if name in ("partof", "part-of") else _TARGETS.get(name, "")
    return Parameter(name, kind, path, getter(path), components, target if kind == "reference" else "")
