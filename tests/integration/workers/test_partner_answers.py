"""The partner client against a real socket: every way a partner can fail has one code, and none hangs."""

import contextlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from registry.ports.outside import Answer
from workers.partner_client import HttpPartnerClient

Script = Callable[[socket.socket], None]
NOTE = "aaa.bbb.ccc"
HERE = IPv4Address("127.0.0.1")


class ScriptedPartner:
    """A listening socket that reads one request per connection and then does what the script says."""

    def __init__(self, script: Script) -> None:
        self.requests: list[bytes] = []
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self.requests.append(self._read(connection))
                try:
                    self._script(connection)
                except OSError:
                    continue

    @staticmethod
    def _read(connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body

    def close(self) -> None:
        self._listener.close()


def reply(status: str, body: bytes = b"", *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def saying(data: bytes) -> Script:
    return lambda connection: connection.sendall(data)


@pytest.fixture
def send() -> Iterator[Callable[[Script], Answer]]:
    """Send one message to a partner that follows a script."""
    partners: list[ScriptedPartner] = []
    clients: list[HttpPartnerClient] = []

    def run(script: Script) -> Answer:
        partner = ScriptedPartner(script)
        partners.append(partner)
        address = f"http://127.0.0.1:{partner.port}/exchange/v1/messages"
        clients.append(HttpPartnerClient({"co": address}.get, whole=1.0))
        return clients[-1].send("co", "msg-1", b"packed")

    yield run
    for client in clients:
        client.close()
    for partner in partners:
        partner.close()


def test_an_accepted_message_brings_its_note(send: Callable[[Script], Answer]) -> None:
    answer = send(saying(reply("202 Accepted", NOTE.encode(), "Content-Type: application/jose")))
    assert answer == Answer(202, NOTE)


def test_the_message_is_posted_whole_with_its_id_as_idempotency_key() -> None:
    partner = ScriptedPartner(saying(reply("202 Accepted")))
    client = HttpPartnerClient({"co": f"http://127.0.0.1:{partner.port}/exchange/v1/messages"}.get)
    client.send("co", "msg-1", b"x" * 300_000)
    client.close()
    partner.close()
    head, _, body = partner.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /exchange/v1/messages HTTP/1.1")
    assert b"idempotency-key: msg-1" in head.lower()
    assert b"content-type: application/jose" in head.lower()
    assert body == b"x" * 300_000


def test_a_page_of_a_proxy_is_no_note(send: Callable[[Script], Answer]) -> None:
    assert send(saying(reply("200 OK", b"<html>", "Content-Type: text/html"))).note == ""


@pytest.mark.parametrize(
    ("header", "seconds"), [("120", 120.0), ("soon", None), ("-3", None), ("9" * 40, 999999999.0)]
)
def test_retry_after_in_seconds_is_read(
    send: Callable[[Script], Answer], header: str, seconds: float | None
) -> None:
    answer = send(saying(reply("503 Service Unavailable", b"", f"Retry-After: {header}")))
    assert (answer.status, answer.retry_after) == (503, seconds)


def test_retry_after_as_a_past_date_means_now(send: Callable[[Script], Answer]) -> None:
    answer = send(saying(reply("429 Too Many Requests", b"", "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT")))
    assert (answer.status, answer.retry_after) == (429, 0.0)


def test_a_redirect_is_not_followed(send: Callable[[Script], Answer]) -> None:
    answer = send(saying(reply("307 Temporary Redirect", b"", "Location: http://127.0.0.1:1/")))
    assert (answer.status, answer.error) == (307, "redirected")


FAILURES: dict[str, tuple[Script, str]] = {
    "nothing": (lambda connection: None, "cut-off"),
    "garbage": (saying(b"\x00\x01 this is not HTTP\r\n\r\n"), "not-http"),
    "half": (saying(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\nabc"), "cut-off"),
    "huge": (saying(reply("202 Accepted", b"n" * 70_000)), "answer-too-large"),
}


@pytest.mark.parametrize("name", sorted(FAILURES))
def test_a_broken_answer_has_its_own_code(send: Callable[[Script], Answer], name: str) -> None:
    script, code = FAILURES[name]
    assert send(script) == Answer(0, error=code)


def test_a_partner_that_drips_is_cut_off_in_time(send: Callable[[Script], Answer]) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b"n")
            time.sleep(0.1)

    started = time.monotonic()
    assert send(drip) == Answer(0, error="answer-too-slow")
    assert time.monotonic() - started < 5


def test_a_partner_that_resets_is_named(send: Callable[[Script], Answer]) -> None:
    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    assert send(reset) == Answer(0, error="cut-off")


def test_a_partner_that_is_not_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = HttpPartnerClient({"co": f"http://127.0.0.1:{port}/"}.get)
    assert client.send("co", "m", b"x") == Answer(0, error="connect-failed")
    client.close()


def test_a_partner_without_an_address_is_never_looked_for() -> None:
    client = HttpPartnerClient(lambda _: None)
    assert client.send("xx", "m", b"x") == Answer(0, error="no-address")
    client.close()


def self_signed(folder: Path) -> ssl.SSLContext:
    """Make the certificate of somebody who only claims to be the partner."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "both.pem").write_bytes(secret + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


def test_a_partner_whose_certificate_is_not_trusted_gets_nothing(tmp_path: Path) -> None:
    heard: list[bytes] = []
    context = self_signed(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
                heard.append(secure.recv(10_000))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        client = HttpPartnerClient({"co": f"https://127.0.0.1:{listener.getsockname()[1]}/"}.get)
        answer = client.send("co", "m", b"secret")
        client.close()
        thread.join(5)
    assert answer == Answer(0, error="tls-failed")
    assert b"".join(heard) == b""


def test_the_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    partner = ScriptedPartner(saying(reply("202 Accepted")))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    client = HttpPartnerClient({"co": f"http://127.0.0.1:{partner.port}/"}.get)
    assert client.send("co", "m", b"x").status == 202
    client.close()
    partner.close()


def test_addresses_do_not_reach_the_log(
    send: Callable[[Script], Answer], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "puente")
    send(saying(reply("202 Accepted")))
    record = next(record for record in caplog.records if record.name == "puente")
    assert "127.0.0.1" not in str(record.__dict__["fields"])
