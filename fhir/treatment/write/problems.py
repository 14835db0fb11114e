"""Problem, Allergy and Vaccine to Condition, AllergyIntolerance and Immunization.

Sources: https://hl7.org/fhir/R4/condition.html, https://hl7.org/fhir/R4/allergyintolerance.html,
https://hl7.org/fhir/R4/immunization.html
"""

from fhir import codes
from fhir.treatment.model import Allergy, Coding, Concept, FhirDate, Problem, Source, Vaccine
from fhir.treatment.systems import (
    ALLERGY_CLINICAL,
    ALLERGY_VERIFICATION,
    CONDITION_CATEGORY,
    CONDITION_CLINICAL,
    CONDITION_VERIFICATION,
)
from fhir.treatment.write.labels import About, code, coded, labelled
from fhir.wire import JsonObject

_NEUTRAL = {"es": "Diagnóstico del programa", "pt": "Diagnóstico do programa", "en": "Programme diagnosis"}


def infection(about: About, onset: FhirDate | None = None, language: str = "es") -> JsonObject:
    """Return the Condition of the infection treated here; the text is neutral, the code says which."""
    coding = codes.coding_of("infection")
    listed = (Coding(coding["system"], coding["code"], coding.get("display", "")),) if coding else ()
    named = Concept(_NEUTRAL.get(language, _NEUTRAL["en"]), listed)
    return problem(Problem("infection", named, Source("own", ""), "active", onset), about)


def problem(found: Problem, about: About) -> JsonObject:
    """Return the Condition as a confirmed entry of the problem list."""
    return labelled(
        {
            "resourceType": "Condition",
            "clinicalStatus": code(CONDITION_CLINICAL, found.clinical_status)
            if found.clinical_status
            else {},
            "verificationStatus": code(CONDITION_VERIFICATION, "confirmed"),
            "category": [code(CONDITION_CATEGORY, "problem-list-item")],
            "code": coded(found.concept),
            "subject": about.subject,
            "onsetDateTime": str(found.onset) if found.onset else "",
            "recordedDate": str(found.recorded) if found.recorded else "",
            "recorder": _practitioner(about),
        }
    )


def allergy(found: Allergy, about: About) -> JsonObject:
    """Return the AllergyIntolerance; `none_known` takes its meaning from the code of the concept."""
    return labelled(
        {
            "resourceType": "AllergyIntolerance",
            "clinicalStatus": code(ALLERGY_CLINICAL, found.clinical_status) if found.clinical_status else {},
            "verificationStatus": code(ALLERGY_VERIFICATION, "confirmed"),
            "criticality": found.criticality,
            "code": coded(found.concept),
            "patient": about.subject,
            "recorder": _practitioner(about),
            "reaction": [{"manifestation": [{"text": found.reaction}]}] if found.reaction else [],
        }
    )


def vaccine(found: Vaccine, about: About) -> JsonObject:
    """Return the Immunization."""
    when = {"occurrenceDateTime": str(found.given)} if found.given else {"occurrenceString": "unknown"}
    performer = about.performer
    return labelled(
        {
            "resourceType": "Immunization",
            "status": found.status,
            "vaccineCode": coded(found.concept),
            "patient": about.subject,
            **when,
            "performer": [{"actor": performer}] if performer else [],
        }
    )


def _practitioner(about: About) -> JsonObject:
    return {"reference": about.practitioner} if about.practitioner else {}
