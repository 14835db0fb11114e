"""Who acts, who signs in, and what the audit trail keeps."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Role = Literal[
    "clinician", "pharmacist", "community", "laboratory", "region", "programme", "observatory", "privacy",
    "administrator", "partner", "worker", "system",
]  # fmt: skip
Purpose = Literal["TREAT", "ETREAT", "HOPERAT", "PATADMIN", "HRESCH"]


@dataclass(frozen=True)
class Caller:
    """Who acts: a signed-in person, a partner system, or a worker acting for either."""

    id: str
    role: Role
    organization: str
    facility: str = ""
    region: str = ""
    purpose: Purpose = "TREAT"
    scopes: tuple[str, ...] = ()
    acts_for: str = ""


@dataclass(frozen=True)
class AuditEntry:
    """One row of the audit trail; `details` holds codes and counts only, never clinical content or names."""

    caller: Caller
    action: str
    outcome: Literal["ok", "refused", "failed"] = "ok"
    owner_id: str = ""
    object_ref: str = ""
    version: int = 0
    body_digest: str = ""
    details: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True)
class User:
    """A person who signs in. `totp` is the sealed secret; `totp_step` the last used time step."""

    id: str
    name: str
    display: str
    role: Role
    organization: str
    facility: str
    region: str
    language: str
    password_hash: str
    totp: bytes
    totp_step: int = 0
    disabled: bool = False
    failures: int = 0
    locked_until: datetime | None = None


@dataclass(frozen=True)
class Session:
    """A signed-in browser; only the digest of its random id is stored."""

    digest: bytes
    user_id: str
    created: datetime
    last_seen: datetime
    auth_level: int
    language: str = ""
    ended: datetime | None = None


@dataclass(frozen=True)
class AccessToken:
    """A bearer token given to a partner system; only its digest is stored."""

    digest: bytes
    client_id: str
    scopes: tuple[str, ...]
    expires: datetime


@dataclass(frozen=True)
class AuditRow:
    """A stored audit event with its place in the chain (None while it waits for the chainer)."""

    event_id: str
    canonical: bytes
    seq: int | None = None
    prev_hash: bytes = b""
    hash: bytes = b""


@dataclass(frozen=True)
class Checkpoint:
    """A signed statement of the audit tree: its size, root and time."""

    size: int
    root: bytes
    at: datetime
    text: str
    signature: bytes = field(default=b"")
