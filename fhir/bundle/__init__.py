"""The tolerant reader for documents of others: reads what it can and lists what it finds.

Source: https://hl7.org/fhir/R4/bundle.html
"""

from fhir.bundle.read import read
from fhir.bundle.received import ReadResource, Received

__all__ = ["ReadResource", "Received", "read"]
