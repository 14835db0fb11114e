"""Care summaries: International Patient Summary documents made from what may be shared of a record."""

from fhir.summary.document import NoPatient, build, document
from fhir.summary.model import ALL_CLASSES, SummaryInput
from fhir.summary.wording import LANGUAGES

__all__ = ["ALL_CLASSES", "LANGUAGES", "NoPatient", "SummaryInput", "build", "document"]
