"""Hash and sign the audit tree with this node's checkpoint key (port Witness)."""

from collections.abc import Iterable, Sequence, Set
from datetime import datetime

from registry.crypto.tokens.jwk import Key, kid_of, public_of
from registry.crypto.witness import checkpoint, merkle


class NodeWitness:
    """Signs checkpoints of one node's audit trail."""

    def __init__(self, origin: str, key: Key, older: Sequence[Key] = ()) -> None:
        self._origin = origin
        self._key = key
        self._publics = {kid_of(public): public for public in map(public_of, (key, *older))}

    def root(self, entries: Iterable[bytes]) -> bytes:
        """Return the tree's root over hash inputs of entries; nothing is kept but the frontier."""
        frontier = merkle.Frontier()
        for entry in entries:
            frontier = frontier.add(merkle.leaf(entry))
        return frontier.root()

    def roots(self, entries: Iterable[bytes], sizes: Set[int]) -> dict[int, bytes]:
        """Return the root after each of these numbers of entries, in one pass."""
        frontier = merkle.Frontier()
        found: dict[int, bytes] = {}
        for entry in entries:
            frontier = frontier.add(merkle.leaf(entry))
            if frontier.size in sizes:
                found[frontier.size] = frontier.root()
        return found

    def sign(self, size: int, root: bytes, at: datetime) -> str:
        """Return a signed checkpoint."""
        return checkpoint.sign_checkpoint(checkpoint.Checkpoint(self._origin, size, root, at), self._key)

    def check(self, text: str) -> tuple[int, bytes] | None:
        """Return (size, root) of a checkpoint this node signed, None when it is not."""
        try:
            read = checkpoint.verify_checkpoint(text, self._publics.get)
        except checkpoint.CheckpointRefused:
            return None
        return (read.size, read.root) if read.origin == self._origin else None
