"""Whatever stands in a Subscription, it is read or refused with issues; nothing breaks."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fhir import wire
from fhir.outcome import Issue
from fhir.subscription import backport, terms
from tests.unit.subscriptions.subscription_values import CHANNEL, extension, wanted

LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(wire.Number("1.50"))
KNOWN = st.sampled_from(
    [
        extension(backport.FILTER, "valueString", "Task?patient=1"),
        extension(backport.CONTENT, "valueCode", "empty"),
        [{"url": backport.HEARTBEAT, "valueUnsignedInt": 60}],
        ["X-A: 1"],
        "2027-01-01T00:00:00Z",
    ]
)
ANYTHING = st.recursive(
    LEAVES | KNOWN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["url", "extension", "valueCode", "system", "id"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
ELEMENTS = sorted({*wanted(), *CHANNEL, "_criteria", "end", "contact", "meta", "error"})


@given(st.dictionaries(st.sampled_from(ELEMENTS), ANYTHING, min_size=1, max_size=3))
def test_anything_is_read_or_refused_with_issues(spoilt: dict[str, Any]) -> None:
    found, issues = read(wanted(**spoilt))
    assert (found is None) == bool(issues)
    assert all(issue.rule.startswith("subscription-") for issue in issues)
    assert found is None or (found.status in ("requested", "off") and found.endpoint)


def read(resource: Any) -> tuple[terms.Terms | None, list[Issue]]:
    try:
        return terms.read(resource), []
    except terms.BadTerms as refused:
        return None, refused.issues
