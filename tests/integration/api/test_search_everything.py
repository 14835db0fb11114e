"""Search every type over HTTP: narrow by person, follow references, refuse what would open every record."""

import json
from urllib.parse import urlencode

import pytest

from registry.domain.model import Caller
from registry.errors import BadInput, TooCostly
from registry.usecases.care.search import chains, find
from tests.integration.api.conftest import Api, Node
from tests.integration.api.searching import CREATININE, DOCUMENT, Chart, chart, entries, ids, link, store


@pytest.fixture(scope="module")
def rosa(api: Api) -> Chart:
    """Give a person with results."""
    return chart(api)


@pytest.fixture(scope="module")
def other(api: Api) -> Chart:
    """Give another person with results: nothing of hers may ever show."""
    return chart(api)


def test_results_are_searched_by_person_and_code_in_the_order_asked_for(rosa: Chart, other: Chart) -> None:
    query = {"patient": rosa.patient, "code": "http://loinc.org|2160-0", "_sort": "-date", "_count": "3"}
    answer = rosa.api.get(f"Observation?{urlencode(query)}")
    assert ids(answer) == rosa.results[4:1:-1]
    assert json.loads(answer.data)["total"] == 5
    assert not set(ids(answer)) & set(other.results)


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("patient={0.patient}", range(6)),
        ("subject=Patient/{0.patient}", range(6)),
        ("subject:Patient={0.patient}", range(6)),
        ("patient={0.patient}&date=2026-03", [2]),
        ("patient={0.patient}&date=ge2026-03&date=lt2026-05", [2, 3]),
        ("patient={0.patient}&value-quantity=gt0.35", [3, 4, 5]),
        ("patient={0.patient}&code-value-quantity=2160-0$gt0.35", [3, 4]),
        ("patient={0.patient}&status:not=final", []),
        ("patient={0.patient}&encounter:missing=true", [5]),
        ("patient={0.patient}&code:text=gluc", [5]),
        ("encounter=Encounter/{0.encounter}", range(5)),
        ("identifier=urn:test:lab|{0.document}", [5]),
        ("identifier={0.document}", [5]),
        ("identifier=urn:other|{0.document}", []),
        ("patient.identifier=" + DOCUMENT + "|{0.document}", range(6)),
        ("subject:Patient.family={0.family}&date=2026-01", [0]),
        ("patient={0.patient}&encounter.status=finished", range(5)),
        ("patient={0.patient}&encounter.status=planned", []),
        ("patient={0.patient}&performer:Practitioner.family={0.family}", range(5)),
        ("patient={0.patient}&encounter.service-provider.name=Hospital {0.family}", range(5)),
        ("patient.organization.name=Nobody&patient={0.patient}", []),
        ("patient={0.patient},nobody&date=2026-01", [0]),
        ("patient=nobody", []),
        ("_id={0.results[0]}", [0]),
        ("_id={0.results[0]},{0.results[1]}&date=2026-02", [1]),
    ],
)
def test_a_search_of_results_finds_exactly(rosa: Chart, other: Chart, query: str, places: list[int]) -> None:
    found = ids(rosa.api.get(f"Observation?{query.format(rosa)}"))
    assert sorted(found) == sorted(rosa.results[place] for place in places)


@pytest.mark.parametrize(
    ("query", "hit"),
    [
        ("identifier=" + DOCUMENT + "|{0.document}", True),
        ("family={0.family}&given=rosa", True),
        ("name={0.family}&gender=female&birthdate=ge1990", True),
        ("name={0.family}&gender=male", False),
        ("phonetic={0.family}&_id={0.patient}", True),
        ("phonetic={0.family}", True),
        ("phonetic={0.family} roza", True),
        ("phonetic={0.family} pedro", False),
        ("family={0.family}&address-country=PE", True),
        ("family={0.family}&address-country:exact=pe", False),
        ("family={0.family}&organization=Organization/{0.organization}", True),
        ("family={0.family}&organization.name=hospital {0.family}", True),
        ("family={0.family}&organization.name=nowhere", False),
        ("family={0.family}&_has:Observation:patient:code=2345-7", True),
        ("family={0.family}&_has:Observation:patient:code=9999-9", False),
        ("_has:Observation:patient:identifier=urn:test:lab|{0.document}", True),
        ("family={0.family}&_has:Encounter:patient:service-provider.name=Hospital {0.family}", True),
        ("family={0.family}&deceased=false", True),
        ("family={0.family}&_lastUpdated=ge2026-01-01T00:00:00Z", True),
        ("family={0.family}&_lastUpdated=lt2020", False),
        ("family={0.family}&telecom:missing=true&phone:missing=true", True),
    ],
)
def test_a_person_is_found_by_what_is_known_of_her(rosa: Chart, other: Chart, query: str, hit: bool) -> None:
    found = ids(rosa.api.get(f"Patient?{query.format(rosa)}"))
    assert found == ([rosa.patient] if hit else [])


@pytest.mark.parametrize(
    ("query", "hit"),
    [
        ("Organization?name=hospital {0.family}", True),
        ("Organization?name:contains={0.family}", True),
        ("Organization?identifier=urn:test:facility|{0.document}", True),
        ("Organization?_id={0.organization}", True),
        ("Organization?name=nowhere at all", False),
        ("Organization?name={0.family}&active=true", False),
    ],
)
def test_the_directory_is_searched_by_name_and_identifier(rosa: Chart, query: str, hit: bool) -> None:
    assert (rosa.organization in ids(rosa.api.get(query.format(rosa)))) is hit


def test_the_directory_is_searched_by_reference(rosa: Chart) -> None:
    place = {
        "resourceType": "Location",
        "name": "Farmacia",
        "managingOrganization": {"reference": f"Organization/{rosa.organization}"},
        "position": {"latitude": 10.5, "longitude": -66.9},
    }
    at = store(rosa.api, place)
    assert ids(rosa.api.get(f"Location?organization=Organization/{rosa.organization}")) == [at]
    assert ids(rosa.api.get(f"Location?organization.identifier={rosa.document}")) == [at]
    assert at in ids(rosa.api.get("Location?near=10.5|-66.8|30|km"))
    assert at not in ids(rosa.api.get("Location?near=12.5|-66.8|30|km"))
    back = rosa.api.get(f"Organization?_id={rosa.organization}&_revinclude=Location:organization")
    assert ids(back, "include") == [at]


@pytest.mark.parametrize(
    "query",
    [
        "Observation",
        "Observation?code=2160-0",
        "Observation?date=2026-01-01",
        "Observation?patient:missing=false",
        "Observation?subject=1.2,Organization/x",
        "Observation?patient.gender=female",
        "Observation?identifier=urn:test:lab|",
        "Patient?gender=female",
        "Patient?name:contains=ros",
        "Patient?given=Li",
        "Patient?_has:Observation:patient:code=2160-0",
        "Patient?organization.name=Hospital",
        "Encounter?_lastUpdated=ge2026",
        "Organization?_revinclude=Observation:performer",
        "Observation?_summary=count",
        "Observation?patient=http://elsewhere.example/fhir/Patient/1",
    ],
)
def test_what_would_open_every_record_is_refused_with_advice(rosa: Chart, query: str) -> None:
    answer = rosa.api.get(query)
    assert answer.status_code == 403, answer.text
    issue = json.loads(answer.data)["issue"][0]
    assert issue["code"] == "too-costly"
    assert issue["diagnostics"]


def test_the_compartment_of_a_person_holds_only_hers(rosa: Chart, other: Chart) -> None:
    assert sorted(ids(rosa.api.get(f"Patient/{rosa.patient}/Observation"))) == sorted(rosa.results)
    assert ids(rosa.api.get(f"Patient/{rosa.patient}/Observation?code=2345-7")) == rosa.results[5:]
    assert ids(rosa.api.get(f"Patient/{rosa.patient}/Observation?_id={other.results[0]}")) == []
    assert ids(rosa.api.get(f"Patient/{rosa.patient}/Encounter")) == [rosa.encounter]
    assert rosa.api.get(f"Patient/{rosa.patient}/Organization").status_code == 404
    assert rosa.api.get(f"Patient/{rosa.patient}/Nothing").status_code == 404


def test_what_was_deleted_is_not_found_any_more(rosa: Chart) -> None:
    gone = rosa.result("2020-01-01", 1, identifier=[{"system": "urn:test:lab", "value": "gone"}])
    assert ids(rosa.api.get("Observation?identifier=urn:test:lab|gone")) == [gone]
    rosa.api.delete(f"Observation/{gone}")
    assert ids(rosa.api.get("Observation?identifier=urn:test:lab|gone")) == []
    assert gone not in ids(rosa.api.get(f"Observation?patient={rosa.patient}"))


def test_an_update_moves_the_tokens_with_it(rosa: Chart) -> None:
    resource = {"resourceType": "Organization", "name": "Before", "identifier": [{"value": rosa.family}]}
    made = store(rosa.api, resource)
    changed = {**resource, "id": made, "name": "Afterwards", "identifier": [{"value": f"{rosa.family}2"}]}
    assert rosa.api.put(f"Organization/{made}", changed, If_Match='W/"1"').status_code == 200
    assert ids(rosa.api.get(f"Organization?identifier={rosa.family}")) == []
    assert ids(rosa.api.get(f"Organization?identifier={rosa.family}2")) == [made]


def test_a_document_of_a_person_is_not_one_of_her_results(rosa: Chart) -> None:
    assert ids(rosa.api.get(f"Observation?identifier={DOCUMENT}|{rosa.document}")) == []
    assert ids(rosa.api.get(f"Patient?identifier=urn:test:lab|{rosa.document}")) == []


def test_a_condition_on_too_many_others_is_too_costly(rosa: Chart, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "MOST_LINKS", 2)
    query = f"Patient?_id={rosa.patient}&_has:Observation:patient:status=final"
    assert rosa.api.get(query).status_code == 403


def test_looking_back_counts_only_references_to_the_type(rosa: Chart) -> None:
    """The performer of her results is a Practitioner: no Organization is found through it."""
    query = f"_has:Observation:performer:patient={rosa.patient}"
    assert ids(rosa.api.get(f"Practitioner?{query}")) == [rosa.practitioner]
    assert ids(rosa.api.get(f"Organization?{query}")) == []


def test_what_was_erased_is_passed_over(node: Node, api: Api) -> None:
    gone, kept = chart(api), chart(api)
    both = f"Patient?_id={gone.patient},{kept.patient}"
    assert sorted(ids(api.get(both))) == sorted([gone.patient, kept.patient])
    node.services.vault._keys.erase(gone.patient)  # type: ignore[attr-defined]
    assert ids(api.get(both)) == [kept.patient]


def test_a_scope_for_one_type_opens_no_other(node: Node, rosa: Chart) -> None:
    narrow = Api(node.http, node.bearer(scope="system/Observation.s"))
    found = narrow.get(f"Observation?patient={rosa.patient}&_include=Observation:subject")
    assert len(ids(found)) == 6
    assert ids(found, "include") == []
    assert narrow.get(f"Patient?_id={rosa.patient}").status_code == 403
    assert narrow.get(f"Observation?patient.identifier={rosa.document}").status_code == 403
    revealing = f"Observation?patient={rosa.patient}&_has:Provenance:target:agent=x"
    assert narrow.get(revealing).status_code == 403
    back = f"Observation?patient={rosa.patient}&_revinclude=DiagnosticReport:result"
    assert narrow.get(back).status_code == 403
    reader = Api(node.http, node.bearer(scope="system/Observation.r"))
    assert reader.get(f"Observation?patient={rosa.patient}").status_code == 403


def test_a_partner_without_consent_sees_nobody_and_the_directory(node: Node, rosa: Chart) -> None:
    stranger = Api(node.http, node.bearer("co"))
    for query in (
        f"Patient?identifier={DOCUMENT}|{rosa.document}",
        f"Patient?_id={rosa.patient}",
        f"Observation?patient={rosa.patient}",
        f"Observation?patient.identifier={rosa.document}",
        f"Patient?_has:Observation:patient:identifier={rosa.document}",
        f"Patient/{rosa.patient}/Observation",
    ):
        answer = stranger.get(query)
        assert ids(answer) == []
        assert json.loads(answer.data)["total"] == 0
    assert ids(stranger.get(f"Organization?_id={rosa.organization}")) == [rosa.organization]
    along = stranger.get(f"Organization?_id={rosa.organization}&_revinclude=Location:organization")
    assert along.status_code == 200


def test_a_search_leaves_a_trace_on_the_person_it_showed(node: Node, rosa: Chart) -> None:
    def traces(person: str) -> int:
        with node.services.unit() as unit:
            return sum(event["action"] == "search" for event in unit.audit.about(person, 500))

    before = traces(rosa.patient)
    rosa.api.get(f"Observation?patient={rosa.patient}&_count=1")
    assert traces(rosa.patient) == before + 1
    rosa.api.get(f"Organization?_id={rosa.organization}")
    rosa.api.get("Observation?patient=nobody")
    assert traces(rosa.patient) == before + 1


def test_a_form_finds_what_an_address_finds(rosa: Chart) -> None:
    form = urlencode({"patient": rosa.patient, "code": "2345-7"}).encode()
    answer = rosa.api.post(
        "Observation/_search?_sort=date", form, Content_Type="application/x-www-form-urlencoded"
    )
    assert ids(answer) == rosa.results[5:]
    assert "code=2345-7" in link(answer, "self")


def test_a_count_alone_shows_nothing(rosa: Chart) -> None:
    for shape in ("_summary=count", "_count=0"):
        answer = rosa.api.get(f"Observation?patient={rosa.patient}&{shape}")
        assert entries(answer) == []
        assert json.loads(answer.data)["total"] == 6


def test_a_chain_of_anything_unknown_is_told_and_never_matches_all(rosa: Chart) -> None:
    answer = rosa.api.get(f"Observation?patient={rosa.patient}&subject:Patient.favourite=blue")
    (outcome,) = entries(answer, "outcome")
    assert outcome["issue"][0]["severity"] == "warning"
    assert "favourite" not in link(answer, "self")
    alone = rosa.api.get("Observation?subject:Patient.favourite=blue")
    assert alone.status_code == 403
    strict = rosa.api.get(f"Observation?patient={rosa.patient}&x=1", Prefer="handling=strict")
    assert strict.status_code == 400


def test_a_condition_of_another_act_finds_in_its_unit(node: Node, rosa: Chart) -> None:
    caller = Caller("system", "system", "pe")
    with node.services.unit() as unit:

        def of(kind: str, *pairs: tuple[str, str]) -> list[str]:
            return [each.id for each in find.in_unit(node.services, unit, caller, kind, pairs, 2)]

        assert of("Observation", ("identifier", rosa.document)) == [rosa.results[5]]
        assert len(of("Observation", ("patient", rosa.patient))) == 2
        for wrong in ([("favourite", "1")], [("_count", "1")], [], [("date", "x")]):
            with pytest.raises(BadInput):
                of("Observation", *wrong)
        with pytest.raises(TooCostly):
            of("Observation", ("code", str(CREATININE["text"])))
