"""When care was given: the dates in a resource that speak of the person, not of the writing.

Source: https://hl7.org/fhir/R4/patient-operation-everything.html (start and end are dates of care).
"""

from collections.abc import Iterator

from fhir.wire import JsonObject

_MOMENTS = (
    "effectiveDateTime",
    "occurrenceDateTime",
    "onsetDateTime",
    "performedDateTime",
    "whenHandedOver",
    "whenPrepared",
    "authoredOn",
    "recordedDate",
    "issued",
    "dateTime",
    "date",
    "created",
    "start",
)
_PERIODS = (
    "effectivePeriod",
    "performedPeriod",
    "occurrencePeriod",
    "onsetPeriod",
    "period",
    "executionPeriod",
)
_OPEN = "9999"


def care_dates(resource: JsonObject) -> tuple[str, str] | None:
    """Return the first and last date of care as FHIR dates of any precision; None when it states none.

    Clinical dates go before those of ordering and recording; a period without end goes on.
    """
    spans = list(_periods(resource))
    if spans:
        return min(first for first, _ in spans), max(last for _, last in spans)
    moment = next((resource[name][:10] for name in _MOMENTS if isinstance(resource.get(name), str)), "")
    return (moment, moment) if moment else None


def is_within(span: tuple[str, str] | None, start: str, end: str) -> bool:
    """Tell whether care of these dates touches the range; without dates it belongs to any range.

    Dates are compared as far as both say them; an empty start or end leaves that side open.
    """
    if span is None:
        return True
    first, last = span
    return not (_before(last, start) or _before(end, first))


def _before(one: str, other: str) -> bool:
    """Tell whether a date is certainly before another; an unknown one never is."""
    shared = min(len(one), len(other), 10)
    return shared > 0 and one[:shared] < other[:shared]


def _periods(resource: JsonObject) -> Iterator[tuple[str, str]]:
    context = resource.get("context")
    holders = [resource, context] if isinstance(context, dict) else [resource]
    for holder in holders:
        for name in _PERIODS:
            period = holder.get(name)
            if isinstance(period, dict) and (period.get("start") or period.get("end")):
                yield str(period.get("start", ""))[:10], str(period.get("end", _OPEN))[:10]
