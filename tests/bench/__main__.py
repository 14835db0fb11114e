"""Run `./run bench`: measure, print a table, write the JSON file."""

import sys

from rich.console import Console

from tests.bench import api, bulk, report, wanted
from tests.bench.closed_loop import Broken
from tests.bench.figures import Row

NOT_BUILT = 3
BUILT = ("api", "export", "import")
BULK_TITLE = "req/s = resources a second; CPU ms for each resource; peak memory of the worker; median of runs"
WIDTH = 160  # columns of the table; a narrower terminal wraps its lines


def main(words: list[str]) -> int:
    """Measure; return 0 when every answer was right, 1 otherwise, 3 when a bench is not built yet."""
    asked = wanted.read(words)
    missing = [name for name in asked.benches if name not in BUILT]
    if missing:
        print(f"bench: {', '.join(missing)} is not built yet; there is {', '.join(BUILT)}", file=sys.stderr)
        return NOT_BUILT
    return max([_measure(asked, name) for name in asked.benches])


def _measure(asked: wanted.Wanted, name: str) -> int:
    """Measure one kind of work; return 0 when every answer was right."""
    console = Console()
    console.width = max(console.width, WIDTH)
    rows: list[Row] = []
    try:
        with console.status("Starting ...") as status:
            measured = api.measure(asked, status.update)
            if name != "api":
                measured = bulk.measure(asked, name, status.update)
            rows.extend(measured)
    except Broken as reason:
        print(f"bench: {reason}", file=sys.stderr)
    if not rows:
        return 1
    report.show(_title(asked) if name == "api" else BULK_TITLE, rows, console)
    console.print(f"Written to {report.write(asked.folder, name, rows)}", soft_wrap=True)
    return 1 if any(row.errors or not row.req_s for row in rows) else 0


def _title(asked: wanted.Wanted) -> str:
    load = f"api: {asked.connections} connections, median of {asked.runs} runs of {asked.seconds:g} s"
    return f"{load}; CPU ms = server + database for each answer, the figure to compare"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
