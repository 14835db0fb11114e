"""Read the node's secrets from its key folder: KEKs behind a provider, everything else by purpose."""

from dataclasses import dataclass, field
from pathlib import Path

from registry.crypto.sealing import key_files
from registry.crypto.sealing.envelope import split_lp, unwrap, wrap
from registry.crypto.sealing.key_files import KeyFilesMissing, KeyFilesUnsafe, create_key_folder
from registry.crypto.sealing.owner_keys import KekProvider, KeyTable, OwnerKeys, WrappedKey
from registry.crypto.tokens.jwk import Key, kid_of
from registry.errors import Unreadable

__all__ = [
    "FileKeyProvider",
    "KekProvider",
    "KeyFilesMissing",
    "KeyFilesUnsafe",
    "KeyTable",
    "NodeKeys",
    "OwnerKeys",
    "WrappedKey",
    "create_key_folder",
    "load_node_keys",
]


class FileKeyProvider:
    """Wrap data keys with KEKs from files `kek-<number>.key`; the highest number is the current one."""

    def __init__(self, folder: Path) -> None:
        self._current = ""
        self._keks: dict[str, bytes] = {}
        for name in key_files.names_of(folder, "kek"):
            self._keks[name] = key_files.read_secret(folder, name)
            self._current = name

    def wrap(self, dek: bytes, aad: bytes) -> bytes:
        """Wrap a data key with the KEK named in the authenticated data."""
        return wrap(self._kek(aad), dek, aad)

    def unwrap(self, blob: bytes, aad: bytes) -> bytes:
        """Open a wrapped data key; raise Unreadable when anything does not fit."""
        return unwrap(self._kek(aad), blob, aad)

    def current_id(self) -> str:
        """Give the id of the newest KEK."""
        return self._current

    def _kek(self, aad: bytes) -> bytes:
        parts = split_lp(aad)
        kek = self._keks.get(parts[1]) if len(parts) > 1 else None
        if kek is None:
            raise Unreadable
        return kek


@dataclass(frozen=True)
class NodeKeys:
    """Hold a node's own secrets, one key for each purpose; nothing of them is shown when printed."""

    index_root: bytes = field(repr=False)
    audit_pseudonym: bytes = field(repr=False)
    session: bytes = field(repr=False)
    signing: Key = field(repr=False)
    encryption: tuple[Key, ...] = field(repr=False)
    token: Key = field(repr=False)
    checkpoint: Key = field(repr=False)

    def find_encryption_key(self, kid: str) -> Key | None:
        """Find the private key a message to us was encrypted for; old ones stay until their overlap ends."""
        return next((key for key in self.encryption if key.kid == kid), None)


def load_node_keys(folder: Path) -> NodeKeys:
    """Read a node's secrets; raise KeyFilesUnsafe, one sentence, when any is missing, damaged or exposed."""
    key_files.check_folder(folder)
    raw = {
        name: key_files.read_secret(folder, name)
        for name in (key_files.INDEX_ROOT, key_files.AUDIT_PSEUDONYM, key_files.SESSION)
    }
    keks = [key_files.read_secret(folder, name) for name in key_files.names_of(folder, "kek")]
    encryption = _keys(folder, key_files.ENCRYPTION)
    newest = {
        name: _keys(folder, name)[-1] for name in (key_files.SIGNING, key_files.TOKEN, key_files.CHECKPOINT)
    }
    kids = [kid_of(key) for key in (*encryption, *newest.values())]
    if len({*raw.values(), *keks}) < len(raw) + len(keks) or len(set(kids)) < len(kids):
        raise KeyFilesUnsafe(
            f"Two files in {folder} hold the same key: restore each from the backup of the keys."
        )
    return NodeKeys(
        index_root=raw[key_files.INDEX_ROOT],
        audit_pseudonym=raw[key_files.AUDIT_PSEUDONYM],
        session=raw[key_files.SESSION],
        signing=newest[key_files.SIGNING],
        encryption=tuple(encryption),
        token=newest[key_files.TOKEN],
        checkpoint=newest[key_files.CHECKPOINT],
    )


def _keys(folder: Path, purpose: str) -> list[Key]:
    return [key_files.read_key(folder, name) for name in key_files.names_of(folder, purpose)]
