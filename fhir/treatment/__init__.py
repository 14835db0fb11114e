"""Treatment of one person as plain values: `read` makes them from FHIR resources, `write` makes our own
resources.
"""

from fhir.treatment.read import Reading, read, read_person, readings, record_of

__all__ = ["Reading", "read", "read_person", "readings", "record_of"]
