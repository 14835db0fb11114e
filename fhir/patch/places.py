"""Where a path leads inside a resource: the object that holds the element, its name and place there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fhir import r4
from fhir.patch.path import BadPath, Equal, Index, Name, OfType, Single, Step
from fhir.profiles.shape import Element, Shape, shape_of
from fhir.wire import JsonObject

ANY = frozenset({"Resource", "DomainResource"})


@dataclass(frozen=True, slots=True)
class Place:
    """One element: its holder, its JSON name there, its place in a list (None: no list), its type."""

    holder: JsonObject
    key: str
    at: int | None
    type: str

    @property
    def value(self) -> Any:
        """Return what stands there."""
        found = self.holder[self.key]
        return found if self.at is None else found[self.at]

    @property
    def beside(self) -> Any:
        """Return what stands beside a primitive (its id and extensions), or None."""
        found = self.holder.get(f"_{self.key}")
        if self.at is None:
            return found
        return found[self.at] if isinstance(found, list) and self.at < len(found) else None


def root(resource: JsonObject) -> Place:
    """Return the place of the resource itself."""
    return Place({"": resource}, "", None, str(resource.get("resourceType")))


def find(resource: JsonObject, steps: Sequence[Step]) -> list[Place]:
    """Return the places a path leads to; raise BadPath where it has several and single() wants one."""
    start = root(resource)
    if steps and isinstance(steps[0], Name) and steps[0].text in {start.type, *ANY}:
        steps = steps[1:]
    return follow([start], steps)


def follow(places: list[Place], steps: Iterable[Step]) -> list[Place]:
    """Return where steps lead from some places."""
    for step in steps:
        places = _stepped(places, step)
    return places


def shape_at(place: Place) -> Shape:
    """Return the shape of the object at a place; raise BadPath for a value or an unknown type."""
    value = place.value
    named = value.get("resourceType") if isinstance(value, dict) and place.type in ANY else place.type
    try:
        return shape_of(str(named))
    except r4.UnknownType:
        raise BadPath("The path leads into a value that has no elements.") from None


def element(place: Place, name: str, form: str = "") -> Element:
    """Return the element called `name` of the object at a place; `form` tells the type of a choice."""
    return element_of(shape_at(place), name, form)


def element_of(shape: Shape, name: str, form: str = "") -> Element:
    """Return the element called `name` of a type; `form` (`Quantity`) tells the type of a choice."""
    found = None if name.startswith("_") else shape.elements.get(name) or shape.elements.get(name + form)
    if found is None:
        raise BadPath("The path or name has an element that this type does not have.")
    return found


def _stepped(places: list[Place], step: Step) -> list[Place]:
    match step:
        case Name(text):
            return [inner for place in places for inner in _children(place, text)]
        case Index(at):
            return places[-1:] if at == -1 else places[at : at + 1]
        case Single():
            if len(places) > 1:
                raise BadPath("The path leads to several elements where single() wants one.")
            return places
        case OfType(name):
            return [place for place in places if place.type == name]
        case _:
            return [place for place in places if all(_holds(place, equal) for equal in step.all_of)]


def _children(place: Place, name: str) -> Iterator[Place]:
    value = place.value
    if not isinstance(value, dict):
        if isinstance(place.beside, dict):
            yield from _of(place.beside, name, "Extension")
        return
    shape = shape_at(place)
    for form in (name,) if name in shape.elements else forms_of(shape, name):
        yield from _of(value, form, shape.elements[form].type)


def forms_of(shape: Shape, choice: str) -> list[str]:
    """Return the JSON names of a choice: `valueQuantity` and the others of `value`; none for other names."""
    elements = shape.elements.values()
    return [each.name for each in elements if choice and each.choice == choice and each.name[0] != "_"]


def _of(holder: JsonObject, key: str, kind: str) -> Iterator[Place]:
    found = holder.get(key)
    if isinstance(found, list):
        yield from (Place(holder, key, at, kind) for at in range(len(found)))
    elif found is not None:
        yield Place(holder, key, None, kind)


def _holds(place: Place, equal: Equal) -> bool:
    found = follow([place], equal.steps)
    if len(found) != 1:
        return False
    value = found[0].value
    if equal.is_number:
        return isinstance(value, int | Decimal) and value is not True and value == Decimal(str(equal.value))
    return type(value) is type(equal.value) and bool(value == equal.value)
