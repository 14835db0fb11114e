"""What a person takes now, told by several sources: one merged view that keeps all and marks conflicts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from fhir.treatment.model import Dispense, Ingredients, RegimenPeriod, Source, TreatmentRecord
from registry.domain.care.dispenses import HANDED_OVER
from registry.domain.care.eras import union
from registry.domain.care.medicines import comparable, is_antiretroviral

HISTORY_AFTER = timedelta(days=180)
"""A dispense this much older than the day asked for tells of the past, not of today (own rule)."""

_GOING_ON = frozenset({"active", "intended", "unknown"})
Disagreement = Literal["other-regimen", "stopped", "not-recognised"]


@dataclass(frozen=True)
class Claim:
    """What one source says: ingredients (None = a product nobody recognised) and whether they are taken.

    `since` is the clinical day it rests on: the last dispense, else the start told, or the end when stopped.
    """

    source: Source
    basis: Literal["dispense", "statement"]
    ingredients: Ingredients | None
    taking: bool
    since: date | None
    names: tuple[str, ...]
    is_history: bool = False


@dataclass(frozen=True)
class Conflict:
    """Two claims that do not agree; `newer` rests on the later clinical day (None = the days do not say)."""

    kind: Disagreement
    one: Claim
    other: Claim
    newer: Claim | None


@dataclass(frozen=True)
class CurrentRegimen:
    """The merged view: the claim that rests on the latest day leads, all stay, conflicts are marked."""

    claims: tuple[Claim, ...]
    conflicts: tuple[Conflict, ...]

    @property
    def leading(self) -> Claim | None:
        """Return the claim to show first."""
        return self.claims[0] if self.claims else None

    @property
    def ingredients(self) -> Ingredients:
        """Return what the leading claim says is taken; empty when stopped, unknown or nothing is told."""
        leading = self.leading
        return leading.ingredients or frozenset() if leading and leading.taking else frozenset()

    @property
    def possible(self) -> Ingredients:
        """Return everything some source says is taken now: what safety rules look at."""
        now = [claim for claim in self.claims if claim.taking and not claim.is_history]
        return union([claim.ingredients or frozenset() for claim in now]) or self.ingredients


def current(record: TreatmentRecord, on: date) -> CurrentRegimen:
    """Merge what each source says about the regimen on a local day; nothing is overwritten."""
    claims = [*_from_dispenses(record.dispenses, on), *_from_statements(record.regimens, on)]
    claims.sort(key=_freshness, reverse=True)
    pairs = [(claims[0], other) for other in claims[1:]]
    conflicts = [
        Conflict(kind, one, other, one if _day(one) > _day(other) else None)
        for one, other in pairs
        if (kind := _disagreement(one, other))
    ]
    return CurrentRegimen(tuple(claims), tuple(conflicts))


def _from_dispenses(dispenses: Iterable[Dispense], on: date) -> list[Claim]:
    """Return for each source what it handed over on its latest visit."""
    sources: dict[tuple[str, str], dict[date, list[Dispense]]] = {}
    for one in dispenses:
        ingredients = one.medicine.ingredients or frozenset()
        if one.handed_over is None or one.status not in HANDED_OVER or not is_antiretroviral(ingredients):
            continue
        if one.handed_over.earliest <= on:
            visits = sources.setdefault((one.source.kind, one.source.name), {})
            visits.setdefault(one.handed_over.earliest, []).append(one)
    return [_visit(visits, on) for visits in sources.values()]


def _visit(visits: dict[date, list[Dispense]], on: date) -> Claim:
    day, last = max(visits.items())
    return Claim(
        source=last[-1].source,
        basis="dispense",
        ingredients=union([one.medicine.ingredients or frozenset() for one in last]),
        taking=True,
        since=day,
        names=tuple(dict.fromkeys(one.medicine.concept.text for one in last)),
        is_history=day < on - HISTORY_AFTER,
    )


def _from_statements(periods: Iterable[RegimenPeriod], on: date) -> list[Claim]:
    """Return for each source the intervals that go on, or, when none does, its latest end."""
    sources: dict[tuple[str, str], list[RegimenPeriod]] = {}
    for period in periods:
        if period.start is None or period.start.earliest <= on:
            sources.setdefault((period.source.kind, period.source.name), []).append(period)
    return [claim for told in sources.values() for claim in _told(told, on)]


def _told(periods: list[RegimenPeriod], on: date) -> list[Claim]:
    """Join the separate tablets a source tells; a product nobody recognised stands alone."""
    active = [one for one in periods if _goes_on(one, on)]
    if not active:
        return [_statement([max(periods, key=lambda one: _last(one) or date.min)], taking=False)]
    known = [one for one in active if one.medicine.ingredients]
    unknown = [[one] for one in active if not one.medicine.ingredients]
    return [_statement(told, taking=True) for told in (known, *unknown) if told]


def _statement(told: list[RegimenPeriod], *, taking: bool) -> Claim:
    days = [_start(one) if taking else _last(one) for one in told]
    return Claim(
        source=told[-1].source,
        basis="statement",
        ingredients=union([one.medicine.ingredients or frozenset() for one in told]) or None,
        taking=taking,
        since=max((day for day in days if day), default=None),
        names=tuple(dict.fromkeys(one.medicine.concept.text for one in told)),
    )


def _disagreement(leading: Claim, other: Claim) -> Disagreement | None:
    """Compare the leading claim with an older one; a past that the present simply follows is no conflict."""
    if leading.taking and other.taking:
        if other.is_history:
            return None
        if leading.ingredients is None or other.ingredients is None:
            return "not-recognised"
        same = comparable(leading.ingredients) == comparable(other.ingredients)
        return None if same else "other-regimen"
    stop_is_older = leading.taking and _day(other) < _day(leading)
    if leading.taking is other.taking or leading.source.name == other.source.name or stop_is_older:
        return None
    return "stopped"


def _goes_on(period: RegimenPeriod, on: date) -> bool:
    return period.status in _GOING_ON and (period.end is None or period.end.earliest >= on)


def _start(period: RegimenPeriod) -> date | None:
    return period.start.earliest if period.start else None


def _last(period: RegimenPeriod) -> date | None:
    return period.end.earliest if period.end else _start(period)


def _day(claim: Claim) -> date:
    return claim.since or date.min


def _freshness(claim: Claim) -> tuple[date, bool, bool, float, str]:
    """Order by clinical day; dispense before statement, our own before others, later received first."""
    received = claim.source.received.timestamp() if claim.source.received else 0.0
    own = claim.source.kind == "own"
    return (_day(claim), claim.basis == "dispense", own, received, claim.source.name)
