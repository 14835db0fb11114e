"""What is sent and asked for: synthetic people, each time with a document number nobody has yet."""

import itertools
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from config import Node
from config.node import read_node
from fhir import wire
from registry import synth
from registry.synth import SyntheticPerson

SEED = 11
NUMBER = b"@@the-number@@"
CHART = 44
TRANSACTION = 20
CHARTS = 20
KINDS = 40
# Where the people of a server come from that is not one of ours.
NODE = "pe"

# Tests of a usual laboratory: LOINC code (https://loinc.org), name, an unremarkable value, UCUM unit.
TESTS = (
    ("2160-0", "Creatinina", "0.80", "mg/dL"),
    ("1742-6", "ALT", "25", "U/L"),
    ("1920-8", "AST", "22", "U/L"),
    ("718-7", "Hemoglobina", "13.9", "g/dL"),
    ("777-3", "Plaquetas", "250", "10*3/uL"),
    ("6690-2", "Leucocitos", "6.1", "10*3/uL"),
    ("789-8", "Eritrocitos", "4.7", "10*6/uL"),
    ("4544-3", "Hematocrito", "42", "%"),
    ("2345-7", "Glucosa", "91", "mg/dL"),
    ("3094-0", "Nitrógeno ureico", "14", "mg/dL"),
    ("2951-2", "Sodio", "140", "mmol/L"),
    ("2823-3", "Potasio", "4.2", "mmol/L"),
    ("2075-0", "Cloruro", "102", "mmol/L"),
    ("17861-6", "Calcio", "9.4", "mg/dL"),
    ("1975-2", "Bilirrubina total", "0.7", "mg/dL"),
    ("6768-6", "Fosfatasa alcalina", "70", "U/L"),
    ("2885-2", "Proteínas", "7.2", "g/dL"),
    ("1751-7", "Albúmina", "4.3", "g/dL"),
    ("2093-3", "Colesterol", "180", "mg/dL"),
    ("2085-9", "HDL", "51", "mg/dL"),
    ("13457-7", "LDL", "104", "mg/dL"),
    ("2571-8", "Triglicéridos", "120", "mg/dL"),
    ("2777-1", "Fosfato", "3.6", "mg/dL"),
    ("3084-1", "Urato", "5.0", "mg/dL"),
    ("2028-9", "Dióxido de carbono", "25", "mmol/L"),
    ("2324-2", "GGT", "28", "U/L"),
    ("4548-4", "Hemoglobina glicosilada", "5.4", "%"),
    ("14804-9", "LDH", "160", "U/L"),
    ("3016-3", "TSH", "2.1", "m[IU]/L"),
    ("2157-6", "Creatina cinasa", "90", "U/L"),
    ("3040-3", "Lipasa", "30", "U/L"),
    ("1798-8", "Amilasa", "60", "U/L"),
)


@dataclass(frozen=True)
class Known:
    """Somebody the server holds: the id there, and one document (system and value)."""

    id: str
    system: str
    value: str


@dataclass(frozen=True)
class Sample:
    """People to ask for; those of `charts` have CHART resources each."""

    people: tuple[Known, ...]
    charts: tuple[Known, ...]


def numbers() -> Callable[[], bytes]:
    """Return a function that gives document numbers of one length, new in every process."""
    counter = itertools.count(time.time_ns() // 1000 % 10**11 * 100)
    return lambda: b"B%015d" % next(counter)


def people(number: int, today: date, seed: int = SEED) -> Iterator[SyntheticPerson]:
    """Yield synthetic people of a Peruvian node."""
    return synth.people(number, seed, today, node())


def node() -> Node:
    """Return the node the people are made for."""
    return read_node(NODE)


def patients(today: date) -> list[bytes]:
    """Return Patient resources as bytes, NUMBER in the place of the first document's value."""
    return [wire.canonical(numbered(person.resources[0])) for person in people(KINDS, today)]


def bundles(today: date, size: int = TRANSACTION, kinds: int = KINDS) -> list[bytes]:
    """Return transaction Bundles of one person with `size` resources, NUMBER as above."""
    return [wire.canonical(synth.bundle(filled(person, size, today))) for person in people(kinds, today)]


def filled(person: SyntheticPerson, size: int, today: date) -> SyntheticPerson:
    """Return the person with exactly `size` resources: laboratory results are added, or the last left out."""
    first, *others = islice(person.resources, size)
    more = [_result(person.url(0), today, place) for place in range(size - len(others) - 1)]
    return SyntheticPerson(person.id, (numbered(first), *others, *more))


def document(patient: wire.JsonObject) -> tuple[str, str]:
    """Return system and value of a Patient's first document."""
    first = patient["identifier"][0]
    return str(first["system"]), str(first["value"])


def numbered(patient: wire.JsonObject) -> wire.JsonObject:
    """Return a Patient with NUMBER as the value of its first document."""
    made = deepcopy(patient)
    made["identifier"][0]["value"] = NUMBER.decode()
    return made


def _result(subject: str, today: date, place: int) -> wire.JsonObject:
    """Return a laboratory result, each test once before one is repeated."""
    code, name, value, unit = TESTS[place % len(TESTS)]
    category = "http://terminology.hl7.org/CodeSystem/observation-category"
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": category, "code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code}], "text": name},
        "subject": {"reference": subject},
        "effectiveDateTime": (today - timedelta(days=30 * (place + 1))).isoformat(),
        "valueQuantity": {
            "value": wire.Number(value),
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        },
    }
