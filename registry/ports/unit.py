"""The unit of work: one transaction, an explicit commit, and everything stored in it."""

from collections.abc import Iterable
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from registry.ports.access import Sessions, Tokens, Users
from registry.ports.audit import Audit
from registry.ports.care import CareStates, Consents, Documents, People, Records, Transfers
from registry.ports.charts import Charts
from registry.ports.exchange import Aliases, Inbox, Outbox, Receipts
from registry.ports.finding import Finding
from registry.ports.jobs import Jobs, Shelves
from registry.ports.keys import Approvals, Erasures, SealedRows
from registry.ports.subscriptions import Subscriptions


class Unit(Protocol):
    """One transaction; leaving it without `commit` rolls back. Works the same on SQLite and PostgreSQL."""

    records: Records
    finding: Finding
    people: People
    consents: Consents
    documents: Documents
    transfers: Transfers
    charts: Charts
    care: CareStates
    outbox: Outbox
    inbox: Inbox
    aliases: Aliases
    receipts: Receipts
    subscriptions: Subscriptions
    jobs: Jobs
    shelves: Shelves
    users: Users
    sessions: Sessions
    tokens: Tokens
    audit: Audit
    approvals: Approvals
    erasures: Erasures
    sealed_rows: SealedRows

    def __enter__(self) -> Self:
        """Begin (IMMEDIATE on SQLite)."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Roll back what was not committed."""

    def commit(self) -> None:
        """Commit, then wake workers for what was queued."""

    def now(self) -> datetime:
        """Return the database's clock (UTC), the same for the whole unit."""

    def lock(self, values: Iterable[bytes]) -> None:
        """Serialise with every other unit that locks one of these values, until the end of this unit."""

    def wake(self, task: str, row_id: str) -> None:
        """Wake a worker for a row after the commit."""

    def beat(self, name: str) -> None:
        """Note that a process is alive now."""

    def beats(self) -> dict[str, datetime]:
        """Return when each process was last alive."""
