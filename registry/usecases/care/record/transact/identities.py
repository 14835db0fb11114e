"""Which stored resource each entry is about, and what its references become.

Source: https://hl7.org/fhir/R4/http.html#trules
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fhir import search
from fhir.addresses import readdressed
from registry.domain.model import Caller, Stored
from registry.errors import NotFound, SeveralMatches, Unprocessable
from registry.ports import Services, Unit
from registry.usecases.care.record import conditional, record_care
from registry.usecases.care.record.conditional import Condition
from registry.usecases.care.record.transact.entries import Entry, bad

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_CONDITION = re.compile(r"[A-Z][A-Za-z]{1,63}\?")


@dataclass(frozen=True)
class Step:
    """An entry with the id it is about and its final references; `found` when there is nothing to write."""

    entry: Entry
    id: str
    resource: dict[str, Any]
    found: Stored | None = None


def steps(services: Services, unit: Unit, caller: Caller, entries: Sequence[Entry]) -> list[Step]:
    """Return every entry with its identity; nothing is written yet, but conditions are locked."""
    conditions = [each.condition for each in entries if each.condition]
    _check_conditions(entries)
    references = _references(entries) if conditions else {}
    conditional.lock(services, unit, [*conditions, *references.values()])
    picked = [_pick(services, unit, caller, entry) for entry in entries]
    _check_identities(picked)
    addresses = _Addresses(_addresses(picked))
    made = [_addressed(step, addresses) for step in picked]
    if not addresses.conditional:
        return made
    if not references:
        references = _conditions(addresses.conditional)
        conditional.lock(services, unit, references.values())
    for text, condition in references.items():
        addresses[text] = _resolved(services, unit, caller, condition, picked)
    return [_addressed(step, addresses) for step in picked]


def _addressed(step: Step, addresses: dict[str, str]) -> Step:
    made = readdressed(step.resource, addresses) if step.resource else step.resource
    return step if made is step.resource else replace(step, resource=made)


class _Addresses(dict[str, str]):
    """New addresses by old ones; `conditional` keeps what is a condition (`Patient?...`) instead."""

    def __init__(self, known: dict[str, str]) -> None:
        super().__init__(known)
        self.conditional: dict[str, None] = {}

    def get(self, text: str, otherwise: Any = None) -> Any:
        """Return the new address, or what was asked for."""
        if "?" in text and text not in self and _CONDITION.match(text):
            self.conditional[text] = None
        return super().get(text, otherwise)


def _references(entries: Iterable[Entry]) -> dict[str, Condition]:
    """Return the conditional references inside the resources of a transaction."""
    found = _Addresses({})
    for entry in entries:
        if entry.method in ("POST", "PUT"):
            readdressed(entry.resource, found)
    return _conditions(found.conditional)


def _conditions(texts: Iterable[str]) -> dict[str, Condition]:
    return {text: conditional.read(text.partition("?")[0], text) for text in texts}


def _pick(services: Services, unit: Unit, caller: Caller, entry: Entry) -> Step:
    """Return the entry with the id it is about: named, picked by its condition, or new."""
    if entry.condition is None:
        new = services.ids.new() if entry.method == "POST" else ""
        return Step(entry, entry.id or new, entry.resource)
    if entry.method == "PUT":
        target = record_care.target_of(services, unit, caller, entry.resource, entry.condition)
        return Step(entry, target, entry.resource)
    found = conditional.match(services, unit, caller, entry.condition)
    if entry.method == "POST":
        return Step(entry, found.id if found else services.ids.new(), entry.resource, found)
    if found is None and entry.method == "PATCH":
        raise NotFound("No resource fits the condition.")
    return Step(entry, found.id if found else "", entry.resource)


def _check_conditions(entries: Iterable[Entry]) -> None:
    """Refuse two creations under one condition: the second could not see the first."""
    seen: set[Condition] = set()
    for entry in entries:
        if entry.condition in seen:
            bad(entry.number, "duplicate", "The same condition stands twice in this transaction.")
        if entry.condition:
            seen.add(entry.condition)


def _check_identities(picked: Iterable[Step]) -> None:
    seen: set[str] = set()
    for step in picked:
        if step.entry.method not in WRITES or not step.id:
            continue
        marks = {f"{step.entry.type}/{step.id}", step.entry.full_url} - {""}
        if marks & seen:
            bad(step.entry.number, "duplicate", "The same resource stands twice in this transaction.")
        seen |= marks


def _addresses(picked: Iterable[Step]) -> dict[str, str]:
    """Return the final address of every fullUrl, and of what a new resource was called elsewhere."""
    found: dict[str, str] = {}
    for step in picked:
        if not step.entry.full_url or step.entry.method not in ("POST", "PUT", "PATCH"):
            continue
        final = f"{step.entry.type}/{step.id}"
        found[step.entry.full_url] = final
        elsewhere = "/".join(step.entry.full_url.rsplit("/", 2)[-2:])
        if step.entry.method == "POST" and elsewhere == f"{step.entry.type}/{step.entry.resource.get('id')}":
            found[elsewhere] = final
    return found


def _resolved(
    services: Services, unit: Unit, caller: Caller, condition: Condition, picked: Iterable[Step]
) -> str:
    """Return the address a conditional reference stands for: stored, or made in this transaction."""
    stored = conditional.match(services, unit, caller, condition)
    found = {stored.id} if stored else set()
    query = search.parse(condition.type, condition.parameters)
    for step in picked:
        new = step.entry.type == condition.type and step.entry.method in ("POST", "PUT")
        if new and search.fits({**step.resource, "id": step.id}, query):
            found.add(step.id)
    if not found:
        raise Unprocessable("A conditional reference fits no resource.")
    if len(found) > 1:
        raise SeveralMatches("A conditional reference fits several resources.")
    return f"{condition.type}/{found.pop()}"
