"""Audit checkpoints: readable text that only the node's checkpoint key can sign."""

from datetime import UTC, datetime

import pytest

from registry.crypto.tokens.jwk import Key, new_key, public_of
from registry.crypto.witness.checkpoint import (
    Checkpoint,
    CheckpointRefused,
    sign_checkpoint,
    verify_checkpoint,
)

KEY = new_key("Ed25519")
CHECKPOINT = Checkpoint("pe", 1000, bytes(range(32)), datetime(2026, 11, 22, 12, tzinfo=UTC))


def find(kid: str) -> Key | None:
    return public_of(KEY) if kid == KEY.kid else None


def test_a_checkpoint_reads_as_four_lines_and_a_signature() -> None:
    text = sign_checkpoint(CHECKPOINT, KEY)
    assert text.split("\n")[:5] == [
        "pe",
        "1000",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "2026-11-22T12:00:00Z",
        "",
    ]
    assert verify_checkpoint(text, find) == CHECKPOINT


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pe\n", "co\n"),
        ("1000", "1001"),
        ("1000", "01000"),
        ("1000", "-1"),
        ("1000", "x"),
        ("AAEC", "AAED"),
        ("AAEC", "!!!!"),
        ("Hh8=", "Hh8"),
        ("12:00", "12:01"),
        ("12:00:00Z", "12:00:00.0Z"),
        ("\n\n", "\n"),
        ("\n\n", "\nx\n"),
        ("pe\n", "\n"),
    ],
)
def test_a_changed_checkpoint_is_refused(old: str, new: str) -> None:
    with pytest.raises(CheckpointRefused):
        verify_checkpoint(sign_checkpoint(CHECKPOINT, KEY).replace(old, new, 1), find)


def test_text_after_the_signature_is_refused() -> None:
    with pytest.raises(CheckpointRefused):
        verify_checkpoint(sign_checkpoint(CHECKPOINT, KEY) + "x", find)


def test_an_unknown_key_or_one_of_another_kind_is_refused() -> None:
    text = sign_checkpoint(CHECKPOINT, KEY)
    other = new_key("P-256")
    for answer in (None, public_of(other), public_of(new_key("Ed25519"))):
        with pytest.raises(CheckpointRefused):
            verify_checkpoint(text, {str(KEY.kid): answer}.get)
    with pytest.raises(CheckpointRefused):
        sign_checkpoint(CHECKPOINT, other)
