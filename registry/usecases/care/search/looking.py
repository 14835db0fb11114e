"""One search under way: who asks, in which unit, how much was opened, and what the caller may see."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import orjson

from fhir import search, wire
from fhir.outcome import Issue
from registry.domain.model import Caller, SealedResource, Stored
from registry.errors import TooCostly, Unreadable
from registry.ports import Services, Unit
from registry.usecases.access import reach
from registry.usecases.care.record import sealing

CHUNK = 200
MOST_OPENED = 5_000
TOO_MANY = "This search would open too many records: add an identifier, a birth date or another name."


@dataclass(frozen=True)
class Found:
    """One resource that fits, as stored and as read for comparing (numbers as floats)."""

    stored: Stored
    resource: wire.JsonObject


@dataclass
class Look:
    """What a search needs all the way down; `opened` counts resources against the limit."""

    services: Services
    unit: Unit
    caller: Caller
    opened: int = 0
    notes: list[Issue] = field(default_factory=list)
    _confined: bool | None = field(default=None, repr=False)

    def sounds(self, words: str) -> set[object]:
        """Return how words sound, as tokens of the node's index."""
        return {token for token in self.services.index.names(words) if token.kind == "sound"}

    def note(self, issue: Issue) -> None:
        """Remember once what the caller must know of the answer."""
        if issue not in self.notes:
            self.notes.append(issue)

    def fitting(self, rows: Iterable[SealedResource], query: search.Query) -> Iterator[Found]:
        """Yield what fits of the rows the caller may see, in their order."""
        waiting = iter(rows)
        while some := list(islice(waiting, CHUNK)):
            for row in self._seen(some):
                stored = self.open(row)
                if stored is None or not search.may_fit(stored.body, query):
                    continue
                resource = orjson.loads(stored.body)
                if search.fits(resource, query, self.sounds):
                    yield Found(stored, resource)

    def open(self, row: SealedResource) -> Stored | None:
        """Open one row; None for what was erased. Raise TooCostly when too much was opened already."""
        self.opened += 1
        if self.opened > MOST_OPENED:
            raise TooCostly(TOO_MANY)
        try:
            return sealing.open_resource(self.services, row)
        except Unreadable:
            return None

    def _seen(self, rows: list[SealedResource]) -> list[SealedResource]:
        if self._confined is None:
            self._confined = reach.is_confined(self.services, self.caller)
        if not self._confined or not rows:
            return rows
        owners = {row.owner_id for row in rows}
        visible = reach.visible(self.services, self.unit, self.caller, owners, rows[0].type)
        return [row for row in rows if row.owner_id in visible]
