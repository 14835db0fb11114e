"""The command `puente demo` (and `./run demo`)."""

from pathlib import Path

import click

from registry.demo.main import Wanted, run


@click.command("demo", epilog="Example: ./run demo --once --input some/folder")
@click.option("--once", is_flag=True, help="End after the story: 0 when every step went well.")
@click.option("--nodes", default="pe,co", show_default=True, help="Nodes; the first receives the person.")
@click.option("--people", type=click.IntRange(0, 100_000), default=200, show_default=True)
@click.option(
    "--input",
    "inputs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Also put every FHIR JSON file of this folder through the partner door.",
)
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var/demo"), show_default=True)
def demo_command(once: bool, nodes: str, people: int, inputs: Path | None, folder: Path) -> int:
    """Start nodes with synthetic people on this machine, tell the story between them, and stay up."""
    codes = tuple(code for code in nodes.split(",") if code)
    if len(codes) < 2 or len(set(codes)) < len(codes):
        raise click.BadParameter("Name at least two different nodes, for example pe,co.")
    return run(Wanted(codes, people, once, inputs, folder))
