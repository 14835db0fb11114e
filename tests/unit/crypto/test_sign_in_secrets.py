"""Passwords and one-time codes."""

import statistics
import time
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from registry.crypto.people.passwords import Argon2Cost, Passwords
from registry.crypto.people.totp import find_step, new_secret, provisioning_uri

CHEAP = Passwords(Argon2Cost(memory_kib=64, passes=1))
NOW = datetime(2026, 11, 22, 12, 0, 10, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30


def test_only_the_right_password_is_accepted() -> None:
    stored = CHEAP.hash("una frase larga y tranquila")
    assert stored.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert CHEAP.verify(stored, "una frase larga y tranquila")
    assert not CHEAP.verify(stored, "una frase larga y tranquilo")
    assert CHEAP.hash("x") != CHEAP.hash("x")


def test_the_same_characters_from_another_keyboard_are_the_same_password() -> None:
    assert CHEAP.verify(CHEAP.hash("contrasen\u0303a"), "contrase\u00f1a")


def test_an_unknown_user_or_a_damaged_hash_is_refused() -> None:
    assert not CHEAP.verify(None, "x")
    assert not CHEAP.verify("", "x")
    assert not CHEAP.verify("not a hash", "x")


def test_a_password_that_is_too_long_is_refused() -> None:
    stored = CHEAP.hash("x" * 256)
    assert CHEAP.verify(stored, "x" * 256)
    assert not CHEAP.verify(stored, "x" * 257)
    with pytest.raises(ValueError, match="256"):
        CHEAP.hash("x" * 257)


def test_half_a_character_is_a_wrong_password_and_not_an_error() -> None:
    assert not CHEAP.verify(CHEAP.hash("x"), "\ud800")


def test_a_hash_at_another_cost_is_outdated() -> None:
    stored = CHEAP.hash("x")
    assert not CHEAP.outdated(stored)
    assert Passwords().outdated(stored)


def test_an_unknown_user_costs_as_much_as_a_known_one() -> None:
    passwords = Passwords(Argon2Cost(memory_kib=8 * 1024, passes=1))
    stored = passwords.hash("right")

    def cost(known: str | None) -> float:
        started = time.process_time()
        passwords.verify(known, "wrong")
        return time.process_time() - started

    known = statistics.median(cost(stored) for _ in range(7))
    unknown = statistics.median(cost(None) for _ in range(7))
    assert 0.5 < unknown / known < 2


def test_the_code_of_now_and_its_neighbours_are_accepted() -> None:
    secret = new_secret()
    for offset in (-1, 0, 1):
        code = pyotp.TOTP(secret).at(NOW + timedelta(seconds=30 * offset))
        assert find_step(secret, f" {code[:3]} {code[3:]}", NOW) == STEP + offset


def test_older_later_and_wrong_codes_are_refused() -> None:
    secret = new_secret()
    near = {pyotp.TOTP(secret).at(NOW + timedelta(seconds=30 * offset)) for offset in (-1, 0, 1)}
    far = [pyotp.TOTP(secret).at(NOW + timedelta(seconds=30 * offset)) for offset in (-3, -2, 2, 3)]
    wrong = [*(code for code in far if code not in near), "", "12345", "abcdef", "١٢٣٤٥٦", "\ud800"]
    assert [find_step(secret, code, NOW) for code in wrong] == [None] * len(wrong)


def test_a_code_is_accepted_once() -> None:
    secret = new_secret()
    code = pyotp.TOTP(secret).at(NOW)
    used = find_step(secret, code, NOW, last_step=STEP - 1)
    assert used == STEP
    assert find_step(secret, code, NOW, last_step=used) is None


def test_known_answer_of_the_standard() -> None:
    # RFC 6238 appendix B, SHA-1, time 59 s: 94287082, of which six digits
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert find_step(secret, "287082", datetime.fromtimestamp(59, UTC)) == 1


def test_the_address_for_the_app_is_neutral() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert provisioning_uri(secret, "rosa", "Puente") == (
        f"otpauth://totp/Puente:rosa?secret={secret}&issuer=Puente"
    )
