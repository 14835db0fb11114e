"""Check everything a node needs and print a table."""

import click

from registry.cli.here import Here, with_here
from registry.errors import Misconfigured


@click.command("doctor", epilog="Example: PUENTE_NODE=pe puente doctor")
@with_here
def doctor_command(here: Here) -> int:
    """Look at keys, database, broker, workers, partners, clock and disk; exit 1 when one fails."""
    from registry.cli.outside_checks import outside
    from registry.usecases.node.doctor import Check, examine

    checks = outside(here.settings)
    try:
        checks = examine(here.services, tuple(checks))
    except Misconfigured as refusal:
        checks.append(Check("node", False, refusal.sentence, "Follow the sentence and run this again."))
    _print(here.settings.node.name, [(c.name, c.ok, c.detail, c.advice) for c in checks])
    return 0 if all(check.ok is not False for check in checks) else 1


def _print(name: str, rows: list[tuple[str, bool | None, str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=name, title_justify="left")
    for heading in ("Check", "State", "What was seen", "What to do"):
        table.add_column(heading, overflow="fold")
    words = {True: "[green]ok[/green]", False: "[red]failed[/red]", None: "[yellow]look[/yellow]"}
    for check, state, detail, advice in rows:
        table.add_row(check, words[state], detail, advice)
    Console().print(table)
