"""The retry policy decides every dispatch: no attempt ends without a named state."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.exchange.retry import (
    LONGEST_TRY,
    LONGEST_WAIT,
    MOST_ATTEMPTS,
    Attempt,
    after,
    wait_before,
    when_not_ready,
)


def attempt(
    status: int, *, noted: bool = False, attempts: int = 1, age: float = 0.0, **more: object
) -> Attempt:
    return Attempt(status, noted, attempts, age, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [200, 202, 409])
def test_a_signed_note_makes_it_sent(status: int) -> None:
    assert after(attempt(status, noted=True), 0.5).state == "sent"


def test_success_without_a_note_is_tried_again_because_nothing_proves_it() -> None:
    following = after(attempt(202), 0.5)
    assert (following.state, following.error) == ("pending", "no-note")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 415, 422])
def test_an_unsigned_refusal_stops_the_trying_and_decides_nothing(status: int) -> None:
    following = after(attempt(status), 0.5)
    assert (following.state, following.error) == ("parked", f"http-{status}")


@pytest.mark.parametrize("status", [0, 301, 408, 425, 429, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_again(status: int) -> None:
    assert after(attempt(status), 0.5).state == "pending"


def test_the_error_code_of_a_failed_connection_is_kept() -> None:
    assert after(attempt(0, error="connect-failed"), 0.5).error == "connect-failed"


def test_the_twelfth_failure_parks_the_message() -> None:
    assert after(attempt(500, attempts=MOST_ATTEMPTS - 1), 0.5).state == "pending"
    assert after(attempt(500, attempts=MOST_ATTEMPTS), 0.5).state == "parked"


def test_a_message_that_would_wait_past_72_hours_is_parked() -> None:
    assert after(attempt(500, age=LONGEST_TRY - 1), 1.0).state == "parked"
    assert after(attempt(500, age=LONGEST_TRY - 10), 1.0).state == "pending"


def test_success_after_72_hours_is_still_success() -> None:
    assert after(attempt(202, noted=True, attempts=40, age=LONGEST_TRY * 2), 1.0).state == "sent"


@pytest.mark.parametrize(
    ("attempts", "limit"), [(1, 5), (2, 10), (3, 20), (4, 40), (12, 10240), (14, 21600), (5000, 21600)]
)
def test_the_limit_doubles_up_to_six_hours(attempts: int, limit: float) -> None:
    assert wait_before(attempts, None, 1.0) == limit


def test_the_partner_may_ask_for_more_time_but_not_for_days() -> None:
    assert wait_before(1, 120.0, 0.1) == 120.0
    assert wait_before(1, 10 * LONGEST_WAIT, 0.1) == LONGEST_WAIT


def test_the_jitter_is_full() -> None:
    assert [wait_before(3, None, chance) for chance in (0.0, 0.25, 1.0)] == [0.0, 5.0, 20.0]


def test_a_node_that_is_not_ready_waits_minutes_and_parks_after_72_hours() -> None:
    assert [when_not_ready(0, "not-supported", chance).wait for chance in (0.0, 1.0)] == [150.0, 300.0]
    assert when_not_ready(LONGEST_TRY, "transient", 0.5).state == "pending"
    assert when_not_ready(LONGEST_TRY + 1, "transient", 0.5).state == "parked"


@given(
    status=st.integers(0, 599),
    noted=st.booleans(),
    attempts=st.integers(1, 100),
    age=st.floats(0, 1e7),
    retry_after=st.none() | st.floats(0, 1e9),
    chance=st.floats(0, 1),
)
def test_every_attempt_ends_in_a_named_state_with_a_bounded_wait(
    status: int, noted: bool, attempts: int, age: float, retry_after: float | None, chance: float
) -> None:
    following = after(Attempt(status, noted, attempts, age, retry_after), chance)
    assert following.state in ("sent", "pending", "parked")
    assert 0 <= following.wait <= LONGEST_WAIT
    assert bool(following.error) == (following.state != "sent")
