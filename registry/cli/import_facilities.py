"""Import a list of facilities into the directory."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config.facilities import BadMapping, names, read_mapping
from registry.cli.here import Here, with_here
from registry.errors import BadInput

if TYPE_CHECKING:
    from registry.usecases.directory.facilities import Report

SHOWN = 20
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    "facilities", epilog="Example: puente import facilities renipress.csv --mapping renipress --dry-run"
)
@click.argument("file", type=FILE)
@click.option("--mapping", default="renipress", show_default=True, help=f"One of {', '.join(names())}.")
@click.option("--dry-run", is_flag=True, help="Read and check only; store nothing.")
@click.option(
    "--skipped",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write skipped rows as CSV (row,reason).",
)
@with_here
def facilities_command(here: Here, file: Path, mapping: str, dry_run: bool, skipped: Path | None) -> int:
    """Store each facility of a CSV file as Organization and Location; exit 1 when rows were skipped."""
    from registry.usecases.directory import facilities

    try:
        chosen = read_mapping(mapping)
    except BadMapping as error:
        raise BadInput(str(error)) from None
    if not chosen.verified:
        click.echo(f"The mapping {mapping} is not verified: compare some facilities with the list.", err=True)
    data = file.read_bytes()
    with click.progressbar(length=data.count(b"\n"), label="Facilities", file=sys.stderr) as bar:
        report = facilities.load(
            here.services, here.caller, data, chosen, dry_run=dry_run, progress=bar.update
        )
    _tell(report, dry_run=dry_run)
    if skipped is not None:
        rows = "".join(f"{number},{reason}\n" for number, reason in report.skipped)
        skipped.write_text("row,reason\n" + rows, "utf-8")
    return 1 if report.skipped else 0


def _tell(report: "Report", *, dry_run: bool) -> None:
    click.echo(f"{report.rows} rows read as {report.encoding}: {report.facilities} facilities")
    if dry_run:
        click.echo("Nothing was stored (--dry-run).")
    else:
        click.echo(
            f"{report.created} resources new, {report.updated} changed, {report.unchanged} as they were"
        )
    if report.missing:
        click.echo(f"No column for: {', '.join(report.missing)}")
    for note, number in sorted(report.notes.items()):
        click.echo(f"{number} with {note}")
    for number, reason in report.skipped[:SHOWN]:
        click.echo(f"  row {number} skipped: {reason}")
    if len(report.skipped) > SHOWN:
        click.echo(f"  and {len(report.skipped) - SHOWN} more rows; --skipped FILE writes all of them")
