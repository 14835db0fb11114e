"""Register a person who arrives: several documents, check digits that warn, people who may be the same."""

import re
from dataclasses import dataclass

from config import IdentifierKind
from fhir.treatment.write import Identity, PersonDetails, PersonName, Phone, patient
from registry.domain.access import rules
from registry.domain.model import Caller
from registry.errors import BadInput
from registry.ports import Services
from registry.usecases.care.people import check_digits, person_view
from registry.usecases.care.record import care_state, write
from registry.usecases.exchange.receiving.match import identifier_tokens

SEXES = ("female", "male", "other", "unknown")
LONGEST = 120


@dataclass(frozen=True)
class NewPerson:
    """What a clinician types; identifiers are (kind key, number); the birth date may be a year or a month."""

    given: str
    family: str
    birth_date: str
    sex: str = "unknown"
    identifiers: tuple[tuple[str, str], ...] = ()
    language: str = "es"
    phone: str = ""
    origin_country: str = ""


@dataclass(frozen=True)
class Registered:
    """The new person, and what to look at: `warnings` are codes with the key they are about."""

    person_id: str
    warnings: tuple[tuple[str, str], ...]


def warnings(services: Services, caller: Caller, new: NewPerson) -> tuple[tuple[str, str], ...]:
    """Return what should be looked at before saving: odd numbers, and people who have the same document."""
    rules.check_can(caller, "write")
    found: list[tuple[str, str]] = []
    for kind, value in _kinds(services, new):
        if kind.pattern and not re.fullmatch(kind.pattern, value):
            found.append(("unusual-form", kind.key))
        elif not check_digits.right(kind.check, value):
            found.append(("check-digit", kind.key))
    with services.unit() as unit:
        tokens = identifier_tokens(services, _resource(services, new))
        if tokens:
            found += [("same-document", owner) for owner in unit.people.any_of(tokens, 5)]
    return tuple(found)


def register(services: Services, caller: Caller, new: NewPerson) -> Registered:
    """Store the person; raise BadInput naming the field that breaks a rule."""
    rules.check_can(caller, "write")
    _check(services, new)
    resource = _resource(services, new)
    write.check(services, resource)
    noted = warnings(services, caller, new)
    with services.unit() as unit:
        stored = write.create(services, unit, caller, resource)
        care_state.begin(services, unit, [(stored, resource)])
        unit.commit()
    return Registered(stored.id, noted)


def _check(services: Services, new: NewPerson) -> None:
    if not new.given.strip() and not new.family.strip():
        raise BadInput("Type at least one name.")
    if max(len(new.given), len(new.family), len(new.phone)) > LONGEST:
        raise BadInput(f"A name or phone number has at most {LONGEST} characters.")
    born = person_view.partial_date(new.birth_date) if new.birth_date else None
    if new.birth_date and (born is None or born.earliest > services.today()):
        raise BadInput(
            "The birth date is a year, a year and month, or a full date that is not in the future."
        )
    if new.sex not in SEXES:
        raise BadInput("Choose one of the values for sex.")
    known = {kind.key for kind in services.node.identifiers}
    for key, value in new.identifiers:
        if value.strip() and key not in known:
            raise BadInput("Choose the kind of each document.")
        if len(value) > LONGEST:
            raise BadInput(f"A document number has at most {LONGEST} characters.")


def _kinds(services: Services, new: NewPerson) -> list[tuple[IdentifierKind, str]]:
    found: list[tuple[IdentifierKind, str]] = []
    for key, value in new.identifiers:
        kind = services.node.identifier_kind(key)
        tidy = re.sub(r"[\s.\-]", "", value).upper()
        if kind is not None and tidy:
            found.append((kind, tidy))
    return found


def _resource(services: Services, new: NewPerson) -> dict[str, object]:
    identities = tuple(
        Identity(kind.system, value, kind.type_code, kind.names.get("es", kind.key), kind.country)
        for kind, value in _kinds(services, new)
    )
    return patient(
        PersonDetails(
            identities=identities,
            names=(PersonName(tuple(new.given.split()), father=new.family.strip()),),
            birth=person_view.partial_date(new.birth_date),
            sex=new.sex,
            phones=(Phone(new.phone.strip()),) if new.phone.strip() else (),
            languages=(new.language,) if new.language else (),
            origin_country=new.origin_country,
        )
    )
