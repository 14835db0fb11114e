"""What an operation is given: parameters of the address, or a Parameters resource in the body.

Source: https://hl7.org/fhir/R4/operations.html#executing
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flask import request

from fhir import wire
from registry.api.frame import reading
from registry.api.frame.negotiation import check_content
from registry.errors import BadInput
from registry.ports import Services

ANY = "*"
# Parameters that shape any answer.
FRAME = frozenset({"_format", "_pretty"})


@dataclass(frozen=True)
class Given:
    """Values by name, as texts (an Identifier as `system|value`), and resources by name."""

    texts: Mapping[str, tuple[str, ...]]
    resources: Mapping[str, wire.JsonObject] = field(default_factory=dict)

    def many(self, name: str) -> tuple[str, ...]:
        """Return every value, commas inside one value counting as well."""
        return tuple(part for text in self.texts.get(name, ()) for part in text.split(",") if part)

    def one(self, name: str) -> str:
        """Return the only value, or an empty text; raise BadInput when there are several."""
        found = self.texts.get(name, ())
        if len(found) > 1:
            raise BadInput(f"The parameter {name} may be given once.")
        return found[0] if found else ""

    def needed(self, name: str) -> str:
        """Return the only value; raise BadInput without one."""
        if not self.one(name):
            raise BadInput(f"The parameter {name} is needed.")
        return self.one(name)

    def flag(self, name: str) -> bool:
        """Return whether a boolean parameter is true; raise BadInput for what is no boolean."""
        found = self.one(name) or "false"
        if found not in ("true", "false"):
            raise BadInput(f"The parameter {name} is true or false.")
        return found == "true"

    def number(self, name: str, otherwise: int, most: int) -> int:
        """Return a count from 1 to `most` (more counts as most); raise BadInput for what is none."""
        found = self.one(name)
        if not found:
            return otherwise
        if not (found.isascii() and found.isdecimal() and len(found) < 10 and int(found) > 0):
            raise BadInput(f"The parameter {name} is a whole number above 0.")
        return min(int(found), most)


def read(services: Services, known: Iterable[str], bare: str = "") -> Given:
    """Return what was given; raise BadInput for names not `known` when the caller wants none ignored.

    `bare` is the type of resource that may be the whole body, as the parameter `resource`; or ANY.
    """
    texts: dict[str, list[str]] = {}
    resources: dict[str, wire.JsonObject] = {}
    for name, value in request.args.items(multi=True):
        texts.setdefault(name, []).append(value)
    if request.method == "POST" and request.get_data():
        _read_body(services, bare, texts, resources)
    unknown = {*texts, *resources} - {*known, *FRAME}
    if unknown and reading.is_strict():
        raise BadInput("A parameter of this operation is not known here.")
    return Given({name: tuple(values) for name, values in texts.items()}, resources)


def _read_body(
    services: Services, bare: str, texts: dict[str, list[str]], resources: dict[str, wire.JsonObject]
) -> None:
    check_content(request, *reading.JSON_BODY)
    body = reading.parse(reading.body(services), services.settings.message_limit)
    kind = body.get("resourceType")
    if bare and (kind == bare or (bare == ANY and kind != "Parameters")):
        resources["resource"] = body
        return
    if body.get("resourceType") != "Parameters":
        raise BadInput("The body must be a Parameters resource.")
    listed = body.get("parameter", [])
    if not isinstance(listed, list):
        raise BadInput("Parameters.parameter must be a list.")
    for entry in listed:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise BadInput("Each parameter needs a name.")
        if isinstance(entry.get("resource"), dict):
            resources[entry["name"]] = entry["resource"]
        else:
            texts.setdefault(entry["name"], []).append(_text(entry))


def _text(entry: wire.JsonObject) -> str:
    """Return a value as it would stand in an address."""
    value = next((value for key, value in entry.items() if key.startswith("value")), None)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return _of_object(value)
    if isinstance(value, list) or value is None:
        raise BadInput("A parameter has no value that can be used here.")
    return str(value)


def _of_object(value: wire.JsonObject) -> str:
    """Return an Identifier or Coding as `system|value`, a CodeableConcept's first coding, a reference."""
    codings = value.get("coding")
    if isinstance(codings, list) and codings and isinstance(codings[0], dict):
        return _of_object(codings[0])
    if isinstance(value.get("reference"), str):
        return str(value["reference"])
    code = value.get("value", value.get("code"))
    if not isinstance(code, str):
        raise BadInput("A parameter has no value that can be used here.")
    system = value.get("system")
    return f"{system}|{code}" if isinstance(system, str) else code
