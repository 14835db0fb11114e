"""The keys of a node: made once, shown by name, handed to partners as public halves."""

import json
from pathlib import Path

import click

from registry.cli.here import Here, with_here
from registry.errors import Conflict, Misconfigured
from registry.usecases.keys import inventory


@click.group("keys")
def keys_command() -> None:
    """Make, show, change and destroy the keys of this node."""


@keys_command.command("init", epilog="Example: PUENTE_NODE=pe puente keys init")
@with_here
def init(here: Here) -> None:
    """Make every key of a new node. Back the folder up: without it nothing stored can be read."""
    from registry.crypto.sealing.keys import KeyFilesUnsafe, create_key_folder

    try:
        made = create_key_folder(here.settings.key_dir)
    except KeyFilesUnsafe as error:
        raise Misconfigured(str(error)) from None
    if not made:
        raise Conflict(f"There are keys in {here.settings.key_dir} already; they are never overwritten.")
    click.echo(f"Keys made in {here.settings.key_dir}. Back this folder up, apart from the database.")


@keys_command.command("list", epilog="Example: puente keys list")
@with_here
def list_keys(here: Here) -> None:
    """Show every key: name, use, place, day it was made, state, what depends on it, key id; no secrets."""
    for fact in inventory.facts(here.services, here.caller):
        rows = "" if fact.rows is None else str(fact.rows)
        made = fact.created or "-"
        line = f"{fact.name:22} {fact.use:6} {fact.provider:8} {made:11} {fact.state:8} {rows:>8} {fact.kid}"
        click.echo(line.rstrip())


@keys_command.command("export", epilog="Example: puente keys export > pe-keys.json")
@with_here
def export(here: Here) -> None:
    """Write the public keys that a partner's officers pin."""
    from registry.crypto.adapters.exchange import public_keys
    from registry.crypto.sealing.keys import KeyFilesUnsafe, load_node_keys
    from registry.crypto.tokens.jwk import curve_of, export_public, kid_of

    try:
        keys = load_node_keys(here.settings.key_dir)
    except KeyFilesUnsafe as error:
        raise Misconfigured(str(error)) from None
    token_curve = curve_of(keys.token)
    opening = {kid_of(key) for key in keys.encryption}
    uses = [
        "enc" if kid_of(key) in opening else ("token" if curve_of(key) == token_curve else "sig")
        for key in public_keys(keys)
    ]
    listed = [
        {"use": use, "jwk": export_public(key)} for use, key in zip(uses, public_keys(keys), strict=True)
    ]
    click.echo(json.dumps({"id": here.settings.node.code, "keys": listed}, indent=2))


@keys_command.command("officer", epilog="Example: puente keys officer /media/stick/ana.jwk")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def officer(path: Path) -> None:
    """Make the signing key of an officer of the trust list, and its public half beside it to be pinned.

    Keep the first file off this machine; only the second goes to whoever installs the node.
    """
    from registry.cli.files import write_closed
    from registry.crypto.tokens.jwk import export_private, export_public, kid_of, new_key

    key = new_key("Ed25519")
    public = path.with_suffix(".pub.json")
    write_closed(path, export_private(key))
    write_closed(public, json.dumps(export_public(key)).encode())
    click.echo(f"Officer key {kid_of(key)} made in {path}; {public} is the half that nodes pin.")
