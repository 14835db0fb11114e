"""The node as `puente serve` runs it: bytes on a socket, the log it writes, how it starts and ends."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.crypto.tokens.jwk import new_key
from registry.demo.prepare import join, make_node
from registry.demo.processes import free_ports
from tests.integration.workers.running import ROOT, RunningNode

MARK = "MARCA-4471-Mamani"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    """Give a node whose web process runs."""
    folder: Path = tmp_path_factory.mktemp("web")
    ports = free_ports(2, first=18_600)
    environ = {"PUENTE_ENV": "test"}
    nodes = [make_node(code, folder, port, environ) for code, port in zip(("pe", "co"), ports, strict=True)]
    join(nodes, new_key("P-384"))
    running = RunningNode(nodes[0], folder)
    running.start("serve")
    yield running
    running.stop()


def talk(web: RunningNode, data: bytes) -> tuple[int, bytes]:
    """Send bytes as they are and return the status and everything after it."""
    with socket.create_connection(("127.0.0.1", web.settings.bind_port), timeout=20) as connection:
        answer = b""
        # The answer may come before everything was taken.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
        with contextlib.suppress(ConnectionResetError):
            while chunk := connection.recv(65536):
                answer += chunk
    head = answer.split(b" ", 2)
    return (int(head[1]) if len(head) > 2 else 0), answer


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


FHIR = "Content-Type: application/fhir+json"


@pytest.mark.parametrize("length", ["abc", "-5", "1e3", "5, 6"])
def test_a_wrong_length_never_reaches_the_application(web: RunningNode, length: str) -> None:
    status, _ = talk(web, post("/fhir/Patient", b"{}", FHIR, f"Content-Length: {length}"))
    assert status in (0, 400)


def test_a_body_in_chunks_is_read_up_to_the_limit(web: RunningNode) -> None:
    jose = "Content-Type: application/jose"
    small = b"3\r\na.b\r\n0\r\n\r\n"
    assert talk(web, post("/exchange/v1/messages", small, jose, "Transfer-Encoding: chunked"))[0] == 400
    many = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    large = many * 10 + b"0\r\n\r\n"
    status, _ = talk(web, post("/exchange/v1/messages", large, jose, "Transfer-Encoding: chunked"))
    assert status in (413, 0)


def test_ten_megabytes_are_refused_at_every_address(web: RunningNode) -> None:
    body = b"x" * 10_000_000
    for path, content in (
        ("/exchange/v1/messages", "application/jose"),
        ("/oauth/token", "application/x-www-form-urlencoded"),
    ):
        status, _ = talk(web, post(path, body, f"Content-Type: {content}", f"Content-Length: {len(body)}"))
        assert status in (400, 413, 0)
    assert web.answers()


def test_nothing_of_a_request_reaches_the_log(web: RunningNode) -> None:
    lines = [
        f"GET /fhir/Patient?identifier={MARK} HTTP/1.1\r\nHost: {MARK}\r\nX-Request-Id: {MARK}\r\n",
        f"GET /fhir/Patient/{MARK} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {MARK}\r\n",
        f"GET /{MARK}/there?is={MARK} HTTP/1.1\r\nHost: x\r\nCookie: a={MARK}\r\n",
        f"{MARK.replace('-', '')} /healthz HTTP/1.1\r\nHost: x\r\n",
        f"GET /fhir/{MARK}/1/2/3 HTTP/1.1\r\nHost: x\r\nReferer: http://x/{MARK}\r\n",
    ]
    for line in lines:
        talk(web, line.encode() + b"Connection: close\r\n\r\n")
    talk(web, post("/fhir/Patient", f'{{"name":"{MARK}'.encode(), FHIR, "Content-Length: 25"))
    log = (web.logs / "serve-pe.log").read_text()
    assert log.count("request-done") >= 5
    assert MARK not in log
    assert MARK.replace("-", "") not in log
    for line in log.splitlines():
        assert json.loads(line)["event"], "the log is lines of JSON"


def test_the_node_says_that_loopback_is_not_protected(web: RunningNode) -> None:
    assert "not-protected" in (web.logs / "serve-pe.log").read_text()


def test_a_node_without_its_settings_or_keys_does_not_start(tmp_path: Path) -> None:
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    cases = [
        ({}, "Set PUENTE_NODE"),
        ({"PUENTE_NODE": "xx"}, "There is no node file"),
        ({"PUENTE_NODE": "pe"}, "Set REDIS_URL"),
        ({"PUENTE_NODE": "pe", "PUENTE_ENV": "test", "PUENTE_VAR": str(tmp_path / "pe")}, "key"),
    ]
    for environ, words in cases:
        command = [sys.executable, "-m", "registry", "serve"]
        done = subprocess.run(
            command, env=kept | environ, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 8, done.stderr
        assert done.stderr.startswith("puente: ")
        assert words in done.stderr
        assert done.stderr.count("\n") == 1


def test_the_web_process_ends_on_its_signal_and_leaves_nothing(tmp_path: Path) -> None:
    port = free_ports(1, first=18_700)[0]
    node = make_node("pe", tmp_path, port, {"PUENTE_ENV": "test", "PUENTE_WEB_WORKERS": "2"})
    join([node], new_key("P-384"))
    running = RunningNode(node, tmp_path)
    running.start("serve")
    process = running.processes.pop("serve")
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert not running.answers()
