"""What every resource we make has in common: privacy labels, whom it is about, who made it.

Source: https://hl7.org/fhir/R4/security-labels.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from fhir.treatment.fields import coding_objects
from fhir.treatment.model import Concept
from fhir.treatment.systems import ACT_CODE, CONFIDENTIALITY, UCUM
from fhir.wire import JsonObject


@dataclass(frozen=True)
class About:
    """References of the person and of who made the entry (`Patient/1`, `Organization/2`, `urn:uuid:...`).

    `place` is the id of a facility of the node; it is written as a logical reference.
    """

    patient: str
    organization: str = ""
    organization_name: str = ""
    practitioner: str = ""
    place: str = ""
    place_name: str = ""

    @property
    def subject(self) -> JsonObject:
        """Return the reference to the person."""
        return {"reference": self.patient}

    @property
    def performer(self) -> JsonObject:
        """Return the reference to who made it, or an empty object."""
        return reference(self.practitioner) or reference(self.organization, self.organization_name)

    @property
    def location(self) -> JsonObject:
        """Return the logical reference to the facility, or an empty object."""
        if not self.place:
            return {}
        named = {"display": self.place_name} if self.place_name else {}
        return {"identifier": {"system": PLACE, "value": self.place}, **named}


PLACE = "urn:puente:place"


def security() -> list[JsonObject]:
    """Return the labels of our resources: restricted, and the sensitivity of the programme."""
    return [{"system": CONFIDENTIALITY, "code": "R"}, {"system": ACT_CODE, "code": "HIV"}]


def labelled(resource: JsonObject) -> JsonObject:
    """Return the resource with its labels and without empty elements."""
    kept = {key: value for key, value in resource.items() if value not in ("", [], {}, None)}
    return {**kept, "meta": {**kept.get("meta", {}), "security": security()}}


def reference(target: str, display: str = "") -> JsonObject:
    """Return a reference, by display alone when there is no target, or an empty object."""
    named = {"display": display} if display else {}
    return {"reference": target, **named} if target else named


def coded(said: Concept) -> JsonObject:
    """Return a CodeableConcept."""
    listed = coding_objects(said)
    return {**({"coding": listed} if listed else {}), **({"text": said.text} if said.text else {})}


def code(system: str, value: str, display: str = "") -> JsonObject:
    """Return a CodeableConcept of one coding."""
    named = {"display": display} if display else {}
    return {"coding": [{"system": system, "code": value, **named}]}


def amount(value: Decimal | int, unit: str, ucum: str = "", comparator: str = "") -> JsonObject:
    """Return a Quantity; `unit` is for people, `ucum` its code when there is one."""
    coded_unit = {"system": UCUM, "code": ucum} if ucum else {}
    compared = {"comparator": comparator} if comparator else {}
    return {"value": value, **compared, **({"unit": unit} if unit else {}), **coded_unit}


def listed(*values: JsonObject) -> Sequence[JsonObject]:
    """Return the objects that are not empty, as a list."""
    return [value for value in values if value]
