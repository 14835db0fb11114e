"""Who of this registry a partner may mean, for a person to decide: what agrees and what does not."""

from dataclasses import dataclass

from fhir import wire
from fhir.treatment.model import FhirDate
from registry.domain.model import Person, SearchToken
from registry.ports import Services, Unit
from registry.usecases.care.people import lookup, person_view
from registry.usecases.care.record import sealing
from registry.usecases.exchange.receiving import likeness
from registry.usecases.exchange.receiving.likeness import Agreement
from registry.usecases.exchange.receiving.match import identifier_tokens

MOST_LOOKED_AT = 200
MOST_SHOWN = 20


@dataclass(frozen=True)
class Compared:
    """How two Patients agree on each thing; for documents `other` means that none is shared."""

    document: Agreement
    name: Agreement
    birth_date: Agreement
    sex: Agreement

    @property
    def weight(self) -> int:
        """Return how much speaks for its being one person, for the order of a list."""
        said = ((self.document, 4), (self.birth_date, 3), (self.name, 2), (self.sex, 1))
        return sum(weight if how == "same" else -weight if how == "other" else 0 for how, weight in said)


@dataclass(frozen=True)
class Candidate:
    """One confirmed person of this registry who may be meant; identifiers are masked."""

    person_id: str
    name: str
    birth_date: FhirDate | None
    sex: str
    identifiers: tuple[tuple[str, str], ...]
    compared: Compared


def find(services: Services, unit: Unit, patient: wire.JsonObject, language: str) -> list[Candidate]:
    """Return confirmed people who share a document with a received Patient, or name and birth date."""
    name = person_view.full_name(patient)
    words = [word for word in lookup.fold(name).split() if len(word) > 1]
    days = services.index.birth_date(str(patient.get("birthDate", "")))
    by_name = lookup.by_words(services, unit, words, days) if words and days else []
    tokens = identifier_tokens(services, patient)
    by_document = unit.people.any_of(tokens, MOST_LOOKED_AT) if tokens else []
    owners = list(dict.fromkeys([*by_document, *by_name]))[:MOST_LOOKED_AT]
    found = [one for owner in owners if (one := _candidate(services, unit, owner, patient, language))]
    return sorted(found, key=lambda one: (-one.compared.weight, one.name, one.person_id))[:MOST_SHOWN]


def _candidate(
    services: Services, unit: Unit, owner: str, patient: wire.JsonObject, language: str
) -> Candidate | None:
    row, person = unit.records.current("Patient", owner), unit.people.get(owner)
    if row is None or row.deleted or person is None or person.provisional:
        return None
    ours = wire.parse(sealing.open_resource(services, row).body)
    compared = compare(services, ours, patient)
    # A token alone may have been moved: the opened record decides who is shown.
    if compared.document != "same" and (compared.name, compared.birth_date) != ("same", "same"):
        return None
    return _shown(services, person, ours, compared, language)


def _shown(
    services: Services, person: Person, ours: wire.JsonObject, compared: Compared, language: str
) -> Candidate:
    return Candidate(
        person_id=person.id,
        name=person_view.full_name(ours),
        birth_date=person_view.partial_date(ours.get("birthDate")),
        sex=str(ours.get("gender", "unknown")),
        identifiers=person_view.identifiers(services, ours, language, masked=True),
        compared=compared,
    )


def compare(services: Services, ours: wire.JsonObject, theirs: wire.JsonObject) -> Compared:
    """Return how two Patients agree."""
    known, told = (set(identifier_tokens(services, each)) for each in (ours, theirs))
    return Compared(
        document=_of_documents(known, told),
        name=likeness.of_name(services, ours, theirs),
        birth_date=likeness.of_birth(ours, theirs),
        sex=likeness.of_sex(ours, theirs),
    )


def _of_documents(known: set[SearchToken], told: set[SearchToken]) -> Agreement:
    if not known or not told:
        return "unknown"
    return "same" if known & told else "other"
