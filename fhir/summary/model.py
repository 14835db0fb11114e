"""What a care summary is made from, and its parts on the way to a document."""

from dataclasses import dataclass
from datetime import date, datetime

from fhir import references
from fhir.treatment.fields import text
from fhir.treatment.model import FhirDate, Source
from fhir.treatment.read import Fact
from fhir.wire import JsonObject

ALL_CLASSES = ("identity", "contact", "clinical", "insurance")


@dataclass(frozen=True)
class SummaryInput:
    """Everything a summary depends on; the same input always gives the same bytes.

    `resources` are one person's, the Patient among them, each with its source. `language` is es, pt or en;
    `author` and `author_id` name the node; `now` has a time zone; `seed` decides the ids inside. `run_out` is
    the first day without tablets and `days_on_hand` the days until then on `today` (default: the day of
    `now`).
    `withheld` lets the text say that something is not shared; `treatment_start` is the original start when
    the sender knows it from facts that are not among `resources`.
    """

    resources: tuple[tuple[JsonObject, Source], ...]
    language: str
    author: str
    author_id: str
    now: datetime
    seed: str
    run_out: date | None = None
    days_on_hand: int | None = None
    today: date | None = None
    author_phone: str = ""
    author_country: str = ""
    next_step: str = ""
    data_classes: tuple[str, ...] = ALL_CLASSES
    purpose: str = "TREAT"
    withheld: bool = False
    treatment_start: FhirDate | None = None

    @property
    def day(self) -> date:
        """Return the local day the summary speaks of."""
        return self.today or self.now.date()


@dataclass(frozen=True)
class Item:
    """One resource with the facts read from it; `when` is the day that orders it."""

    resource: JsonObject
    facts: tuple[Fact, ...] = ()
    when: FhirDate | None = None

    @property
    def type(self) -> str:
        """Return the resource type."""
        return text(self.resource, "resourceType")

    @property
    def name(self) -> str:
        """Return `Type/id`, or an empty text."""
        return references.local(self.resource)

    @property
    def day(self) -> date:
        """Return the earliest day it can mean; undated ones come before all others."""
        return self.when.earliest if self.when else date.min


@dataclass(frozen=True)
class Section:
    """One section of the summary: its LOINC code, what it lists, and whether more was left at home."""

    code: str
    items: tuple[Item, ...] = ()
    more: bool = False
