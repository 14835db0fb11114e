"""Tell everything that is wrong with a resource, and whether it could be written (operation $validate).

Source: https://hl7.org/fhir/R4/resource-operation-validate.html
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from fhir import profiles, r4, wire
from fhir.outcome import Issue
from fhir.profiles import conformance
from registry.domain.access import rules
from registry.domain.model import Caller
from registry.errors import BadInput, Conflict, NotAllowed, Refusal
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.care.record import record_care, sealing
from registry.usecases.care.record.remove import remove
from registry.usecases.care.record.write import NEVER_WRITTEN, NOT_HERE, care_issues

MODES = ("create", "update", "delete", "profile")
LETTERS = {"create": "c", "update": "u", "delete": "d"}
MOST = 1000


@dataclass(frozen=True)
class Asked:
    """What is asked: type and id of the address (id may be empty), mode and profile (may be empty)."""

    type: str
    id: str = ""
    mode: str = ""
    profile: str = ""


def validate(
    services: Services, caller: Caller, asked: Asked, resource: wire.JsonObject | None
) -> list[Issue]:
    """Return every issue of the resource sent, or of the stored one when none is sent; nothing is written."""
    _check_may(caller, asked)
    if wrong := _of_the_question(asked, resource):
        return wrong
    if asked.mode == "delete":
        return _would(asked, lambda: _delete(services, caller, asked))
    if resource is None:
        resource = wire.parse(record_care.read(services, caller, asked.type, asked.id).body)
    found = _of_the_resource(asked, resource)
    if not found:
        found = [*profiles.thorough(resource), *care_issues(services, resource)]
        found += _of_profiles(asked, resource)
    if asked.mode in ("create", "update"):
        found += _would(asked, lambda: _write(services, caller, asked, resource))
    return found[:MOST]


def _check_may(caller: Caller, asked: Asked) -> None:
    """Raise NotAllowed unless the token covers the type: for the mode, else for anything at all."""
    rules.check_can(caller, "read")
    for letter in LETTERS.get(asked.mode, "rcu"):
        with suppress(NotAllowed):
            rules.check_scope(caller, asked.type, letter)
            return
    raise NotAllowed("The access token does not cover this interaction.")


def _of_the_question(asked: Asked, resource: wire.JsonObject | None) -> list[Issue]:
    """Return what is wrong with the question itself."""
    if asked.mode and asked.mode not in MODES:
        return [_issue("value", "", "validate-mode", f"The mode is one of {', '.join(MODES)}.")]
    if asked.mode == "profile" and not asked.profile:
        return [_issue("required", "", "validate-profile", "The mode profile needs the parameter profile.")]
    if asked.mode in ("update", "delete") and not asked.id:
        text = "This mode is about a stored resource: ask at [type]/[id]/$validate."
        return [_issue("business-rule", "", "validate-instance", text)]
    if asked.mode == "create" and asked.id:
        text = "What is stored cannot be created: ask at [type]/$validate."
        return [_issue("business-rule", "", "validate-instance", text)]
    if resource is None and not asked.id:
        return [_issue("required", "", "validate-resource", "Send a resource to look at.")]
    return []


def _of_the_resource(asked: Asked, resource: wire.JsonObject) -> list[Issue]:
    """Return what makes every other question pointless: another type than that of the address."""
    name = resource.get("resourceType")
    if name == asked.type:
        return []
    known = isinstance(name, str) and r4.is_resource_type(name)
    text = f"The address asks about {asked.type}, and the resource is none."
    path = f"{name}.resourceType" if known else "Resource.resourceType"
    return [_issue("structure", path, "resource-type", text), *profiles.issues(resource)]


def _of_profiles(asked: Asked, resource: wire.JsonObject) -> list[Issue]:
    """Return the issues of the profile asked for, else of those the resource claims or follows by itself."""
    if asked.profile:
        if conformance.find(asked.profile) is None:
            return [
                _issue("not-supported", asked.type, "unknown-profile", "This node does not know the profile.")
            ]
        return conformance.issues(resource, asked.profile)
    urls = conformance.implied(resource)
    found = conformance.issues(resource, *urls)
    if any(conformance.find(url) is None for url in urls):
        text = "A profile that the resource claims is not known here; it was not looked at."
        found.append(
            Issue("information", "not-supported", f"{asked.type}.meta.profile", "unknown-profile", text)
        )
    return [*found, *conformance.advice(resource)]


def _delete(services: Services, caller: Caller, asked: Asked) -> None:
    reach.check_write(services, caller)
    with services.unit() as unit:
        _note(services, unit, caller, asked)
    with services.unit() as unit:
        # Never committed: only whether it would be refused is wanted.
        remove(services, unit, caller, (asked.type, asked.id))


def _write(services: Services, caller: Caller, asked: Asked, resource: wire.JsonObject) -> None:
    reach.check_write(services, caller)
    if asked.type in NEVER_WRITTEN:
        raise BadInput(NOT_HERE)
    with services.unit() as unit:
        if asked.id and resource.get("id") != asked.id:
            raise BadInput("The id in the resource must be the id in the address.")
        row = _note(services, unit, caller, asked) if asked.id else None
        owner = sealing.owner_of(unit, resource, asked.id)
        if row is not None and owner != row:
            raise Conflict("A resource cannot move to another patient.")


def _note(services: Services, unit: Unit, caller: Caller, asked: Asked) -> str | None:
    """Return the owner of the stored resource, if there is one, and note that somebody asked about it."""
    row = unit.records.current(asked.type, asked.id)
    if row is None or row.deleted:
        return None
    reach.check(services, unit, caller, row.owner_id, row.type)
    record_care.note_read(unit, caller, sealing.open_resource(services, row))
    unit.commit()
    return row.owner_id


def _would(asked: Asked, act: Callable[[], object]) -> list[Issue]:
    """Return why an act would be refused."""
    try:
        act()
    except Refusal as refusal:
        return [*refusal.issues] or [_issue(refusal.code, asked.type, "would-be-refused", refusal.sentence)]
    return []


def _issue(code: str, path: str, rule: str, text: str) -> Issue:
    return Issue("error", code, path, rule, text)
