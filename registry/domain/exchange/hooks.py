"""Where notifications may go: under an address of the partner in the signed trust list, and nowhere else."""

import re
from collections.abc import Iterable

# No user, query, fragment, percent sign or dots alone: two readers of it cannot mean two places.
_ADDRESS = re.compile(
    r"(https?)://([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?"
)
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_PORTS = {"http": ":80", "https": ":443"}
LONGEST = 500


def problem(address: str, known: Iterable[str], production: bool) -> str:
    """Return what is wrong with an address to notify, or an empty string.

    Plain HTTP is for tests and the demo on this machine. An address of the list opens what is below it.
    """
    found = _read(address)
    if found is None or len(address) > LONGEST:
        return "The address is https://host/path, without user, query or fragment."
    scheme, host, path = found
    loopback = host.rpartition(":")[0] in _LOOPBACK
    if scheme == "http" and (production or not loopback):
        return "The address must begin with https://."
    for each in filter(None, map(_read, known)):
        if (scheme, host) == each[:2] and _is_below(path, each[2]):
            return ""
    return "The address must be under one of your addresses in the trust list of this node."


def _read(address: str) -> tuple[str, str, str] | None:
    """Return (scheme, host with port, path) of an address with one meaning only."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return None
    path = found[4] or "/"
    if any(part in (".", "..", "") for part in path.split("/")[1:-1]) or path.endswith(("/.", "/..")):
        return None
    return found[1], found[2].lower() + (found[3] or _PORTS[found[1]]), path


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(root if root.endswith("/") else f"{root}/")
