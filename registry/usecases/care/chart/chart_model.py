"""What the at-a-glance page shows: plain values, each fact with its source."""

from dataclasses import dataclass
from datetime import date, datetime

from config import PartnerPolicy
from fhir.treatment.model import (
    Allergy,
    Contact,
    Dispense,
    FhirDate,
    LabResult,
    Problem,
    RegimenPeriod,
    Vaccine,
    ViralLoad,
)
from registry.domain.care.continuity import Supply
from registry.domain.care.flags import Flag
from registry.domain.care.regimen import CurrentRegimen
from registry.domain.care.risk import Risk
from registry.domain.model import ConsentRow, OutboxItem, Transfer


@dataclass(frozen=True)
class PersonView:
    """Who it is: identifiers are (label, value) pairs as entered."""

    id: str
    name: str
    birth_date: FhirDate | None
    sex: str
    age: int | None
    identifiers: tuple[tuple[str, str], ...]
    phone: str
    language: str
    origin_country: str
    provisional: bool


@dataclass(frozen=True)
class DocumentView:
    """A document of somebody else, with how many findings it has."""

    id: str
    inbox_id: str
    partner: str
    partner_name: str
    received: datetime
    errors: int
    warnings: int
    reviewed: bool


@dataclass(frozen=True)
class Chart:
    """One person at a glance, days of medicine first."""

    person: PersonView
    today: date
    supply: Supply
    regimen: CurrentRegimen
    last_dispense: Dispense | None
    dispenses: tuple[Dispense, ...]
    last_viral_load: ViralLoad | None
    viral_loads: tuple[ViralLoad, ...]
    cd4: LabResult | None
    allergies: tuple[Allergy, ...]
    problems: tuple[Problem, ...]
    medications: tuple[RegimenPeriod, ...]
    results: tuple[LabResult, ...]
    vaccines: tuple[Vaccine, ...]
    contacts: tuple[Contact, ...]
    flags: tuple[Flag, ...]
    risk: Risk
    next_contact: date | None
    consents: tuple[ConsentRow, ...]
    transfers: tuple[Transfer, ...]
    deliveries: tuple[OutboxItem, ...]
    documents: tuple[DocumentView, ...]
    partners: tuple[PartnerPolicy, ...]
