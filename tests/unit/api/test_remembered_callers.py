"""A token's caller is remembered for seconds only, and a refused token never."""

import pytest

from registry.api.frame import callers
from registry.api.frame.callers import Callers
from registry.domain.model import Caller
from registry.errors import NotSignedIn

CO = Caller("partner:co", "partner", "co")


class Directory:
    """Knows tokens until they are taken away, and counts how often it was asked."""

    def __init__(self) -> None:
        self.tokens = {"one": CO}
        self.asked = 0
        self.time = 100.0

    def find(self, bearer: str) -> Caller:
        self.asked += 1
        if bearer not in self.tokens:
            raise NotSignedIn("no")
        return self.tokens[bearer]


def test_a_known_token_is_looked_up_once_in_five_seconds() -> None:
    directory = Directory()
    known = Callers(directory.find, lambda: directory.time)
    assert [known.of("one"), known.of("one")] == [CO, CO]
    assert directory.asked == 1


def test_a_token_that_was_taken_away_opens_nothing_after_five_seconds() -> None:
    directory = Directory()
    known = Callers(directory.find, lambda: directory.time)
    known.of("one")
    directory.tokens.clear()
    directory.time += 5.0
    with pytest.raises(NotSignedIn):
        known.of("one")


def test_a_refused_token_is_asked_for_again_each_time() -> None:
    directory = Directory()
    known = Callers(directory.find, lambda: directory.time)
    for _ in range(2):
        with pytest.raises(NotSignedIn):
            known.of("two")
    directory.tokens["two"] = CO
    assert known.of("two") == CO


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "ENTRIES", 2)
    directory = Directory()
    directory.tokens = dict.fromkeys(("one", "two", "three"), CO)
    known = Callers(directory.find, lambda: directory.time)
    for bearer in ("one", "two", "three", "one"):
        known.of(bearer)
    assert directory.asked == 4
