"""What the demo did, step by step: printed as plain lines, and kept as var/demo/report.json."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from registry.demo.files import write_json


@dataclass
class Step:
    """One step; `detail` is one plain line, filled while it runs. Times in milliseconds."""

    name: str
    ok: bool = False
    ms: float = 0.0
    detail: str = ""


@dataclass
class Report:
    """Steps, documents put in and nodes, as the machine-readable contract of the demo says."""

    path: Path
    say: Callable[[str], None]
    steps: list[Step] = field(default_factory=list)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    nodes: list[dict[str, Any]] = field(default_factory=list)
    told: bool = False

    @property
    def ok(self) -> bool:
        """Tell whether the story was told to its end, every step went well and every document was stored."""
        return self.told and all(step.ok for step in self.steps) and all(row["stored"] for row in self.inputs)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time a step and print its line; a failure is kept and goes on upwards."""
        step = Step(name)
        self.steps.append(step)
        start = time.perf_counter()
        try:
            yield step
            step.ok = True
        except BaseException as error:
            step.detail = step.detail or str(error)[:300] or type(error).__name__
            raise
        finally:
            step.ms = round((time.perf_counter() - start) * 1000, 1)
            mark = "✓" if step.ok else "✗"
            self.say(f"{mark} {step.ms:>8.0f} ms  {name}" + (f" · {step.detail}" if step.detail else ""))
            self.write()

    def write(self) -> None:
        """Write the report file."""
        write_json(
            self.path,
            {
                "ok": self.ok,
                "steps": [vars(step) for step in self.steps],
                "inputs": self.inputs,
                "nodes": self.nodes,
            },
        )
