"""The bench itself: it runs, checks every answer, and writes what scripts read."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.bench import __main__ as bench
from tests.bench.closed_loop import Call, Run, read_answer
from tests.bench.figures import Measured, row
from tests.bench.operations import OPERATIONS, Speaker, read
from tests.bench.samples import Known, Sample

FIELDS = {
    *("operation", "dialect", "size", "req_s", "p50_ms", "p95_ms", "p99_ms"),
    *("cpu_ms_server", "cpu_ms_db", "memory_mb", "runs", "errors"),
}
SHORT = ("api", "--people", "2", "--seconds", "0.1", "--most", "6", "--connections", "2", "--runs", "1")


def rows(folder: Path) -> list[dict[str, Any]]:
    document = json.loads((folder / "api.json").read_text())
    assert set(document) == {"machine", "when", "rows"}
    found: list[dict[str, Any]] = document["rows"]
    return found


@pytest.mark.postgres
def test_every_operation_is_answered_rightly_on_both_databases(tmp_path: Path) -> None:
    assert bench.main([*SHORT, "--workers", "1", "--out", str(tmp_path)]) == 0
    found = rows(tmp_path)
    assert {(one["operation"], one["dialect"]) for one in found} == {
        (operation.name, dialect) for operation in OPERATIONS for dialect in ("sqlite", "postgresql")
    }
    assert all(set(one) >= FIELDS and one["errors"] == 0 and one["size"] == 22 for one in found)
    assert all(0 < one["p50_ms"] <= one["p95_ms"] <= one["p99_ms"] and one["memory_mb"] > 10 for one in found)


def test_a_server_that_is_not_there_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["api", "--base-url", "http://127.0.0.1:9", "--token", "x", "--out", str(tmp_path)]
    assert bench.main(words) == 1
    assert "bench: " in capsys.readouterr().err.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_a_bench_that_is_not_built_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["observatory"]) == bench.NOT_BUILT
    assert "observatory is not built yet" in capsys.readouterr().err


def test_a_wrong_answer_is_an_error_and_no_time() -> None:
    run = Run(seconds=1.0, times=[0.001], own_cpu=0.0)
    run.wrong[500] += 2
    found = row("read", "sqlite", 1, [Measured(run, None, None)])
    assert (found.errors, found.wrong, found.req_s, found.cpu_ms) == (2, {"500": 2}, 1.0, None)


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", (200, b"{}")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", None),
        (b"HTTP/1.1 204 No Content\r\n\r\n", (204, b"")),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", (200, b"{}")),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", None),
        (b"HTTP/1.1 200 OK\r\nContent-", None),
    ],
)
def test_an_answer_is_read_when_it_is_whole(data: bytes, answer: tuple[int, bytes] | None) -> None:
    assert read_answer(data) == answer


def test_operations_refuse_the_answer_of_another_person() -> None:
    somebody = Known("a1", "urn:puente:id:dni", "12345678")
    make = read(Speaker("http://127.0.0.1:1", "t"), Sample((somebody,), ()), date(2026, 11, 22))
    call: Call = make()
    assert call.is_right(200, b'{"resourceType":"Patient","id":"a1"}')
    assert not call.is_right(200, b'{"resourceType":"Patient","id":"a2"}')
    assert not call.is_right(200, b'{"resourceType":"OperationOutcome"}')
    assert not call.is_right(500, b'{"resourceType":"Patient","id":"a1"}')
    assert not call.is_right(200, b"not json")
