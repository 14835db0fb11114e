"""Processes that end at once in the middle of their work, as a crash or a power cut ends them."""

import os
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from registry.ports import Services

DIED = 9


def die() -> None:
    """End this process without cleaning up anything."""
    os._exit(DIED)


def run_and_die(act: Callable[[], object]) -> None:
    """Run an act in a process of its own, which has to die in the middle of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn about forking beside threads
        child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(1)  # it came to its end, or failed otherwise
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == DIED, "the process did not die where it should"


class DyingUnit:
    """A unit whose process dies at its commit, before or after it."""

    def __init__(self, unit: Any, after: bool) -> None:
        self._unit = unit
        self._after = after

    def __enter__(self) -> "DyingUnit":
        self._unit.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._unit.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)

    def commit(self) -> None:
        """Die instead of committing, or once it is committed."""
        if self._after:
            self._unit.commit()
        die()


def dies_at_unit(services: Services, number: int, after_commit: bool) -> Services:
    """Return a node whose process dies at the commit of its n-th unit."""
    count = [0]

    def unit() -> Any:
        count[0] += 1
        made = services.unit()
        return DyingUnit(made, after_commit) if count[0] == number else made

    return replace(services, unit=unit)


class Counted:
    """A repository of a unit: each call is counted, and the chosen one ends the process once it is done."""

    def __init__(self, inner: Any, calls: list[int], last: int) -> None:
        self._inner = inner
        self._calls = calls
        self._last = last

    def __enter__(self) -> "Counted":
        self._inner.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._inner.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return Counted(found, self._calls, self._last)

        def call(*given: Any, **named: Any) -> Any:
            if name == "commit" and self._calls[0] + 1 == self._last:
                die()
            answer = found(*given, **named)
            self._calls[0] += 1
            if self._calls[0] == self._last:
                die()
            return answer

        return call


def dies_at_call(services: Services, last: int, calls: list[int]) -> Services:
    """Return a node whose process dies right after its n-th call to the store, or at the commit before it.

    `calls` counts along; with `last` 0 nothing dies and the calls of an act can be counted.
    """
    return replace(services, unit=lambda: Counted(services.unit(), calls, last))
