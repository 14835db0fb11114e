"""Ways to spoil a resource, for tests that must hold whatever a partner sends."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from fhir.wire import JsonObject, Number

junk = st.sampled_from(
    [
        None,
        "",
        " ",
        "x",
        "true",
        "5.4",
        "2026-99-99",
        "\x00",
        0,
        -1,
        3,
        Number("1180591620717411303424"),
        True,
        [],
        {},
        [[]],
        [None],
        {"x": 1},
        Number("1.0"),
        Number("-0"),
        {"coding": "x"},
        {"reference": 5},
        {"reference": "#"},
        ["x", "x"],
        "#m",
        "urn:x",
    ]
)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value below a node."""
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in members:
        yield (*path, key)
        yield from places(value, (*path, key))


@st.composite
def mutants(draw: st.DrawFn, *seeds: JsonObject) -> JsonObject:
    """Take a resource and drop, replace, double or add up to four values anywhere in it."""
    made = copy.deepcopy(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        found = list(places(made))
        if found:
            spoil(draw, made, draw(st.sampled_from(found)))
    return made


def spoil(draw: st.DrawFn, made: Any, path: tuple[Any, ...]) -> None:
    """Change the value at one path."""
    *above, last = path
    holder = made
    for key in above:
        holder = holder[key]
    act = draw(st.integers(0, 3))
    if act == 0:
        del holder[last]
    elif act == 1:
        holder[last] = copy.deepcopy(draw(junk))
    elif act == 2:
        holder[last] = [holder[last], copy.deepcopy(holder[last])]
    elif isinstance(holder, dict):
        holder[draw(st.sampled_from(["_" + str(last), "foo", "resourceType", "status", "x y"]))] = (
            copy.deepcopy(draw(junk))
        )
    else:
        holder.append(copy.deepcopy(draw(junk)))
