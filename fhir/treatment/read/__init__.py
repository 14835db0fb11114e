"""FHIR resources of any source to plain values of treatment; tolerant of whatever partners send."""

from fhir.treatment.read.context import Context, Fact
from fhir.treatment.read.person import read_person
from fhir.treatment.read.record import facts_of, read

__all__ = ["Context", "Fact", "facts_of", "read", "read_person"]
