"""Verify the audit trail."""

import click

from registry.cli.here import Here, with_here


@click.group("audit")
def audit_command() -> None:
    """Check the audit trail of this node."""


@audit_command.command("verify", epilog="Example: puente audit verify")
@with_here
def verify(here: Here) -> int:
    """Check the chain, its checkpoints and every stored record against it; name the first bad row."""
    from registry.usecases.access import trail

    verdict = trail.verify(here.services)
    click.echo(
        f"{verdict.events} events chained, {verdict.waiting} waiting, {verdict.checkpoints} checkpoints."
    )
    if verdict.ok:
        click.echo("The trail is whole.")
        return 0
    click.echo(f"First bad row: {verdict.first_bad}. {verdict.why}", err=True)
    return 1
