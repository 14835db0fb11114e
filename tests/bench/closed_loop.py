"""Ask a server as fast as it answers: a fixed number of connections, each with one request under way.

Plain sockets under one selector, because a full HTTP client would cost more than the server it measures. The
generator's own processor time is measured too, so that nobody takes it for the server's.
"""

import itertools
import re
import selectors
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CHUNK = 256 * 1024
SILENCE_SECONDS = 30.0
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]+)", re.IGNORECASE)


class Broken(Exception):
    """The server cannot be measured: it is not there, fell silent, or does not speak as expected."""


@dataclass(frozen=True)
class Call:
    """One request as bytes, and what its answer (status, body) must be."""

    data: bytes
    is_right: Callable[[int, bytes], bool]


@dataclass
class Run:
    """What one run saw: seconds from start to end, seconds of each right answer, wrong answers by status."""

    seconds: float = 0.0
    own_cpu: float = 0.0
    times: list[float] = field(default_factory=list)
    wrong: Counter[int] = field(default_factory=Counter)

    @property
    def answers(self) -> int:
        """Return how many answers came, right or wrong."""
        return len(self.times) + self.wrong.total()


@dataclass(frozen=True)
class Address:
    """Where a server listens."""

    host: str
    port: int
    tls: bool = False

    @classmethod
    def of(cls, base_url: str) -> "Address":
        """Read the address of a base URL."""
        parts = urlsplit(base_url)
        tls = parts.scheme == "https"
        return cls(parts.hostname or "127.0.0.1", parts.port or (443 if tls else 80), tls)

    def connect(self) -> socket.socket:
        """Open one connection."""
        try:
            plain = socket.create_connection((self.host, self.port), SILENCE_SECONDS)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                return ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
        except OSError:
            raise Broken(f"Nothing answers at {self.host}:{self.port}.") from None
        return plain


class Lane:
    """One connection with its request under way."""

    def __init__(self, address: Address) -> None:
        """Connect."""
        self._address = address
        self.socket = address.connect()
        self._buffer = b""
        self._call: Call | None = None
        self._sent = 0.0

    def send(self, call: Call) -> None:
        """Send a request; the clock starts."""
        self._call = call
        self._buffer = b""
        self._sent = time.perf_counter()
        self.socket.sendall(call.data)

    def receive(self, run: Run) -> bool:
        """Take what has arrived; note the answer when it is complete, and say so."""
        data = self.socket.recv(CHUNK)
        while isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
            data += self.socket.recv(CHUNK)
        if not data:
            raise Broken("The server closed a connection.")
        self._buffer += data
        answer = read_answer(self._buffer)
        if answer is None:
            return False
        took = time.perf_counter() - self._sent
        if self._call and self._call.is_right(*answer):
            run.times.append(took)
        else:
            run.wrong[answer[0]] += 1
        return True


def read_answer(data: bytes) -> tuple[int, bytes] | None:
    """Return status and body of a whole HTTP/1.1 answer, or None while a part is missing."""
    end = data.find(_HEAD_END)
    if end < 0:
        return None
    status = int(data[9:12])
    length = _LENGTH.search(data, 0, end + 2)
    body = end + len(_HEAD_END)
    if length is None:
        if status in (204, 304):
            return status, b""
        return _chunked(status, data, body)
    size = int(length[1])
    return (status, data[body : body + size]) if len(data) >= body + size else None


def _chunked(status: int, data: bytes, at: int) -> tuple[int, bytes] | None:
    """Read a body sent in chunks (RFC 9112 section 7.1)."""
    parts: list[bytes] = []
    while (line := data.find(b"\r\n", at)) >= 0:
        size = int(data[at:line].partition(b";")[0], 16)
        if len(data) < line + 2 + size + 2:
            return None
        if size == 0:
            return status, b"".join(parts)
        parts.append(data[line + 2 : line + 2 + size])
        at = line + 2 + size + 2
    return None


def drive(base_url: str, connections: int, make: Callable[[], Call], seconds: float, most: int) -> Run:
    """Keep every connection busy for some seconds or `most` requests; wait for the last answers."""
    run = Run()
    lanes = [Lane(Address.of(base_url)) for _ in range(connections)]
    selector = selectors.DefaultSelector()
    left = itertools.repeat(None, most)
    cpu, start = time.process_time(), time.perf_counter()
    until = start + seconds
    for lane in lanes:
        selector.register(lane.socket, selectors.EVENT_READ, lane)
        if next(left, 0) is None:
            lane.send(make())
    busy = min(connections, most)
    try:
        while busy:
            ready = selector.select(SILENCE_SECONDS)
            if not ready:
                raise Broken(f"No answer within {SILENCE_SECONDS:.0f} s.")
            for key, _ in ready:
                if not key.data.receive(run):
                    continue
                if time.perf_counter() < until and next(left, 0) is None:
                    key.data.send(make())
                else:
                    busy -= 1
    finally:
        run.seconds, run.own_cpu = time.perf_counter() - start, time.process_time() - cpu
        selector.close()
        for lane in lanes:
            lane.socket.close()
    return run
