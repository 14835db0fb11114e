"""Too many tries get a page that says to wait, and other people are not held up."""

from pathlib import Path

import pytest

from registry import site
from registry.crypto.tokens.jwk import new_key
from registry.demo.prepare import join, make_node
from registry.services import build
from registry.web.frame.limits import storage
from tests.integration.web import people
from tests.integration.web.conftest import Browser, Clinic, with_session
from tests.servers.valkey import ValkeyProcess


@pytest.fixture
def guarded(tmp_path: Path) -> Clinic:
    """Give a node that counts."""
    node = make_node("pe", tmp_path / "node", 8000, {})
    join([node], new_key("P-384"))
    services = build(node.settings)
    return Clinic(services, site.make(services), people.accounts(services), "", "")


def test_sign_in_of_one_name_is_slowed_down_for_everybody_who_tries_it(guarded: Clinic) -> None:
    for number in range(6):
        browser = Browser(guarded.app.test_client())
        answer = browser.post("/sign-in", name="nobody", password="wrong password 1", code="1")
        assert answer.status_code == (422 if number < 5 else 429)
    assert "Espere cinco minutos" in answer.text
    other = Browser(guarded.app.test_client())
    assert other.post("/sign-in", name="somebody", password="wrong password 1", code="1").status_code == 422


def test_searches_of_one_person_are_counted(guarded: Clinic) -> None:
    browser = with_session(guarded, "clinician")
    address = browser.post("/find", "/", name="Ana Souza").headers["Location"]
    answers = [browser.get(address).status_code for _ in range(61)]
    assert answers[:60] == [200] * 60
    assert answers[60] == 429
    assert with_session(guarded, "pharmacist").get("/").status_code == 200


@pytest.mark.parametrize(
    ("broker", "store"),
    [
        ("", "memory://"),
        ("redis://u:p@host:6379/0", "redis://u:p@host:6379/0"),
        ("redis+socket:///run/vk.sock?virtual_host=3", "redis+unix:///run/vk.sock?db=3"),
    ],
)
def test_counters_live_in_the_broker_where_there_is_one(broker: str, store: str) -> None:
    assert storage(broker) == store


@pytest.mark.broker
def test_a_dead_broker_stops_neither_sign_in_nor_search(tmp_path: Path, valkey: ValkeyProcess) -> None:
    node = make_node("pe", tmp_path / "node", 8000, {"REDIS_URL": valkey.url()})
    join([node], new_key("P-384"))
    services = build(node.settings)
    counted = Clinic(services, site.make(services), people.accounts(services), "", "")
    browser = with_session(counted, "clinician")
    address = browser.post("/find", "/", name="Ana Souza").headers["Location"]
    assert browser.get(address).status_code == 200
    assert valkey.client().keys("*search*")
    valkey.kill()
    assert browser.get(address).status_code == 200
    answer = Browser(counted.app.test_client()).post(
        "/sign-in", name="x", password="wrong password 1", code="1"
    )
    assert answer.status_code == 422
