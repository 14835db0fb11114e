"""The two dialects as one parametrised fixture: a suite that asks for it runs on both."""

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the test module an empty SQLite file of its own."""
    folder: Path = tmp_path_factory.mktemp("sqlite")
    return f"sqlite:///{folder / 'puente.sqlite'}"


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give an empty database of each dialect in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
