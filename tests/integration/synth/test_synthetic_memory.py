"""A million synthetic people need no more memory than a hundred."""

import tracemalloc
from collections.abc import Callable
from datetime import date

from config.node import read_node
from registry import synth

TODAY = date(2026, 11, 22)


def test_memory_does_not_grow_with_the_number_of_people(scaled: Callable[[int], int]) -> None:
    def peak(number: int) -> int:
        tracemalloc.start()
        for _ in synth.people(number, 7, TODAY, read_node("pe")):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(20)
    few, many = peak(50), peak(scaled(20_000))
    # A person is about 50 kB: all of them together would be far more than what waits to be collected.
    assert many < few + 3_000_000
