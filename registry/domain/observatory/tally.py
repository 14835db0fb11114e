"""Exact counts per indicator and group, added person by person; nothing of a person is kept."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from config import Thresholds
from fhir.treatment.model import PersonFacts, TreatmentRecord
from registry.domain.care.contact import Variant
from registry.domain.observatory.crossings import crossings
from registry.domain.observatory.entries import treatment_start
from registry.domain.observatory.groups import (
    AGES,
    ALL,
    ORIGINS,
    SEXES,
    UNCOVERED,
    UNKNOWN,
    age_group,
    origin_group,
    sex_group,
    uncovered_band,
)
from registry.domain.observatory.indicators import Outcome, classify
from registry.domain.observatory.known import as_known
from registry.domain.observatory.periods import Period

DEFINITION = "2026.1"
LOSSES = {
    ("interrupted", "<3"): "TX_ML_IIT_LT3",
    ("interrupted", "3-5"): "TX_ML_IIT_3TO5",
    ("interrupted", "6+"): "TX_ML_IIT_6PLUS",
    ("interrupted", UNKNOWN): "TX_ML_IIT_UNKNOWN",
    ("transferred", ""): "TX_ML_TRANSFERRED",
    ("stopped", ""): "TX_ML_STOPPED",
    ("died", ""): "TX_ML_DIED",
}
BANDS = {band: f"UNCOVERED_{band.upper().replace('-', 'TO').replace('91+', '91PLUS')}" for band in UNCOVERED}
PEOPLE = ("TX_CURR", "TX_NEW", "TX_RTT", "TX_ML", *LOSSES.values())
INDICATORS = (*PEOPLE, "CROSSINGS", *BANDS.values())


@dataclass(frozen=True, order=True)
class Cell:
    """One published figure's place; `all` where a column is not broken down."""

    indicator: str
    org_unit: str = ALL
    country_origin: str = ALL
    sex: str = ALL
    age_group: str = ALL


@dataclass
class Tally:
    """Counts of one period. The tables are fixed, so that no figure's presence tells anything."""

    period: Period
    known_on: datetime | None
    org_units: tuple[str, ...]
    thresholds: Thresholds
    variant: Variant = "later-of"
    counts: Counter[Cell] = field(default_factory=Counter)

    def add(self, record: TreatmentRecord, org_unit: str) -> Outcome:
        """Count one person, and the crossings into this node that the period saw; return the outcome."""
        outcome = classify(record, self.period, self.known_on, self.thresholds, self.variant)
        known = as_known(record, self.known_on)
        unit = org_unit if org_unit in self.org_units else UNKNOWN
        for indicator in _indicators(outcome):
            start = treatment_start(known) if indicator == "TX_NEW" else None
            self._count(indicator, known.person, unit, start or self.period.end)
        for band in _crossing_bands(known, self.period, self.thresholds):
            for indicator in ("CROSSINGS", BANDS[band]):
                self._count(indicator, known.person, unit, self.period.end)
        return outcome

    def cells(self) -> Iterator[tuple[Cell, int]]:
        """Yield every figure of the fixed tables in order, zeros too."""
        for cell in sorted(grid(self.org_units)):
            yield cell, self.counts[cell]

    def _count(self, indicator: str, person: PersonFacts, unit: str, on: date) -> None:
        age, sex = age_group(person.birth_date, on), sex_group(person.sex)
        for cell in (
            Cell(indicator),
            Cell(indicator, sex=sex),
            Cell(indicator, age_group=age),
            Cell(indicator, sex=sex, age_group=age),
            Cell(indicator, country_origin=origin_group(person.origin_country)),
            Cell(indicator, org_unit=unit),
            Cell(indicator, org_unit=unit, sex=sex),
        ):
            self.counts[cell] += 1


def grid(org_units: tuple[str, ...]) -> Iterator[Cell]:
    """Yield every place of the fixed tables: total, sex, age, sex by age, origin, region, region by sex."""
    for indicator in INDICATORS:
        yield Cell(indicator)
        for sex in SEXES:
            yield Cell(indicator, sex=sex)
            for age in AGES:
                yield Cell(indicator, sex=sex, age_group=age)
        for age in AGES:
            yield Cell(indicator, age_group=age)
        for origin in ORIGINS:
            yield Cell(indicator, country_origin=origin)
        for unit in (*org_units, UNKNOWN):
            yield Cell(indicator, org_unit=unit)
            for sex in SEXES:
                yield Cell(indicator, org_unit=unit, sex=sex)


def _indicators(outcome: Outcome) -> Iterator[str]:
    if outcome.current:
        yield "TX_CURR"
    if outcome.new:
        yield "TX_NEW"
    if outcome.returned:
        yield "TX_RTT"
    if outcome.lost:
        yield "TX_ML"
        yield LOSSES[outcome.lost, outcome.band]


def _crossing_bands(record: TreatmentRecord, period: Period, thresholds: Thresholds) -> Iterator[str]:
    """Yield the band of each crossing into this node that ended in the period, or is open at its end."""
    for crossing in crossings(record, period.end, thresholds):
        is_open = crossing.arrived is None
        if crossing.inbound and (is_open or crossing.arrived in period):
            yield uncovered_band(crossing.uncovered, is_open=is_open)
