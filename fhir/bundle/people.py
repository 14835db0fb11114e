"""The person a received document is about."""

from collections import Counter
from collections.abc import Iterable

from fhir.bundle.received import ReadResource
from fhir.bundle.references import References, contained
from fhir.bundle.tidy import tidy
from fhir.outcome import Issue
from fhir.wire import JsonObject

_SUBJECTS = ("subject", "patient", "beneficiary", "for")


def patient_of(
    resources: list[ReadResource], composition: ReadResource | None, references: References
) -> tuple[JsonObject | None, list[Issue]]:
    """Return the Patient, and the issue that there is none or that there are several.

    With several, it is the subject of the Composition, else the one most resources are about.
    """
    people = [item for item in resources if item.type == "Patient"]
    subject = _named([composition] if composition else [], references)
    chosen = next(iter(subject), None) or next(iter(_named(resources, references)), None)
    if chosen is None and people:
        chosen = people[0]
    issues = _issues(people, chosen)
    if chosen is not None:
        return chosen.resolved, issues
    inside = _contained(resources)
    return (inside, []) if inside else (None, issues)


def _issues(people: list[ReadResource], chosen: ReadResource | None) -> list[Issue]:
    if not people:
        text = "The document names no Patient: it cannot be filed without one."
        return [Issue("error", "required", "Bundle.entry", "no-patient", text)]
    if len(people) > 1 and chosen is not None:
        text = f"The document has {len(people)} Patients; the one it is about was taken."
        return [Issue("error", "multiple-matches", chosen.path, "several-patients", text)]
    return []


def _named(resources: Iterable[ReadResource], references: References) -> list[ReadResource]:
    """Return the Patients that resources are about, the most named first."""
    counts: Counter[str] = Counter()
    found: dict[str, ReadResource] = {}
    for item in resources:
        for reference in _subject_texts(item.resource):
            target = references.find(reference)
            if target is not None and target.type == "Patient":
                counts[target.path] += 1
                found[target.path] = target
    return [found[path] for path, _ in counts.most_common()]


def _subject_texts(resource: JsonObject) -> list[str]:
    values = [resource.get(key) for key in _SUBJECTS]
    texts = [value.get("reference") for value in values if isinstance(value, dict)]
    return [text for text in texts if isinstance(text, str)]


def _contained(resources: list[ReadResource]) -> JsonObject | None:
    for item in resources:
        for reference in _subject_texts(item.resource):
            inside = contained(item.resource, reference)
            if inside is not None and inside.get("resourceType") == "Patient":
                return tidy(inside)
    return None
