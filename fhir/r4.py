"""The FHIR classes we validate with: the only place where the version is chosen.

fhir.resources 8 has R4B (4.3.0) but no R4 (4.0.1); for the types below both have the same elements.
The first import costs about 0.3 s, so classes are loaded when the first resource of their type is met.
"""

import importlib
from functools import cache
from typing import Any

FHIR_VERSION = "4.0.1"

SUPPORTED = frozenset(
    {
        "AllergyIntolerance",
        "Appointment",
        "AuditEvent",
        "Binary",
        "Bundle",
        "CarePlan",
        "Composition",
        "Condition",
        "Consent",
        "Coverage",
        "Device",
        "DeviceUseStatement",
        "DiagnosticReport",
        "DocumentReference",
        "Encounter",
        "Endpoint",
        "EpisodeOfCare",
        "Flag",
        "Group",
        "HealthcareService",
        "Immunization",
        "List",
        "Location",
        "Measure",
        "MeasureReport",
        "Medication",
        "MedicationDispense",
        "MedicationRequest",
        "MedicationStatement",
        "Observation",
        "Organization",
        "Patient",
        "Practitioner",
        "PractitionerRole",
        "Procedure",
        "Provenance",
        "RelatedPerson",
        "ServiceRequest",
        "Specimen",
        "Subscription",
        "Task",
    }
)

# Types of 4.3.0 that 4.0.1 does not have.
_LATER = frozenset(
    {
        "AdministrableProductDefinition",
        "Citation",
        "ClinicalUseDefinition",
        "EvidenceReport",
        "Ingredient",
        "ManufacturedItemDefinition",
        "MedicinalProductDefinition",
        "NutritionProduct",
        "PackagedProductDefinition",
        "RegulatedAuthorization",
        "SubscriptionStatus",
        "SubscriptionTopic",
        "SubstanceDefinition",
    }
)


class UnknownType(LookupError):
    """Say that FHIR R4 has no resource type of this name."""


@cache
def _classes() -> Any:
    return importlib.import_module("fhir.resources.R4B")


@cache
def class_for(name: str) -> Any:
    """Return the model class of a resource or data type (`HumanName`), or raise UnknownType."""
    try:
        return _classes().get_fhir_model_class(name)
    except ValueError as error:
        raise UnknownType(name) from error


def model_for(resource_type: str) -> Any:
    """Return the model class of a resource type, or raise UnknownType."""
    if not resource_type.isalpha() or resource_type in _LATER:
        raise UnknownType(resource_type)
    model = class_for(resource_type)
    if not model.has_resource_base() or resource_type in ("Resource", "DomainResource"):
        raise UnknownType(resource_type)
    return model


def is_resource_type(resource_type: object) -> bool:
    """Tell whether FHIR R4 has a resource type of this name."""
    if not isinstance(resource_type, str):
        return False
    if resource_type in SUPPORTED:
        return True
    try:
        model_for(resource_type)
    except UnknownType:
        return False
    return True
