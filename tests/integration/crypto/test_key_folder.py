"""The key folder on a real file system: made once and complete, refused when others could read it."""

import os
import resource
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from registry.crypto.sealing.envelope import lp, wrap_aad
from registry.crypto.sealing.key_files import read_key, read_secret
from registry.crypto.sealing.keys import (
    FileKeyProvider,
    KeyFilesMissing,
    KeyFilesUnsafe,
    NodeKeys,
    create_key_folder,
    load_node_keys,
)
from registry.crypto.tokens.jwk import curve_of
from registry.errors import Unreadable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "node" / "keys"
    assert create_key_folder(path)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_first_run_makes_every_secret_for_its_own_purpose(folder: Path) -> None:
    keys = load_node_keys(folder)
    curves = [curve_of(key) for key in (keys.signing, *keys.encryption, keys.token, keys.checkpoint)]
    assert curves == ["P-256", "P-256", "P-384", "Ed25519"]
    raw = {keys.index_root, keys.audit_pseudonym, keys.session, read_secret(folder, "kek-0001")}
    assert len(raw) == 4
    assert {len(each) for each in raw} == {32}


def test_files_and_folder_are_for_their_owner_only(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert [path.name for path in folder.parent.iterdir()] == ["keys"]


def test_a_second_run_changes_nothing(folder: Path) -> None:
    before = contents(folder)
    assert not create_key_folder(folder)
    assert contents(folder) == before


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    assert create_key_folder(tmp_path / "keys")
    load_node_keys(tmp_path / "keys")


def test_two_first_runs_at_once_make_one_folder(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: create_key_folder(tmp_path / "keys"), range(8)))
    assert made.count(True) == 1
    load_node_keys(tmp_path / "keys")
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_a_place_that_cannot_hold_keys_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path / "file" / "keys"):
        with pytest.raises(KeyFilesUnsafe, match="choose a new local folder"):
            create_key_folder(place)


def test_nothing_secret_is_printed_with_the_keys(folder: Path) -> None:
    keys = load_node_keys(folder)
    assert repr(keys) == "NodeKeys()"
    assert isinstance(keys, NodeKeys)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610, 0o666])
def test_a_key_file_that_others_can_use_is_refused(mode: int, folder: Path) -> None:
    (folder / "session.key").chmod(mode)
    with pytest.raises(KeyFilesUnsafe, match="chmod 600"):
        load_node_keys(folder)


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o711])
def test_a_key_folder_that_others_can_enter_is_refused(mode: int, folder: Path) -> None:
    folder.chmod(mode)
    for load in (load_node_keys, FileKeyProvider):
        with pytest.raises(KeyFilesUnsafe, match="chmod 700"):
            load(folder)


def test_keys_of_another_user_are_refused(folder: Path) -> None:
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
    else:
        folder = Path("/root")  # belongs to somebody else
    with pytest.raises(KeyFilesUnsafe, match="chown"):
        load_node_keys(folder)


def test_a_link_is_refused_as_file_and_as_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(KeyFilesUnsafe, match="not a link"):
        load_node_keys(tmp_path / "link")
    (folder / "session.key").rename(tmp_path / "session.key")
    (folder / "session.key").symlink_to(tmp_path / "session.key")
    with pytest.raises(KeyFilesUnsafe, match="not a link"):
        load_node_keys(folder)


def test_what_is_no_file_is_refused(folder: Path) -> None:
    (folder / "session.key").unlink()
    os.mkfifo(folder / "session.key", 0o600)
    with pytest.raises(KeyFilesUnsafe, match="must be a file"):
        load_node_keys(folder)


@pytest.mark.parametrize("name", ["session.key", "kek-0001.key", "signing-0001.jwk"])
def test_a_missing_key_is_named_and_not_made_again(name: str, folder: Path) -> None:
    (folder / name).unlink()
    with pytest.raises(KeyFilesMissing, match=f"{name.split('.', maxsplit=1)[0]}.*restore"):
        load_node_keys(folder)
    assert not create_key_folder(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFilesMissing, match="restore it from the backup, or make it"):
        FileKeyProvider(tmp_path / "keys")


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("session.key", b"00" * 31),
        ("session.key", b"not hex"),
        ("session.key", b"\xff" * 64),
        ("session.key", b""),
        ("signing-0001.jwk", b"{}"),
        ("signing-0001.jwk", b"not json"),
    ],
)
def test_a_damaged_key_is_named(name: str, damage: bytes, folder: Path) -> None:
    (folder / name).write_bytes(damage)
    with pytest.raises(KeyFilesUnsafe, match=f"{name} is damaged"):
        load_node_keys(folder)


@pytest.mark.parametrize("secret", [bytes(32), b"a" * 32, b"password" * 4])
def test_a_key_that_is_not_random_is_refused(secret: bytes, folder: Path) -> None:
    (folder / "session.key").write_text(f"{secret.hex()}\n")
    with pytest.raises(KeyFilesUnsafe, match="too simple"):
        load_node_keys(folder)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("session.key", "index-root.key"),
        ("kek-0001.key", "index-root.key"),
        ("signing-0001.jwk", "encryption-0002.jwk"),
    ],
)
def test_one_key_for_two_purposes_is_refused(source: str, target: str, folder: Path) -> None:
    shutil.copy2(folder / source, folder / target)
    with pytest.raises(KeyFilesUnsafe, match="same key"):
        load_node_keys(folder)


def test_the_newest_key_signs_and_old_ones_still_open(folder: Path, tmp_path: Path) -> None:
    create_key_folder(tmp_path / "next")
    for purpose in ("signing", "encryption"):
        shutil.copy2(tmp_path / "next" / f"{purpose}-0001.jwk", folder / f"{purpose}-0002.jwk")
    keys = load_node_keys(folder)
    assert keys.signing == read_key(folder, "signing-0002")
    for name in ("encryption-0001", "encryption-0002"):
        key = read_key(folder, name)
        assert keys.find_encryption_key(str(key.kid)) == key
    assert keys.find_encryption_key("unknown") is None


def test_the_newest_kek_wraps_and_older_ones_still_open(folder: Path, tmp_path: Path) -> None:
    first = FileKeyProvider(folder)
    aad = wrap_aad(first.current_id(), "p1", 1)
    wrapped = first.wrap(b"d" * 32, aad)
    create_key_folder(tmp_path / "next")
    shutil.copy2(tmp_path / "next" / "kek-0001.key", folder / "kek-0002.key")
    second = FileKeyProvider(folder)
    # A process that was there before sees the new key without a restart.
    assert (first.current_id(), second.current_id()) == ("kek-0002", "kek-0002")
    assert second.unwrap(wrapped, aad) == b"d" * 32
    newer = wrap_aad("kek-0002", "p1", 1)
    with pytest.raises(Unreadable):
        second.unwrap(wrapped, newer)
    assert second.unwrap(first.wrap(b"d" * 32, newer), newer) == b"d" * 32
    with pytest.raises(Unreadable):
        first.wrap(b"d" * 32, wrap_aad("kek-0003", "p1", 1))


@pytest.mark.parametrize("aad", [b"", lp("one"), b"\xff"])
def test_a_label_without_a_kek_is_unreadable(aad: bytes, folder: Path) -> None:
    with pytest.raises(Unreadable):
        FileKeyProvider(folder).unwrap(bytes(60), aad)


def test_a_disk_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # the 32-byte secrets fit, the first JWK does not
    try:
        with pytest.raises(KeyFilesUnsafe, match="File too large"):
            create_key_folder(tmp_path / "keys")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []
