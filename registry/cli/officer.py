"""Who asks and who confirms on the command line: officers, by the private keys they carry with them."""

from pathlib import Path

import click

from config import Settings
from registry.domain.model import Caller
from registry.errors import BadInput, Misconfigured, NotAllowed

officer_option = click.option(
    "--officer",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The officer's key file, on a stick of their own.",
)


def officer_caller(settings: Settings, path: Path | None) -> Caller:
    """Return the officer whose private key is in the file; raise NotAllowed when none of this node."""
    from registry.crypto.partners.officers import read_officers
    from registry.crypto.partners.trust_file import TrustRefused
    from registry.crypto.tokens.jwk import NotAKey, import_private
    from registry.crypto.tokens.strict import Malformed

    if path is None:
        raise BadInput("Two officers must agree: give --officer FILE, the key file of one of them.")
    try:
        key = import_private(path.read_bytes())
    except (NotAKey, Malformed):
        raise BadInput(f"{path} is not an officer's key.") from None
    try:
        pinned = read_officers(settings.officers_file)
    except TrustRefused as refused:
        raise Misconfigured(str(refused)) from None
    for kid, known in pinned.items():
        if known.thumbprint() == key.thumbprint():
            return Caller(f"officer:{kid}"[:64], "privacy", settings.node.code)
    raise NotAllowed("This key belongs to no pinned officer.")
