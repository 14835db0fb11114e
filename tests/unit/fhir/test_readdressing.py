"""A transaction's addresses change where a resource points at others, and nowhere else."""

import pytest

from fhir.addresses import readdressed

OLD, NEW = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", "Patient/123"
TO = {OLD: NEW}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"subject": {"reference": OLD}}, {"subject": {"reference": NEW}}),
        ({"basedOn": [{"reference": OLD}]}, {"basedOn": [{"reference": NEW}]}),
        ({"instantiatesUri": OLD}, {"instantiatesUri": NEW}),
        ({"meta": {"profile": [OLD], "source": OLD}}, {"meta": {"profile": [NEW], "source": NEW}}),
        ({"contained": [{"resourceType": "Provenance", "target": [{"reference": OLD}]}]},
         {"contained": [{"resourceType": "Provenance", "target": [{"reference": NEW}]}]}),
        ({"extension": [{"url": "x", "valueReference": {"reference": OLD}}, {"url": "y", "valueUri": OLD}]},
         {"extension": [{"url": "x", "valueReference": {"reference": NEW}}, {"url": "y", "valueUri": NEW}]}),
        ({"text": {"div": f'<div><a href="{OLD}">{OLD}</a><img src=\'{OLD}\'/></div>'}},
         {"text": {"div": f'<div><a href="{NEW}">{OLD}</a><img src=\'{NEW}\'/></div>'}}),
    ],
)  # fmt: skip
def test_what_points_is_changed(before: dict[str, object], after: dict[str, object]) -> None:
    kind = {"resourceType": "Task" if "instantiatesUri" in before else "Observation"}
    assert readdressed({**kind, **before}, TO) == {**kind, **after}


@pytest.mark.parametrize(
    "said",
    [
        {"identifier": [{"system": "urn:ietf:rfc:3986", "value": OLD}]},
        {"valueString": OLD},
        {"code": {"text": OLD}},
        {"note": [{"text": OLD}]},
        {"subject": {"display": OLD}},
        {"extension": [{"url": "x", "valueString": OLD}]},
        {"performer": [{"identifier": {"value": OLD}}]},
        {"madeUp": OLD, "subject": OLD},
    ],
)
def test_what_only_looks_like_an_address_stays(said: dict[str, object]) -> None:
    resource = {"resourceType": "Observation", **said}
    assert readdressed(resource, TO) == resource


def test_a_type_nobody_knows_stays_as_it_is() -> None:
    assert readdressed({"resourceType": "Card", "subject": {"reference": OLD}}, TO)["subject"] == {
        "reference": OLD
    }


def test_what_is_no_text_stays() -> None:
    resource = {"resourceType": "DocumentReference", "content": [{"attachment": {"url": 7}}, 7]}
    assert readdressed(resource, TO) is resource
