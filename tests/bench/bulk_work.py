"""One piece of long work in a process of its own, so that its memory and processor time are seen alone.

Words: `import FOLDER`, `export` or `write PEOPLE FOLDER` (synthetic NDJSON); the answer is JSON.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import BinaryIO

from config import load
from fhir import wire
from registry import synth
from registry.domain.model import Caller
from registry.ports import Services
from registry.services import build
from registry.usecases.bulk import status
from registry.usecases.bulk.exporting import start as exporting
from registry.usecases.bulk.exporting import steps as export_steps
from registry.usecases.bulk.exporting.request import ExportRequest
from registry.usecases.bulk.importing import files as import_files

SEED = 23
OPERATOR = Caller("operator:bench", "system", "pe")


def main(words: list[str]) -> None:
    """Do one piece of work and tell what it took: resources, seconds, processor seconds, peak megabytes."""
    services = build(load(os.environ))
    if words[0] == "write":
        print(json.dumps({"resources": write(services, int(words[1]), Path(words[2]))}))
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    before, started = usage.ru_utime + usage.ru_stime, time.perf_counter()
    done = imported(services, Path(words[1])) if words[0] == "import" else exported(services)
    took = time.perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_SELF)
    found = {
        "resources": done,
        "seconds": took,
        "cpu": usage.ru_utime + usage.ru_stime - before,
        "memory_mb": usage.ru_maxrss / 1024,
    }
    print(json.dumps(found))


def write(services: Services, people: int, folder: Path) -> int:
    """Write the resources of synthetic people, a file for each type; return how many."""
    files: dict[str, BinaryIO] = {}
    number = 0
    for person in synth.people(people, SEED, services.today(), services.node):
        entries = synth.bundle(person, keep_ids=True)["entry"]
        places = {entry["fullUrl"].encode(): entry["request"]["url"].encode() for entry in entries}
        for entry in entries:
            kind = entry["resource"]["resourceType"]
            line = wire.canonical(entry["resource"])
            for url, place in places.items():
                line = line.replace(url, place)
            if kind not in files:
                files[kind] = (folder / f"{kind}.ndjson").open("wb")
            files[kind].write(line + b"\n")
            number += 1
    for file in files.values():
        file.close()
    return number


def imported(services: Services, folder: Path) -> int:
    """Import a folder; return how many resources were stored."""
    paths = import_files.in_order(folder.glob("*.ndjson"))
    tallies = [import_files.run(services, OPERATOR, path, lambda _: None).tally for path in paths]
    assert not any(tally.rejected for tally in tallies)
    return sum(tally.created for tally in tallies)


def exported(services: Services) -> int:
    """Export everything; return how many resources the files have."""
    job = exporting.start(services, OPERATOR, ExportRequest("bench", "system"))
    while export_steps.work(services, job.id, "bench") == "working":
        pass
    return sum(each.count for each in status.status(services, OPERATOR, job.id).files)


if __name__ == "__main__":
    main(sys.argv[1:])
