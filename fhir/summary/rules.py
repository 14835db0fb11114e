"""Rules of the International Patient Summary past the base standard, as one table.

Source: HL7 fhir-ips 2.0.1, profiles Bundle, Composition, Patient, Observation results, Condition,
AllergyIntolerance, MedicationStatement, MedicationRequest, Immunization.
"""

from collections.abc import Iterator

from fhir import references
from fhir.outcome import Issue
from fhir.profiles.rule import Rule, child, codes, has, has_choice, objects, text
from fhir.summary.sections import REQUIRED
from fhir.wire import JsonObject

_DIV = "<div"


def issues(bundle: JsonObject) -> list[Issue]:
    """Return what a document breaks of the summary rules, each with its path (base standard apart)."""
    found = list(_broken("Bundle", bundle, "Bundle"))
    for place, entry in enumerate(objects(bundle, "entry")):
        resource = child(entry, "resource")
        found += _broken(text(resource, "resourceType"), resource, f"Bundle.entry[{place}].resource")
    return found


def _broken(kind: str, node: JsonObject, path: str) -> Iterator[Issue]:
    for rule in RULES.get(kind, ()):
        if not rule.holds(node):
            yield Issue(rule.severity, "invariant", path, rule.id, rule.text)


def _types(bundle: JsonObject) -> list[str]:
    return [text(child(entry, "resource"), "resourceType") for entry in objects(bundle, "entry")]


def _resolves(bundle: JsonObject) -> bool:
    entries = objects(bundle, "entry")
    known = {text(entry, "fullUrl") for entry in entries}
    known |= {references.local(child(entry, "resource")) for entry in entries}
    return all(target.startswith("#") or target in known for target in references.found_in(bundle))


def _sections(composition: JsonObject) -> list[JsonObject]:
    return objects(composition, "section")


def _listed(composition: JsonObject, code: str) -> list[JsonObject]:
    return [section for section in _sections(composition) if code in codes(section, "code")]


def _required(composition: JsonObject) -> bool:
    return all(len(_listed(composition, code)) == 1 for code in REQUIRED)


def _filled(composition: JsonObject) -> bool:
    """ips-comp-1: a required section lists something or says why it does not."""
    return all(
        any(text(entry, "reference") for entry in objects(section, "entry")) or "emptyReason" in section
        for code in REQUIRED
        for section in _listed(composition, code)
    )


def _told(composition: JsonObject) -> bool:
    return all(
        text(section, "title") and codes(section, "code") and _DIV in text(child(section, "text"), "div")
        for section in _sections(composition)
    )


def _named(patient: JsonObject) -> bool:
    return bool(objects(patient, "name")) and all(
        has(name, "given", "family", "text", "extension") for name in objects(patient, "name")
    )


def _subject(node: JsonObject) -> bool:
    return bool(text(child(node, "subject"), "reference"))


def _patient(node: JsonObject) -> bool:
    return bool(text(child(node, "patient"), "reference"))


def _valued(node: JsonObject) -> bool:
    return has_choice(node, "value") or has(node, "dataAbsentReason", "hasMember", "component")


def _first(bundle: JsonObject) -> bool:
    kinds = _types(bundle)
    return kinds[:1] == ["Composition"] and kinds.count("Composition") == 1


def _labelled(bundle: JsonObject) -> bool:
    return all(
        objects(child(child(entry, "resource"), "meta"), "security") for entry in objects(bundle, "entry")
    ) and bool(objects(child(bundle, "meta"), "security"))


_IPS_BUNDLE = (
    Rule(
        "ips-document",
        lambda node: text(node, "type") == "document",
        "A summary is a Bundle of type document.",
    ),
    Rule("bdl-ips-1", _first, "The first entry is the only Composition."),
    Rule(
        "ips-patient-once", lambda node: _types(node).count("Patient") == 1, "There is exactly one Patient."
    ),
    Rule("ips-identifier", lambda node: has(node, "identifier"), "The document has an identifier."),
    Rule("ips-timestamp", lambda node: has(node, "timestamp"), "The document has a timestamp."),
    Rule(
        "ips-full-url",
        lambda node: all(text(entry, "fullUrl") for entry in objects(node, "entry")),
        "Every entry has a fullUrl.",
    ),
    Rule(
        "ips-entry-plain",
        lambda node: not any(has(entry, "search", "request", "response") for entry in objects(node, "entry")),
        "No entry has search, request or response.",
    ),
    Rule("ips-resolve", _resolves, "Every reference points to an entry of the document."),
    Rule("label-entries", _labelled, "Every resource and the document carry security labels.", "warning"),
)
_IPS_COMPOSITION = (
    Rule("ips-type", lambda node: "60591-5" in codes(node, "type"), "The type is LOINC 60591-5."),
    Rule("ips-subject", _subject, "The Composition points to its subject."),
    Rule("ips-author", lambda node: bool(objects(node, "author")), "The Composition names its author."),
    Rule("ips-sections", _required, "Medications, allergies and problems stand there once each."),
    Rule("ips-comp-1", _filled, "A required section has an entry or an emptyReason."),
    Rule("ips-section-text", _told, "Every section has a title, a code and a narrative."),
    Rule(
        "ips-section-flat",
        lambda node: not any(has(section, "section") for section in _sections(node)),
        "Sections are not nested.",
    ),
)
RULES: dict[str, tuple[Rule, ...]] = {
    "Bundle": _IPS_BUNDLE,
    "Composition": _IPS_COMPOSITION,
    "Patient": (
        Rule("ips-pat-1", _named, "The Patient has a name with given, family or text, or says why not."),
        Rule(
            "ips-birth-date",
            lambda node: has(node, "birthDate"),
            "The birth date is there or said to be unknown.",
        ),
    ),
    "Observation": (
        Rule(
            "ips-effective",
            lambda node: has_choice(node, "effective"),
            "A result has a date or says why not.",
        ),
        Rule(
            "ips-performer",
            lambda node: bool(objects(node, "performer")),
            "A result names who stands for it.",
        ),
        Rule("ips-2", _valued, "A result has a value, a reason for none, members or components."),
        Rule("ips-subject", _subject, "A result points to the Patient."),
    ),
    "MedicationStatement": (
        Rule(
            "ips-effective",
            lambda node: has_choice(node, "effective"),
            "A statement has a time or says why not.",
        ),
        Rule("ips-medication", lambda node: has_choice(node, "medication"), "A statement names a medicine."),
        Rule("ips-subject", _subject, "A statement points to the Patient."),
        Rule(
            "ips-status",
            lambda node: text(node, "status") != "entered-in-error",
            "A statement entered in error does not go into a summary.",
        ),
    ),
    "MedicationRequest": (
        Rule("ips-medication", lambda node: has_choice(node, "medication"), "A request names a medicine."),
        Rule("ips-subject", _subject, "A request points to the Patient."),
    ),
    "Condition": (
        Rule("ips-code", lambda node: has(node, "code"), "A problem has a code or text."),
        Rule("ips-subject", _subject, "A problem points to the Patient."),
        Rule(
            "ips-clinical-status",
            lambda node: has(node, "clinicalStatus"),
            "A problem has a clinical status.",
            "warning",
        ),
    ),
    "AllergyIntolerance": (
        Rule("ips-code", lambda node: has(node, "code"), "An allergy has a code or text."),
        Rule("ips-patient", _patient, "An allergy points to the Patient."),
        Rule(
            "ips-clinical-status",
            lambda node: has(node, "clinicalStatus"),
            "An allergy has a clinical status.",
            "warning",
        ),
    ),
    "Immunization": (
        Rule("ips-patient", _patient, "A vaccine points to the Patient."),
        Rule(
            "ips-occurrence",
            lambda node: has_choice(node, "occurrence"),
            "A vaccine has a date or says why not.",
        ),
    ),
}
