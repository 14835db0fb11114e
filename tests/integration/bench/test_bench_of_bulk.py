"""The bench of export and import: it moves every resource, and writes what scripts read."""

import json
from pathlib import Path

from tests.bench import __main__ as bench


def test_export_and_import_are_measured_with_every_resource(tmp_path: Path) -> None:
    words = [
        "export",
        "import",
        "--people",
        "2",
        "--runs",
        "1",
        "--dialect",
        "sqlite",
        "--out",
        str(tmp_path),
    ]
    assert bench.main(words) == 0
    found = {name: json.loads((tmp_path / f"{name}.json").read_text())["rows"] for name in words[:2]}
    for name, rows in found.items():
        (row,) = rows
        assert row["operation"] == f"{name} of resources"
        assert row["size"] > 10
        assert row["req_s"] > 0
        assert row["cpu_ms_server"] > 0
        assert row["memory_mb"] > 10
    assert found["export"][0]["size"] == found["import"][0]["size"]
