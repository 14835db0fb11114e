"""Whose records a system may reach: systems of this node's own clinics all, other countries by consent.

A partner node of another country reads exactly what a person agreed to for its corridor, and cannot tell a
person who said no from one who is not here. Source: the contract of consents per corridor.
"""

from collections.abc import Iterable

from registry.domain.access import corridor
from registry.domain.model import Caller
from registry.errors import NotAllowed, NotFound
from registry.ports import Services, Unit
from registry.usecases.care.record import sealing

HOME = "emr"
OF_NOBODY = frozenset({sealing.DIRECTORY_OWNER})
ABSENT = "There is no such resource."


def is_confined(services: Services, caller: Caller) -> bool:
    """Tell whether this caller sees only people who agreed to it: every partner but the home systems."""
    if caller.role != "partner":
        return False
    policy = services.node.partner(caller.organization)
    return policy is None or policy.kind != HOME


def check(
    services: Services, unit: Unit, caller: Caller, owner_id: str, resource_type: str = "Observation"
) -> None:
    """Raise NotFound, as for what does not exist, unless the caller may see this type of this owner."""
    if is_confined(services, caller) and not visible(services, unit, caller, (owner_id,), resource_type):
        raise NotFound(ABSENT)


def check_write(services: Services, caller: Caller) -> None:
    """Raise NotAllowed for a partner that writes into the record instead of sending a message."""
    if is_confined(services, caller):
        raise NotAllowed("A partner of another programme sends messages; it does not write the record.")


def visible(
    services: Services,
    unit: Unit,
    caller: Caller,
    owners: Iterable[str],
    resource_type: str = "Observation",
) -> set[str]:
    """Return the owners whose resources of this type the caller may see; directory entries are for all."""
    asked = set(owners)
    if not asked or not is_confined(services, caller):
        return asked
    policy = services.node.partner(caller.organization)
    if policy is None:
        return set()
    consents = unit.consents.towards(caller.organization, sorted(asked - OF_NOBODY))
    agreed = corridor.people(consents, policy, caller.purpose, resource_type, services.today())
    return (asked & OF_NOBODY) | agreed
