"""TreatmentRecord and resources to a care summary: an IPS 2.0 document Bundle, byte for byte repeatable.

Sources: https://hl7.org/fhir/uv/ips/ (2.0.1), https://hl7.org/fhir/R4/documents.html
"""

from collections.abc import Sequence
from dataclasses import replace

from fhir import codes, redact, references, treatment, wire
from fhir.summary import derived, entries
from fhir.summary.items import of_reading
from fhir.summary.model import Item, Section, SummaryInput
from fhir.summary.narrative import section_text
from fhir.summary.sections import sections
from fhir.summary.wording import Words, words
from fhir.treatment.fields import text
from fhir.treatment.model import TreatmentRecord
from fhir.treatment.systems import LOINC
from fhir.treatment.write.labels import security
from fhir.wire import JsonObject

PROFILE = "http://hl7.org/fhir/uv/ips/StructureDefinition/"
_TYPE = {"system": LOINC, "code": "60591-5", "display": "Patient summary Document"}


class NoPatient(ValueError):
    """There is no Patient among the resources, so nobody the summary could be about."""


def build(given: SummaryInput) -> bytes:
    """Return the summary as canonical JSON bytes; raise NoPatient without a Patient.

    Only what redact.toml allows for the classes of data and the purpose goes in; the narrative is written
    from that.
    """
    return wire.canonical(document(given))


def document(given: SummaryInput) -> JsonObject:
    """Return the summary as a Bundle resource."""
    given = _permitted(given)
    spoken = words(given.language)
    shared = _shared(given)
    record = treatment.record_of(shared)
    if given.treatment_start is not None:
        record = replace(record, treatment_start=given.treatment_start)
    found = [of_reading(each) for each in shared]
    found += derived.added(found, record, given, spoken)
    person = next((item for item in found if item.type == "Patient"), None)
    if person is None:
        raise NoPatient("A care summary needs a Patient resource.")
    chosen = sections(found, given.day)
    return _bundle(given, person, found, chosen, _composition(given, chosen, record, spoken))


def _permitted(given: SummaryInput) -> SummaryInput:
    """Return the input without what the sender worked out from clinical facts, unless those may leave."""
    if "clinical" in given.data_classes and "clinical" in redact.classes_for(given.purpose):
        return given
    return replace(given, treatment_start=None, run_out=None, days_on_hand=None, next_step="")


def _shared(given: SummaryInput) -> list[treatment.Reading]:
    """Return what may leave, each resource read once."""
    return treatment.readings(
        (resource, source)
        for original, source in given.resources
        for resource in redact.for_purpose([original], given.data_classes, given.purpose)
    )


def _composition(
    given: SummaryInput, chosen: Sequence[Section], record: TreatmentRecord, spoken: Words
) -> JsonObject:
    written = given.now.isoformat(timespec="seconds")
    return {
        "resourceType": "Composition",
        "meta": {"profile": [f"{PROFILE}Composition-uv-ips|2.0.0"], "security": security()},
        "language": spoken.language,
        "status": "final",
        "type": {"coding": [_TYPE]},
        "date": written,
        "title": spoken.title,
        "confidentiality": "R",
        "section": [_section(section, record, given, spoken) for section in chosen],
    }


def _section(section: Section, record: TreatmentRecord, given: SummaryInput, spoken: Words) -> JsonObject:
    made: JsonObject = {
        "title": spoken.sections[section.code],
        "code": {"coding": [{"system": LOINC, "code": section.code}]},
        "text": section_text(section, record, given, spoken),
    }
    if not section.items:
        reason = "withheld" if given.withheld else "unavailable"
        display = codes.empty_reasons()[reason]
        coding = {"system": codes.EMPTY_REASON, "code": reason, "display": display}
        made["emptyReason"] = {"coding": [coding]}
    return made


def _bundle(
    given: SummaryInput,
    person: Item,
    found: Sequence[Item],
    chosen: Sequence[Section],
    composition: JsonObject,
) -> JsonObject:
    listed = [item for section in chosen for item in section.items]
    everything = [*listed, *entries.referenced(listed, found)]
    addresses, at = entries.book(given.seed, person, everything)
    place = iter(at)
    for section, made in zip(chosen, composition["section"], strict=True):
        if section.items:
            made["entry"] = [{"reference": next(place)} for _ in section.items]
    author = references.address(given.seed, "author")
    composition |= {
        "subject": {"reference": addresses.patient},
        "author": [{"reference": author}, {"reference": addresses.sender, "display": given.author}],
        "custodian": {"reference": addresses.sender},
    }
    made = [
        (addresses.patient, entries.completed(person.resource, addresses)),
        (author, derived.device(addresses.sender)),
        (addresses.sender, derived.organization(given)),
        *(
            (where, entries.completed(item.resource, addresses))
            for where, item in zip(at, everything, strict=True)
        ),
    ]
    return _document(given, composition, [entries.entry(where, resource) for where, resource in made])


def _document(given: SummaryInput, composition: JsonObject, others: list[JsonObject]) -> JsonObject:
    labels = entries.high_water(others)
    composition["confidentiality"] = text(labels[0], "code")
    when = given.now.isoformat(timespec="seconds")
    first = entries.entry(references.address(given.seed, "composition"), composition)
    number = references.address(given.seed, f"document|{when}")
    return {
        "resourceType": "Bundle",
        "id": number.removeprefix("urn:uuid:"),
        "meta": {"profile": [f"{PROFILE}Bundle-uv-ips|2.0.0"], "security": labels},
        "language": composition["language"],
        "identifier": {"system": "urn:ietf:rfc:3986", "value": number},
        "type": "document",
        "timestamp": when,
        "entry": [first, *others],
    }
