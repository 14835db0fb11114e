"""Make people who do not exist, as FHIR Bundles: to files, to standard output, or into this node."""

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from config import Node
from config.node import BadNodeFile, read_node
from fhir import wire
from registry.cli.here import Here, with_here
from registry.errors import BadInput, NotAllowed

if TYPE_CHECKING:
    from registry.synth import SyntheticPerson

FOLDER_SIZE = 1000
LOADED_AT_ONCE = 10
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("synth", epilog="Example: puente synth --people 1000 --seed 7 --node pe --out people.ndjson")
@click.option("--people", type=click.IntRange(1, 10_000_000), required=True, help="How many.")
@click.option("--seed", type=int, required=True, help="The same seed gives the same people.")
@click.option("--node", "code", default="", help="Node file they live at; this node's when not given.")
@click.option("--on", "day", type=DAY, help="The day they are seen on; today when not given.")
@click.option(
    "--out", default="", help="FILE.ndjson or - (a Bundle per line), or a folder (a Bundle per file)."
)
@click.option("--load", is_flag=True, help="Store them in this node, each once (not in production).")
@with_here
def synth_command(  # noqa: PLR0913  (one per option)
    here: Here, people: int, seed: int, code: str, day: datetime | None, out: str, load: bool
) -> None:
    """Make migrants with plausible journeys, documents, regimens, dispenses and results."""
    from registry import synth

    if bool(out) == load:
        raise BadInput("Choose one: --out FILE.ndjson, --out FOLDER, --out - or --load.")
    if load and here.settings.environment == "production":
        raise NotAllowed("People who do not exist are not loaded into a production node.")
    node = here.settings.node if load or not code else _node(code)
    on = day.date() if day else datetime.now(UTC).astimezone(node.time_zone).date()
    made = synth.people(people, seed, on, node)
    if load:
        _load(here, made, people)
        return
    bundles = (synth.bundle(person) for person in made)
    if out == "-":
        _write_lines(sys.stdout.buffer, bundles)
    elif out.endswith(".ndjson"):
        _write_file(Path(out), bundles, people)
    else:
        _write_files(Path(out), bundles, people)


def _node(code: str) -> Node:
    try:
        return read_node(code)
    except BadNodeFile as error:
        raise BadInput(str(error)) from None


def _write_lines(file: BinaryIO, bundles: Iterable[wire.JsonObject]) -> None:
    for bundle in bundles:
        file.write(wire.canonical(bundle) + b"\n")


def _write_file(path: Path, bundles: Iterable[wire.JsonObject], number: int) -> None:
    bar = click.progressbar(bundles, length=number, label="People", file=sys.stderr)
    with path.open("wb") as file, bar as shown:
        _write_lines(file, shown)


def _write_files(folder: Path, bundles: Iterable[wire.JsonObject], number: int) -> None:
    with click.progressbar(enumerate(bundles), length=number, label="People", file=sys.stderr) as bar:
        for place, bundle in bar:
            part = folder / f"{place // FOLDER_SIZE:05}"
            if place % FOLDER_SIZE == 0:
                part.mkdir(parents=True, exist_ok=True)
            (part / f"person-{place:08}.json").write_bytes(wire.canonical(bundle))


def _load(here: Here, people: Iterator["SyntheticPerson"], number: int) -> None:
    """Store people several at a time; those of an earlier, perhaps interrupted, run are passed over."""
    from registry import synth
    from registry.usecases.care.record import transact

    with click.progressbar(length=number, label="People", file=sys.stderr) as bar:
        while chunk := list(islice(people, LOADED_AT_ONCE)):
            bundles = [synth.bundle(person, keep_ids=True) for person in _unknown(here, chunk)]
            entries = [entry for bundle in bundles for entry in bundle["entry"]]
            if entries:
                together = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
                transact.transact(here.services, here.caller, together)
            bar.update(len(chunk))


def _unknown(here: Here, people: list["SyntheticPerson"]) -> list["SyntheticPerson"]:
    with here.services.unit() as unit:
        return [person for person in people if unit.people.get(str(person.id)) is None]
