"""What a partner that asks learns, and what it does not."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fhir import wire
from registry.domain.model import InboxItem
from registry.errors import BadInput, Conflict, NotFound
from registry.ports.outside import Outgoing
from registry.usecases.care.chart import at_a_glance
from registry.usecases.care.people import register
from registry.usecases.care.record import record_care
from registry.usecases.exchange import corridor, receipts
from registry.usecases.exchange.receiving import receive
from registry.usecases.exchange.sending import ask_partner, deliver
from tests.walks.nodes import (
    Pair,
    Traveller,
    ask,
    consent,
    exchanged,
    fails,
    forged,
    message_of,
    new_number,
    put,
    put_and_process,
    received,
    rules_of,
    somebody,
    state_of,
    states,
    traveller,
    treated,
)
from tests.walks.test_consent_gate import with_policy

Change = Callable[[dict[str, Any]], None]


def request_of(pair: Pair, who: Traveller) -> dict[str, Any]:
    """Return the Bundle with which Lima asks, as it was sent."""
    item = message_of(pair.pe, who.at_pe, "request")
    body = pair.pe.services.vault.open(who.at_pe, ("outbox", item.id, "body", 1), item.body)
    return wire.parse(body)


def changed_request(pair: Pair, change: Change, **person: Any) -> tuple[Traveller, InboxItem]:
    """Ask with a Bundle that was changed before signing; return who it is about and what came of it."""
    who = traveller(pair, **person)
    treated(pair.co, who.at_co)
    ask(pair, who)
    item = message_of(pair.pe, who.at_pe, "request")
    pair.line.next_answers.append(fails(0))
    deliver.deliver(pair.pe.services, item.id, "w")
    bundle = request_of(pair, who)
    change(bundle)
    message = forged(pair.pe, "co", "request", wire.canonical(bundle))
    return who, put_and_process(pair.pe, pair.co, message)


def part(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the one resource of a type."""
    found: dict[str, Any] = next(
        entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind
    )
    return found


def nothing_left_colombia(pair: Pair, who: Traveller, item: InboxItem) -> bool:
    """Tell whether nothing but a receipt is to leave Colombia after a message."""
    answers = pair.co.run("SELECT kind FROM outbox WHERE in_reply_to = ?", item.msg_id)
    return answers == [("receipt",)] and not pair.co.look(lambda unit: unit.consents.of(who.at_co))


def test_an_unknown_person_is_not_disclosed(pair: Pair) -> None:
    person = register.register(pair.pe.services, pair.pe.caller(), somebody()).person_id
    consent(pair.pe, person, "co")
    ask_partner.ask(pair.pe.services, pair.pe.caller(), person, "co")
    item = message_of(pair.pe, person, "request")
    pair.pump()
    stored = received(pair.co, item.msg_id)
    assert (stored.state, stored.owner_id) == ("review", "")
    assert rules_of(pair.co, stored) == ["no-single-match"]
    assert pair.co.run("SELECT kind FROM outbox WHERE in_reply_to = ?", item.msg_id) == [("receipt",)]
    got = [row for row in receipts.listing(pair.pe.services) if row["msg_id"] == item.msg_id]
    assert [(row["direction"], row["status"]) for row in got] == [("got", "accepted")]
    assert states(pair.pe.look(lambda unit: unit.transfers.of(person))) == ["received"]


def test_two_people_with_one_document_go_to_review(pair: Pair) -> None:
    number = new_number()
    who = traveller(pair, number=number)
    register.register(pair.co.services, pair.co.caller(), somebody(number, given="Marisol"))
    ask(pair, who)
    pair.pump()
    assert received(pair.co, message_of(pair.pe, who.at_pe, "request").msg_id).state == "review"
    assert pair.co.look(lambda unit: unit.outbox.of(who.at_co)) == []


def test_another_birth_date_goes_to_review(pair: Pair) -> None:
    number = new_number()
    there = register.register(pair.co.services, pair.co.caller(), somebody(number)).person_id
    here = register.register(
        pair.pe.services, pair.pe.caller(), somebody(number, birth_date="1991-04-13")
    ).person_id
    ask(pair, Traveller(here, there, number, ""))
    pair.pump()
    assert received(pair.co, message_of(pair.pe, here, "request").msg_id).state == "review"
    assert pair.co.look(lambda unit: unit.outbox.of(there)) == []


@pytest.mark.parametrize("born", ["1991", "1991-04", ""])
def test_a_birth_date_known_in_part_does_not_contradict(pair: Pair, born: str) -> None:
    number = new_number()
    there = register.register(pair.co.services, pair.co.caller(), somebody(number)).person_id
    here = register.register(pair.pe.services, pair.pe.caller(), somebody(number, birth_date=born)).person_id
    ask(pair, Traveller(here, there, number, ""))
    pair.pump()
    assert states(pair.pe.look(lambda unit: unit.transfers.of(here))) == ["accepted"]


def test_a_provisional_person_is_not_disclosed_and_does_not_stand_in_the_way(pair: Pair) -> None:
    number = new_number()
    who = traveller(pair, number=number)
    pair.co.run("UPDATE person SET provisional = ? WHERE id = ?", True, who.at_co)
    ask(pair, who)
    pair.pump()
    assert received(pair.co, message_of(pair.pe, who.at_pe, "request").msg_id).state == "review"
    confirmed = register.register(pair.co.services, pair.co.caller(), somebody(number)).person_id
    pair.pe.run("UPDATE transfer SET state = 'cancelled' WHERE owner_id = ?", who.at_pe)
    ask_partner.ask(pair.pe.services, pair.pe.caller(), who.at_pe, "co")
    pair.pump()
    assert states(pair.co.look(lambda unit: unit.transfers.of(confirmed))) == ["accepted"]


def test_no_document_of_a_third_country_leaves_in_a_request(pair: Pair) -> None:
    papers = {kind: f"{kind[:2].upper()}{new_number()}" for kind in ("ve-ci", "ve-pp", "co-ppt", "co-cc")}
    others = {kind: f"{kind[:2].upper()}{new_number()}" for kind in ("ec-ci", "cl-run", "pe-ce", "dni")}
    clinic = {"clinic": f"HC{new_number()}"}
    everything = tuple((papers | others | clinic).items())
    person = register.register(
        pair.pe.services, pair.pe.caller(), somebody(identifiers=everything, phone="+51 987 654 321")
    ).person_id
    consent(pair.pe, person, "co")
    ask_partner.ask(pair.pe.services, pair.pe.caller(), person, "co")
    pair.pump()
    text = json.dumps(request_of(pair, Traveller(person, "", "", "")))
    assert all(value in text for value in papers.values())
    assert not any(value in text for value in (others | clinic).values())
    assert "987 654 321" not in text
    assert person not in text


def other_corridor(bundle: dict[str, Any]) -> None:
    actors = part(bundle, "Consent")["provision"]["actor"]
    for actor in actors:
        if actor["reference"]["identifier"]["value"] == "co":
            actor["reference"]["identifier"]["value"] = "ec"


def over(bundle: dict[str, Any]) -> None:
    part(bundle, "Consent")["provision"]["period"] = {"start": "2020-01-01", "end": "2020-02-01"}


def inactive(bundle: dict[str, Any]) -> None:
    part(bundle, "Consent")["status"] = "inactive"


def other_purpose(bundle: dict[str, Any]) -> None:
    part(bundle, "Consent")["provision"]["purpose"][0]["code"] = "HRESCH"


def other_classes(bundle: dict[str, Any]) -> None:
    extensions = part(bundle, "Consent")["provision"]["extension"]
    for extension in extensions:
        if "valueCode" in extension and extension["valueCode"] in ("identity", "clinical"):
            extension["valueCode"] = "insurance"


def no_consent(bundle: dict[str, Any]) -> None:
    bundle["entry"] = [e for e in bundle["entry"] if e["resource"]["resourceType"] != "Consent"]


def no_terms(bundle: dict[str, Any]) -> None:
    del part(bundle, "Consent")["provision"]


def no_identifier(bundle: dict[str, Any]) -> None:
    del part(bundle, "Patient")["identifier"]


def bad_order(bundle: dict[str, Any]) -> None:
    part(bundle, "ServiceRequest")["status"] = "whatever"


def bad_task_id(bundle: dict[str, Any]) -> None:
    part(bundle, "Task")["id"] = "../../Task/1"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (other_corridor, "consent-other-corridor"),
        (over, "consent-not-in-force"),
        (inactive, "consent-not-active"),
        (other_purpose, "purpose-not-agreed"),
        (other_classes, "data-not-agreed"),
        (no_consent, "transfer-request"),
        (no_terms, "corridor-consent"),
        (no_identifier, "transfer-request"),
        (bad_order, ""),
        (bad_task_id, ""),
    ],
)
def test_a_request_that_breaks_a_rule_is_rejected_and_tells_nothing(
    pair: Pair, change: Change, rule: str
) -> None:
    who, item = changed_request(pair, change)
    assert item.state == "rejected"
    assert rule in rules_of(pair.co, item) if rule else rules_of(pair.co, item)
    assert nothing_left_colombia(pair, who, item)
    pair.pump()
    given = [row for row in receipts.listing(pair.co.services) if row["msg_id"] == item.msg_id]
    assert [row["status"] for row in given] == ["rejected"]


def test_a_request_whose_bytes_are_no_json_is_rejected(pair: Pair) -> None:
    item = put_and_process(pair.pe, pair.co, forged(pair.pe, "co", "request", b'{"a":1,"a":2}'))
    assert item.state == "rejected"
    assert len(rules_of(pair.co, item)) == 1


def test_a_request_from_a_partner_without_agreement_is_rejected(pair: Pair) -> None:
    who = traveller(pair)
    ask(pair, who)
    item = message_of(pair.pe, who.at_pe, "request")
    deliver.deliver(pair.pe.services, item.id, "w")
    stored = received(pair.co, item.msg_id)
    without = replace(
        pair.co.services,
        settings=replace(
            pair.co.services.settings,
            node=replace(
                pair.co.services.node,
                partners=tuple(p for p in pair.co.services.node.partners if p.id != "pe"),
            ),
        ),
    )
    assert receive.process(without, stored.id) == "rejected"
    assert rules_of(pair.co, received(pair.co, item.msg_id)) == ["no-agreement"]
    pair.pump()
    assert state_of(pair.pe, item) == "refused"
    assert states(pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))) == ["refused"]


def test_a_request_without_transfer_brings_the_summary_only(pair: Pair) -> None:
    def without(bundle: dict[str, Any]) -> None:
        kept = ("Patient", "Consent")
        bundle["entry"] = [e for e in bundle["entry"] if e["resource"]["resourceType"] in kept]

    who, item = changed_request(pair, without)
    assert item.state == "processed"
    kinds = pair.co.run("SELECT kind FROM outbox WHERE in_reply_to = ? ORDER BY kind", item.msg_id)
    assert kinds == [("receipt",), ("summary",)]
    assert pair.co.look(lambda unit: unit.transfers.of(who.at_co)) == []


def test_a_task_without_an_id_gets_one_here(pair: Pair) -> None:
    who, item = changed_request(pair, lambda bundle: part(bundle, "Task").pop("id"))
    assert item.state == "processed"
    (transfer,) = pair.co.look(lambda unit: unit.transfers.of(who.at_co))
    assert transfer.task_id


def test_a_task_id_that_is_known_here_is_rejected_and_changes_nothing(pair: Pair) -> None:
    first = exchanged(pair)
    known = pair.co.look(lambda unit: unit.transfers.of(first.at_co))[0]
    who, item = changed_request(pair, lambda bundle: part(bundle, "Task").update(id=known.task_id))
    assert (item.state, rules_of(pair.co, item)) == ("rejected", ["task-known"])
    assert nothing_left_colombia(pair, who, item)
    assert pair.co.look(lambda unit: unit.transfers.of(first.at_co)) == [known]


def test_an_alias_used_for_two_people_goes_to_review(pair: Pair) -> None:
    first = exchanged(pair)
    alias = message_of(pair.pe, first.at_pe, "request").alias
    who = traveller(pair)
    ask(pair, who)
    item = message_of(pair.pe, who.at_pe, "request")
    deliver.deliver(pair.pe.services, item.id, "w")
    bundle = request_of(pair, who)
    part(bundle, "Task")["id"] = new_number()
    message = forged(pair.pe, "co", "request", wire.canonical(bundle), patient_ref=alias)
    made = put_and_process(pair.pe, pair.co, message)
    assert (made.state, rules_of(pair.co, made)) == ("review", ["alias-of-another"])


def test_a_reply_quotes_the_askers_alias_even_when_another_is_known(pair: Pair) -> None:
    who = exchanged(pair)
    pair.pe.run("UPDATE transfer SET state = 'cancelled' WHERE owner_id = ?", who.at_pe)
    twin = register.register(pair.pe.services, pair.pe.caller(), somebody(who.cedula[1:])).person_id
    consent(pair.pe, twin, "co")
    ask_partner.ask(pair.pe.services, pair.pe.caller(), twin, "co")
    pair.pump()
    alias = message_of(pair.pe, twin, "request").alias
    assert alias != message_of(pair.pe, who.at_pe, "request").alias
    assert message_of(pair.co, who.at_co, "summary").alias == alias
    chart = at_a_glance.chart(pair.pe.services, pair.pe.caller(), twin)
    assert chart.supply.days_on_hand == 9
    assert [row.state for row in chart.transfers] == ["accepted"]


def test_a_withdrawal_under_any_alias_is_heard(pair: Pair) -> None:
    test_a_reply_quotes_the_askers_alias_even_when_another_is_known(pair)
    (row, *_) = pair.co.run("SELECT alias, owner_id FROM alias WHERE minted_by = 'them' ORDER BY added DESC")
    for (alias,) in pair.co.run("SELECT alias FROM alias WHERE owner_id = ?", row[1]):
        message = forged(pair.pe, "co", "consent-withdrawn", b"{}", patient_ref=alias)
        assert put_and_process(pair.pe, pair.co, message).state == "processed"
    consents = pair.co.look(lambda unit: unit.consents.of(row[1], "pe"))
    assert {each.state for each in consents} == {"withdrawn"}


def test_a_withdrawal_for_an_unknown_alias_is_kept_as_applied(pair: Pair) -> None:
    item = put_and_process(pair.pe, pair.co, forged(pair.pe, "co", "consent-withdrawn", b"{}"))
    assert (item.state, rules_of(pair.co, item)) == ("processed", ["unknown-person"])


def test_a_request_that_its_withdrawal_overtook_discloses_nothing(pair: Pair) -> None:
    who = traveller(pair)
    treated(pair.co, who.at_co)
    ask(pair, who)
    deliver.deliver(pair.pe.services, message_of(pair.pe, who.at_pe, "request").id, "w")
    given = pair.pe.look(lambda unit: unit.consents.of(who.at_pe, "co"))[0]
    corridor.withdraw_consent(pair.pe.services, pair.pe.caller(), given.id)
    deliver.deliver(pair.pe.services, message_of(pair.pe, who.at_pe, "consent-withdrawn").id, "w")
    waiting = receive.waiting(pair.co.services, 10)
    requests = {row[0] for row in pair.co.run("SELECT id FROM inbox WHERE kind = 'request'")}
    for item_id in sorted(waiting, key=lambda one: one in requests):
        receive.process(pair.co.services, item_id)
    pair.pump()
    assert [row.state for row in pair.co.look(lambda unit: unit.consents.of(who.at_co))] == []
    assert pair.pe.look(lambda unit: unit.documents.of(who.at_pe)) == []


def test_only_partners_that_answer_can_be_asked(pair: Pair) -> None:
    who = traveller(pair)
    for partner in ("fhir-demo", "nobody"):
        with pytest.raises(BadInput):
            ask_partner.ask(pair.pe.services, pair.pe.caller(), who.at_pe, partner)
    with pytest.raises(NotFound):
        ask_partner.ask(pair.pe.services, pair.pe.caller(), "nobody", "co")


def test_a_transfer_is_asked_for_once(pair: Pair) -> None:
    who = traveller(pair)
    ask(pair, who)
    with pytest.raises(Conflict):
        ask_partner.ask(pair.pe.services, pair.pe.caller(), who.at_pe, "co")


def test_what_colombia_discloses_is_its_own_record_and_the_consent_is_its_ground(pair: Pair) -> None:
    who = exchanged(pair)
    (row,) = pair.co.look(lambda unit: unit.consents.of(who.at_co, "pe"))
    assert (row.given_to, row.state, row.data_classes) == ("partner", "active", ("identity", "clinical"))
    stored = record_care.read(pair.co.services, pair.co.caller(), "Consent", row.resource_id)
    assert wire.parse(stored.body)["patient"] == {"reference": f"Patient/{who.at_co}"}


def test_a_wider_consent_than_the_agreement_is_cut_down(pair: Pair) -> None:
    who = traveller(pair)
    treated(pair.co, who.at_co)
    ask(pair, who)
    item = message_of(pair.pe, who.at_pe, "request")
    deliver.deliver(pair.pe.services, item.id, "w")
    services = with_policy(pair.co.services, "pe", data_classes=("identity", "contact"))
    receive.process(services, received(pair.co, item.msg_id).id)
    (row,) = pair.co.look(lambda unit: unit.consents.of(who.at_co, "pe"))
    assert row.data_classes == ("identity",)


def test_a_consent_for_days_to_come_is_not_in_force_yet(pair: Pair) -> None:
    who = traveller(pair)
    ask(pair, who)
    item = message_of(pair.pe, who.at_pe, "request")
    deliver.deliver(pair.pe.services, item.id, "w")
    pair.clock.by = timedelta(days=-2)
    assert receive.process(pair.co.services, received(pair.co, item.msg_id).id) == "rejected"


def test_messages_of_kinds_we_do_not_know_are_rejected(pair: Pair) -> None:
    message = forged(pair.pe, "co", "request", b"{}")
    assert put_kind(pair, message, "card") == ("rejected", ["unknown-kind"])


def put_kind(pair: Pair, message: Outgoing, kind: str) -> tuple[str, list[str]]:
    """Store a message as if a newer node had sent a kind that is not known here."""
    assert put(pair.pe, pair.co, message).status == 202
    item = received(pair.co, message.msg_id)
    pair.co.run("UPDATE inbox SET kind = ? WHERE id = ?", kind, item.id)
    receive.process(pair.co.services, item.id)
    item = received(pair.co, message.msg_id)
    return item.state, rules_of(pair.co, item)
