"""Notifications are Bundles of the Backport guide, and tell no more than was agreed."""

import json
from datetime import UTC, datetime

import pytest

from fhir import profiles, r4
from fhir.outcome import has_errors
from fhir.subscription import backport, notification, topics

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BASE = "https://node.example/fhir"
EVENT = notification.Event(7, NOON, f"{BASE}/Task/1")


def about(content: backport.Content = "id-only", **changes: object) -> notification.About:
    values = {"state": "active", "events": 7, "error": ""} | changes
    return notification.About(f"{BASE}/Subscription/s", topics.TRANSFER.url, content=content, **values)  # type: ignore[arg-type]


def parameters(bundle: dict[str, object]) -> list[dict[str, object]]:
    entries: list[dict[str, dict[str, list[dict[str, object]]]]] = bundle["entry"]  # type: ignore[assignment]
    return entries[0]["resource"]["parameter"]


@pytest.mark.parametrize("notice", ["handshake", "heartbeat", "event-notification", "query-event"])
@pytest.mark.parametrize("content", ["empty", "id-only"])
def test_every_notification_is_valid(notice: backport.Notice, content: backport.Content) -> None:
    events = (EVENT,) if "event" in notice else ()
    made = notification.bundle(about(content), notice, events, "m-1", NOON)
    r4.class_for("Bundle").model_validate(made)
    assert not has_errors(profiles.issues(made))


def test_the_first_entry_tells_the_state_with_numbers_as_texts() -> None:
    made = notification.bundle(about(), "event-notification", (EVENT,), "m-1", NOON)
    entry = made["entry"][0]
    assert (made["type"], made["meta"]["profile"]) == ("history", [backport.NOTIFICATION])
    assert (entry["request"], entry["response"]) == (
        {"method": "GET", "url": f"{BASE}/Subscription/s/$status"},
        {"status": "200"},
    )
    assert parameters(made) == [
        {"name": "subscription", "valueReference": {"reference": f"{BASE}/Subscription/s"}},
        {"name": "topic", "valueCanonical": topics.TRANSFER.url},
        {"name": "status", "valueCode": "active"},
        {"name": "type", "valueCode": "event-notification"},
        {"name": "events-since-subscription-start", "valueString": "7"},
        {
            "name": "notification-event",
            "part": [
                {"name": "event-number", "valueString": "7"},
                {"name": "timestamp", "valueInstant": "2026-11-22T12:00:00.000Z"},
                {"name": "focus", "valueReference": {"reference": f"{BASE}/Task/1"}},
            ],
        },
    ]


def test_with_content_empty_neither_topic_nor_focus_is_told() -> None:
    made = notification.bundle(about("empty"), "event-notification", (EVENT,), "m-1", NOON)
    assert not any(word in json.dumps(made) for word in ("topic", "focus", "Task"))


def test_an_event_whose_focus_may_not_be_told_keeps_its_number() -> None:
    made = notification.bundle(about(), "event-notification", (notification.Event(7, NOON),), "m-1", NOON)
    parts = parameters(made)[-1]["part"]
    assert [part["name"] for part in parts] == ["event-number", "timestamp"]  # type: ignore[attr-defined]


def test_every_try_builds_the_same_bundle_and_no_other_message_the_same_id() -> None:
    first, again, other = (
        notification.bundle(about(), "event-notification", (EVENT,), key, NOON) for key in ("a", "a", "b")
    )
    assert first == again
    assert first["id"] != other["id"]


def test_an_error_is_a_code() -> None:
    told = notification.status(about(state="error", error="http-500"), "query-status")
    assert told["parameter"][-1]["valueCodeableConcept"]["coding"][0]["code"] == "http-500"
    r4.class_for("Parameters").model_validate(told)
