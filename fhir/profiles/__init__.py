"""Validation of one resource: base standard, required code lists and invariants, all issues at once.

Source: https://hl7.org/fhir/R4/validation.html
"""

from fhir import r4
from fhir.outcome import Issue
from fhir.profiles.walk import Walk
from fhir.wire import JsonObject

__all__ = ["issues", "thorough"]


def issues(resource: JsonObject, *, reject_unknown: bool = True, nested: bool = True) -> list[Issue]:
    """Return everything that is wrong with a resource, each with its path; an empty list means valid.

    Unknown elements are errors with `reject_unknown` (our own writes) and warnings without it (documents of
    others). `nested=False` leaves the resources inside a Bundle to their own call.
    """
    name = resource.get("resourceType")
    walk = Walk(unknown="error" if reject_unknown else "warning", nested=nested)
    walk.resource(
        resource, (None, name if isinstance(name, str) and r4.is_resource_type(name) else "Resource")
    )
    return walk.issues


def thorough(resource: JsonObject) -> list[Issue]:
    """Return all issues, and what the library's model classes find where our own pass found nothing."""
    from fhir.profiles.library import library_issues, unseen

    found = issues(resource)
    return [*found, *unseen(found, library_issues(resource))]
