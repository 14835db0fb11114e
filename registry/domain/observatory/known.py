"""A record as it was known at a moment, so that a closed period can be counted again with the same result."""

from dataclasses import replace
from datetime import datetime

from fhir.treatment.model import Contact, Dispense, Source, TransferFact, TreatmentRecord


def as_known(record: TreatmentRecord, known_on: datetime | None) -> TreatmentRecord:
    """Return the record without what was learned after a moment (with a time zone); None keeps everything.

    A fact without a time of its own is as old as its source; one without any time was always known.
    """
    if known_on is None:
        return record
    person = record.person
    if person.death_known_on is not None and person.death_known_on > known_on:
        person = replace(person, died=None, deceased=False, death_known_on=None)
    return replace(
        record,
        person=person,
        dispenses=tuple(one for one in record.dispenses if _by(one, known_on)),
        contacts=tuple(one for one in record.contacts if _by(one, known_on)),
        transfers=tuple(one for one in record.transfers if _by(one, known_on)),
        regimens=tuple(one for one in record.regimens if _received_by(one.source, known_on)),
        episodes=tuple(one for one in record.episodes if _received_by(one.source, known_on)),
    )


def _by(fact: Dispense | Contact | TransferFact, known_on: datetime) -> bool:
    if fact.known_on is None:
        return _received_by(fact.source, known_on)
    return fact.known_on <= known_on


def _received_by(source: Source, known_on: datetime) -> bool:
    return source.received is None or source.received <= known_on
