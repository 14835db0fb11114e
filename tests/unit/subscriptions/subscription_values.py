"""A Subscription as the guide writes it, for tests that spoil one part of it."""

from typing import Any

from fhir.subscription import backport, topics


def wanted(**changes: Any) -> dict[str, Any]:
    """Return a good Subscription; `channel` elements are changed by their own names."""
    resource: dict[str, Any] = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "Know when a person moves",
        "criteria": topics.TRANSFER.url,
        "channel": {
            "type": "rest-hook",
            "endpoint": "https://emr.example/hooks/1",
            "payload": "application/fhir+json",
            "_payload": extension(backport.CONTENT, "valueCode", "id-only"),
        },
    }
    channel = {name: value for name, value in changes.items() if name in CHANNEL}
    rest = {name: value for name, value in changes.items() if name not in CHANNEL}
    resource["channel"] |= channel
    return {name: value for name, value in (resource | rest).items() if value is not None}


CHANNEL = {"type", "endpoint", "payload", "_payload", "header", "extension", "unknown"}


def extension(url: str, kind: str, value: object) -> dict[str, Any]:
    """Return the extension of an element."""
    return {"extension": [{"url": url, kind: value}]}
