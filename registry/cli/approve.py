"""Agree, as the second person, to what another one asked for."""

from pathlib import Path

import click

from registry.cli.here import Here, with_here
from registry.cli.officer import officer_caller, officer_option


@click.command("approve", epilog="Example: puente approve 7c0b... --officer /media/stick/luis.jwk")
@click.argument("request", required=False)
@officer_option
@with_here
def approve_command(here: Here, request: str | None, officer: Path | None) -> None:
    """Confirm a request of another officer; without REQUEST show what waits."""
    from registry.usecases.keys import approvals

    who = officer_caller(here.settings, officer)
    if request is None:
        for each in approvals.waiting(here.services, who):
            row = each.approval
            state = "confirmed" if row.confirmed else "waits"
            click.echo(f"{row.id} {row.act:12} {each.subject} {state}, until {row.expires:%Y-%m-%d %H:%M}Z")
            click.echo(f"    {each.reason}")
        return
    done = approvals.confirm(here.services, who, request)
    click.echo(f"Confirmed: {done.approval.act} {done.subject}. Now: --approval {request}")
