"""Patient to what treatment needs of the person, and to the details a page or a match needs.

Sources: https://hl7.org/fhir/R4/patient.html, https://hl7.org/fhir/R4/extension-humanname-fathers-family.html
"""

from datetime import datetime

from fhir.treatment.fields import (
    codings,
    concept,
    extension,
    extensions,
    fhir_date,
    instant,
    known_on,
    many,
    one,
    text,
)
from fhir.treatment.model import PersonFacts
from fhir.treatment.person import Identity, PersonDetails, PersonName, Phone
from fhir.treatment.read.context import Context
from fhir.treatment.systems import (
    CITIZENSHIP,
    COUNTRY,
    FATHERS_FAMILY,
    KNOWN_ON,
    MOTHERS_FAMILY,
    ORIGIN_COUNTRY,
)
from fhir.wire import JsonObject

_SEXES = ("male", "female", "other", "unknown")


def person(resource: JsonObject, context: Context) -> tuple[PersonFacts, ...]:
    """Return birth, sex, death and country of origin; a death without a day is still a death."""
    died = fhir_date(resource.get("deceasedDateTime"))
    deceased = died is not None or resource.get("deceasedBoolean") is True
    sex = text(resource, "gender")
    return (
        PersonFacts(
            birth_date=fhir_date(resource.get("birthDate")),
            sex=sex if sex in _SEXES else "unknown",
            died=died,
            death_known_on=_death_known_on(resource, context) if deceased else None,
            origin_country=_origin(resource),
            deceased=deceased,
        ),
    )


def read_person(resource: JsonObject) -> PersonDetails:
    """Return names, documents, phones, languages and countries of a Patient as values."""
    addresses = many(resource, "address")
    spoken = (_language(entry) for entry in many(resource, "communication"))
    return PersonDetails(
        identities=tuple(_identity(entry) for entry in many(resource, "identifier") if text(entry, "value")),
        names=tuple(_name(entry) for entry in many(resource, "name")),
        birth=fhir_date(resource.get("birthDate")),
        sex=text(resource, "gender") or "unknown",
        phones=tuple(_phone(entry) for entry in many(resource, "telecom") if text(entry, "value")),
        country=next((text(entry, "country") for entry in addresses if text(entry, "country")), ""),
        city=next((text(entry, "city") for entry in addresses if text(entry, "city")), ""),
        languages=tuple(language for language in spoken if language),
        origin_country=_origin(resource),
        died=fhir_date(resource.get("deceasedDateTime")),
        death_known_on=instant(extension(one(resource, "_deceasedDateTime"), KNOWN_ON).get("valueDateTime")),
    )


def _death_known_on(resource: JsonObject, context: Context) -> datetime | None:
    stated = extension(one(resource, "_deceasedDateTime"), KNOWN_ON).get("valueDateTime")
    return instant(stated) or known_on(resource, context.source)


def _origin(resource: JsonObject) -> str:
    stated = text(extension(resource, ORIGIN_COUNTRY), "valueCode")
    if stated:
        return stated
    nested = (extension(entry, "code") for entry in extensions(resource, CITIZENSHIP))
    found = (codings(one(entry, "valueCodeableConcept")) for entry in nested)
    return next((coding.code for listed in found for coding in listed if coding.code), "")


def _identity(entry: JsonObject) -> Identity:
    kind = one(entry, "type")
    period = one(entry, "period")
    named = concept(kind)
    return Identity(
        system=text(entry, "system"),
        value=text(entry, "value"),
        type_code=next((coding.code for coding in codings(kind) if coding.code), ""),
        name=text(kind, "text") or (named.text if named else ""),
        country=text(extension(entry, COUNTRY), "valueCode"),
        start=fhir_date(period.get("start")),
        end=fhir_date(period.get("end")),
    )


def _name(entry: JsonObject) -> PersonName:
    beside = one(entry, "_family")
    father = text(extension(beside, FATHERS_FAMILY), "valueString")
    mother = text(extension(beside, MOTHERS_FAMILY), "valueString")
    given = entry.get("given")
    return PersonName(
        given=tuple(part.strip() for part in given if isinstance(part, str) and part.strip())
        if isinstance(given, list)
        else (),
        father=father or text(entry, "family"),
        mother=mother,
        use=text(entry, "use"),
        text=text(entry, "text"),
    )


def _phone(entry: JsonObject) -> Phone:
    return Phone(value=text(entry, "value"), system=text(entry, "system"), use=text(entry, "use"))


def _language(entry: JsonObject) -> str:
    found = concept(one(entry, "language"))
    coded = next((coding.code for coding in found.codings if coding.code), "") if found else ""
    return coded or (found.text if found else "")
