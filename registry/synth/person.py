"""The Patient of a synthetic person: names, documents, birth, contact."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from config import Node
from fhir.treatment.model import FhirDate
from fhir.treatment.person import PersonDetails, PersonName, Phone
from fhir.treatment.write import patient
from fhir.wire import JsonObject
from registry.synth.documents import identities
from registry.synth.journey import Journey
from registry.synth.tables import Journeys, names

NOON = time(12, tzinfo=UTC)
_LANGUAGES = {"BR": "pt", "HT": "ht"}
_PREFIX = {"PE": "+51 9", "CO": "+57 3", "EC": "+593 9", "CL": "+56 9"}


def details(journey: Journey, today: date, node: Node, table: Journeys, rng: Random) -> PersonDetails:
    """Draw who the person of a journey is; a death may have been learned some weeks later."""
    sex = table.draw("sex", rng)
    born = _born(journey.start, table, rng)
    facility = rng.choice(node.facilities)
    died = journey.left if journey.state == "died" else None
    learned = min(today, died + timedelta(days=rng.randrange(60))) if died else None
    return PersonDetails(
        identities=tuple(identities(journey.origin, journey.through, born, node, rng)),
        names=(_name(sex, rng),),
        birth=_partial(born, table.draw("birth_precision", rng)),
        sex=sex,
        phones=(Phone(f"{_PREFIX.get(node.country, '+58 4')}{rng.randrange(10**7, 10**8)}"),),
        country=node.country,
        city=facility.region,
        languages=(_LANGUAGES.get(journey.origin, "es"),),
        origin_country=journey.origin,
        died=FhirDate(died) if died else None,
        death_known_on=datetime.combine(learned, NOON) if learned else None,
    )


def resource(found: PersonDetails) -> JsonObject:
    """Return the Patient."""
    return patient(found)


def _name(sex: str, rng: Random) -> PersonName:
    """Draw two given names and two surnames, as most people of the corridor have."""
    lists = names()
    given = lists[sex if sex in ("female", "male") else rng.choice(("female", "male"))]
    first, second = given.one(rng), given.one(rng)
    return PersonName(
        given=(first,) if first == second else (first, second),
        father=lists["surnames"].one(rng),
        mother=lists["surnames"].one(rng),
    )


def _born(start: date, table: Journeys, rng: Random) -> date:
    low, high = map(int, table.draw("age_at_start", rng).split("-"))
    age_days = rng.randrange(int(low * 365.25), int((high + 1) * 365.25))
    return start - timedelta(days=age_days)


def _partial(born: date, precision: str) -> FhirDate:
    if precision == "day":
        return FhirDate(born)
    if precision == "month":
        return FhirDate(born.replace(day=1), "month")
    return FhirDate(born.replace(month=1, day=1), "year")
