"""The table of search parameters: complete for what is stored, and every path of it can be walked."""

import pytest

from fhir import r4, search
from fhir.codes.systems import table
from fhir.profiles.shape import shape_of
from fhir.search import clauses
from fhir.search.paths import getter

TYPES = sorted(name for name in r4.SUPPORTED if search.is_searched(name))
# They have no search parameters of their own in FHIR 4.0.1, or are never stored.
WITHOUT = {"Binary", "Bundle"}


def test_every_type_that_is_stored_can_be_searched() -> None:
    assert set(r4.SUPPORTED) - set(TYPES) == WITHOUT


@pytest.mark.parametrize("resource_type", TYPES)
def test_every_path_is_walked_over_a_resource_that_has_nothing(resource_type: str) -> None:
    for parameter in search.parameters(resource_type).values():
        assert parameter.kind in clauses.MODIFIERS
        found = parameter.get({"resourceType": resource_type})
        assert found in ([], [False], [{"resourceType": resource_type}]), parameter.name


# What an element may be that a parameter of this kind compares.
COMPARED = {
    "date": {"date", "dateTime", "instant", "Period", "Timing", "string"},
    "near": {"LocationPosition"},
    "phonetic": {"HumanName", "string"},
    "quantity": {"Quantity", "Age", "Duration", "Range"},
    "reference": {"Reference", "canonical", "uri"},
    "string": {"string", "markdown", "HumanName", "Address"},
    "token": {
        "boolean", "code", "CodeableConcept", "Coding", "ContactPoint", "Identifier", "id", "string", "uri",
    },
    "uri": {"uri", "url", "canonical"},
}  # fmt: skip


def ends(type_name: str, path: str) -> set[str]:
    """Return the types of the elements at a path; none when there is no such element."""
    names = {type_name}
    for step in path.split("."):
        bare = step.partition("[")[0].partition(":")[0]
        kinds = ("DateTime", "Period", "Instant", "Date", "Timing", "String") if "[x]" in step else ("",)
        names = {
            found.type
            for name in names
            for kind in kinds
            if (found := shape_of(name).elements.get(f"{bare}{kind}"))
        }
    return names


@pytest.mark.parametrize("resource_type", TYPES)
def test_every_path_ends_at_an_element_that_its_kind_can_compare(resource_type: str) -> None:
    """A path with a slip of the pen would find nothing and never be missed."""
    for name, (kind, paths, *parts) in table("search")[resource_type].items():
        for path in paths.split():
            if path.startswith("@"):
                continue
            if kind != "composite":
                assert ends(resource_type, path), (name, path)
                assert ends(resource_type, path) <= COMPARED[kind], (name, path)
                continue
            (root,) = {resource_type} if path == "." else ends(resource_type, path)
            for inner, inner_paths in parts:
                found = [ends(root, each) for each in inner_paths.split()]
                assert all(each and each <= COMPARED[inner] for each in found), (name, path)


def test_a_path_passes_through_lists_and_keeps_one_kind() -> None:
    patient = {
        "telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "2"}, "x"],
        "name": [{"family": "A"}, None, {"family": "B"}],
    }
    assert getter("telecom[email]")(patient) == [{"system": "email", "value": "2"}]
    assert getter("name.family")(patient) == ["A", "B"]
    assert getter("name.family telecom.value")(patient) == ["A", "B", "1", "2"]
    with pytest.raises(ValueError, match="not a path"):
        getter("name family()")({})
