"""The chain of the audit trail, without a database."""

import hashlib
from dataclasses import replace

import pytest

from registry.domain.access import trail
from registry.domain.model import AuditRow


def chain(*events: bytes) -> list[AuditRow]:
    rows, previous = [], trail.START
    for seq, event in enumerate(events, 1):
        rows.append(AuditRow(f"event-{seq}", event, seq, previous, trail.link(previous, event)))
        previous = rows[-1].hash
    return rows


def test_the_link_follows_the_published_formula() -> None:
    expected = hashlib.sha256(b"mhr.aud.v1" + b"p" * 32 + b'{"a":1}').digest()
    assert trail.link(b"p" * 32, b'{"a":1}') == expected
    assert hashlib.sha256(trail.hashed_entry(b"p" * 32, b'{"a":1}')).digest() == expected


def test_canonical_bytes_are_sorted_compact_and_in_utf_8() -> None:
    assert trail.canonical({"b": "ñ", "a": {"d": 1, "c": "x"}}) == '{"a":{"c":"x","d":1},"b":"ñ"}'.encode()


def test_a_whole_chain_and_an_empty_one_have_no_break() -> None:
    assert trail.find_break(chain(b"a", b"b", b"c")) is None
    assert trail.find_break([]) is None


@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_first_bad_number_is_named(index: int) -> None:
    rows = chain(b"a", b"b", b"c")
    damages = [
        (replace(rows[index], canonical=b"x"), "changed"),
        (replace(rows[index], canonical=b""), "missing"),
        (replace(rows[index], prev_hash=b"x"), "does not follow"),
        (replace(rows[index], hash=b"x"), "changed"),
        (replace(rows[index], seq=99), "missing here"),
    ]
    for damaged, word in damages:
        found = trail.find_break([*rows[:index], damaged, *rows[index + 1 :]])
        assert found is not None
        assert found.seq == index + 1
        assert word in found.why


WRITTEN = [("A/1", 1, "a1"), ("A/1", 2, "a2"), ("B/1", 1, "b1"), ("C/1", 1, "c1")]
STORED = [("A/1", 2, "a2"), ("B/1", 1, "b1"), ("C/1", 1, "c1")]


def test_what_is_stored_as_written_is_no_finding() -> None:
    assert list(trail.find_rolled_back(WRITTEN, STORED)) == []
    assert list(trail.find_rolled_back([], [])) == []


def test_the_newest_version_counts_in_whatever_order_it_was_read() -> None:
    assert list(trail.find_rolled_back([WRITTEN[1], WRITTEN[0], *WRITTEN[2:]], STORED)) == []


@pytest.mark.parametrize(
    ("written", "stored", "reference", "word"),
    [
        (WRITTEN, [("A/1", 1, "a1"), *STORED[1:]], "A/1", "rolled back"),
        (WRITTEN, [("A/1", 3, "a3"), *STORED[1:]], "A/1", "only version 2 was audited"),
        (WRITTEN, [("A/1", 2, "xx"), *STORED[1:]], "A/1", "not the one"),
        (WRITTEN, STORED[1:], "A/1", "not stored"),
        (WRITTEN, STORED[:2], "C/1", "not stored"),
        (WRITTEN, [STORED[0], ("A/9", 1, "x"), *STORED[1:]], "A/9", "no audit row"),
        (WRITTEN, [*STORED, ("D/1", 1, "d")], "D/1", "no audit row"),
        (WRITTEN[:3], STORED, "C/1", "no audit row"),
    ],
)
def test_what_is_not_stored_as_written_is_named(
    written: list[trail.Write], stored: list[trail.Write], reference: str, word: str
) -> None:
    ((found, why),) = trail.find_rolled_back(written, stored)
    assert found == reference
    assert word in why
