"""Show rows as a table, and write them where scripts read them."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.figures import Row

HEADINGS = ("operation", "dialect", "size", "req/s", "p50", "p95", "p99 ms")
COSTS = ("CPU ms", "server", "database", "client", "MB", "runs", "errors")


def show(title: str, rows: Sequence[Row], console: Console) -> None:
    """Print the table; CPU ms is server and database together, client is the generator's own cost."""
    table = Table(title=title, title_justify="left")
    for number, name in enumerate((*HEADINGS, *COSTS)):
        table.add_column(name, justify="left" if number < 2 else "right", no_wrap=True)
    for row in rows:
        speed = (f"{row.req_s:,.0f}", _figure(row.p50_ms, 1), _figure(row.p95_ms, 1), _figure(row.p99_ms, 1))
        costs = (row.cpu_ms, row.cpu_ms_server, row.cpu_ms_db, row.client_ms)
        told = (_figure(row.memory_mb, 0), str(row.runs), str(row.errors))
        style = "red" if row.errors else ""
        about = (row.operation, row.dialect, f"{row.size:,}")
        table.add_row(*about, *speed, *(_figure(each, 2) for each in costs), *told, style=style)
    console.print(table)
    for row in rows:
        for status, count in row.wrong.items():
            console.print(f"{row.operation}, {row.dialect}: {count} wrong answers with status {status}")


def write(folder: Path, name: str, rows: Sequence[Row]) -> Path:
    """Write `<folder>/<name>.json` in one step and return where it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    when = datetime.now(UTC).isoformat(timespec="seconds")
    document = {"machine": machine(), "when": when, "rows": [row.plain() for row in rows]}
    half = path.with_suffix(".part")
    half.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    half.replace(path)
    return path


def machine() -> str:
    """Return what the figures depend on."""
    return (
        f"{os.cpu_count()} CPUs {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    )


def _figure(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"
