"""A stream of synthetic people: each depends on the seed and its own number only, so none has to be kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from uuid import NAMESPACE_URL, UUID, uuid5

from config import Node
from fhir.treatment.person import PersonDetails
from fhir.treatment.write import About
from fhir.wire import JsonObject
from registry.domain.care.ages import years
from registry.synth import clinical, moves, treatment
from registry.synth import person as identity
from registry.synth.journey import Journey, plan
from registry.synth.tables import journeys
from registry.synth.treatment import Setting


@dataclass(frozen=True)
class SyntheticPerson:
    """One person: the Patient comes first, the others refer to it as `urn:uuid:<id>`."""

    id: UUID
    resources: tuple[JsonObject, ...]

    def url(self, place: int) -> str:
        """Return the address of the resource at a place of `resources`."""
        return (self.id if place == 0 else uuid5(self.id, str(place))).urn


def people(number: int, seed: int, today: date, node: Node) -> Iterator[SyntheticPerson]:
    """Yield people of a node as they stand on a local day; equal arguments give equal people."""
    return (one(index, seed, today, node) for index in range(number))


def one(index: int, seed: int, today: date, node: Node) -> SyntheticPerson:
    """Return one person of the stream."""
    table = journeys()
    name = f"{node.code}:{seed}:{index}"
    rng = Random(name)  # noqa: S311 - invented people, nothing secret
    person_id = uuid5(NAMESPACE_URL, f"urn:puente:synthetic:{name}")
    origin = table.origins.get(node.country, table.origins["other"]).one(rng)
    journey = plan(origin, node.country, today, table, rng)
    facility = rng.choice(node.facilities)
    about = About(person_id.urn, place=facility.id, place_name=facility.name)
    setting = Setting(node, table, rng, about)
    return SyntheticPerson(person_id, tuple(_resources(journey, today, setting, person_id)))


def bundle(person: SyntheticPerson, keep_ids: bool = False) -> JsonObject:
    """Return the transaction Bundle that creates a person (https://hl7.org/fhir/R4/http.html#transaction).

    With `keep_ids` the person and every resource are stored under their own ids, so that a second time
    nobody is stored twice.
    """
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            _kept(resource, person.url(place)) if keep_ids else _new(resource, person.url(place))
            for place, resource in enumerate(person.resources)
        ],
    }


def _new(resource: JsonObject, url: str) -> JsonObject:
    request = {"method": "POST", "url": resource["resourceType"]}
    return {"fullUrl": url, "resource": resource, "request": request}


def _kept(resource: JsonObject, url: str) -> JsonObject:
    own_id = str(UUID(url))
    request = {"method": "PUT", "url": f"{resource['resourceType']}/{own_id}"}
    return {"fullUrl": url, "resource": {**resource, "id": own_id}, "request": request}


def _resources(journey: Journey, today: date, setting: Setting, person_id: UUID) -> list[JsonObject]:
    found = identity.details(journey, today, setting.node, setting.table, setting.rng)
    taken = _regimen(found, today, setting)
    listed = [identity.resource(found), treatment.enrolment(journey, setting)]
    listed += clinical.diagnosis(journey, setting)
    listed += treatment.statements(journey, taken, setting)
    listed += treatment.dispenses(journey, taken, setting)
    listed += clinical.results(journey, today, setting)
    listed += clinical.warnings(setting)
    listed += clinical.illnesses(journey, today, setting, fertile=_may_be_pregnant(found, today))
    listed += clinical.vaccines(journey, today, setting)
    listed += treatment.contacts(journey, setting)
    order_url = uuid5(person_id, str(len(listed))).urn
    return [*listed, *moves.transfers(journey, setting, order_url)]


def _regimen(found: PersonDetails, today: date, setting: Setting) -> str:
    """Draw a regimen; children take the one of their age (care reference, 3 to 9 years)."""
    child = found.birth is not None and years(found.birth.earliest, today) < 10
    return "ABC+3TC|DTG" if child else setting.table.draw("regimen", setting.rng)


def _may_be_pregnant(found: PersonDetails, today: date) -> bool:
    return (
        found.sex == "female" and found.birth is not None and 15 <= years(found.birth.earliest, today) <= 45
    )
