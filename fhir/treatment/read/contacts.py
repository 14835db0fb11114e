"""Encounter, Appointment and EpisodeOfCare to contacts with the clinic and programme enrolments.

Sources: https://hl7.org/fhir/R4/encounter.html, https://hl7.org/fhir/R4/appointment.html,
https://hl7.org/fhir/R4/episodeofcare.html
"""

from typing import Literal

from fhir.treatment.fields import fhir_date, has_code, known_on, many, one, text
from fhir.treatment.model import Contact, Episode, FhirDate
from fhir.treatment.read.context import Context
from fhir.wire import JsonObject

_VIRTUAL = ("VR", "teleconsult")


def visit(resource: JsonObject, context: Context) -> tuple[Contact, ...]:
    """Return a visit; one without a day is no contact."""
    period = one(resource, "period")
    day = fhir_date(period.get("start")) or fhir_date(period.get("end"))
    virtual = text(one(resource, "class"), "code") in _VIRTUAL
    return _contact("visit", day, resource, context, virtual)


def appointment(resource: JsonObject, context: Context) -> tuple[Contact, ...]:
    """Return an appointment with its status (booked, fulfilled, noshow ...)."""
    kinds = [*many(resource, "serviceType"), one(resource, "appointmentType")]
    virtual = any(has_code(kind, code) for kind in kinds for code in _VIRTUAL)
    day = fhir_date(resource.get("start")) or _requested(resource)
    return _contact("appointment", day, resource, context, virtual)


def episode(resource: JsonObject, context: Context) -> tuple[Episode, ...]:
    """Return a programme enrolment."""
    status = text(resource, "status") or "unknown"
    if status == "entered-in-error":
        return ()
    period = one(resource, "period")
    held_by = one(resource, "managingOrganization")
    return (
        Episode(
            status=status,
            source=context.source,
            start=fhir_date(period.get("start")),
            end=fhir_date(period.get("end")),
            organization=text(held_by, "display") or text(held_by, "reference"),
        ),
    )


def _requested(resource: JsonObject) -> FhirDate | None:
    asked = many(resource, "requestedPeriod")
    return fhir_date(asked[0].get("start")) if asked else None


def _contact(
    kind: Literal["visit", "appointment"],
    day: FhirDate | None,
    resource: JsonObject,
    context: Context,
    virtual: bool,
) -> tuple[Contact, ...]:
    status = text(resource, "status") or "unknown"
    if day is None or status == "entered-in-error":
        return ()
    return (
        Contact(
            kind=kind,
            day=day,
            status=status,
            source=context.source,
            virtual=virtual,
            known_on=known_on(resource, context.source),
        ),
    )
