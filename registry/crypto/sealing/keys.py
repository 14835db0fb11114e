"""Read the node's secrets from its key folder: KEKs behind a provider, everything else by purpose."""

from dataclasses import dataclass, field
from pathlib import Path

from registry.crypto.sealing import key_files
from registry.crypto.sealing.key_files import KeyFilesMissing, KeyFilesUnsafe, create_key_folder
from registry.crypto.sealing.owner_keys import KekProvider, KeyTable, OwnerKeys, WrappedKey
from registry.crypto.tokens.jwk import Key, kid_of
from registry.crypto.wrapping.kek_file import FileKeyProvider

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
    # Signed with these before: their public halves still check.
    older_checkpoints: tuple[Key, ...] = field(default=(), repr=False)
    # Partners may pin these already; only the encryption keys among them are used, to open.
    coming: tuple[Key, ...] = field(default=(), repr=False)

    def find_encryption_key(self, kid: str) -> Key | None:
        """Find the private key a message to us was encrypted for; old ones stay until their overlap ends."""
        return next((key for key in self.encryption if key.kid == kid), None)


def load_node_keys(folder: Path, keks_elsewhere: bool = False) -> NodeKeys:
    """Read a node's secrets; raise KeyFilesUnsafe, one sentence, when any is missing, damaged or exposed.

    With `keks_elsewhere` the wrapping keys need not be files.
    """
    key_files.check_folder(folder)
    roots = [key_files.read_secret(folder, name) for name in key_files.index_roots(folder)]
    raw = {
        name: key_files.read_secret(folder, name) for name in (key_files.AUDIT_PSEUDONYM, key_files.SESSION)
    }
    keks = [key_files.read_secret(folder, name) for name in _kek_names(folder, keks_elsewhere)]
    pairs = {purpose: _keys(folder, purpose) for purpose in key_files.JWKS}
    coming = {purpose: _coming(folder, purpose) for purpose in key_files.JWKS}
    kids = [kid_of(key) for each in (pairs, coming) for keys in each.values() for key in keys]
    secrets = [*raw.values(), *roots, *keks]
    if len(set(secrets)) < len(secrets) or len(set(kids)) < len(kids):
        raise KeyFilesUnsafe(
            f"Two files in {folder} hold the same key: restore each from the backup of the keys."
        )
    checkpoints = pairs[key_files.CHECKPOINT]
    return NodeKeys(
        index_root=roots[-1],
        audit_pseudonym=raw[key_files.AUDIT_PSEUDONYM],
        session=raw[key_files.SESSION],
        signing=pairs[key_files.SIGNING][-1],
        encryption=(*pairs[key_files.ENCRYPTION], *coming[key_files.ENCRYPTION]),
        token=pairs[key_files.TOKEN][-1],
        checkpoint=checkpoints[-1],
        older_checkpoints=tuple(checkpoints[:-1]),
        coming=(*coming[key_files.SIGNING], *coming[key_files.TOKEN]),
    )


def _kek_names(folder: Path, keks_elsewhere: bool) -> list[str]:
    try:
        return key_files.names_of(folder, "kek")
    except KeyFilesMissing:
        if keks_elsewhere:
            return []
        raise


def _keys(folder: Path, purpose: str) -> list[Key]:
    return [key_files.read_key(folder, name) for name in key_files.names_of(folder, purpose)]


def _coming(folder: Path, purpose: str) -> list[Key]:
    return [key_files.read_key(folder, name) for name in key_files.coming(folder, purpose)]
