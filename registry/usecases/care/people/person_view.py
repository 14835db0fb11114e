"""Who a person is, as pages show it: name, birth date, identifiers with their labels, masked in lists."""

from datetime import date

from fhir import wire
from fhir.treatment.model import FhirDate
from registry.domain.model import Person
from registry.ports import Services, Unit
from registry.usecases.care.chart.chart_model import PersonView
from registry.usecases.care.record import sealing

SHOWN_END = 3


def patient_of(services: Services, unit: Unit, owner_id: str) -> wire.JsonObject:
    """Return the Patient resource of a person."""
    return wire.parse(sealing.open_resource(services, unit.records.current("Patient", owner_id)).body)


def name_of(services: Services, unit: Unit, owner_id: str) -> str:
    """Return a person's name in reading order; nothing when the Patient was deleted."""
    row = unit.records.current("Patient", owner_id)
    return "" if row is None or row.deleted else full_name(patient_of(services, unit, owner_id))


def full_name(patient: wire.JsonObject) -> str:
    """Return given names and surnames of the first usable name, or its text."""
    for name in patient.get("name", ()):
        words = [*name.get("given", ()), name.get("family", "")]
        text = " ".join(str(word) for word in words if word)
        if text or name.get("text"):
            return text or str(name["text"])
    return ""


def identifiers(
    services: Services, patient: wire.JsonObject, language: str, masked: bool
) -> tuple[tuple[str, str], ...]:
    """Return (label, value) of each identifier; masked values show only their end."""
    labels = {kind.system: kind.names.get(language, kind.key) for kind in services.node.identifiers}
    found: list[tuple[str, str]] = []
    for entry in patient.get("identifier", ()):
        value = str(entry.get("value", ""))
        if value:
            type_text = entry.get("type", {}).get("text") if isinstance(entry.get("type"), dict) else None
            label = labels.get(str(entry.get("system", ""))) or str(type_text or "ID")
            found.append((label, mask(value) if masked else value))
    return tuple(found)


def mask(value: str) -> str:
    """Hide all but the last characters of an identifier."""
    return "•" * max(len(value) - SHOWN_END, 0) + value[-SHOWN_END:]


def partial_date(text: object) -> FhirDate | None:
    """Read a FHIR date of day, month or year precision; None when it is not one."""
    if not isinstance(text, str):
        return None
    try:
        match len(text):
            case 10:
                return FhirDate(date.fromisoformat(text))
            case 7:
                return FhirDate(date.fromisoformat(f"{text}-01"), "month")
            case 4:
                return FhirDate(date.fromisoformat(f"{text}-01-01"), "year")
            case _:
                return None
    except ValueError:
        return None


def age(born: FhirDate | None, today: date) -> int | None:
    """Return full years, or None when the birth date is not known."""
    if born is None:
        return None
    had_birthday = (today.month, today.day) >= (born.earliest.month, born.earliest.day)
    return today.year - born.earliest.year - (0 if had_birthday else 1)


def view(
    services: Services, person: Person, patient: wire.JsonObject, origin_country: str, language: str
) -> PersonView:
    """Return what the head of the page shows."""
    born = partial_date(patient.get("birthDate"))
    phones = [
        str(entry.get("value", "")) for entry in patient.get("telecom", ()) if entry.get("system") == "phone"
    ]
    spoken = [entry.get("language", {}) for entry in patient.get("communication", ())]
    codings = spoken[0].get("coding", [{}]) if spoken else [{}]
    return PersonView(
        id=person.id,
        name=full_name(patient),
        birth_date=born,
        sex=str(patient.get("gender", "unknown")),
        age=age(born, services.today()),
        identifiers=identifiers(services, patient, language, masked=False),
        phone=phones[0] if phones else "",
        language=str(codings[0].get("code", "")) if codings else "",
        origin_country=origin_country,
        provisional=person.provisional,
    )
