"""What holds for any dispenses, not only for the examples."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given as for_any
from hypothesis import settings
from hypothesis import strategies as st

from registry.domain.care.adherence import adherence
from registry.domain.care.continuity import supply
from tests.unit.care.facts import OWN, PARTNER, TLD, TLE, T, given

ON = date(2026, 12, 31)
FIRST = date(2026, 1, 1)
TDF_3TC = frozenset({"TDF", "3TC"})


def dated(offset: int) -> str:
    return (FIRST + timedelta(days=offset)).isoformat()


offsets = st.integers(0, 360).map(dated)
same_regimen = st.builds(given, offsets, st.integers(1, 200), st.just(TLD))
anything = st.builds(
    given,
    st.one_of(st.none(), offsets, offsets.map(lambda text: text[:7])),
    st.one_of(st.none(), st.integers(1, 200)),
    st.sampled_from([TLD, TLE, TDF_3TC, frozenset({"DTG"}), frozenset({"CAB"}), None]),
    st.sampled_from([OWN, PARTNER]),
    quantity=st.integers(1, 100),
    identifier=st.sampled_from(["", "", "", "a|1", "a|2"]),
    status=st.sampled_from(["completed", "completed", "entered-in-error"]),
)


@settings(max_examples=40)
@for_any(st.lists(same_regimen, max_size=8, unique_by=lambda one: one.handed_over), same_regimen)
def test_one_more_dispense_of_the_regimen_never_makes_it_end_earlier(dispenses, more) -> None:
    if any(more.handed_over == one.handed_over for one in dispenses):
        return
    before = supply(dispenses, ON, T).run_out
    after = supply([*dispenses, more], ON, T).run_out
    assert after is not None
    assert before is None or after >= before


@settings(max_examples=40)
@for_any(st.lists(anything, max_size=8), st.randoms(use_true_random=False))
def test_the_order_in_which_facts_arrive_does_not_matter(dispenses, random) -> None:
    shuffled = list(dispenses)
    random.shuffle(shuffled)
    one, other = supply(dispenses, ON, T), supply(shuffled, ON, T)
    assert (one.run_out, one.estimate, one.uncovered, one.regimen) == (
        other.run_out,
        other.estimate,
        other.uncovered,
        other.regimen,
    )
    assert one.by_ingredient == other.by_ingredient


@settings(max_examples=40)
@for_any(st.lists(anything, max_size=8))
def test_every_dispense_is_explained_exactly_once(dispenses) -> None:
    steps = supply(dispenses, ON, T).steps
    assert sorted(id(step.dispense) for step in steps) == sorted(id(one) for one in dispenses)
    assert all(step.why for step in steps)


@settings(max_examples=40)
@for_any(st.lists(anything, max_size=8), st.integers(0, 365))
def test_gaps_are_in_order_apart_and_inside_the_time_known(dispenses, offset) -> None:
    on = FIRST + timedelta(days=offset)
    gaps = supply(dispenses, on, T).uncovered
    assert all(gap.start <= gap.end <= on for gap in gaps)
    assert all(one.end + timedelta(days=1) < other.start for one, other in pairwise(gaps))
    assert [gap.open for gap in gaps[:-1]] == [False] * max(0, len(gaps) - 1)


@settings(max_examples=40)
@for_any(st.lists(anything, max_size=8))
def test_hearing_everything_twice_changes_nothing(dispenses) -> None:
    once, twice = supply(dispenses, ON, T), supply([*dispenses, *dispenses], ON, T)
    assert (once.run_out, once.uncovered) == (twice.run_out, twice.uncovered)


@settings(max_examples=40)
@for_any(st.lists(same_regimen, max_size=8))
def test_covered_days_never_exceed_the_window(dispenses) -> None:
    found = adherence(dispenses, FIRST, ON, T)
    assert 0 <= found.covered <= found.days
    assert found.pdc is None or 0 <= found.pdc <= 100
