"""Whatever is asked for in a search is answered or refused, never with a fault of the node."""

import json
import random
from collections.abc import Callable
from urllib.parse import urlencode

from fhir import search
from fhir.search import clauses
from tests.integration.api.conftest import Api
from tests.integration.api.searching import chart

TYPES = ("Patient", "Observation", "Location", "Task", "Appointment", "DocumentReference", "Coverage", "List")
PIECES = (
    "1", "-1", "x", "ñ", "|", "||", ",", "$", "\\", "\\,", "ge", "ap2026", "2026-02-30", "9999", "0001-01-01",
    "2026-01-01T10:00:00+14:00", "5.4||mg", "1e5", "Patient/1", "http://a/b", "urn:x|", "*", "%", "\x00",
    "🙂",
    "Observation:patient", "-date", "true", "'; DROP", "a" * 3000, "NaN", "Infinity", "__proto__", " ",
)  # fmt: skip
EXTRA = ("_sort", "_include", "_revinclude", "_count", "_total", "_summary", "_elements", "_page", "_has", "")


def query(chance: random.Random, person: str) -> str:
    """Return a search that may make sense, or not at all."""
    kind = chance.choice(TYPES)
    known = list(search.parameters(kind))
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


def test_no_search_is_a_fault_of_the_node(api: Api, scaled: Callable[[int], int]) -> None:
    her = chart(api)
    chance = random.Random(2026)
    seen = set()
    for _ in range(scaled(10_000)):
        asked = query(chance, her.patient)
        answer = api.get(asked)
        assert answer.status_code in (200, 400, 403), (asked, answer.text)
        seen.add(answer.status_code)
        for each in json.loads(answer.data).get("entry", ()):
            found = each["resource"]
            mine = found.get("subject", {}).get("reference", f"Patient/{her.patient}")
            assert mine == f"Patient/{her.patient}", asked
    assert seen == {200, 400, 403}
