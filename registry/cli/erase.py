"""Erase a person, when two officers have agreed."""

from pathlib import Path

import click

from registry.cli.here import Here, with_here
from registry.cli.officer import officer_caller, officer_option
from registry.errors import BadInput


@click.command("erase", epilog="Example: puente erase PERSON --approval ID")
@click.argument("person", required=False)
@click.option("--approval", default="", help="The request that two officers agreed to.")
@click.option("--reason", default="", help="Ask for it: why.")
@click.option("--finish", is_flag=True, help="Finish erasures that were interrupted.")
@officer_option
@with_here
def erase_command(
    here: Here, person: str | None, approval: str, reason: str, finish: bool, officer: Path | None
) -> None:
    """Erase a person for ever: everything that can be is removed and the key to the rest destroyed.

    First ask (--reason, --officer), then let a second officer confirm, then run it with --approval.
    """
    from registry.usecases.erasure import erase
    from registry.usecases.keys import approvals

    if finish:
        click.echo(f"Finished {erase.finish(here.services, here.caller)} erasures.")
        return
    if not person:
        raise BadInput("Name the person by id.")
    if not approval:
        who = officer_caller(here.settings, officer)
        asked = approvals.ask(here.services, who, erase.ACT, person, reason)
        click.echo(f"Asked. A second officer confirms: puente approve {asked} --officer FILE")
        return
    done = erase.erase(here.services, here.caller, person, approval)
    click.echo(f"Erased: {done.resources} resources and {done.rows} other rows; the key is destroyed.")
    click.echo(f"Copy {here.settings.tombstones_file} to where the key folder is backed up, now.")
