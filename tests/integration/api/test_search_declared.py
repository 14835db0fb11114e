"""Everything declared and described about searching is done, and no search is a fault of the node."""

import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from fhir.profiles import issues
from fhir.search import clauses, parameters
from registry.usecases.care.record.sealing import DIRECTORY
from registry.usecases.care.search import along, looking, rows
from tests.integration.api.conftest import Api
from tests.integration.api.searching import Chart, chart

VALUES = {
    "date": "ge2020",
    "number": "1",
    "quantity": "gt0||mg",
    "reference": "Patient/x",
    "special": "1|2|3|km",
    "string": "abc",
    "token": "urn:x|y",
    "uri": "http://example.org",
}
OF_MODIFIER = {
    "missing": "true",
    "of-type": "urn:x|y|z",
    "in": "http://hl7.org/fhir/ValueSet/observation-status",
    "not-in": "http://hl7.org/fhir/ValueSet/observation-status",
    "identifier": "urn:x|y",
}
PAGE = Path("docs/reference/search.md").read_text("utf-8")
EXAMPLES = re.findall(r"^GET /fhir/(\S+)$", PAGE, re.MULTILINE)
TYPES = ("Patient", "Observation", "Location", "Task", "Appointment", "DocumentReference", "Coverage", "List")
PIECES = (
    "1", "-1", "x", "ñ", "|", "||", ",", "$", "\\", "\\,", "ge", "ap2026", "2026-02-30", "9999", "0001-01-01",
    "2026-01-01T10:00:00+14:00", "5.4||mg", "1e5", "Patient/1", "http://a/b", "urn:x|", "*", "%", "\x00",
    "🙂",
    "Observation:patient", "-date", "true", "'; DROP", "a" * 3000, "NaN", "Infinity", "__proto__", " ",
)  # fmt: skip
EXTRA = ("_sort", "_include", "_revinclude", "_count", "_total", "_summary", "_elements", "_page", "_has", "")
PARTS = {"token": "x", "quantity": "1", "date": "2020", "string": "x", "reference": "Patient/x"}


@pytest.fixture(scope="module")
def rosa(api: Api) -> Chart:
    """Give a person with results."""
    return chart(api)


@pytest.fixture(scope="module")
def declared(api: Api) -> list[dict[str, Any]]:
    """Give what is declared about each type."""
    found: list[dict[str, Any]] = json.loads(api.get("metadata").data)["rest"][0]["resource"]
    # Subscriptions are a partner's own, and the trail is asked by person only: both are tested apart.
    apart = {"Subscription", "AuditEvent"}
    return [each for each in found if "searchParam" in each and each["type"] not in apart]


def value_of(resource_type: str, name: str, kind: str, modifier: str) -> str:
    """Return a value that can be read."""
    if name == "_id":
        return "abc"
    if modifier:
        return OF_MODIFIER.get(modifier, VALUES[kind])
    if kind == "composite":
        return "$".join(PARTS[part.kind] for part in parameters(resource_type)[name].components)
    return VALUES[kind]


def modifiers(each: dict[str, Any]) -> Iterator[str]:
    """Yield the modifiers that a parameter is documented with, and none."""
    yield ""
    for word in each["documentation"].partition(":")[2].split(","):
        if ":" in word:
            yield word.strip(" .:")


def narrowed(resource_type: str, rosa: Chart) -> list[tuple[str, str]]:
    """Return what makes a search of the type affordable."""
    if resource_type in DIRECTORY:
        return []
    return [("_id", rosa.patient)] if resource_type == "Patient" else [("_id", "none")]


def test_every_stored_type_with_search_declares_its_parameters(declared: list[dict[str, Any]]) -> None:
    assert len(declared) > 35
    for each in declared:
        names = [parameter["name"] for parameter in each["searchParam"]]
        assert sorted(names) == sorted(parameters(each["type"]))
        assert {"_id", "_lastUpdated", "_tag", "_security", "_profile"} <= set(names)
        assert "search-type" in [interaction["code"] for interaction in each["interaction"]]


def test_everything_declared_is_answered(rosa: Chart, declared: list[dict[str, Any]]) -> None:
    asked = 0
    for each in declared:
        by_modifier: dict[str, list[tuple[str, str]]] = {}
        for parameter in each["searchParam"]:
            for modifier in modifiers(parameter):
                name = f"{parameter['name']}:{modifier}" if modifier else parameter["name"]
                value = value_of(each["type"], parameter["name"], parameter["type"], modifier)
                by_modifier.setdefault(modifier, []).append((name, value))
                asked += 1
        for pairs in by_modifier.values():
            query = urlencode([*narrowed(each["type"], rosa), *pairs])
            answer = rosa.api.get(f"{each['type']}?{query}", Prefer="handling=strict")
            assert answer.status_code == 200, (each["type"], answer.text)
    assert asked > 2_000


def test_every_parameter_of_the_person_narrows_alone_or_is_told(rosa: Chart) -> None:
    """What is said to be too costly is exactly what has no token; nothing else fails."""
    cheap = {"_id", "identifier", "name", "family", "given", "phonetic"}
    for name, parameter in parameters("Patient").items():
        value = value_of("Patient", name, parameter.shown_kind, "")
        status = rosa.api.get(f"Patient?{urlencode({name: value})}").status_code
        assert status == (200 if name in cheap else 403), name


def test_everything_declared_to_come_along_does(rosa: Chart, declared: list[dict[str, Any]]) -> None:
    for each in declared:
        pairs = [("_include", include) for include in each.get("searchInclude", ())]
        pairs += [("_revinclude", include) for include in each.get("searchRevInclude", ())]
        query = urlencode([*narrowed(each["type"], rosa), *pairs])
        answer = rosa.api.get(f"{each['type']}?{query}", Prefer="handling=strict")
        assert answer.status_code == 200, (each["type"], answer.text)


def test_the_compartment_of_a_person_is_there_for_every_type_she_can_have(
    rosa: Chart, declared: list[dict[str, Any]]
) -> None:
    for each in declared:
        status = rosa.api.get(f"Patient/{rosa.patient}/{each['type']}").status_code
        assert status == (404 if each["type"] in DIRECTORY | {"Patient"} else 200), each["type"]


def test_a_modifier_that_is_not_declared_is_refused(rosa: Chart) -> None:
    every = sorted({word for words in clauses.MODIFIERS.values() for word in words})
    for name, parameter in parameters("Observation").items():
        for modifier in every:
            value = value_of("Observation", name, parameter.shown_kind, "")
            value = OF_MODIFIER.get(modifier, value)
            query = urlencode([("patient", rosa.patient), (f"{name}:{modifier}", value)])
            allowed = clauses.takes(parameter, modifier)
            if name in ("code", "date", "subject", "value-string", "_profile", "_id", "code-value-date"):
                assert rosa.api.get(f"Observation?{query}").status_code == (200 if allowed else 400), query


def test_the_statement_is_itself_valid(api: Api) -> None:
    statement = json.loads(api.get("metadata").data)
    assert issues(statement) == []
    assert statement["rest"][0]["compartment"] == ["http://hl7.org/fhir/CompartmentDefinition/patient"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_page_is_answered(rosa: Chart, example: str) -> None:
    path = quote(example.replace("[id]", rosa.patient), safe="/?=&$:|,.-_")
    answer = rosa.api.get(path, Prefer="handling=strict")
    assert answer.status_code == 200, answer.text


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    for limit in (looking.MOST_OPENED, rows.MOST_CARRIERS, along.MOST_ALONG):
        assert f"{limit:,}" in PAGE


def query(chance: random.Random, person: str) -> str:
    """Return a search that may make sense, or not at all."""
    kind = chance.choice(TYPES)
    known = list(parameters(kind))
    modifiers = [
        "",
        "",
        "",
        *sorted({word for words in clauses.MODIFIERS.values() for word in words}),
        "Patient",
    ]
    pairs = [("_id" if kind == "Patient" else "patient", person)] if chance.random() < 0.7 else []
    for _ in range(chance.randint(1, 4)):
        name = chance.choice([*known, *EXTRA])
        shape = chance.random()
        if shape < 0.2:
            name = f"{name}.{chance.choice(known)}"
        elif shape < 0.3:
            name = f"_has:{chance.choice(TYPES)}:{chance.choice(known)}:{name}"
        elif modifier := chance.choice(modifiers):
            name = f"{name}:{modifier}"
        pairs.append((name, "".join(chance.choices(PIECES, k=chance.randint(1, 3)))))
    return f"{kind}?{urlencode(pairs)}"


def test_no_search_is_a_fault_of_the_node(rosa: Chart, scaled: Callable[[int], int]) -> None:
    chance = random.Random(2026)
    seen = set()
    for _ in range(scaled(5_000)):
        asked = query(chance, rosa.patient)
        answer = rosa.api.get(asked)
        assert answer.status_code in (200, 400, 403), (asked, answer.text)
        seen.add(answer.status_code)
        for each in json.loads(answer.data).get("entry", ()):
            found = each["resource"]
            mine = found.get("subject", {}).get("reference", f"Patient/{rosa.patient}")
            assert mine == f"Patient/{rosa.patient}", asked
    assert seen == {200, 400, 403}
