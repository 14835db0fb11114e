"""Refusals leave some rows, never as many as an attacker likes."""

import pytest

from registry.domain.access.cap import MOST, OVERALL, SECONDS, SOURCES, Cap


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_first_refusals_of_a_source_leave_rows_and_the_next_only_count(clock: Clock) -> None:
    cap = Cap(clock)
    assert [cap.take("a") for _ in range(MOST + 2)] == [0] * MOST + [None, None]


def test_the_next_row_tells_how_many_were_left_out(clock: Clock) -> None:
    cap = Cap(clock)
    for _ in range(MOST + 3):
        cap.take("a")
    assert cap.take("b") == 3
    assert cap.take("b") == 0


def test_a_minute_later_rows_are_left_again(clock: Clock) -> None:
    cap = Cap(clock)
    for _ in range(MOST + 1):
        cap.take("a")
    clock.now = SECONDS
    assert cap.take("a") == 1


def test_many_sources_together_stay_under_the_overall_limit(clock: Clock) -> None:
    cap = Cap(clock)
    rows = [cap.take(f"address:{number}") for number in range(SOURCES * 3)]
    assert sum(row is not None for row in rows) == OVERALL
    assert len(cap._counts) == SOURCES
