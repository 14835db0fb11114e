"""Hash and check passwords with Argon2id (RFC 9106); an unknown user costs the same time as a known one."""

import secrets
import unicodedata
from dataclasses import dataclass

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

MAX_CHARACTERS = 256


@dataclass(frozen=True)
class Argon2Cost:
    """Say what one check costs: memory in KiB, passes over it, lanes."""

    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1


class Passwords:
    """Hash and check passwords at one cost; older hashes keep their own cost until they are replaced."""

    def __init__(self, cost: Argon2Cost | None = None) -> None:
        chosen = cost or Argon2Cost()
        self._hasher = PasswordHasher(
            time_cost=chosen.passes, memory_cost=chosen.memory_kib, parallelism=chosen.lanes, type=Type.ID
        )
        self._nobody = self._hasher.hash(secrets.token_urlsafe(32))

    def hash(self, password: str) -> str:
        """Give the text to store; raise ValueError when the password is too long to be one."""
        if len(password) > MAX_CHARACTERS:
            raise ValueError(f"A password has at most {MAX_CHARACTERS} characters.")
        return self._hasher.hash(_normal(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """Tell whether the password is the stored one; `None` (unknown user) costs the same, is False."""
        try:
            self._hasher.verify(stored or self._nobody, _normal(password[:MAX_CHARACTERS]))
        except (VerificationError, InvalidHashError):
            return False
        return bool(stored) and len(password) <= MAX_CHARACTERS

    def outdated(self, stored: str) -> bool:
        """Tell whether the stored hash was made at another cost and should be replaced at sign-in."""
        return self._hasher.check_needs_rehash(stored)


def _normal(password: str) -> bytes:
    # The same password typed on another keyboard may arrive in another Unicode form.
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")
