"""A token opens what was asked and allowed, never more."""

import pytest

from registry.domain.access.scopes import covers, granted, parse

CASES = [
    ("system/Patient.rs", ["system/*.cruds"], ("system/Patient.rs",)),
    ("system/*.cruds", ["system/Patient.rs"], ("system/Patient.rs",)),
    ("system/*.cruds", ["system/Patient.rs", "system/*.c"], ("system/Patient.crs", "system/*.c")),
    ("system/Patient.cruds", ["system/Patient.r", "system/*.s"], ("system/Patient.rs",)),
    ("system/Patient.rs system/Patient.rs", ["system/*.rs"], ("system/Patient.rs",)),
    ("system/*.read", ["system/*.cruds"], ("system/*.rs",)),
    ("system/*.write", ["system/*.cruds"], ("system/*.cud",)),
    ("system/*.*", ["system/*.read"], ("system/*.rs",)),
    ("system/Patient.d", ["system/*.read"], ()),
    ("system/Observation.rs?category=laboratory", ["system/*.cruds"], ()),
    ("user/Patient.rs patient/Patient.rs launch", ["system/*.cruds"], ()),
    ("system/Patient.sr", ["system/*.cruds"], ()),
    ("system/Patient.", ["system/*.cruds"], ()),
    ("system/patient.r", ["system/*.cruds"], ()),
    ("", ["system/*.cruds"], ()),
    ("system/Patient.rs", [], ()),
]


@pytest.mark.parametrize(("asked", "allowed", "given"), CASES)
def test_what_is_asked_is_cut_down_to_what_is_allowed(
    asked: str, allowed: list[str], given: tuple[str, ...]
) -> None:
    assert granted(asked.split(), allowed) == given


def test_the_word_read_does_not_open_deletion() -> None:
    assert covers("system/*.read", "Patient", "r")
    assert not covers("system/*.read", "Patient", "d")
    assert not covers("system/*.read", "Patient", "u")


def test_a_scope_of_another_type_or_kind_opens_nothing() -> None:
    assert not covers("system/Observation.r", "Patient", "r")
    assert not covers("user/Patient.r", "Patient", "r")
    assert parse("system/Patient.rs ") is None
