"""The bench of export and import: it moves every resource, and writes what scripts read."""

import json
from pathlib import Path

from tests.bench import __main__ as bench


def test_an_export_is_measured_with_every_resource(tmp_path: Path) -> None:
    words = ["export", "--people", "2", "--runs", "1", "--dialect", "sqlite", "--out", str(tmp_path)]
    assert bench.main(words) == 0
    (row,) = json.loads((tmp_path / "export.json").read_text())["rows"]
    assert row["operation"] == "export of resources"
    assert row["size"] > 10
    assert row["req_s"] > 0
    assert row["cpu_ms_server"] > 0
    assert row["memory_mb"] > 10
