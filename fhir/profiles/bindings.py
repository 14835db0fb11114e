"""Required code lists: an element with a required binding must carry one of these codes, exact case.

Sources: terminology/required.json; https://hl7.org/fhir/R4/terminologies.html#required
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from fhir import r4
from fhir.codes.systems import table

_MIME = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(\s*;.*)?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SHOWN = 16
# Data types that are a Quantity with a narrower meaning.
_QUANTITIES = ("Age", "Count", "Distance", "Duration")


@dataclass(frozen=True, slots=True)
class Binding:
    """One required code list; an open list has no codes but a syntax, `system` is that of concepts."""

    value_set: str
    codes: frozenset[str]
    system: str
    open: str

    def allows(self, value: Any) -> bool:
        """Tell whether a code, or one coding of a CodeableConcept, is in the list."""
        if isinstance(value, str):
            return self._has(value)
        codings = value.get("coding") if isinstance(value, Mapping) else None
        return isinstance(codings, list) and any(self._has_coding(coding) for coding in codings)

    def sentence(self) -> str:
        """Return what the sender may write."""
        name = self.value_set.rsplit("/", 1)[-1]
        if 0 < len(self.codes) <= _SHOWN:
            return f"The code is not in the required list {name}: {', '.join(sorted(self.codes))}."
        return f"The code is not in the required list {name}."

    def _has(self, code: str) -> bool:
        if self.open == "mimetypes":
            return _MIME.fullmatch(code) is not None
        if self.open == "currencies":
            return _CURRENCY.fullmatch(code) is not None
        if self.open == "resource-types":
            return r4.is_resource_type(code)
        return code in self.codes

    def _has_coding(self, coding: Any) -> bool:
        if not isinstance(coding, Mapping):
            return False
        code = coding.get("code")
        return coding.get("system") == self.system and isinstance(code, str) and code in self.codes


def bindings_of(type_name: str) -> dict[str, Binding]:
    """Return the required bindings of the elements of one type, by element name."""
    return _by_type().get(type_name, {})


@cache
def _by_type() -> dict[str, dict[str, Binding]]:
    found: dict[str, dict[str, Binding]] = {}
    for path, row in table("required")["elements"].items():
        *steps, element = path.split(".")
        binding = Binding(
            value_set=row["value_set"],
            codes=frozenset(row.get("codes", ())),
            system=row.get("system", ""),
            open=row.get("open", ""),
        )
        found.setdefault(_type_name(steps), {})[element] = binding
    for name in _QUANTITIES:
        found[name] = found["Quantity"]
    return found


def _type_name(steps: list[str]) -> str:
    """Return the name of the type at a path: `Patient.contact` is `PatientContact`."""
    return "".join(step[:1].upper() + step[1:] for step in steps)
