"""Identifiers, names and birth dates meet in one spelling."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.crypto.index.terms import (
    Term,
    birth_date,
    folded_words,
    identifier_values,
    name_words,
    skeleton,
)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("12.345.678-k", "12345678K"),
        (" 0012 3456 ", "00123456"),
        ("V\u00a012\u2011345", "V12345"),
        ("12\u2212345", "12345"),
        ("\uff11\uff12\u200b3", "123"),
        ("ab/12", "AB/12"),
    ],
)
def test_identifier_spellings_meet(typed: str, normal: str) -> None:
    assert identifier_values("http://example.org/dni", typed) == (
        f"http://example.org/dni|{normal}",
        f"|{normal}",
    )


def test_oid_written_with_a_dot_meets_the_one_with_a_colon() -> None:
    dotted = identifier_values(" urn:oid.1.2.3", "7")
    assert dotted == identifier_values("urn:oid:1.2.3", "7") == ("urn:oid:1.2.3|7", "|7")


def test_identifier_without_system_or_value() -> None:
    assert identifier_values("", "7") == ("|7",)
    assert identifier_values("urn:oid:1.2.3", " .- ") == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("González", "Gonsales"),
        ("Vásquez", "Basques"),
        ("Hernández", "Ernandes"),
        ("Llanes", "Yáñez"),
        ("Quispe", "Kispe"),
        ("Josefina", "Yosephina"),
    ],
)
def test_names_that_sound_alike_share_a_skeleton(one: str, other: str) -> None:
    assert skeleton(folded_words(one)[0]) == skeleton(folded_words(other)[0])


@pytest.mark.parametrize(
    ("word", "sound"),
    [
        ("chavez", "xbs"),
        ("guerra", "ir"),
        ("cecilia", "ssl"),
        ("carlos", "krls"),
        ("guillermo", "irm"),
        ("h", ""),
        ("", ""),
        ("ana", "an"),
    ],
)
def test_replacements_follow_their_order(word: str, sound: str) -> None:
    assert skeleton(word) == sound


def test_a_name_gives_whole_words_prefixes_and_sounds() -> None:
    assert name_words("Ñuñez O’Brien") == (
        Term("prefix", "nun"),
        Term("prefix", "obr"),
        Term("sound", "nns"),
        Term("sound", "obrn"),
        Term("word", "nunez"),
        Term("word", "obrien"),
    )


def test_short_words_and_other_scripts_are_found_too() -> None:
    assert Term("prefix", "de") in name_words("de la Cruz")
    assert Term("word", "lukasz") in name_words("Łukasz")
    assert name_words("李")
    assert Term("sound", "") not in name_words("H")
    assert name_words("12 --") == ()


@pytest.mark.parametrize(
    "partial", ["1990", "1990-05", "1990-02-30", "19900501", "1990-5-1", "", "1990-05-01T00:00"]
)
def test_partial_or_impossible_birth_dates_are_not_indexed(partial: str) -> None:
    assert birth_date(partial) is None


def test_full_birth_date_is_kept() -> None:
    assert birth_date("1990-05-01") == "1990-05-01"


@settings(max_examples=60, database=None)
@given(st.text(max_size=20))
def test_any_text_gives_clean_terms(text: str) -> None:
    for term in name_words(text):
        assert term.value.isascii()
        assert term.value.isalpha()
        assert term.value.islower()
    assert all(" " not in value.split("|", 1)[1] for value in identifier_values("", text))
