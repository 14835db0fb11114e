"""Wrapping keys in files, in a PKCS#11 module and at a key service keep the same promises."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from registry.crypto.sealing.envelope import wrap_aad
from registry.crypto.sealing.key_files import KeyFilesUnsafe, create_key_folder
from registry.crypto.wrapping.providers import KekSources, open_sources
from registry.errors import NotReady, Unreadable
from registry.services import build
from registry.usecases.access import trail
from registry.usecases.care.people import register
from registry.usecases.care.record import record_care
from registry.usecases.keys import rotation
from registry.usecases.keys.rotation import Wanted
from tests.integration.keys.conftest import OPERATOR
from tests.servers import transit
from tests.walks.nodes import Pair, engines_of, somebody

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
DEK = b"d" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create_key_folder(tmp_path / "keys")
    return tmp_path / "keys"


@pytest.fixture(scope="module")
def module_token(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make a token of SoftHSM and give its address."""
    pytest.importorskip("pkcs11", reason="the library of key modules is not installed")
    tool = shutil.which("softhsm2-util")
    if tool is None or not MODULE.exists():
        pytest.skip("SoftHSM is not installed")
    place = tmp_path_factory.mktemp("softhsm")
    (place / "tokens").mkdir()
    settings = place / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {place / 'tokens'}\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    words = [tool, "--init-token", "--free", "--label", "puente", "--pin", "4321", "--so-pin", "8765"]
    subprocess.run(words, check=True, capture_output=True)
    return f"pkcs11:token=puente?module-path={MODULE}"


@pytest.fixture(params=["file", "transit", "pkcs11"])
def sources(request: pytest.FixtureRequest, folder: Path) -> Iterator[KekSources]:
    if request.param == "file":
        yield open_sources(folder)
        return
    if request.param == "pkcs11":
        secret(folder, "pkcs11.pin", "4321")
        yield open_sources(folder, request.getfixturevalue("module_token"))
        return
    secret(folder, "transit.token", transit.TOKEN)
    with transit.serving(transit.Transit()) as address:
        yield open_sources(folder, address)


def secret(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"{text}\n")
    (folder / name).chmod(0o600)


def test_a_key_opens_with_its_own_label_only(sources: KekSources) -> None:
    kek_id = sources.current_id()
    aad = wrap_aad(kek_id, "p1", 1)
    wrapped = sources.wrap(DEK, aad)
    assert DEK not in wrapped
    assert sources.wrap(DEK, aad) != wrapped
    assert sources.unwrap(wrapped, aad) == DEK
    for wrong in (
        wrap_aad(kek_id, "p2", 1),
        wrap_aad(kek_id, "p1", 2),
        wrap_aad("kek-0099", "p1", 1),
        b"",
        b"\xff",
    ):
        with pytest.raises(Unreadable):
            sources.unwrap(wrapped, wrong)
    for damaged in (wrapped[:-4] + b"AAAA", wrapped[:-1], b"", bytes(60)):
        with pytest.raises(Unreadable):
            sources.unwrap(damaged, aad)


def test_a_new_key_is_current_the_old_one_opens_until_it_is_destroyed(sources: KekSources) -> None:
    old = sources.current_id()
    before = wrap_aad(old, "p1", 1)
    wrapped = sources.wrap(DEK, before)
    new = sources.new()
    assert sources.current_id() == new != old
    assert list(sources.ids())[-1] == new or new in sources.ids()
    after = wrap_aad(new, "p1", 1)
    assert sources.unwrap(sources.wrap(DEK, after), after) == DEK
    assert sources.unwrap(wrapped, before) == DEK
    with pytest.raises(Unreadable):
        sources.unwrap(wrapped, after)
    sources.destroy(old)
    assert old not in sources.ids()
    with pytest.raises(Unreadable):
        sources.unwrap(wrapped, before)


def test_a_key_service_never_hands_out_its_key_and_its_failure_is_not_ready(folder: Path) -> None:
    service = transit.Transit()
    secret(folder, "transit.token", transit.TOKEN)
    with transit.serving(service) as address:
        sources = open_sources(folder, address)
        aad = wrap_aad(sources.current_id(), "p1", 1)
        wrapped = sources.wrap(DEK, aad)
        service.broken = True
        with pytest.raises(NotReady):
            sources.unwrap(wrapped, aad)
        service.broken = False
        kept, service.keys = service.keys, {}
        with pytest.raises(NotReady):
            sources.ids()
        service.keys = kept
        assert sources.unwrap(wrapped, aad) == DEK
        assert not [path for path in service.asked if "export" in path or "rewrap" in path]
        secret(folder, "transit.token", "s.wrong")
        with pytest.raises(NotReady):
            open_sources(folder, address).unwrap(wrapped, aad)
    with pytest.raises(NotReady):
        sources.unwrap(wrapped, aad)


@pytest.mark.parametrize(
    "where",
    [
        "http://vault.example.org/v1/transit/keys/puente",
        "https://vault.example.org/v1/transit",
        "pkcs11:token=puente",
        "pkcs11:?module-path=/x.so",
        "pkcs11:token=puente?module-path=relative.so",
        "somewhere",
    ],
)
def test_a_place_that_names_nothing_is_refused_with_one_sentence(folder: Path, where: str) -> None:
    secret(folder, "transit.token", transit.TOKEN)
    with pytest.raises(KeyFilesUnsafe, match="PUENTE_KEK"):
        open_sources(folder, where)


def test_a_token_file_that_others_can_read_is_refused(folder: Path) -> None:
    secret(folder, "transit.token", transit.TOKEN)
    (folder / "transit.token").chmod(0o644)
    with pytest.raises(KeyFilesUnsafe, match="chmod 600"):
        open_sources(folder, "https://vault.example.org/v1/transit/keys/puente")


@pytest.mark.parametrize("place", ["transit", "pkcs11"])
def test_a_node_moves_from_files_to_a_key_service_while_everything_stays_readable(
    lone_pair: Pair, place: str, request: pytest.FixtureRequest
) -> None:
    node = lone_pair.pe
    person = register.register(node.services, node.caller(), somebody()).person_id
    keys = node.services.settings.key_dir
    with transit.serving(transit.Transit()) as service:
        address = request.getfixturevalue("module_token") if place == "pkcs11" else service
        secret(keys, "pkcs11.pin", "4321")
        secret(keys, "transit.token", transit.TOKEN)
        moved = build(replace(node.services.settings, kek=address), None, lone_pair.clock)
        assert record_care.read(moved, node.caller(), "Patient", person)
        job = rotation.begin(moved, OPERATOR, Wanted("kek"))
        while rotation.work(moved, job, "test") != "done":
            pass
        under = moved.keyring.under()
        assert under["kek-0001"] == 0
        moved.keyring.destroy_kek("kek-0001")
        again = build(replace(node.services.settings, kek=address), None, lone_pair.clock)
        assert record_care.read(again, node.caller(), "Patient", person)
        other = register.register(again, node.caller(), somebody()).person_id
        assert record_care.read(again, node.caller(), "Patient", other)
        assert trail.verify(again).ok
        for services in (moved, again):
            for engine in engines_of(services):
                engine.dispose()


def test_a_forked_process_uses_the_key_module_by_itself(folder: Path, module_token: str) -> None:
    """Workers fork: a session of the parent is not theirs."""
    secret(folder, "pkcs11.pin", "4321")
    sources = open_sources(folder, module_token)
    aad = wrap_aad(sources.current_id(), "p1", 1)
    wrapped = sources.wrap(DEK, aad)
    child = os.fork()
    if child == 0:
        os._exit(0 if sources.unwrap(wrapped, aad) == DEK else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert sources.unwrap(wrapped, aad) == DEK


def test_a_lost_session_of_the_key_module_is_begun_anew(folder: Path, module_token: str) -> None:
    secret(folder, "pkcs11.pin", "4321")
    sources = open_sources(folder, module_token)
    aad = wrap_aad(sources.current_id(), "p1", 1)
    wrapped = sources.wrap(DEK, aad)
    provider: Any = sources.sources[0]
    provider._session.close()
    with pytest.raises(NotReady):
        sources.unwrap(wrapped, aad)
    assert sources.unwrap(wrapped, aad) == DEK
