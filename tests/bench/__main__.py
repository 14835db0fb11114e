"""Run `./run bench`: measure, print a table, write the JSON file."""

import sys

from rich.console import Console

from tests.bench import api, report, wanted
from tests.bench.closed_loop import Broken
from tests.bench.figures import Row

NOT_BUILT = 3
WIDTH = 160  # columns of the table; a narrower terminal wraps its lines


def main(words: list[str]) -> int:
    """Measure; return 0 when every answer was right, 1 otherwise, 3 when a bench is not built yet."""
    asked = wanted.read(words)
    missing = [name for name in asked.benches if name != "api"]
    if missing:
        print(f"bench: {', '.join(missing)} is not built yet; there is api", file=sys.stderr)
        return NOT_BUILT
    console = Console()
    console.width = max(console.width, WIDTH)
    rows: list[Row] = []
    try:
        with console.status("Starting ...") as status:
            rows.extend(api.measure(asked, status.update))
    except Broken as reason:
        print(f"bench: {reason}", file=sys.stderr)
    if not rows:
        return 1
    report.show(_title(asked), rows, console)
    console.print(f"Written to {report.write(asked.folder, 'api', rows)}", soft_wrap=True)
    return 1 if any(row.errors or not row.req_s for row in rows) else 0


def _title(asked: wanted.Wanted) -> str:
    load = f"api: {asked.connections} connections, median of {asked.runs} runs of {asked.seconds:g} s"
    return f"{load}; CPU ms = server + database for each answer, the figure to compare"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
