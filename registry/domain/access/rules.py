"""Who may do what: one table, default deny, used by pages, API and workers alike."""

from typing import Literal

from registry.domain.access import scopes
from registry.domain.model import Caller, Role
from registry.errors import NotAllowed

Action = Literal[
    "find", "read", "write", "dispense", "consent", "share", "review", "receive", "publish", "administer",
    "look-back", "approve", "erase", "keys",
]  # fmt: skip

CLINICAL: frozenset[Action] = frozenset(
    {"find", "read", "write", "dispense", "consent", "share", "review", "look-back"}
)

# Commands on the machine: they do what people have agreed to, and agree to nothing themselves.
SYSTEM: frozenset[Action] = frozenset(
    {
        "find",
        "read",
        "write",
        "publish",
        "administer",
        "look-back",
        "consent",
        "share",
        "dispense",
        "erase",
        "keys",
    }
)

ALLOWED: dict[Role, frozenset[Action]] = {
    "clinician": CLINICAL,
    "pharmacist": frozenset({"find", "read", "dispense"}),
    "community": frozenset({"find"}),
    "laboratory": frozenset({"find", "write"}),
    "region": frozenset(),
    "programme": frozenset({"publish"}),
    "observatory": frozenset({"publish"}),
    "privacy": frozenset({"look-back", "approve", "erase"}),
    "administrator": frozenset({"administer", "approve", "keys"}),
    "partner": frozenset({"find", "read", "write", "receive"}),
    "worker": frozenset({"read", "write", "share", "receive"}),
    "system": SYSTEM,
}


def check_can(caller: Caller, action: Action) -> None:
    """Raise NotAllowed unless the caller's role has this action."""
    if action not in ALLOWED.get(caller.role, frozenset()):
        raise NotAllowed("Your role does not allow this.")


def can(caller: Caller, action: Action) -> bool:
    """Answer whether the caller's role has this action."""
    try:
        check_can(caller, action)
    except NotAllowed:
        return False
    return True


def check_scope(caller: Caller, resource_type: str, letter: str) -> None:
    """Raise NotAllowed unless a partner's token covers `letter` (of c r u d s) on the type (SMART v2
    scopes).
    """
    if caller.role != "partner":
        return
    if not any(scopes.covers(scope, resource_type, letter) for scope in caller.scopes):
        raise NotAllowed("The access token does not cover this interaction.")
