"""Processor time and memory of a program with all its children, read from the system."""

from contextlib import suppress
from dataclasses import dataclass

import psutil

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Cost:
    """Processor seconds (user and system) spent so far."""

    server: float = 0.0
    database: float = 0.0

    def since(self, earlier: "Cost") -> "Cost":
        """Return what was spent after an earlier reading."""
        return Cost(self.server - earlier.server, self.database - earlier.database)


def family(pid: int) -> list[psutil.Process]:
    """Return a process and everything it started that still runs."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    return []


def seconds(pid: int) -> float:
    """Return the processor seconds of a process tree, children that ended included."""
    total = 0.0
    for place, process in enumerate(family(pid)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
            # A database ends the process of each connection that is closed; the parent keeps their sum.
            total += times.children_user + times.children_system if place == 0 else 0.0
    return total


def megabytes(pid: int) -> float:
    """Return the memory of a process tree, pages that several of them share counted once (Linux PSS)."""
    total = 0
    for process in family(pid):
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            found = process.memory_full_info()
            total += getattr(found, "pss", found.rss)
    return total / MEGABYTE
