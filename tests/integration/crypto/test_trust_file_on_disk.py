"""The trust list file is read again only when it changed, and never goes back."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from registry.crypto.partners.trust import TrustList
from registry.crypto.partners.trust_file import TrustCache, TrustRefused, draft_trust, load_trust, sign_trust
from registry.crypto.tokens.jwk import Key, new_key, public_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANA, LUIS = new_key("Ed25519"), new_key("Ed25519")
OFFICERS: dict[str, Key] = {str(key.kid): public_of(key) for key in (ANA, LUIS)}
TRUST = TrustList(7, NOW, NOW + timedelta(days=30))
Write = Callable[[TrustList], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(trust: TrustList) -> Path:
        path = tmp_path / "trust.json"
        path.write_bytes(sign_trust(sign_trust(draft_trust(trust), ANA), LUIS))
        return path

    return put


def test_a_list_is_read_from_its_file(write: Write) -> None:
    assert load_trust(write(TRUST), OFFICERS, NOW) == TRUST


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrustRefused, match="cannot be read"):
        load_trust(tmp_path / "trust.json", OFFICERS, NOW)


def test_an_unchanged_file_is_not_read_again(write: Write) -> None:
    cache = TrustCache()
    path = write(TRUST)
    first = load_trust(path, OFFICERS, NOW, cache)
    # The same size and time with other bytes: only a second reading could notice.
    status = path.stat()
    path.write_bytes(b"x" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert load_trust(path, OFFICERS, NOW, cache) is first


def test_a_changed_file_is_read_again(write: Write) -> None:
    cache = TrustCache()
    load_trust(write(TRUST), OFFICERS, NOW, cache)
    path = write(replace(TRUST, version=12))
    os.utime(path, (1, 1))
    assert load_trust(path, OFFICERS, NOW, cache).version == 12


def test_an_older_list_does_not_come_back(write: Write) -> None:
    cache = TrustCache()
    load_trust(write(TRUST), OFFICERS, NOW, cache)
    path = write(replace(TRUST, version=6))
    os.utime(path, (1, 1))
    with pytest.raises(TrustRefused, match="older"):
        load_trust(path, OFFICERS, NOW, cache)


def test_a_list_in_memory_expires_too(write: Write) -> None:
    cache = TrustCache()
    path = write(TRUST)
    load_trust(path, OFFICERS, NOW, cache)
    with pytest.raises(TrustRefused, match="expired"):
        load_trust(path, OFFICERS, TRUST.expires, cache)
