"""Ports to everything outside the database: keys, time, ids, the broker, partners."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from registry.domain.model import SearchToken


class Vault(Protocol):
    """Seals bytes for an owner and opens them again; the only way to plain data."""

    def seal(self, owner_id: str, place: tuple[str, str, str, int], plain: bytes) -> bytes:
        """Seal for (table, row id, column, revision), creating the owner's key when there is none."""

    def open(self, owner_id: str, place: tuple[str, str, str, int], sealed: bytes) -> bytes:
        """Open; raise registry.errors.Unreadable when anything does not fit."""

    def prepare(self, owner_ids: Sequence[str]) -> None:
        """Load the keys of many owners at once."""

    def create(self, owner_ids: Sequence[str]) -> None:
        """Make the keys of many new owners in one act; who has one keeps it."""

    def erase(self, owner_id: str) -> None:
        """Destroy an owner's keys: nothing sealed for the owner can be read again."""


class BlindIndex(Protocol):
    """Computes search tokens that reveal nothing without this node's index key."""

    def identifiers(self, system: str, value: str) -> list[SearchToken]:
        """Return the tokens `system|value` and `|value` of an identifier."""

    def names(self, words: str) -> list[SearchToken]:
        """Return whole-word, prefix and phonetic tokens of a name."""

    def birth_date(self, day: str) -> list[SearchToken]:
        """Return the token of a full birth date (YYYY-MM-DD); nothing for partial ones."""


class Clock(Protocol):
    """Tells the time, so that tests and closed periods can set it."""

    def now(self) -> datetime:
        """Return the time in UTC."""


class NewIds(Protocol):
    """Makes ids."""

    def new(self) -> str:
        """Return a new random id."""


class Waker(Protocol):
    """Wakes workers; losing a wake-up loses nothing, because sweeps find the row."""

    def wake(self, task: str, row_id: str) -> None:
        """Ask for a task by name with a row's id; never raise."""


@dataclass(frozen=True)
class Answer:
    """What a partner answered: HTTP status, its signed note if any, seconds to wait when it asked for
    that.
    """

    status: int
    note: str = ""
    retry_after: float | None = None
    error: str = ""


@dataclass(frozen=True)
class Notification:
    """What goes to a partner's hook; `timeout` in seconds is the partner's own wish, 0 = ours."""

    partner: str
    msg_id: str
    address: str
    body: bytes
    headers: tuple[tuple[str, str], ...]
    timeout: int = 0


class PartnerClient(Protocol):
    """Sends one packed message to a pinned partner address."""

    def send(self, partner_id: str, msg_id: str, packed: bytes) -> Answer:
        """POST the message; status 0 with an error code when there was no answer."""

    def notify(self, notification: Notification) -> Answer:
        """POST a notification to an address that was checked; status 0 when there was no answer."""


class Cryptography(Protocol):
    """Signing and packing with this node's keys, checking with pinned partner keys."""

    def pack(self, partner_id: str, claims: "Outgoing") -> bytes:
        """Sign and encrypt a message for a partner."""

    def unpack(self, data: bytes) -> "Incoming":
        """Decrypt and check a message; raise registry.errors.Refusal of the right status."""

    def note(self, msg_id: str, digest: str) -> str:
        """Sign the `received` note of a message."""

    def check_note(self, partner_id: str, note: str, msg_id: str, digest: str) -> bool:
        """Check a partner's `received` note."""

    def receipt(self, msg_id: str, status: str, digest: str) -> bytes:
        """Sign a receipt."""

    def public_keys(self) -> list[dict[str, object]]:
        """Return the public halves of this node's keys as JWKs with their use (RFC 7517)."""

    def proof(self, address: str, msg_id: str, body: bytes) -> str:
        """Sign what goes to a partner's hook: the address, the id and the digest of the body."""

    def addresses(self, partner_id: str) -> tuple[str, ...]:
        """Return a partner's addresses in the trust list; none when it is not in it."""

    def scopes(self, partner_id: str) -> tuple[str, ...]:
        """Return what the trust list lets a partner's system do; nothing when it is not in it."""

    def is_bound(self, partner_id: str, certificate: str) -> bool:
        """Tell whether a client certificate carries a TLS key pinned for a partner; True without pins."""

    def partner_problem(self, partner_id: str) -> str:
        """Return what keeps this node from exchanging with a partner, or an empty string."""

    def check_receipt(self, partner_id: str, jws: bytes) -> tuple[str, str, str, datetime]:
        """Check a partner's receipt; return (msg_id, status, digest, at)."""


@dataclass(frozen=True)
class Outgoing:
    """What a message says about itself; the names follow the message contract."""

    msg_id: str
    kind: str
    seq: int
    patient_ref: str
    bundle: bytes
    in_reply_to: str = ""
    consent_digest: str = ""
    profile: str = ""


@dataclass(frozen=True)
class Incoming:
    """A message that authenticated: who sent it and the exact bytes it carried."""

    partner: str
    msg_id: str
    kind: str
    seq: int
    patient_ref: str
    digest: str
    bundle: bytes
    created: datetime
    expires: datetime
    in_reply_to: str = ""
    consent_digest: str = ""


@dataclass(frozen=True)
class ClientAssertion:
    """An accepted client assertion: who, its one-time id, until when, and the scopes it may have."""

    client_id: str
    jti: str
    expires: datetime
    scopes: tuple[str, ...]


class Secrets(Protocol):
    """Checks what people and systems know."""

    def hash_password(self, password: str) -> str:
        """Return the hash of a password."""

    def check_password(self, stored: str | None, password: str) -> bool:
        """Check a password; an unknown user (None) costs the same time."""

    def new_code_secret(self) -> str:
        """Make the secret of a one-time code generator."""

    def code_uri(self, secret: str, account: str, issuer: str) -> str:
        """Return the otpauth address to scan."""

    def check_code(self, secret: str, code: str, now: datetime, last_step: int) -> int | None:
        """Return the time step of a right code that was not used before, else None."""

    def check_assertion(self, token: str, audience: str, now: datetime) -> ClientAssertion:
        """Check a client assertion against the pinned keys; raise ClientRefused otherwise."""

    def knows_client(self, client_id: str, now: datetime) -> bool:
        """Tell whether a client is in the trust list with a token key in force."""


class Witness(Protocol):
    """Hashes and signs the audit tree (RFC 9162)."""

    def root(self, entries: Iterable[bytes]) -> bytes:
        """Return the tree's root over hash inputs of entries."""

    def roots(self, entries: Iterable[bytes], sizes: Set[int]) -> dict[int, bytes]:
        """Return the root after each of these numbers of entries, in one pass."""

    def sign(self, size: int, root: bytes, at: datetime) -> str:
        """Return a signed checkpoint."""

    def check(self, text: str) -> tuple[int, bytes] | None:
        """Return (size, root) of a checkpoint this node signed, None when it is not."""
