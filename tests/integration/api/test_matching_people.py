"""Patient/$match and Patient/$ihe-pix over real storage: scores, grades, errors, what stays undisclosed."""

from typing import Any

import pytest
from sqlalchemy import text

from fhir import codes, r4
from registry import create_app
from registry.services import build
from registry.store.engine import make_key_engine
from tests.integration.api.conftest import Api, Node
from tests.integration.api.people import DNI, agree, patient, store, trail

PPT = next(each.system for each in codes.documents() if each.key == "co-ppt")
GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
JULIA = {"name": [{"family": "Mamani", "given": ["Julia"]}], "birthDate": "1985-02-01"}


def asking(resource: dict[str, Any], **values: bool | int) -> dict[str, Any]:
    kinds = {bool: "valueBoolean", int: "valueInteger"}
    listed: list[dict[str, Any]] = [{"name": "resource", "resource": resource}]
    listed += [{"name": name, kinds[type(value)]: value} for name, value in values.items()]
    return {"resourceType": "Parameters", "parameter": listed}


def matches(api: Api, body: dict[str, Any]) -> list[tuple[str, str, float]]:
    answer = api.post("Patient/$match", body)
    assert answer.status_code == 200, answer.text
    found = answer.get_json(force=True)
    r4.class_for("Bundle").model_validate(found)
    scored = [
        (
            entry["resource"]["id"],
            next(each["valueCode"] for each in entry["search"]["extension"] if each["url"] == GRADE),
            entry["search"]["score"],
        )
        for entry in found.get("entry", ())
        if entry["search"]["mode"] == "match"
    ]
    assert found["total"] == len(scored)
    return scored


def test_a_shared_document_is_certain(api: Api) -> None:
    chart = store(api, "60000001", **JULIA)
    ((found, grade, score),) = matches(api, asking(patient("60000001", **JULIA)))
    assert (found, grade) == (chart.id, "certain")
    assert 0.95 <= score <= 1


def test_the_bare_patient_may_be_the_body(api: Api) -> None:
    chart = store(api, "60000002", **JULIA)
    assert matches(api, patient("60000002", **JULIA))[0][0] == chart.id


def test_name_and_birth_date_are_probable_and_come_after_what_is_certain(api: Api) -> None:
    born = JULIA | {"birthDate": "1985-02-03"}
    certain, probable = store(api, "60000003", **born), store(api, "60000004", **born)
    found = matches(api, asking(patient("60000003", **born)))
    assert [(one, grade) for one, grade, _ in found] == [(certain.id, "certain"), (probable.id, "probable")]
    assert found[0][2] > found[1][2]


def test_a_name_that_sounds_alike_is_only_possible(api: Api) -> None:
    chart = store(api, "60000005", name=[{"family": "Jiménez", "given": ["Ubaldo"]}], birthDate="1971-01-01")
    body = {"resourceType": "Patient", "name": [{"family": "Gimenez", "given": ["Ubaldo"]}]}
    assert [(one, grade) for one, grade, _ in matches(api, asking(body))] == [(chart.id, "possible")]


def test_a_birth_date_alone_is_only_possible(api: Api) -> None:
    chart = store(api, "60000040", birthDate="1933-03-03")
    found = matches(api, {"resourceType": "Patient", "birthDate": "1933-03-03"})
    assert [(one, grade) for one, grade, _ in found] == [(chart.id, "possible")]


def test_a_token_without_a_patient_behind_it_finds_nobody(node: Node, api: Api) -> None:
    with node.services.unit() as unit:
        tokens = node.services.index.identifiers(DNI, "60000041")
        unit.people.index("ghost", ("Patient", "ghost"), tokens)
        unit.commit()
    assert (
        matches(api, {"resourceType": "Patient", "identifier": [{"system": DNI, "value": "60000041"}]}) == []
    )
    assert api.get(f"Patient/$ihe-pix?sourceIdentifier={DNI}|60000041").status_code == 404


def test_a_document_with_another_birth_date_is_not_certain(api: Api) -> None:
    chart = store(api, "60000006", **JULIA)
    asked = patient("60000006", **(JULIA | {"birthDate": "1999-09-09"}))
    assert (chart.id, "possible") in [(one, grade) for one, grade, _ in matches(api, asking(asked))]
    assert matches(api, asking(asked, onlyCertainMatches=True)) == []


def test_two_certain_people_are_no_certain_match(api: Api) -> None:
    one, other = (store(api, "60000007", **JULIA) for _ in range(2))
    asked = patient("60000007", **JULIA)
    assert {found for found, grade, _ in matches(api, asking(asked)) if grade == "certain"} == {
        one.id,
        other.id,
    }
    assert matches(api, asking(asked, onlyCertainMatches=True)) == []


def test_only_certain_leaves_out_the_others(api: Api) -> None:
    chart = store(api, "60000008", **JULIA)
    asked = patient("60000008", **JULIA)
    assert [one for one, _, _ in matches(api, asking(asked, onlyCertainMatches=True))] == [chart.id]


def test_count_cuts_the_list_off(api: Api) -> None:
    for _ in range(2):
        store(api, "60000009", **JULIA)
    assert len(matches(api, asking(patient("60000009", **JULIA), count=1))) == 1


def test_nothing_to_look_by_is_an_empty_answer_with_a_warning(api: Api) -> None:
    answer = api.post("Patient/$match", {"resourceType": "Patient", "gender": "female"})
    found = answer.get_json(force=True)
    assert (answer.status_code, found["total"]) == (200, 0)
    assert found["entry"][0]["resource"]["issue"][0]["severity"] == "warning"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"resourceType": "Parameters"}, 400),
        (asking({"resourceType": "Observation"}), 400),
        (asking({"resourceType": "Patient", "name": "Rosa"}), 400),
        (asking({"resourceType": "Patient"}, count=0), 400),
        ({"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": []}]}, 400),
    ],
)
def test_bad_questions_are_refused(api: Api, body: object, status: int) -> None:
    assert api.post("Patient/$match", body).status_code == status


def test_people_out_of_reach_are_not_there(node: Node, api: Api) -> None:
    chart, abroad = store(api, "60000010", **JULIA), Api(node.http, node.bearer("co"))
    asked = asking(patient("60000010", **JULIA))
    unseen, absent = (
        abroad.post("Patient/$match", asking(patient(each))) for each in ("60000010", "6999999")
    )
    assert unseen.data == absent.data
    agree(node, chart, "clinical")
    assert matches(abroad, asked) == []
    agree(node, chart, "identity")
    assert [one for one, _, _ in matches(abroad, asked)] == [chart.id]
    assert "search" in trail(node, chart.id)


def test_matching_needs_search_and_read(node: Node) -> None:
    for scope in ("system/Patient.r", "system/Patient.s", "system/Observation.rs"):
        narrow = Api(node.http, node.bearer(scope=scope))
        assert narrow.post("Patient/$match", patient("60000001")).status_code == 403
        assert narrow.get(f"Patient/$ihe-pix?sourceIdentifier={DNI}|60000001").status_code == 403


def pix(api: Api, source: str, *targets: str) -> tuple[list[tuple[str, str]], list[str]]:
    query = "".join(f"&targetSystem={target}" for target in targets)
    answer = api.get(f"Patient/$ihe-pix?sourceIdentifier={source}{query}")
    assert answer.status_code == 200, answer.text
    found = answer.get_json(force=True)
    r4.class_for("Parameters").model_validate(found)
    named = found["parameter"]
    identifiers = [each["valueIdentifier"] for each in named if each["name"] == "targetIdentifier"]
    ids = [each["valueReference"]["reference"] for each in named if each["name"] == "targetId"]
    return [(each["system"], each["value"]) for each in identifiers], ids


@pytest.fixture(scope="module")
def two_documents(api: Api) -> str:
    both = [{"system": DNI, "value": "60000020"}, {"system": PPT, "value": "1234567"}]
    return store(api, "", identifier=both).id


def test_other_identifiers_come_without_the_one_given(api: Api, two_documents: str) -> None:
    others, ids = pix(api, f"{DNI}|60000020")
    assert others == [(PPT, "1234567")]
    assert len(ids) == 1
    assert ids[0].endswith(f"/fhir/Patient/{two_documents}")
    assert pix(api, f"{PPT}|1234567")[0] == [(DNI, "60000020")]


def test_target_domains_narrow(api: Api, two_documents: str) -> None:
    assert two_documents
    assert pix(api, f"{DNI}|60000020", PPT)[0] == [(PPT, "1234567")]
    assert pix(api, f"{DNI}|60000020", DNI)[0] == []


def test_post_takes_parameters(api: Api, two_documents: str) -> None:
    source = {"name": "sourceIdentifier", "valueIdentifier": {"system": DNI, "value": "60000020"}}
    target = {"name": "targetSystem", "valueUri": PPT}
    answer = api.post("Patient/$ihe-pix", {"resourceType": "Parameters", "parameter": [source, target]})
    assert two_documents in answer.text
    assert "1234567" in answer.text


@pytest.mark.parametrize(
    ("query", "status", "code", "text"),
    [
        ("", 400, "invalid", "sourceIdentifier"),
        ("sourceIdentifier=60000020", 400, "invalid", "system|value"),
        ("sourceIdentifier=urn:nothing|1", 400, "code-invalid", "Assigning Authority not found"),
        (f"sourceIdentifier={DNI}|69999999", 404, "not-found", "Patient Identifier not found"),
        (
            f"sourceIdentifier={DNI}|60000020&targetSystem=urn:no",
            403,
            "code-invalid",
            "targetSystem not found",
        ),
    ],
)
def test_refusals_are_those_of_the_profile(
    api: Api, two_documents: str, query: str, status: int, code: str, text: str
) -> None:
    assert two_documents
    answer = api.get(f"Patient/$ihe-pix?{query}")
    issue = answer.get_json(force=True)["issue"][0]
    assert (answer.status_code, issue["code"]) == (status, code)
    assert text in issue["diagnostics"]


def test_identifiers_out_of_reach_are_those_of_nobody(node: Node, api: Api) -> None:
    chart, abroad = store(api, "60000021"), Api(node.http, node.bearer("co"))
    unseen, absent = (
        abroad.get(f"Patient/$ihe-pix?sourceIdentifier={DNI}|{number}") for number in ("60000021", "69999999")
    )
    assert (unseen.status_code, unseen.data) == (404, absent.data)
    agree(node, chart, "identity")
    assert pix(abroad, f"{DNI}|60000021")[1]
    assert "cross-reference" in trail(node, chart.id)


def test_who_was_erased_is_passed_over(node: Node, api: Api) -> None:
    gone, stays = store(api, "60000030", **JULIA), store(api, "60000030", **JULIA)
    engine = make_key_engine(node.settings.key_database)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM owner_key WHERE owner_id = :owner"), {"owner": gone.id})
    engine.dispose()
    # Another process, which has no key in its memory.
    other = create_app(node.settings, build(node.settings)).test_client()
    asking_there = Api(other, api.token)
    ids = [one for one, _, _ in matches(asking_there, asking(patient("60000030", **JULIA)))]
    assert stays.id in ids
    assert gone.id not in ids
    assert pix(asking_there, f"{DNI}|60000030")[1][0].endswith(stays.id)
