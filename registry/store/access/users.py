"""People who sign in, and their sessions."""

from sqlalchemy import func, insert, select, update

from registry.domain.model import Session, User
from registry.errors import Conflict
from registry.store import tables
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

_USER = Shape(tables.app_user, User)
_U = tables.app_user.c
_SESSION = Shape(tables.session, Session)
_S = tables.session.c


class SqlUsers:
    """The port Users."""

    def __init__(self, transaction: Transaction) -> None:
        """Work through a unit's transaction."""
        self._transaction = transaction

    def add(self, user: User) -> None:
        """Add a user; raise Conflict when the name is taken."""
        statement = self._transaction.insert(tables.app_user).on_conflict_do_nothing()
        if not self._transaction.changed(statement, _USER.values(user)):
            raise Conflict("This sign-in name is taken. Choose another one.")

    def by_name(self, name: str) -> User | None:
        """Return a user by sign-in name."""
        return _USER.find(self._transaction.execute(_USER.select.where(_U.name == name)).one_or_none())

    def get(self, user_id: str) -> User | None:
        """Return a user."""
        return _USER.find(self._transaction.execute(_USER.select.where(_U.id == user_id)).one_or_none())

    def all(self) -> list[User]:
        """Return all users by name."""
        return _USER.read_all(self._transaction.execute(_USER.select.order_by(_U.name)))

    def save(self, user: User) -> None:
        """Replace a user's row."""
        self._transaction.execute(update(tables.app_user).where(_U.id == user.id).values(_USER.values(user)))

    def count(self) -> int:
        """Return the number of users."""
        number: int = self._transaction.execute(
            select(func.count()).select_from(tables.app_user)
        ).scalar_one()
        return number


class SqlSessions:
    """The port Sessions."""

    def __init__(self, transaction: Transaction) -> None:
        """Work through a unit's transaction."""
        self._transaction = transaction

    def add(self, session: Session) -> None:
        """Start a session."""
        self._transaction.execute(insert(tables.session), _SESSION.values(session))

    def get(self, digest: bytes) -> Session | None:
        """Return a session, ended or not."""
        wanted = _SESSION.select.where(_S.digest == digest)
        return _SESSION.find(self._transaction.execute(wanted).one_or_none())

    def touch(self, digest: bytes) -> None:
        """Note that it was used now."""
        self._set(digest, last_seen=self._transaction.clock())

    def set_language(self, digest: bytes, language: str) -> None:
        """Remember the language chosen."""
        self._set(digest, language=language)

    def end(self, digest: bytes) -> None:
        """End one session."""
        self._set(digest, ended=func.coalesce(_S.ended, self._transaction.clock()))

    def end_all(self, user_id: str) -> int:
        """End every session of a user."""
        open_ones = update(tables.session).where(_S.user_id == user_id, _S.ended.is_(None))
        return self._transaction.changed(open_ones.values(ended=self._transaction.clock()))

    def _set(self, digest: bytes, **changes: object) -> None:
        self._transaction.execute(update(tables.session).where(_S.digest == digest).values(changes))
