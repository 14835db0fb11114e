"""FHIR resources of any source to plain values of treatment; tolerant of whatever partners send."""

from fhir.treatment.read.context import Context, Fact
from fhir.treatment.read.person import read_person
from fhir.treatment.read.record import Reading, read, readings, record_of

__all__ = ["Context", "Fact", "Reading", "read", "read_person", "readings", "record_of"]
