"""Build what a partner is sent: a history Bundle whose first entry tells the state of its subscription.

Sources: https://hl7.org/fhir/uv/subscriptions-backport/notifications.html, /payloads.html; event numbers are
strings there, because R4 has no 64-bit integers.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fhir.subscription import backport
from fhir.wire import JsonObject

_ERRORS = "urn:puente:code:subscription-error"


@dataclass(frozen=True)
class About:
    """The subscription as a notification tells it; `address` is its own absolute one."""

    address: str
    topic: str
    state: backport.State
    content: backport.Content
    events: int
    error: str = ""


@dataclass(frozen=True)
class Event:
    """One event; `focus` is an absolute address, and empty when nothing may be told but that it was."""

    number: int
    at: datetime
    focus: str = ""


def bundle(
    about: About, notice: backport.Notice, events: Sequence[Event], key: str, at: datetime
) -> JsonObject:
    """Return a notification; the same `key` and events give the same Bundle, whenever it is built."""
    name = str(uuid.uuid5(uuid.NAMESPACE_URL, key))
    return {
        "resourceType": "Bundle",
        "id": name,
        "meta": {"profile": [backport.NOTIFICATION]},
        "type": "history",
        "timestamp": _instant(at),
        "entry": [
            {
                "fullUrl": f"urn:uuid:{name}",
                "resource": status(about, notice, events, name),
                "request": {"method": "GET", "url": f"{about.address}/$status"},
                "response": {"status": "200"},
            }
        ],
    }


def status(about: About, notice: backport.Notice, events: Sequence[Event] = (), name: str = "") -> JsonObject:
    """Return the Parameters that stand for a SubscriptionStatus."""
    told: list[dict[str, Any]] = [{"name": "subscription", "valueReference": {"reference": about.address}}]
    # With content `empty` who reads along must not learn what it is about.
    if about.content != "empty" or notice == "query-status":
        told.append({"name": "topic", "valueCanonical": about.topic})
    told += [
        {"name": "status", "valueCode": about.state},
        {"name": "type", "valueCode": notice},
        {"name": "events-since-subscription-start", "valueString": str(about.events)},
    ]
    told += [{"name": "notification-event", "part": _parts(about, event)} for event in events]
    if about.error:
        coding = {"system": _ERRORS, "code": about.error}
        told.append({"name": "error", "valueCodeableConcept": {"coding": [coding]}})
    resource: JsonObject = {"resourceType": "Parameters", "meta": {"profile": [backport.STATUS]}}
    return {**resource, **({"id": name} if name else {}), "parameter": told}


def _parts(about: About, event: Event) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [
        {"name": "event-number", "valueString": str(event.number)},
        {"name": "timestamp", "valueInstant": _instant(event.at)},
    ]
    if event.focus and about.content == "id-only":
        parts.append({"name": "focus", "valueReference": {"reference": event.focus}})
    return parts


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
