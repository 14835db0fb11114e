"""Copy the key folder out of the node, and back."""

from pathlib import Path

import click

from registry.cli.files import write_closed
from registry.cli.here import Here, with_here
from registry.cli.keys.group import keys_command
from registry.cli.officer import officer_caller, officer_option
from registry.errors import BadInput, Misconfigured, Unreadable

passphrase_option = click.option(
    "--passphrase",
    prompt=True,
    hide_input=True,
    envvar="PUENTE_PASSWORD",
    help="At least 20 characters; asked for when not given.",
)


@keys_command.command("ask-copy", epilog="Example: puente keys ask-copy --reason '...' --officer ana.jwk")
@click.option("--reason", required=True, help="Why.")
@officer_option
@with_here
def ask_copy(here: Here, reason: str, officer: Path | None) -> None:
    """Ask for a copy of the key folder; a second officer confirms."""
    from registry.usecases.keys import approvals, copying

    who = officer_caller(here.settings, officer)
    asked = approvals.ask(here.services, who, copying.ACT, here.settings.node.code, reason)
    click.echo(f"Asked. A second officer confirms: puente approve {asked} --officer FILE")


@keys_command.command("copy", epilog="Example: puente keys copy /media/stick/pe.keys --approval ID")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--approval", required=True, help="The request that two officers agreed to.")
@passphrase_option
@with_here
def copy(here: Here, path: Path, approval: str, passphrase: str) -> None:
    """Write the whole key folder into one file, sealed with a passphrase."""
    from registry.crypto.sealing.key_files import KeyFilesUnsafe
    from registry.usecases.keys import copying

    if path.exists():
        raise BadInput(f"{path} exists already and is not overwritten.")
    try:
        packed = copying.copy(here.services, here.caller, passphrase, approval)
    except KeyFilesUnsafe as error:
        raise BadInput(str(error)) from None
    write_closed(path, packed)
    click.echo(f"Written to {path}. Keep file and passphrase apart.")


@keys_command.command("bring", epilog="Example: puente keys bring /media/stick/pe.keys")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@passphrase_option
@with_here
def bring(here: Here, path: Path, passphrase: str) -> None:
    """Bring the key folder back from a copy; never over keys that are there."""
    from registry.crypto.sealing.key_copy import unpack
    from registry.crypto.sealing.key_files import KeyFilesUnsafe

    try:
        count = unpack(path.read_bytes(), passphrase, here.settings.key_dir)
    except Unreadable:
        raise BadInput("This is no copy of keys, or the passphrase is not its own.") from None
    except KeyFilesUnsafe as error:
        raise Misconfigured(str(error)) from None
    click.echo(f"{count} files are back in {here.settings.key_dir}.")
