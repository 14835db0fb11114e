"""Condition, AllergyIntolerance and Immunization to plain values.

Sources: https://hl7.org/fhir/R4/condition.html, https://hl7.org/fhir/R4/allergyintolerance.html,
https://hl7.org/fhir/R4/immunization.html
"""

from fhir import codes
from fhir.treatment.fields import coding_objects, concept, fhir_date, first_code, many, one, text
from fhir.treatment.model import Allergy, Concept, FhirDate, Problem, Vaccine
from fhir.treatment.read.context import Context
from fhir.wire import JsonObject

_WITHDRAWN = ("entered-in-error", "refuted")


def problem(resource: JsonObject, context: Context) -> tuple[Problem, ...]:
    """Return the problem, and its clinical stage as a second one where the stage has a kind of its own."""
    code = concept(one(resource, "code"))
    if code is None or first_code(one(resource, "verificationStatus")) in _WITHDRAWN:
        return ()
    stages = (concept(one(stage, "summary")) for stage in many(resource, "stage"))
    named = [(codes.condition_kind(coding_objects(code)), code)]
    named += [(codes.condition_kind(coding_objects(stage)), stage) for stage in stages if stage]
    return tuple(
        Problem(
            kind=kind or "other",
            concept=found,
            source=context.source,
            clinical_status=first_code(one(resource, "clinicalStatus")),
            onset=_onset(resource),
            recorded=fhir_date(resource.get("recordedDate")),
        )
        for place, (kind, found) in enumerate(named)
        if place == 0 or kind
    )


def allergy(resource: JsonObject, context: Context) -> tuple[Allergy, ...]:
    """Return the allergy, or the statement that none is known or that nobody said (`no_information`)."""
    reactions = many(resource, "reaction")
    substances = (concept(one(reaction, "substance")) for reaction in reactions)
    code = concept(one(resource, "code")) or next((found for found in substances if found), None)
    if code is None or first_code(one(resource, "verificationStatus")) in _WITHDRAWN:
        return ()
    absence = codes.absence_of(coding_objects(code))
    return (
        Allergy(
            concept=code,
            source=context.source,
            clinical_status=first_code(one(resource, "clinicalStatus")),
            criticality=text(resource, "criticality"),
            reaction="; ".join(found for found in map(_reaction, reactions) if found),
            none_known=absence is not None and absence.meaning == "none-known",
            no_information=absence is not None and absence.meaning == "no-information",
        ),
    )


def vaccine(resource: JsonObject, context: Context) -> tuple[Vaccine, ...]:
    """Return the vaccine that was given, or was not (`not-done`)."""
    status = text(resource, "status") or "completed"
    if status == "entered-in-error":
        return ()
    return (
        Vaccine(
            concept=concept(one(resource, "vaccineCode")) or Concept("?"),
            source=context.source,
            given=fhir_date(resource.get("occurrenceDateTime"))
            or fhir_date(resource.get("occurrenceString")),
            status=status,
        ),
    )


def _onset(resource: JsonObject) -> FhirDate | None:
    return fhir_date(resource.get("onsetDateTime")) or fhir_date(one(resource, "onsetPeriod").get("start"))


def _reaction(reaction: JsonObject) -> str:
    shown = (concept(entry) for entry in many(reaction, "manifestation"))
    return ", ".join(found.text for found in shown if found) or text(reaction, "description")
