"""Fill a node with a crowd of people who have a Patient only, so that cost is seen to stay flat as it grows.

Called as `python -m tests.bench.crowd PEOPLE`, twice side by side for big crowds; the node comes from the
environment. Names are those of synthetic people, documents and ids are new.
"""

import os
import sys
import uuid
from collections.abc import Iterator
from datetime import date
from itertools import cycle, islice

from config import load
from fhir import wire
from registry.domain.model import Caller
from registry.services import build
from registry.usecases.bulk.importing import storing
from registry.usecases.bulk.importing.lines import Checked, Line
from tests.bench import samples

KINDS = 5_000
AT_ONCE = 500


def main(words: list[str]) -> None:
    """Store the crowd in units of AT_ONCE."""
    services = build(load(os.environ))
    caller = Caller("operator:bench", "system", services.node.code)
    waiting = _people(int(words[0]), services.today())
    while batch := list(islice(waiting, AT_ONCE)):
        with services.unit() as unit:
            storing.store(services, unit, caller, batch)
            unit.commit()


def _people(number: int, today: date) -> Iterator[Checked]:
    new = samples.numbers()
    kinds = [
        wire.canonical(samples.numbered(person.resources[0])) for person in samples.people(KINDS, today, 29)
    ]
    for place, kind in enumerate(islice(cycle(kinds), number)):
        made = wire.parse(kind.replace(samples.NUMBER, new()))
        made["id"] = str(uuid.uuid4())
        yield Checked(Line("crowd", place, b""), made, "Patient", made["id"])


if __name__ == "__main__":
    main(sys.argv[1:])
