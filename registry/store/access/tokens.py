"""Bearer tokens of partner systems, and the assertions already used."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, insert

from registry.domain.model import AccessToken
from registry.store import tables
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

REMEMBERED = 5.0
MOST = 1000
_TOKEN = Shape(tables.access_token, AccessToken)
_C = tables.access_token.c


class TokenMemory:
    """Tokens of this process for a few seconds: a busy partner must not cost a statement for each request.

    What is taken back in the database holds in every process when they are over.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, seconds: float = REMEMBERED) -> None:
        """Start empty; `seconds` is how long a row may be older than the database."""
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self._rows: OrderedDict[bytes, tuple[float, AccessToken]] = OrderedDict()

    def find(self, digest: bytes) -> AccessToken | None:
        """Return a token that was read a moment ago and has not expired since."""
        until, token = self._rows.get(digest, (0.0, None))
        return token if self._clock() < until else None

    def keep(self, token: AccessToken, now: datetime) -> None:
        """Remember a token that is valid at the database's time `now`, never past its end."""
        left = min(self._seconds, (token.expires - now).total_seconds())
        with self._lock:
            self._rows[token.digest] = (self._clock() + left, token)
            self._rows.move_to_end(token.digest)
            while len(self._rows) > MOST:
                self._rows.popitem(last=False)


class SqlTokens:
    """The port Tokens."""

    def __init__(self, transaction: Transaction, memory: TokenMemory | None = None) -> None:
        """Work through a unit's transaction, asking the memory first when there is one."""
        self._transaction = transaction
        self._memory = memory

    def remember_jti(self, client_id: str, jti: str, until: datetime) -> bool:
        """Remember a client assertion; False when it was used before."""
        statement = self._transaction.insert(tables.jti).on_conflict_do_nothing()
        return self._transaction.changed(statement, {"client_id": client_id, "jti": jti, "until": until}) > 0

    def add(self, token: AccessToken) -> None:
        """Keep a token."""
        self._transaction.execute(insert(tables.access_token), _TOKEN.values(token))

    def get(self, digest: bytes) -> AccessToken | None:
        """Return a token that has not expired."""
        known = self._memory.find(digest) if self._memory else None
        if known:
            return known
        wanted = _TOKEN.select.where(_C.digest == digest, _C.expires > self._transaction.clock())
        token = _TOKEN.find(self._transaction.execute(wanted).one_or_none())
        if token and self._memory:
            self._memory.keep(token, self._transaction.now())
        return token

    def purge(self) -> int:
        """Drop what has expired."""
        now = self._transaction.clock()
        expired_tokens = delete(tables.access_token).where(_C.expires <= now)
        expired_assertions = delete(tables.jti).where(tables.jti.c.until <= now)
        return self._transaction.changed(expired_tokens) + self._transaction.changed(expired_assertions)
