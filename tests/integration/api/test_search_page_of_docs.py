"""The examples of the page about searching are answered, with nothing in them ignored."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest

from registry.usecases.care.search import along, looking, rows
from tests.integration.api.conftest import Api
from tests.integration.api.searching import chart

PAGE = Path("docs/reference/search.md").read_text("utf-8")
EXAMPLES = re.findall(r"^GET /fhir/(\S+)$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def person(api: Api) -> str:
    """Give the id of somebody."""
    return chart(api).patient


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_answered(api: Api, person: str, example: str) -> None:
    path = quote(example.replace("[id]", person), safe="/?=&$:|,.-_")
    answer = api.get(path, Prefer="handling=strict")
    assert answer.status_code == 200, answer.text


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    for limit in (looking.MOST_OPENED, rows.MOST_CARRIERS, along.MOST_ALONG):
        assert f"{limit:,}" in PAGE
