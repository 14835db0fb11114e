"""A partner that does not answer is left alone, and tried again every minute."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from registry.domain.exchange.breaker import Marks, failures, is_resting
from registry.domain.model import OutboxItem

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ITEM = OutboxItem(
    "1", "co", "p", "a", 1, "m", "summary", "pending", NOW, attempts=3, last_error="connect-failed"
)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def test_four_failures_do_not_stop_sending() -> None:
    assert not is_resting(Marks(failed=ago(1)), 4, NOW)


def test_five_failures_rest_the_partner_for_a_minute() -> None:
    assert is_resting(Marks(failed=ago(59)), 5, NOW)
    assert not is_resting(Marks(failed=ago(60)), 5, NOW)


def test_an_answer_after_the_failures_ends_the_rest() -> None:
    assert not is_resting(Marks(answered=ago(1), failed=ago(2)), 9, NOW)
    assert is_resting(Marks(answered=ago(3), failed=ago(2)), 9, NOW)


def test_a_partner_never_tried_is_not_resting() -> None:
    assert not is_resting(Marks(), 0, NOW)


def test_only_failures_to_reach_this_partner_count() -> None:
    rows = [
        ITEM,
        replace(ITEM, id="2", last_error="http-503", attempts=1),
        replace(ITEM, id="3", partner="ec"),
        replace(ITEM, id="4", last_error="http-429"),
        replace(ITEM, id="5", last_error="no-note"),
        replace(ITEM, id="6", last_error=""),
    ]
    assert failures(rows, "co") == 4
