"""Plain values of a person's treatment, read from FHIR resources of any source.

Everything here is immutable and knows nothing of JSON, storage or languages. Dates follow FHIR partial dates:
a day that is not known is kept as unknown, never invented (https://hl7.org/fhir/R4/datatypes.html#date).
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

Ingredients = frozenset[str]
"""Active ingredients of a medicine as the abbreviations of terminology/medicines.json, e.g. {"TDF", "3TC",
"DTG"}.
"""


@dataclass(frozen=True)
class FhirDate:
    """A FHIR date of day, month or year precision; `earliest` is the first day it can mean."""

    earliest: date
    precision: Literal["day", "month", "year"] = "day"

    def __str__(self) -> str:
        """Write it with the precision it was given."""
        return self.earliest.isoformat()[: {"day": 10, "month": 7, "year": 4}[self.precision]]


@dataclass(frozen=True)
class Source:
    """Where a fact comes from: our own record (`own`), a partner's summary or another document."""

    kind: Literal["own", "partner", "document"]
    name: str
    received: datetime | None = None
    reference: str = ""


@dataclass(frozen=True)
class Coding:
    """One code of one system, with the display it came with."""

    system: str
    code: str
    display: str = ""


@dataclass(frozen=True)
class Concept:
    """A CodeableConcept: codings in the order received, and the text a person wrote."""

    text: str
    codings: tuple[Coding, ...] = ()


@dataclass(frozen=True)
class Medicine:
    """A product as received, with its ingredients when they are recognised (None = not recognised)."""

    concept: Concept
    ingredients: Ingredients | None = None


@dataclass(frozen=True)
class Dispense:
    """Tablets handed over once (MedicationDispense). `days` is days supplied when stated; `daily_dose`
    tablets a day.
    """

    handed_over: FhirDate | None
    medicine: Medicine
    source: Source
    identifier: str = ""
    status: str = "completed"
    quantity: Decimal | None = None
    days: int | None = None
    daily_dose: Decimal | None = None
    pills_left: Decimal | None = None
    next_pickup: date | None = None
    known_on: datetime | None = None


@dataclass(frozen=True)
class RegimenPeriod:
    """One interval of a regimen, from MedicationStatement (or, `requested`, a MedicationRequest where nothing
    better is known).
    """

    medicine: Medicine
    source: Source
    status: str
    start: FhirDate | None = None
    end: FhirDate | None = None
    dose: str = ""
    reason: Concept | None = None
    is_antiretroviral: bool = True
    requested: bool = False


@dataclass(frozen=True)
class ViralLoad:
    """A viral load. `copies` per mL is None when below the limit or not convertible; `suppressed` follows <
    1000.
    """

    sampled: FhirDate | None
    source: Source
    original: str
    copies: Decimal | None = None
    comparator: Literal["", "<", "<=", ">", ">="] = ""
    limit: Decimal | None = None
    suppressed: bool | None = None
    convertible: bool = True


@dataclass(frozen=True)
class LabResult:
    """Any other laboratory result; `kind` from terminology (`cd4`, `cd4-percent`, `hbsag`, `creatinine`, ...
    or `other`).
    """

    kind: str
    concept: Concept
    source: Source
    sampled: FhirDate | None = None
    value: Decimal | None = None
    comparator: str = ""
    unit: str = ""
    text: str = ""
    status: str = "final"


@dataclass(frozen=True)
class Problem:
    """A Condition; `kind` from terminology (`infection`, `stage-3`, `tuberculosis`, `pregnancy`, ... or
    `other`).
    """

    kind: str
    concept: Concept
    source: Source
    clinical_status: str = ""
    onset: FhirDate | None = None
    recorded: FhirDate | None = None


@dataclass(frozen=True)
class Allergy:
    """An AllergyIntolerance, or the statement that none is known (`none_known`) or that nobody said."""

    concept: Concept
    source: Source
    clinical_status: str = ""
    criticality: str = ""
    reaction: str = ""
    none_known: bool = False
    no_information: bool = False


@dataclass(frozen=True)
class Vaccine:
    """An Immunization that was given (or not: `status` not-done)."""

    concept: Concept
    source: Source
    given: FhirDate | None = None
    status: str = "completed"


@dataclass(frozen=True)
class Episode:
    """A programme enrolment (EpisodeOfCare)."""

    status: str
    source: Source
    start: FhirDate | None = None
    end: FhirDate | None = None
    organization: str = ""


@dataclass(frozen=True)
class Contact:
    """A clinic visit that took place (Encounter) or an appointment (booked, noshow, fulfilled ...)."""

    kind: Literal["visit", "appointment"]
    day: FhirDate
    status: str
    source: Source
    virtual: bool = False
    known_on: datetime | None = None


@dataclass(frozen=True)
class TransferFact:
    """A transfer of care as a Task says it; `confirmed` is the day the destination confirmed, if it did.

    `status` and `business_status` are the Task's own words, `state` the one name of the transfer table
    (`sent`, `closed`, ...).
    """

    identifier: str
    direction: Literal["in", "out"]
    status: str
    business_status: str
    source: Source
    sent: date | None = None
    confirmed: date | None = None
    partner: str = ""
    known_on: datetime | None = None
    state: str = ""


@dataclass(frozen=True)
class PersonFacts:
    """What the Patient resource says that treatment needs (names and identifiers stay in the resource).

    `deceased` is true also when the day of death is not known.
    """

    birth_date: FhirDate | None = None
    sex: str = "unknown"
    died: FhirDate | None = None
    death_known_on: datetime | None = None
    origin_country: str = ""
    deceased: bool = False


@dataclass(frozen=True)
class TreatmentRecord:
    """Everything known of one person's treatment, each fact with its source; lists are oldest first."""

    person: PersonFacts = PersonFacts()
    dispenses: tuple[Dispense, ...] = ()
    regimens: tuple[RegimenPeriod, ...] = ()
    medications: tuple[RegimenPeriod, ...] = ()
    viral_loads: tuple[ViralLoad, ...] = ()
    results: tuple[LabResult, ...] = ()
    problems: tuple[Problem, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    vaccines: tuple[Vaccine, ...] = ()
    episodes: tuple[Episode, ...] = ()
    contacts: tuple[Contact, ...] = ()
    transfers: tuple[TransferFact, ...] = ()
    treatment_start: FhirDate | None = None
    treated_before: bool | None = None
    pregnancy: LabResult | None = None
    unread: tuple[str, ...] = field(default=())
    """Resource types met that carry no treatment fact (shown as a count, never dropped from the original)."""
