"""Messages of partners with anything changed inside: each ends in a named state, none breaks a worker."""

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fhir import wire
from registry.usecases.care.chart import at_a_glance, summary
from registry.usecases.exchange.receiving import receive
from registry.usecases.exchange.receiving import review as incoming
from registry.usecases.exchange.sending import deliver
from tests.walks.nodes import (
    Pair,
    Traveller,
    WalkNode,
    ask,
    exchanged,
    forged,
    message_of,
    process_all,
    put,
    received,
    traveller,
    treated,
)

ODD: tuple[Any, ...] = (
    None, "", "x" * 300, 0, -1, 1.5, True, [], {}, [[]], [{}], ["x"], {"x": {}}, {"reference": 7}, [None],
    "2026-13-45", "\u0000", "Patient/1", {"reference": "Patient/x"}, {"coding": {}}, {"coding": [7]},
    {"identifier": "x"},
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything inside a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inside:
        yield (*path, key)
        yield from places(below, (*path, key))


def mangled(bundle: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return a copy with one to three things removed, replaced or doubled."""
    changed = copy.deepcopy(bundle)
    for _ in range(chance.randint(1, 3)):
        path = chance.choice(list(places(changed)) or [()])
        holder: Any = changed
        for key in path[:-1]:
            holder = holder[key]
        if not path:
            continue
        match chance.randrange(3):
            case 0:
                del holder[path[-1]]
            case 1 if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[path[-1]]))
            case _:
                holder[path[-1]] = copy.deepcopy(chance.choice(ODD))
    return changed


def body_of(pair: Pair, who: Traveller, kind: str) -> dict[str, Any]:
    """Return a Bundle as one of the nodes sent it."""
    node, owner = (pair.co, who.at_co) if kind in ("summary", "task-status") else (pair.pe, who.at_pe)
    item = message_of(node, owner, kind)
    return wire.parse(node.services.vault.open(owner, ("outbox", item.id, "body", 1), item.body))


def try_all(
    pair: Pair, kind: str, make: Callable[[random.Random], dict[str, Any]], times: int, **how: Any
) -> None:
    """Send mangled Bundles and process them."""
    sender, receiver = (pair.co, pair.pe) if kind in ("summary", "task-status") else (pair.pe, pair.co)
    chance = random.Random(f"{kind}{receiver.dialect}")
    for number in range(times):
        content = make(chance)
        message = forged(sender, receiver.code, kind, wire.canonical(content), seq=1000 + number, **how)
        assert put(sender, receiver, message).status == 202
        item = received(receiver, message.msg_id)
        state = receive.process(receiver.services, item.id)
        assert state in ("processed", "review", "rejected", "superseded"), content
        view = incoming.open_incoming(receiver.services, receiver.caller(), item.id)
        assert view.findings or state in ("processed", "superseded"), content
        if kind == "summary" and view.item.person_id:
            look_at(receiver, view.item.person_id)


def look_at(node: WalkNode, person_id: str) -> None:
    """Show everything about a person, and write the summary that would pass it on."""
    at_a_glance.chart(node.services, node.caller(), person_id)
    summary.summary(node.services, node.caller(), person_id, "en")


def test_mangled_requests_end_in_a_named_state(pair: Pair, scaled: Callable[[int], int]) -> None:
    who = traveller(pair)
    treated(pair.co, who.at_co)
    ask(pair, who)
    deliver.deliver(pair.pe.services, message_of(pair.pe, who.at_pe, "request").id, "w")
    process_all(pair.co.services)
    bundle = body_of(pair, who, "request")

    def make(chance: random.Random) -> dict[str, Any]:
        for entry in bundle["entry"]:
            if entry["resource"]["resourceType"] == "Task":
                entry["resource"]["id"] = f"task-{chance.getrandbits(60)}"
        return mangled(bundle, chance)

    try_all(pair, "request", make, scaled(2000))


@pytest.mark.parametrize("kind", ["summary", "task-status"])
def test_mangled_answers_end_in_a_named_state(pair: Pair, kind: str, scaled: Callable[[int], int]) -> None:
    who = exchanged(pair)
    bundle = body_of(pair, who, kind)
    alias = message_of(pair.pe, who.at_pe, "request").alias
    try_all(pair, kind, lambda chance: mangled(bundle, chance), scaled(2000), patient_ref=alias)
