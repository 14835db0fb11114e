"""Links to the next page: what was asked and how far it came, sealed, so that nothing of it stands in clear.

A link serves only the caller it was made for, and for one thing.
"""

import base64
import binascii
import json
from collections.abc import Mapping

from registry.domain.model import NODE_OWNER, Caller
from registry.errors import BadInput, Unreadable
from registry.ports import Services

NAME = "_page"
_SENTENCE = "This page cannot be opened: ask again from the first page."


def sealed(services: Services, caller: Caller, about: str, asked: Mapping[str, object]) -> str:
    """Return what goes into the link; `about` names the thing that is paged."""
    plain = json.dumps(asked, separators=(",", ":")).encode()
    closed = services.vault.seal(NODE_OWNER, _place(caller, about), plain)
    return base64.urlsafe_b64encode(closed).decode().rstrip("=")


def opened(services: Services, caller: Caller, about: str, text: str) -> dict[str, object]:
    """Return what was sealed; raise BadInput for a link of somebody else, or of something else."""
    try:
        closed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        found: dict[str, object] = json.loads(services.vault.open(NODE_OWNER, _place(caller, about), closed))
    except (binascii.Error, Unreadable, ValueError):
        raise BadInput(_SENTENCE) from None
    return found


def _place(caller: Caller, about: str) -> tuple[str, str, str, int]:
    return ("page", f"{caller.id}|{about}", "asked", 1)
