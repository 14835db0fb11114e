"""The commands printed for operators are run in order, on a real broker and real databases."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.docs.reading import ROOT, rows, session
from tests.servers.postgres import PostgresServer, installed, reachable
from tests.servers.valkey import ValkeyProcess

OPERATE = Path("docs/operate.md")
OBSERVATORY = Path("docs/observatory.md")
PATIENCE_SECONDS = 240
SHIM = """#!{python}
import sys, urllib.request
try:
    sys.stdout.write(urllib.request.urlopen(sys.argv[-1], timeout=5).read().decode())
except OSError:
    sys.exit(7)
"""


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def run_session(page: Path, name: str, home: Path, places: Mapping[str, str], path: str = "") -> str:
    """Run the blocks of a session in one shell; `places` maps printed addresses to those of this test."""
    printed = [(block.line, block.text) for block in session(page, name)]
    script = "\n".join(f"echo '--- {page}:{line}'\n{text}" for line, text in printed)
    for said, meant in places.items():
        script = script.replace(said, meant)
    (home / "bin").mkdir()
    curl = home / "bin" / "curl"
    curl.write_text(SHIM.format(python=sys.executable))
    curl.chmod(0o755)
    assert (ROOT / ".venv" / "bin" / "python").exists(), "run it with ./run test: the pages name .venv"
    search = os.pathsep.join(part for part in (str(home / "bin"), path, "/usr/bin:/bin") if part)
    environ = {"PATH": search, "HOME": str(home), "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
    shell = shutil.which("bash")
    assert shell
    output = home / "said.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [shell, "-euo", "pipefail", "-c", script],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        code: int | str = process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        code = "it hangs"
    finally:
        end_group(process.pid)
    said = output.read_text("utf-8", "replace")
    assert code == 0, f"{code}: {said[-4000:]}"
    return said


def end_group(group: int) -> None:
    """End what a failed session left running; a good one leaves nothing."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def checks_of(said: str) -> set[str]:
    """Return the names in the first column of a doctor's table."""
    names = {line.split("│")[1].strip() for line in said.splitlines() if line.startswith("│")}
    return {re.sub(r"^partner .*", "partner <id>", name) for name in names if name}


def explained() -> set[str]:
    return {row[0].strip("`") for row in rows(OPERATE, "Doctor")}


@pytest.mark.broker
def test_the_page_for_operators_is_true_on_sqlite(tmp_path: Path, valkey: ValkeyProcess) -> None:
    places = {
        "redis://127.0.0.1:6379/0": valkey.url(0),
        "redis://127.0.0.1:6379/1": valkey.url(1),
        "8101": free_port(),
        "8102": free_port(),
    }
    said = run_session(OPERATE, "plain", tmp_path, places)
    assert said.count("In force now.") == 3
    assert said.count("co           puente   ok") == 2
    assert "rosa is closed." in said
    assert "rosa is open." in said
    assert said.count("The trail is whole.") == 1
    assert checks_of(said)
    assert checks_of(said) <= explained()
    assert {"keys", "beat", "outbox", "partner <id>", "disk"} <= checks_of(said)


@pytest.mark.broker
@pytest.mark.postgres
def test_the_page_for_operators_is_true_on_postgresql(
    tmp_path: Path, valkey: ValkeyProcess, postgres_server: PostgresServer
) -> None:
    first, restored = postgres_server.create_database(), postgres_server.create_database()
    programs = reachable(installed(), None, tmp_path) / "bin"

    def url(name: str) -> str:
        return f"'{postgres_server.url(name).replace('+psycopg', '')}'"

    places = {
        "redis://127.0.0.1:6379/0": valkey.url(0),
        "8101": free_port(),
        "postgresql://puente:PASSWORD@127.0.0.1:5432/puente": url(first),
        "postgresql://puente:PASSWORD@127.0.0.1:5432/restored": url(restored),
    }
    said = run_session(OPERATE, "postgresql", tmp_path, places, str(programs))
    assert said.count("The databases are current.") == 4
    assert "The trail is whole." in said
    assert "from main_" in said
    assert "to main_0004" in said
    assert "A migration is missing: run puente migrate." in said
    assert checks_of(said) <= explained()
    for name in (first, restored):
        postgres_server.drop_database(name)


def test_the_page_for_the_observatory_is_true(tmp_path: Path) -> None:
    said = run_session(OBSERVATORY, "plain", tmp_path, {})
    assert "indicator,period,org_unit,country_origin,sex,age_group,low,high,definition" in said
    folder = tmp_path / "observatory" / "puente-pe-2026Q3"
    assert sorted(path.name for path in folder.iterdir()) == ["datapackage.json", "puente-pe-2026Q3.csv"]
    totals = [
        line
        for line in (folder / "puente-pe-2026Q3.csv").read_text().splitlines()
        if "all,all,all,all" in line
    ]
    assert [line.split(",")[6:8] for line in totals if line.startswith("TX_CURR")] != [["0", "2"]]
