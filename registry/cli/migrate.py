"""Bring the databases to the schema of this version, and make the keys of a new node."""

import click

from registry.cli.here import Here, with_here
from registry.errors import Misconfigured


@click.command("migrate", epilog="Example: PUENTE_NODE=pe puente migrate")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 when a migration is missing.")
@with_here
def migrate_command(here: Here, check: bool) -> int:
    """Create or upgrade the databases; a new node gets its keys too. Safe to repeat."""
    from registry.store.engine import make_engine, make_key_engine
    from registry.store.migrate import is_current, migrate, revision

    settings = here.settings
    engine, key_engine = make_engine(settings.database_url), make_key_engine(settings.key_database)
    if check:
        current = is_current(engine, key_engine)
        click.echo("The databases are current." if current else "A migration is missing: run puente migrate.")
        return 0 if current else 1
    # Only an empty database may get new keys: under lost ones stored records would look merely unreadable.
    if not revision(key_engine):
        _make_keys(here)
    migrate(engine, key_engine)
    click.echo("The databases are current.")
    return 0


def _make_keys(here: Here) -> None:
    from registry.crypto.sealing.keys import KeyFilesUnsafe, create_key_folder

    try:
        made = create_key_folder(here.settings.key_dir)
    except KeyFilesUnsafe as error:
        raise Misconfigured(str(error)) from None
    if made:
        click.echo(f"Keys made in {here.settings.key_dir}. Back this folder up, apart from the database.")
