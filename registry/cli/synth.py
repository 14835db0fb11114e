"""Make people who do not exist, as FHIR Bundles: to files, to standard output, or into this node."""

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import click

from config import Node
from config.node import BadNodeFile, read_node
from fhir import wire
from registry.cli.here import Here, with_here
from registry.errors import BadInput, NotAllowed

FOLDER_SIZE = 1000
LOADED_AT_ONCE = 10
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("synth", epilog="Example: puente synth --people 1000 --seed 7 --node pe --out ./people")
@click.option("--people", type=click.IntRange(1, 10_000_000), required=True, help="How many.")
@click.option("--seed", type=int, required=True, help="The same seed gives the same people.")
@click.option("--node", "code", default="", help="Node file they live at; this node's when not given.")
@click.option("--on", "day", type=DAY, help="The day they are seen on; today when not given.")
@click.option("--out", default="", help="A folder for one Bundle per file, or - for one Bundle per line.")
@click.option("--load", is_flag=True, help="Store them in this node (not in production).")
@with_here
def synth_command(  # noqa: PLR0913  (one per option)
    here: Here, people: int, seed: int, code: str, day: datetime | None, out: str, load: bool
) -> None:
    """Make migrants with plausible journeys, documents, regimens, dispenses and results."""
    from registry import synth

    if bool(out) == load:
        raise BadInput("Choose one: --out FOLDER, --out - or --load.")
    if load and here.settings.environment == "production":
        raise NotAllowed("People who do not exist are not loaded into a production node.")
    node = here.settings.node if load or not code else _node(code)
    on = day.date() if day else datetime.now(UTC).astimezone(node.time_zone).date()
    bundles = (synth.bundle(person) for person in synth.people(people, seed, on, node))
    if load:
        _load(here, bundles, people)
    elif out == "-":
        _print(bundles)
    else:
        _write(Path(out), bundles, people)


def _node(code: str) -> Node:
    try:
        return read_node(code)
    except BadNodeFile as error:
        raise BadInput(str(error)) from None


def _print(bundles: Iterable[wire.JsonObject]) -> None:
    for bundle in bundles:
        sys.stdout.buffer.write(wire.canonical(bundle) + b"\n")


def _write(folder: Path, bundles: Iterable[wire.JsonObject], number: int) -> None:
    with click.progressbar(enumerate(bundles), length=number, label="People", file=sys.stderr) as bar:
        for place, bundle in bar:
            part = folder / f"{place // FOLDER_SIZE:05}"
            if place % FOLDER_SIZE == 0:
                part.mkdir(parents=True, exist_ok=True)
            (part / f"person-{place:08}.json").write_bytes(wire.canonical(bundle))


def _load(here: Here, bundles: Iterator[wire.JsonObject], number: int) -> None:
    from registry.usecases.care import transact

    with click.progressbar(length=number, label="People", file=sys.stderr) as bar:
        while chunk := list(islice(bundles, LOADED_AT_ONCE)):
            entries = [entry for bundle in chunk for entry in bundle["entry"]]
            together = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
            transact.transact(here.services, here.caller, together)
            bar.update(len(chunk))
