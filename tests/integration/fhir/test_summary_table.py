"""The table of summary elements says what the library's classes say."""

from fhir import r4
from fhir.codes.systems import table


def test_summary_elements_are_those_of_the_classes() -> None:
    kept = {"id", "meta", "implicitRules"}
    for name, listed in table("summary_elements").items():
        assert set(listed.split()) == set(r4.class_for(name).summary_elements_sequence()) - kept, name
