"""A stranger follows the quick start: key, trust, token, Bundle, summary, each command as it is printed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.crypto.partners.officers import pin_officers
from registry.crypto.tokens.jwk import export_private, new_key, public_of
from registry.demo.files import write_secret
from registry.demo.prepare import DemoNode, make_node
from tests.integration.docs.reading import session
from tests.servers import live

PAGE = Path("docs/api/quick-start.md")
WITHIN_SECONDS = 90


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[DemoNode, Path]]:
    """Give a running node that trusts two officers and nobody else, and a folder with the officers' keys."""
    more = {"PUENTE_WEB_WORKERS": "1", "PUENTE_LIMITS": "off", "PUENTE_ENV": "test"}
    node = make_node("pe", tmp_path, live.free_port(), more)
    work = tmp_path / "work"
    work.mkdir()
    officers = {name: new_key("Ed25519") for name in ("ana", "luis")}
    pin_officers(node.settings.officers_file, [public_of(key) for key in officers.values()])
    for name, key in officers.items():
        write_secret(work / f"{name}.jwk", export_private(key))
    with live.serving(node):
        yield node, work


def test_the_quick_start_works_as_printed(place: tuple[DemoNode, Path]) -> None:
    node, work = place
    printed = "\n".join(block.text for block in session(PAGE, "quick"))
    shell = shutil.which("bash")
    assert shell
    command = f'puente() {{ "{sys.executable}" -m registry "$@"; }}\n{printed}'
    done = subprocess.run(
        [shell, "-euo", "pipefail", "-c", command],
        cwd=work,
        env={**live.environ(node), "NODE": node.settings.base_url},
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    summary = json.loads(done.stdout[done.stdout.rindex('{"entry"') :])
    assert summary["type"] == "document"
    assert "Penicilina" in json.dumps(summary)


def test_what_can_go_wrong_is_said(place: tuple[DemoNode, Path]) -> None:
    node, work = place
    environ = {**live.environ(node), **{name: os.environ[name] for name in ("PATH",)}}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "registry", "client", *words],
            cwd=work,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=WITHIN_SECONDS,
        )

    assert run("key", "mine.jwk").returncode == 0
    assert "not overwritten" in run("key", "mine.jwk").stderr
    asking = ("token", "--id", "hospital", "--key")
    unknown = run(*asking, "mine.jwk", "--node", node.settings.base_url)
    assert "The node gave no token" in unknown.stderr
    assert unknown.stdout == ""
    assert "not the secret half" in run(*asking, "mine.pub.json", "--node", node.settings.base_url).stderr
    nobody = run(*asking, "mine.jwk", "--node", f"http://127.0.0.1:{live.free_port()}")
    assert "No node answers" in nobody.stderr
    assert "Traceback" not in nobody.stderr
