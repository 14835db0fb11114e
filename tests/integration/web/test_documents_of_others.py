"""Published documents of other systems: everything they hold is on the page, whatever is wrong with them."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.integration.web import people
from tests.integration.web.conftest import Browser, Clinic
from tests.integration.web.test_incoming_pages import GROUPS, shown

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
FILES = sorted([*DATA.glob("ips/*.json"), *DATA.glob("hiv/*.json")])
GROUP_OF = {
    "MedicationStatement": "medications",
    "MedicationRequest": "medications",
    "MedicationDispense": "medications",
    "MedicationAdministration": "medications",
    "Condition": "problems",
    "AllergyIntolerance": "allergies",
    "Observation": "results",
    "DiagnosticReport": "results",
    "Immunization": "immunizations",
}

pytestmark = pytest.mark.skipif(not FILES, reason="the documents of others are not beside this checkout")


def held(document: dict[str, object]) -> Counter[str]:
    """Count the resources of each group in a file."""
    entries = document.get("entry")
    resources = [entry["resource"] for entry in entries] if isinstance(entries, list) else [document]
    return Counter(GROUP_OF[one["resourceType"]] for one in resources if one["resourceType"] in GROUP_OF)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_everything_in_the_document_is_on_its_page_and_the_chart_opens(
    clinic: Clinic, rosa: Browser, file: Path
) -> None:
    data = file.read_bytes()
    page = rosa.get(f"/incoming/{people.receive_document(clinic.services, data)}")
    assert page.status_code == 200
    seen = {group: len(shown(page.text, group)) for group in GROUPS}
    expected = held(json.loads(data))
    assert {group: seen[group] for group in GROUPS if seen[group] < expected[group]} == {}
    chart = re.search(r'href="(/people/[0-9a-f-]{36})"', page.text)
    assert chart
    assert rosa.get(chart[1]).status_code == 200
