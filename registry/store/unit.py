"""The unit of work over one database: one transaction and every repository on it."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo
from types import TracebackType
from typing import Self

from sqlalchemy import Engine, select

from registry.ports import Records, Waker
from registry.ports.outside import NewIds
from registry.store import tables
from registry.store.access.audit import SqlAudit
from registry.store.access.tokens import SqlTokens
from registry.store.access.users import SqlSessions, SqlUsers
from registry.store.care.consents import SqlConsents
from registry.store.care.documents import SqlDocuments
from registry.store.care.people import SqlPeople
from registry.store.care.records import SqlRecords
from registry.store.care.states import SqlCareStates
from registry.store.care.transfers import SqlTransfers
from registry.store.exchange.aliases import SqlAliases
from registry.store.exchange.inbox import SqlInbox
from registry.store.exchange.outbox import SqlOutbox
from registry.store.exchange.receipts import SqlReceipts
from registry.store.transaction import Transaction

_BEAT = tables.heartbeat.c


class SqlUnit:
    """The port Unit. The transaction begins at the first statement, so that preparing work holds no lock."""

    def __init__(
        self,
        engine: Engine,
        *,
        pseudonym: Callable[[str], str],
        waker: Waker,
        ids: NewIds,
        zone: tzinfo = UTC,
    ) -> None:
        """Build every repository on one transaction; `zone` tells the local days of this node."""
        self._transaction = transaction = Transaction(engine, waker)
        self.audit = SqlAudit(transaction, pseudonym, ids.new)
        self.records: Records = SqlRecords(transaction, self.audit)
        self.people = SqlPeople(transaction)
        self.consents = SqlConsents(transaction)
        self.documents = SqlDocuments(transaction)
        self.transfers = SqlTransfers(transaction)
        self.care = SqlCareStates(transaction, zone)
        self.outbox = SqlOutbox(transaction)
        self.inbox = SqlInbox(transaction)
        self.aliases = SqlAliases(transaction)
        self.receipts = SqlReceipts(transaction)
        self.users = SqlUsers(transaction)
        self.sessions = SqlSessions(transaction)
        self.tokens = SqlTokens(transaction)

    def __enter__(self) -> Self:
        """Start; the database is asked at the first statement."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Roll back what was not committed."""
        self._transaction.end()

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
