"""Signed JSON, base64url and times have one accepted form."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.crypto.tokens.strict import (
    Malformed,
    from_base64url,
    from_instant,
    optional_text_member,
    read_object,
    text_member,
    to_base64url,
    to_instant,
    whole_member,
    write_object,
)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b"[1]",
        b'"text"',
        b"",
        b'{"a":1} x',
        b"\xef\xbb\xbf{}",
        '{"a":"ñ"}'.encode("latin-1"),
        '{"a":1}'.encode("utf-16"),
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' + b"9" * 5000 + b"}",
    ],
)
def test_json_with_two_meanings_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        read_object(data)


def test_json_object_is_written_sorted_and_read_back() -> None:
    data = write_object({"b": "ñ", "a": [1, None]})
    assert data == '{"a":[1,null],"b":"ñ"}'.encode()
    assert read_object(data) == {"a": [1, None], "b": "ñ"}


@pytest.mark.parametrize("text", ["YQ==", "YR", "Y", "YQ\n", " YQ", "Y+", "Y/", "YQ=", "ñandú", None, 7])
def test_another_spelling_of_base64url_is_refused(text: object) -> None:
    with pytest.raises(Malformed):
        from_base64url(text)


@settings(max_examples=50, database=None)
@given(st.binary(max_size=64))
def test_base64url_gives_the_bytes_back(data: bytes) -> None:
    assert from_base64url(to_base64url(data)) == data


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22",
        "2026-11-22T10:00:00",
        "2026-11-22T10:00:00+00:00",
        "2026-13-01T00:00:00Z",
        "20261122T100000Z",
        5,
    ],
)
def test_time_without_utc_or_outside_the_calendar_is_refused(text: object) -> None:
    with pytest.raises(Malformed):
        from_instant(text)


def test_time_is_written_in_utc_and_read_back() -> None:
    lima = datetime(2026, 11, 22, 7, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert to_instant(lima) == "2026-11-22T12:30:00Z"
    assert from_instant("2026-11-22T12:30:00Z") == lima
    assert from_instant("2026-11-22T12:30:00.25Z") == datetime(2026, 11, 22, 12, 30, 0, 250000, UTC)


def test_time_without_a_zone_is_not_written() -> None:
    with pytest.raises(Malformed):
        to_instant(datetime(2026, 11, 22))  # noqa: DTZ001 - the wrong value on purpose


@pytest.mark.parametrize("value", [None, 5, "", "ABC", "abc\n", ["abc"]])
def test_text_member_must_have_the_form(value: object) -> None:
    with pytest.raises(Malformed):
        text_member({"a": value}, "a", re.compile(r"[a-z]+"))


def test_optional_member_may_be_absent_but_not_wrong() -> None:
    form = re.compile(r"[a-z]+")
    assert optional_text_member({}, "a", form) is None
    assert optional_text_member({"a": "x"}, "a", form) == "x"
    with pytest.raises(Malformed):
        optional_text_member({"a": 1}, "a", form)


@pytest.mark.parametrize("value", [None, True, 1.0, -1, 2**53, "1"])
def test_whole_number_member_is_a_whole_number(value: object) -> None:
    with pytest.raises(Malformed):
        whole_member({"a": value}, "a")
    assert whole_member({"a": 2**53 - 1}, "a") == 2**53 - 1
