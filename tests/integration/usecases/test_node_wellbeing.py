"""What the doctor says, what monitoring reads, and what the nightly cleaning throws away."""

import shutil
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from registry.errors import Misconfigured, NotReady
from registry.ports import Unit
from registry.usecases.exchange.receiving import review as incoming
from registry.usecases.exchange.sending import deliver
from registry.usecases.node import doctor, health
from tests.walks.nodes import Pair, WalkNode, ask, exchanged, fails, message_of, move_back, traveller


def checks(node: WalkNode, **changes: Any) -> dict[str, doctor.Check]:
    found = doctor.examine(replace(node.services, **changes))
    return {check.name: check for check in found}


def test_a_fresh_node_lacks_only_its_workers_and_partners(own_lima: WalkNode) -> None:
    found = checks(own_lima)
    assert found["database"].detail == "0 people, 0 users"
    assert (found["clock"].ok, found["outbox"].ok, found["audit"].ok, found["disk"].ok) == (True,) * 4
    assert found["outbox"].detail == "empty"
    assert found["beat"].ok is False
    assert found["partner co"].ok is True
    assert (found["partner cl"].ok, found["partner cl"].detail) == (None, "not in the trust list")
    assert found["partner fhir-demo"].ok is True
    assert all(check.advice for check in found.values() if not check.ok)
    outside = doctor.Check("keys", True, "all there")
    assert doctor.examine(own_lima.services, (outside,))[0] == outside


def test_a_worker_that_was_seen_lately_is_well(own_lima: WalkNode) -> None:
    health.beat(own_lima.services, doctor.WORKER)
    assert checks(own_lima)["beat"].ok
    own_lima.run("UPDATE heartbeat SET at = at - 121000000")
    found = checks(own_lima)["beat"]
    assert (found.ok, bool(found.advice)) == (False, True)


def test_parked_messages_waiting_events_and_a_wrong_clock_are_told(
    own_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = own_pair.pe
    who = traveller(own_pair)
    ask(own_pair, who)
    node.run("UPDATE outbox SET state = 'parked'")
    own_pair.clock.by = timedelta(minutes=2)
    found = checks(node)
    assert (found["outbox"].ok, found["outbox"].detail) == (False, "1 parked")
    assert found["clock"].ok is False
    own_pair.clock.by = timedelta(0)

    class Behind:
        """A unit of a node whose chainer stopped."""

        def __init__(self, unit: Any) -> None:
            self._unit = unit

        def __getattr__(self, name: str) -> Any:
            return getattr(self._unit, name)

        def __enter__(self) -> Any:
            self._unit.__enter__()
            self._unit.audit.waiting = lambda: 1000
            return self._unit

        def __exit__(self, *error: Any) -> None:
            self._unit.__exit__(*error)

    services = own_pair.pe.services
    assert checks(node, unit=lambda: Behind(services.unit()))["audit"].ok is False
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=100, used=95, free=5))
    assert checks(node)["disk"].ok is False


def test_a_database_and_a_trust_list_that_do_not_answer_are_told(lima: WalkNode, tmp_path: Any) -> None:
    def broken() -> Unit:
        raise NotReady("The database does not answer.")

    class Untrusting:
        """Cryptography without a trust list."""

        def partner_problem(self, partner: str) -> str:
            raise Misconfigured("There is no trust list.")

    settings = replace(lima.services.settings, var_dir=tmp_path / "gone")
    found = checks(lima, unit=broken, crypto=Untrusting(), settings=settings)
    assert {name for name, check in found.items() if check.ok is False} == {
        "database", "clock", "beat", "outbox", "audit", "trust list", "disk",
    }  # fmt: skip


def test_partners_who_only_carry_need_no_keys(lima: WalkNode) -> None:
    node = lima.services.node
    carry = tuple(replace(partner, kind="carry") for partner in node.partners)
    settings = replace(lima.services.settings, node=replace(node, partners=carry))
    assert not any(name.startswith("partner") for name in checks(lima, settings=settings))


def test_monitoring_reads_counts_and_ages_only(own_pair: Pair) -> None:
    node = own_pair.pe
    assert health.health(node.services) == health.Health({}, {}, 0, {}, {})
    who = traveller(own_pair)
    ask(own_pair, who)
    health.beat(node.services, "worker")
    found = health.health(node.services)
    assert found.outbox == {"pending": 1}
    assert found.audit_waiting > 0
    assert 0 <= found.beats["worker"] < 60
    assert 0 <= found.oldest["outbox"] < 60
    own_pair.line.next_answers.append(fails(503))
    send(own_pair)
    there = health.health(own_pair.co.services)
    assert there.inbox == {"received": 1}
    assert 0 <= there.oldest["inbox"] < 60


def send(pair: Pair) -> None:
    """Let the waiting request arrive in Colombia, at the second try."""
    (item_id,) = deliver.due(pair.pe.services, 10)
    assert deliver.deliver(pair.pe.services, item_id, "w") == "pending"
    item = pair.pe.look(lambda unit: unit.outbox.get(item_id))
    assert item is not None
    assert health.health(pair.pe.services).oldest == {}
    move_back(pair.pe, item)
    assert deliver.deliver(pair.pe.services, item_id, "w") == "sent"


def test_a_node_is_alive_while_its_database_answers(lima: WalkNode) -> None:
    def broken() -> Unit:
        raise NotReady("The database does not answer.")

    health.check_alive(lima.services)
    with pytest.raises(NotReady):
        health.check_alive(replace(lima.services, unit=broken))


def test_cleaning_empties_old_bodies_and_drops_old_tokens(own_pair: Pair) -> None:
    who = exchanged(own_pair)
    node = own_pair.pe
    assert health.purge(node.services) == 0
    days = node.services.node.inbox_body_days
    node.run("UPDATE inbox SET received = received - ?", (days + 1) * 86_400_000_000)
    assert health.purge(node.services) > 0
    assert node.run("SELECT count(*) FROM inbox WHERE length(body) > 0") == [(0,)]
    msg_id = message_of(own_pair.co, who.at_co, "summary").msg_id
    ((inbox_id,),) = node.run("SELECT id FROM inbox WHERE msg_id = ?", msg_id)
    assert incoming.open_incoming(node.services, node.caller(), inbox_id).sections
