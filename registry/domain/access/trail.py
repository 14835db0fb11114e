"""The audit trail as a chain: how events are written and linked, and what a broken chain looks like.

Events become canonical JSON (sorted keys, UTF-8, no floats, RFC 8785); each link is SHA-256 over a label, the
hash before it and the event. Leaves of the checkpoint tree are the same bytes that are hashed here.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from registry.domain.model import AuditRow

START = bytes(32)
_LABEL = b"mhr.aud.v1"


@dataclass(frozen=True)
class Break:
    """The first place where the trail is not what was written: its number in the chain and a sentence."""

    seq: int
    why: str


def canonical(fields: Mapping[str, str | int | Mapping[str, str | int]]) -> bytes:
    """Return an event's canonical bytes."""
    return compact(fields).encode()


def compact(fields: Mapping[str, str | int | Mapping[str, str | int]]) -> str:
    """Return sorted JSON without spaces."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def hashed_entry(previous: bytes, event: bytes) -> bytes:
    """Return the bytes that a link hashes, which are also the entry of the checkpoint tree."""
    return _LABEL + previous + event


def link(previous: bytes, event: bytes) -> bytes:
    """Return the hash that chains an event to the one before it."""
    return hashlib.sha256(hashed_entry(previous, event)).digest()


def find_break(rows: Iterable[AuditRow]) -> Break | None:
    """Return the first bad place of a chain given in order, or None."""
    previous, expected = START, 1
    for row in rows:
        why = _why(row, expected, previous)
        if why:
            return Break(expected, why)
        previous, expected = row.hash, expected + 1
    return None


def _why(row: AuditRow, expected: int, previous: bytes) -> str:
    if row.seq != expected:
        return "A row of the chain is missing here."
    if not row.canonical:
        return "The event of this row is missing."
    if row.prev_hash != previous:
        return (
            "This row does not follow the one before it: rows were removed, inserted or put in another order."
        )
    if link(previous, row.canonical) != row.hash:
        return "The event of this row was changed."
    return ""


Write = tuple[str, int, str]
# What the trail says of a row that was removed with its person: a version above all others, and no digest.
GONE = (1_000_000, "gone")


def find_rolled_back(written: Iterable[Write], stored: Iterable[Write]) -> Iterator[tuple[str, str]]:
    """Yield (reference, sentence) for each stored body that is not the one last audited.

    Both sides are (reference, version, digest) by reference; `written` holds every audited write, and of one
    version the newest last: a version is sealed again when its key changes.
    """
    audited, kept = _newest(written), iter(stored)
    wanted, found = next(audited, None), next(kept, None)
    while wanted is not None or found is not None:
        if found is not None and (wanted is None or found[0] < wanted[0]):
            yield found[0], "It is stored, but no audit row tells of its writing."
            found = next(kept, None)
        elif wanted is not None and (found is None or wanted[0] < found[0]):
            if wanted[1:] != GONE:
                yield wanted[0], "Its writing was audited, but it is not stored any more."
            wanted = next(audited, None)
        else:
            if wanted is not None and found is not None and found != wanted:
                yield found[0], _difference(wanted, found)
            wanted, found = next(audited, None), next(kept, None)


def _newest(written: Iterable[Write]) -> Iterator[Write]:
    newest: Write | None = None
    for row in written:
        if newest is not None and row[0] != newest[0]:
            yield newest
            newest = None
        if newest is None or row[1] >= newest[1]:
            newest = row
    if newest is not None:
        yield newest


def _difference(wanted: Write, found: Write) -> str:
    if found[1] < wanted[1]:
        return f"Version {found[1]} is stored, but version {wanted[1]} was written: it was rolled back."
    if found[1] > wanted[1]:
        return f"Version {found[1]} is stored, but only version {wanted[1]} was audited."
    return "Its stored body is not the one that was written."
