"""Load synthetic people into a node through its own use cases, in a process of its own.

Called as `python -m tests.bench.loading PEOPLE RESULT`; the node comes from the environment.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from config import load
from fhir import wire
from registry import synth
from registry.domain.model import Caller
from registry.ports import Services
from registry.services import build
from registry.synth import SyntheticPerson
from registry.usecases.care.record import transact
from tests.bench import samples
from tests.bench.samples import CHART, CHARTS, NUMBER, Known, Sample

AT_ONCE = 10


def main(words: list[str]) -> None:
    """Load, and write who is there now."""
    services = build(load(os.environ))
    sample = fill(services, int(words[0]))
    Path(words[1]).write_text(json.dumps(asdict(sample)), "utf-8")


def fill(services: Services, number: int) -> Sample:
    """Store `number` synthetic people and CHARTS more with CHART resources each."""
    today = services.today()
    new = samples.numbers()
    full = (
        samples.filled(person, CHART, today) for person in samples.people(CHARTS, today, samples.SEED + 1)
    )
    charts = _store(services, (_renumbered(person, new().decode()) for person in full))
    people = _store(services, samples.people(number, today))
    return Sample(tuple(people), tuple(charts))


def read(result: Path) -> Sample:
    """Return what `main` wrote."""
    found = json.loads(result.read_text("utf-8"))
    return Sample(*(tuple(Known(**one) for one in found[name]) for name in ("people", "charts")))


def _store(services: Services, people: Iterable[SyntheticPerson]) -> Iterator[Known]:
    caller = Caller("system", "system", services.node.code)
    waiting = iter(people)
    while some := list(islice(waiting, AT_ONCE)):
        entries = [entry for person in some for entry in synth.bundle(person)["entry"]]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        answer = transact.transact(services, caller, bundle)
        for entry, said in zip(entries, answer["entry"], strict=True):
            if entry["resource"]["resourceType"] == "Patient":
                place = str(said["response"]["location"]).split("/")[1]
                yield Known(place, *samples.document(entry["resource"]))


def _renumbered(person: SyntheticPerson, number: str) -> SyntheticPerson:
    first = wire.parse(wire.canonical(person.resources[0]).replace(NUMBER, number.encode()))
    return SyntheticPerson(person.id, (first, *person.resources[1:]))


if __name__ == "__main__":
    main(sys.argv[1:])
