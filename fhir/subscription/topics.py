"""The topics of this node, and the filters that narrow them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fhir.transfer.states import STATES, coded


@dataclass(frozen=True)
class Topic:
    """What events are about: the type in focus, and filter parameters by name with what they compare."""

    name: str
    url: str
    focus: str
    filters: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class Happening:
    """What filters look at: whom an event is about, and Task.status after it (empty without a Task)."""

    person_id: str
    status: str = ""


class BadFilter(ValueError):
    """A filter that this topic does not have; the text says which ones it has."""


Filters = tuple[tuple[str, frozenset[str]], ...]

TRANSFER = Topic(
    "transfer",
    "urn:puente:topic:transfer",
    "Task",
    {"patient": "person_id", "status": "status"},
    "A transfer of care changes its state.",
)
SUMMARY = Topic(
    "summary-available",
    "urn:puente:topic:summary-available",
    "Patient",
    {"_id": "person_id"},
    "There is a new summary or document about a person.",
)
TOPICS = {topic.url: topic for topic in (TRANSFER, SUMMARY)}
STATUSES = frozenset(coded(state)[0] for state in STATES)


def read_filter(topic: Topic, text: str) -> Filters:
    """Return a filter such as `Task?patient=Patient/1&status=accepted,completed` as names and values."""
    kind, _, query = text.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    if kind != topic.focus or not pairs or any(name not in topic.filters for name, _ in pairs):
        known = " or ".join(f"{topic.focus}?{name}=" for name in topic.filters)
        raise BadFilter(f"Events of this topic can be narrowed by {known}.")
    return tuple((topic.filters[name], _values(topic.filters[name], value)) for name, value in pairs)


def _values(element: str, text: str) -> frozenset[str]:
    values = frozenset(part for part in text.split(",") if part)
    if element == "person_id":
        values = frozenset(value.removeprefix("Patient/") for value in values)
        wrong = any("/" in value for value in values)
    else:
        wrong = bool(values - STATUSES)
    if not values or wrong:
        raise BadFilter("A filter names Patients of this server as Patient/[id], and codes of Task.status.")
    return values


def fits(happening: Happening, filters: Iterable[Filters]) -> bool:
    """Tell whether an event passes every filter."""
    return all(getattr(happening, element) in values for group in filters for element, values in group)
