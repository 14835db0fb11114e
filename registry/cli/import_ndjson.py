"""Import whole records: a resource on each line, stored under its own id."""

import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson

from registry.cli.files import replace_closed
from registry.cli.here import Here, with_here
from registry.errors import BadInput

if TYPE_CHECKING:
    from registry.usecases.bulk.importing.files import Imported

PATH = click.Path(exists=True, path_type=Path)
SHOWN = 10


@click.command("ndjson", epilog="Example: puente import ndjson ./export --findings bad.ndjson")
@click.argument("paths", type=PATH, nargs=-1, required=True)
@click.option(
    "--findings",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write an OperationOutcome for each refused line; imports/findings.ndjson in the node's folder when "
    "not given.",
)
@click.option("--again", is_flag=True, help="Read files anew that an earlier run finished.")
@with_here
def ndjson_command(here: Here, paths: tuple[Path, ...], findings: Path | None, again: bool) -> int:
    """Store every resource of *.ndjson files; exit 1 when a line was refused.

    Each batch is stored whole or not at all; a run that was stopped goes on where it was. What is stored
    already and says the same gets no new version.
    """
    from registry.usecases.bulk.importing import files as import_files

    found = import_files.in_order(_files(paths))
    size = sum(path.stat().st_size for path in found)
    with click.progressbar(length=size, label="Import", file=sys.stderr) as bar:
        done = [import_files.run(here.services, here.caller, path, bar.update, again=again) for path in found]
    for path, each in zip(found, done, strict=True):
        _tell(path, each)
    refused = _refused(here, done)
    place = findings or here.settings.var_dir / "imports" / "findings.ndjson"
    number = _write(place, refused)
    if number:
        click.echo(f"{number} lines were refused: {place}")
    return 1 if number else 0


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += sorted(path.glob("*.ndjson")) if path.is_dir() else [path]
    if not found:
        raise BadInput("There is no .ndjson file.")
    return list(dict.fromkeys(found))


def _tell(path: Path, each: "Imported") -> None:
    tally = each.tally
    before = "  (imported before)" if each.before else ""
    click.echo(
        f"{path.name}: {tally.created} new, {tally.updated} changed, {tally.unchanged} as they were, "
        f"{tally.rejected} refused{before}"
    )


def _refused(here: Here, done: Iterable["Imported"]) -> Iterator[bytes]:
    from registry.usecases.bulk.importing import files as import_files

    for each in done:
        yield from import_files.findings(here.services, each.job_id)


def _write(place: Path, lines: Iterator[bytes]) -> int:
    """Write all findings and show the first ones; no file without any."""
    first = list(islice(lines, SHOWN))
    for line in first:
        for issue in orjson.loads(line)["issue"]:
            where = " ".join(issue.get("expression", ()))
            click.echo(
                f"  {issue['diagnostics']} [{issue['details']['coding'][0]['code']}] {where}", err=True
            )
    if not first:
        return 0
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    rest = list(lines)
    replace_closed(place, b"\n".join([*first, *rest]) + b"\n")
    return len(first) + len(rest)
