"""The unit of work over one database: one transaction and every repository on it."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from types import TracebackType
from typing import Self

from sqlalchemy import Engine, select

from registry import ports
from registry.domain.model import AuditEntry, Caller
from registry.errors import NotReady, Unreadable
from registry.store import tables
from registry.store.access.audit import SqlAudit
from registry.store.access.tokens import SqlTokens
from registry.store.access.users import SqlSessions, SqlUsers
from registry.store.bulk.jobs import SqlJobs
from registry.store.bulk.shelves import SqlShelves
from registry.store.care.charts import SqlCharts
from registry.store.care.consents import SqlConsents
from registry.store.care.documents import SqlDocuments
from registry.store.care.finding import SqlFinding
from registry.store.care.people import SqlPeople
from registry.store.care.records import SqlRecords
from registry.store.care.states import SqlCareStates
from registry.store.care.transfers import SqlTransfers
from registry.store.exchange.aliases import SqlAliases
from registry.store.exchange.inbox import SqlInbox
from registry.store.exchange.outbox import SqlOutbox
from registry.store.exchange.receipts import SqlReceipts
from registry.store.exchange.subscriptions import SqlSubscriptions
from registry.store.keys.approvals import SqlApprovals
from registry.store.keys.erasures import SqlErasures
from registry.store.keys.sealed_rows import SqlSealedRows
from registry.store.transaction import Transaction

_BEAT = tables.heartbeat.c


class SqlUnit:
    """The port Unit. The transaction begins at the first statement, so that preparing work holds no lock."""

    def __init__(
        self,
        engine: Engine,
        *,
        pseudonym: Callable[[str], str],
        waker: ports.Waker,
        ids: ports.NewIds,
        zone: tzinfo = UTC,
    ) -> None:
        """Build every repository on one transaction; `zone` tells the local days of this node."""
        self._transaction = transaction = Transaction(engine, waker)
        self.audit: ports.Audit = SqlAudit(transaction, pseudonym, ids.new)
        self.records: ports.Records = SqlRecords(transaction, self.audit)
        self.finding: ports.Finding = SqlFinding(transaction)
        self.people: ports.People = SqlPeople(transaction)
        self.consents: ports.Consents = SqlConsents(transaction)
        self.documents: ports.Documents = SqlDocuments(transaction, self.audit)
        self.charts: ports.Charts = SqlCharts(transaction)
        self.transfers: ports.Transfers = SqlTransfers(transaction, self.audit)
        self.care: ports.CareStates = SqlCareStates(transaction, zone)
        self.outbox: ports.Outbox = SqlOutbox(transaction)
        self.inbox: ports.Inbox = SqlInbox(transaction)
        self.aliases: ports.Aliases = SqlAliases(transaction, self.audit)
        self.receipts: ports.Receipts = SqlReceipts(transaction)
        self.subscriptions: ports.Subscriptions = SqlSubscriptions(transaction)
        self.jobs: ports.Jobs = SqlJobs(transaction)
        self.shelves: ports.Shelves = SqlShelves(transaction)
        self.users: ports.Users = SqlUsers(transaction)
        self.sessions: ports.Sessions = SqlSessions(transaction)
        self.tokens: ports.Tokens = SqlTokens(transaction)
        self.approvals: ports.Approvals = SqlApprovals(transaction)
        self.erasures: ports.Erasures = SqlErasures(transaction, pseudonym, self.audit)
        self.sealed_rows: ports.SealedRows = SqlSealedRows(transaction, self.audit)

    def __enter__(self) -> Self:
        """Start; the database is asked at the first statement."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Roll back what was not committed; sealed data that did not open leaves a row of its own."""
        self._transaction.end()
        if isinstance(error, Unreadable) and error.place:
            self._note_unreadable(error)

    def _note_unreadable(self, error: Unreadable) -> None:
        """Note it apart, because the act that met it is rolled back."""
        caller = Caller("system", "system", "")
        with suppress(NotReady):
            self.audit.add(AuditEntry(caller, "open", "failed", error.owner_id, error.place))
            self._transaction.commit()
        self._transaction.end()
        error.place = ""  # noted once, however many units it leaves

    def commit(self) -> None:
        """Commit, then wake workers for what was queued."""
        self._transaction.commit()

    def now(self) -> datetime:
        """Return the database's clock (UTC), the same for the whole unit."""
        return self._transaction.now()

    def lock(self, values: Iterable[bytes]) -> None:
        """Serialise with every other unit that locks one of these values, until the end of this unit."""
        self._transaction.lock(values)

    def wake(self, task: str, row_id: str) -> None:
        """Wake a worker for a row after the commit."""
        self._transaction.wake(task, row_id)

    def beat(self, name: str) -> None:
        """Note that a process is alive now."""
        now = self._transaction.clock()
        statement = self._transaction.insert(tables.heartbeat).values(name=name, at=now)
        self._transaction.execute(
            statement.on_conflict_do_update(index_elements=[_BEAT.name], set_={"at": now})
        )

    def beats(self) -> dict[str, datetime]:
        """Return when each process was last alive."""
        return {row.name: row.at for row in self._transaction.execute(select(_BEAT.name, _BEAT.at))}
