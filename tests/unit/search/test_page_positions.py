"""The way back through the pages of a search."""

from registry.usecases.care.search.page_links import Position


def test_the_way_back_ends_after_twenty_pages_and_at_the_first() -> None:
    at = Position("Observation", (("code", "1"),))
    assert at.back() is None
    for number in range(25):
        at = at.on((number,))
    steps = 0
    while (before := at.back()) is not None:
        at, steps = before, steps + 1
    assert steps == 20
    assert at.after == (4,)
    assert at.first() == Position("Observation", (("code", "1"),))
