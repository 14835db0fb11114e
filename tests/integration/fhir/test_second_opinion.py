"""Our own pass refuses all that the library's model classes refuse; its table of shapes is theirs."""

import copy
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fhir import profiles, r4, wire
from fhir.outcome import Issue
from fhir.profiles import models
from fhir.profiles.library import library_issues, unseen
from fhir.wire import JsonObject, Number
from tests.conftest import scale
from tests.integration.fhir.instances import whole
from tests.unit.fhir.mutants import places
from tests.unit.fhir.seeds import SUMMARY, VALID

TABLE = Path(models.__file__).parents[1] / "terminology" / "shapes.json"
DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
SPOILT = 20_000
WRITTEN = (
    "| |\t|x| x|x y|x  y|ñ|\x00|\x0b|\x1f|true|false|5.4|1e3|2026|2026-02|2026-13|2026-02-30|2026-02-01"
    "|2026-02-01T10:00:00|2026-02-01T24:00:00Z|2026-02-01T10:00Z|2026-02-01T10:00:60Z|10:00|10:00:60"
    "|2026-02-01T10:00:00.1234567+14:00|2026-02-01T10:00:00+15:00|urn:oid:1.2|urn:oid:9|urn:uuid:x"
    "|c757873d-ec9a-4326-a141-556f43239520|/|a_b|#|http://[|aGVs|aGVsbG8|=|-|ht tp://x"
)
NUMBERS = ("1180591620717411303424", "1.0", "-0", "1e400", "0.0000001")
OBJECTS = (
    {},
    {"x": 1},
    {"id": 5},
    {"extension": []},
    {"extension": [{"url": "x"}]},
    {"resourceType": "Patient"},
    {"resource_type": "Patient"},
    {"reference": "#m"},
    {"coding": "x"},
    {"url": "x"},
    {"value": "1"},
    {"fhir_comments": "x"},
)
LISTS = ([], [[]], [None], ["x"], ["x", "x"], [{}])
WORDS = (None, True, False, 0, -1, 3, 2**31, "a" * 65, "a" * 256)
JUNK: tuple[Any, ...] = (*WRITTEN.split("|"), *map(Number, NUMBERS), *OBJECTS, *LISTS, *WORDS)


def spoilt(resource: JsonObject, chance: random.Random) -> tuple[JsonObject, str]:
    """Return a copy with one value dropped, replaced, doubled, put in a list or given a neighbour."""
    made = copy.deepcopy(resource)
    *above, last = path = chance.choice(list(places(made)))
    holder: Any = made
    for key in above:
        holder = holder[key]
    act = chance.randrange(5)
    if act == 0:
        del holder[last]
    elif act == 1:
        holder[last] = [holder[last], copy.deepcopy(holder[last])]
    elif act == 2 and isinstance(holder, dict):
        key = chance.choice(
            [f"_{last}", "foo", "_foo", "x y", "fhir_comments", "resource_type", "class_fhir"]
        )
        holder[key] = copy.deepcopy(chance.choice(JUNK))
    else:
        holder[last] = copy.deepcopy(chance.choice(JUNK))
    return made, ".".join(str(step) for step in path)


def unnoticed(resource: JsonObject, known: Sequence[Issue] = ()) -> list[str]:
    """Return the paths where the library finds an error and our pass no new one at, above or below."""
    new = [issue for issue in profiles.issues(resource) if issue.severity == "error" and issue not in known]
    seen = [issue.at(issue.path.removesuffix(".resourceType")) for issue in new]
    theirs = [issue.at(issue.path.removesuffix(".resource_type")) for issue in library_issues(resource)]
    return [issue.path for issue in unseen(seen, theirs)]


def test_the_table_of_shapes_is_what_the_library_s_classes_say() -> None:
    assert TABLE.read_text(encoding="utf-8") == models.table()


@pytest.mark.parametrize("name", sorted(r4.SUPPORTED))
def test_what_the_library_refuses_in_a_spoilt_resource_our_own_pass_refuses(name: str) -> None:
    seeds = [whole(name), *(one for one in (*VALID, SUMMARY) if one["resourceType"] == name)]
    assert not [issue for seed in seeds for issue in library_issues(seed)]
    known = {id(seed): profiles.issues(seed) for seed in seeds}
    chance = random.Random(name)
    refused = 0
    for _ in range(max(25, int(SPOILT * scale() / len(r4.SUPPORTED)))):
        seed = chance.choice(seeds)
        made, path = spoilt(seed, chance)
        refused += bool(library_issues(made))
        assert not unnoticed(made, known[id(seed)]), path
    assert refused > 5


@pytest.mark.skipif(not DATA.exists(), reason="the documents of others are not beside the project")
def test_what_the_library_refuses_in_documents_of_others_our_own_pass_refuses() -> None:
    refused = 0
    for path in sorted(DATA.glob("*/*.json")):
        for entry in wire.parse(path.read_bytes())["entry"]:
            resource = entry["resource"]
            refused += bool(library_issues(resource))
            assert not unnoticed(resource), f"{path.name} {resource['resourceType']}"
    assert refused > 2


def test_a_resource_of_no_known_type_has_no_second_opinion() -> None:
    assert library_issues({"resourceType": "Ana"}) == library_issues({}) == []


def test_a_field_without_a_fhir_type_stops_the_making_of_the_table() -> None:
    with pytest.raises(TypeError):
        models._primitive(["Mystery"])


def test_an_opinion_is_heard_only_where_ours_is_silent() -> None:
    def at(path: str) -> Issue:
        return Issue("error", "value", path, "format", "x")

    theirs = [at("A.b[0].c"), at("A.b[0].c.d"), at("A.b"), at("A.b[1]"), at("A.bb")]
    assert [issue.path for issue in unseen([at("A.b[0].c")], theirs)] == ["A.b[1]", "A.bb"]
    assert profiles.thorough({**VALID[0], "gender": 5}) == profiles.issues({**VALID[0], "gender": 5})
