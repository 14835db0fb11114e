"""Change and destroy keys."""

import os
import time
from pathlib import Path

import click

from registry.cli.here import Here, with_here
from registry.cli.keys.group import keys_command
from registry.cli.officer import officer_caller, officer_option
from registry.errors import BadInput, NotFound
from registry.usecases.keys import inventory, rotation

ALL = (*rotation.WHATS, *inventory.PAIRS)
LOOK_AGAIN_SECONDS = 5.0


@keys_command.command("rotate", epilog="Example: puente keys rotate kek")
@click.argument("what", type=click.Choice(ALL), required=False)
@click.option("--person", default="", help="With dek: only the data key of this person or service.")
@click.option("--grace", type=click.FloatRange(0, 86_400), default=rotation.GRACE.total_seconds(),
              show_default=True, help="Seconds that old keys rest before they are destroyed.")  # fmt: skip
@click.option("--background", is_flag=True, help="Leave the work to the workers.")
@click.option("--resume", is_flag=True, help="Go on with a change that was interrupted.")
@with_here
def rotate(here: Here, what: str | None, person: str, grace: float, background: bool, resume: bool) -> None:
    """Change a key while the node works; stop and resume at any time.

    kek: the key that wraps all others. dek: the data keys of people. index: the key of searching.
    signing, encryption, token, checkpoint: a new pair for partners to pin, used after puente keys promote.
    """
    if what in inventory.PAIRS:
        name = inventory.add(here.services, here.caller, str(what))
        click.echo(f"Made {name}. Hand puente keys export to partners, then: puente keys promote {what}")
        return
    if person and what != "dek":
        raise BadInput("--person goes with dek.")
    job = rotation.unfinished(here.services) if resume else ""
    if resume and not job:
        raise NotFound("There is no change to resume.")
    if not resume:
        known = next((each for each in rotation.WHATS if each == what), None)
        if known is None:
            raise BadInput(f"Name what to change: {', '.join(ALL)}.")
        job = rotation.begin(here.services, here.caller, rotation.Wanted(known, person, grace))
    if background:
        click.echo("Begun; the workers go on.")
        return
    _follow(here, job)


def _follow(here: Here, job: str) -> None:
    worker, said = f"command-{os.getpid()}", ""
    while True:
        state = rotation.work(here.services, job, worker)
        if state in ("done", "failed"):
            break
        if state == "waiting" and said != state:
            click.echo("Everything is moved; old keys rest before they are destroyed.")
            said = state
        if state != "working":
            time.sleep(LOOK_AGAIN_SECONDS)
            if state is None and not rotation.unfinished(here.services):
                break
    if state == "failed":
        raise NotFound("The change cannot go on: its own key is missing.")
    click.echo("Changed.")


@keys_command.command("promote", epilog="Example: puente keys promote signing")
@click.argument("purpose", type=click.Choice(inventory.PAIRS))
@click.option("--at-once", is_flag=True, help="Do not wait 7 days; partners may not have the key yet.")
@with_here
def promote(here: Here, purpose: str, at_once: bool) -> None:
    """Use the new key pair from the next start on."""
    name = inventory.promote(here.services, here.caller, purpose, at_once=at_once)
    click.echo(f"{name} is in use once the processes of this node are started again.")


@keys_command.command("retire", epilog="Example: puente keys retire encryption-0001")
@click.argument("name")
@with_here
def retire(here: Here, name: str) -> None:
    """Destroy an old key pair, two weeks after partners have changed to the new one."""
    inventory.retire(here.services, here.caller, name)
    click.echo(f"{name} is destroyed.")


@keys_command.command("destroy", epilog="Example: puente keys destroy kek-0001 --approval ID")
@click.argument("name")
@click.option("--approval", default="", help="The request that two officers agreed to.")
@click.option("--reason", default="", help="Ask for it: why.")
@officer_option
@with_here
def destroy(here: Here, name: str, approval: str, reason: str, officer: Path | None) -> None:
    """Destroy a wrapping key that wraps nothing any more. First ask (--reason, --officer), then confirm."""
    from registry.usecases.keys import approvals, destroying

    if not approval:
        who = officer_caller(here.settings, officer)
        asked = approvals.ask(here.services, who, destroying.ACT, name, reason)
        click.echo(f"Asked. A second officer confirms: puente approve {asked} --officer FILE")
        return
    destroying.destroy(here.services, here.caller, name, approval)
    click.echo(f"{name} is destroyed.")
