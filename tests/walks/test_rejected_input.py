"""What is not taken in at the exchange door: the right code, an audit event, a receipt where one is due."""

from datetime import timedelta
from typing import Any

import pytest

from registry.crypto.sealing.keys import load_node_keys
from registry.crypto.tokens.jose import encrypt_compact, sign_compact
from registry.crypto.tokens.jwk import new_key
from registry.crypto.tokens.messages import Kind, Message, pack
from registry.errors import Misconfigured, NotReady, NotTaken
from registry.usecases.exchange import receipts
from registry.usecases.exchange.receiving import receive
from tests.walks.nodes import Pair, arrive, exchanged, forged, message_of, put_and_process, received, state_of

MEGABYTE = 1_000_000


def keys(pair: Pair, code: str) -> Any:
    node = pair.pe if code == "pe" else pair.co
    return load_node_keys(node.services.settings.key_dir)


def signed(pair: Pair, typ: str = "mhr-bundle+jws", payload: bytes = b"{}") -> str:
    return sign_compact(payload, keys(pair, "co").signing, typ)


def to_lima(pair: Pair, text: str) -> bytes:
    return encrypt_compact(text.encode(), keys(pair, "pe").encryption[0]).encode()


def good(pair: Pair, **changes: Any) -> bytes:
    return pair.co.services.crypto.pack("pe", forged(pair.co, "pe", "summary", b"{}", **changes))


def truncated(pair: Pair) -> bytes:
    return good(pair)[:-20]


def unknown_signer(pair: Pair) -> bytes:
    message = pair.co.services.crypto.pack("pe", forged(pair.co, "pe", "summary", b"{}"))
    assert message
    other = sign_compact(b"{}", new_key("P-256"), "mhr-bundle+jws")
    return to_lima(pair, other)


def for_somebody_else(pair: Pair) -> bytes:
    """Re-encrypt to Lima what Peru signed for Colombia."""
    return pair.pe.services.crypto.pack("co", forged(pair.pe, "co", "summary", b"{}"))


def reencrypted(pair: Pair) -> bytes:
    """Encrypt for Lima a message that Colombia signed for a third country."""
    now = pair.co.services.clock.now()
    inner = Message(
        pair.co.services.ids.new(),
        Kind.SUMMARY,
        1,
        "co",
        "ec",
        "alias",
        now,
        now + timedelta(days=1),
        "",
        b"{}",
    )
    return pack(inner, keys(pair, "co").signing, keys(pair, "pe").encryption[0])


def alg_none(pair: Pair) -> bytes:
    return to_lima(pair, "eyJhbGciOiJub25lIiwidHlwIjoibWhyLWJ1bmRsZStqd3MifQ.e30.")


def duplicate_keys(pair: Pair) -> bytes:
    return to_lima(pair, signed(pair, payload=b'{"msg_id":"a","msg_id":"b"}'))


def deep(pair: Pair) -> bytes:
    return to_lima(pair, signed(pair, payload=b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}"))


def other_type(pair: Pair) -> bytes:
    return to_lima(pair, signed(pair, typ="mhr-receipt+jws"))


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda _: b"", 400),
        (lambda _: b"garbage", 400),
        (lambda _: b"a.b.c.d.e", 400),
        (lambda _: b"\x00" * 10 * MEGABYTE, 413),
        (truncated, 400),
        (unknown_signer, 401),
        (for_somebody_else, 400),
        (reencrypted, 422),
        (alg_none, 401),
        (duplicate_keys, 422),
        (deep, 422),
        (other_type, 401),
    ],
)
def test_what_does_not_authenticate_is_refused_audited_and_gets_no_receipt(
    pair: Pair, make: Any, status: int
) -> None:
    data = make(pair)
    before = pair.pe.run("SELECT count(*) FROM inbox"), pair.pe.run("SELECT count(*) FROM outbox")
    with pytest.raises(NotTaken) as refused:
        receive.accept(pair.pe.services, data)
    assert refused.value.status == status
    assert (pair.pe.run("SELECT count(*) FROM inbox"), pair.pe.run("SELECT count(*) FROM outbox")) == before
    newest = pair.pe.look(lambda unit: unit.audit.recent(1))[0]
    assert (newest["action"], newest["outcome"]) == ("receive", "refused")


def test_a_message_that_authenticates_and_is_refused_gets_one_rejected_receipt(pair: Pair) -> None:
    msg_id = pair.co.services.ids.new()
    data = good(pair, msg_id=msg_id)
    pair.clock.by = timedelta(days=8)
    assert [arrive(pair.pe.services, data).status for _ in range(3)] == [422, 422, 422]
    queued = pair.pe.run("SELECT kind, state FROM outbox WHERE in_reply_to = ?", msg_id)
    assert queued == [("receipt", "pending")]
    given = [row for row in receipts.listing(pair.pe.services) if row["msg_id"] == msg_id]
    assert [(row["direction"], row["status"]) for row in given] == [("given", "rejected")]


def test_a_replay_of_what_was_accepted_does_not_undo_it(pair: Pair) -> None:
    who = exchanged(pair)
    item = message_of(pair.co, who.at_co, "summary")
    data = next(packed for _, msg_id, packed in pair.line.sent if msg_id == item.msg_id)
    pair.clock.by = timedelta(days=8)
    assert arrive(pair.pe.services, data).status == 422
    pair.clock.by = timedelta(0)
    pair.pump()
    assert received(pair.pe, item.msg_id).state == "processed"
    assert state_of(pair.co, item) == "delivered"
    given = [row for row in receipts.listing(pair.pe.services) if row["msg_id"] == item.msg_id]
    assert [row["status"] for row in given] == ["accepted"]


def test_a_node_whose_trust_list_is_over_keeps_nothing_and_loses_nothing(pair: Pair) -> None:
    data = good(pair)
    who = exchanged(pair)
    item = message_of(pair.co, who.at_co, "summary")
    jws = pair.pe.services.crypto.receipt(item.msg_id, "superseded", item.digest)
    receipt = forged(pair.pe, "co", "receipt", jws)
    assert arrive(pair.co.services, pair.pe.services.crypto.pack("co", receipt)).status == 202
    pair.clock.by = timedelta(days=400)
    with pytest.raises(NotReady) as refused:
        receive.accept(pair.pe.services, data)
    assert "/" not in refused.value.sentence
    with pytest.raises(Misconfigured):
        receive.process(pair.co.services, received(pair.co, receipt.msg_id).id)
    assert received(pair.co, receipt.msg_id).state == "received"
    pair.clock.by = timedelta(0)
    assert arrive(pair.pe.services, data).status == 202
    assert receive.process(pair.co.services, received(pair.co, receipt.msg_id).id) == "processed"


def test_a_partner_cannot_take_back_a_receipt(pair: Pair) -> None:
    who = exchanged(pair)
    item = message_of(pair.co, who.at_co, "summary")
    jws = pair.pe.services.crypto.receipt(item.msg_id, "rejected", item.digest)
    assert put_and_process(pair.pe, pair.co, forged(pair.pe, "co", "receipt", jws)).state == "processed"
    assert state_of(pair.co, item) == "delivered"
