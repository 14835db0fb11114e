"""Publish the aggregate figures of one quarter."""

from pathlib import Path

import click

from registry.cli.here import Here, with_here


@click.command("publish", epilog="Example: puente publish --period 2026Q3 --out var/observatory")
@click.option("--period", required=True, help="A quarter, as 2026Q3.")
@click.option("--out", "folder", type=click.Path(file_okay=False, path_type=Path), default=None)
@with_here
def publish_command(here: Here, period: str, folder: Path | None) -> None:
    """Write rounded figures as CSV with a data package; no row about a person leaves the process."""
    from registry.usecases.observatory import publish as use_case

    target = folder or here.settings.var_dir / "observatory"
    published = use_case.publish(here.services, here.caller, period, target)
    for path in published.files:
        click.echo(str(path))
