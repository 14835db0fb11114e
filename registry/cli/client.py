"""What a system needs that connects to a node: a key pair of its own, and access tokens to try things out."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from registry.errors import BadInput, NotReady, NotSignedIn

WAIT_SECONDS = 30
OK = 200


@click.group("client")
def client_command() -> None:
    """Connect a system to a node: make its key, get its tokens. Needs no node of your own."""


@client_command.command("key", epilog="Example: puente client key hospital.jwk")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def key(path: Path) -> None:
    """Make a key pair: the secret half in PATH, the public half beside it for `puente partner add`."""
    from registry.cli.files import write_closed
    from registry.crypto.tokens.jwk import export_private, export_public, kid_of, new_key

    made = new_key("P-384")
    public = path.with_suffix(".pub.json")
    keys = [{"use": "token", "jwk": export_public(made)}]
    write_closed(path, export_private(made))
    write_closed(public, json.dumps({"id": path.stem, "keys": keys}, indent=2).encode())
    click.echo(f"Key {kid_of(made)} made in {path}; send {public} to the programme, and keep the other.")


@client_command.command(
    "token",
    epilog="Example: puente client token --node https://node.example --id hospital --key hospital.jwk",
)
@click.option("--node", "address", required=True, help="Base address of the node.")
@click.option("--id", "client_id", required=True, help="Your id in the node's trust list.")
@click.option(
    "--key", "key_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True
)
@click.option("--scope", default="system/*.cruds", show_default=True, help="What the token should cover.")
def token(address: str, client_id: str, key_file: Path, scope: str) -> None:
    """Print an access token of at most five minutes, and nothing else."""
    import httpx

    from registry.crypto.tokens.assertion import make_assertion
    from registry.crypto.tokens.jwk import NotAKey, import_private
    from registry.usecases.access.system_token import ASSERTION, GRANT

    try:
        secret = import_private(key_file.read_bytes())
    except (NotAKey, ValueError):
        raise BadInput(
            f"{key_file} is not the secret half of a key: make one with puente client key."
        ) from None
    with httpx.Client(base_url=address.rstrip("/"), trust_env=False, timeout=WAIT_SECONDS) as http:
        try:
            endpoint = str(http.get("/.well-known/smart-configuration").json()["token_endpoint"])
            form = {
                "grant_type": GRANT,
                "scope": scope,
                "client_assertion_type": ASSERTION,
                "client_assertion": make_assertion(client_id, endpoint, secret, datetime.now(UTC)),
            }
            answer = http.post(endpoint, data=form)
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            raise NotReady("No node answers at this address. Check it, and whether the node runs.") from None
    if answer.status_code != OK:
        raise NotSignedIn(f"The node gave no token ({_why(answer.text)}): check id, key and scope.")
    click.echo(answer.json()["access_token"])


def _why(text: str) -> str:
    try:
        found = json.loads(text).get("error")
    except (ValueError, AttributeError):
        found = None
    return (
        found
        if isinstance(found, str) and found.isascii() and len(found) < WAIT_SECONDS
        else "no reason told"
    )
