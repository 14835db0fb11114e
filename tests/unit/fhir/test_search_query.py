"""Patient search parameters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir.search import Birth, Name, Query, Token, parse, refusal
from tests.conftest import scale


def rules(query: Query) -> list[str]:
    return [issue.rule for issue in query.issues]


@pytest.mark.parametrize(
    ("value", "tokens"),
    [
        ("urn:x|123", [Token("urn:x", "123")]),
        ("123", [Token(None, "123")]),
        ("|123", [Token("", "123")]),
        ("urn:x|", [Token("urn:x", "")]),
        ("urn:x|1,urn:y|2", [Token("urn:x", "1"), Token("urn:y", "2")]),
        (r"urn:x|a\|b", [Token("urn:x", "a|b")]),
        (r"urn:x|a\,b", [Token("urn:x", "a,b")]),
        (r"a\\b", [Token(None, r"a\b")]),
    ],
)
def test_an_identifier_is_system_and_value_in_all_token_forms(value: str, tokens: list[Token]) -> None:
    assert parse([("identifier", value)]).identifiers == (tuple(tokens),)


def test_a_repeated_parameter_is_and_a_comma_is_or() -> None:
    query = parse([("family", "Perez,Pérez"), ("given", "Ana"), ("identifier", "1"), ("identifier", "2")])
    assert query.names == ((Name("family", "Perez"), Name("family", "Pérez")), (Name("given", "Ana"),))
    assert len(query.identifiers) == 2
    assert query.issues == ()


def test_exact_keeps_case_and_accents_and_other_modifiers_are_refused() -> None:
    assert parse([("family:exact", "Pérez")]).names == ((Name("family", "Pérez", exact=True),),)
    query = parse([("family:contains", "er")])
    assert rules(query) == ["search-modifier"]
    assert query.names == ()


@pytest.mark.parametrize(
    ("value", "births"),
    [
        ("1990-02-03", [Birth("eq", "1990-02-03")]),
        ("eq1990-02-03", [Birth("eq", "1990-02-03")]),
        ("ge1990", [Birth("ge", "1990")]),
        ("1990-02,1991-02", [Birth("eq", "1990-02"), Birth("eq", "1991-02")]),
    ],
)
def test_a_birth_date_has_a_prefix_and_a_precision(value: str, births: list[Birth]) -> None:
    assert parse([("birthdate", value)]).births == (tuple(births),)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("birthdate", "03/02/1990"),
        ("birthdate", "1990-13"),
        ("birthdate", "xx1990"),
        ("_id", "a b"),
        ("_id", "a" * 65),
        ("_count", "many"),
        ("_count", "-1"),
        ("_count", "²"),
        ("identifier", "|"),
        ("identifier", ","),
        ("name", " , "),
        ("family", ""),
    ],
)
def test_a_value_that_cannot_be_read_is_an_error_and_is_not_repeated(name: str, value: str) -> None:
    query = parse([(name, value)])
    assert rules(query) == ["search-value"]
    assert query.issues[0].severity == "error"
    assert len(value) < 2 or value not in query.issues[0].text


def test_an_unknown_parameter_is_a_warning_that_names_it() -> None:
    query = parse([("eye-colour", "blue"), ("identifier", "1")])
    assert [(issue.severity, issue.path) for issue in query.issues] == [("warning", "Patient?eye-colour")]


def test_a_parameter_name_that_could_be_anything_is_not_repeated() -> None:
    assert "Ana Pérez" not in repr(parse([("Ana Pérez", "x")]).issues)


def test_the_page_size_is_capped() -> None:
    assert parse([("_count", "5")]).count == 5
    assert parse([("_count", "1000")]).count == 200
    assert parse([]).count == 20


def test_parameters_that_shape_the_answer_are_left_to_the_caller() -> None:
    assert parse([("_format", "json"), ("_pretty", "true")]) == Query()


@pytest.mark.parametrize(
    "parameters",
    [
        [],
        [("birthdate", "1990")],
        [("birthdate", "ge1990-01-01")],
        [("birthdate", "1990-01-01,1990")],
        [("identifier", "urn:x|")],
        [("identifier", "urn:x|1,urn:x|")],
        [("_count", "10")],
        [("gender", "female")],
    ],
)
def test_a_search_that_would_open_every_record_is_refused(parameters: list[tuple[str, str]]) -> None:
    refused = refusal(parse(parameters))
    assert refused is not None
    assert refused.code == "too-costly"
    assert "identifier" in refused.text


@pytest.mark.parametrize(
    "parameters",
    [
        [("identifier", "1")],
        [("family", "Perez")],
        [("birthdate", "1990-01-01")],
        [("_id", "p1")],
        [("birthdate", "1990"), ("name", "Ana")],
    ],
)
def test_a_search_the_index_can_answer_is_allowed(parameters: list[tuple[str, str]]) -> None:
    assert refusal(parse(parameters)) is None


@settings(max_examples=max(60, int(5000 * scale())), deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["identifier", "_id", "name", "birthdate", "_count", "x"]), st.text()))
)
def test_any_parameters_give_a_query(parameters: list[tuple[str, str]]) -> None:
    query = parse(parameters)
    assert 0 <= query.count <= 200
    refusal(query)
