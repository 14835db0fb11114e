"""People and papers for the tests of the pages: made through the same use cases that the pages call."""

import json
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from fhir.treatment.model import (
    Allergy,
    Coding,
    Concept,
    Dispense,
    FhirDate,
    LabResult,
    Problem,
    RegimenPeriod,
    Source,
    Vaccine,
    ViralLoad,
)
from fhir.treatment.write import (
    About,
    allergy,
    dispense,
    lab_result,
    medicine_of,
    problem,
    regimen,
    vaccine,
    viral_load,
)
from registry.domain.model import Caller
from registry.ports import Services
from registry.usecases.access import users
from registry.usecases.care.people import register
from registry.usecases.care.record import record_care
from registry.usecases.exchange.receiving import door, receive

PASSWORD = "correct horse battery"
CLINICIAN = Caller("user:seed", "clinician", "pe")
SYSTEM = Caller("system", "system", "pe")
PARTNER = Caller("fhir-demo", "partner", "fhir-demo", scopes=("system/*.cruds",))
CD4 = Coding("http://loinc.org", "24467-3", "CD3+CD4+ (T4 helper) cells [#/volume] in Blood")
ABOUT = {"reference": "Patient/p"}
OWN = Source("own", "Puente Perú")


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in, with the secret of the code generator."""

    name: str
    user_id: str
    totp_uri: str


def accounts(services: Services) -> dict[str, Account]:
    """Make the first administrator and a user of other roles."""
    first = users.bootstrap(services, "admin", PASSWORD)
    made = {"administrator": Account("admin", first.user.id, first.totp_uri)}
    admin = Caller(f"user:{first.user.id}", "administrator", "pe")
    for name, display, role in (
        ("rosa", "Rosa Huamán", "clinician"),
        ("pedro", "Pedro Quispe", "pharmacist"),
        ("ines", "Inés Rojas", "community"),
    ):
        new = users.NewUser(name, display, role, PASSWORD, services.node.facilities[0].id)
        added = users.add_user(services, admin, new)
        made[role] = Account(name, added.user.id, added.totp_uri)
    return made


def well_known(services: Services, document: str = "V12345678") -> str:
    """Register a person whose record has something of everything; return the id."""
    new = register.NewPerson(
        given="María Elena",
        family="Rojas Contreras",
        birth_date="1994-05-17",
        sex="female",
        identifiers=(("ve-ci", document), ("ve-pp", f"P{document[1:]}"), ("co-ppt", f"4{document[1:]}")),
        language="es",
        phone="+51 999 555 010",
        origin_country="VE",
    )
    person_id = register.register(services, CLINICIAN, new).person_id
    for resource in everything(services, person_id):
        record_care.record(services, SYSTEM, resource)
    return person_id


def hardly_known(services: Services) -> str:
    """Register a person of whom nothing but a name and a year is known."""
    new = register.NewPerson(given="José", family="Silva", birth_date="1988", sex="unknown", language="")
    return register.register(services, CLINICIAN, new).person_id


def everything(services: Services, person_id: str) -> list[dict[str, object]]:
    """Return a history with a gap, a delivery nine days from its end, results, an allergy and a rifamycin."""
    today = services.today()

    def ago(days: int) -> FhirDate:
        return FhirDate(today - timedelta(days=days))

    about = About(f"Patient/{person_id}", place="lima-norte", place_name="Centro de Salud Lima Norte")
    daily = medicine_of(["TDF", "3TC", "DTG"])
    given = [(200, 30), (160, 30), (81, 90)]
    dispenses = [
        Dispense(ago(then), daily, OWN, f"urn:test|{person_id}-{then}", quantity=Decimal(days), days=days,
                 daily_dose=Decimal(1), next_pickup=today + timedelta(days=6) if then == 81 else None)
        for then, days in given
    ]  # fmt: skip
    rifampicin = Coding("http://www.whocc.no/atc", "J04AB02", "rifampicin")
    taken = RegimenPeriod(
        medicine=type(daily)(Concept("Rifampicina", (rifampicin,))),
        source=OWN, status="active", start=ago(40), dose="600 mg al día", is_antiretroviral=False,
    )  # fmt: skip
    return [
        *(dispense(one, about) for one in dispenses),
        regimen(RegimenPeriod(daily, OWN, "active", start=ago(420), dose="1 tableta al día"), about),
        regimen(taken, about),
        viral_load(ViralLoad(ago(400), OWN, "2350 copias/mL", Decimal(2350), suppressed=False), about),
        viral_load(ViralLoad(ago(215), OWN, "<20 copias/mL", comparator="<", limit=Decimal(20)), about),
        lab_result(LabResult("cd4", Concept("CD4", (CD4,)), OWN, ago(215), Decimal(412), unit="/uL"), about),
        lab_result(
            LabResult("creatinine", Concept("Creatinina"), OWN, ago(215), Decimal("0.9"), unit="mg/dL"), about
        ),
        allergy(Allergy(Concept("Cotrimoxazol"), OWN, "active", "high", "exantema"), about),
        problem(Problem("other", Concept("Asma"), OWN, "active", ago(900)), about),
        vaccine(Vaccine(Concept("Hepatitis B"), OWN, ago(600)), about),
    ]


def document_of_others(text: str = "Rifampicina") -> bytes:
    """Return a small document of another system: one resource of each group, one of them with an error."""
    entries: list[dict[str, object]] = [
        {"resourceType": "Patient", "id": "p", "name": [{"text": "Ana Souza"}], "birthDate": "1990-02",
         "identifier": [{"system": "urn:puente:id:passport", "value": "XX998877"}]},
        {"resourceType": "MedicationStatement", "id": "m", "status": "active", "subject": ABOUT,
         "medicationCodeableConcept": {"text": text}},
        {"resourceType": "Condition", "id": "c", "subject": ABOUT, "code": {"text": "Asma"}},
        {"resourceType": "AllergyIntolerance", "id": "a", "patient": ABOUT,
         "code": {"text": "Penicilina"}, "criticality": "very"},
        {"resourceType": "Observation", "id": "o", "status": "final", "subject": ABOUT,
         "code": {"text": "Hemoglobina"}, "valueQuantity": {"value": 12.1, "unit": "g/dL"}},
        {"resourceType": "Immunization", "id": "i", "status": "completed", "patient": ABOUT,
         "vaccineCode": {"text": "Influenza"}, "occurrenceDateTime": "2025-04-01"},
    ]  # fmt: skip
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": entry} for entry in entries],
    }
    return json.dumps(bundle).encode()


def receive_document(services: Services, data: bytes) -> str:
    """Take a document in through the partner door and process it; return its inbox id."""
    taken = door.accept_document(services, PARTNER, data, "Bundle")
    receive.process(services, taken.inbox_id)
    return taken.inbox_id
