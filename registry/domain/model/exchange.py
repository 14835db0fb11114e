"""Messages between nodes: outbox, inbox, aliases and receipts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

OutboxState = Literal[
    "pending", "leased", "sent", "delivered", "refused", "withdrawn", "superseded", "parked"
]
InboxState = Literal["received", "processed", "review", "rejected", "duplicate", "superseded"]
MessageKind = Literal[
    "request", "summary", "transfer", "task-status", "consent-withdrawn", "receipt", "notification"
]
ReceiptStatus = Literal["accepted", "rejected", "superseded", "duplicate"]


@dataclass(frozen=True)
class Alias:
    """The random name two nodes use for one person; minted by the asking side."""

    partner: str
    owner_id: str
    alias: str
    minted_by: Literal["us", "them"]


@dataclass(frozen=True)
class OutboxItem:
    """One thing to send. `body` is the sealed exact Bundle once built; `subject` sealed parameters of the
    act.
    """

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

    @property
    def channel(self) -> str:
        """Return where it goes: to a partner's door, or to the hook of one subscription (its alias)."""
        return f"hook:{self.alias}" if self.kind == "notification" else self.partner


@dataclass(frozen=True)
class InboxItem:
    """One thing received, sealed before it was understood. `findings` is a sealed JSON list;
    `consent_digest` names the consent the sender says it rests on.
    """

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
    consent_digest: str = ""


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
