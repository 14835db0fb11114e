"""Resources the summary adds itself: the sender, the start of treatment where only enrolments tell it, the
next steps.

Sources: https://hl7.org/fhir/R4/careplan.html, https://hl7.org/fhir/R4/device.html
"""

from datetime import date

from fhir import treatment
from fhir.summary.items import of_reading
from fhir.summary.model import Item, SummaryInput
from fhir.summary.wording import Words
from fhir.treatment.model import Dispense, FhirDate, Source, TreatmentRecord
from fhir.treatment.systems import NODE
from fhir.treatment.write import About, treatment_entry
from fhir.wire import JsonObject

_WAITING = ("booked", "pending", "proposed", "arrived")
# Text of the product as author of a summary nobody wrote by hand.
_DEVICE = "Puente"


def organization(given: SummaryInput) -> JsonObject:
    """Return the Organization that sends the summary."""
    made: JsonObject = {
        "resourceType": "Organization",
        "identifier": [{"system": NODE, "value": given.author_id}],
        "active": True,
        "name": given.author,
    }
    if given.author_phone:
        made["telecom"] = [{"system": "phone", "value": given.author_phone, "use": "work"}]
    if given.author_country:
        made["address"] = [{"country": given.author_country}]
    return made


def device(organization_at: str) -> JsonObject:
    """Return the Device that put the summary together, owned by the sender."""
    return {
        "resourceType": "Device",
        "status": "active",
        "deviceName": [{"name": _DEVICE, "type": "model-name"}],
        "owner": {"reference": organization_at},
    }


def added(found: list[Item], record: TreatmentRecord, given: SummaryInput, words: Words) -> list[Item]:
    """Return what the record tells but no listed resource carries: original start, next pick-up, asked
    step.
    """
    made: list[JsonObject] = []
    told = {getattr(fact, "kind", "") for item in found for fact in item.facts}
    if record.treatment_start and "treatment-start" not in told:
        made.append(treatment_entry(record.treatment_start, About("")))
    plan = _plan(record, given, words)
    if plan:
        made.append(plan)
    own = Source("own", given.author_id)
    return [of_reading(each) for each in treatment.readings((resource, own) for resource in made)]


def _plan(record: TreatmentRecord, given: SummaryInput, words: Words) -> JsonObject | None:
    """Return a CarePlan of what comes next; days gone by are left out."""
    steps = [("appointment", day) for day in _appointments(record, given.day)]
    pickup = _pickup(record)
    if pickup and pickup >= given.day:
        steps.append(("pick_up", FhirDate(pickup)))
    activities = [
        _activity(words.label(name), "Appointment", "scheduled", str(day))
        for name, day in sorted(steps, key=lambda step: step[1].earliest)
    ]
    if given.next_step:
        asked = f"{words.label('next_step')}: {given.next_step}"
        activities.append(_activity(asked, "ServiceRequest", "not-started"))
    if not activities:
        return None
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "title": words.sections["18776-5"],
        "period": {"start": given.day.isoformat()},
        "activity": activities,
    }


def _appointments(record: TreatmentRecord, today: date) -> list[FhirDate]:
    booked = (contact for contact in record.contacts if contact.kind == "appointment")
    return [contact.day for contact in booked if contact.status in _WAITING and contact.day.earliest >= today]


def _pickup(record: TreatmentRecord) -> date | None:
    """Return the pick-up set at the newest dispense that set one."""
    counted: list[Dispense] = [given for given in record.dispenses if given.status == "completed"]
    return next((given.next_pickup for given in reversed(counted) if given.next_pickup), None)


def _activity(words: str, kind: str, status: str, day: str = "") -> JsonObject:
    scheduled = {"scheduledPeriod": {"start": day}} if day else {}
    return {"detail": {"kind": kind, "status": status, "description": words, **scheduled}}
