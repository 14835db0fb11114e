"""Who may sign in."""

import click

from registry.cli.here import Here, with_here
from registry.errors import NotFound
from registry.usecases.access import users
from registry.usecases.access.users import PEOPLE_ROLES


@click.group("user")
def user_command() -> None:
    """Make and close accounts of people."""


password_option = click.option(
    "--password",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    envvar="PUENTE_PASSWORD",
    help="At least 12 characters; asked for when not given.",
)


@user_command.command("bootstrap", epilog="Example: puente user bootstrap ana")
@click.argument("name")
@password_option
@with_here
def bootstrap(here: Here, name: str, password: str) -> None:
    """Make the first administrator of a new node; works once."""
    _show(users.bootstrap(here.services, name, password).totp_uri)


@user_command.command("add", epilog="Example: puente user add rosa --role clinician --facility lima-norte")
@click.argument("name")
@click.option("--display", default="", help="The name that colleagues see.")
@click.option("--role", required=True, type=click.Choice(PEOPLE_ROLES), help="What they may do.")
@click.option("--facility", default="", help="Place of care, as in the node file.")
@click.option("--language", default="es", show_default=True)
@password_option
@with_here
def add(here: Here, name: str, display: str, role: str, facility: str, language: str, password: str) -> None:  # noqa: PLR0913  (one per option)
    """Add somebody; the address for their code generator is shown once."""
    new = users.NewUser(
        name=name,
        display=display or name,
        role=next(known for known in PEOPLE_ROLES if known == role),
        password=password,
        facility=facility,
        language=language,
    )
    _show(users.add_user(here.services, here.caller, new).totp_uri)


@user_command.command("list", epilog="Example: puente user list")
@with_here
def list_users(here: Here) -> None:
    """Show the accounts."""
    for user in users.users(here.services, here.caller):
        state = "closed" if user.disabled else "open"
        click.echo(f"{user.name:20} {user.role:14} {user.facility:14} {state:7} {user.id}")


@user_command.command("disable", epilog="Example: puente user disable rosa")
@click.argument("name")
@click.option("--undo", is_flag=True, help="Open the account again.")
@with_here
def disable(here: Here, name: str, undo: bool) -> None:
    """Close an account; its sessions end at once."""
    found = [u for u in users.users(here.services, here.caller) if name.lower() in (u.name, u.id)]
    if not found:
        raise NotFound("There is no such user.")
    changed = users.disable(here.services, here.caller, found[0].id, disabled=not undo)
    click.echo(f"{changed.name} is {'closed' if changed.disabled else 'open'}.")


def _show(address: str) -> None:
    click.echo("Added. Scan this address with a code generator now; it is not shown again:")
    click.echo(address)
