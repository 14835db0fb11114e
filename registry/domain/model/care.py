"""What is stored about a person: resources, consents, documents, transfers and the care state."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

INBOX_OWNER = "inbox"
NODE_OWNER = "node"
TransferState = Literal[
    "proposed", "sent", "received", "accepted", "closed", "refused", "overdue", "cancelled"
]


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
class Versions:
    """Which versions a history asks for, newest first: of one resource (`id`) or of all of an owner.

    `since`: written then or later. `start` and `end`: current at some time from start up to, not including,
    end. `before`: the position after which a page goes on.
    """

    type: str
    id: str = ""
    owner_id: str = ""
    since: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    before: int = 0


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
    """A blind index entry: `value` is 16 bytes that only this node can compute.

    While the index key is being changed, `older` is the same under the key before: looked for, not written.
    """

    param: str
    kind: str
    value: bytes
    older: bytes = b""

    @property
    def values(self) -> tuple[bytes, ...]:
        """Return what to look for."""
        return (self.value, self.older) if self.older else (self.value,)


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
class ReceivedDocument:
    """A document of somebody else kept as received under the person's key; `body` and `findings` are
    sealed.
    """

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
    """What work lists range over, in clear: dates, level, place and transfer state; no name, regimen or
    result.
    """

    owner_id: str
    run_out: date | None
    next_contact: date | None
    risk: str
    facility: str
    region: str
    transfer_state: str
    computed: datetime
