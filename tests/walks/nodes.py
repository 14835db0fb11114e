"""Two real nodes, Peru and Colombia, in one process: real keys, databases and trust; a line that may fail."""

import hashlib
import itertools
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine

from registry.crypto.tokens.jwk import Key, new_key
from registry.demo.prepare import DemoNode, join, make_node
from registry.domain.model import Caller, InboxItem, OutboxItem, Role
from registry.errors import Refusal
from registry.ports import PartnerClient, Services, Unit
from registry.ports.outside import Answer, Outgoing
from registry.services import build
from registry.store.engine import make_engine
from registry.usecases.care import dispense
from registry.usecases.care.people import register
from registry.usecases.exchange import corridor
from registry.usecases.exchange.receiving import receive
from registry.usecases.exchange.sending import ask_partner, deliver

PORTS = {"pe": 9101, "co": 9102}
_NUMBERS = itertools.count(20_000_001)

Forward = Callable[[], Answer]
T = TypeVar("T")


@dataclass
class MovedClock:
    """The machine's clock, moved by a test."""

    by: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the moved time in UTC."""
        return datetime.now(UTC) + self.by


@dataclass
class Line:
    """Carries messages straight to the other node; `next_answers` are functions that may fail or forward."""

    doors: dict[str, Services] = field(default_factory=dict)
    next_answers: deque[Callable[[Forward], Answer]] = field(default_factory=deque)
    sent: list[tuple[str, str, bytes]] = field(default_factory=list)

    def send(self, partner_id: str, msg_id: str, packed: bytes) -> Answer:
        """Hand the message over, or do what the test planned for this attempt."""
        self.sent.append((partner_id, msg_id, packed))

        def forward() -> Answer:
            return arrive(self.doors[partner_id], packed)

        return self.next_answers.popleft()(forward) if self.next_answers else forward()


def arrive(services: Services, packed: bytes) -> Answer:
    """Do what the HTTP route of a node does with a message."""
    try:
        accepted = receive.accept(services, packed)
    except Refusal as refusal:
        return Answer(refusal.status)
    return Answer(accepted.status, accepted.note)


def fails(status: int, note: str = "", error: str = "") -> Callable[[Forward], Answer]:
    """Answer without handing the message over."""
    return lambda _: Answer(status, note, error=error)


@dataclass
class WalkNode:
    """One node with its services, and plain SQL as somebody with a database client would use it."""

    demo: DemoNode
    services: Services
    engine: Engine

    @property
    def code(self) -> str:
        """Return the node's code."""
        return self.demo.code

    @property
    def dialect(self) -> str:
        """Return sqlite or postgresql."""
        return self.engine.dialect.name

    def caller(self, role: Role = "clinician") -> Caller:
        """Return somebody of this node with a role."""
        facility = self.services.node.facilities[0]
        return Caller(f"user:{role}", role, self.code, facility.id, facility.region)

    def look(self, read: Callable[[Unit], T]) -> T:
        """Return what a unit reads."""
        with self.services.unit() as unit:
            return read(unit)

    def run(self, statement: str, *values: object) -> list[Any]:
        """Run plain SQL; `?` stands for a value."""
        if self.dialect == "postgresql":
            statement = statement.replace("?", "%s")
        with self.engine.begin() as connection:
            result = connection.exec_driver_sql(statement, values)
            return list(result) if result.returns_rows else []

    def with_settings(self, **changes: Any) -> Services:
        """Return the same node with other settings."""
        return replace(self.services, settings=replace(self.services.settings, **changes))

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()
        for engine in engines_of(self.services):
            engine.dispose()


def engines_of(services: Services) -> list[Engine]:
    """Return the engines inside a node's adapters, which only tests need to end."""
    unit: Any = services.unit()
    vault: Any = services.vault
    return [unit._transaction._engine, vault._keys._table._engine]


@dataclass
class Pair:
    """Peru and Colombia with the line between them and one clock."""

    pe: WalkNode
    co: WalkNode
    line: Line
    clock: MovedClock
    client_key: Key

    @property
    def both(self) -> tuple[WalkNode, WalkNode]:
        """Return both nodes."""
        return self.pe, self.co

    def pump(self, most: int = 50) -> int:
        """Deliver and process until everything is quiet; return how many steps that took."""
        steps = 0
        for _ in range(most):
            done = sum(deliver_all(node.services) + process_all(node.services) for node in self.both)
            if not done:
                return steps
            steps += done
        raise AssertionError("the nodes do not come to rest")


def deliver_all(services: Services) -> int:
    """Try to send everything that is due, once."""
    items = deliver.due(services, 200)
    for item in items:
        deliver.deliver(services, item, "walk")
    return len(items)


def process_all(services: Services) -> int:
    """Process everything that waits, once."""
    items = receive.waiting(services, 200)
    for item in items:
        receive.process(services, item)
    return len(items)


def make_pair(folder: Path, environs: Mapping[str, Mapping[str, str]]) -> Pair:
    """Make both nodes under a folder; `environs` names their databases where they are not SQLite."""
    demos = [make_node(code, folder, port, environs.get(code, {})) for code, port in PORTS.items()]
    client = new_key("P-384")
    join(demos, client, new_key("P-384"))
    clock, line = MovedClock(), Line()
    nodes = [walk_node(demo, line, clock) for demo in demos]
    line.doors |= {node.code: node.services for node in nodes}
    return Pair(nodes[0], nodes[1], line, clock, client)


def walk_node(demo: DemoNode, partners: PartnerClient | None, clock: MovedClock) -> WalkNode:
    """Build a node's services; without a broker in its settings it wakes nobody."""
    return WalkNode(demo, build(demo.settings, partners, clock), make_engine(demo.settings.database_url))


@dataclass(frozen=True)
class Traveller:
    """One person with a record in each country and what they carry."""

    at_pe: str
    at_co: str
    cedula: str
    born: str


def new_number() -> str:
    """Return a document number that no other person has."""
    return str(next(_NUMBERS))


def somebody(number: str = "", **changes: Any) -> register.NewPerson:
    """Return a Venezuelan woman with a cédula of her own."""
    values: dict[str, Any] = {
        "given": "Yuleisy Carolina",
        "family": "Rondón Quintero",
        "birth_date": "1991-04-12",
        "sex": "female",
        "identifiers": (("ve-ci", f"V{number or new_number()}"),),
        "origin_country": "VE",
    }
    return register.NewPerson(**values | changes)


def traveller(pair: Pair, **changes: Any) -> Traveller:
    """Register one person on both sides."""
    new = somebody(**changes)
    there = register.register(pair.co.services, pair.co.caller(), new).person_id
    here = register.register(pair.pe.services, pair.pe.caller(), new).person_id
    return Traveller(here, there, new.identifiers[0][1] if new.identifiers else "", new.birth_date)


def treated(node: WalkNode, person_id: str, days_ago: int = 81, days: int = 90) -> str:
    """Hand over tablets some days ago; return the id of the dispense."""
    day: date = node.services.today() - timedelta(days=days_ago)
    new = dispense.NewDispense(person_id, "TDF/3TC/DTG", Decimal(days), days, day)
    return dispense.record_dispense(node.services, node.caller(), new).id


def consent(node: WalkNode, person_id: str, partner: str, **changes: Any) -> str:
    """Record a consent for one corridor; return its id."""
    new = corridor.NewConsent(partner, **changes)
    return corridor.record_consent(node.services, node.caller(), person_id, new).id


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def states(rows: Sequence[Any]) -> list[str]:
    """Return the states of rows."""
    return [row.state for row in rows]


def ask(pair: Pair, who: Traveller) -> str:
    """Let Lima record a consent and ask Colombia; return the consent's id."""
    consent_id = consent(pair.pe, who.at_pe, "co")
    ask_partner.ask(pair.pe.services, pair.pe.caller(), who.at_pe, "co")
    return consent_id


def exchanged(pair: Pair, **changes: Any) -> Traveller:
    """Return a person treated in Colombia whose summary and accepted transfer have arrived in Lima."""
    who = traveller(pair, **changes)
    treated(pair.co, who.at_co)
    ask(pair, who)
    pair.pump()
    return who


def message_of(node: WalkNode, person_id: str, kind: str) -> OutboxItem:
    """Return the newest message of a kind about a person."""
    items = node.look(lambda unit: unit.outbox.of(person_id))
    newest = next(item for item in items if item.kind == kind)
    found = node.look(lambda unit: unit.outbox.get(newest.id))
    assert found is not None
    return found


def state_of(node: WalkNode, item: OutboxItem) -> str:
    """Return where a message is now."""
    found = node.look(lambda unit: unit.outbox.get(item.id))
    assert found is not None
    return found.state


def received(node: WalkNode, msg_id: str) -> InboxItem:
    """Return what a node made of a message."""
    ((item_id,),) = node.run("SELECT id FROM inbox WHERE msg_id = ?", msg_id)
    found = node.look(lambda unit: unit.inbox.get(item_id))
    assert found is not None
    return found


def rules_of(node: WalkNode, item: InboxItem) -> list[str]:
    """Return the rules that the findings of a message name."""
    return [issue.rule for issue in receive.findings_of(node.services, item)]


def forged(sender: WalkNode, to: str, kind: str, bundle: bytes, **changes: Any) -> Outgoing:
    """Return a message as a partner with its own software would write it."""
    values: dict[str, Any] = {
        "msg_id": sender.services.ids.new(),
        "kind": kind,
        "seq": 1,
        "patient_ref": sender.services.ids.new(),
        "bundle": bundle,
    }
    return Outgoing(**values | changes)


def put(sender: WalkNode, receiver: WalkNode, message: Outgoing) -> Answer:
    """Sign and pack a message with the sender's real keys and hand it over."""
    return arrive(receiver.services, sender.services.crypto.pack(receiver.code, message))


def put_and_process(sender: WalkNode, receiver: WalkNode, message: Outgoing) -> InboxItem:
    """Hand a message over and process it; return what became of it."""
    assert put(sender, receiver, message).status == 202
    receive.process(receiver.services, received(receiver, message.msg_id).id)
    return received(receiver, message.msg_id)


def move_back(node: WalkNode, item: OutboxItem) -> None:
    """Let a waiting message be due now, as if its wait or lease were over."""
    node.run("UPDATE outbox SET next_attempt = 1, lease_until = 1 WHERE id = ?", item.id)
