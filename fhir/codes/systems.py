"""Code systems: their canonical addresses, the spellings partners use, and the tables of `terminology/`."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ATC = "http://www.whocc.no/atc"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD_10 = "http://hl7.org/fhir/sid/icd-10"
ICD_11 = "http://id.who.int/icd/release/11/mms"
UCUM = "http://unitsofmeasure.org"
CVX = "http://hl7.org/fhir/sid/cvx"

# Codings as received: what is no Coding object is passed over.
Codings = Iterable[object]

SHORT = {"loinc": LOINC, "snomed": SNOMED, "atc": ATC, "rxnorm": RXNORM, "icd-10": ICD_10, "icd-11": ICD_11}

_ALIASES = {
    "urn:oid:2.16.840.1.113883.6.1": LOINC,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "urn:oid:2.16.840.1.113883.6.73": ATC,
    "urn:oid:2.16.840.1.113883.6.88": RXNORM,
    "urn:oid:2.16.840.1.113883.6.3": ICD_10,
    "http://hl7.org/fhir/sid/icd-10-cm": ICD_10,
    "http://id.who.int/icd11/mms": ICD_11,
    "http://whocc.no/atc": ATC,
    "http://www.whocc.no/atcddd": ATC,
}
_TABLES = Path(__file__).parent.parent / "terminology"


def canonical_system(system: object) -> str:
    """Return the address we know a code system by, or the text as given; `` when it is not a text."""
    if not isinstance(system, str):
        return ""
    plain = system.strip().rstrip("/").replace("https://", "http://", 1).replace("urn:oid.", "urn:oid:", 1)
    if plain.startswith(SNOMED + "/"):
        return SNOMED
    return _ALIASES.get(plain, plain)


def pairs(codings: Codings) -> Iterator[tuple[str, str]]:
    """Yield (canonical system, code) of every coding that has a code."""
    for coding in codings:
        if not isinstance(coding, Mapping):
            continue
        code = coding.get("code")
        if isinstance(code, str) and code.strip():
            yield canonical_system(coding.get("system")), code.strip()


def full_system(short: str) -> str:
    """Return the address for a short name used in our tables (`snomed`), or the text itself."""
    return SHORT.get(short, short)


@cache
def table(name: str) -> dict[str, Any]:
    """Return one table of `terminology/`, read once; callers do not change it."""
    loaded: dict[str, Any] = json.loads((_TABLES / f"{name}.json").read_text(encoding="utf-8"))
    return loaded
