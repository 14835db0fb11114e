"""Submissions, questions and parameters spoiled at random: refused or answered, never a 500; two at once."""

import copy
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from registry import create_app
from registry.domain.model import Caller
from registry.errors import Unreadable
from registry.services import build
from registry.store.engine import make_key_engine
from registry.usecases.care.chart import summary
from tests.integration.api.conftest import Api, Node
from tests.integration.api.people import Chart, patient, store
from tests.integration.api.submissions import pdf, simplified, submission, summary_document

QUICK = settings(suppress_health_check=list(HealthCheck), deadline=None)
Place = tuple[str | int, ...]
STRANGE: list[Any] = [
    None, True, -1, 2**70, "", "\x00", "x" * 3000, "Patient/../..", "urn:uuid:x", "2026-02-30", "%00",
    [], {}, [[]], [None], {"": ""}, {"reference": 7}, {"reference": "Patient/none"}, {"coding": 3},
    [{"attachment": {"url": 7}}], [{"code": "replaces", "target": {"reference": "DocumentReference/x"}}],
]  # fmt: skip


@pytest.fixture(scope="module")
def chart(api: Api) -> Chart:
    return store(api, "80000001")


def places(value: Any, here: Place = ()) -> Iterator[Place]:
    """Yield every place in a JSON value."""
    yield here
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from places(part, (*here, name))


def spoiled(value: Any, changes: list[tuple[Place, Any]]) -> Any:
    """Return a copy with other values at some places, as far as these are still there."""
    made = copy.deepcopy(value)
    for place, new in changes:
        holder = made
        try:
            for name in place[:-1]:
                holder = holder[name]
            if place:
                holder[place[-1]] = copy.deepcopy(new)
        except (IndexError, KeyError, TypeError):
            continue
    return made


def changes(value: Any) -> st.SearchStrategy[list[tuple[Place, Any]]]:
    where = st.sampled_from(list(places(value))[1:])
    return st.lists(st.tuples(where, st.sampled_from(STRANGE)), min_size=1, max_size=3)


@pytest.mark.parametrize("kind", ["file", "fhir"])
def test_spoiled_submissions_are_refused_or_stored_whole(
    api: Api, chart: Chart, scaled: Callable[[int], int], kind: str
) -> None:
    subject = {"reference": f"Patient/{chart.id}"}
    bundle = pdf(chart, "90") if kind == "file" else submission(subject, summary_document(chart), "91")

    @settings(QUICK, max_examples=scaled(2_000))
    @given(given_changes=changes(bundle))
    def send(given_changes: list[tuple[Place, Any]]) -> None:
        answer = api.post("", spoiled(bundle, given_changes))
        assert answer.status_code < 500, (given_changes, answer.text)

    send()


def test_spoiled_single_documents_are_refused_or_stored(
    api: Api, chart: Chart, scaled: Callable[[int], int]
) -> None:
    single = simplified(chart, "92")

    @settings(QUICK, max_examples=scaled(2_000))
    @given(given_changes=changes(single))
    def send(given_changes: list[tuple[Place, Any]]) -> None:
        answer = api.post("DocumentReference", spoiled(single, given_changes))
        assert answer.status_code < 500, (given_changes, answer.text)

    send()


def test_spoiled_questions_are_answered_or_refused(api: Api, scaled: Callable[[int], int]) -> None:
    asked = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "resource", "resource": patient("80000002")},
            {"name": "count", "valueInteger": 3},
            {"name": "onlyCertainMatches", "valueBoolean": True},
        ],
    }

    @settings(QUICK, max_examples=scaled(2_000))
    @given(given_changes=changes(asked))
    def send(given_changes: list[tuple[Place, Any]]) -> None:
        answer = api.post("Patient/$match", spoiled(asked, given_changes))
        assert answer.status_code < 500, (given_changes, answer.text)

    send()


def test_one_document_sent_by_many_at_once_is_stored_once(node: Node, api: Api) -> None:
    chart = store(api, "80000003")
    app = create_app(node.settings, node.services)

    def send(_: int) -> int:
        return Api(app.test_client(), api.token).post("", pdf(chart, "93")).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(send, range(4)))
    assert statuses == [200, 409, 409, 409]


def test_a_person_erased_has_no_summary_and_no_new_key(node: Node, api: Api) -> None:
    chart = store(api, "80000004")
    assert api.get(f"Patient/{chart.id}/$summary").status_code == 200
    engine = make_key_engine(node.settings.key_database)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM owner_key WHERE owner_id = :owner"), {"owner": chart.id})
    # Another process, which has no key in its memory.
    with pytest.raises(Unreadable):
        summary.summary(build(node.settings), Caller("system", "system", "pe"), chart.id)
    with engine.connect() as connection:
        left = text("SELECT count(*) FROM owner_key WHERE owner_id = :owner")
        assert connection.execute(left, {"owner": chart.id}).scalar_one() == 0
    engine.dispose()
