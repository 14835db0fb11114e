"""How many refusals of one source leave a row: enough to see an attack, too few to fill the database."""

import threading
from collections.abc import Callable

MOST = 10
OVERALL = 100
SECONDS = 60.0
SOURCES = 1000


class Cap:
    """Counts per source and window in this process; what is over the limit is only counted."""

    def __init__(self, clock: Callable[[], float], most: int = MOST, overall: int = OVERALL) -> None:
        """Count with a clock in seconds that never goes back."""
        self._clock = clock
        self._most = most
        self._overall = overall
        self._lock = threading.Lock()
        self._began = clock()
        self._counts: dict[str, int] = {}
        self._total = 0
        self._left_out = 0

    def take(self, source: str) -> int | None:
        """Return how many refusals were left out since the last row; None when this one is left out too."""
        with self._lock:
            now = self._clock()
            if now - self._began >= SECONDS:
                self._began, self._total = now, 0
                self._counts.clear()
            count = self._counts.get(source, 0)
            # Past so many sources nobody new is remembered, and the overall limit holds alone.
            if source in self._counts or len(self._counts) < SOURCES:
                self._counts[source] = count + 1
            if count >= self._most or self._total >= self._overall:
                self._left_out += 1
                return None
            self._total += 1
            left_out, self._left_out = self._left_out, 0
            return left_out
