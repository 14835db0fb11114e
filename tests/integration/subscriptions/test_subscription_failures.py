"""A hook that fails is tried again with the same number, rests, and stands in error; nothing is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from fhir.subscription import topics
from registry.errors import Misconfigured
from registry.ports.outside import Answer
from registry.usecases.access import trail
from registry.usecases.erasure import erase
from registry.usecases.exchange import corridor
from registry.usecases.subscriptions import events, notify, numbers, queue, sweep
from tests.integration.subscriptions.conftest import Api, Node
from tests.integration.subscriptions.hook import told
from tests.walks.dying import die, dies_at_unit, run_and_die
from tests.walks.nodes import consent
from workers import outbox


def state_of(node: Node, item_id: str) -> tuple[str, str, int]:
    ((state, error, attempts),) = node.walk.run(
        "SELECT state, last_error, attempts FROM outbox WHERE id = ?", item_id
    )
    return state, error, attempts


def test_a_failed_notification_waits_and_comes_again_with_its_number(node: Node, co: Api) -> None:
    co.make()
    node.ask(node.person())
    node.hook.answers.extend([(503, {"Retry-After": "120"}), (500, {})])
    (item,) = node.waiting()
    assert node.deliver() == ["pending"]
    ((left,),) = node.walk.run("SELECT next_attempt - created FROM outbox WHERE id = ?", item)
    assert left >= 119_000_000
    assert node.deliver() == ["pending"]
    assert state_of(node, item) == ("pending", "http-500", 2)
    assert node.deliver() == ["delivered"]
    assert node.hook.numbers == [1, 1, 1]
    assert len({knock.body for knock in node.hook.knocks}) == 1


def test_a_hook_that_answers_nothing_useful_rests_and_the_partners_door_does_not(node: Node, co: Api) -> None:
    co.make()
    transfer = node.ask(node.person())
    for state in ("sent", "received", "accepted", "overdue", "cancelled"):
        transfer = node.move(transfer, state)
    node.hook.answers.extend([(500, {})] * 6)
    tried = [outbox.attempt(node.services, item, outbox.lease_name()) for item in node.waiting()]
    assert tried == ["pending"] * 5 + [None]
    with node.services.unit() as unit:
        names = [name for name in unit.beats() if name.startswith("failed:")]
    assert all(name.startswith("failed:hook:") for name in names)


def test_after_too_many_failures_the_subscription_stands_in_error(node: Node, co: Api) -> None:
    made = co.make()
    node.ask(node.person())
    node.hook.answers.append((500, {}))
    node.walk.run("UPDATE outbox SET attempts = 11 WHERE kind = 'notification'")
    (item,) = node.waiting()
    assert node.deliver() == ["refused"]
    assert state_of(node, item)[:2] == ("refused", "http-500")
    read = co.read(made)
    assert (read["status"], read["error"]) == ("error", "http-500")


@pytest.mark.parametrize(("status", "headers"), [(410, {}), (307, {"Location": "http://127.0.0.1:1/away"})])
def test_a_refusal_is_an_error_and_a_redirect_is_not_followed(
    node: Node, co: Api, status: int, headers: dict[str, str]
) -> None:
    made = co.make()
    node.ask(node.person())
    node.hook.answers.append((status, headers))
    (state,) = node.deliver()
    assert len(node.hook.knocks) == 1
    assert (state, co.read(made)["status"]) in {("refused", "error"), ("pending", "active")}
    assert (state == "refused") == (status == 410)


def test_what_happened_during_the_error_is_told_without_a_gap_afterwards(node: Node, co: Api) -> None:
    made = co.make()
    transfer = node.ask(node.person())
    node.hook.answers.append((410, {}))
    assert node.deliver() == ["refused"]
    for state in ("sent", "received"):
        transfer = node.move(transfer, state)
    assert node.waiting() == []
    assert node.walk.run("SELECT count(*) FROM subscription_event WHERE delivered IS NULL") == [(3,)]
    assert co.put({**co.read(made), "status": "requested"}).status_code == 200
    assert node.deliver() == ["delivered"]
    assert node.deliver() == ["delivered"] * 3
    assert sorted(node.hook.numbers[1:]) == [1, 2, 3]
    assert "error" not in co.read(made)


def test_a_handshake_that_is_never_answered_opens_nothing(node: Node, co: Api) -> None:
    made = co.post(co.terms()).get_json(force=True)
    node.hook.answers.append((404, {}))
    assert node.deliver() == ["refused"]
    assert co.read(made)["status"] == "error"
    node.ask(node.person())
    assert node.waiting() == []


def test_an_older_handshake_does_not_open_a_newer_address(node: Node, co: Api) -> None:
    made = co.post(co.terms()).get_json(force=True)
    (item,) = node.waiting()
    prepared = notify._prepare(node.services, item, "slow")
    assert isinstance(prepared, notify.Ready)
    moved = {**co.read(made), "status": "requested"}
    moved["channel"]["endpoint"] = f"{co.endpoint}/new"
    assert co.put(moved).status_code == 200
    assert node.services.partners is not None
    notify._finish(node.services, prepared, node.services.partners.notify(prepared.sent))
    assert co.read(made)["status"] == "requested"
    assert node.deliver() == ["delivered"]
    assert (node.hook.knocks[-1].path, co.read(made)["status"]) == ("/co/hooks/1/new", "active")
    assert "authorization" not in node.hook.knocks[-1].headers


def test_a_withdrawal_before_an_event_leaves_takes_it_back_without_a_gap(node: Node, co: Api) -> None:
    co.make()
    gone, stays = node.person(agreed=False), node.person()
    given = consent(node.walk, gone, "co")
    node.ask(gone)
    corridor.withdraw_consent(node.services, node.walk.caller(), given)
    node.ask(stays)
    assert sorted(map(str, node.deliver())) == ["delivered", "withdrawn"]
    assert node.hook.numbers == [1]
    assert gone not in node.hook.knocks[0].body.decode()


def test_a_withdrawal_between_two_tries_takes_the_focus_and_leaves_the_number(node: Node, co: Api) -> None:
    made = co.make()
    person = node.person(agreed=False)
    given = consent(node.walk, person, "co")
    node.ask(person)
    node.hook.answers.append((500, {}))
    assert node.deliver() == ["pending"]
    assert "focus" in node.hook.knocks[0].status["events"][0]
    corridor.withdraw_consent(node.services, node.walk.caller(), given)
    assert node.deliver() == ["delivered"]
    assert set(node.hook.knocks[1].status["events"][0]) == {"event-number", "timestamp"}
    again = co.get(f"Subscription/{made['id']}/$events").text
    assert "Task/" not in again


@pytest.mark.parametrize("lost", ["scope", "address"])
def test_a_partner_that_lost_its_scope_or_address_is_told_nothing(node: Node, co: Api, lost: str) -> None:
    made = co.make()
    node.ask(node.person())
    try:
        if lost == "scope":
            node.pin(("system/Subscription.cruds", "system/Patient.rs"))
        else:
            node.pin(hook=replace(node.hook, address="http://127.0.0.1:1"))
        assert node.deliver() == ["refused"]
    finally:
        node.pin()
    assert node.hook.knocks == []
    assert co.read(made)["status"] == "error"


def test_a_notification_that_fails_here_again_and_again_ends_in_error(node: Node, co: Api) -> None:
    made = co.make()
    node.ask(node.person())
    node.walk.run("UPDATE outbox SET state = 'parked', last_error = 'internal' WHERE kind = 'notification'")
    node.sweep()
    assert co.read(made)["error"] == "internal"


def test_an_event_that_no_message_carries_is_found(node: Node, co: Api) -> None:
    co.make()
    node.ask(node.person())
    node.walk.run("DELETE FROM outbox WHERE kind = 'notification'")
    node.walk.run("UPDATE subscription_event SET item_id = ''")
    node.sweep()
    assert node.deliver() == ["delivered"]
    assert node.hook.numbers == [1]


def test_old_events_and_notifications_are_removed(node: Node, co: Api) -> None:
    co.make()
    node.ask(node.person())
    node.deliver()
    node.walk.run("UPDATE subscription_event SET at = 1")
    node.walk.run("UPDATE outbox SET created = 1 WHERE kind = 'notification'")
    assert sweep.purge(node.services) == 3
    assert node.walk.run("SELECT count(*) FROM outbox WHERE kind = 'notification'") == [(0,)]


@pytest.mark.parametrize(
    ("number", "after_commit"),
    [(1, False), (1, True), (2, False), (2, True)],
    ids=["while-preparing", "once-prepared", "while-finishing", "once-finished"],
)
def test_a_worker_that_dies_at_a_commit_loses_no_event_and_no_number(
    node: Node, co: Api, number: int, after_commit: bool
) -> None:
    co.make()
    transfer = node.ask(node.person())
    (item,) = node.waiting()
    dying = dies_at_unit(node.services, number, after_commit)
    run_and_die(lambda: notify.deliver(dying, item, "dying"))
    node.move(transfer, "sent")
    node.deliver()
    node.deliver()
    assert sorted(set(node.hook.numbers)) == [1, 2]
    assert len(node.hook.numbers) == (3 if (number, after_commit) == (2, False) else 2)
    assert len({knock.body for knock in node.hook.knocks}) == 2
    while trail.chain(node.services):
        pass
    assert trail.verify(node.services).ok


def test_a_writer_that_dies_before_its_commit_leaves_no_event(node: Node, co: Api) -> None:
    co.make()
    person = node.person()

    def dies() -> None:
        with node.services.unit() as unit:
            events.transfer_moved(node.services, unit, person, "task", "sent")
            die()

    run_and_die(dies)
    assert node.waiting() == []
    assert node.walk.run("SELECT count(*) FROM subscription_event") == [(0,)]


def test_many_workers_number_events_without_a_gap(
    node: Node, hospital: Api, scaled: Callable[[int], int]
) -> None:
    hospital.make(topic=topics.TRANSFER)
    people = scaled(300)
    for _ in range(people):
        node.move(node.ask(node.person()), "sent")
    items = node.waiting()
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda item: notify.deliver(node.services, item, f"w-{item}"), items * 2))
    assert [state for state in done if state] == ["delivered"] * (2 * people)
    assert sorted(node.hook.numbers) == list(range(1, 2 * people + 1))


def test_a_process_that_cannot_send_says_so_and_a_lost_lease_changes_nothing(node: Node, co: Api) -> None:
    co.make()
    node.ask(node.person())
    (item,) = node.waiting()
    assert notify.deliver(node.services, "nothing", "w") is None
    with pytest.raises(Misconfigured):
        notify.deliver(replace(node.services, partners=None), item, "first")
    assert notify.deliver(node.services, item, "second") is None
    node.let_be_due()
    slow = notify._prepare(node.services, item, "slow")
    assert isinstance(slow, notify.Ready)
    assert node.deliver() == ["delivered"]
    assert notify._finish(node.services, slow, Answer(500)) == "delivered"
    assert notify._finish(node.services, slow, Answer(200)) == "delivered"
    assert node.hook.numbers == [1]


def test_two_messages_of_one_event_send_it_once(node: Node, co: Api) -> None:
    made = co.make()
    node.ask(node.person())
    (first,) = node.waiting()
    with node.services.unit() as unit:
        row = unit.subscriptions.get(made["id"])
        item = unit.outbox.get(first)
        assert row is not None
        assert item is not None
        queue.add(node.services, unit, row, item.in_reply_to)
        unit.commit()
    assert sorted(map(str, node.deliver())) == ["delivered", "superseded"]
    assert node.hook.numbers == [1]


def test_without_a_trust_list_notifications_wait_and_count_no_attempt(node: Node, co: Api) -> None:
    co.make()
    node.ask(node.person())
    (item,) = node.waiting()
    file = node.walk.demo.settings.trust_file
    kept = file.read_bytes()
    try:
        file.unlink()
        assert node.deliver() == ["pending"]
    finally:
        file.write_bytes(kept)
    assert state_of(node, item)[2] == 0
    assert node.deliver() == ["delivered"]


def test_what_was_deleted_meanwhile_is_left_alone(node: Node, co: Api) -> None:
    made = co.make()
    node.ask(node.person())
    (item,) = node.waiting()
    ready = notify._prepare(node.services, item, "slow")
    assert isinstance(ready, notify.Ready)
    assert co.delete(made).status_code == 204
    assert notify._finish(node.services, ready, Answer(200)) == "delivered"
    notify.give_up(node.services, "nothing")
    node.walk.run("UPDATE subscription SET ends = 1, state = 'active'")
    node.sweep()


def test_an_end_that_passed_stops_what_still_waits(node: Node, co: Api) -> None:
    made = co.make()
    node.ask(node.person())
    node.walk.run("UPDATE subscription SET ends = 1 WHERE id = ?", made["id"])
    assert node.deliver() == ["superseded"]
    assert node.hook.knocks == []


def test_work_on_what_changed_since_it_was_listed_does_nothing(node: Node, co: Api) -> None:
    made = co.make()
    with node.services.unit() as unit:
        row = unit.subscriptions.get(made["id"])
        assert row is not None
        sweep._beat(node.services, unit, row)
        sweep._carry(node.services, unit, replace(row, state="off"))
        unit.commit()
    sweep._on(node.services, "nobody", lambda *_: pytest.fail("there is nobody"))
    assert node.waiting() == []


def test_what_somebody_removed_from_the_database_is_not_there(node: Node, co: Api) -> None:
    made = co.make()
    node.ask(node.person())
    (item,) = node.waiting()
    ready = notify._prepare(node.services, item, "slow")
    assert isinstance(ready, notify.Ready)
    node.walk.run("DELETE FROM outbox WHERE id = ?", item)
    assert notify._finish(node.services, ready, Answer(200)) is None
    node.walk.run("DELETE FROM resource WHERE id = ?", made["id"])
    assert co.get(f"Subscription/{made['id']}").status_code == 404
    assert co.delete(made).status_code == 404


def test_waiting_events_are_numbered_in_pages(
    node: Node, hospital: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = hospital.make(topic=topics.SUMMARY)
    monkeypatch.setattr(numbers, "AT_ONCE", 2)
    person = node.person()
    for _ in range(5):
        with node.services.unit() as unit:
            events.document_counts(node.services, unit, person)
            unit.commit()
    status = told(
        hospital.get(f"Subscription/{made['id']}/$status").get_json(force=True)["entry"][0]["resource"]
    )
    assert status["events-since-subscription-start"] == "5"


def test_without_the_scope_to_read_events_are_numbers_only(node: Node, co: Api) -> None:
    made = co.make()
    node.ask(node.person())
    node.deliver()
    try:
        node.pin(("system/Subscription.cruds",))
        found = co.get(f"Subscription/{made['id']}/$events").get_json(force=True)
    finally:
        node.pin()
    (event,) = told(found["entry"][0]["resource"])["events"]
    assert set(event) == {"event-number", "timestamp"}


def test_a_person_who_is_erased_leaves_a_number_and_nothing_else(node: Node, co: Api) -> None:
    made = co.make()
    person = node.person()
    node.ask(person)
    node.hook.answers.append((500, {}))
    assert node.deliver() == ["pending"]
    node.move(node.ask(node.person()), "sent")
    with node.services.unit() as unit:
        erase.remove(unit, node.walk.caller(), person)
        unit.commit()
    assert sorted(map(str, node.deliver())) == ["delivered"] * 3
    assert sorted(node.hook.numbers[1:]) == [1, 2, 3]
    assert sum("focus" in knock.status["events"][0] for knock in node.hook.knocks[1:]) == 2
    assert len(co.get(f"Subscription/{made['id']}/$events").text.split("Task/")) == 3
