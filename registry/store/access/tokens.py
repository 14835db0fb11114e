"""Bearer tokens of partner systems, and the assertions already used."""

from datetime import datetime

from sqlalchemy import delete, insert

from registry.domain.model import AccessToken
from registry.store import tables
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

_TOKEN = Shape(tables.access_token, AccessToken)
_C = tables.access_token.c


class SqlTokens:
    """The port Tokens."""

    def __init__(self, transaction: Transaction) -> None:
        """Work through a unit's transaction."""
        self._transaction = transaction

    def remember_jti(self, client_id: str, jti: str, until: datetime) -> bool:
        """Remember a client assertion; False when it was used before."""
        statement = self._transaction.insert(tables.jti).on_conflict_do_nothing()
        return self._transaction.changed(statement, {"client_id": client_id, "jti": jti, "until": until}) > 0

    def add(self, token: AccessToken) -> None:
        """Keep a token."""
        self._transaction.execute(insert(tables.access_token), _TOKEN.values(token))

    def get(self, digest: bytes) -> AccessToken | None:
        """Return a token that has not expired."""
        wanted = _TOKEN.select.where(_C.digest == digest, _C.expires > self._transaction.clock())
        return _TOKEN.find(self._transaction.execute(wanted).one_or_none())

    def purge(self) -> int:
        """Drop what has expired."""
        now = self._transaction.clock()
        expired_tokens = delete(tables.access_token).where(_C.expires <= now)
        expired_assertions = delete(tables.jti).where(tables.jti.c.until <= now)
        return self._transaction.changed(expired_tokens) + self._transaction.changed(expired_assertions)
