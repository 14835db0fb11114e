"""The table of flags is complete in three languages and names only what the terminology knows."""

import pytest

from fhir import codes
from registry.domain.care.findings import is_positive
from registry.domain.care.flag_table import LANGUAGES, condition_name, read_table, table

HEAD = """
[groups]
[not_assessed]
es = ""
[not_assessed_alone]
es = ""
[other.x]
atc = []
words = []
names = { es = "x" }
[finding]
[[row]]
id = "T"
drugs = ["DTG"]
with = ["x"]
level = "ACT"
source = "s"
date = 2026-01-01
verified = true
es = "a"
pt = "b"
en = "c"
"""


def test_a_well_formed_table_is_read() -> None:
    (row,) = read_table(HEAD).rows
    assert row.pairs() == [("DTG", "x")]


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('level = "ACT"', 'level = "MAYBE"'),
        ("date = 2026-01-01", 'date = "2026"'),
        ('with = ["x"]', 'with = ["y"]'),
        ('drugs = ["DTG"]', 'drugs = ["NOPE"]'),
        ('pt = "b"', ""),
        ("verified = true", ""),
    ],
)
def test_a_row_with_a_fault_is_refused(good: str, bad: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        read_table(HEAD.replace(good, bad))


def test_every_row_speaks_three_languages_and_names_its_source() -> None:
    for row in table().rows:
        assert all(row.texts[language].endswith(".") for language in LANGUAGES), row.id
        assert len(set(row.texts.values())) == 3, row.id
        assert row.source, row.id


def test_row_ids_are_unique_and_rows_do_not_contradict_each_other() -> None:
    ids = [row.id for row in table().rows]
    assert len(ids) == len(set(ids))
    verified = [pair for row in table().rows if row.verified and row.needs is None for pair in row.pairs()]
    assert len(verified) == len(set(verified))


def test_every_condition_has_a_name_in_three_languages() -> None:
    rules = table()
    for row in rules.rows:
        for _, condition in row.pairs():
            assert set(condition_name(rules.names, condition)) == set(LANGUAGES)


def test_what_was_not_read_in_a_source_is_not_called_verified() -> None:
    assert not [row.id for row in table().rows if row.verified and "not read" in row.source]


def test_ingredients_of_the_other_side_are_known() -> None:
    known = {found.key for found in codes.ingredients()}
    assert all(other.ingredients <= known for other in table().others)


@pytest.mark.parametrize(
    ("said", "positive"),
    [
        ("Positivo", True),
        ("REACTIVE", True),
        ("reagente", True),
        ("Detected", True),
        ("no reactivo", False),
        ("Non-reactive", False),
        ("não reagente", False),
        ("Not detected", False),
        ("no detectado", False),
        ("Negativo", False),
        ("en proceso", None),
        ("", None),
    ],
)
def test_words_of_a_result_are_read_in_three_languages(said: str, positive: bool | None) -> None:
    assert is_positive(said) is positive
