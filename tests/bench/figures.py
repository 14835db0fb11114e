"""From runs to one row: the median of several runs, and a cost for each answer."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from tests.bench.closed_loop import Run
from tests.bench.cost import Cost


@dataclass(frozen=True)
class Measured:
    """One run of an operation, and what the server and the database spent on it (None: not seen)."""

    run: Run
    cost: Cost | None
    memory_mb: float | None


@dataclass(frozen=True)
class Row:
    """One line of the table, and of the JSON file: figures are the median of the runs."""

    operation: str
    dialect: str
    size: int
    req_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms_server: float | None
    cpu_ms_db: float | None
    memory_mb: float | None
    runs: int
    errors: int
    client_ms: float
    answers: int
    wrong: dict[str, int]

    @property
    def cpu_ms(self) -> float | None:
        """Return server and database together, the figure to compare."""
        if self.cpu_ms_server is None or self.cpu_ms_db is None:
            return None
        return self.cpu_ms_server + self.cpu_ms_db

    def plain(self) -> dict[str, object]:
        """Return the fields with rounded figures."""
        return {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def row(operation: str, dialect: str, size: int, measured: Sequence[Measured]) -> Row:
    """Return the row of an operation; an operation without one right answer has zeros and its errors."""
    runs = [each.run for each in measured]

    def middle(figure: Callable[[Run], float]) -> float:
        return median(map(figure, runs))

    return Row(
        operation,
        dialect,
        size,
        req_s=middle(lambda run: len(run.times) / run.seconds),
        p50_ms=middle(lambda run: 1000 * quantile(run.times, 0.50)),
        p95_ms=middle(lambda run: 1000 * quantile(run.times, 0.95)),
        p99_ms=middle(lambda run: 1000 * quantile(run.times, 0.99)),
        cpu_ms_server=_each(measured, lambda cost: cost.server),
        cpu_ms_db=_each(measured, lambda cost: cost.database),
        memory_mb=_highest(each.memory_mb for each in measured),
        runs=len(runs),
        errors=sum(run.wrong.total() for run in runs),
        client_ms=middle(lambda run: 1000 * run.own_cpu / max(1, run.answers)),
        answers=sum(run.answers for run in runs),
        wrong=_by_status(runs),
    )


def _by_status(runs: Iterable[Run]) -> dict[str, int]:
    """Return how many answers were wrong, by HTTP status."""
    counts = sum((run.wrong for run in runs), Counter[int]())
    return {str(status): count for status, count in sorted(counts.items())}


def quantile(times: Sequence[float], part: float) -> float:
    """Return the smallest time that at least `part` of all do not exceed; 0 without any."""
    if not times:
        return 0.0
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _each(measured: Sequence[Measured], spent: Callable[[Cost], float]) -> float | None:
    """Return milliseconds per answer."""
    found = [1000 * spent(one.cost) / max(1, one.run.answers) for one in measured if one.cost]
    return median(found) if found else None


def _highest(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if known else None
