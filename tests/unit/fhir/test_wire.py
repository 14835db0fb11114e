"""JSON in and out: numbers as written, limits before parsing, and refusals that name the rule."""

import copy
import json
import pickle
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir.wire import BadJson, Number, canonical, nesting, parse, with_identity
from tests.conftest import scale

EXAMPLES = settings(max_examples=max(60, int(5000 * scale())), deadline=None)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.sampled_from(
    ["0", "-0", "1.50", "1e2", "1E+2", "-0.0", "12345678901234567890123", "0.000000000000000001", "7", "-3"]
)


def object_of(text: str) -> bytes:
    return b'{"n":' + text.encode() + b"}"


@st.composite
def values(draw: st.DrawFn, depth: int = 3) -> str:
    """Write any JSON value as text, with members in the order of their keys."""
    kind = draw(st.integers(0, 6 if depth else 3))
    if kind == 0:
        return draw(numbers)
    if kind == 1:
        return json.dumps(draw(texts), ensure_ascii=False)
    if kind == 2:
        return draw(st.sampled_from(["true", "false", "null"]))
    if kind == 3:
        return "[]"
    if kind == 4:
        items = draw(st.lists(values(depth=depth - 1), max_size=3))
        return f"[{','.join(items)}]"
    return draw(objects(depth=depth - 1))


@st.composite
def objects(draw: st.DrawFn, depth: int = 2) -> str:
    keys = sorted(draw(st.sets(texts, max_size=3)), key=lambda key: key.encode())
    members = [f"{json.dumps(key, ensure_ascii=False)}:{draw(values(depth=depth))}" for key in keys]
    return "{" + ",".join(members) + "}"


@EXAMPLES
@given(objects())
def test_what_is_parsed_is_written_back_token_for_token(text: str) -> None:
    written = canonical(parse(text.encode()))
    assert canonical(parse(written)) == written
    assert json.loads(written, parse_float=str, parse_int=str) == json.loads(
        text, parse_float=str, parse_int=str
    )


@pytest.mark.parametrize(
    "token",
    ["1.50", "1e2", "1E-7", "-0", "0.0", "123456789012345678901234567890", "-1.0", "9007199254740993"],
)
def test_a_number_is_written_back_as_it_came(token: str) -> None:
    assert canonical(parse(object_of(token))) == object_of(token)


def test_a_number_can_be_calculated_with() -> None:
    value = parse(object_of("1.50"))["n"]
    assert isinstance(value, Decimal)
    assert value + 1 == Decimal("2.5")


def test_a_number_survives_copies_with_its_token() -> None:
    value = Number("1.50")
    for twin in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert canonical({"n": twin}) == b'{"n":1.50}'


def test_canonical_bytes_have_sorted_keys_and_no_spaces() -> None:
    assert canonical(parse(b' { "b" : 1 , "a" : { "d" : [ 1 , 2 ] , "c" : null } } ')) == (
        b'{"a":{"c":null,"d":[1,2]},"b":1}'
    )


def test_canonical_bytes_of_our_own_decimals_keep_their_digits() -> None:
    assert canonical({"n": Decimal("2.500")}) == b'{"n":2.500}'


def test_a_value_without_json_form_is_not_written() -> None:
    with pytest.raises(TypeError):
        canonical({"n": Decimal("NaN")})
    with pytest.raises(TypeError):
        canonical({"n": object()})


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "json-syntax"),
        (b"<Patient/>", "json-syntax"),
        (b'{"a":1', "json-syntax"),
        (b'{"a":01}', "json-syntax"),
        (b"[1]", "json-object"),
        (b'"text"', "json-object"),
        (b'{"a":1,"a":2}', "duplicate-key"),
        (b'{"x":{"a":1,"b":1,"a":1}}', "duplicate-key"),
        (b'{"a":NaN}', "json-number"),
        (b'{"a":-Infinity}', "json-number"),
        (b'{"a":"\xff"}', "utf-8"),
        ('{"a":1}'.encode("utf-16"), "utf-8"),
        (b'{"a":' + b"[" * 63 + b'{"b":1}' + b"]" * 63 + b"}", "depth-limit"),
        (b'{"a":"\\ud800"}', "utf-8"),
        (b'{"a":1e99999}', "number-range"),
        (b'{"a":' + b"9" * 65 + b"}", "number-range"),
        (b'{"a":' + b"[" * 64 + b"]" * 64 + b"}", "depth-limit"),
        (b'{"a":' * 100_000, "depth-limit"),
        (b"[" * 5_000_000, "depth-limit"),
        (b" " * 5_000_001, "size-limit"),
    ],
)
def test_bytes_that_are_no_acceptable_json_object_are_refused(data: bytes, rule: str) -> None:
    with pytest.raises(BadJson) as refused:
        parse(data)
    assert refused.value.issue.rule == rule
    assert refused.value.issue.severity == "fatal"


def test_a_refusal_repeats_nothing_of_the_content() -> None:
    with pytest.raises(BadJson) as refused:
        parse('{"Ana Pérez":1,"Ana Pérez":2}'.encode())
    assert "Ana" not in str(refused.value)


def test_the_deepest_allowed_nesting_is_read() -> None:
    assert parse(b'{"a":' + b"[" * 63 + b"]" * 63 + b"}")


def test_brackets_inside_texts_are_not_nesting() -> None:
    assert parse(b'{"a":"' + b'\\"[{' * 500 + b'"}')["a"].startswith('"[{')


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert parse(b'{"a":"\\ud83d\\ude00"}')["a"] == "\U0001f600"


def test_a_byte_order_mark_is_passed_over() -> None:
    assert parse(b"\xef\xbb\xbf" + b'{"a":1}') == {"a": 1}


@EXAMPLES
@given(st.integers(0, 80), st.binary(max_size=30))
def test_any_bytes_give_an_object_or_a_refusal(depth: int, noise: bytes) -> None:
    for data in (noise, b'{"a":' * depth + noise + b"}" * depth, b"[" * depth + noise):
        try:
            assert isinstance(parse(data), dict)
        except BadJson:
            continue


@EXAMPLES
@given(st.recursive(st.just([]), lambda inner: st.lists(inner, max_size=3), max_leaves=40))
def test_nesting_is_counted_as_the_parser_would(value: list[object]) -> None:
    def depth(item: object) -> int:
        return 1 + max((depth(inner) for inner in item), default=0) if isinstance(item, list) else 0

    assert nesting(json.dumps([value] * 70).encode(), 64) == min(depth(value) + 1, 65)


def test_identity_is_set_without_changing_the_original() -> None:
    resource = {"resourceType": "Patient", "id": "old", "meta": {"tag": [], "versionId": "9"}}
    made = with_identity(resource, "p1", "2", datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC))
    assert made["id"] == "p1"
    assert made["meta"] == {"tag": [], "versionId": "2", "lastUpdated": "2026-01-02T03:04:05.678+00:00"}
    assert resource["meta"] == {"tag": [], "versionId": "9"}


def test_identity_replaces_a_malformed_meta() -> None:
    made = with_identity(
        {"resourceType": "Patient", "meta": "x"}, "p1", "1", datetime(2026, 1, 2, tzinfo=UTC)
    )
    assert set(made["meta"]) == {"versionId", "lastUpdated"}


def test_nesting_beyond_the_parser_is_refused_even_when_the_caller_allows_it() -> None:
    with pytest.raises(BadJson) as refused:
        parse(b'{"a":' * 50_000 + b"1" + b"}" * 50_000, depth=100_000)
    assert refused.value.issue.rule == "depth-limit"
