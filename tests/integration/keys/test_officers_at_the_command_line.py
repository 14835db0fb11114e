"""What two officers agree to on the command line, and the keys that partners pin."""

import json
from pathlib import Path

import click
import pytest

from registry.cli.approve import approve_command
from registry.cli.erase import erase_command
from registry.cli.files import write_closed
from registry.cli.keys import keys_command
from registry.crypto.partners.officers import pin_officers
from registry.crypto.sealing.keys import load_node_keys
from registry.crypto.tokens.jwk import Key, export_private, kid_of, new_key, public_of
from registry.errors import Gone, NotAllowed, Refusal
from registry.usecases.access import trail
from registry.usecases.care.people import register
from registry.usecases.care.record import record_care
from registry.usecases.keys import inventory, rotation
from tests.integration.keys.conftest import OPERATOR, REASON, Done, run_command
from tests.walks.nodes import Pair, WalkNode, somebody, walk_node

COMMANDS: dict[str, click.Command] = {
    "approve": approve_command,
    "erase": erase_command,
    "keys": keys_command,
}


def puente(node: WalkNode, *words: str) -> Done:
    return run_command(COMMANDS[words[0]], node.demo, *words[1:])


@pytest.fixture
def officers(lone_pair: Pair, tmp_path: Path) -> tuple[Path, Path, Path]:
    """Pin two officers; give their key files, and one of somebody else."""
    keys: list[Key] = [new_key("Ed25519") for _ in range(3)]
    pinned = lone_pair.pe.services.settings.officers_file
    pinned.unlink()
    pin_officers(pinned, [public_of(key) for key in keys[:2]])
    paths = [tmp_path / f"{number}.jwk" for number in range(3)]
    for path, key in zip(paths, keys, strict=True):
        write_closed(path, export_private(key))
    return paths[0], paths[1], paths[2]


def asked(said: Done) -> str:
    assert said.returncode == 0, said.stderr
    return said.stdout.split("puente approve ")[1].split()[0]


def test_two_officers_erase_a_person(lone_pair: Pair, officers: tuple[Path, Path, Path]) -> None:
    node = lone_pair.pe
    ana, luis, nobody = map(str, officers)
    person = register.register(node.services, node.caller(), somebody()).person_id
    assert puente(node, "erase", person, "--reason", REASON).returncode == 2
    assert (
        "no pinned officer" in puente(node, "erase", person, "--reason", REASON, "--officer", nobody).stderr
    )
    assert puente(node, "erase", person, "--reason", "short", "--officer", ana).returncode == 2
    request = asked(puente(node, "erase", person, "--reason", REASON, "--officer", ana))
    assert puente(node, "erase", person, "--approval", request).returncode == 3
    assert puente(node, "approve", request, "--officer", ana).returncode == 3
    shown = puente(node, "approve", "--officer", luis).stdout
    assert all(part in shown for part in (request, person, REASON, "waits"))
    assert puente(node, "approve", request, "--officer", luis).returncode == 0
    assert "confirmed" in puente(node, "approve", "--officer", luis).stdout
    done = puente(node, "erase", person, "--approval", request)
    assert (done.returncode, "erased.jsonl" in done.stdout) == (0, True), done.stderr
    with pytest.raises(Gone):
        record_care.read(node.services, node.caller(), "Patient", person)
    assert puente(node, "erase", person, "--approval", request).returncode in (4, 5)
    assert puente(node, "erase").returncode == 2
    assert puente(node, "erase", "--finish").stdout == "Finished 0 erasures.\n"


def test_two_officers_destroy_a_wrapping_key(lone_pair: Pair, officers: tuple[Path, Path, Path]) -> None:
    node = lone_pair.pe
    ana, luis, _ = map(str, officers)
    assert puente(node, "keys", "rotate", "kek").stdout.endswith("Changed.\n")
    request = asked(puente(node, "keys", "destroy", "kek-0001", "--reason", REASON, "--officer", ana))
    assert puente(node, "keys", "destroy", "kek-0001", "--approval", request).returncode == 3
    assert puente(node, "approve", request, "--officer", luis).returncode == 0
    assert puente(node, "keys", "destroy", "kek-0001", "--approval", request).returncode == 0
    listed = puente(node, "keys", "list").stdout
    assert "kek-0002" in listed
    assert "kek-0001" not in listed


def test_two_officers_hand_out_a_copy_of_the_keys(
    lone_pair: Pair, officers: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    node, words = lone_pair.pe, "eight words that nobody else would say"
    ana, luis, _ = map(str, officers)
    keys, stick = node.services.settings.key_dir, tmp_path / "pe.keys"
    request = asked(puente(node, "keys", "ask-copy", "--reason", REASON, "--officer", ana))
    out = ("keys", "copy", str(stick), "--approval", request, "--passphrase")
    assert puente(node, *out, words).returncode == 3
    assert not stick.exists()
    assert puente(node, "approve", request, "--officer", luis).returncode == 0
    assert puente(node, *out, "short").returncode == 2
    assert puente(node, *out, words).returncode == 0
    assert puente(node, *out, words).returncode == 2
    assert stick.stat().st_mode & 0o777 == 0o600
    assert (keys / "session.key").read_bytes().strip() not in stick.read_bytes()
    back = ("keys", "bring", str(stick), "--passphrase")
    assert "never overwritten" in puente(node, *back, words).stderr
    before = {path.name: path.read_bytes() for path in keys.iterdir()}
    keys.rename(tmp_path / "lost")
    assert puente(node, *back, "not the same eight words at all").returncode == 2
    assert puente(node, *back, words).returncode == 0
    assert {path.name: path.read_bytes() for path in keys.iterdir()} == before
    assert load_node_keys(keys)
    damaged = bytearray(stick.read_bytes())
    damaged[-1] ^= 1
    stick.write_bytes(damaged)
    assert puente(node, *back, words).returncode == 2


def test_a_change_is_left_to_workers_resumed_and_refused(lone_pair: Pair) -> None:
    node = lone_pair.pe
    for words in (["--resume"], [], ["kek", "--person", "x"], ["dek", "--person", "nobody"]):
        assert puente(node, "keys", "rotate", *words).returncode in (2, 4), words
    assert "workers" in puente(node, "keys", "rotate", "index", "--grace", "0", "--background").stdout
    assert puente(node, "keys", "rotate", "kek").returncode == 5
    assert rotation.unfinished(node.services)
    assert puente(node, "keys", "rotate", "--resume").stdout.endswith("Changed.\n")
    assert not rotation.unfinished(node.services)


def test_a_new_signing_key_is_published_first_and_used_after_a_week(lone_pair: Pair) -> None:
    node = lone_pair.pe
    keys = node.services.settings.key_dir
    before = load_node_keys(keys)
    assert "signing-0002" in puente(node, "keys", "rotate", "signing").stdout
    exported = json.loads(puente(node, "keys", "export").stdout)
    assert [entry["use"] for entry in exported["keys"]] == ["sig", "enc", "token", "sig"]
    assert load_node_keys(keys).signing == before.signing
    assert puente(node, "keys", "rotate", "signing").returncode == 5
    early = puente(node, "keys", "promote", "signing")
    assert (early.returncode, "7 days" in early.stderr) == (5, True)
    assert puente(node, "keys", "promote", "token").returncode == 4
    assert puente(node, "keys", "promote", "signing", "--at-once").returncode == 0
    after = load_node_keys(keys)
    assert kid_of(after.signing) == exported["keys"][-1]["jwk"]["kid"]
    assert puente(node, "keys", "retire", "signing-0002").returncode == 5
    assert puente(node, "keys", "retire", "signing-0009").returncode == 4
    assert puente(node, "keys", "retire", "signing-0001").returncode == 0
    assert not (keys / "signing-0001.jwk").exists()
    lone_pair.clock.by += inventory.PUBLISHED
    inventory.add(node.services, OPERATOR, "token")
    assert inventory.promote(node.services, OPERATOR, "token") == "token-0002"


def test_messages_to_a_coming_and_to_an_old_encryption_key_open(lone_pair: Pair) -> None:
    keys = lone_pair.pe.services.settings.key_dir
    assert puente(lone_pair.pe, "keys", "rotate", "encryption").returncode == 0
    kids = [kid_of(key) for key in load_node_keys(keys).encryption]
    assert len(kids) == 2
    assert puente(lone_pair.pe, "keys", "promote", "encryption", "--at-once").returncode == 0
    assert [kid_of(key) for key in load_node_keys(keys).encryption] == kids


def test_checkpoints_of_an_old_key_stay_valid(lone_pair: Pair) -> None:
    node = lone_pair.pe
    register.register(node.services, node.caller(), somebody())
    trail.chain(node.services)
    assert trail.checkpoint(node.services, force=True)
    assert puente(node, "keys", "rotate", "checkpoint").returncode == 0
    assert puente(node, "keys", "promote", "checkpoint").returncode == 0
    assert puente(node, "keys", "retire", "checkpoint-0001").returncode == 5
    again = walk_node(node.demo, None, lone_pair.clock)
    register.register(again.services, node.caller(), somebody())
    trail.chain(again.services)
    assert trail.checkpoint(again.services, force=True)
    verdict = trail.verify(again.services)
    assert (verdict.ok, verdict.checkpoints) == (True, 2)
    again.close()


def test_only_those_who_look_after_keys_may(lone_pair: Pair) -> None:
    node = lone_pair.pe
    for act in (
        lambda: inventory.facts(node.services, node.caller()),
        lambda: inventory.add(node.services, node.caller(), "signing"),
        lambda: inventory.promote(node.services, node.caller(), "signing"),
        lambda: inventory.retire(node.services, node.caller(), "signing-0001"),
        lambda: rotation.begin(node.services, node.caller("privacy"), rotation.Wanted("kek")),
    ):
        with pytest.raises(NotAllowed):
            act()
    with pytest.raises(Refusal):
        inventory.add(node.services, OPERATOR, "session")
