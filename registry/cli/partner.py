"""The trust list: which partners this node knows, signed by two officers before it counts."""

import json
from pathlib import Path

import click

from registry.cli import trust_entries, trust_list
from registry.cli.here import Here, with_here
from registry.errors import BadInput

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("partner")
def partner_command() -> None:
    """Pin partners' keys and addresses. A change is a draft until two officers have signed it."""


@partner_command.command("officers", epilog="Example: puente partner officers ana.pub.json luis.pub.json")
@click.argument("files", type=FILE, nargs=-1, required=True)
@with_here
def officers(here: Here, files: tuple[Path, ...]) -> None:
    """Pin the officers whose signatures count; done once, by whoever installs the node."""
    kids = trust_list.pin(here.settings, files)
    click.echo(f"Officers pinned: {', '.join(kids)}.")


@partner_command.command(
    "add", epilog="Example: puente partner add co --keys co-keys.json --address https://co.example"
)
@click.argument("partner_id")
@click.option("--keys", "keys_file", type=FILE, required=True, help="Made there with `puente keys export`.")
@click.option("--address", default="", help="Base address of the partner; none for one that only sends.")
@click.option("--scope", "scopes", multiple=True, help="What its tokens may cover, as system/*.cruds.")
@click.option("--days", type=click.IntRange(1, 1000), default=365, show_default=True, help="Keys stay valid.")
@with_here
def add(
    here: Here, partner_id: str, keys_file: Path, address: str, scopes: tuple[str, ...], days: int
) -> None:
    """Put a partner of the node file into a new draft; it replaces an older entry."""
    policy = here.settings.node.partner(partner_id)
    if policy is None:
        raise BadInput(f"The node file has no partner {partner_id}: add its policy there first.")
    try:
        keys = json.loads(keys_file.read_bytes())["keys"]
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{keys_file} is not a file of `puente keys export`.") from None
    entry = trust_entries.entry(policy, keys, address.rstrip("/"), scopes, days)
    version = trust_list.draft_with(here.settings, entry)
    click.echo(f"Draft {version} has {partner_id}. Two officers sign it: puente partner sign KEYFILE")


@partner_command.command("remove", epilog="Example: puente partner remove co")
@click.argument("partner_id")
@with_here
def remove(here: Here, partner_id: str) -> None:
    """Take a partner out, in a new draft."""
    version = trust_list.draft_without(here.settings, partner_id)
    click.echo(f"Draft {version} is without {partner_id}. Two officers sign it: puente partner sign KEYFILE")


@partner_command.command("sign", epilog="Example: puente partner sign /media/stick/ana.jwk")
@click.argument("key_file", type=FILE)
@with_here
def sign(here: Here, key_file: Path) -> None:
    """Sign the draft as an officer, after looking at it; the second signature puts it in force."""
    for line in trust_entries.describe(trust_list.draft(here.settings)):
        click.echo(line)
    in_force = trust_list.sign(here.settings, key_file)
    click.echo("In force now." if in_force else "Signed. One more officer is needed.")


@partner_command.command("list", epilog="Example: puente partner list")
@with_here
def list_partners(here: Here) -> None:
    """Show the partners in force, their addresses and until when their keys are valid."""
    for line in trust_entries.describe(trust_list.in_force(here.settings)):
        click.echo(line)


@partner_command.command("check", epilog="Example: puente partner check co")
@click.argument("partner_id", required=False)
@with_here
def check(here: Here, partner_id: str | None) -> int:
    """Check keys in force and whether the address answers; exit 1 when something is wrong."""
    from registry.cli.reach import problem_reaching

    trust = trust_list.in_force(here.settings)
    wrong = 0
    for policy in here.settings.node.partners:
        if policy.kind == "carry" or partner_id not in (None, policy.id):
            continue
        problem = here.services.crypto.partner_problem(policy.id)
        problem = problem or problem_reaching(trust.find(policy.id))
        wrong += bool(problem)
        click.echo(f"{policy.id:12} {policy.kind:8} {problem or 'ok'}")
    return 1 if wrong else 0
