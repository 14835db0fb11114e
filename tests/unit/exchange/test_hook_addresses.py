"""A notification goes below an address of the trust list, spelled in one way only."""

import pytest

from registry.domain.exchange import hooks

KNOWN = (
    "https://emr.example/fhir",
    "http://127.0.0.1:9000/hooks/",
    "http://inside.example/x",
    "not an address",
)
GOOD = (
    "https://emr.example/fhir",
    "https://emr.example/fhir/hooks/1",
    "https://EMR.example:443/fhir/x",
    "http://127.0.0.1:9000/hooks/1",
)
BAD = (
    "https://emr.example/fhirx",
    "https://emr.example/",
    "https://emr.example",
    "https://emr.example:8443/fhir",
    "http://emr.example/fhir",
    "https://emr.example/fhir/../admin",
    "https://emr.example/fhir/..",
    "https://emr.example/fhir/./x",
    "https://emr.example/fhir//x",
    "https://emr.example/fhir/%2e%2e/admin",
    "https://emr.example/fhir?patient=1",
    "https://emr.example/fhir#x",
    "https://me@emr.example/fhir",
    "https://emr.example\\@elsewhere.example/fhir",
    "https://elsewhere.example/fhir",
    "https://emr.example/fhir\n",
    "http://inside.example/x/1",
    "http://127.0.0.1:9001/hooks/1",
    "http://127.0.0.1:9000/hooks",
    "http://169.254.169.254/fhir",
    "ftp://emr.example/fhir",
    "",
    "https://emr.example/fhir/" + "x" * 500,
)


@pytest.mark.parametrize("address", GOOD)
def test_addresses_of_the_partner_and_below_are_taken(address: str) -> None:
    assert hooks.problem(address, KNOWN, production=False) == ""


@pytest.mark.parametrize("address", BAD)
def test_every_other_address_is_refused(address: str) -> None:
    assert hooks.problem(address, KNOWN, production=False)


def test_in_production_nothing_goes_over_plain_http() -> None:
    assert hooks.problem("http://127.0.0.1:9000/hooks/1", KNOWN, production=True)
    assert hooks.problem("https://emr.example/fhir/1", KNOWN, production=True) == ""


def test_without_addresses_nothing_is_taken() -> None:
    assert hooks.problem("https://emr.example/fhir", (), production=False)
