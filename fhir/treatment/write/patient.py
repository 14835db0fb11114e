"""PersonDetails to a Patient resource.

Sources: https://hl7.org/fhir/R4/patient.html, https://hl7.org/fhir/R4/extension-humanname-mothers-family.html
"""

from fhir.treatment.model import FhirDate
from fhir.treatment.person import Identity, PersonDetails, PersonName, Phone
from fhir.treatment.systems import (
    COUNTRY,
    DATA_ABSENT,
    FATHERS_FAMILY,
    IDENTIFIER_TYPE,
    KNOWN_ON,
    LANGUAGE,
    MOTHERS_FAMILY,
    ORIGIN_COUNTRY,
)
from fhir.treatment.write.labels import code, labelled
from fhir.wire import JsonObject


def patient(person: PersonDetails) -> JsonObject:
    """Return the Patient; a birth date nobody knows says so, and so does a missing name."""
    origin = {"url": ORIGIN_COUNTRY, "valueCode": person.origin_country}
    written: JsonObject = {
        "resourceType": "Patient",
        "extension": [origin] if person.origin_country else [],
        "identifier": [_identifier(identity) for identity in person.identities],
        "name": [_name(name) for name in person.names] or [_absent()],
        "telecom": [_telecom(phone) for phone in person.phones],
        "gender": person.sex,
        "address": [_filled({"city": person.city, "country": person.country})],
        "communication": [{"language": code(LANGUAGE, language)} for language in person.languages],
    }
    written |= {"birthDate": str(person.birth)} if person.birth else {"_birthDate": _absent()}
    written |= _death(person)
    if not person.city and not person.country:
        written["address"] = []
    return labelled(written)


def _death(person: PersonDetails) -> JsonObject:
    if person.died is None:
        return {}
    known = person.death_known_on
    learned = {"url": KNOWN_ON, "valueDateTime": known.isoformat(timespec="seconds")} if known else {}
    beside = {"_deceasedDateTime": {"extension": [learned]}} if learned else {}
    return {"deceasedDateTime": str(person.died), **beside}


def _identifier(identity: Identity) -> JsonObject:
    kind = code(IDENTIFIER_TYPE, identity.type_code) if identity.type_code else {}
    kind |= {"text": identity.name} if identity.name else {}
    issued_by = {"url": COUNTRY, "valueCode": identity.country}
    return _filled(
        {
            "extension": [issued_by] if identity.country else [],
            "type": kind,
            "system": identity.system,
            "value": identity.value,
            "period": _filled({"start": _date(identity.start), "end": _date(identity.end)}),
        }
    )


def _name(name: PersonName) -> JsonObject:
    parts = ((FATHERS_FAMILY, name.father), (MOTHERS_FAMILY, name.mother)) if name.mother else ()
    told_apart = [{"url": url, "valueString": part} for url, part in parts if part]
    return _filled(
        {
            "use": name.use,
            "text": name.text,
            "family": name.family,
            "_family": {"extension": told_apart} if told_apart else {},
            "given": list(name.given),
        }
    )


def _telecom(phone: Phone) -> JsonObject:
    return _filled({"system": phone.system, "value": phone.value, "use": phone.use})


def _absent() -> JsonObject:
    return {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}


def _date(found: FhirDate | None) -> str:
    return str(found) if found else ""


def _filled(element: JsonObject) -> JsonObject:
    return {key: value for key, value in element.items() if value not in ("", [], {})}
