"""Patient/[id]/$summary over real storage: kept as built, built anew when anything changes, and for whom."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from fhir import r4
from registry.domain.model import ReceivedDocument
from registry.store.engine import make_engine
from registry.usecases.care.chart import summary as use_case
from tests.integration.api.conftest import PATIENT, Api, Node
from tests.integration.api.people import DNI, Chart, agree, observation, store, trail


@pytest.fixture(scope="module")
def chart(api: Api) -> Chart:
    return store(api, "50000001")


def ask(api: Api, person_id: str, query: str = "", **headers: str) -> dict[str, Any]:
    answer = api.get(f"Patient/{person_id}/$summary{query}", **headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json(force=True)
    r4.class_for("Bundle").model_validate(found)
    return found


def kept(node: Node, person_id: str) -> list[tuple[str, bytes]]:
    engine = make_engine(node.settings.database_url)
    with engine.connect() as connection:
        wanted = text("SELECT variant, body FROM kept_summary WHERE owner_id = :owner ORDER BY variant")
        rows = connection.execute(wanted, {"owner": person_id}).all()
    engine.dispose()
    return [(row.variant, bytes(row.body)) for row in rows]


def test_the_same_record_gives_the_same_document(node: Node, api: Api, chart: Chart) -> None:
    first = ask(api, chart.id)
    assert first["type"] == "document"
    assert first["entry"][0]["resource"]["resourceType"] == "Composition"
    assert ask(api, chart.id)["identifier"] == first["identifier"]
    assert trail(node, chart.id).count("summary") >= 2


def test_what_is_kept_is_sealed(node: Node, api: Api, chart: Chart) -> None:
    ask(api, chart.id)
    assert all(b"Quispe" not in body and b"resourceType" not in body for _, body in kept(node, chart.id))


def test_any_write_makes_a_new_document(api: Api) -> None:
    chart = store(api, "50000002")
    first = ask(api, chart.id)["identifier"]
    new = api.post("Observation", observation("2026-06-01", f"Patient/{chart.id}")).get_json(force=True)
    second = ask(api, chart.id)["identifier"]
    api.put(f"Observation/{new['id']}", {**new, "status": "amended"})
    third = ask(api, chart.id)["identifier"]
    api.delete(f"Observation/{new['id']}")
    assert len({str(each) for each in (first, second, third, ask(api, chart.id)["identifier"])}) == 4


def test_a_document_that_comes_in_makes_a_new_one(node: Node, api: Api) -> None:
    chart = store(api, "50000003")
    first = ask(api, chart.id)["identifier"]
    with node.services.unit() as unit:
        place = ("received_document", "d-50000003", "body", 1)
        body = node.services.vault.seal(chart.id, place, b'{"resourceType":"Bundle","type":"document"}')
        unit.documents.add(
            ReceivedDocument(
                "d-50000003", chart.id, "co", "i-50000003", datetime.now(UTC), "digest", body, b""
            )
        )
        unit.commit()
    second = ask(api, chart.id)["identifier"]
    with node.services.unit() as unit:
        unit.documents.reviewed("d-50000003", "somebody")
        unit.commit()
    assert len({str(each) for each in (first, second, ask(api, chart.id)["identifier"])}) == 3


def test_other_rules_make_a_new_document(api: Api, chart: Chart, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ask(api, chart.id)["identifier"]
    monkeypatch.setattr(use_case, "rules_digest", lambda: "other")
    assert ask(api, chart.id)["identifier"] != first


def test_what_was_spoiled_in_the_store_is_built_anew(node: Node, api: Api) -> None:
    chart = store(api, "50000004")
    ask(api, chart.id)
    engine = make_engine(node.settings.database_url)
    with engine.begin() as connection:
        spoil = text("UPDATE kept_summary SET body = :body WHERE owner_id = :owner")
        connection.execute(spoil, {"body": b"spoiled", "owner": chart.id})
    engine.dispose()
    assert ask(api, chart.id)["type"] == "document"


def test_a_kept_document_does_not_open_for_somebody_else(node: Node, api: Api) -> None:
    mine, yours = store(api, "50000005"), store(api, "50000006")
    own = ask(api, mine.id)["identifier"]
    ask(api, yours.id)
    engine = make_engine(node.settings.database_url)
    with engine.begin() as connection:
        moved = text(
            "UPDATE kept_summary SET body = (SELECT body FROM kept_summary WHERE owner_id = :mine)"
            " WHERE owner_id = :yours"
        )
        connection.execute(moved, {"mine": mine.id, "yours": yours.id})
    engine.dispose()
    assert ask(api, yours.id)["identifier"] != own


def test_one_document_of_each_language_is_kept(node: Node, api: Api) -> None:
    chart = store(api, "50000007")
    spanish, english = ask(api, chart.id, "?_language=es"), ask(api, chart.id, "?_language=en-US")
    portuguese = ask(api, chart.id, Accept_Language="pt-BR, es;q=0.5")
    assert [each["language"] for each in (spanish, english, portuguese)] == ["es", "en", "pt"]
    assert [variant for variant, _ in kept(node, chart.id)] == ["own|en", "own|es", "own|pt"]
    assert ask(api, chart.id, "?_language=es")["identifier"] == spanish["identifier"]


def test_the_language_of_the_parameter_wins_and_is_told(api: Api, chart: Chart) -> None:
    answer = api.get(f"Patient/{chart.id}/$summary?_language=pt", Accept_Language="en")
    assert answer.headers["Content-Language"] == "pt"
    assert api.get(f"Patient/{chart.id}/$summary?_language=fr").status_code == 400


def test_post_takes_parameters(api: Api, chart: Chart) -> None:
    body = {"resourceType": "Parameters", "parameter": [{"name": "_language", "valueCode": "en"}]}
    answer = api.post(f"Patient/{chart.id}/$summary", body)
    assert answer.get_json(force=True)["language"] == "en"


def test_profiles_other_than_ips_are_refused(api: Api, chart: Chart) -> None:
    ips = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips|2.0.0"
    assert ask(api, chart.id, f"?profile={ips}")["type"] == "document"
    assert api.get(f"Patient/{chart.id}/$summary?profile=http://example.org/other").status_code == 422


def test_a_document_number_finds_whose_summary_it_is(api: Api, chart: Chart) -> None:
    found = api.get(f"Patient/$summary?identifier={DNI}|{chart.number}")
    assert found.get_json(force=True)["identifier"] == ask(api, chart.id)["identifier"]
    parameter = {"name": "identifier", "valueIdentifier": {"system": DNI, "value": chart.number}}
    posted = api.post("Patient/$summary", {"resourceType": "Parameters", "parameter": [parameter]})
    assert posted.data == found.data


def test_a_number_of_nobody_or_of_several_finds_no_summary(api: Api) -> None:
    store(api, "50000008")
    store(api, "50000008")
    nobody = api.get(f"Patient/$summary?identifier={DNI}|59999999")
    several = api.get(f"Patient/$summary?identifier={DNI}|50000008")
    assert (nobody.status_code, several.status_code) == (404, 404)
    assert nobody.data == several.data
    assert api.get("Patient/$summary").status_code == 400


def test_another_programme_gets_what_the_person_agreed_to(node: Node, api: Api) -> None:
    chart, abroad = store(api, "50000009"), Api(node.http, node.bearer("co"))
    unseen, absent = (abroad.get(f"Patient/{each}/$summary") for each in (chart.id, "nobody"))
    assert (unseen.status_code, unseen.data) == (404, absent.data)
    assert abroad.get(f"Patient/$summary?identifier={DNI}|{chart.number}").status_code == 404
    agree(node, chart, "identity")
    identity = ask(abroad, chart.id)
    assert "J05AR27" not in str(identity)
    agree(node, chart, "identity", "clinical")
    whole = ask(abroad, chart.id)
    assert "J05AR27" in str(whole)
    assert ask(abroad, chart.id)["identifier"] == whole["identifier"]
    assert ask(api, chart.id)["identifier"] != whole["identifier"]


def test_a_token_must_cover_what_the_document_carries(node: Node, chart: Chart) -> None:
    narrow = Api(node.http, node.bearer(scope="system/Patient.rs"))
    assert narrow.get(f"Patient/{chart.id}/$summary").status_code == 403
    assert narrow.get(f"Patient/$summary?identifier={DNI}|{chart.number}").status_code == 403


def test_nobody_and_a_deleted_patient(api: Api) -> None:
    assert api.get("Patient/nobody/$summary").status_code == 404
    gone = api.post("Patient", PATIENT).get_json(force=True)["id"]
    ask(api, gone)
    api.delete(f"Patient/{gone}")
    assert api.get(f"Patient/{gone}/$summary").status_code == 410
