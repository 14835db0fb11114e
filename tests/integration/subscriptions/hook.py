"""A partner's hook for real: an HTTP server that remembers what it was sent and answers as a test says."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Knock:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def bundle(self) -> dict[str, Any]:
        """Return the notification."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def status(self) -> dict[str, Any]:
        """Return the values of the first entry's Parameters by name; an event as a dict of its parts."""
        return told(self.bundle["entry"][0]["resource"])


def told(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a Parameters by name."""
    found: dict[str, Any] = {}
    for each in parameters["parameter"]:
        if "part" in each:
            found.setdefault("events", []).append(told({"parameter": each["part"]}))
        else:
            value = next(value for key, value in each.items() if key.startswith("value"))
            found[each["name"]] = (
                value["reference"] if isinstance(value, dict) and "reference" in value else value
            )
    return found


@dataclass
class Hook:
    """The server; `answers` are (status, headers) for the next requests, then it says 200."""

    address: str
    port: int
    knocks: list[Knock] = field(default_factory=list)
    answers: deque[tuple[int, dict[str, str]]] = field(default_factory=deque)

    def of(self, kind: str) -> list[Knock]:
        """Return what arrived of one type of notification."""
        return [knock for knock in self.knocks if knock.status["type"] == kind]

    @property
    def numbers(self) -> list[int]:
        """Return the event numbers in the order they arrived."""
        return [int(knock.status["events"][0]["event-number"]) for knock in self.of("event-notification")]


@contextmanager
def listening() -> Iterator[Hook]:
    """Serve on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Remember the request; answer what is planned."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.knocks.append(Knock(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, headers = hook.answers.popleft() if hook.answers else (200, {})
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook = Hook(f"http://127.0.0.1:{server.server_port}", server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
