"""The invariants of each type, by type name; datatypes and resources are in files of their own."""

from fhir.profiles.rule import Rule
from fhir.profiles.rules_bundle import BUNDLE_RULES
from fhir.profiles.rules_clinical import CLINICAL_RULES
from fhir.profiles.rules_types import TYPE_RULES

_ALL: dict[str, tuple[Rule, ...]] = {**TYPE_RULES, **CLINICAL_RULES, **BUNDLE_RULES}


def invariants_of(type_name: str) -> tuple[Rule, ...]:
    """Return the invariants of one type (`Period`, `Consent`, `PatientContact`)."""
    return _ALL.get(type_name, ())
