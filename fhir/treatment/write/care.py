"""Episode, Contact and the start of treatment to EpisodeOfCare, Encounter, Appointment and Observation.

Sources: https://hl7.org/fhir/R4/episodeofcare.html, https://hl7.org/fhir/R4/encounter.html,
https://hl7.org/fhir/R4/appointment.html
"""

from datetime import UTC, datetime, time, timedelta

from fhir.treatment.model import Contact, Episode, FhirDate
from fhir.treatment.systems import (
    ACT_CODE,
    ENTERED_WITH_RECORDS,
    ENTERED_WITHOUT_RECORDS,
    EPISODE_KIND,
    LOINC,
    ORIGINAL_START,
    TREATMENT_START,
)
from fhir.treatment.write.labels import About, code, labelled, reference
from fhir.wire import JsonObject

LENGTH = timedelta(minutes=30)
# Noon in UTC falls on the same day in every time zone of the Americas.
NOON = time(12)


def episode(
    found: Episode,
    about: About,
    treatment_start: FhirDate | None = None,
    treated_before: str = "",
) -> JsonObject:
    """Return the EpisodeOfCare of an enrolment.

    `treatment_start` is the original start anywhere; `treated_before` is `records` or `no-records` for
    somebody who came already treated, empty for a new patient.
    """
    entered = {"records": ENTERED_WITH_RECORDS, "no-records": ENTERED_WITHOUT_RECORDS}.get(treated_before, "")
    kinds = [code(EPISODE_KIND, "treatment"), *([code(LOINC, entered)] if entered else [])]
    bounds = {"start": found.start, "end": found.end}
    started = {"url": TREATMENT_START, "valueDateTime": str(treatment_start)}
    named = found.organization or about.organization_name
    return labelled(
        {
            "resourceType": "EpisodeOfCare",
            "extension": [started] if treatment_start else [],
            "status": found.status,
            "type": kinds,
            "patient": about.subject,
            "managingOrganization": reference(about.organization, named),
            "period": {key: str(value) for key, value in bounds.items() if value},
        }
    )


def treatment_entry(start: FhirDate, about: About) -> JsonObject:
    """Return the Observation of the original start of treatment (LOINC 45235-9)."""
    performer = about.performer
    return labelled(
        {
            "resourceType": "Observation",
            "status": "final",
            "code": code(LOINC, ORIGINAL_START),
            "subject": about.subject,
            "effectiveDateTime": str(start),
            "performer": [performer] if performer else [],
            "valueDateTime": str(start),
        }
    )


def visit(contact: Contact, about: About) -> JsonObject:
    """Return the Encounter of a visit, at the clinic or virtual."""
    performer = about.performer if about.practitioner else {}
    return labelled(
        {
            "resourceType": "Encounter",
            "status": contact.status,
            "class": {"system": ACT_CODE, "code": "VR" if contact.virtual else "AMB"},
            "subject": about.subject,
            "participant": [{"individual": performer}] if performer else [],
            "period": {"start": str(contact.day)},
            "serviceProvider": reference(about.organization, about.organization_name),
        }
    )


def appointment(contact: Contact, about: About, at: datetime | None = None) -> JsonObject:
    """Return the Appointment of half an hour; `at` has a time zone, without it noon UTC is written."""
    start = at or datetime.combine(contact.day.earliest, NOON, tzinfo=UTC)
    return labelled(
        {
            "resourceType": "Appointment",
            "status": contact.status,
            "appointmentType": code(ACT_CODE, "VR") if contact.virtual else {},
            "start": start.isoformat(timespec="seconds"),
            "end": (start + LENGTH).isoformat(timespec="seconds"),
            "participant": [{"actor": about.subject, "status": "accepted"}],
        }
    )
