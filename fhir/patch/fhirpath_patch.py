"""FHIRPath Patch: change a resource by the operations of a Parameters resource.

Source: https://hl7.org/fhir/R4/fhirpatch.html
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fhir.patch import path
from fhir.patch.path import BadPath, Name
from fhir.patch.places import Place, element, element_of, find, forms_of, shape_at
from fhir.patch.refusal import MOST_OPERATIONS, checked, refuse, unfit
from fhir.profiles.shape import shape_of
from fhir.wire import JsonObject

Parts = dict[str, JsonObject]


@dataclass(frozen=True, slots=True)
class Value:
    """What an operation brings: a plain value with the type it was named by, or parts of an object."""

    plain: Any
    form: str
    parts: list[JsonObject] | None

    def made(self, kind: str) -> Any:
        """Return the value as it stands in an element of a type."""
        return self.plain if self.parts is None else _object(kind, self.parts)


def changed_by_parameters(resource: JsonObject, parameters: JsonObject) -> JsonObject:
    """Return a changed copy of a resource; raise BadPatch and change nothing when one operation fails."""
    given = parameters.get("parameter")
    operations = given if isinstance(given, list) else []
    if not operations or len(operations) > MOST_OPERATIONS:
        refuse(0, f"A patch has from 1 to {MOST_OPERATIONS} parameters named operation.")
    made = copy.deepcopy(resource)
    for number, operation in enumerate(operations):
        parts = _parts(number, operation)
        act = _ACTS.get(str(_plain(parts, "type")))
        if act is None:
            refuse(number, f"The type of an operation is one of: {', '.join(_ACTS)}.")
        try:
            act(made, parts)
        except BadPath as error:
            unfit(number, str(error))
        except (KeyError, IndexError, TypeError, AttributeError):
            unfit(number, "This operation does not fit the element its path leads to.")
    return checked(made, resource)


def _parts(number: int, operation: object) -> Parts:
    listed = operation.get("part") if isinstance(operation, dict) else None
    if (
        not isinstance(operation, dict)
        or operation.get("name") != "operation"
        or not isinstance(listed, list)
    ):
        refuse(number, "Each parameter is named operation and has parts.")
    parts = {str(each.get("name")): each for each in listed if isinstance(each, dict)}
    if len(parts) != len(listed):
        refuse(number, "Each part of an operation has a name of its own.")
    return parts


def _plain(parts: Parts, name: str) -> Any:
    return _value(parts[name]).plain if name in parts else None


def _value(part: JsonObject) -> Value:
    inner = part.get("part")
    if isinstance(inner, list):
        return Value(None, "", [each for each in inner if isinstance(each, dict)])
    form = next((key for key in part if key.startswith("value")), "")
    if not form:
        raise BadPath("A part of this operation has no value.")
    return Value(part[form], form.removeprefix("value"), None)


def _object(kind: str, parts: list[JsonObject]) -> JsonObject:
    """Return an object of a type from parts, which is how types without a name of their own are sent."""
    made: JsonObject = {}
    for part in parts:
        value = _value(part)
        one = element_of(shape_of(kind), str(part.get("name")), value.form)
        if one.many:
            made.setdefault(one.name, []).append(value.made(one.type))
        elif one.name in made:
            raise BadPath("The value has an element twice that does not repeat.")
        else:
            made[one.name] = value.made(one.type)
    return made


def _steps(parts: Parts) -> tuple[path.Step, ...]:
    text = _plain(parts, "path")
    if not isinstance(text, str):
        raise BadPath("The operation needs a path.")
    return path.read(text)


def _one(resource: JsonObject, steps: tuple[path.Step, ...]) -> Place:
    found = find(resource, steps)
    if len(found) != 1:
        raise BadPath(f"The path must lead to one element; it leads to {len(found)}.")
    return found[0]


def _add(resource: JsonObject, parts: Parts) -> None:
    target, value = _one(resource, _steps(parts)), _value(parts["value"])
    one = element(target, str(_plain(parts, "name")), value.form)
    _check_free(target, one.name)
    if one.many:
        _insert_at(target.value, one.name, len(target.value.get(one.name, ())), value.made(one.type))
    elif one.name in target.value:
        raise BadPath("The element is there already and does not repeat: replace it.")
    else:
        target.value[one.name] = value.made(one.type)


def _check_free(target: Place, name: str) -> None:
    """Raise BadPath when a choice has a value of another type already."""
    shape = shape_at(target)
    if any(form in target.value for form in forms_of(shape, shape.elements[name].choice)):
        raise BadPath("The element is there already and does not repeat: replace it.")


def _insert(resource: JsonObject, parts: Parts) -> None:
    holder, name, kind = _list(resource, parts)
    at = _whole(parts, "index", len(holder.get(name, ())))
    _insert_at(holder, name, at, _value(parts["value"]).made(kind))


def _delete(resource: JsonObject, parts: Parts) -> None:
    if not find(resource, _steps(parts)):
        return
    place = _one(resource, _steps(parts))
    for key in (place.key, f"_{place.key}"):
        _take(place.holder, key, place.at)


def _replace(resource: JsonObject, parts: Parts) -> None:
    place, value = _one(resource, _steps(parts)), _value(parts["value"])
    made = value.made(place.type)
    if place.at is not None:
        place.holder[place.key][place.at] = made
        return
    key = _other_form(resource, parts, place.key, value.form)
    if key != place.key:
        _delete(resource, parts)
    place.holder[key] = made


def _other_form(resource: JsonObject, parts: Parts, key: str, form: str) -> str:
    """Return the JSON name of a choice whose type may change (`Observation.value`), else the same name."""
    steps = _steps(parts)
    last = steps[-1]
    if not isinstance(last, Name) or not form or len(steps) < 2:
        return key
    forms = forms_of(shape_at(_one(resource, steps[:-1])), last.text)
    return last.text + form if key in forms and last.text + form in forms else key


def _move(resource: JsonObject, parts: Parts) -> None:
    holder, name, _ = _list(resource, parts)
    most = len(holder.get(name, ())) - 1
    source, destination = _whole(parts, "source", most), _whole(parts, "destination", most)
    for key in (name, f"_{name}"):
        listed = holder.get(key)
        if isinstance(listed, list):
            listed += [None] * (most + 1 - len(listed))
            listed.insert(destination, listed.pop(source))


def _list(resource: JsonObject, parts: Parts) -> tuple[JsonObject, str, str]:
    """Return holder, name and type of the repeating element a path names, which may be empty."""
    steps = _steps(parts)
    last = steps[-1]
    if not isinstance(last, Name):
        raise BadPath("The path of insert and move must end with the name of a repeating element.")
    holder = _one(resource, steps[:-1])
    one = element(holder, last.text)
    if not one.many:
        raise BadPath("The element does not repeat.")
    return holder.value, one.name, one.type


def _whole(parts: Parts, name: str, most: int) -> int:
    number = _plain(parts, name)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= most:
        raise BadPath(f"{name} must be a place in the list, from 0 to {most}.")
    return number


def _insert_at(holder: JsonObject, name: str, at: int, value: Any) -> None:
    """Insert a value; what stands beside the primitives of a list moves along."""
    listed = holder.setdefault(name, [])
    beside = holder.get(f"_{name}")
    if isinstance(beside, list) and at < len(beside):
        beside.insert(at, None)
    listed.insert(at, value)


def _take(holder: JsonObject, key: str, at: int | None) -> None:
    listed = holder.get(key)
    if at is None:
        holder.pop(key, None)
    elif isinstance(listed, list) and at < len(listed):
        listed.pop(at)
        if not any(each is not None for each in listed):
            del holder[key]


_ACTS: dict[str, Callable[[JsonObject, Parts], None]] = {
    "add": _add,
    "insert": _insert,
    "delete": _delete,
    "replace": _replace,
    "move": _move,
}
