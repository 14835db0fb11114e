"""The JavaScript client fhir-kit-client works against a live node (Node.js and its package from npm)."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.servers.live import Live

KIT = Path(__file__).parent / "kit"
WITHIN_SECONDS = 120


@pytest.fixture(scope="session")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the client's locked packages into a folder of their own."""
    npm = shutil.which("npm")
    if npm is None:
        assert os.environ.get("CI") != "true", "in CI Node.js and npm must be there"
        pytest.skip("no npm here (Debian: apt install nodejs npm)")
    folder = tmp_path_factory.mktemp("kit")
    for name in ("package.json", "package-lock.json", ".npmrc", "story.mjs"):
        shutil.copy(KIT / name, folder / name)
    subprocess.run(
        [npm, "ci", "--silent", "--ignore-scripts"], cwd=folder, check=True, timeout=WITHIN_SECONDS
    )
    return folder


def test_fhir_kit_client_does_everything(live_node: Live, live_token: str, kit: Path) -> None:
    command = ["node", str(kit / "story.mjs"), live_node.base, live_token]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN_SECONDS)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == {
        "created": "1",
        "family": "Choque",
        "updated": "2",
        "patched": "other",
        "vread": None,
        "found": [True],
        "pages": [2, 1],
        "posted": 3,
        "transaction": ["201", "200"],
        "batch": ["404", "200"],
        "history": 3,
        "everything": ["Observation", "Observation", "Observation", "Patient"],
        "capability": "4.0.1",
    }
