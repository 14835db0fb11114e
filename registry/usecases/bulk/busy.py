"""A client has only so many jobs at work at once."""

from registry.domain.model import Caller
from registry.errors import TooMany
from registry.ports import Unit

MOST_AT_ONCE = 5


def check_idle(unit: Unit, caller: Caller) -> None:
    """Raise TooMany while a client has enough jobs at work."""
    if len(unit.jobs.of(caller.id, "working")) >= MOST_AT_ONCE:
        raise TooMany("Other jobs of this client are still at work. Wait until they end, or cancel some.")
