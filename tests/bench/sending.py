"""Bring the people to be asked for into a server of others, over its own interface."""

import re
from collections.abc import Sequence
from datetime import date

import httpx

from fhir import wire
from tests.bench import samples
from tests.bench.closed_loop import Broken
from tests.bench.operations import FHIR_JSON
from tests.bench.samples import CHART, CHARTS, NUMBER, Known, Sample

PATIENTS = 50
_PLACE = re.compile(r"Patient/([A-Za-z0-9\-.]{1,64})/_history/")


def send(base_url: str, token: str, today: date) -> Sample:
    """Create synthetic people; raise Broken when the server does not store them at once."""
    try:
        return _send(base_url, token, today)
    except httpx.HTTPError as error:
        raise Broken(f"The server does not answer ({type(error).__name__}).") from None


def _send(base_url: str, token: str, today: date) -> Sample:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": FHIR_JSON, "Accept": FHIR_JSON}
    with httpx.Client(base_url=f"{base_url}/fhir", headers=headers, trust_env=False, timeout=60) as client:
        patients = [_patient(client, body) for body in _numbered(samples.patients(today), PATIENTS)]
        charts = [_chart(client, body) for body in _numbered(samples.bundles(today, CHART, CHARTS), CHARTS)]
    return Sample(tuple(patients), tuple(charts))


def _numbered(templates: Sequence[bytes], number: int) -> list[bytes]:
    new = samples.numbers()
    return [templates[place % len(templates)].replace(NUMBER, new()) for place in range(number)]


def _patient(client: httpx.Client, body: bytes) -> Known:
    answer = client.post("/Patient", content=body)
    _check(answer, httpx.codes.CREATED)
    found = _PLACE.search(answer.headers.get("location", ""))
    if found is None:
        raise Broken("The server does not say where it stored a Patient.")
    return Known(found[1], *samples.document(wire.parse(body)))


def _chart(client: httpx.Client, body: bytes) -> Known:
    answer = client.post("/", content=body)
    _check(answer, httpx.codes.OK)
    found = next(filter(None, map(_PLACE.search, _places(answer))), None)
    if found is None:
        raise Broken("The server does not say where it stored a person.")
    patient = wire.parse(body)["entry"][0]["resource"]
    return Known(found[1], *samples.document(patient))


def _places(answer: httpx.Response) -> list[str]:
    return [str(entry["response"].get("location", "")) for entry in answer.json()["entry"]]


def _check(answer: httpx.Response, wanted: int) -> None:
    if answer.status_code == httpx.codes.ACCEPTED:
        raise Broken(
            "This token belongs to a partner whose documents wait at the door: use one of kind puente."
        )
    if answer.status_code != wanted:
        raise Broken(f"The server answered {answer.status_code} to a synthetic person, {wanted} was due.")
