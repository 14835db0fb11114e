"""Two hundred marked strings go through every walk; none of them may stand in any real file of a node."""

import io
import json
import logging
import logging.config
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest

from config import quiet
from fhir import wire
from registry import create_app
from registry.crypto.tokens.assertion import make_assertion
from registry.domain.model import Caller
from registry.errors import Refusal
from registry.usecases.access import sign_in, system_token, trail, users
from registry.usecases.bulk.exporting import start as exporting
from registry.usecases.bulk.exporting import steps as export_steps
from registry.usecases.bulk.exporting.request import ExportRequest
from registry.usecases.bulk.importing import files as import_files
from registry.usecases.care.chart import at_a_glance
from registry.usecases.care.people import lookup, register
from registry.usecases.care.record import record_care, transact
from registry.usecases.care.search import find
from registry.usecases.exchange import corridor
from registry.usecases.exchange.receiving import door, receive
from registry.usecases.exchange.receiving import review as incoming
from registry.usecases.exchange.sending import send_summary
from tests.servers.process import closed_folder
from tests.servers.valkey import ValkeyProcess
from tests.walks import marks
from tests.walks.fixtures import DIALECTS, opened
from tests.walks.nodes import Pair, Traveller, WalkNode, ask, message_of, somebody, treated

NEW = "urn:uuid:0c4bd0f4-8f21-4b9c-9b39-9b6b0a6a1c01"
SENDER = Caller("partner:fhir-demo", "partner", "fhir-demo", scopes=("system/*.cruds",))


@pytest.fixture
def words(tmp_path: Path) -> Iterator[io.TextIOBase]:
    """Give the log file of the process: the real configuration, and the text of every exception besides."""
    path = tmp_path / "logs" / "process.log"
    path.parent.mkdir()
    before = logging.root.handlers[:], logging.root.level, logging.raiseExceptions
    with path.open("w") as stream:
        config: dict[str, Any] = quiet.settings("DEBUG")
        config["handlers"]["stderr"]["stream"] = stream
        logging.config.dictConfig(config)
        yield stream
    logging.root.handlers[:], logging.root.level, logging.raiseExceptions = before
    logging.getLogger("granian.access").propagate = True


@pytest.fixture(params=DIALECTS)
def watched(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Pair, list[Path]]]:
    """Give a pair with a real broker and a temporary folder, and every folder that is written to."""
    temporary = tmp_path / "temp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    with (
        closed_folder("puente-vk-") as folder,
        ValkeyProcess(Path(folder)) as broker,
        opened(request, request.param, tmp_path / "nodes", broker.url()) as pair,
    ):
        folders = [temporary, tmp_path / "logs", tmp_path / "nodes", broker.folder]
        if request.param == "postgres":
            folders.append(request.getfixturevalue("postgres_server").folder)
        yield pair, folders
        for node in pair.both:
            unit: Any = node.services.unit()
            assert unit._transaction._waker.flush(20)


def test_no_marked_string_stands_in_any_real_file(
    watched: tuple[Pair, list[Path]], words: io.TextIOBase
) -> None:
    pair, folders = watched
    made = marks.Marks()
    Walks(pair, made, words).all()
    assert len(made.planted) >= 200
    missing = set(made.planted) - readable(pair, made)
    assert not missing, f"{len(missing)} marks were not stored at all: {sorted(missing)[:5]}"
    words.flush()
    if pair.pe.dialect == "postgresql":
        pair.pe.run("SELECT pg_switch_wal()")
        with pair.pe.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("CHECKPOINT")
    sizes = [sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) for folder in folders]
    assert sizes[2] + sum(sizes[4:]) > 100_000  # the files of the nodes, and PostgreSQL
    assert sizes[3] > 1_000  # what the broker appended
    assert [hit for folder in folders for hit in marks.find(folder)] == []


def test_the_search_finds_a_mark_in_every_form(tmp_path: Path) -> None:
    mark = marks.Marks().word()
    for number, form in enumerate(marks.forms(mark)):
        (tmp_path / f"{number}").write_bytes(b"\x00\xff" + form.replace(b"\\", b"") + b"\n")
    (tmp_path / "upper").write_text(mark.upper())
    (tmp_path / "none").write_text("Qzxw")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "encoded").write_text(json.dumps({"a": mark}))
    found = marks.find(tmp_path)
    assert len(found) == len(list(marks.forms(mark))) + 2
    assert not any(hit.startswith("none") for hit in found)


class Walks:
    """Every way by which something about a person enters a node or leaves it."""

    def __init__(self, pair: Pair, made: marks.Marks, words: io.TextIOBase) -> None:
        self.pair, self.marks, self.words = pair, made, words
        self.folder = tempfile.gettempdir()

    def all(self) -> None:
        """Go every way."""
        self.record_in_colombia()
        self.register_in_lima()
        self.bring_documents()
        self.look()
        self.in_bulk()
        self.be_refused()
        self.use_http()
        for node in self.pair.both:
            while trail.chain(node.services):
                pass
            trail.checkpoint(node.services, force=True)
            assert trail.verify(node.services).ok

    def record_in_colombia(self) -> None:
        """A rich record, part of it as a transaction; Lima asks and it travels."""
        node = self.pair.co
        kind = node.services.node.identifier_kind("ve-ci")
        assert kind is not None
        person = marks.patient(self.marks, kind.system)
        facts = marks.facts(self.marks, NEW)
        entries: list[dict[str, Any]] = [
            {"resource": each, "request": {"method": "POST", "url": each["resourceType"]}}
            for each in (person, *facts[:4])
        ]
        entries[0]["fullUrl"] = NEW
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        answer = transact.transact(node.services, node.caller(), bundle)
        self.at_co = answer["entry"][0]["response"]["location"].split("/")[1]
        for fact in facts[4:]:
            resource = json.loads(json.dumps(fact).replace(NEW, f"Patient/{self.at_co}"))
            stored = record_care.record(node.services, node.caller(), resource)
            changed = {**wire.parse(stored.body), "language": "es"}
            record_care.record(node.services, node.caller(), changed, resource_id=stored.id)
        self.cedula = person["identifier"][0]["value"]
        treated(node, self.at_co)

    def register_in_lima(self) -> None:
        """The desk types her in; consent, request, summary, dispense, and a summary back."""
        node = self.pair.pe
        new = somebody(
            given=self.marks.word(),
            family=self.marks.word(),
            identifiers=(("ve-ci", self.cedula), ("ve-pp", f"A{self.marks.number()}")),
            phone=self.marks.number(),
        )
        self.at_pe = register.register(node.services, node.caller(), new).person_id
        ask(self.pair, Traveller(self.at_pe, self.at_co, self.cedula, ""))
        self.pair.pump()
        assert message_of(self.pair.co, self.at_co, "summary").state == "delivered"
        treated(node, self.at_pe, days_ago=0)
        send_summary.preview(node.services, node.caller(), self.at_pe, "co")
        send_summary.queue_summary(node.services, node.caller(), self.at_pe, "co")
        self.pair.pump()

    def bring_documents(self) -> None:
        """Documents through the plain door: whole, faulty, and one that cannot be processed."""
        node = self.pair.pe
        person = {**marks.patient(self.marks, "urn:puente:test:card"), "id": "p"}
        facts = marks.facts(self.marks, "Patient/p")
        entries = [{"resource": each} for each in (person, *facts)]
        document = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        faulty = {**facts[0], "status": self.marks.word()}
        for content in (document, faulty, {**document, "type": self.marks.word()}):
            answer = door.accept_document(
                node.services, SENDER, json.dumps(content).encode(), str(content["resourceType"])
            )
            receive.process(node.services, answer.inbox_id)
            incoming.open_incoming(node.services, node.caller(), answer.inbox_id)
            incoming.status(node.services, SENDER, answer.inbox_id)
            incoming.mark_reviewed(node.services, node.caller(), answer.inbox_id, confirm_person=True)
        incoming.incoming(node.services, node.caller())

    def look(self) -> None:
        """Search and open what was stored, with marked words in the questions."""
        node = self.pair.pe
        for asked in (
            lookup.Lookup(name=self.marks.planted[0]),
            lookup.Lookup(identifier=self.cedula),
            lookup.Lookup(identifier_kind="dni", identifier=self.cedula),
        ):
            lookup.find(node.services, node.caller(), asked)
        for name, value in (("name", self.marks.planted[5]), ("identifier", self.cedula)):
            query = find.parse(node.services, "Patient", [(name, value)])
            find.page(node.services, node.caller("system"), query)
        at_a_glance.chart(node.services, node.caller(), self.at_pe)
        at_a_glance.chart(self.pair.co.services, self.pair.co.caller(), self.at_co)
        trail.about(node.services, node.caller("privacy"), self.at_pe)

    def in_bulk(self) -> None:
        """Export everything, and import files of which one line is bad."""
        node, operator = self.pair.pe, self.pair.pe.caller("system")
        job = exporting.start(node.services, operator, ExportRequest(self.marks.planted[2], "system"))
        assert export_steps.work(node.services, job.id, "worker") == "done"
        path = Path(tempfile.mkdtemp(dir=self.folder)) / f"{self.marks.planted[4]}.ndjson"
        good = {**marks.patient(self.marks, "urn:puente:test:card"), "id": "imported"}
        bad = {**good, "id": "bad", "gender": self.marks.planted[1]}
        path.write_text("\n".join([json.dumps(good), json.dumps(bad), self.marks.planted[6]]))
        done = import_files.run(node.services, operator, path, lambda _: None)
        assert (done.tally.created, done.tally.rejected) == (1, 2)
        for line in import_files.findings(node.services, done.job_id):
            self.words.write(line.decode().replace(path.name, ""))
        shutil.rmtree(path.parent)

    def be_refused(self) -> None:
        """Provoke refusals with marked words in them; what they say goes to the log as well."""
        node, mark = self.pair.pe, self.marks.planted[7]
        bad = {"resourceType": "Observation", "status": mark, "nonsense": mark, "code": {"text": [mark]}}
        acts = (
            lambda: record_care.record(node.services, node.caller(), bad),
            lambda: record_care.read(node.services, node.caller(), mark, mark),
            lambda: record_care.record(node.services, node.caller(), {**bad, "id": mark}, resource_id=mark),
            lambda: transact.transact(node.services, node.caller(), {**bad, "type": mark}),
            lambda: door.accept_document(node.services, SENDER, f'{{"{mark}":'.encode(), "Bundle"),
            lambda: door.accept_document(
                node.services, SENDER, f'{{"resourceType":"{mark}"}}'.encode(), "Bundle"
            ),
            lambda: register.register(node.services, node.caller(), somebody(birth_date=mark)),
            lambda: register.register(node.services, node.caller(), somebody(identifiers=((mark, mark),))),
            lambda: corridor.record_consent(node.services, node.caller(), mark, corridor.NewConsent("co")),
            lambda: at_a_glance.chart(node.services, node.caller(), mark),
            lambda: sign_in.sign_in(node.services, mark, mark, mark),
            lambda: node.services.vault.open(mark, ("t", mark, "c", 1), mark.encode()),
        )
        for act in acts:
            with pytest.raises(Exception) as refused:  # noqa: PT011
                act()
            self.words.write(f"{refused.value!r}\n")
            if isinstance(refused.value, Refusal):
                self.words.writelines(f"{issue!r}\n" for issue in refused.value.issues)

    def use_http(self) -> None:
        """The same through the real application: API with a token and without, pages with a session."""
        node = self.pair.pe
        client = create_app(services=node.services).test_client()
        token = bearer(self.pair)
        mark, fhir = self.marks.planted[3], "application/fhir+json"
        for headers in ({}, {"Authorization": f"Bearer {token}"}, {"Authorization": f"Bearer {mark}"}):
            client.get(f"/fhir/Patient?name={mark}&identifier={self.cedula}", headers=headers)
            client.post("/fhir/Patient/_search", data={"name": mark}, headers=headers)
            client.get(f"/fhir/Patient/{mark}", headers=headers)
            client.get(f"/fhir/Patient/{self.at_pe}/$summary", headers=headers)
            for body in (f'{{"resourceType":"Patient","gender":"{mark}"}}', f"{{{mark}", f'"{mark}"'):
                client.post("/fhir/Patient", data=body, headers={**headers, "Content-Type": fhir})
            client.post("/exchange/v1/messages", data=mark, headers=headers)
            client.get(f"/{mark}?q={mark}", headers=headers)
        created = client.post(
            "/fhir/Patient",
            json=marks.patient(self.marks, "urn:puente:test:card"),
            headers={"Authorization": f"Bearer {token}", "Content-Type": fhir},
        )
        assert created.status_code == 202, created.text
        self.pair.pump()
        client.set_cookie(f"puente_{node.code}", session(node), domain="localhost")
        page = client.get(f"/people/{self.at_pe}")
        assert page.status_code == 200
        assert marks.WORD in page.text
        for path in (f"/people?name={mark}", f"/people/{self.at_pe}/send/co", "/incoming", f"/people/{mark}"):
            client.get(path)
        self.words.write(page.headers.get("Set-Cookie", ""))


def bearer(pair: Pair) -> str:
    services = pair.pe.services
    now = services.clock.now()
    form = {
        "grant_type": system_token.GRANT,
        "client_assertion_type": system_token.ASSERTION,
        "client_assertion": make_assertion("fhir-demo", services.settings.audience, pair.client_key, now),
        "scope": "system/*.cruds",
    }
    return str(system_token.issue(services, form)["access_token"])


def session(node: WalkNode) -> str:
    """Return the cookie of somebody who is signed in."""
    new = users.NewUser("ana", "Ana", "clinician", "a long enough password")
    added = users.add_user(node.services, node.caller("administrator"), new)
    code = pyotp.TOTP(pyotp.parse_uri(added.totp_uri).secret).now()
    return sign_in.sign_in(node.services, "ana", "a long enough password", code).cookie


def readable(pair: Pair, made: marks.Marks) -> set[str]:
    """Return the marks that can be opened again with the keys of the two nodes."""
    texts: list[bytes] = []
    for node in pair.both:
        with node.services.unit() as unit:
            for owner in unit.people.ids(limit=1000):
                for row in unit.records.history_of_owner(owner):
                    place = ("fhir_resource", f"{row.type}/{row.id}", "body", row.version)
                    texts.append(node.services.vault.open(owner, place, row.body))
                for document in unit.documents.of(owner):
                    place = ("received_document", document.id, "body", 1)
                    texts.append(node.services.vault.open(owner, place, document.body))
    whole = b"\n".join(texts).decode()
    return {mark for mark in made.planted if mark in whole}
