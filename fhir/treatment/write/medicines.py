"""Dispense and RegimenPeriod to MedicationDispense and MedicationStatement.

Sources: https://hl7.org/fhir/R4/medicationdispense.html, https://hl7.org/fhir/R4/medicationstatement.html
"""

from collections.abc import Iterable

from fhir import codes
from fhir.treatment.model import Coding, Concept, Dispense, Ingredients, Medicine, RegimenPeriod
from fhir.treatment.systems import DATA_ABSENT, NEXT_PICKUP, PILLS_LEFT
from fhir.treatment.write.labels import About, amount, coded, labelled
from fhir.wire import JsonObject


def medicine_of(ingredients: Iterable[str], language: str = "es") -> Medicine:
    """Return the medicine of a set of ingredients with its codes and a name a person reads."""
    chosen: Ingredients = frozenset(ingredients)
    product = codes.medicine_for(chosen)
    label = codes.regimen_label(chosen)
    if product is None:
        return Medicine(Concept(label), chosen)
    listed = tuple(Coding(entry["system"], entry["code"]) for entry in product.codings())
    return Medicine(Concept(f"{label} ({product.name(language)})", listed), chosen)


def dispense(given: Dispense, about: About) -> JsonObject:
    """Return the MedicationDispense; an identifier of the form `system|value` is split at its last bar."""
    system, _, value = given.identifier.rpartition("|")
    named = {"system": system, "value": value} if system else {"value": value}
    next_pickup = given.next_pickup.isoformat() if given.next_pickup else ""
    extra: list[JsonObject] = [{"url": NEXT_PICKUP, "valueDate": next_pickup}] if next_pickup else []
    if given.pills_left is not None:
        extra.append({"url": PILLS_LEFT, "valueQuantity": amount(given.pills_left, "")})
    performer = about.performer
    return labelled(
        {
            "resourceType": "MedicationDispense",
            "extension": extra,
            "identifier": [named] if value else [],
            "status": given.status,
            "medicationCodeableConcept": coded(given.medicine.concept),
            "subject": about.subject,
            "performer": [{"actor": performer}] if performer else [],
            "location": about.location,
            "quantity": {} if given.quantity is None else amount(given.quantity, ""),
            "daysSupply": {} if given.days is None else amount(given.days, "d", "d"),
            "whenHandedOver": str(given.handed_over) if given.handed_over else "",
            "dosageInstruction": _daily(given),
        }
    )


def regimen(period: RegimenPeriod, about: About) -> JsonObject:
    """Return the MedicationStatement of an interval; a reason goes to `statusReason`."""
    bounds = {"start": period.start, "end": period.end}
    effective: JsonObject = {key: str(value) for key, value in bounds.items() if value}
    unknown = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
    return labelled(
        {
            "resourceType": "MedicationStatement",
            "status": period.status,
            "statusReason": [coded(period.reason)] if period.reason else [],
            "medicationCodeableConcept": coded(period.medicine.concept),
            "subject": about.subject,
            "effectivePeriod": effective or unknown,
            "informationSource": about.performer,
            "dosage": [{"text": period.dose}] if period.dose else [],
        }
    )


def _daily(given: Dispense) -> list[JsonObject]:
    if given.daily_dose is None:
        return []
    each = {"doseAndRate": [{"doseQuantity": amount(given.daily_dose, "")}]}
    return [{"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}, **each}]
