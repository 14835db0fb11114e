"""Results, allergies, illnesses, other medicines and vaccines of a synthetic person as FHIR resources."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from fhir import codes
from fhir.codes import ATC, LOINC, SNOMED
from fhir.treatment.model import (
    Allergy,
    Coding,
    Concept,
    FhirDate,
    LabResult,
    Medicine,
    Problem,
    RegimenPeriod,
    Vaccine,
    ViralLoad,
)
from fhir.treatment.write import (
    allergy,
    infection,
    lab_result,
    medicine_of,
    problem,
    regimen,
    vaccine,
    viral_load,
)
from fhir.wire import JsonObject
from registry.synth.journey import DAY, Journey
from registry.synth.treatment import Setting

_ALLERGIES = {
    "known-none": Concept("Sin alergias conocidas", (Coding(SNOMED, "716186003", "No known allergy"),)),
    "penicillin": Concept("Penicilina", (Coding(SNOMED, "373270004", "Penicillin"),)),
    "cotrimoxazole": Concept("Cotrimoxazol", (Coding(ATC, "J01EE01"),)),
    "abacavir": Concept("Abacavir", (Coding(ATC, "J05AF06"),)),
    "nevirapine": Concept("Nevirapina", (Coding(ATC, "J05AG01"),)),
    "ibuprofen": Concept("Ibuprofeno"),
}
_OTHERS = {
    "metformin": Concept("Metformina 850 mg", (Coding(ATC, "A10BA02"),)),
    "cotrimoxazole": Concept("Cotrimoxazol 800/160 mg", (Coding(ATC, "J01EE01"),)),
    "contraceptive": Concept("Levonorgestrel, implante subdérmico", (Coding(ATC, "G03AC03"),)),
    "calcium": Concept("Carbonato de calcio 500 mg", (Coding(ATC, "A12AA04"),)),
    "carbamazepine": Concept("Carbamazepina 200 mg", (Coding(ATC, "N03AF01"),)),
}
_VACCINES = {
    "covid-19": Concept("COVID-19", (Coding(SNOMED, "28531000087107"),)),
    "hepatitis-b": Concept("Hepatitis B", (Coding(SNOMED, "871822003"),)),
    "mpox": Concept("Mpox"),
}
_PREGNANCY = Concept("Embarazo", (Coding(LOINC, "82810-3"),))


def diagnosis(journey: Journey, setting: Setting) -> Iterator[JsonObject]:
    """Yield the diagnosis some weeks before treatment began, and for some people a clinical stage."""
    onset = journey.start - setting.rng.randrange(3, 120) * DAY
    yield infection(setting.about, FhirDate(onset))
    if setting.table.percent("stage_percent", setting.rng):
        kind = setting.rng.choices(("stage-1", "stage-2", "stage-3", "stage-4"), (60, 20, 14, 6))[0]
        yield _problem(kind, f"Estadio clínico {kind[-1]}", onset, setting)


def results(journey: Journey, today: date, setting: Setting) -> Iterator[JsonObject]:
    """Yield viral loads, CD4 counts and HBsAg."""
    rng = setting.rng
    last = min(today, journey.left or today, journey.run_out)
    days = (last - journey.start).days
    for sample in [last - rng.randrange(0, 330) * DAY] if days > 510 else []:
        yield viral_load(_viral_load(sample - 180 * DAY, setting), setting.about)
        yield viral_load(_viral_load(sample, setting), setting.about)
    if 180 < days <= 510:
        yield viral_load(_viral_load(last - rng.randrange(0, days - 150) * DAY, setting), setting.about)
    first = max(3, int(rng.lognormvariate(5.6, 0.7)))
    yield lab_result(_count(first, journey.arrival, setting), setting.about)
    if days > 365 and setting.table.percent("stage_percent", rng):
        risen = min(1400, first + rng.randrange(0, 300))
        yield lab_result(_count(risen, last - rng.randrange(0, 300) * DAY, setting), setting.about)
    said = setting.table.draw("hbsag", rng)
    if said != "none":
        hbsag = LabResult(
            "hbsag", _named("hbsag", "HBsAg"), setting.own, FhirDate(journey.arrival), text=said
        )
        yield lab_result(hbsag, setting.about)


def warnings(setting: Setting) -> Iterator[JsonObject]:
    """Yield an allergy, or the statement that none is known, or nothing."""
    key = setting.table.draw("allergy", setting.rng)
    if key in _ALLERGIES:
        known_none = key == "known-none"
        criticality = "" if known_none else "high" if key == "abacavir" else "low"
        found = Allergy(_ALLERGIES[key], setting.own, "active", criticality, none_known=known_none)
        yield allergy(found, setting.about)


def illnesses(journey: Journey, today: date, setting: Setting, *, fertile: bool) -> Iterator[JsonObject]:
    """Yield tuberculosis with its medicines, another medicine, and a pregnancy."""
    last = min(today, journey.left or today)
    tuberculosis = setting.table.draw("tuberculosis", setting.rng)
    begun = last - setting.rng.randrange(10, 150) * DAY
    if tuberculosis == "treated":
        yield _problem("tuberculosis", "Tuberculosis pulmonar", begun, setting)
        yield _taking(medicine_of(["RIF", "INH"]), begun, "diario", setting)
    elif tuberculosis == "preventive":
        yield _taking(medicine_of(["INH"]), begun, "300 mg al día", setting)
    other = setting.table.draw("other_medicine", setting.rng)
    if other in _OTHERS and (other != "contraceptive" or fertile):
        yield _taking(Medicine(_OTHERS[other]), begun, "", setting)
    if fertile and setting.table.percent("pregnant_percent", setting.rng):
        said = LabResult("pregnancy", _PREGNANCY, setting.own, FhirDate(last), text="Embarazada")
        yield lab_result(said, setting.about)


def vaccines(journey: Journey, today: date, setting: Setting) -> Iterator[JsonObject]:
    """Yield a vaccine some people got."""
    key = setting.table.draw("vaccine", setting.rng)
    if key in _VACCINES:
        given = FhirDate(min(today, journey.arrival + setting.rng.randrange(0, 20) * DAY))
        yield vaccine(Vaccine(_VACCINES[key], setting.own, given), setting.about)


def _viral_load(sample: date, setting: Setting) -> ViralLoad:
    drawn, rng = setting.table.draw("viral_load", setting.rng), setting.rng
    day, own = FhirDate(sample), setting.own
    if drawn.startswith("<"):
        return ViralLoad(day, own, f"{drawn} copias/mL", None, "<", Decimal(drawn[1:]), suppressed=True)
    if drawn == "not-detected":
        return ViralLoad(day, own, "No detectado", None, "<", suppressed=True)
    copies = Decimal(rng.randrange(51, 1000) if drawn == "low" else int(10 ** rng.uniform(3, 5.7)))
    return ViralLoad(day, own, f"{copies} copias/mL", copies, suppressed=copies < 1000)


def _count(cells: int, on: date, setting: Setting) -> LabResult:
    return LabResult(
        "cd4", _named("cd4", "CD4"), setting.own, FhirDate(on), Decimal(cells), unit="{cells}/uL"
    )


def _problem(kind: str, text: str, onset: date, setting: Setting) -> JsonObject:
    day = FhirDate(onset)
    return problem(Problem(kind, _named(kind, text), setting.own, "active", day, day), setting.about)


def _taking(medicine: Medicine, start: date, dose: str, setting: Setting) -> JsonObject:
    period = RegimenPeriod(
        medicine, setting.own, "active", FhirDate(start), dose=dose, is_antiretroviral=False
    )
    return regimen(period, setting.about)


def _named(kind: str, text: str) -> Concept:
    coding = codes.coding_of(kind)
    return Concept(text, (Coding(**coding),) if coding else ())
