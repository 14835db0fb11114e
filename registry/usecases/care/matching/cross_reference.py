"""Identifiers of one person in other domains (IHE PIXm, ITI-83).

Source: https://profiles.ihe.net/ITI/PIXm/ITI-83.html. A person out of reach is answered like nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fhir import codes, wire
from fhir.outcome import Issue
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller
from registry.errors import BadInput, NotAllowed, NotFound
from registry.ports import Services
from registry.usecases.care.matching import identified


@dataclass(frozen=True)
class CrossReference:
    """The identifiers of a person in the domains asked for, without the one given, and the Patient's id."""

    identifiers: tuple[wire.JsonObject, ...]
    person_id: str


def find(services: Services, caller: Caller, source: str, targets: tuple[str, ...]) -> CrossReference:
    """Return the other identifiers of whoever carries `source` (`system|value`).

    Raise BadInput for an unknown source domain, NotAllowed for an unknown target domain, NotFound when it is
    not the identifier of exactly one person within reach.
    """
    rules.check_can(caller, "find")
    for letter in "sr":
        rules.check_scope(caller, "Patient", letter)
    system, value = identified.split(source)
    if not (system and value):
        raise BadInput("sourceIdentifier is written as system|value.")
    if not is_domain(services, system):
        raise BadInput(*_refused("code-invalid", "sourceIdentifier Assigning Authority not found"))
    if not all(is_domain(services, target) for target in targets):
        raise NotAllowed(*_refused("code-invalid", "targetSystem not found"))
    with services.unit() as unit:
        found = identified.people(services, unit, caller, source)
        person_id = next(iter(found), "") if len(found) == 1 else ""
        reference = f"Patient/{person_id}" if person_id else "Patient"
        unit.audit.add(AuditEntry(caller, "cross-reference", "ok", person_id, reference))
        unit.commit()
    if not person_id:
        raise NotFound(*_refused("not-found", "sourceIdentifier Patient Identifier not found"))
    others = _others(found[person_id].get("identifier", ()), (system, value), targets)
    return CrossReference(tuple(others), person_id)


def is_domain(services: Services, system: str) -> bool:
    """Tell whether identifiers of this system are known to this node at all."""
    ours = {codes.canonical_system(kind.system) for kind in services.node.identifiers}
    return codes.canonical_system(system) in ours or codes.document_of({"system": system}) is not None


def _others(
    listed: Iterable[dict[str, Any]], source: tuple[str, str], targets: tuple[str, ...]
) -> Iterable[wire.JsonObject]:
    wanted = {_domain(target) for target in targets}
    for entry in listed:
        domain, value = _domain(str(entry.get("system", ""))), str(entry.get("value", ""))
        is_source = (domain, codes.normal_value(value)) == (_domain(source[0]), codes.normal_value(source[1]))
        if domain and value and not is_source and (not wanted or domain in wanted):
            yield entry


def _domain(system: str) -> str:
    """Return one name for all spellings of a domain."""
    known = codes.document_of({"system": system})
    return known.system if known else codes.canonical_system(system)


def _refused(code: str, text: str) -> tuple[str, tuple[Issue, ...]]:
    return text, (Issue("error", code, "", "cross-reference", text),)
