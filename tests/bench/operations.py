"""The operations that are measured: how each request is made, and what its answer must be."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson

from tests.bench import samples
from tests.bench.closed_loop import Call
from tests.bench.samples import CHART, NUMBER, TRANSACTION, Known, Sample

FHIR_JSON = "application/fhir+json"
FORM = "application/x-www-form-urlencoded"
Make = Callable[[], Call]


@dataclass(frozen=True)
class Speaker:
    """Writes the requests of one client."""

    base_url: str
    token: str

    def get(self, path: str) -> bytes:
        """Return a GET request."""
        return f"GET {self._head(path)}\r\n".encode()

    def post(self, path: str, body: bytes, content: str = FHIR_JSON) -> bytes:
        """Return a POST request."""
        about = f"Content-Type: {content}\r\nContent-Length: {len(body)}\r\n"
        return f"POST {self._head(path)}{about}\r\n".encode() + body

    def _head(self, path: str) -> str:
        parts = urlsplit(self.base_url)
        lines = (
            f"{parts.path}{path} HTTP/1.1",
            f"Host: {parts.netloc}",
            f"Authorization: Bearer {self.token}",
            f"Accept: {FHIR_JSON}",
        )
        return "".join(f"{line}\r\n" for line in lines)


@dataclass(frozen=True)
class Operation:
    """One operation: its name in the table, and how its calls are made."""

    name: str
    prepare: Callable[[Speaker, Sample, date], Make]


def healthz(speaker: Speaker, _sample: Sample, _today: date) -> Make:
    """Ask whether the node lives: HTTP, framework and one statement, without access control or audit."""
    call = Call(speaker.get("/healthz"), lambda status, body: status == 200 and _object(body) != {})
    return lambda: call


def read(speaker: Speaker, sample: Sample, _today: date) -> Make:
    """Read a Patient by id; the answer is that Patient."""

    def make(one: Known) -> Call:
        return Call(
            speaker.get(f"/fhir/Patient/{one.id}"),
            lambda status, body: status == 200 and _is(_object(body), "Patient", one.id),
        )

    return _anybody(sample.people, make)


def search(speaker: Speaker, sample: Sample, _today: date) -> Make:
    """Search by document in the address; the answer has that Patient."""

    def make(one: Known) -> Call:
        wanted = quote(f"{one.system}|{one.value}", safe="")
        return Call(speaker.get(f"/fhir/Patient?identifier={wanted}"), _finds(one))

    return _anybody(sample.people, make)


def search_by_post(speaker: Speaker, sample: Sample, _today: date) -> Make:
    """Search by document in a form, which keeps it out of addresses; the answer has that Patient."""

    def make(one: Known) -> Call:
        form = urlencode({"identifier": f"{one.system}|{one.value}"}).encode()
        return Call(speaker.post("/fhir/Patient/_search", form, FORM), _finds(one))

    return _anybody(sample.people, make)


def observations(speaker: Speaker, sample: Sample, _today: date) -> Make:
    """Search results of one test of a person, newest first, ten of them; the answer has only that test's."""
    code = f"http://loinc.org|{samples.TESTS[0][0]}"

    def make(one: Known) -> Call:
        wanted = urlencode({"patient": one.id, "code": code, "_sort": "-date", "_count": "10"})
        return Call(speaker.get(f"/fhir/Observation?{wanted}"), _are_of(one))

    return _anybody(sample.charts, make)


def observations_by_document(speaker: Speaker, sample: Sample, _today: date) -> Make:
    """Search results through the document of the person they are about."""

    def make(one: Known) -> Call:
        document = f"{one.system}|{one.value}"
        wanted = urlencode({"patient.identifier": document, "category": "laboratory", "_count": "10"})
        return Call(speaker.get(f"/fhir/Observation?{wanted}"), _are_of(one))

    return _anybody(sample.charts, make)


def create(speaker: Speaker, _sample: Sample, today: date) -> Make:
    """Create a Patient; the answer is that Patient with an id."""

    def is_right(status: int, body: bytes, number: bytes) -> bool:
        return status == 201 and number in body and bool(_object(body).get("id"))

    def make(template: bytes, number: bytes) -> Call:
        data = speaker.post("/fhir/Patient", template.replace(NUMBER, number))
        return Call(data, lambda status, body: is_right(status, body, number))

    return _anew(samples.patients(today), make)


def transaction(speaker: Speaker, _sample: Sample, today: date) -> Make:
    """Store a person with all resources at once; every entry is answered with 201."""

    def is_right(status: int, body: bytes) -> bool:
        entries = _object(body).get("entry", ()) if status == 200 else ()
        done = [each for each in entries if each["response"]["status"].startswith("201")]
        return len(done) == len(entries) == TRANSACTION

    def make(template: bytes, number: bytes) -> Call:
        return Call(speaker.post("/fhir", template.replace(NUMBER, number)), is_right)

    return _anew(samples.bundles(today), make)


def summary(speaker: Speaker, sample: Sample, _today: date) -> Make:
    """Ask for a care summary of people asked for before; the answer is a document about that person."""

    def is_right(status: int, body: bytes, one: Known) -> bool:
        found = _object(body) if status == 200 else {}
        kinds = [entry["resource"]["resourceType"] for entry in found.get("entry", ())]
        whole = found.get("type") == "document" and len(kinds) > CHART * 3 // 4
        return whole and kinds[0] == "Composition" and one.value.encode() in body

    def make(one: Known) -> Call:
        request = speaker.get(f"/fhir/Patient/{one.id}/$summary")
        return Call(request, lambda status, body: is_right(status, body, one))

    return _anybody(sample.charts, make)


def everything(speaker: Speaker, sample: Sample, _today: date) -> Make:
    """Ask for everything of a person; the answer has every resource."""

    def is_right(status: int, body: bytes) -> bool:
        found = _object(body) if status == 200 else {}
        return found.get("total") == CHART == len(found.get("entry", ()))

    def make(one: Known) -> Call:
        return Call(speaker.get(f"/fhir/Patient/{one.id}/$everything"), is_right)

    return _anybody(sample.charts, make)


OPERATIONS = (
    Operation("healthz (floor)", healthz),
    Operation("read Patient", read),
    Operation("search Patient by identifier (GET)", search),
    Operation("search Patient by identifier (POST)", search_by_post),
    Operation("search Observation by patient and code, sorted, 10", observations),
    Operation("search Observation by patient.identifier, 10", observations_by_document),
    Operation("create Patient", create),
    Operation(f"transaction Bundle of {TRANSACTION}", transaction),
    Operation(f"$everything of {CHART}", everything),
    Operation(f"$summary of {CHART} (warm)", summary),
)


def _anybody(people: Sequence[Known], make: Callable[[Known], Call]) -> Make:
    """Return calls about people in random order; a second run asks in the same order."""
    chosen = random.Random(1)
    calls = [make(one) for one in people]
    return lambda: chosen.choice(calls)


def _anew(templates: Sequence[bytes], make: Callable[[bytes, bytes], Call]) -> Make:
    """Return calls about new people, the templates in turn."""
    number, turns = samples.numbers(), [0]

    def one() -> Call:
        turns[0] += 1
        return make(templates[turns[0] % len(templates)], number())

    return one


def _finds(one: Known) -> Callable[[int, bytes], bool]:
    def is_right(status: int, body: bytes) -> bool:
        entries = _object(body).get("entry", ()) if status == 200 else ()
        return any(_is(entry["resource"], "Patient", one.id) for entry in entries)

    return is_right


def _are_of(one: Known) -> Callable[[int, bytes], bool]:
    """Tell whether there are results, and all of them about one person."""

    def is_right(status: int, body: bytes) -> bool:
        entries = _object(body).get("entry", ()) if status == 200 else ()
        subjects = {entry["resource"]["subject"]["reference"] for entry in entries}
        return subjects == {f"Patient/{one.id}"}

    return is_right


def _is(resource: dict[str, Any], kind: str, resource_id: str) -> bool:
    return resource.get("resourceType") == kind and resource.get("id") == resource_id


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
