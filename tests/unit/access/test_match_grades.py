"""How sure a match is: what was compared decides, and nothing that speaks against it is certain."""

import itertools

import pytest

from registry.usecases.care.matching import grade
from registry.usecases.exchange.answering.candidates import Compared

SAID = ("same", "unknown", "other")


@pytest.mark.parametrize(
    ("document", "name", "birth_date", "sex", "found"),
    [
        ("same", "same", "same", "same", "certain"),
        ("same", "unknown", "unknown", "unknown", "certain"),
        ("same", "same", "other", "same", "possible"),
        ("same", "other", "other", "same", "certainly-not"),
        ("unknown", "same", "same", "same", "probable"),
        ("other", "same", "same", "unknown", "probable"),
        ("unknown", "same", "same", "other", "possible"),
        ("unknown", "same", "unknown", "unknown", "possible"),
        ("unknown", "unknown", "same", "unknown", "possible"),
        ("unknown", "same", "other", "same", "certainly-not"),
        ("unknown", "unknown", "unknown", "same", "certainly-not"),
    ],
)
def test_what_agrees_decides_the_grade(
    document: str, name: str, birth_date: str, sex: str, found: str
) -> None:
    compared = Compared(document, name, birth_date, sex)  # type: ignore[arg-type]
    assert grade.name(grade.score(compared)) == found


def test_scores_stay_between_0_and_1_and_more_agreement_never_lowers_them() -> None:
    for parts in itertools.product(SAID, repeat=4):
        score = grade.score(Compared(*parts))  # type: ignore[arg-type]
        assert 0 <= score <= 1
        if parts[1] != "same":
            better = grade.score(Compared(parts[0], "same", *parts[2:]))  # type: ignore[arg-type]
            assert better >= score, parts


def test_a_provisional_person_is_never_certain() -> None:
    compared = Compared("same", "same", "same", "same")
    assert grade.name(grade.score(compared, provisional=True)) == "probable"
