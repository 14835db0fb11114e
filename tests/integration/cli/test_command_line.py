"""The command line as an operator meets it: examples, exit codes by kind, one sentence and no traceback."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from registry.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "correct horse battery"
Done = subprocess.CompletedProcess[str]


def puente(*words: str, at: Path | None = None, feed: str = "", **environ: str) -> Done:
    """Run one command with only the settings given; `at` is the node's folder."""
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": "/tmp"}
    if at is not None:
        kept |= {"PUENTE_NODE": "pe", "PUENTE_ENV": "test", "PUENTE_VAR": str(at)}
    return subprocess.run(
        [sys.executable, "-m", "registry", *words],
        env=kept | environ,
        input=feed,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a node that was set up with the command line alone."""
    made: Path = tmp_path_factory.mktemp("node") / "pe"
    done = puente("migrate", at=made)
    assert done.returncode == 0, done.stderr
    return made


def people_in(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "puente.sqlite")) as database:
        return int(database.execute("SELECT count(*) FROM person").fetchone()[0])


def refused(done: Done, code: int, words: str) -> None:
    assert done.returncode == code, (done.returncode, done.stderr)
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_every_command_has_help_with_an_example() -> None:
    listed = puente("--help")
    assert listed.returncode == 0
    for name in COMMANDS:
        assert f"  {name} " in listed.stdout
        shown = puente(name, "--help")
        assert shown.returncode == 0, shown.stderr
        if "Commands:" not in shown.stdout:
            assert "Example:" in shown.stdout, name


@pytest.mark.parametrize("group", ["audit", "keys", "partner", "user"])
def test_every_command_of_a_group_has_an_example(group: str) -> None:
    lines = puente(group, "--help").stdout.partition("Commands:")[2].splitlines()
    names = [line.split()[0] for line in lines if line.startswith("  ") and not line.startswith("   ")]
    assert names
    for name in names:
        assert "Example:" in puente(group, name, "--help").stdout, f"{group} {name}"


def test_a_word_that_is_no_command_is_a_usage_error() -> None:
    refused(puente("nothing"), 2, "No such command")


def test_keys_are_made_once_and_closed(folder: Path) -> None:
    assert (folder / "keys").stat().st_mode & 0o077 == 0
    refused(puente("keys", "init", at=folder), 5, "never overwritten")
    listed = puente("keys", "list", at=folder)
    names = ["kek-0001", "index-root", "signing-0001", "encryption-0001", "token-0001", "checkpoint-0001"]
    assert [line.split()[0] for line in listed.stdout.splitlines()] == names
    assert {line.split()[4] for line in listed.stdout.splitlines()} == {"current"}
    secret = (folder / "keys" / "index-root.key").read_text().strip()
    assert secret not in listed.stdout


def test_keys_that_others_can_read_stop_the_node(tmp_path: Path) -> None:
    assert puente("migrate", at=tmp_path / "pe").returncode == 0
    (tmp_path / "pe" / "keys").chmod(0o755)
    refused(puente("user", "list", at=tmp_path / "pe"), 8, "chmod 700")


def test_lost_keys_are_not_made_again_under_stored_records(tmp_path: Path) -> None:
    at = tmp_path / "pe"
    assert puente("migrate", at=at).returncode == 0
    (at / "keys").rename(at / "elsewhere")
    assert puente("migrate", at=at).returncode == 0
    assert not (at / "keys").exists()
    refused(puente("user", "list", at=at), 8, "restore")


def test_migrations_are_checked_without_changing_anything(folder: Path, tmp_path: Path) -> None:
    assert puente("migrate", "--check", at=folder).returncode == 0
    assert puente("migrate", "--check", at=tmp_path / "new").returncode == 1


def test_people_who_sign_in_are_made_and_closed(folder: Path) -> None:
    first = puente("user", "bootstrap", "ana", at=folder, PUENTE_PASSWORD=PASSWORD)
    assert first.returncode == 0, first.stderr
    assert "otpauth://totp/" in first.stdout
    assert PASSWORD not in first.stdout
    refused(puente("user", "bootstrap", "eva", at=folder, PUENTE_PASSWORD=PASSWORD), 5, "users already")
    refused(puente("user", "add", "eva", "--role", "king", at=folder, PUENTE_PASSWORD=PASSWORD), 2, "--role")
    short = puente("user", "add", "eva", "--role", "clinician", at=folder, PUENTE_PASSWORD="short")
    refused(short, 2, "password")
    nowhere = ("--role", "clinician", "--facility", "nowhere")
    refused(puente("user", "add", "eva", *nowhere, at=folder, PUENTE_PASSWORD=PASSWORD), 2, "place of care")
    added = puente("user", "add", "rosa", "--role", "clinician", at=folder, feed=f"{PASSWORD}\n{PASSWORD}\n")
    assert added.returncode == 0, added.stderr
    assert puente("user", "disable", "rosa", at=folder).stdout == "rosa is closed.\n"
    refused(puente("user", "disable", "nobody", at=folder), 4, "no such user")
    assert "rosa" in puente("user", "list", at=folder).stdout


def officers(folder: Path) -> list[Path]:
    """Make two officers, as two people would on their own machines."""
    made = []
    for name in ("ana", "luis"):
        path = folder / f"{name}.jwk"
        done = puente("keys", "officer", str(path))
        assert done.returncode == 0, done.stderr
        made.append(path)
    return made


def test_a_partner_counts_after_two_officers_have_signed(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "co"
    assert puente("migrate", at=other, PUENTE_NODE="co").returncode == 0
    keys = tmp_path / "co-keys.json"
    keys.write_text(puente("keys", "export", at=other, PUENTE_NODE="co").stdout)
    assert '"d"' not in keys.read_text()
    ana, luis = officers(tmp_path)
    public = [str(path.with_suffix(".pub.json")) for path in (ana, luis)]
    refused(puente("partner", "officers", public[0], at=folder), 2, "Two different officers")
    assert puente("partner", "officers", *public, at=folder).returncode == 0
    refused(puente("partner", "officers", *public, at=folder), 5, "pinned already")
    refused(puente("partner", "list", at=folder), 8, "partner add")
    add = ("partner", "add", "co", "--keys", str(keys))
    where = ("--address", "http://127.0.0.1:1", "--scope", "system/*.rs")
    assert puente(*add, *where, at=folder).returncode == 0
    assert "One more officer" in puente("partner", "sign", str(ana), at=folder).stdout
    assert "One more officer" in puente("partner", "sign", str(ana), at=folder).stdout
    refused(puente("partner", "list", at=folder), 8, "partner add")
    assert "In force now." in puente("partner", "sign", str(luis), at=folder).stdout
    listed = puente("partner", "list", at=folder)
    assert "http://127.0.0.1:1/exchange/v1/messages" in listed.stdout
    checked = puente("partner", "check", "co", at=folder)
    assert (checked.returncode, "does not answer" in checked.stdout) == (1, True)
    refused(puente("partner", "sign", str(luis), at=folder), 4, "no draft")


def test_a_partner_nobody_agreed_with_is_not_added(folder: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text('{"keys": []}')
    refused(puente("partner", "add", "xx", "--keys", str(keys), at=folder), 2, "no partner xx")
    keys.write_text("nonsense")
    refused(puente("partner", "add", "co", "--keys", str(keys), at=folder), 2, "keys export")


def test_the_doctor_shows_what_is_missing_and_what_to_do(folder: Path, tmp_path: Path) -> None:
    done = puente("doctor", at=folder, COLUMNS="200")
    assert done.returncode == 1
    for word in ("keys", "migrations", "broker", "clock", "disk", "beat", "Start puente worker"):
        assert word in done.stdout
    empty = puente("doctor", at=tmp_path / "new", COLUMNS="200")
    assert empty.returncode == 1
    assert "puente keys init" in empty.stdout
    assert "puente migrate" in empty.stdout


def test_the_audit_trail_verifies(folder: Path) -> None:
    done = puente("audit", "verify", at=folder)
    assert (done.returncode, "The trail is whole." in done.stdout) == (0, True)


def test_documents_are_imported_through_the_door(folder: Path, tmp_path: Path) -> None:
    patient = {"resourceType": "Patient", "name": [{"family": "Condori"}]}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}]}
    (tmp_path / "good.json").write_text(json.dumps(bundle))
    report = tmp_path / "out" / "report.txt"
    report.parent.mkdir()
    done = puente("import", str(tmp_path), "--report", str(report), at=folder)
    assert done.returncode == 0, done.stderr
    rows = json.loads(report.read_text())
    assert [(row["file"], row["status"], row["stored"]) for row in rows] == [("good.json", 202, True)]
    (tmp_path / "bad.json").write_text("{")
    assert puente("import", str(tmp_path), at=folder).returncode == 1
    refused(puente("import", str(tmp_path / "out"), at=folder), 2, "no .json file")
    refused(puente("import", str(tmp_path), "--as", "co", at=folder), 2, "no such partner")


def test_synthetic_people_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    words = ("synth", "--people", "5", "--node", "pe", "--on", "2026-11-22", "--out", "-")
    first, again = puente(*words, "--seed", "7"), puente(*words, "--seed", "7")
    other = puente(*words, "--seed", "8")
    assert first.returncode == 0, first.stderr
    assert first.stdout.count("\n") == 5
    assert first.stdout == again.stdout != other.stdout
    assert all(json.loads(line)["resourceType"] == "Bundle" for line in first.stdout.splitlines())
    lines = puente(*words[:-1], str(tmp_path / "people.ndjson"), "--seed", "7")
    assert lines.returncode == 0, lines.stderr
    assert (tmp_path / "people.ndjson").read_text("utf-8") == first.stdout
    files = puente(*words[:-1], str(tmp_path / "people"), "--seed", "7")
    assert files.returncode == 0, files.stderr
    assert len(list((tmp_path / "people").glob("*/*.json"))) == 5


def test_synthetic_people_are_loaded_but_never_in_production(folder: Path) -> None:
    before = people_in(folder)
    done = puente("synth", "--people", "3", "--seed", "1", "--load", at=folder)
    assert done.returncode == 0, done.stderr
    assert people_in(folder) == before + 3
    more = puente("synth", "--people", "5", "--seed", "1", "--load", at=folder)
    assert more.returncode == 0, more.stderr
    assert people_in(folder) == before + 5
    real = {"PUENTE_ENV": "production", "REDIS_URL": "redis://127.0.0.1:1/0"}
    refused(puente("synth", "--people", "3", "--seed", "1", "--load", at=folder, **real), 3, "production")
    refused(puente("synth", "--people", "3", "--seed", "1"), 2, "Choose one")


def test_a_worker_without_a_broker_says_what_to_set(folder: Path) -> None:
    refused(puente("worker", at=folder), 8, "REDIS_URL")
    refused(puente("beat", at=folder), 8, "REDIS_URL")


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = puente("migrate", at=tmp_path / "file" / "pe")
    assert done.returncode in (7, 8)
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("puente: ")
