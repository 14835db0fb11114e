"""What a process of a node does not load: the library of models and FHIRPath are for `$validate` alone."""

import subprocess
import sys

import pytest

WRITES = """
import sys
import registry.site, registry.services, workers.program
from fhir import profiles
from fhir.wire import parse
patient = parse(b'{"resourceType": "Patient", "gender": "x", "contact": [{"gender": "male"}]}')
assert [issue.rule for issue in profiles.issues(patient)] == ["required-binding", "pat-1"]
print(*sorted({name.partition(".")[0] for name in sys.modules} | set(sys.modules)))
"""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """Give the names of all modules of a process that can do everything and has checked a Patient."""
    done = subprocess.run([sys.executable, "-c", WRITES], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "name", ["fhir.resources", "fhir_core", "pydantic", "fhirpathpy", "antlr4", "alembic"]
)
def test_a_process_that_writes_does_not_load(loaded: set[str], name: str) -> None:
    assert "fhir.profiles.walk" in loaded
    assert name not in loaded


def test_beat_loads_no_database_and_no_rules() -> None:
    words = "import sys, workers.celery_app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert not {"sqlalchemy", "registry.services", "fhir.profiles"} & set(done.stdout.split())
