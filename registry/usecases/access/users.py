"""People who may sign in: the first administrator once, then whoever an administrator adds."""

import re
from dataclasses import dataclass, replace
from typing import get_args

from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, Role, User
from registry.errors import BadInput, Conflict, NotFound
from registry.ports import Services, Unit
from registry.usecases.access.sign_in import totp_place

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
SHORTEST = 12
ISSUER = "Puente"
PEOPLE_ROLES = tuple(role for role in get_args(Role) if role not in ("partner", "worker", "system"))


@dataclass(frozen=True)
class NewUser:
    """Somebody to add; the name is what they type to sign in."""

    name: str
    display: str
    role: Role
    password: str
    facility: str = ""
    language: str = "es"


@dataclass(frozen=True)
class Added:
    """The user and the address to scan with a code generator, shown once."""

    user: User
    totp_uri: str


def bootstrap(services: Services, name: str, password: str) -> Added:
    """Make the first administrator; raise Conflict when anybody exists already."""
    caller = Caller("system", "system", services.node.code)
    with services.unit() as unit:
        unit.lock([b"bootstrap"])
        if unit.users.count():
            raise Conflict("This node has users already. Ask its administrator to add you.")
        added = _add(services, unit, caller, NewUser(name, name, "administrator", password))
        unit.commit()
    return added


def add_user(services: Services, caller: Caller, new: NewUser) -> Added:
    """Add a user; raise BadInput naming the field that breaks a rule."""
    rules.check_can(caller, "administer")
    with services.unit() as unit:
        added = _add(services, unit, caller, new)
        unit.commit()
    return added


def _add(services: Services, unit: Unit, caller: Caller, new: NewUser) -> Added:
    name = new.name.strip().lower()
    if not NAME.fullmatch(name):
        raise BadInput("The name has 2 to 40 letters, digits, dots, dashes or underscores.")
    if len(new.password) < SHORTEST or len(set(new.password)) < 5:
        raise BadInput(f"The password needs at least {SHORTEST} characters, not all alike.")
    if new.role not in PEOPLE_ROLES:
        raise BadInput("There is no such role.")
    facility = services.node.facility(new.facility) if new.facility else None
    if new.facility and facility is None:
        raise BadInput("There is no such place of care in this node.")
    user_id = services.ids.new()
    secret = services.secrets.new_code_secret()
    user = User(
        id=user_id,
        name=name,
        display=new.display.strip()[:80] or name,
        role=new.role,
        organization=services.node.code,
        facility=new.facility,
        region=facility.region if facility else "",
        language=new.language if new.language in services.node.languages else services.node.languages[0],
        password_hash=services.secrets.hash_password(new.password),
        totp=services.vault.seal(f"user:{user_id}", totp_place(user_id), secret.encode()),
    )
    unit.users.add(user)
    unit.audit.add(
        AuditEntry(caller, "add-user", object_ref=f"user/{user.id}", details=(("role", user.role),))
    )
    return Added(user, services.secrets.code_uri(secret, name, ISSUER))


def users(services: Services, caller: Caller) -> list[User]:
    """Return everybody who may sign in."""
    rules.check_can(caller, "administer")
    with services.unit() as unit:
        found = unit.users.all()
        unit.audit.add(AuditEntry(caller, "list-users"))
        unit.commit()
    return found


def disable(services: Services, caller: Caller, user_id: str, disabled: bool = True) -> User:
    """Close (or open again) an account; its sessions end at once."""
    rules.check_can(caller, "administer")
    if caller.id == f"user:{user_id}" and disabled:
        raise BadInput("You cannot close your own account.")
    with services.unit() as unit:
        user = unit.users.get(user_id)
        if user is None:
            raise NotFound("There is no such user.")
        changed = replace(user, disabled=disabled)
        unit.users.save(changed)
        if disabled:
            unit.sessions.end_all(user_id)
        action = "disable-user" if disabled else "enable-user"
        unit.audit.add(AuditEntry(caller, action, object_ref=f"user/{user_id}"))
        unit.commit()
    return changed
