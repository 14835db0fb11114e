"""Regimens, dispenses and appointments of a synthetic person as FHIR resources."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, time
from decimal import Decimal
from functools import cache
from random import Random
from uuid import UUID

from config import Node
from fhir.treatment.model import (
    Coding,
    Concept,
    Contact,
    Dispense,
    Episode,
    FhirDate,
    Medicine,
    RegimenPeriod,
    Source,
)
from fhir.treatment.systems import LOINC
from fhir.treatment.write import About, appointment, dispense, episode, medicine_of, regimen, visit
from fhir.wire import JsonObject
from registry.synth.journey import DAY, Journey, Pickup
from registry.synth.tables import Journeys

NOON = time(12, tzinfo=UTC)
_TABLETS = {frozenset({"LPV", "RTV"}): 4, frozenset({"AZT", "3TC"}): 2}
_NEW_DRUG = Concept("Nuevo medicamento disponible", (Coding(LOINC, "LA6533-9"),))
_OWN_CHOICE = Concept("Decisión propia")


@dataclass(frozen=True)
class Setting:
    """What every resource of one person needs: the node, the tables, the person's own random numbers."""

    node: Node
    table: Journeys
    rng: Random
    about: About

    @property
    def own(self) -> Source:
        """Return the node as the source of what it recorded."""
        return Source("own", self.node.code)

    def new_id(self) -> str:
        """Draw an identifier."""
        return str(UUID(int=self.rng.getrandbits(128), version=4))


@cache
def medicine(ingredients: frozenset[str]) -> Medicine:
    """Return the medicine of a set of ingredients; there are few, and they are made for every dispense."""
    return medicine_of(ingredients)


def products(regimen_name: str) -> list[frozenset[str]]:
    """Return the products of a regimen of journeys.toml: `|` between tablets, `+` between ingredients."""
    return [frozenset(product.split("+")) for product in regimen_name.split("|")]


def enrolment(journey: Journey, setting: Setting) -> JsonObject:
    """Return the EpisodeOfCare with the original start of treatment, or the fact that nobody knows it."""
    ended = journey.left is not None
    found = Episode(
        status="finished" if ended else "active",
        source=setting.own,
        start=FhirDate(journey.arrival),
        end=FhirDate(journey.left) if journey.left else None,
        organization=setting.node.name,
    )
    entered = {"with-records": "records", "without-records": "no-records"}
    came = entered.get(journey.kind, "") if journey.stopped_abroad else ""
    start = None if came == "no-records" else FhirDate(journey.start)
    return episode(found, setting.about, start, came)


def statements(journey: Journey, taken: str, setting: Setting) -> Iterator[JsonObject]:
    """Yield the present regimen, and an earlier one that was left abroad or replaced."""
    earlier = setting.table.draw("earlier_regimen", setting.rng)
    if journey.stopped_abroad:
        told = taken if earlier == "none" else earlier
        start = FhirDate(journey.start.replace(month=1, day=1), "year")
        yield _statement(told, start, FhirDate(journey.stopped_abroad), "completed", setting)
    elif earlier != "none" and (journey.arrival - journey.start).days > 400:
        change = journey.start + (journey.arrival - journey.start) // 2
        replaced = FhirDate(journey.start), FhirDate(change)
        yield _statement(earlier, *replaced, "completed", setting, _NEW_DRUG)
    since = FhirDate(journey.arrival if journey.stopped_abroad else journey.start)
    if journey.left is None:
        yield _statement(taken, since, None, "active", setting)
    else:
        stopped = journey.state == "stopped"
        status, reason = ("stopped", _OWN_CHOICE) if stopped else ("completed", None)
        yield _statement(taken, since, FhirDate(journey.left), status, setting, reason)


def dispenses(journey: Journey, taken: str, setting: Setting) -> Iterator[JsonObject]:
    """Yield one MedicationDispense for each product of each visit."""
    for pickup in journey.pickups:
        for product in products(taken):
            yield dispense(_given(pickup, product, setting), setting.about)


def contacts(journey: Journey, setting: Setting) -> Iterator[JsonObject]:
    """Yield the last visit and the next appointment: booked, or missed by those who did not come."""
    last = journey.pickups[-1]
    if setting.rng.random() < 0.5:
        yield visit(Contact("visit", FhirDate(last.day), "finished", setting.own), setting.about)
    if journey.left is None:
        planned = max(last.day + DAY, journey.run_out - setting.rng.randrange(2, 8) * DAY)
        missed = journey.state in ("late", "lost")
        booked = Contact("appointment", FhirDate(planned), "noshow" if missed else "booked", setting.own)
        yield appointment(booked, setting.about)


def _given(pickup: Pickup, product: frozenset[str], setting: Setting) -> Dispense:
    a_day = _TABLETS.get(product, 1)
    counted = setting.table.percent("counted_percent", setting.rng)
    return Dispense(
        handed_over=FhirDate(pickup.day),
        medicine=medicine(product),
        source=setting.own,
        identifier=f"{setting.node.identifier_base}:dispense|{setting.new_id()}",
        quantity=Decimal(pickup.days * a_day),
        days=pickup.days,
        daily_dose=Decimal(a_day),
        pills_left=Decimal(setting.rng.randrange(10)) if counted else None,
        next_pickup=pickup.day + max(1, pickup.days - 3) * DAY,
    )


def _statement(
    taken: str,
    start: FhirDate,
    end: FhirDate | None,
    status: str,
    setting: Setting,
    reason: Concept | None = None,
) -> JsonObject:
    every = frozenset[str]().union(*products(taken))
    period = RegimenPeriod(medicine(every), setting.own, status, start, end, "", reason)
    return regimen(period, setting.about)
