"""What leaves a node beside the summary itself: our own ids, unreviewed facts, requests nobody can answer."""

import re
from datetime import timedelta
from typing import Any

import pytest

from fhir import wire
from registry.errors import Conflict, NotAllowed
from registry.usecases.care.chart import summary
from registry.usecases.exchange import corridor
from registry.usecases.exchange.receiving import review as incoming
from registry.usecases.exchange.sending import ask_partner
from tests.walks.nodes import (
    Pair,
    Traveller,
    WalkNode,
    ask,
    consent,
    exchanged,
    forged,
    message_of,
    put_and_process,
    received,
    state_of,
    traveller,
    treated,
)


def plain(node: WalkNode, msg_id: str) -> bytes:
    """Return the Bundle of a message as the receiving node stored it."""
    item = received(node, msg_id)
    return node.services.vault.open("inbox", ("inbox", item.id, "body", 1), item.body)


def ours(node: WalkNode, person_id: str) -> str:
    return summary.summary(node.services, node.caller(), person_id).decode()


def test_news_of_a_transfer_names_the_person_by_the_alias_only(pair: Pair) -> None:
    who = exchanged(pair)
    treated(pair.pe, who.at_pe, days_ago=0)
    pair.pump()
    for sender, receiver, owner in ((pair.co, pair.pe, who.at_co), (pair.pe, pair.co, who.at_pe)):
        item = message_of(sender, owner, "task-status")
        body = plain(receiver, item.msg_id)
        assert owner.encode() not in body
        (entry,) = wire.parse(body)["entry"]
        assert entry["resource"]["for"]["reference"].startswith("urn:uuid:")
        assert state_of(sender, item) == "delivered"
    (at_pe,) = pair.pe.look(lambda unit: unit.transfers.of(who.at_pe))
    (at_co,) = pair.co.look(lambda unit: unit.transfers.of(who.at_co))
    assert (at_pe.state, at_co.state) == ("closed", "closed")
    assert at_pe.task_id == at_co.task_id


def test_news_of_a_withdrawal_names_the_person_by_the_alias_only(pair: Pair) -> None:
    who = exchanged(pair)
    (row,) = pair.pe.look(lambda unit: unit.consents.of(who.at_pe, "co"))
    corridor.withdraw_consent(pair.pe.services, pair.pe.caller(), row.id)
    pair.pump()
    item = message_of(pair.pe, who.at_pe, "consent-withdrawn")
    body = plain(pair.co, item.msg_id)
    assert who.at_pe.encode() not in body
    (entry,) = wire.parse(body)["entry"]
    assert entry["resource"]["patient"]["reference"].startswith("urn:uuid:")
    (kept,) = pair.co.look(lambda unit: unit.consents.of(who.at_co, "pe"))
    assert kept.state == "withdrawn"


def test_a_request_never_carries_our_own_id(pair: Pair) -> None:
    who = traveller(pair)
    ask(pair, who)
    pair.pump()
    item = message_of(pair.pe, who.at_pe, "request")
    assert who.at_pe.encode() not in plain(pair.co, item.msg_id)


def test_asking_needs_a_consent_that_covers_identity(pair: Pair) -> None:
    who = traveller(pair)
    consent(pair.pe, who.at_pe, "co", data_classes=("clinical",))
    with pytest.raises(NotAllowed, match="does not cover identity"):
        ask_partner.ask(pair.pe.services, pair.pe.caller(), who.at_pe, "co")
    assert pair.pe.look(lambda unit: unit.outbox.of(who.at_pe)) == []
    assert pair.pe.look(lambda unit: unit.transfers.of(who.at_pe)) == []


@pytest.mark.parametrize("identifiers", [(), (("dni", "45871236"),), (("ec-ci", "1710034065"),)])
def test_asking_needs_a_document_that_the_partner_may_be_told(
    pair: Pair, identifiers: tuple[tuple[str, str], ...]
) -> None:
    who = traveller(
        pair, identifiers=identifiers, given=f"Luz{len(identifiers)}", family=str(identifiers)[3:9]
    )
    consent(pair.pe, who.at_pe, "co")
    with pytest.raises(Conflict, match="no document"):
        ask_partner.ask(pair.pe.services, pair.pe.caller(), who.at_pe, "co")
    assert pair.pe.look(lambda unit: unit.outbox.of(who.at_pe)) == []


def contradicting(pair: Pair) -> tuple[Traveller, Any]:
    """Return a person about whom Colombia has sent a summary that names another birth date and an allergy."""
    who = exchanged(pair)
    sent = wire.parse(plain(pair.pe, message_of(pair.co, who.at_co, "summary").msg_id))
    handed_over = (pair.pe.services.today() - timedelta(days=3)).isoformat()
    for resource in (entry["resource"] for entry in sent["entry"]):
        if resource["resourceType"] == "Patient":
            resource["birthDate"] = "1992-04-12"
        if resource["resourceType"] == "MedicationDispense":
            resource["whenHandedOver"] = handed_over
            resource["dosageInstruction"] = [{"text": "Marcada"}]
    alias = message_of(pair.pe, who.at_pe, "request").alias
    message = forged(pair.co, "pe", "summary", wire.canonical(sent), patient_ref=alias, seq=99)
    return who, put_and_process(pair.co, pair.pe, message)


def test_a_document_of_another_birth_date_is_passed_on_after_a_review_only(pair: Pair) -> None:
    who, item = contradicting(pair)
    assert item.state == "review"
    day = pair.pe.services.today() - timedelta(days=3)
    assert day.isoformat() not in ours(pair.pe, who.at_pe)
    incoming.mark_reviewed(pair.pe.services, pair.pe.caller(), item.id)
    assert day.isoformat() in ours(pair.pe, who.at_pe)


def test_supply_in_a_summary_counts_no_facts_nobody_has_looked_at(pair: Pair) -> None:
    who, item = contradicting(pair)
    treated(pair.pe, who.at_pe, days_ago=100, days=30)
    # The summary before the one in question still counts, after what was left of our own delivery.
    assert on_hand(ours(pair.pe, who.at_pe)) == 9 + 11
    incoming.mark_reviewed(pair.pe.services, pair.pe.caller(), item.id)
    assert on_hand(ours(pair.pe, who.at_pe)) >= 87


def on_hand(text: str) -> int:
    """Return the days of medicine that a summary tells of."""
    found = re.search(r"Días de medicina disponibles\W+(\d+)", text)
    assert found is not None
    return int(found.group(1))
