"""Blind index tokens: the known answer, and one key per column and version."""

import pytest

from registry.crypto.index.blind import BlindIndex, pseudonym

INDEX = BlindIndex(b"\x07" * 32)


def test_token_equals_the_known_answer() -> None:
    for _ in range(2):  # derived, then from memory
        token = INDEX.token("patient_identifier", "value", "PE|DNI|12345678")
        assert token.hex() == "80ef71715f99d8470d1699c256a03fdb"


def test_another_column_version_root_or_value_gives_another_token() -> None:
    tokens = {
        INDEX.token("people", "name", "x"),
        INDEX.token("people", "birth", "x"),
        INDEX.token("others", "name", "x"),
        INDEX.token("people", "name", "y"),
        INDEX.token("people", "name", "x", version=2),
        BlindIndex(b"\x08" * 32).token("people", "name", "x"),
    }
    assert len(tokens) == 6
    assert {len(token) for token in tokens} == {16}


@pytest.mark.parametrize(("table", "column"), [("a|b", "c"), ("a", "b|c")])
def test_names_that_could_be_confused_are_refused(table: str, column: str) -> None:
    with pytest.raises(ValueError, match="bar"):
        INDEX.token(table, column, "x")


def test_a_short_root_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        BlindIndex(b"short")


def test_a_pseudonym_depends_on_key_and_person() -> None:
    one = pseudonym(b"k" * 32, "patient-1")
    assert len(one) == 16
    assert len({one, pseudonym(b"k" * 32, "patient-2"), pseudonym(b"l" * 32, "patient-1")}) == 3


def test_half_a_character_does_not_stop_a_search() -> None:
    assert len(INDEX.token("people", "name", "\ud800")) == 16
