"""The person of the demo story: a woman treated in Cúcuta who arrives in Lima with nine days of tablets."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from config import Node
from fhir.treatment.model import (
    Allergy,
    Coding,
    Concept,
    Contact,
    Dispense,
    Episode,
    FhirDate,
    LabResult,
    RegimenPeriod,
    Source,
    Vaccine,
    ViralLoad,
)
from fhir.treatment.systems import LOINC, SNOMED
from fhir.treatment.write import (
    About,
    Identity,
    PersonDetails,
    PersonName,
    allergy,
    dispense,
    episode,
    infection,
    lab_result,
    medicine_of,
    patient,
    regimen,
    treatment_entry,
    vaccine,
    viral_load,
    visit,
)
from registry.synth.person import PATIENT_URL, SyntheticPerson

DAYS_LEFT = 9
GIVEN, FAMILY = "Yuleisy Carolina", "Rondón Quintero"
BORN = date(1991, 4, 12)
CEDULA, PPT, PASSPORT = "V20456789", "5678123", "157482639"
TREATED_SINCE = date(2023, 2, 20)
TABLETS = ("TDF", "3TC", "DTG")
OWN = Source("own", "")


@dataclass(frozen=True)
class Arriving:
    """What Lima types when she registers."""

    given: str
    family: str
    birth_date: str
    sex: str
    identifiers: tuple[tuple[str, str], ...]
    today: date


def arriving(today: date) -> Arriving:
    """Return what she shows at the desk: passport, Venezuelan cédula, Colombian PPT."""
    documents = (("ve-pp", PASSPORT), ("ve-ci", CEDULA), ("co-ppt", PPT))
    return Arriving(GIVEN, FAMILY, BORN.isoformat(), "female", documents, today)


def held(today: date, node: Node) -> SyntheticPerson:
    """Return what Colombia holds; on `today` exactly nine days of tablets are left."""
    url = PATIENT_URL.format(1)
    facility = node.facilities[0]
    about = About(url, place=facility.id, place_name=facility.name)
    resources = (
        patient(_details(node)),
        episode(Episode("active", OWN, FhirDate(TREATED_SINCE)), about, FhirDate(TREATED_SINCE)),
        treatment_entry(FhirDate(TREATED_SINCE), about),
        infection(about, FhirDate(date(2023, 2, 1), "month")),
        regimen(
            RegimenPeriod(medicine_of(TABLETS), OWN, "active", FhirDate(TREATED_SINCE), dose="1/día"), about
        ),
        *(dispense(given, about) for given in _dispenses(today, node)),
        *_laboratory(today, about),
        allergy(_penicillin(), about),
        vaccine(Vaccine(_concept("871822003", "Hepatitis B"), OWN, FhirDate(date(2023, 5, 9))), about),
        visit(Contact("visit", FhirDate(_last(today)), "finished", OWN), about),
    )
    return SyntheticPerson(url, resources)


def _details(node: Node) -> PersonDetails:
    kinds = {kind.key: kind for kind in node.identifiers}
    identities = tuple(
        Identity(kinds[key].system, value, kinds[key].type_code, kinds[key].names["es"], kinds[key].country)
        for key, value in (("ve-ci", CEDULA), ("co-ppt", PPT))
        if key in kinds
    )
    name = PersonName(tuple(GIVEN.split()), *FAMILY.split())
    return PersonDetails(
        identities,
        (name,),
        FhirDate(BORN),
        "female",
        country=node.country,
        languages=("es",),
        origin_country="VE",
    )


def _last(today: date) -> date:
    """Return the day of the last dispense: 30 tablets, of which nine are left."""
    return today - timedelta(days=30 - DAYS_LEFT)


def _dispenses(today: date, node: Node) -> list[Dispense]:
    """Return ninety days at a time, one gap of twelve days in the past, and thirty tablets for the
    journey.
    """
    last = _last(today)
    days = [(last, 30)]
    start = last - timedelta(days=90)
    days.append((start, 90))
    start -= timedelta(days=90)
    days.append((start, 90))
    start -= timedelta(days=90 + 12)
    days.append((start, 90))
    return [
        Dispense(
            FhirDate(day),
            medicine_of(TABLETS),
            OWN,
            identifier=f"{node.identifier_base}:dispense|{day:%Y%m%d}-{CEDULA}",
            quantity=Decimal(number),
            days=number,
            daily_dose=Decimal(1),
            next_pickup=day + timedelta(days=number),
        )
        for day, number in sorted(days)
    ]


def _laboratory(today: date, about: About) -> list[dict[str, object]]:
    recent = FhirDate(today - timedelta(days=150))
    first = FhirDate(TREATED_SINCE)
    cd4 = Concept("CD4", (Coding(LOINC, "24467-3"),))
    surface = Concept("HBsAg", (Coding(LOINC, "5196-1"),))
    return [
        viral_load(ViralLoad(first, OWN, "48200", Decimal(48200), suppressed=False), about),
        viral_load(ViralLoad(recent, OWN, "<50", None, "<", Decimal(50), suppressed=True), about),
        lab_result(LabResult("cd4", cd4, OWN, first, Decimal(287), unit="{cells}/uL"), about),
        lab_result(LabResult("cd4", cd4, OWN, recent, Decimal(612), unit="{cells}/uL"), about),
        lab_result(LabResult("hbsag", surface, OWN, first, text="negativo"), about),
    ]


def _penicillin() -> Allergy:
    return Allergy(_concept("764146007", "Penicilina"), OWN, "active", "high", "Urticaria")


def _concept(code: str, words: str) -> Concept:
    return Concept(words, (Coding(SNOMED, code),))
