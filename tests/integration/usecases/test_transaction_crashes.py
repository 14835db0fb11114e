"""A transaction that dies anywhere leaves nothing; once it is committed everything is there."""

import uuid
from collections.abc import Callable
from typing import Any

from registry.usecases.care.record import transact
from tests.integration.usecases.test_transactions import bundle, entry
from tests.walks.dying import dies_at_call, run_and_die
from tests.walks.nodes import WalkNode

PERSON = "urn:uuid:0c4bd0f4-8f21-4b9c-9b39-9b6b0a6a1c77"
TABLES = ("resource", "resource_version", "person", "search_token", "care_state", "audit_event", "outbox")


def state(node: WalkNode) -> list[Any]:
    return [node.run(f"SELECT count(*) FROM {table}") for table in TABLES]


def places(node: WalkNode, *resources: dict[str, Any]) -> list[str]:
    answer = transact.transact(node.services, node.caller(), bundle(*map(entry, resources)))
    return [each["response"]["location"].partition("/_history")[0] for each in answer["entry"]]


def everything(node: WalkNode) -> dict[str, Any]:
    """Return a transaction of every method: it makes, finds, changes, patches, deletes and reads."""
    value = uuid.uuid4().hex
    named = {"resourceType": "Organization", "name": "Posta"}
    known = {**named, "identifier": [{"system": "urn:t", "value": value}]}
    org, changed, gone = places(node, known, named, named)
    about = {"subject": {"reference": PERSON}}
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "CD4"}, **about}
    dispense = {
        "resourceType": "MedicationDispense",
        "status": "completed",
        "medicationCodeableConcept": {"text": "TDF/3TC/DTG"},
        **about,
        "whenHandedOver": node.services.today().isoformat(),
    }
    parts = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "Organization.name"},
        {"name": "value", "valueString": value},
    ]
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    person = {"resourceType": "Patient", "name": [{"family": "Vega"}]}
    return bundle(
        entry(observation),
        entry(dispense),
        entry(person, fullUrl=PERSON, request={"ifNoneExist": f"identifier=urn:t|{value}"}),
        entry({**known, "name": value, "id": changed.split("/")[1]}, changed, "PUT"),
        entry(patch, org, "PATCH"),
        {"request": {"method": "DELETE", "url": gone}},
        {"request": {"method": "GET", "url": changed}},
    )


def test_a_transaction_killed_at_any_point_leaves_nothing(
    lima: WalkNode, scaled: Callable[[int], int]
) -> None:
    calls = [0]
    counting = dies_at_call(lima.services, 0, calls)
    transact.transact(counting, lima.caller(), everything(lima))
    points = calls[0]
    assert points > 30
    content = everything(lima)
    before = state(lima)
    for last in range(1, points + 1, 1 if scaled(50) == 50 else 3):
        dying = dies_at_call(lima.services, last, [0])
        run_and_die(lambda dying=dying: transact.transact(dying, lima.caller(), content))  # type: ignore[misc]
        assert state(lima) == before, f"something is left of a transaction that died at call {last}"
    answer = transact.transact(lima.services, lima.caller(), content)
    assert len(answer["entry"]) == 7
    assert state(lima) != before


def test_a_transaction_that_dies_once_it_is_committed_is_whole(lima: WalkNode) -> None:
    calls = [0]
    transact.transact(dies_at_call(lima.services, 0, calls), lima.caller(), everything(lima))
    content = everything(lima)
    before = state(lima)
    # One call more than there are: the process dies in what follows the commit, or after it.
    dying = dies_at_call(lima.services, calls[0] + 1, [0])

    def act() -> None:
        transact.transact(dying, lima.caller(), content)
        with dying.unit() as unit:
            unit.now()

    run_and_die(act)
    added = {name: b[0][0] - a[0][0] for name, a, b in zip(TABLES, before, state(lima), strict=True)}
    assert (added["resource"], added["resource_version"], added["person"]) == (3, 6, 1)
