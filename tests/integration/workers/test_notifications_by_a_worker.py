"""A real worker on a real broker tells a real hook; killed in between, it loses no event and no number."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from fhir.subscription import backport, topics
from registry.crypto.partners.trust import KeyUse, Partner, PartnerKey, PartnerKind
from registry.crypto.tokens.jwk import new_key, public_of
from registry.demo.prepare import trust
from registry.domain.model import Caller
from registry.usecases.care.people import register
from registry.usecases.subscriptions import events, manage
from tests.integration.subscriptions.hook import Hook, listening
from tests.integration.workers.running import CLINICIAN, RunningNode, wait_until
from tests.walks.nodes import somebody

HOSPITAL = Caller("partner:hospital", "partner", "hospital", scopes=("system/*.cruds",))


@pytest.fixture
def hook() -> Iterator[Hook]:
    """Serve the hook of the hospital."""
    with listening() as found:
        yield found


def know(node: RunningNode, hook: Hook) -> None:
    """Let the node trust one system, with the hook's address."""
    now = datetime.now(UTC).replace(microsecond=0)
    token = PartnerKey(KeyUse.TOKEN, public_of(new_key("P-384")), now, now + timedelta(days=1))
    endpoints = {"fhir": hook.address}
    scopes = ("system/*.cruds",)
    partner = Partner("hospital", PartnerKind.EMR, "PE", "Hospital", endpoints, (token,), scopes)
    node.settings.officers_file.unlink()
    node.settings.trust_file.unlink()
    trust(node.node, [], [partner])


def subscribe(node: RunningNode, hook: Hook) -> str:
    return manage.create(
        node.services,
        HOSPITAL,
        {
            "resourceType": "Subscription",
            "status": "requested",
            "reason": "Know of documents",
            "criteria": topics.SUMMARY.url,
            "channel": {
                "type": "rest-hook",
                "endpoint": f"{hook.address}/hooks",
                "payload": "application/fhir+json",
                "_payload": {"extension": [{"url": backport.CONTENT, "valueCode": "id-only"}]},
            },
        },
    ).id


def happen(node: RunningNode, person: str) -> None:
    with node.services.unit() as unit:
        events.document_counts(node.services, unit, person)
        unit.commit()


@pytest.mark.broker
def test_a_worker_that_is_killed_tells_everything_once_it_is_back(
    pair: tuple[RunningNode, RunningNode], hook: Hook
) -> None:
    node = pair[0]
    know(node, hook)
    node.start("worker")
    made = subscribe(node, hook)
    wait_until(lambda: bool(hook.of("handshake")), "the handshake", node)
    wait_until(lambda: state(node, made) == "active", "the subscription opens", node)
    person = register.register(node.services, CLINICIAN, somebody()).person_id
    happen(node, person)
    wait_until(lambda: hook.numbers == [1], "the first event", node)
    node.kill("worker")
    for _ in range(5):
        happen(node, person)
    node.start("worker")
    node.let_leases_run_out()
    wait_until(lambda: sorted(set(hook.numbers)) == [1, 2, 3, 4, 5, 6], "every event", node)


def state(node: RunningNode, subscription_id: str) -> str:
    with node.services.unit() as unit:
        found = unit.subscriptions.get(subscription_id)
    return found.state if found else "missing"
