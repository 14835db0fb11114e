"""The person of the demo's story: a woman from Venezuela, treated in Cúcuta, who arrives in Lima.

On the day of the story nine days of tablets are left: the first day without tablets is `today` + 9.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from uuid import NAMESPACE_URL, uuid5

from config import Node
from fhir import codes
from fhir.treatment.model import (
    Allergy,
    Coding,
    Concept,
    Contact,
    Dispense,
    Episode,
    FhirDate,
    LabResult,
    Medicine,
    RegimenPeriod,
    Vaccine,
    ViralLoad,
)
from fhir.treatment.person import PersonDetails, PersonName, Phone
from fhir.treatment.write import (
    About,
    allergy,
    dispense,
    episode,
    infection,
    lab_result,
    medicine_of,
    patient,
    regimen,
    vaccine,
    viral_load,
    visit,
)
from fhir.wire import JsonObject
from registry.synth.documents import identity
from registry.synth.people import SyntheticPerson
from registry.synth.tables import journeys
from registry.synth.treatment import Setting

GIVEN, FATHER, MOTHER = ("Yuleisy", "Carolina"), "Rondón", "Colmenares"
BORN = date(1991, 8, 14)
PASSPORT = ("ve-pp", "154082637")
KNOWN_IN_BOTH = (("ve-ci", "V20418936"), ("co-ppt", "5128874"))
DAYS_LEFT = 9
PACK_DAYS = 90
GAP_DAYS = 23
_GAP_AFTER = 4
_BEGAN_BEFORE = date(2023, 7, 1)


@dataclass(frozen=True)
class Arrival:
    """What the receiving site asks her at the desk: identifiers are (kind, number) as in the node file."""

    today: date
    given: str
    family: str
    birth_date: str
    sex: str
    identifiers: tuple[tuple[str, str], ...]


def arriving(today: date) -> Arrival:
    """Return what Lima registers: the passport is new, the other two documents Colombia knows as well."""
    documents = (PASSPORT, *KNOWN_IN_BOTH)
    return Arrival(today, " ".join(GIVEN), f"{FATHER} {MOTHER}", BORN.isoformat(), "female", documents)


def held(today: date, node: Node) -> SyntheticPerson:
    """Return what Colombia holds: her whole record."""
    name = f"urn:puente:story:{node.code}:{today}"
    person_id = uuid5(NAMESPACE_URL, name)
    facility = node.facilities[0]
    about = About(person_id.urn, place=facility.id, place_name=facility.name)
    setting = Setting(node, journeys(), Random(name), about)  # noqa: S311 - invented, nothing secret
    return SyntheticPerson(person_id, (patient(_details(node)), *_record(today, setting)))


def pickup_days(today: date) -> list[date]:
    """Return the days tablets were handed over: each on the run-out of the one before, but for one gap."""
    days = [today + timedelta(days=DAYS_LEFT - PACK_DAYS)]
    while days[-1] >= _BEGAN_BEFORE:
        gap = GAP_DAYS if len(days) == _GAP_AFTER else 0
        days.append(days[-1] - timedelta(days=PACK_DAYS + gap))
    return days[::-1]


def _details(node: Node) -> PersonDetails:
    kinds = [(node.identifier_kind(key), value) for key, value in KNOWN_IN_BOTH]
    return PersonDetails(
        identities=tuple(identity(kind, value) for kind, value in kinds if kind),
        names=(PersonName(GIVEN, FATHER, MOTHER),),
        birth=FhirDate(BORN),
        sex="female",
        phones=(Phone("+57 300 555 0191"),),
        country=node.country,
        city=node.facilities[0].region,
        languages=("es",),
        origin_country="VE",
    )


def _record(today: date, setting: Setting) -> Iterator[JsonObject]:
    days, about, own = pickup_days(today), setting.about, setting.own
    start, medicine = FhirDate(days[0]), medicine_of(["TDF", "3TC", "DTG"])
    enrolled = Episode("active", own, start, organization=setting.node.facilities[0].name)
    yield episode(enrolled, about, start)
    yield infection(about, FhirDate(days[0] - timedelta(days=40)))
    yield regimen(RegimenPeriod(medicine, own, "active", start, dose="1 tableta al día"), about)
    for day in days:
        yield dispense(
            Dispense(
                handed_over=FhirDate(day),
                medicine=medicine,
                source=own,
                identifier=f"{setting.node.identifier_base}:dispense|{setting.new_id()}",
                quantity=Decimal(PACK_DAYS),
                days=PACK_DAYS,
                daily_dose=Decimal(1),
                next_pickup=day + timedelta(days=PACK_DAYS - 3),
            ),
            about,
        )
    # Iron is what makes a rule speak: dolutegravir is not taken together with it.
    iron = Medicine(Concept("Sulfato ferroso (hierro) 300 mg"))
    taking = RegimenPeriod(iron, own, "active", FhirDate(days[-1]), dose="1 al día", is_antiretroviral=False)
    yield regimen(taking, about)
    yield from _results(today, days[0], setting)
    penicillin = Concept("Penicilina", (Coding(codes.SNOMED, "373270004", "Penicillin"),))
    yield allergy(Allergy(penicillin, own, "active", "high", "Urticaria"), about)
    hepatitis_b = Concept("Hepatitis B", (Coding(codes.SNOMED, "871822003"),))
    yield vaccine(Vaccine(hepatitis_b, own, FhirDate(days[1])), about)
    yield visit(Contact("visit", FhirDate(days[-1]), "finished", own), about)


def _results(today: date, start: date, setting: Setting) -> Iterator[JsonObject]:
    """Yield a first and a last viral load, CD4 then and later, and HBsAg."""
    own, about = setting.own, setting.about
    five_months = FhirDate(today - timedelta(days=152))
    first, later = FhirDate(start), FhirDate(today - timedelta(days=420))
    copies = Decimal(48200)
    yield viral_load(ViralLoad(first, own, f"{copies} copias/mL", copies, suppressed=False), about)
    yield viral_load(ViralLoad(five_months, own, "<50 copias/mL", None, "<", Decimal(50), True), about)
    for day, cells in ((first, 312), (later, 546)):
        yield lab_result(
            LabResult("cd4", _named("cd4", "CD4"), own, day, Decimal(cells), unit="{cells}/uL"), about
        )
    yield lab_result(LabResult("hbsag", _named("hbsag", "HBsAg"), own, first, text="Negativo"), about)


def _named(kind: str, text: str) -> Concept:
    coding = codes.coding_of(kind)
    return Concept(text, (Coding(**coding),) if coding else ())
