"""Measure import and export of resources by the thousand, as a worker does them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from registry.demo.prepare import DemoNode, make_node
from tests.bench import cost
from tests.bench.api import Say
from tests.bench.closed_loop import Broken
from tests.bench.figures import Row
from tests.bench.node import DurablePostgres
from tests.bench.wanted import Wanted
from tests.servers import live
from tests.servers.process import closed_folder

SAMPLE = ("resources", "seconds", "cpu", "cpu_db", "memory_mb")
Figures = dict[str, float]


def measure(wanted: Wanted, name: str, say: Say) -> Iterator[Row]:
    """Yield a row for each database: `import` into an empty node for each run, `export` of a full one."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(closed_folder("puente-bulk-")))
        say(f"Writing {wanted.people} synthetic people ...")
        writer = _node(folder / "writer", {})
        _work(writer, "write", str(wanted.people), str(folder))
        for dialect in wanted.dialects:
            runs = [
                _run(wanted, name, dialect, folder, number, say) for number in range(_nodes(wanted, name))
            ]
            yield _row(name, dialect, [each for run in runs for each in run])


def _nodes(wanted: Wanted, name: str) -> int:
    """Return how many nodes are filled: an import needs an empty one each time."""
    return wanted.runs if name == "import" else 1


def _run(wanted: Wanted, name: str, dialect: str, lines: Path, number: int, say: Say) -> list[Figures]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(closed_folder("puente-bulk-")))
        more, database = {}, None
        if dialect == "postgresql":
            place = Path(stack.enter_context(closed_folder("puente-pg-")))
            server = stack.enter_context(DurablePostgres(place))
            more, database = {"DATABASE_URL": server.url(server.create_database())}, server.pid
        node = _node(folder, more)
        say(f"{dialect}, import {number + 1} ...")
        found = [_timed(node, database, "import", str(lines))]
        if name == "export":
            found.clear()
            for turn in range(wanted.runs):
                say(f"{dialect}, export {turn + 1} of {wanted.runs} ...")
                found.append(_timed(node, database, "export"))
        return found


def _node(folder: Path, more: dict[str, str]) -> DemoNode:
    return make_node("pe", folder, live.free_port(), {"PUENTE_ENV": "test", **more})


def _timed(node: DemoNode, database: int | None, *words: str) -> Figures:
    before = cost.seconds(database) if database else 0.0
    found = _work(node, *words)
    found["cpu_db"] = (cost.seconds(database) if database else 0.0) - before
    return found


def _work(node: DemoNode, *words: str) -> Figures:
    command = [sys.executable, "-m", "tests.bench.bulk_work", *words]
    done = subprocess.run(command, env=live.environ(node), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Broken(f"{words[0]} failed: {done.stderr[-500:]}")
    figures: Figures = json.loads(done.stdout)
    return figures


def _row(name: str, dialect: str, found: list[Figures]) -> Row:
    middle = {key: median(each[key] for each in found) for key in SAMPLE}
    size = int(middle["resources"])
    return Row(
        operation=f"{name} of resources",
        dialect=dialect,
        size=size,
        req_s=size / middle["seconds"],
        p50_ms=0.0,
        p95_ms=0.0,
        p99_ms=0.0,
        cpu_ms_server=middle["cpu"] / size * 1000,
        cpu_ms_db=middle["cpu_db"] / size * 1000,
        memory_mb=middle["memory_mb"],
        runs=len(found),
        errors=0,
        client_ms=0.0,
        answers=size * len(found),
        wrong={},
    )
