"""One parameter with its modifier and values to a Clause, and a Clause against a resource."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import orjson

from fhir.search.declared import Parameter
from fhir.search.kinds import amounts, links, moments, near, texts, tokens
from fhir.search.kinds.setting import BadValue, Setting
from fhir.search.query import Clause
from fhir.search.spelling import split
from fhir.wire import JsonObject

MOST_VALUES = 500
# The modifiers of each kind; a reference also takes the name of a type.
MODIFIERS: Mapping[str, tuple[str, ...]] = {
    "composite": (),
    "date": ("missing",),
    "id": ("not",),
    "near": (),
    "phonetic": ("missing",),
    "quantity": ("missing",),
    "reference": ("identifier", "missing"),
    "string": ("contains", "exact", "missing"),
    "token": ("in", "missing", "not", "not-in", "of-type", "text"),
    "uri": ("above", "below", "missing"),
}
# Paths that end at an Identifier.
_IDENTIFIERS = ("dentifier", "requisition")
_NEGATIVE = frozenset({"not", "not-in"})
_READ: dict[str, Callable[[str, str, Setting], object]] = {
    "date": lambda value, _, setting: moments.read(value, setting),
    "id": lambda value, _, setting: links.read_id(value, setting),
    "near": lambda value, _, setting: near.read(value, setting),
    "phonetic": lambda value, _, setting: texts.read(value, "phonetic", setting),
    "quantity": lambda value, _, setting: amounts.read(value, setting),
    "reference": links.read,
    "string": texts.read,
    "token": tokens.read,
    "uri": links.read_address,
}
_FITS: dict[str, Callable[[Any, Any, Setting], bool]] = {
    "date": moments.fits,
    "id": lambda element, asked, _: bool(element == asked),
    "near": near.fits,
    "quantity": amounts.fits,
    "reference": links.fits,
    "string": texts.fits,
    "token": tokens.fits,
    "uri": links.fits_address,
}


def takes(parameter: Parameter, modifier: str) -> bool:
    """Tell whether a parameter can have a modifier (`` is none)."""
    if not modifier or modifier in MODIFIERS[parameter.kind]:
        return not (modifier == "of-type" and parameter.name != "identifier")
    return parameter.kind == "reference" and modifier[0].isupper() and modifier.isalpha()


def read(parameter: Parameter, modifier: str, value: str, setting: Setting) -> Clause:
    """Return the clause of a parameter; raise BadValue when a value cannot be read."""
    if modifier == "missing":
        if value not in ("true", "false"):
            raise BadValue("With :missing the value is true or false.")
        return Clause(parameter, modifier, (value == "true",))
    parts = [part for part in split(value) if part]
    if not parts or len(parts) > MOST_VALUES:
        raise BadValue(f"A search parameter has one to {MOST_VALUES} values.")
    values = tuple(_value(parameter, modifier, part, setting) for part in parts)
    return Clause(parameter, modifier, values, _needles(parameter, modifier, values))


def _value(parameter: Parameter, modifier: str, part: str, setting: Setting) -> object:
    if parameter.kind != "composite":
        return _READ[parameter.kind](part, modifier, setting)
    pieces = list(split(part, "$"))
    if len(pieces) != len(parameter.components) or not all(pieces):
        raise BadValue("A value of several parts is written with $ between them.")
    return tuple(
        _READ[component.kind](piece, "", setting)
        for component, piece in zip(parameter.components, pieces, strict=True)
    )


def fits(resource: JsonObject, clause: Clause, setting: Setting, sounds: texts.Sounds | None = None) -> bool:
    """Tell whether a resource fits one clause."""
    parameter = clause.parameter
    elements = parameter.get(resource)
    if clause.modifier == "missing":
        return (not elements) is clause.values[0]
    if parameter.kind == "composite":
        return any(
            _parts_fit(parameter, each, value, setting) for each in elements for value in clause.values
        )
    if parameter.kind == "phonetic":
        asked = cast(tuple[texts.Text, ...], clause.values)
        return sounds is not None and any(
            texts.sounds_like(each, value, sounds) for each in elements for value in asked
        )
    compare = _FITS[parameter.kind]
    found = any(compare(each, value, setting) for value in clause.values for each in elements)
    return found is not (clause.modifier in _NEGATIVE)


def _parts_fit(parameter: Parameter, element: Any, values: object, setting: Setting) -> bool:
    asked = cast(tuple[object, ...], values)
    return isinstance(element, dict) and all(
        any(_FITS[component.kind](each, value, setting) for each in component.get(element))
        for component, value in zip(parameter.components, asked, strict=True)
    )


def _needles(parameter: Parameter, modifier: str, values: tuple[object, ...]) -> tuple[bytes, ...]:
    """Return what the bytes of every resource that fits must hold; nothing when one value cannot tell."""
    if modifier or parameter.path.startswith("@"):
        return ()
    found = [_needle(parameter, value) for value in values]
    return tuple(needle for needle in found if needle) if all(found) else ()


def _needle(parameter: Parameter, value: object) -> bytes:
    match value:
        # Values of identifiers are compared in one form, whatever dots and dashes were written.
        case tokens.Token(_, code) if not any(part in parameter.path for part in _IDENTIFIERS):
            return _written(code)
        case links.Link(_, resource_id, address):
            return _written(address or resource_id)
        case (tokens.Token(_, code), *_):
            return _written(code)
        case _:
            return b""


def _written(text: str) -> bytes:
    """Return a text as JSON holds it, in lower case; nothing for other letters, which have other cases."""
    return orjson.dumps(text.lower())[1:-1] if text.isascii() else b""
