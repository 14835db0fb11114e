"""The consent for one corridor: which partner may exchange which data with us, why and until when.

Profile followed: IHE Privacy Consent on FHIR (https://profiles.ihe.net/ITI/PCF), https://hl7.org/fhir/R4/consent.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from fhir.outcome import Issue
from fhir.treatment.fields import codings, day, extension, extensions, has_code, instant, many, one, text
from fhir.treatment.systems import (
    ACT_CODE,
    ACT_REASON,
    CONFIDENTIALITY,
    COUNTRY,
    DATA_CLASS,
    DISCOVERABLE,
    LOINC,
    NODE,
)
from fhir.treatment.write.labels import labelled
from fhir.wire import JsonObject

TEXT = "urn:puente:consent-text:corridor:1"
_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_CATEGORY = "59284-0"
_STATUSES = ("draft", "proposed", "active", "rejected", "inactive", "entered-in-error")


@dataclass(frozen=True)
class ConsentTerms:
    """What a person agreed to: exchange between `from` (who recorded it) and `partner`, both node ids.

    `country` is the partner's; `data_classes` are names of redact.toml; `end` is the last day it holds;
    `performer_ref` is who agreed (default: the patient); `text_uri` names the version of the text that was
    shown.
    """

    patient_ref: str
    from_id: str
    partner_id: str
    data_classes: tuple[str, ...]
    start: date
    end: date
    recorded: datetime
    purpose: str = "TREAT"
    from_name: str = ""
    from_country: str = ""
    partner_name: str = ""
    country: str = ""
    discoverable: bool = False
    performer_ref: str = ""
    language: str = "es"
    text_uri: str = TEXT
    status: str = "active"


class NotACorridorConsent(ValueError):
    """The resource is not a consent for one corridor; `issues` says what is missing."""

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        super().__init__("This Consent is not a consent for one corridor.")
        self.issues = issues


def corridor_consent(terms: ConsentTerms) -> JsonObject:
    """Return the Consent resource; both ends are named as recipients, the recorder enforces it."""
    recorder = _party(terms.from_id, terms.from_name)
    recorder |= {"extension": [_code(COUNTRY, terms.from_country)]} if terms.from_country else {}
    return labelled(
        {
            "resourceType": "Consent",
            "language": terms.language,
            "status": terms.status,
            "scope": _concept(_SCOPE, "patient-privacy"),
            "category": [_concept(LOINC, _CATEGORY)],
            "patient": {"reference": terms.patient_ref},
            "dateTime": terms.recorded.isoformat(timespec="seconds"),
            "performer": [{"reference": terms.performer_ref or terms.patient_ref}],
            "organization": [recorder],
            "policy": [{"uri": terms.text_uri}],
            "provision": _provision(terms),
        }
    )


def read_corridor_consent(resource: JsonObject) -> ConsentTerms:
    """Return the terms of a Consent made by `corridor_consent`; raise NotACorridorConsent with all issues."""
    issues = tuple(_issues(resource))
    if issues:
        raise NotACorridorConsent(issues)
    provision = one(resource, "provision")
    period = one(provision, "period")
    recorder = many(resource, "organization")[0]
    partner = _partner(resource)
    start, end, recorded = day(period.get("start")), day(period.get("end")), instant(resource.get("dateTime"))
    assert start is not None and end is not None and recorded is not None  # noqa: S101, PT018 - checked above
    performers = many(resource, "performer")
    patient = text(one(resource, "patient"), "reference")
    performer = text(performers[0], "reference") if performers else ""
    return ConsentTerms(
        patient_ref=patient,
        from_id=_node(recorder),
        partner_id=_node(partner),
        data_classes=tuple(text(entry, "valueCode") for entry in extensions(provision, DATA_CLASS)),
        start=start,
        end=end,
        recorded=recorded,
        purpose=_purpose(provision),
        from_name=text(recorder, "display"),
        from_country=text(extension(recorder, COUNTRY), "valueCode"),
        partner_name=text(partner, "display"),
        country=text(extension(provision, COUNTRY), "valueCode"),
        discoverable=extension(provision, DISCOVERABLE).get("valueBoolean") is True,
        performer_ref="" if performer == patient else performer,
        language=text(resource, "language"),
        text_uri=_policy(resource),
        status=text(resource, "status"),
    )


def _provision(terms: ConsentTerms) -> JsonObject:
    extra: list[JsonObject] = [_code(DATA_CLASS, name) for name in terms.data_classes]
    extra += [_code(COUNTRY, terms.country)] if terms.country else []
    extra.append({"url": DISCOVERABLE, "valueBoolean": terms.discoverable})
    ends = ((terms.partner_id, terms.partner_name), (terms.from_id, terms.from_name))
    return {
        "extension": extra,
        "type": "permit",
        "period": {"start": terms.start.isoformat(), "end": terms.end.isoformat()},
        "actor": [
            {"role": _concept(_PARTICIPATION, "IRCP"), "reference": _party(node, name)} for node, name in ends
        ],
        "securityLabel": [
            {"system": CONFIDENTIALITY, "code": "R"},
            {"system": ACT_CODE, "code": "HIV"},
        ],
        "purpose": [{"system": ACT_REASON, "code": terms.purpose}],
    }


def _issues(resource: JsonObject) -> Iterator[Issue]:
    provision = one(resource, "provision")
    period = one(provision, "period")
    start, end = day(period.get("start")), day(period.get("end"))
    checks = (
        (resource.get("resourceType") == "Consent", "", "a Consent resource"),
        (text(resource, "status") in _STATUSES, ".status", "a status of the list"),
        (has_code(one(resource, "scope"), "patient-privacy"), ".scope", "the scope patient-privacy"),
        (
            any(has_code(entry, _CATEGORY) for entry in many(resource, "category")),
            ".category",
            "LOINC 59284-0",
        ),
        (bool(text(one(resource, "patient"), "reference")), ".patient", "a reference to the person"),
        (instant(resource.get("dateTime")) is not None, ".dateTime", "a time with a time zone"),
        (bool(_policy(resource)), ".policy.uri", "the version of the text that was shown"),
        (any(map(_node, many(resource, "organization"))), ".organization", "the node that recorded it"),
        (text(provision, "type") == "permit", ".provision.type", "the type permit"),
        (bool(_node(_partner(resource))), ".provision.actor", "one other node as recipient (IRCP)"),
        (
            start is not None and end is not None and start <= end,
            ".provision.period",
            "a start and an end day",
        ),
        (bool(_purpose(provision)), ".provision.purpose", "one purpose of use"),
        (any(extensions(provision, DATA_CLASS)), ".provision.extension", "at least one class of data"),
    )
    for well, path, wanted in checks:
        if not well:
            yield Issue(
                "error",
                "required",
                f"Consent{path}",
                "corridor-consent",
                f"A corridor consent needs {wanted}.",
            )


def _partner(resource: JsonObject) -> JsonObject:
    recorders = {_node(entry) for entry in many(resource, "organization")}
    actors = many(one(resource, "provision"), "actor")
    ends = [one(actor, "reference") for actor in actors if has_code(one(actor, "role"), "IRCP")]
    others = [end for end in ends if _node(end) and _node(end) not in recorders]
    return others[0] if len(others) == 1 else {}


def _policy(resource: JsonObject) -> str:
    return next((text(entry, "uri") for entry in many(resource, "policy") if text(entry, "uri")), "")


def _purpose(provision: JsonObject) -> str:
    listed = codings({"coding": provision.get("purpose")})
    return listed[0].code if len(listed) == 1 else ""


def _node(reference: JsonObject) -> str:
    found = one(reference, "identifier")
    return text(found, "value") if text(found, "system") == NODE else ""


def _party(node: str, name: str) -> JsonObject:
    named = {"display": name} if name else {}
    return {"identifier": {"system": NODE, "value": node}, **named}


def _code(url: str, code: str) -> JsonObject:
    return {"url": url, "valueCode": code}


def _concept(system: str, code: str) -> JsonObject:
    return {"coding": [{"system": system, "code": code}]}
