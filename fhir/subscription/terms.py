"""Read a Subscription of the Backport profile: what is wanted, or every issue that stops it.

Only what this node does is taken: a rest-hook, FHIR JSON, no resource in the notification. An element that
would be left out silently is an issue. Source: https://hl7.org/fhir/R4/subscription.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fhir.outcome import Issue
from fhir.subscription import backport, topics
from fhir.wire import JsonObject

LEAST_HEARTBEAT = 60
MOST_SECONDS = 7 * 24 * 3600
MOST_TIMEOUT = 30
MOST_HEADERS = 3
MOST_FILTERS = 5
MOST_CONTACTS = 5
PAYLOADS = ("application/fhir+json", "application/json")

_TOP = {
    "resourceType",
    "id",
    "meta",
    "status",
    "error",
    "contact",
    "end",
    "reason",
    "criteria",
    "_criteria",
    "channel",
}
_CONTACT = {"system", "value", "use"}
_CHANNEL = {"type", "endpoint", "payload", "_payload", "header", "extension", "id"}
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
# The partner's own secret goes along; what would change how the request is read does not.
_HEADER = re.compile(r"(Authorization|X-(?!Puente-)[A-Za-z0-9-]{1,40}): ?([!-~][ -~]{0,1000})", re.IGNORECASE)


@dataclass(frozen=True)
class Terms:
    """What a partner asks for. Heartbeat and timeout in seconds, 0 = none; headers as (name, value)."""

    topic: topics.Topic
    filters: tuple[topics.Filters, ...]
    endpoint: str
    content: backport.Content
    status: backport.State
    headers: tuple[tuple[str, str], ...] = ()
    heartbeat: int = 0
    timeout: int = 0
    end: datetime | None = None


class BadTerms(ValueError):
    """A Subscription that is not taken, with every issue found."""

    def __init__(self, issues: list[Issue]) -> None:
        super().__init__("The Subscription breaks rules of the profile or of this node.")
        self.issues = issues


class _Reader:
    """Reads elements and collects what is wrong with them."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []

    def note(self, path: str, rule: str, text: str, code: str = "value") -> None:
        self.issues.append(Issue("error", code, f"Subscription{path}", f"subscription-{rule}", text))

    def only(self, node: JsonObject, known: set[str], path: str) -> None:
        if not set(node) <= known:
            text = "There are elements here that this node does not act on."
            self.note(path, "elements", text, "not-supported")


def read(resource: JsonObject) -> Terms:
    """Return what is wanted; raise BadTerms with every issue."""
    to = _Reader()
    to.only(resource, _TOP, "")
    channel = resource.get("channel")
    if not isinstance(channel, dict):
        to.note(".channel", "channel", "A channel of type rest-hook is needed.", "required")
        channel = {}
    status = _status(to, resource)
    topic, filters = _criteria(to, resource)
    endpoint, headers = _channel(to, channel)
    content = _content(to, channel)
    heartbeat, timeout = _periods(to, channel)
    end = _end(to, resource)
    _contacts(to, resource.get("contact", []))
    if not isinstance(resource.get("reason"), str) or not resource["reason"].strip():
        to.note(".reason", "reason", "A reason is needed: people read it.", "required")
    if to.issues or topic is None:
        raise BadTerms(to.issues)
    return Terms(topic, filters, endpoint, content, status, headers, heartbeat, timeout, end)


def _status(to: _Reader, resource: JsonObject) -> backport.State:
    match resource.get("status"):
        case "requested" | "active":
            return "requested"
        case "off":
            return "off"
        case _:
            to.note(".status", "status", "The status asked for is requested or off.", "code-invalid")
            return "off"


def _criteria(to: _Reader, resource: JsonObject) -> tuple[topics.Topic | None, tuple[topics.Filters, ...]]:
    url = resource.get("criteria")
    topic = topics.TOPICS.get(url) if isinstance(url, str) else None
    if topic is None:
        to.note(".criteria", "topic", f"The criteria is a topic: {' or '.join(topics.TOPICS)}.")
        return None, ()
    found: list[topics.Filters] = []
    for value in _extensions(to, resource.get("_criteria"), ".criteria", {backport.FILTER: "valueString"}):
        try:
            found.append(topics.read_filter(topic, str(value[1])))
        except topics.BadFilter as wrong:
            to.note(".criteria.extension", "filter", str(wrong))
    if len(found) > MOST_FILTERS:
        to.note(".criteria.extension", "filter", f"At most {MOST_FILTERS} filters are taken.", "too-costly")
    return topic, tuple(found)


def _channel(to: _Reader, channel: JsonObject) -> tuple[str, tuple[tuple[str, str], ...]]:
    to.only(channel, _CHANNEL, ".channel")
    if channel.get("type") != "rest-hook":
        to.note(".channel.type", "channel", "Only rest-hook is done here.", "not-supported")
    if channel.get("payload") not in PAYLOADS:
        text = f"The payload is {PAYLOADS[0]}."
        to.note(".channel.payload", "payload", text, "not-supported")
    endpoint = channel.get("endpoint")
    if not isinstance(endpoint, str) or not endpoint:
        to.note(".channel.endpoint", "endpoint", "The address to notify is needed.", "required")
        endpoint = ""
    return endpoint, _headers(to, channel.get("header", []))


def _headers(to: _Reader, lines: object) -> tuple[tuple[str, str], ...]:
    listed = lines if isinstance(lines, list) else [None]
    found = [_HEADER.fullmatch(line) if isinstance(line, str) else None for line in listed]
    headers = tuple((each[1], each[2].strip()) for each in found if each)
    names = {name.lower() for name, _ in headers}
    if len(headers) != len(listed) or len(names) != len(headers) or len(headers) > MOST_HEADERS:
        text = f"Up to {MOST_HEADERS} headers are sent along: Authorization and X- names, each once."
        to.note(".channel.header", "header", text)
    return headers


def _content(to: _Reader, channel: JsonObject) -> backport.Content:
    codes = {backport.CONTENT: "valueCode"}
    found = [value for _, value in _extensions(to, channel.get("_payload"), ".channel.payload", codes)]
    match found:
        case ["empty"]:
            return "empty"
        case ["id-only"]:
            return "id-only"
        case _:
            text = "The content is empty or id-only: what a notification names is read here, with a token."
            to.note(".channel.payload.extension", "content", text, "not-supported")
            return "empty"


def _periods(to: _Reader, channel: JsonObject) -> tuple[int, int]:
    known = {
        backport.HEARTBEAT: "valueUnsignedInt",
        backport.TIMEOUT: "valueUnsignedInt",
        backport.MAX_COUNT: "valuePositiveInt",
    }
    found: dict[str, int] = {}
    for url, value in _extensions(to, channel, ".channel", known):
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_SECONDS:
            to.note(".channel.extension", "period", f"Numbers are whole, from 0 to {MOST_SECONDS}.")
            continue
        found[url] = value
    heartbeat, timeout = found.get(backport.HEARTBEAT, 0), found.get(backport.TIMEOUT, 0)
    if 0 < heartbeat < LEAST_HEARTBEAT:
        to.note(".channel.extension", "heartbeat", f"Heartbeats are {LEAST_HEARTBEAT} seconds apart or more.")
    return heartbeat, min(timeout, MOST_TIMEOUT)


def _end(to: _Reader, resource: JsonObject) -> datetime | None:
    if "end" not in resource:
        return None
    text = resource["end"]
    try:
        found = datetime.fromisoformat(text) if _INSTANT.fullmatch(text) else None
    except (TypeError, ValueError):
        found = None
    if found is None:
        to.note(".end", "end", "The end is an instant with its time zone.")
        return None
    return found


def _contacts(to: _Reader, listed: object) -> None:
    good = isinstance(listed, list) and len(listed) <= MOST_CONTACTS
    for entry in listed if isinstance(listed, list) else []:
        texts = isinstance(entry, dict) and all(isinstance(value, str) for value in entry.values())
        good = good and texts and set(entry) <= _CONTACT
    if not good:
        to.note(".contact", "contact", f"Up to {MOST_CONTACTS} contacts have system, value and use.")


def _extensions(to: _Reader, holder: object, path: str, known: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """Yield (url, value) of the known extensions of an element; anything else in their place is noted."""
    listed = holder.get("extension", []) if isinstance(holder, dict) else [] if holder is None else None
    for entry in listed if isinstance(listed, list) else [None]:
        url = str(entry.get("url")) if isinstance(entry, dict) else ""
        if isinstance(entry, dict) and url in known and set(entry) == {"url", known[url]}:
            yield url, entry[known[url]]
        else:
            text = "An extension here is not known, or has not its one value."
            to.note(f"{path}.extension", "extension", text, "extension")


def shown(resource: JsonObject) -> JsonObject:
    """Return the Subscription without its headers: a secret that was written is not read again."""
    channel = {name: value for name, value in resource["channel"].items() if name != "header"}
    return {**resource, "channel": channel}


def kept_headers(new: JsonObject, old: JsonObject) -> JsonObject:
    """Return the new Subscription with the old one's headers when it goes to the same address without any."""
    channel, before = new["channel"], old["channel"]
    if "header" in channel or "header" not in before or channel.get("endpoint") != before.get("endpoint"):
        return new
    return {**new, "channel": {**channel, "header": before["header"]}}
