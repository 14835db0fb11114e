"""Where a page goes on, as a sealed text: nobody reads a search or a person in the address of a page."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson

from registry.domain.model import NODE_OWNER
from registry.errors import BadInput, Unreadable
from registry.ports import Services

_PLACE = ("page", "", "link", 1)
_LONGEST = 60_000
# Pages one can go back; earlier ones are reached from the first again.
_BACK = 20
_WRONG = "This is not a page of a search on this node, or it was given to somebody else."


@dataclass(frozen=True)
class Position:
    """One page of a search: its parameters, the place it begins after, and those of the pages before it."""

    resource_type: str
    parameters: tuple[tuple[str, str], ...]
    owner: str = ""
    after: tuple[Any, ...] = ()
    before: tuple[tuple[Any, ...], ...] = ()

    def on(self, after: tuple[Any, ...]) -> "Position":
        """Return the page that begins after a place, with the way back to this one."""
        before = (*self.before, self.after)[-_BACK:]
        return Position(self.resource_type, self.parameters, self.owner, after, before)

    def back(self) -> "Position | None":
        """Return the page before this one, or None when it is not known."""
        if not self.before:
            return None
        return Position(self.resource_type, self.parameters, self.owner, self.before[-1], self.before[:-1])

    def first(self) -> "Position":
        """Return the first page."""
        return Position(self.resource_type, self.parameters, self.owner)


def seal(services: Services, caller_id: str, position: Position) -> str:
    """Return a page as text for an address; only this caller can use it."""
    content = [
        caller_id,
        position.resource_type,
        position.parameters,
        position.owner,
        position.after,
        position.before,
    ]
    sealed = services.vault.seal(NODE_OWNER, _PLACE, orjson.dumps(content))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def unseal(services: Services, caller_id: str, text: str) -> Position:
    """Return the page of a text; raise BadInput for one that this node did not give to this caller."""
    try:
        if len(text) > _LONGEST or not text.isascii():
            raise BadInput(_WRONG)
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        owner, kind, parameters, person, after, before = orjson.loads(
            services.vault.open(NODE_OWNER, _PLACE, sealed)
        )
    except (binascii.Error, ValueError, Unreadable):
        raise BadInput(_WRONG) from None
    if owner != caller_id:
        raise BadInput(_WRONG)
    pairs = tuple((name, value) for name, value in parameters)
    return Position(kind, pairs, person, tuple(after), tuple(tuple(each) for each in before))
