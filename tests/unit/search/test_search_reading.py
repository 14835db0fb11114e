"""Parameters of a request to a Query: what is understood, what is refused, what is told and not used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir import search
from fhir.search import Include, Link, Query, Text, Token


def parsed(*pairs: tuple[str, str], of: str = "Observation") -> Query:
    return search.parse(of, pairs)


def told(query: Query) -> list[tuple[str, str, str]]:
    return [(issue.severity, issue.rule, issue.path) for issue in query.issues]


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
        (r"a\$b", [Token(None, "a$b")]),
    ],
)
def test_an_identifier_is_system_and_value_in_all_token_forms(value: str, tokens: list[Token]) -> None:
    (clause,) = parsed(("identifier", value), of="Patient").clauses
    assert clause.values == tuple(tokens)


def test_a_repeated_parameter_is_and_a_comma_is_or() -> None:
    query = parsed(("family", "Perez,Pérez"), ("given", "Ana"), ("family", "Diaz"), of="Patient")
    assert [clause.values for clause in query.clauses] == [
        (Text("Perez"), Text("Pérez")),
        (Text("Ana"),),
        (Text("Diaz"),),
    ]
    assert query.issues == ()
    assert len(query.used) == 3


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("date", "yesterday", "search-value"),
        ("date", "2026-13", "search-value"),
        ("date", "2026-02-30", "search-value"),
        ("date", "2026-01-01T25:00", "search-value"),
        ("date", "xx2026", "search-value"),
        ("date", ",", "search-value"),
        ("value-quantity", "many", "search-value"),
        ("value-quantity", "5|x", "search-value"),
        ("value-quantity", "NaN", "search-value"),
        ("value-quantity", "1e999999", "search-value"),
        ("value-quantity", "1_0", "search-value"),
        ("code-value-quantity", "2160-0", "search-value"),
        ("code-value-quantity", "2160-0$", "search-value"),
        ("identifier", "|", "search-value"),
        ("identifier:of-type", "a|b", "search-value"),
        ("status:in", "urn:nobody:knows", "search-value"),
        ("patient", "not/an/id", "search-value"),
        ("patient", "a b", "search-value"),
        ("subject:Group", "Patient/1", "search-value"),
        ("_id", "a/b", "search-value"),
        ("status:missing", "perhaps", "search-value"),
        ("code", "", "search-value"),
        ("_count", "many", "search-value"),
        ("_count", "-1", "search-value"),
        ("_total", "some", "search-value"),
        ("_summary", "short", "search-value"),
        ("code", ",".join("1" * 501), "search-value"),
        ("_sort", "date,date,date,date,date,date", "search-value"),
        ("derived-from.code", "1", "search-value"),
        ("subject:Binary.code", "1", "search-value"),
        ("value-string", "a, ", "search-value"),
        ("_has:Observation:code:patient", "1", "search-value"),
        ("_has:Nothing:patient:code", "1", "search-value"),
        ("_has:Observation", "1", "search-value"),
        ("patient.link.link.link.name", "x", "search-value"),
        ("code:exact", "1", "search-modifier"),
        ("date:exact", "2026", "search-modifier"),
        ("status:of-type", "a|b|c", "search-modifier"),
        ("value-string:wrong", "x", "search-modifier"),
        ("patient.name:above", "x", "search-modifier"),
    ],
)
def test_what_cannot_be_used_is_an_error(name: str, value: str, rule: str) -> None:
    query = parsed((name, value))
    assert [(severity, found) for severity, found, _ in told(query)] == [("error", rule)]
    assert not query.clauses
    assert not query.used


def test_a_place_beyond_the_poles_is_an_error() -> None:
    for value in ("91|0", "0|181", "0|0|-1", "0|0|1|parsec", "x|y", "1", "1|2|3|km|5"):
        assert told(parsed(("near", value), of="Location"))[0][0] == "error"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("favourite", "blue"),
        ("birthdate", "1990"),
        ("_text", "x"),
        ("_sort", "favourite"),
        ("_sort", "code-value-quantity"),
        ("_include", "Nothing:patient"),
        ("_include", "Observation:code"),
        ("_revinclude", "*"),
        ("favourite.name", "x"),
        ("patient.favourite", "x"),
        ("_has:Observation:patient:favourite", "x"),
        ("code.name", "x"),
        ("Code", "x"),
        ("_has:Observation:patient:_count", "1"),
    ],
)
def test_what_is_not_known_is_a_warning_and_is_not_used(name: str, value: str) -> None:
    query = parsed((name, value), ("code", "1"))
    assert [(severity, rule) for severity, rule, _ in told(query)] == [("warning", "search-parameter")]
    assert len(query.clauses) == 1
    assert query.used == (("code", "1"),)
    assert (query.chains, query.has, query.includes, query.sort) == ((), (), (), ())


def test_no_issue_repeats_what_was_sent() -> None:
    query = parsed(("Quispe Rosa", "x"), ("date", "Quispe"), ("a" * 300, "x"))
    assert "Quispe" not in str(query.issues)
    assert "aaaa" not in str(query.issues)


def test_a_chain_goes_on_to_the_type_of_the_reference() -> None:
    query = parsed(("patient.name", "Rosa"), ("subject:Patient.birthdate", "1990"), ("specimen.type", "x"))
    assert [(chain.parameter.name, chain.inner.type) for chain in query.chains] == [
        ("patient", "Patient"),
        ("subject", "Patient"),
        ("specimen", "Specimen"),
    ]
    (deep,) = parsed(("patient.organization.name", "Hospital")).chains
    assert deep.inner.chains[0].inner.clauses[0].values == (Text("Hospital"),)


def test_has_looks_back_through_a_reference() -> None:
    (has,) = parsed(("_has:Observation:patient:code", "1"), of="Patient").has
    assert (has.parameter.name, has.inner.type) == ("patient", "Observation")
    assert has.inner.clauses[0].values == (Token(None, "1"),)
    nested = parsed(("_has:Observation:patient:_has:DiagnosticReport:result:code", "1"), of="Patient")
    assert nested.has[0].inner.has[0].inner.type == "DiagnosticReport"


def test_order_size_and_company_are_read() -> None:
    query = parsed(
        ("_sort", "-date,code"),
        ("_count", "5"),
        ("_total", "accurate"),
        ("_include", "Observation:subject:Patient"),
        ("_include:iterate", "Patient:organization"),
        ("_revinclude", "Provenance:target"),
        ("_include", "*"),
        ("_include", "Observation:*"),
        ("_summary", "count"),
        ("_format", "json"),
    )
    assert query.issues == ()
    assert [(sort.parameter.name, sort.descending) for sort in query.sort] == [
        ("date", True),
        ("code", False),
    ]
    assert (query.count, query.total, query.only_count) == (5, "accurate", True)
    assert query.includes == (
        Include("Observation", "subject", "Patient"),
        Include("Patient", "organization", iterate=True),
        Include("Provenance", "target", reverse=True),
        Include("", ""),
        Include("Observation", ""),
    )


def test_a_page_is_never_larger_than_the_largest() -> None:
    assert parsed(("_count", "999999999")).count == search.MOST
    assert parsed(("_count", "0")).count == 0


def test_an_address_of_this_node_is_one_of_its_resources() -> None:
    setting = search.Setting(base="https://node.example/fhir")
    query = search.parse("Observation", [("subject", "https://node.example/fhir/Patient/1")], setting)
    assert query.clauses[0].values == (Link("Patient", "1"),)


def test_the_order_puts_what_has_no_value_last_and_settles_ties_by_id() -> None:
    query = parsed(("_sort", "-date,status"))
    rows = [
        {"id": "a", "status": "final"},
        {"id": "b", "effectiveDateTime": "2026-01-01", "status": "final"},
        {"id": "c", "effectiveDateTime": "2026-02-01", "status": "final"},
        {"id": "d", "effectiveDateTime": "2026-01-01", "status": "amended"},
        {"id": "e", "effectiveDateTime": "2026-01-01", "status": "final"},
    ]
    keys = [search.order.key_of(row, query) for row in rows]
    keys.sort(key=search.order.sorting(query.sort))
    assert [key[-1] for key in keys] == ["c", "d", "b", "e", "a"]


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("value-quantity", {"valueQuantity": {"value": 2}}, {"valueQuantity": {"value": 10}}),
        ("_source", {"meta": {"source": "urn:a"}}, {"meta": {"source": "urn:b"}}),
        ("subject", {"subject": {"reference": "Patient/1"}}, {"subject": {"reference": "Patient/2"}}),
        ("value-string", {"valueString": "Águila"}, {"valueString": "burro"}),
        ("code", {"code": {"text": "Ábaco"}}, {"code": {"coding": [{"code": "b"}]}}),
        ("_id", {"id": "a"}, {"id": "b"}),
    ],
)
def test_every_kind_that_can_be_sorted_is(
    name: str, first: dict[str, object], second: dict[str, object]
) -> None:
    query = parsed(("_sort", name))
    one, two = ({"id": "x", **each} for each in (first, second))
    keys = [search.order.key_of(each, query) for each in (one, two)]
    assert search.order.compare(keys[0], keys[1], query.sort) < 0
    back = parsed(("_sort", f"-{name}"))
    keys = [search.order.key_of(each, back) for each in (one, two)]
    assert search.order.compare(keys[0], keys[1], back.sort) > 0


def test_ranges_are_sorted_by_where_they_begin() -> None:
    query = parsed(("_sort", "onset-age"), of="Condition")
    ranges = [{"low": {"value": 9}}, {"low": {"value": 0}, "high": {"value": 50}}, {"high": {"value": 3}}]
    keys = [
        search.order.key_of({"id": str(place), "onsetRange": each}, query)
        for place, each in enumerate(ranges)
    ]
    keys.sort(key=search.order.sorting(query.sort))
    assert [key[-1] for key in keys] == ["1", "2", "0"]


NAMES = st.sampled_from(
    ["code", "date", "patient", "value-quantity", "_sort", "_include", "_has:Observation:patient:code",
     "patient.name", "near", "code-value-quantity", "_count", "identifier:of-type", "x"]
)  # fmt: skip


@given(st.lists(st.tuples(NAMES | st.text(max_size=12), st.text(max_size=20)), max_size=4))
def test_whatever_is_sent_becomes_a_query_or_issues(pairs: list[tuple[str, str]]) -> None:
    for kind in ("Observation", "Location", "Patient"):
        query = search.parse(kind, pairs)
        search.fits({"resourceType": kind, "id": "x"}, query)
        assert all(issue.text for issue in query.issues)
