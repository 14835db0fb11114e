"""What to measure and how long: the options of `./run bench`."""

import argparse
from dataclasses import dataclass
from pathlib import Path

DIALECTS = ("sqlite", "postgresql")
BENCHES = ("api", "export", "import", "exchange", "discovery", "care", "observatory")
FOLDER = Path(__file__).resolve().parents[2] / "var" / "bench"


@dataclass(frozen=True)
class Wanted:
    """One measurement; `seconds` is the length of each run of each operation."""

    benches: tuple[str, ...] = ("api",)
    people: int = 1000
    crowd: int = 0
    seconds: float = 1.5
    runs: int = 3
    connections: int = 8
    workers: int = 2
    most: int = 20_000
    dialects: tuple[str, ...] = DIALECTS
    operations: tuple[str, ...] = ()
    base_url: str = ""
    token: str = ""
    folder: Path = FOLDER


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    default = Wanted()
    made = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    made.add_argument("benches", nargs="*", metavar="api", help=f"what to measure, of: {', '.join(BENCHES)}")
    made.add_argument("--people", type=int, default=default.people, help="synthetic people to load first")
    made.add_argument("--crowd", type=int, default=0, help="more people, who have a Patient only")
    made.add_argument("--seconds", type=float, default=default.seconds, help="length of each run")
    made.add_argument("--runs", type=int, default=default.runs, help="runs of each operation; median shown")
    made.add_argument("--connections", type=int, default=default.connections, help="requests under way")
    made.add_argument("--workers", type=int, default=default.workers, help="web processes of the server")
    made.add_argument("--most", type=int, default=default.most, help="most requests in one run")
    made.add_argument("--dialect", action="append", choices=DIALECTS, help="only this database")
    made.add_argument("--operation", action="append", help="only operations whose name has this word")
    made.add_argument("--base-url", default="", help="measure a running server (it gets synthetic people)")
    made.add_argument("--token", default="", help="access token for that server")
    made.add_argument("--out", type=Path, default=default.folder, help="folder of the JSON files")
    return made


def read(words: list[str]) -> Wanted:
    """Read the command line; wrong words end the program with 2."""
    reader = parser()
    found = reader.parse_args(words)
    unknown = [name for name in found.benches if name not in BENCHES]
    if unknown:
        reader.error(f"there is no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    if bool(found.base_url) != bool(found.token):
        reader.error("--base-url and --token go together")
    if (
        min(found.people, found.runs, found.connections, found.workers, found.most) < 1
        or found.seconds <= 0
        or found.crowd < 0
    ):
        reader.error("counts and seconds must be positive")
    return Wanted(
        benches=tuple(found.benches) or ("api",),
        people=found.people,
        crowd=found.crowd,
        seconds=found.seconds,
        runs=found.runs,
        connections=found.connections,
        workers=found.workers,
        most=found.most,
        dialects=tuple(found.dialect or DIALECTS),
        operations=tuple(found.operation or ()),
        base_url=found.base_url.rstrip("/").removesuffix("/fhir"),
        token=found.token,
        folder=found.out,
    )
