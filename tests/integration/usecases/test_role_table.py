"""The whole table of roles and actions, written down a second time so that a change is seen."""

from typing import get_args

import pytest

from registry.domain.access import rules
from registry.domain.model import Caller, Role
from registry.errors import NotAllowed

ACTIONS = get_args(rules.Action)
TABLE: dict[str, str] = {
    "clinician": "find read write dispense consent share review look-back",
    "pharmacist": "find read dispense",
    "community": "find",
    "laboratory": "find write",
    "region": "",
    "programme": "publish",
    "observatory": "publish",
    "privacy": "look-back approve erase",
    "administrator": "administer approve keys",
    "partner": "find read write receive",
    "worker": "read write share receive",
    "system": "find read write publish administer look-back consent share dispense erase keys",
}


def test_every_role_is_in_the_table() -> None:
    assert set(TABLE) == set(get_args(Role)) == set(rules.ALLOWED)


@pytest.mark.parametrize("role", get_args(Role))
def test_a_role_may_do_exactly_what_the_table_says(role: Role) -> None:
    caller = Caller("somebody", role, "pe")
    allowed = {action for action in ACTIONS if rules.can(caller, action)}
    assert allowed == set(TABLE[role].split())
    for action in set(ACTIONS) - allowed:
        with pytest.raises(NotAllowed):
            rules.check_can(caller, action)


def test_an_unknown_role_may_do_nothing() -> None:
    caller = Caller("somebody", "king", "pe")  # type: ignore[arg-type]
    assert not any(rules.can(caller, action) for action in ACTIONS)


@pytest.mark.parametrize("role", ["clinician", "worker", "system"])
def test_scopes_bind_partners_only(role: Role) -> None:
    rules.check_scope(Caller("somebody", role, "pe"), "Patient", "d")


@pytest.mark.parametrize(
    ("scope", "resource_type", "letter", "allowed"),
    [
        ("system/*.cruds", "Patient", "d", True),
        ("system/Patient.rs", "Patient", "r", True),
        ("system/Patient.rs", "Patient", "c", False),
        ("system/Patient.rs", "Observation", "r", False),
        ("user/Patient.rs", "Patient", "r", False),
        ("system/Patient.rs?gender=female", "Patient", "r", False),
        ("", "Patient", "r", False),
    ],
)
def test_a_partner_may_do_what_a_scope_covers(
    scope: str, resource_type: str, letter: str, allowed: bool
) -> None:
    caller = Caller("partner:x", "partner", "x", scopes=(scope,))
    if allowed:
        rules.check_scope(caller, resource_type, letter)
    else:
        with pytest.raises(NotAllowed):
            rules.check_scope(caller, resource_type, letter)
