"""A key service on loopback that answers like Vault's transit engine: encrypt, decrypt, rotate, trim."""

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "s.tests-only"


class Refused(Exception):
    """Answer with a status."""


class Transit:
    """One named key with its versions."""

    def __init__(self) -> None:
        self.keys = {1: os.urandom(32)}
        self.least = 1
        self.broken = False
        self.asked: list[str] = []
        self.bodies: list[dict[str, Any]] = []

    @property
    def latest(self) -> int:
        return max(self.keys)

    def encrypt(self, body: dict[str, Any]) -> dict[str, object]:
        version = int(body.get("key_version") or self.latest)
        if version < self.least or version not in self.keys:
            raise Refused
        nonce = os.urandom(12)
        plain, aad = (base64.b64decode(body.get(name, "")) for name in ("plaintext", "associated_data"))
        sealed = nonce + AESGCM(self.keys[version]).encrypt(nonce, plain, aad)
        return {"ciphertext": f"vault:v{version}:{base64.b64encode(sealed).decode()}", "key_version": version}

    def decrypt(self, body: dict[str, Any]) -> dict[str, object]:
        _, version, text = body["ciphertext"].split(":")
        number, sealed = int(version[1:]), base64.b64decode(text)
        if number < self.least or number not in self.keys:
            raise Refused
        try:
            aad = base64.b64decode(body.get("associated_data", ""))
            plain = AESGCM(self.keys[number]).decrypt(sealed[:12], sealed[12:], aad)
        except InvalidTag:
            raise Refused from None
        return {"plaintext": base64.b64encode(plain).decode()}

    def rewrap(self, body: dict[str, Any]) -> dict[str, object]:
        return self.encrypt(self.decrypt({"ciphertext": body["ciphertext"]}))

    def rotate(self, _: dict[str, Any]) -> dict[str, object]:
        self.keys[self.latest + 1] = os.urandom(32)
        return {}

    def config(self, body: dict[str, Any]) -> dict[str, object]:
        self.least = int(body["min_decryption_version"])
        return {}

    def trim(self, body: dict[str, Any]) -> dict[str, object]:
        least = int(body["min_available_version"])
        if least > self.least:
            raise Refused
        self.keys = {version: key for version, key in self.keys.items() if version >= least}
        return {}

    def answer(self, method: str, path: str, body: dict[str, Any]) -> dict[str, object]:
        words = path.removeprefix("/v1/transit/").split("/")
        if method == "GET" and words == ["keys", "puente"]:
            return {"keys": {str(version): 0 for version in self.keys}, "min_decryption_version": self.least}
        acts = {"encrypt": self.encrypt, "decrypt": self.decrypt, "rewrap": self.rewrap}
        about = {"rotate": self.rotate, "config": self.config, "trim": self.trim}
        if words[0] in acts and words[1:] == ["puente"]:
            return acts[words[0]](body)
        if words[:2] == ["keys", "puente"] and words[2] in about:
            return about[words[2]](body)
        raise Refused


@contextmanager
def serving(transit: Transit) -> Iterator[str]:
    """Serve on a free port; give the address of the key."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.respond()

        def do_POST(self) -> None:
            self.respond()

        def respond(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            transit.asked.append(self.path)
            transit.bodies.append(body)
            status, data = 200, b""
            if self.headers.get("X-Vault-Token") != TOKEN:
                status = 403
            elif transit.broken:
                status = 503
            else:
                try:
                    data = json.dumps({"data": transit.answer(self.command, self.path, body)}).encode()
                except (Refused, ValueError, KeyError):
                    status, data = 400, b'{"errors": ["refused"]}'
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/transit/keys/puente"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
