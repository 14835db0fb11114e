"""A list of facilities becomes a directory that mCSD searches find (IHE ITI-90)."""

from pathlib import Path
from typing import Any

import pytest

from config.facilities import BadMapping, FacilityMapping, read_mapping
from registry.domain.model import Caller
from registry.errors import BadInput
from registry.usecases.directory import facilities
from tests.integration.api.conftest import Api, Node

OPERATOR = Caller("operator:test", "system", "pe")
HEADING = (
    "Institución;Código Único;Nombre del establecimiento;Clasificación;UBIGEO;Dirección;Teléfono;Condición"
)
ROWS = (
    "GOBIERNO REGIONAL;00000701;CENTRO DE SALUD ÑAÑA;CENTROS;150118;AV. SOL 1;01-555;EN FUNCIONAMIENTO",
    "GOBIERNO REGIONAL;702;PUESTO DE SALUD ZARUMILLA;PUESTOS DE SALUD;240302;;;CERRADO",
    "ESSALUD;00000703;HOSPITAL SABOGAL;HOSPITALES;070101;JR. MAR 2;;RARO",
    "ESSALUD;;SIN CÓDIGO;HOSPITALES;070101;;;",
    "ESSALUD;00000704;;HOSPITALES;070101;;;",
    "ESSALUD;00000703;OTRA VEZ;HOSPITALES;070101;;;",
    "MINSA;00000705;POSTA NUEVA;;990101;;;ACTIVO",
)


@pytest.fixture(scope="module")
def mapping() -> FacilityMapping:
    """Give the mapping of Peru."""
    return read_mapping("renipress")


def text(*rows: str) -> str:
    return "\n".join((HEADING, *rows)) + "\n"


def load(node: Node, mapping: FacilityMapping, *rows: str, **options: Any) -> facilities.Report:
    return facilities.load(node.services, OPERATOR, text(*rows).encode(), mapping, **options)


@pytest.fixture(scope="module")
def loaded(node: Node, mapping: FacilityMapping) -> facilities.Report:
    """Give the report of the first import."""
    return load(node, mapping, *ROWS)


def ids(api: Api, query: str) -> list[str]:
    answer = api.get(query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json(force=True)
    return sorted(
        entry["resource"]["id"] for entry in found.get("entry", ()) if entry["search"]["mode"] == "match"
    )


def test_rows_become_organisations_and_places(loaded: facilities.Report) -> None:
    assert (loaded.rows, loaded.facilities) == (7, 4)
    assert loaded.skipped == [(5, "no-code"), (6, "no-name"), (7, "code-twice")]
    assert loaded.notes == {"unknown-status": 1, "unknown-ubigeo": 1}
    assert loaded.regions == {"Lima": 1, "Tumbes": 1, "Callao": 1, "": 1}
    assert loaded.created == 4 * 2 + 3, "and three that run them"


def test_a_second_run_changes_nothing_and_a_changed_row_one_facility(
    node: Node, loaded: facilities.Report, mapping: FacilityMapping
) -> None:
    again = load(node, mapping, *ROWS)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 11)
    moved = ROWS[2].replace("JR. MAR 2", "JR. MAR 3")
    changed = load(node, mapping, ROWS[0], moved)
    assert (changed.created, changed.updated) == (0, 2)
    load(node, mapping, *ROWS)


def test_a_dry_run_stores_nothing(node: Node, api: Api, mapping: FacilityMapping) -> None:
    report = load(node, mapping, "MINSA;00000999;SOLO PRUEBA;;150101;;;", dry_run=True)
    assert (report.facilities, report.created) == (1, 0)
    assert api.get("Location/renipress-00000999").status_code == 404


def test_latin_1_and_commas_are_read_too(node: Node, api: Api, mapping: FacilityMapping) -> None:
    data = text("MINSA;00000801;POSTA ÑUÑOA;;210701;;;").replace(";", ",").encode("latin-1")
    report = facilities.load(node.services, OPERATOR, data, mapping)
    assert report.encoding == "cp1252"
    location = api.get("Location/renipress-00000801").get_json(force=True)
    assert location["name"] == "POSTA ÑUÑOA"
    assert location["address"]["state"] == "Puno"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"a;b\n1;2\n", "no column for code"),
        (b"codigo;x\n1;2\n", "no column for name"),
        (b"codigo;nombre\n1;" + b"x" * 200_000, "not CSV"),
    ],
)
def test_what_is_no_list_is_refused(node: Node, mapping: FacilityMapping, data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        facilities.load(node.services, OPERATOR, data, mapping)


def test_a_mapping_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMapping, match="no mapping"):
        read_mapping("elsewhere")
    (tmp_path / "departments.toml").write_text("")
    for content, words in (
        ("country = ", "not valid TOML"),
        ('country = "PE"', "lacks"),
        ('country="PE"\nsystem="urn:x"\n[columns]\ncode=["a"]', "lacks the column name"),
        ('country="PE"\nsystem="urn:x"\n[columns]\ncode=["a"]\nnam=["b"]', "mean nothing: nam"),
    ):
        (tmp_path / "own.toml").write_text(content)
        with pytest.raises(BadMapping, match=words):
            read_mapping("own", tmp_path)


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Organization?identifier=urn:puente:pe:renipress|00000701", ["renipress-00000701"]),
        ("Location?identifier=00000702", ["renipress-00000702"]),
        ("Location?name=hospital", ["renipress-00000703"]),
        ("Location?status=inactive", ["renipress-00000702"]),
        ("Location?address-state=Lima", ["renipress-00000701"]),
        ("Location?address=sol", ["renipress-00000701"]),
        ("Location?organization=Organization/renipress-00000703", ["renipress-00000703"]),
        ("Location?_id=renipress-00000702", ["renipress-00000702"]),
        ("Organization?active=false", ["renipress-00000702"]),
    ],
)
def test_searches_of_the_directory_find_them(api: Api, query: str, expected: list[str]) -> None:
    assert ids(api, query) == expected


@pytest.mark.usefixtures("loaded")
def test_who_runs_several_stands_once_and_leads_to_them(api: Api) -> None:
    found = api.get("Organization/renipress-00000701").get_json(force=True)
    runs = found["partOf"]["reference"]
    assert api.get("Organization/renipress-00000702").get_json(force=True)["partOf"]["reference"] == runs
    assert ids(api, f"Organization?partof={runs}") == ["renipress-00000701", "renipress-00000702"]


def test_services_that_are_named_are_found(node: Node, api: Api, mapping: FacilityMapping) -> None:
    data = b"codigo;nombre;servicios\n00000901;HOSPITAL LARCO;Farmacia | Laboratorio\n"
    facilities.load(node.services, OPERATOR, data, mapping)
    found = ids(api, "HealthcareService?organization=Organization/renipress-00000901")
    assert len(found) == 2
    assert len(ids(api, "HealthcareService?location=Location/renipress-00000901&name=farmacia")) == 1
