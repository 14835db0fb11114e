"""The small machines behind the pages: reading forms, drawing the supply, cleaning the text of documents."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import Thresholds
from fhir.treatment.model import Dispense, FhirDate, Source
from fhir.treatment.write import medicine_of
from registry.domain.care.continuity import supply
from registry.web.care.supply_picture import WIDTH, draw
from registry.web.exchange.narrative import KEPT, clean
from registry.web.frame.languages import age_of, choose, day
from registry.web.frame.reading import Sheet
from tests.integration.web.conftest import Clinic

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("2026-03-05", date(2026, 3, 5)),
        ("5/3/2026", date(2026, 3, 5)),
        ("05.03.2026", date(2026, 3, 5)),
        ("5-3-2026", date(2026, 3, 5)),
        ("31/02/2026", None),
        ("5/3", None),
        ("5/3/26", None),
        ("tomorrow", None),
        ("2027-01-01", None),
    ],
)
def test_a_day_is_read_as_browsers_and_people_write_it(
    clinic: Clinic, typed: str, found: date | None
) -> None:
    with clinic.app.test_request_context():
        sheet = Sheet({"day": typed})
        assert sheet.day("day", date(2025, 1, 1), TODAY) == found
        assert bool(sheet.errors) is (found is None)


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        (("1994", "5", "17"), "1994-05-17"),
        (("1994", "5", ""), "1994-05"),
        (("1994", "", ""), "1994"),
        (("", "", ""), ""),
    ],
)
def test_a_birth_date_keeps_the_precision_it_has(clinic: Clinic, parts: tuple[str, ...], found: str) -> None:
    with clinic.app.test_request_context():
        sheet = Sheet(dict(zip(("born-year", "born-month", "born-day"), parts, strict=True)))
        assert sheet.partial_day("born", TODAY) == found
        assert not sheet.errors


@pytest.mark.parametrize(
    "parts", [("", "5", "17"), ("1994", "", "17"), ("94", "5", "17"), ("2030", "", ""), ("x", "", "")]
)
def test_a_birth_date_that_cannot_be_is_named(clinic: Clinic, parts: tuple[str, ...]) -> None:
    with clinic.app.test_request_context():
        sheet = Sheet(dict(zip(("born-year", "born-month", "born-day"), parts, strict=True)))
        assert sheet.partial_day("born", TODAY) == ""
        assert sheet.errors[0].field == "born-day"


def test_numbers_take_a_comma_or_a_point(clinic: Clinic) -> None:
    with clinic.app.test_request_context():
        for typed in ("0,5", "0.5", " 0,5 "):
            assert Sheet({"dose": typed}).decimal("dose", Decimal("0.1"), Decimal(9)) == Decimal("0.5")


def test_dates_are_written_in_the_language_with_the_precision_known(clinic: Clinic) -> None:
    for language, whole, month in (
        ("es", "5 mar 2026", "marzo de 2026"),
        ("pt", "5 mar. 2026", "março de 2026"),
        ("en", "5 Mar 2026", "March 2026"),
    ):
        with clinic.app.test_request_context(f"/?lang={language}"):
            assert day(date(2026, 3, 5)) == whole
            assert day(FhirDate(date(2026, 3, 1), "month")) == month
            assert day(FhirDate(date(2026, 1, 1), "year")) == "2026"
            assert day(None) == ""


def test_age_of_a_fact_grows_from_days_to_years(clinic: Clinic) -> None:
    with clinic.app.test_request_context("/?lang=en"):
        told = [age_of(TODAY - timedelta(days=days), TODAY) for days in (0, 1, 59, 60, 400, 800)]
    assert told == ["today", "1 day ago", "59 days ago", "1 month ago", "13 months ago", "2 years ago"]


def test_an_unknown_language_falls_back(clinic: Clinic) -> None:
    with clinic.app.test_request_context():
        assert choose("xx", "pt", "es") == "pt"
        assert choose("", "", "es") == "es"
        assert choose("en", "pt", "es") == "en"


deliveries = st.lists(st.tuples(st.integers(0, 900), st.integers(1, 366), st.booleans()), max_size=12)


@given(deliveries, st.none() | st.integers(-400, 900))
def test_the_picture_never_leaves_its_frame(
    given_out: list[tuple[int, int, bool]], contact: int | None
) -> None:
    dispenses = [
        Dispense(
            FhirDate(TODAY - timedelta(days=ago)),
            medicine_of(["TDF", "3TC", "DTG"]),
            Source("own" if own else "partner", "x"),
            str(number),
            days=days,
        )
        for number, (ago, days, own) in enumerate(given_out)
    ]
    counted = supply(dispenses, TODAY, Thresholds())
    picture = draw(counted, TODAY + timedelta(days=contact) if contact is not None else None)
    if picture is None:
        assert not dispenses
        return
    for bar in (*picture.bars, *picture.marks):
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH
    assert 0 <= picture.today <= WIDTH
    has = [bar for bar in picture.bars if bar.kind == "has"]
    assert bool(has) is bool(counted.days_on_hand)


@given(st.text(alphabet=st.sampled_from("<>/ab\"'=&;pliscrt onek"), max_size=60) | st.text(max_size=40))
def test_text_of_documents_keeps_known_tags_without_attributes(text: str) -> None:
    for tag in re.findall(r"<[^>]*>", str(clean(text))):
        assert tag.strip("</>") in KEPT


def test_text_of_documents_is_balanced_and_without_scripts() -> None:
    said = clean(
        '<div><p onclick="x">a <b>b</p><script>alert(1)</script><table><tr><td style="x">c</div>&lt;'
    )
    assert said == "<p>a <b>b</b></p><table><tr><td>c&lt;</td></tr></table>"
