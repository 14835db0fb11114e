"""Prove that an audit log holds an entry and only ever grew: Merkle trees of RFC 9162 section 2.1.

All functions work on leaf hashes (32 bytes, from `leaf`), so that the log need not be hashed for each proof.
"""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

EMPTY = hashlib.sha256(b"").digest()

Hashes = Sequence[bytes]


def leaf(entry: bytes) -> bytes:
    """Hash one entry of the log."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Hash two neighbouring subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """Hold the roots of the full subtrees, largest first: enough to add entries to a huge log."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def add(self, hashed: bytes) -> "Frontier":
        """Give the frontier with one more leaf hash."""
        peaks, bits = list(self.peaks), self.size
        while bits & 1:
            hashed = node(peaks.pop(), hashed)
            bits >>= 1
        return Frontier(self.size + 1, (*peaks, hashed))

    def root(self) -> bytes:
        """Give the root of the tree so far; the hash of nothing when it is empty."""
        if not self.peaks:
            return EMPTY
        top = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            top = node(peak, top)
        return top


def root(leaves: Hashes) -> bytes:
    """Give the root over leaf hashes."""
    frontier = Frontier()
    for hashed in leaves:
        frontier = frontier.add(hashed)
    return frontier.root()


def inclusion_proof(leaves: Hashes, index: int) -> list[bytes]:
    """Give the hashes that prove that leaf `index` (from 0) is in the tree over all leaves."""
    if not 0 <= index < len(leaves):
        raise IndexError("There is no such leaf.")
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if index < split:
        return [*inclusion_proof(left, index), root(right)]
    return [*inclusion_proof(right, index - split), root(left)]


def verify_inclusion(hashed: bytes, index: int, size: int, proof: Hashes, expected_root: bytes) -> bool:
    """Check that a leaf hash is at `index` in the tree of `size` leaves with this root."""
    if not 0 <= index < size:
        return False
    steps = list(_path(index, size))
    if len(steps) != len(proof):
        return False
    for on_left, sibling in zip(steps, proof, strict=True):
        hashed = node(sibling, hashed) if on_left else node(hashed, sibling)
    return hmac.compare_digest(hashed, expected_root)


def consistency_proof(leaves: Hashes, old_size: int) -> list[bytes]:
    """Give the hashes that prove that the tree of the first `old_size` leaves only grew since."""
    if not 0 < old_size <= len(leaves):
        raise IndexError("There was no tree of that size.")
    return _subproof(leaves, old_size, known=True)


def verify_consistency(old_size: int, size: int, old_root: bytes, new_root: bytes, proof: Hashes) -> bool:
    """Check that the tree of `size` leaves only added to that of `old_size` (RFC 9162 section 2.1.4.2)."""
    if not 0 < old_size <= size:
        return False
    if old_size == size:
        return not proof and hmac.compare_digest(old_root, new_root)
    hashes = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    steps = _consistency_steps(old_size - 1, size - 1)
    if len(hashes) != len(steps) + 1:
        return False
    old = new = hashes[0]
    for in_both, sibling in zip(steps, hashes[1:], strict=True):
        if in_both:
            old = node(sibling, old)
            new = node(sibling, new)
        else:
            new = node(new, sibling)
    return hmac.compare_digest(old, old_root) and hmac.compare_digest(new, new_root)


def _split(size: int) -> int:
    """Give the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _path(index: int, size: int) -> Iterator[bool]:
    """Walk from a leaf up to the root; for each sibling say whether it stands on the left."""
    last = size - 1
    while last:
        if index & 1:
            yield True
        elif index < last:
            yield False
        index >>= 1
        last >>= 1


def _subproof(leaves: Hashes, old_size: int, known: bool) -> list[bytes]:
    if old_size == len(leaves):
        return [] if known else [root(leaves)]
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if old_size <= split:
        return [*_subproof(left, old_size, known), root(right)]
    return [*_subproof(right, old_size - split, known=False), root(left)]


def _consistency_steps(old_last: int, last: int) -> list[bool]:
    """For each proof hash after the first say whether it belongs to both trees (else to the new one only)."""
    while old_last & 1:
        old_last >>= 1
        last >>= 1
    steps: list[bool] = []
    while last:
        if old_last & 1 or old_last == last:
            steps.append(True)
            while old_last and not old_last & 1:
                old_last >>= 1
                last >>= 1
        else:
            steps.append(False)
        old_last >>= 1
        last >>= 1
    return steps
