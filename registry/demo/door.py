"""Put every FHIR JSON file of a folder through the partner door of a node, as a plain FHIR partner would."""

import re
import time
from pathlib import Path
from typing import Any

import httpx
import orjson

from registry.crypto.tokens.assertion import make_assertion
from registry.crypto.tokens.jwk import import_private
from registry.demo.pages import Person
from registry.demo.prepare import CLIENT_KEY, FHIR_PARTNER, DemoNode
from registry.demo.report import Report
from registry.services import SystemClock
from registry.usecases.access.system_token import ASSERTION

WAIT_SECONDS = 30.0
POLL_SECONDS = 0.1
GROUPS = ("medications", "problems", "allergies", "results", "immunizations")


class Door:
    """One partner system with its token."""

    def __init__(self, node: DemoNode, folder: Path) -> None:
        """Ask for a token with the partner's key."""
        self._client = httpx.Client(base_url=node.settings.base_url, trust_env=False, timeout=60)
        key = import_private((folder / CLIENT_KEY).read_bytes())
        assertion = make_assertion(FHIR_PARTNER, node.settings.audience, key, SystemClock().now())
        form = {
            "grant_type": "client_credentials",
            "scope": "system/*.c",
            "client_assertion_type": ASSERTION,
            "client_assertion": assertion,
        }
        answer = self._client.post("/oauth/token", data=form)
        answer.raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def put(self, data: bytes, resource_type: str) -> httpx.Response:
        """Send one document."""
        headers = {"Content-Type": "application/fhir+json"}
        return self._client.post(f"/fhir/{resource_type}", content=data, headers=headers)

    def findings(self, location: str) -> tuple[str, list[dict[str, Any]]]:
        """Wait until the document was read; return its state and the issues found in it."""
        until = time.monotonic() + WAIT_SECONDS
        while True:
            answer = self._client.get(location)
            answer.raise_for_status()
            told = {entry["name"]: entry for entry in answer.json()["parameter"]}
            state: str = told["state"]["valueCode"]
            if state != "received" or time.monotonic() > until:
                return state, told["findings"]["resource"]["issue"]
            time.sleep(POLL_SECONDS)

    def close(self) -> None:
        """Forget the token."""
        self._client.close()


def put_all(report: Report, node: DemoNode, folder: Path, inputs: Path, reader: Person) -> None:
    """Send each file and note what the node made of it and what a person sees on its page."""
    door = Door(node, folder)
    try:
        for path in sorted(inputs.glob("*.json")):
            with report.step(f"{path.name} through the partner door") as step:
                row = _one(door, reader, path)
                report.inputs.append(row)
                seen = ", ".join(f"{row['seen'][group]} {group}" for group in GROUPS)
                step.detail = f"{row['status']}, {len(row['findings'])} findings; {seen}"
    finally:
        door.close()


def _one(door: Door, reader: Person, path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    answer = door.put(data, _type(data))
    row: dict[str, Any] = {"file": path.name, "stored": False, "status": answer.status_code, "findings": []}
    row["seen"] = dict.fromkeys(GROUPS, 0)
    if answer.status_code != httpx.codes.ACCEPTED:
        row["findings"] = _plain(answer.json()["issue"]) if "json" in answer.headers["content-type"] else []
        return row
    location = answer.headers["location"]
    row["state"], issues = door.findings(location)
    row["findings"] = _plain(issues)
    page = reader.open(f"/incoming/{location.rstrip('/').rsplit('/', 1)[1]}")
    row["seen"] = {group: _seen(page, group) for group in GROUPS}
    row["stored"] = row["state"] not in ("received", "rejected")
    return row


def _type(data: bytes) -> str:
    """Return the type to send a file to; what is not a resource goes to Bundle, to be refused there."""
    try:
        found = orjson.loads(data).get("resourceType", "")
    except (orjson.JSONDecodeError, AttributeError):
        return "Bundle"
    return found if isinstance(found, str) and found.isalpha() else "Bundle"


def _plain(issues: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [
        {
            "path": ", ".join(issue.get("expression", [])),
            "rule": issue.get("details", {}).get("coding", [{}])[0].get("code", issue.get("code", "")),
            "severity": issue.get("severity", ""),
            "text": issue.get("diagnostics", ""),
        }
        for issue in issues
        if issue.get("severity") != "information" or issue.get("code") != "informational"
    ]


def _seen(page: str, group: str) -> int:
    """Count distinct source resources that the rendered page shows in one group."""
    start = page.find(f'data-group="{group}"')
    if start < 0:
        return 0
    end = page.find("data-group=", start + 1)
    part = page[start : end if end > 0 else len(page)]
    return len(set(re.findall(r'data-resource="([^"]+)"', part)))
