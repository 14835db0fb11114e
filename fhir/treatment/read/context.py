"""What a reader of one resource may know besides the resource itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fhir.treatment.model import (
    Allergy,
    Contact,
    Dispense,
    Episode,
    LabResult,
    PersonFacts,
    Problem,
    RegimenPeriod,
    Source,
    TransferFact,
    Vaccine,
    ViralLoad,
)
from fhir.wire import JsonObject

Fact = (
    Allergy
    | Contact
    | Dispense
    | Episode
    | LabResult
    | PersonFacts
    | Problem
    | RegimenPeriod
    | TransferFact
    | Vaccine
    | ViralLoad
)


@dataclass(frozen=True)
class Context:
    """The source of the resource, the Medication resources met beside it, and the id of this node."""

    source: Source
    shelf: Mapping[str, JsonObject] = field(default_factory=dict)
    node: str = ""
