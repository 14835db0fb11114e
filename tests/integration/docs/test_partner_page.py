"""The page for partners: its example runs against a real node, and what it says of refusals is so."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.crypto.tokens.jwk import export_private, new_key
from registry.demo.prepare import FHIR_PARTNER, join, make_node
from registry.demo.processes import free_ports
from registry.domain.exchange import retry
from tests.integration.workers.running import RunningNode
from tests.servers.valkey import ValkeyProcess
from workers import partner_client

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "partner.md").read_text("utf-8")
KEY = new_key("P-384")
PATIENT = {"resourceType": "Patient", "name": [{"family": "Condori"}], "gender": "zzz"}


@pytest.fixture
def running(valkey: ValkeyProcess, tmp_path: Path) -> Iterator[RunningNode]:
    """Give a node with web and worker that knows the partner's key."""
    port = free_ports(1, first=18_800)[0]
    node = make_node("pe", tmp_path, port, {"PUENTE_ENV": "test", "REDIS_URL": valkey.url()})
    join([node], KEY)
    made = RunningNode(node, tmp_path)
    made.start("serve", "worker")
    yield made
    made.stop()


@pytest.mark.broker
def test_the_example_hands_a_document_over_and_reads_its_findings(
    running: RunningNode, tmp_path: Path
) -> None:
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 1
    program, key, document = tmp_path / "hand_over.py", tmp_path / "key.json", tmp_path / "document.json"
    program.write_text(examples[0])
    key.write_bytes(export_private(KEY))
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": PATIENT}]}
    document.write_text(json.dumps(bundle))
    words = [running.settings.base_url, FHIR_PARTNER, str(key), str(document)]
    done = subprocess.run(
        [sys.executable, str(program), *words], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("202 http://127.0.0.1")
    assert lines[1] == "review"
    assert any("gender" in line for line in lines[2:])


def test_the_figures_of_the_page_are_those_of_the_code() -> None:
    assert retry.LONGEST_TRY == 72 * 3600
    assert retry.MOST_ATTEMPTS == 12
    assert (retry.FIRST_WAIT, retry.LONGEST_WAIT) == (5, 6 * 3600)
    assert (partner_client.LARGEST_ANSWER, partner_client.WHOLE_SECONDS) == (64 * 1024, 40)
    for figure in ("72 hours or 12 tries", "5 s doubled", "at most 6 h", "64 kB and 40 seconds"):
        assert figure in PAGE
