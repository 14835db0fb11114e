"""Treatment of one person as plain values: `read` makes them from FHIR resources, `write` makes our own
resources.
"""

from fhir.treatment.read import read, read_person

__all__ = ["read", "read_person"]
