"""Importing records and facilities from the command line: progress, counts, refused lines, exit codes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from registry.cli.imports import import_command
from tests.integration.cli.test_command_line import puente, refused

MARK = "Marca-4471"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a node that was set up with the command line alone."""
    made: Path = tmp_path_factory.mktemp("node") / "pe"
    done = puente("migrate", at=made)
    assert done.returncode == 0, done.stderr
    return made


def test_records_are_imported_counted_and_refused_by_line(node: Path, tmp_path: Path) -> None:
    lines = [
        {"resourceType": "Patient", "id": "one"},
        {"resourceType": "Patient", "id": "two", "gender": MARK},
    ]
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "Patient.ndjson").write_text("\n".join(map(json.dumps, lines)) + "\n")
    flag = {
        "resourceType": "Flag",
        "id": "flag",
        "status": "active",
        "code": {"text": "x"},
        "subject": {"reference": "Patient/one"},
    }
    (folder / "Flag.ndjson").write_text(json.dumps(flag))
    bad = tmp_path / "bad.ndjson"
    done = puente("import", "ndjson", str(folder), "--findings", str(bad), at=node)
    assert done.returncode == 1, done.stderr
    assert "Patient.ndjson: 1 new, 0 changed, 0 as they were, 1 refused" in done.stdout
    assert "Flag.ndjson: 1 new" in done.stdout, "people come first whatever the names of files"
    assert "Patient.ndjson, line 2: " in done.stderr
    assert MARK not in done.stdout + done.stderr + bad.read_text()
    assert bad.stat().st_mode & 0o777 == 0o600
    assert json.loads(bad.read_text())["issue"][0]["expression"] == ["Patient.gender"]
    again = puente("import", "ndjson", str(folder), "--findings", str(bad), at=node)
    assert "(imported before)" in again.stdout
    anew = puente("import", "ndjson", str(folder), "--again", "--findings", str(bad), at=node)
    assert "Patient.ndjson: 0 new, 0 changed, 1 as they were, 1 refused" in anew.stdout
    assert len(bad.read_text().splitlines()) == 1


def test_a_folder_without_files_is_refused(node: Path, tmp_path: Path) -> None:
    refused(puente("import", "ndjson", str(tmp_path), at=node), 2, "There is no .ndjson file.")


def test_facilities_are_imported_and_skipped_rows_are_told(node: Path, tmp_path: Path) -> None:
    path, skipped = tmp_path / "list.csv", tmp_path / "skipped.csv"
    path.write_text("codigo,nombre,ubigeo\n1,Posta Uno,150101\n,Sin código,150101\n")
    dry = puente("import", "facilities", str(path), "--dry-run", at=node)
    assert "Nothing was stored" in dry.stdout
    done = puente("import", "facilities", str(path), "--skipped", str(skipped), at=node)
    assert done.returncode == 1
    assert "2 rows read as utf-8: 1 facilities" in done.stdout
    assert "2 resources new, 0 changed, 0 as they were" in done.stdout
    assert "row 3 skipped: no-code" in done.stdout
    assert "not verified" in done.stderr
    assert skipped.read_text() == "row,reason\n3,no-code\n"
    refused(puente("import", "facilities", str(path), "--mapping", "none", at=node), 2, "no mapping 'none'")


def test_every_way_to_import_has_help_with_an_example() -> None:
    runner = CliRunner()
    listed = runner.invoke(import_command, ["--help"]).output
    assert all(name in listed for name in ("documents", "facilities", "ndjson"))
    for name in ("documents", "facilities", "ndjson"):
        assert "Example: puente import" in runner.invoke(import_command, [name, "--help"]).output
