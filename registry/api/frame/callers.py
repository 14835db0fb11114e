"""Remember for seconds whose token it is: a busy partner asks often, and each look costs a transaction."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from registry.domain.model import Caller

# A token that has ended opens nothing after this time; whether its partner is trusted is asked every time.
SECONDS = 5.0
ENTRIES = 1000


class Callers:
    """Finds the caller of a bearer token; only digests of tokens are kept."""

    NAME: Final = "puente-callers"

    def __init__(
        self,
        find: Callable[[str], Caller],
        clock: Callable[[], float] = time.monotonic,
        seconds: float = SECONDS,
    ) -> None:
        """Look tokens up with `find`, which raises for one that opens nothing."""
        self._find = find
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    def of(self, bearer: str) -> Caller:
        """Return the caller; what was refused is never remembered."""
        digest = hashlib.sha256(bearer.encode()).digest()
        now = self._clock()
        with self._lock:
            until, caller = self._known.get(digest, (0.0, None))
        if caller is not None and now < until:
            return caller
        found = self._find(bearer)
        with self._lock:
            self._known[digest] = (now + self._seconds, found)
            self._known.move_to_end(digest)
            while len(self._known) > ENTRIES:
                self._known.popitem(last=False)
        return found
