"""The types of FHIR R4, and the library's classes for them: the only place where the version is chosen.

fhir.resources 8 has R4B (4.3.0) but no R4 (4.0.1); for the types below both have the same elements. Its
first import costs 0.3 s: what is written is checked by our own pass over `terminology/shapes.json`, and the
classes are loaded only for a second opinion (`library.py`) and to make that table.
"""

import importlib
from functools import cache
from typing import Any

from fhir.codes.systems import table

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

# What types (and parts of types) of 4.3.0 begin with that 4.0.1 does not have.
_LATER = (
    "AdministrableProductDefinition",
    "Citation",
    "ClinicalUseDefinition",
    "CodeableReference",
    "EvidenceReport",
    "Ingredient",
    "ManufacturedItemDefinition",
    "MedicinalProductDefinition",
    "NutritionProduct",
    "PackagedProductDefinition",
    "RatioRange",
    "RegulatedAuthorization",
    "SubscriptionStatus",
    "SubscriptionTopic",
    "SubstanceDefinition",
)


class UnknownType(LookupError):
    """Say that FHIR R4 has no type of this name."""


def is_resource_type(name: object) -> bool:
    """Tell whether FHIR R4 has a resource type of this name."""
    return isinstance(name, str) and (name in SUPPORTED or name in _resource_types())


@cache
def _resource_types() -> frozenset[str]:
    return frozenset(table("shapes")["resources"].split())


@cache
def class_for(name: str) -> Any:
    """Return the library's model class of a resource or data type (`HumanName`), or raise UnknownType."""
    try:
        return _classes().get_fhir_model_class(name)
    except ValueError as error:
        raise UnknownType(name) from error


def class_names() -> list[str]:
    """Return the names of the types, and of the parts of types, that R4 has by the library's classes."""
    classes = vars(importlib.import_module("fhir.resources.R4B.fhirtypes"))
    named = [name.removesuffix("Type") for name, kind in classes.items() if hasattr(kind, "get_model_klass")]
    return [name for name in named if not is_later(name)]


def is_later(name: str) -> bool:
    """Tell whether a type of the library's is of 4.3.0 and not of 4.0.1."""
    return name.startswith(_LATER)


def is_model_of_resource(name: str) -> bool:
    """Tell whether the library's class of this name is a resource that can stand alone."""
    return bool(class_for(name).has_resource_base()) and name not in ("Resource", "DomainResource")


@cache
def _classes() -> Any:
    return importlib.import_module("fhir.resources.R4B")
