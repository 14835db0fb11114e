"""A Subscription is taken as it was meant, or refused with every issue; nothing of it is passed over."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fhir import r4
from fhir.subscription import backport, terms, topics
from tests.unit.subscriptions.subscription_values import extension, wanted

HEARTBEAT = {"url": backport.HEARTBEAT, "valueUnsignedInt": 3600}


def test_what_is_asked_for_is_read_whole() -> None:
    found = terms.read(
        wanted(
            end="2027-01-01T00:00:00-05:00",
            _criteria=extension(backport.FILTER, "valueString", "Task?patient=Patient/1,Patient/2"),
            header=["Authorization: Bearer secret", "X-Tenant: 7"],
            extension=[HEARTBEAT, {"url": backport.TIMEOUT, "valueUnsignedInt": 300}],
            contact=[{"system": "email", "value": "it@emr.example"}],
            meta={"profile": [backport.PROFILE]},
        )
    )
    assert (found.topic, found.content, found.status) == (topics.TRANSFER, "id-only", "requested")
    assert found.filters == ((("person_id", frozenset({"1", "2"})),),)
    assert found.headers == (("Authorization", "Bearer secret"), ("X-Tenant", "7"))
    assert (found.heartbeat, found.timeout) == (3600, terms.MOST_TIMEOUT)
    assert found.end == datetime(2027, 1, 1, 5, tzinfo=UTC)


def test_our_example_is_a_subscription_of_the_standard() -> None:
    r4.class_for("Subscription").model_validate(
        wanted(
            extension=[HEARTBEAT], _criteria=extension(backport.FILTER, "valueString", "Task?status=draft")
        )
    )


SPOILT: dict[str, tuple[dict[str, Any], str]] = {
    "a status of the server": ({"status": "error"}, "status"),
    "no status": ({"status": None}, "status"),
    "no reason": ({"reason": " "}, "reason"),
    "an unknown topic": ({"criteria": "Task?status=draft"}, "topic"),
    "a criteria that is no text": ({"criteria": ["x"]}, "topic"),
    "a filter of another type": (
        {"_criteria": extension(backport.FILTER, "valueString", "Observation?patient=1")},
        "filter",
    ),
    "a filter by an unknown parameter": (
        {"_criteria": extension(backport.FILTER, "valueString", "Task?owner=1")},
        "filter",
    ),
    "a filter without a value": (
        {"_criteria": extension(backport.FILTER, "valueString", "Task?patient=")},
        "filter",
    ),
    "a filter by an unknown status": (
        {"_criteria": extension(backport.FILTER, "valueString", "Task?status=sent")},
        "filter",
    ),
    "a filter in the wrong place": ({"_criteria": {"extension": {}}}, "extension"),
    "a filter that is no object": ({"_criteria": "Task?patient=1"}, "extension"),
    "an extension of somebody else": ({"_criteria": extension("urn:other", "valueString", "x")}, "extension"),
    "too many filters": (
        {
            "_criteria": {
                "extension": extension(backport.FILTER, "valueString", "Task?patient=1")["extension"] * 6
            }
        },
        "filter",
    ),
    "an e-mail": ({"type": "email"}, "channel"),
    "XML": ({"payload": "application/fhir+xml"}, "payload"),
    "no address": ({"endpoint": ""}, "endpoint"),
    "whole resources": ({"_payload": extension(backport.CONTENT, "valueCode", "full-resource")}, "content"),
    "no content at all": ({"_payload": None, "channel": {"type": "rest-hook"}}, "content"),
    "two contents": (
        {"_payload": {"extension": extension(backport.CONTENT, "valueCode", "empty")["extension"] * 2}},
        "content",
    ),
    "a header of the transport": ({"header": ["Host: elsewhere.example"]}, "header"),
    "a header of ours": ({"header": ["X-Puente-Proof: mine"]}, "header"),
    "a header with a second line": ({"header": ["X-A: 1\r\nX-B: 2"]}, "header"),
    "the same header twice": ({"header": ["X-A: 1", "x-a: 2"]}, "header"),
    "headers that are no list": ({"header": "X-A: 1"}, "header"),
    "a heartbeat every second": (
        {"extension": [{"url": backport.HEARTBEAT, "valueUnsignedInt": 1}]},
        "heartbeat",
    ),
    "a heartbeat that is no number": (
        {"extension": [{"url": backport.HEARTBEAT, "valueUnsignedInt": True}]},
        "period",
    ),
    "an end without a zone": ({"end": "2027-01-01T00:00:00"}, "end"),
    "an end that is no time": ({"end": 5}, "end"),
    "an end that cannot be": ({"end": "2027-13-01T00:00:00Z"}, "end"),
    "an element we would pass over": ({"implicitRules": "urn:x"}, "elements"),
    "a part of the channel we would pass over": ({"unknown": 1}, "elements"),
    "a contact that is no contact": ({"contact": [{"value": {}}]}, "contact"),
    "contacts that are no list": ({"contact": {}}, "contact"),
    "a channel that is no object": ({"channel": "rest-hook"}, "channel"),
}


@pytest.mark.parametrize("what", sorted(SPOILT))
def test_what_is_not_done_is_refused_by_its_rule(what: str) -> None:
    changes, rule = SPOILT[what]
    with pytest.raises(terms.BadTerms) as refused:
        terms.read(wanted(**changes))
    assert f"subscription-{rule}" in {issue.rule for issue in refused.value.issues}


def test_every_issue_is_told_at_once() -> None:
    with pytest.raises(terms.BadTerms) as refused:
        terms.read({"resourceType": "Subscription"})
    rules = {issue.rule.removeprefix("subscription-") for issue in refused.value.issues}
    assert rules == {"channel", "status", "topic", "payload", "endpoint", "content", "reason"}


@pytest.mark.parametrize(
    ("happening", "fits"),
    [
        (topics.Happening("1", "requested"), True),
        (topics.Happening("2", "requested"), False),
        (topics.Happening("1", "completed"), False),
    ],
)
def test_an_event_passes_every_filter_or_none(happening: topics.Happening, fits: bool) -> None:
    filters = [
        topics.read_filter(topics.TRANSFER, "Task?patient=Patient/1"),
        topics.read_filter(topics.TRANSFER, "Task?status=requested,accepted"),
    ]
    assert topics.fits(happening, filters) is fits


def test_headers_are_not_shown_and_stay_with_their_address_only() -> None:
    old = wanted(header=["X-A: 1"])
    assert "header" not in terms.shown(old)["channel"]
    assert terms.kept_headers(wanted(), old)["channel"]["header"] == ["X-A: 1"]
    assert terms.kept_headers(wanted(header=["X-B: 2"]), old)["channel"]["header"] == ["X-B: 2"]
    moved = wanted(endpoint="https://emr.example/hooks/2")
    assert "header" not in terms.kept_headers(moved, old)["channel"]
    assert "header" not in terms.kept_headers(wanted(), wanted())["channel"]
