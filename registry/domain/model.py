"""Values shared by the use cases: who acts, what is stored, in which state a message or transfer is."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Role = Literal[
    "clinician", "pharmacist", "community", "laboratory", "region", "programme", "observatory", "privacy", "administrator",
    "partner", "worker", "system",
]  # fmt: skip
Purpose = Literal["TREAT", "ETREAT", "HOPERAT", "PATADMIN", "HRESCH"]
OutboxState = Literal["pending", "leased", "sent", "delivered", "refused", "withdrawn", "superseded", "parked"]
InboxState = Literal["received", "processed", "review", "rejected", "duplicate", "superseded"]
TransferState = Literal["proposed", "sent", "received", "accepted", "closed", "refused", "overdue", "cancelled"]
MessageKind = Literal["request", "summary", "transfer", "task-status", "consent-withdrawn", "receipt"]
ReceiptStatus = Literal["accepted", "rejected", "superseded", "duplicate"]

INBOX_OWNER = "inbox"
NODE_OWNER = "node"


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
class SealedResource:
    """One version of a resource as stored; `body` is an envelope (empty when deleted). Times are UTC."""

    type: str
    id: str
    version: int
    owner_id: str
    updated: datetime
    deleted: bool
    body: bytes


@dataclass(frozen=True)
class Stored:
    """One version of a resource, opened: `body` holds the canonical JSON bytes."""

    type: str
    id: str
    version: int
    owner_id: str
    updated: datetime
    body: bytes


@dataclass(frozen=True)
class SearchToken:
    """A blind index entry: `value` is 16 bytes that only this node can compute."""

    param: str
    kind: str
    value: bytes


@dataclass(frozen=True)
class Person:
    """A person of this node: the owner of sealed rows. `provisional` until somebody confirms who it is."""

    id: str
    provisional: bool
    created: datetime
    origin_partner: str = ""


@dataclass(frozen=True)
class ConsentRow:
    """A corridor consent as the gate reads it: who may get what, why and until when."""

    id: str
    owner_id: str
    partner: str
    data_classes: tuple[str, ...]
    purpose: str
    start: date
    end: date
    discoverable: bool
    state: Literal["active", "withdrawn", "ended"]
    given_to: Literal["us", "partner"]
    resource_id: str
    version: int
    digest: str = ""

    def covers(self, purpose: str, on: date) -> bool:
        """Answer whether this consent allows the purpose on that local day."""
        return self.state == "active" and self.purpose == purpose and self.start <= on <= self.end


@dataclass(frozen=True)
class Alias:
    """The random name two nodes use for one person; minted by the asking side."""

    partner: str
    owner_id: str
    alias: str
    minted_by: Literal["us", "them"]


@dataclass(frozen=True)
class OutboxItem:
    """One thing to send. `body` is the sealed exact Bundle once built; `subject` sealed parameters of the act."""

    id: str
    partner: str
    owner_id: str
    alias: str
    seq: int
    msg_id: str
    kind: MessageKind
    state: OutboxState
    created: datetime
    in_reply_to: str = ""
    consent_id: str = ""
    actor: str = ""
    attempts: int = 0
    next_attempt: datetime | None = None
    lease_owner: str = ""
    lease_until: datetime | None = None
    last_error: str = ""
    digest: str = ""
    body: bytes = b""
    sent: datetime | None = None
    finished: datetime | None = None


@dataclass(frozen=True)
class InboxItem:
    """One thing received, sealed before it was understood. `findings` is a sealed JSON list."""

    id: str
    partner: str
    msg_id: str
    kind: str
    seq: int
    alias: str
    digest: str
    state: InboxState
    received: datetime
    in_reply_to: str = ""
    expires: datetime | None = None
    owner_id: str = ""
    body: bytes = b""
    note: str = ""
    findings: bytes = b""
    processed: datetime | None = None
    attempts: int = 0


@dataclass(frozen=True)
class ReceiptRow:
    """A signed receipt we gave or got for one message."""

    direction: Literal["given", "got"]
    partner: str
    msg_id: str
    status: ReceiptStatus
    digest: str
    at: datetime
    jws: str


@dataclass(frozen=True)
class ReceivedDocument:
    """A document of somebody else kept as received under the person's key; `body` and `findings` are sealed."""

    id: str
    owner_id: str
    partner: str
    inbox_id: str
    received: datetime
    digest: str
    body: bytes
    findings: bytes
    reviewed_by: str = ""
    reviewed: datetime | None = None


@dataclass(frozen=True)
class Transfer:
    """A transfer of care with one partner. `direction` in: we are the destination; out: we are the origin."""

    id: str
    owner_id: str
    partner: str
    direction: Literal["in", "out"]
    state: TransferState
    alias: str
    task_id: str
    request_msg_id: str
    created: datetime
    updated: datetime
    covered_until: date | None = None
    closed: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class CareState:
    """What work lists range over, in clear: dates, level, place and transfer state; no name, regimen or result."""

    owner_id: str
    run_out: date | None
    next_contact: date | None
    risk: str
    facility: str
    region: str
    transfer_state: str
    computed: datetime


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
