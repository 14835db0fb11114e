"""The cryptography of two built nodes as use cases see it: ports over real keys and a real trust list."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from registry.crypto.adapters.exchange import public_keys
from registry.crypto.partners import officers
from registry.crypto.partners.trust_file import TrustRefused
from registry.crypto.sealing.keys import load_node_keys
from registry.crypto.tokens.assertion import make_assertion
from registry.crypto.tokens.jwk import export_public, new_key, public_of
from registry.domain.model import SearchToken
from registry.errors import Misconfigured, NotSignedIn, NotTaken, Unreadable
from registry.ports import BlindIndex
from registry.services import build
from tests.walks.nodes import Pair, forged


def test_a_message_carries_everything_across(pair: Pair) -> None:
    sent = forged(
        pair.pe, "co", "summary", b'{"a":1.50}', seq=7, consent_digest="1" * 64, profile="urn:p",
        in_reply_to=pair.pe.services.ids.new(),
    )  # fmt: skip
    read = pair.co.services.crypto.unpack(pair.pe.services.crypto.pack("co", sent))
    assert (read.partner, read.msg_id, read.kind, read.seq) == ("pe", sent.msg_id, "summary", 7)
    assert (read.patient_ref, read.bundle) == (sent.patient_ref, b'{"a":1.50}')
    assert (read.in_reply_to, read.consent_digest) == (sent.in_reply_to, "1" * 64)
    assert read.expires - read.created == timedelta(days=7)


def test_a_message_from_another_time_is_not_taken(pair: Pair) -> None:
    data = pair.pe.services.crypto.pack("co", forged(pair.pe, "co", "summary", b"{}"))
    for days, reason, sender in ((8, "expired", "pe"), (-2, "signature", "")):
        pair.clock.by = timedelta(days=days)
        with pytest.raises(NotTaken) as refused:
            pair.co.services.crypto.unpack(data)
        assert (refused.value.reason, refused.value.sender) == (reason, sender)


def test_notes_count_only_from_the_partner_for_this_message_and_these_bytes(pair: Pair) -> None:
    msg_id, digest = pair.pe.services.ids.new(), "a" * 64
    note = pair.co.services.crypto.note(msg_id, digest)
    check = pair.pe.services.crypto.check_note
    assert check("co", note, msg_id, digest)
    assert not check("ec", note, msg_id, digest)
    assert not check("co", note, pair.pe.services.ids.new(), digest)
    assert not check("co", note, msg_id, "b" * 64)
    assert not check("co", note + "x", msg_id, digest)


def test_receipts_count_only_from_the_partner(pair: Pair) -> None:
    msg_id, digest = pair.pe.services.ids.new(), "a" * 64
    jws = pair.co.services.crypto.receipt(msg_id, "accepted", digest)
    read = pair.pe.services.crypto.check_receipt("co", jws)
    assert read[:3] == (msg_id, "accepted", digest)
    for partner, data in (("ec", jws), ("co", jws + b"x"), ("co", b"")):
        with pytest.raises(NotTaken):
            pair.pe.services.crypto.check_receipt(partner, data)
    note = pair.co.services.crypto.note(msg_id, digest).encode()
    with pytest.raises(NotTaken):
        pair.pe.services.crypto.check_receipt("co", note)


def test_what_keeps_a_partner_from_exchanging_is_told(pair: Pair) -> None:
    problem = pair.pe.services.crypto.partner_problem
    assert (problem("co"), problem("fhir-demo")) == ("", "")
    assert problem("cl") == "not in the trust list"
    pair.clock.by = timedelta(days=400)
    with pytest.raises(Misconfigured, match="expired"):
        problem("co")


def test_keys_that_are_not_in_force_any_more_are_told(pair: Pair) -> None:
    crypto: Any = pair.pe.services.crypto
    trust = crypto._trust()
    old = replace(trust, partners=tuple(replace(partner, keys=()) for partner in trust.partners))
    crypto._trust, before = (lambda: old), crypto._trust
    try:
        assert crypto.partner_problem("co") == "no signing or encryption key in force"
        assert crypto.partner_problem("fhir-demo") == "no token key in force"
        with pytest.raises(Misconfigured):
            crypto.pack("co", forged(pair.pe, "co", "summary", b"{}"))
    finally:
        crypto._trust = before


def test_an_assertion_brings_the_scopes_of_the_trust_list(pair: Pair) -> None:
    services = pair.pe.services
    now, audience = services.clock.now(), services.settings.audience
    good = make_assertion("fhir-demo", audience, pair.client_key, now)
    read = services.secrets.check_assertion(good, audience, now)
    assert (read.client_id, read.scopes) == ("fhir-demo", ("system/*.c",))
    for wrong in (
        make_assertion("fhir-demo", audience, new_key("P-384"), now),
        make_assertion("nobody", audience, pair.client_key, now),
        make_assertion("fhir-demo", "http://other.example/token", pair.client_key, now),
        make_assertion("fhir-demo", audience, pair.client_key, now - timedelta(minutes=10)),
        "",
    ):
        with pytest.raises(NotSignedIn):
            services.secrets.check_assertion(wrong, audience, now)


def test_what_was_sealed_at_one_place_opens_at_no_other(pair: Pair) -> None:
    vault = pair.pe.services.vault
    place = ("t", "row", "body", 1)
    sealed = vault.seal("somebody", place, b"plain")
    vault.prepare(["somebody", "nobody"])
    assert vault.open("somebody", place, sealed) == b"plain"
    for owner, where in (
        ("other", place),
        ("somebody", ("u", "row", "body", 1)),
        ("somebody", ("t", "other", "body", 1)),
        ("somebody", ("t", "row", "notes", 1)),
        ("somebody", ("t", "row", "body", 2)),
    ):
        with pytest.raises(Unreadable):
            vault.open(owner, where, sealed)
    with pytest.raises(Unreadable):
        pair.co.services.vault.open("somebody", place, sealed)


def names(index: BlindIndex) -> list[SearchToken]:
    return index.names("Rosa")


def documents(index: BlindIndex) -> list[SearchToken]:
    return index.identifiers("urn:x", "1")


def births(index: BlindIndex) -> list[SearchToken]:
    return index.birth_date("1991-04-12")


def test_search_tokens_are_of_this_node_only(pair: Pair) -> None:
    ours, theirs = pair.pe.services.index, pair.co.services.index
    assert {token.kind for token in ours.names("María José")} == {"word", "prefix", "sound"}
    assert len(ours.identifiers("urn:x", "1.2")) == 2
    assert len(ours.identifiers("", "1")) == 1
    assert ours.identifiers("urn:x", "12") == ours.identifiers("urn:x", "1-2")
    assert ours.birth_date("1991-04-12")
    assert ours.birth_date("1991-04") == []
    assert all(len(token.value) == 16 for token in ours.names("Rosa"))
    for make in (names, documents, births):
        assert not set(make(ours)) & set(make(theirs))


def test_checkpoints_are_this_nodes_own(pair: Pair) -> None:
    witness = pair.pe.services.witness
    root = witness.root([b"e0", b"e1"])
    text = witness.sign(2, root, pair.pe.services.clock.now())
    assert witness.check(text) == (2, root)
    assert witness.check(text.replace("2", "3", 1)) is None
    assert witness.check("nothing") is None
    assert pair.co.services.witness.check(text) is None
    assert witness.roots([b"e0", b"e1", b"e2"], {2, 9}) == {2: root}


def test_a_node_without_its_keys_or_trust_says_what_to_do(pair: Pair, tmp_path: Path) -> None:
    settings = replace(pair.pe.services.settings, key_dir=tmp_path / "keys")
    with pytest.raises(Misconfigured, match="keys"):
        build(settings)
    (tmp_path / "var").mkdir()
    crypto = build(replace(pair.pe.services.settings, var_dir=tmp_path / "var")).crypto
    with pytest.raises(Misconfigured, match="officers"):
        crypto.partner_problem("co")


def test_what_partners_pin_is_told_without_secrets(pair: Pair) -> None:
    keys = load_node_keys(pair.pe.services.settings.key_dir)
    pinned = [export_public(key) for key in public_keys(keys)]
    assert [jwk["kid"] for jwk in pinned] == [
        keys.signing.kid,
        *(k.kid for k in keys.encryption),
        keys.token.kid,
    ]
    assert not any("d" in jwk for jwk in pinned)


def test_officers_are_pinned_once_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "officers.json"
    keys = [public_of(new_key("Ed25519")) for _ in range(2)]
    with pytest.raises(TrustRefused, match="no officers file"):
        officers.read_officers(path)
    officers.pin_officers(path, keys)
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(officers.read_officers(path)) == sorted(str(key.kid) for key in keys)
    assert b'"d"' not in path.read_bytes()
    with pytest.raises(FileExistsError):
        officers.pin_officers(path, keys)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"officers": 7}',
        b'{"officers": [7]}',
        b'{"officers": [{}]}',
        b'{"officers": [{"kid": "x"}]}',
    ],
)
def test_a_damaged_officers_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "officers.json"
    path.write_bytes(content)
    with pytest.raises(TrustRefused, match="damaged"):
        officers.read_officers(path)


def test_one_officer_under_two_names_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "officers.json"
    officers.pin_officers(path, [public_of(new_key("Ed25519"))])
    listed = json.loads(path.read_bytes())
    listed["officers"].append(listed["officers"][0] | {"kid": "somebody-else"})
    path.write_text(json.dumps(listed))
    with pytest.raises(TrustRefused, match="twice"):
        officers.read_officers(path)


def test_a_folder_in_the_place_of_the_officers_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrustRefused, match="damaged"):
        officers.read_officers(tmp_path)
