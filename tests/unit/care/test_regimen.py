"""The merged view of what a person takes, and where sources do not agree."""

from dataclasses import replace

from fhir.treatment.model import TreatmentRecord
from registry.domain.care.regimen import CurrentRegimen, current
from tests.unit.care.facts import OWN, PARTNER, TLD, TLE, day, given, taking

ON = day("2026-03-01")
TDF_3TC = frozenset({"TDF", "3TC"})


def merged(*, dispenses=(), regimens=()) -> CurrentRegimen:
    return current(TreatmentRecord(dispenses=tuple(dispenses), regimens=tuple(regimens)), ON)


def test_nothing_told_is_an_empty_view() -> None:
    found = merged()
    assert found == CurrentRegimen((), ())
    assert found.leading is None
    assert (found.ingredients, found.possible) == (frozenset(), frozenset())


def test_sources_that_agree_make_no_conflict() -> None:
    found = merged(
        dispenses=[
            given("2026-02-01", 30),
            given("2026-01-01", 30, frozenset({"TDF", "FTC", "DTG"}), PARTNER),
        ],
        regimens=[taking(TLD, "2023-05", source=PARTNER)],
    )
    assert (found.ingredients, found.conflicts, len(found.claims)) == (TLD, (), 3)
    assert found.leading is not None
    assert (found.leading.source, found.leading.basis) == (OWN, "dispense")


def test_two_sources_that_disagree_are_both_kept_and_the_newer_one_is_named() -> None:
    found = merged(dispenses=[given("2026-02-01", 30)], regimens=[taking(TLE, "2024-01-01", source=PARTNER)])
    (conflict,) = found.conflicts
    assert conflict.kind == "other-regimen"
    assert conflict.newer is found.leading
    assert {conflict.one.ingredients, conflict.other.ingredients} == {TLD, TLE}
    assert found.ingredients == TLD
    assert found.possible == TLD | TLE


def test_days_that_do_not_say_leave_the_newer_one_open() -> None:
    found = merged(regimens=[taking(TLD), taking(TLE, source=PARTNER)])
    assert found.conflicts[0].newer is None


def test_an_old_dispense_elsewhere_is_history_and_no_conflict() -> None:
    found = merged(dispenses=[given("2025-06-01", 30, TLE, PARTNER), given("2026-02-01", 30)])
    assert found.conflicts == ()
    assert found.possible == TLD
    alone = merged(dispenses=[given("2025-06-01", 30, TLE, PARTNER)])
    assert alone.possible == TLE


def test_separate_tablets_of_one_source_are_one_regimen() -> None:
    by_statement = merged(regimens=[taking(TDF_3TC, "2025-01-01"), taking(frozenset({"DTG"}), "2025-02-01")])
    assert by_statement.ingredients == TLD
    by_visit = merged(
        dispenses=[given("2026-01-01", 30, TDF_3TC), given("2026-01-01", 30, frozenset({"DTG"}))]
    )
    assert by_visit.ingredients == TLD


def test_a_product_nobody_recognises_is_shown_beside_the_others() -> None:
    found = merged(regimens=[taking(TLD, "2025-01-01"), taking(None, "2026-01-01", source=PARTNER)])
    assert found.conflicts[0].kind == "not-recognised"
    assert found.ingredients == frozenset()
    assert found.possible == TLD
    assert found.leading is not None
    assert found.leading.names == ("?",)


def test_a_stop_told_elsewhere_after_our_dispense_is_a_conflict() -> None:
    stop = taking(TLD, "2024-01-01", "2026-02-20", "stopped", PARTNER)
    found = merged(dispenses=[given("2026-02-01", 30)], regimens=[stop])
    assert found.conflicts[0].kind == "stopped"
    assert found.ingredients == frozenset()
    assert found.possible == TLD


def test_an_end_followed_by_a_dispense_is_no_conflict() -> None:
    ended = taking(TLD, "2024-01-01", "2026-01-20", "completed", PARTNER)
    assert merged(dispenses=[given("2026-02-01", 30)], regimens=[ended]).conflicts == ()
    same_source = merged(dispenses=[given("2026-01-01", 30, source=PARTNER)], regimens=[ended])
    assert same_source.conflicts == ()
    assert same_source.leading is not None
    assert not same_source.leading.taking


def test_two_sources_that_both_tell_of_a_stop_agree() -> None:
    stops = [taking(TLD, "2024-01-01", status="stopped", source=source) for source in (OWN, PARTNER)]
    assert merged(regimens=stops).conflicts == ()


def test_an_interval_that_has_not_begun_or_has_ended_is_not_taken_now() -> None:
    assert merged(regimens=[taking(TLD, "2026-04-01")]).claims == ()
    ended = merged(regimens=[taking(TLD, "2025-01-01", "2026-02-01")])
    assert ended.ingredients == frozenset()


def test_dispenses_that_do_not_count_say_nothing_about_the_regimen() -> None:
    found = merged(
        dispenses=[
            given("2026-02-01", 30, status="entered-in-error"),
            given("2026-04-01", 30),
            given(None, 30),
            given("2026-02-01", 30, frozenset({"CTX"})),
        ]
    )
    assert found.claims == ()


def test_several_summaries_of_one_partner_are_one_source() -> None:
    older = replace(PARTNER, received=None)
    found = merged(
        regimens=[
            taking(TLE, "2024-01-01", "2025-01-01", "completed", older),
            taking(TLD, "2025-01-01", source=PARTNER),
        ]
    )
    assert len(found.claims) == 1
    assert found.ingredients == TLD
