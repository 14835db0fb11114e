"""Which types of a person's record a caller may read at once: by its scopes, and by what the person agreed
to.
"""

from functools import lru_cache

from fhir import r4
from registry.domain.access import corridor, rules, scopes
from registry.domain.model import Caller
from registry.errors import NotAllowed, NotFound
from registry.ports import Services, Unit
from registry.usecases.access import reach

EVERY = r4.SUPPORTED


def types(services: Services, unit: Unit, caller: Caller, owner_id: str) -> frozenset[str]:
    """Return the types this caller may read of this person.

    Raise NotAllowed without any in the token, NotFound (as for nobody) when the person agreed to none.
    """
    rules.check_can(caller, "read")
    by_scope = of_scopes(caller.scopes) if caller.role == "partner" else EVERY
    if not by_scope:
        raise NotAllowed("The access token does not cover this interaction.")
    if not reach.is_confined(services, caller):
        return by_scope
    opened: set[str] = set()
    if reach.visible(services, unit, caller, (owner_id,), "Patient"):
        opened |= corridor.IDENTITY
    if reach.visible(services, unit, caller, (owner_id,)):
        opened |= EVERY - corridor.IDENTITY
    if not opened:
        raise NotFound(reach.ABSENT)
    return by_scope & opened


@lru_cache(maxsize=256)
def of_scopes(given: tuple[str, ...]) -> frozenset[str]:
    """Return the types that scopes open for reading."""
    return frozenset(name for name in r4.SUPPORTED if any(scopes.covers(scope, name, "r") for scope in given))
