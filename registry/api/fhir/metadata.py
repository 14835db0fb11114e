"""Say what this node can do, made from the table of what it does (https://hl7.org/fhir/R4/http.html#capabilities)."""

import hashlib
from datetime import date
from functools import cache

import orjson
from flask import Response, request

from fhir import r4, search
from fhir.search import clauses
from registry.api.fhir import table
from registry.api.fhir.subscriptions import interactions as subscriptions
from registry.api.frame import answers
from registry.ports import Services
from registry.usecases.care.record.sealing import DIRECTORY

PUBLISHED = date(2026, 11, 22)
SMART = "http://terminology.hl7.org/CodeSystem/restful-security-service"
COMPARTMENT = "http://hl7.org/fhir/CompartmentDefinition/patient"
OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"


def metadata(services: Services) -> Response:
    """Answer GET [base]/metadata; open to everybody, with an ETag."""
    body = statement(services.settings.base_url, services.node.name)
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'
    if request.headers.get("If-None-Match") == tag:
        return Response(status=304, headers={"ETag": tag})
    response = answers.document(body)
    response.headers["ETag"] = tag
    return response


@cache
def statement(base_url: str, name: str) -> bytes:
    """Return the CapabilityStatement of a node at this address."""
    return orjson.dumps(
        {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": PUBLISHED.isoformat(),
            "kind": "instance",
            "software": {"name": "Puente"},
            "implementation": {"description": name, "url": f"{base_url}/fhir"},
            "fhirVersion": r4.FHIR_VERSION,
            "format": ["application/fhir+json"],
            "patchFormat": ["application/json-patch+json", "application/fhir+json"],
            "rest": [
                {
                    "mode": "server",
                    "security": _security(base_url),
                    "resource": [_resource(name) for name in sorted(table.STORED | table.TOLD | table.SHOWN)],
                    "interaction": [{"code": "transaction"}, {"code": "batch"}],
                    **_operations(""),
                    "compartment": [COMPARTMENT],
                }
            ],
        }
    )


def _security(base_url: str) -> dict[str, object]:
    return {
        "extension": [
            {"url": OAUTH, "extension": [{"url": "token", "valueUri": f"{base_url}/oauth/token"}]},
        ],
        "service": [{"coding": [{"system": SMART, "code": "SMART-on-FHIR"}]}],
        "description": "Backend Services: client credentials with a signed assertion.",
    }


def _resource(resource_type: str) -> dict[str, object]:
    codes = [each.code for each in table.INTERACTIONS if resource_type in each.types]
    found: dict[str, object] = {
        "type": resource_type,
        "interaction": [{"code": code} for code in dict.fromkeys(codes)],
    }
    if resource_type in table.SHOWN:
        return found | ({"searchParam": _search_params(resource_type)} if "search-type" in codes else {})
    found |= {
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalRead": "full-support",
    }
    # What conditions are made of is what the type is searched by.
    searched = resource_type in table.SEARCHED
    found |= {
        "conditionalCreate": searched,
        "conditionalUpdate": searched,
        "conditionalDelete": "single" if searched else "not-supported",
    }
    if searched:
        found |= _searches(resource_type)
    if resource_type in table.TOLD:
        found |= subscriptions.DECLARED
    return found | _operations(resource_type)


def _searches(resource_type: str) -> dict[str, object]:
    """Return what a type is searched by and what can come along, from the table that searches are read by."""
    known = search.parameters(resource_type).values()
    found = {
        "searchParam": _search_params(resource_type),
        "searchInclude": [f"{resource_type}:{each.name}" for each in known if each.kind == "reference"],
        "searchRevInclude": sorted(
            f"{other}:{each.name}"
            for other in table.SEARCHED
            for each in search.parameters(other).values()
            if each.points_at(resource_type) and (other in DIRECTORY or resource_type not in DIRECTORY)
        ),
    }
    return {name: listed for name, listed in found.items() if listed}


def _search_params(resource_type: str) -> list[dict[str, str]]:
    known = search.parameters(resource_type).values()
    return [{"name": each.name, "type": each.shown_kind, "documentation": _told(each)} for each in known]


def _told(parameter: search.Parameter) -> str:
    modifiers = clauses.MODIFIERS[parameter.kind]
    told = ", ".join(f":{each}" for each in modifiers if clauses.takes(parameter, each))
    return f"Modifiers: {told}." if told else "No modifier."


def _operations(resource_type: str) -> dict[str, object]:
    """Return the operations of a type, or of the whole system; the name is what follows $ in the address."""
    found = {
        each.code: {"name": each.rules[0].rpartition("$")[2], "definition": each.code}
        for each in table.OPERATIONS
        if (resource_type in each.types if resource_type else not each.types)
    }
    return {"operation": list(found.values())} if found else {}
