"""Ports of sign-in: users, sessions, system tokens."""

from datetime import datetime
from typing import Protocol

from registry.domain.model import AccessToken, Session, User


class Users(Protocol):
    """People who sign in."""

    def add(self, user: User) -> None:
        """Add a user; raise Conflict when the name is taken."""

    def by_name(self, name: str) -> User | None:
        """Return a user by sign-in name."""

    def get(self, user_id: str) -> User | None:
        """Return a user."""

    def all(self) -> list[User]:
        """Return all users by name."""

    def save(self, user: User) -> None:
        """Replace a user's row."""

    def count(self) -> int:
        """Return the number of users."""


class Sessions(Protocol):
    """Server-side browser sessions."""

    def add(self, session: Session) -> None:
        """Start a session."""

    def get(self, digest: bytes) -> Session | None:
        """Return a session."""

    def touch(self, digest: bytes) -> None:
        """Note that it was used now."""

    def set_language(self, digest: bytes, language: str) -> None:
        """Remember the language chosen."""

    def end(self, digest: bytes) -> None:
        """End one session."""

    def end_all(self, user_id: str) -> int:
        """End every session of a user."""


class Tokens(Protocol):
    """Bearer tokens and the assertions already used."""

    def remember_jti(self, client_id: str, jti: str, until: datetime) -> bool:
        """Remember a client assertion; False when it was used before."""

    def add(self, token: AccessToken) -> None:
        """Keep a token."""

    def get(self, digest: bytes) -> AccessToken | None:
        """Return a token that has not expired."""

    def purge(self) -> int:
        """Drop what has expired."""
