"""Identifiers of the corridor: which document a FHIR Identifier is, and its value in one form.

Source: terminology/identifiers.json. The keys are those of config/nodes/documents.toml.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from fhir.codes.systems import canonical_system, pairs, table

_FILLING = re.compile(r"[\s.\-_/]+")


@dataclass(frozen=True, slots=True)
class Document:
    """One kind of document: `system` is what we write, `v2` its v2-0203 type, `check` a check digit rule."""

    key: str
    country: str
    system: str
    v2: str
    pattern: str
    check: str
    unverified: bool


def documents() -> tuple[Document, ...]:
    """Return all kinds of document we know."""
    return tuple(_documents().values())


def document_of(identifier: Mapping[str, Any]) -> Document | None:
    """Return the kind of document of a FHIR Identifier: by its type codings first, then by its system."""
    kind = identifier.get("type")
    codings = kind.get("coding") if isinstance(kind, Mapping) else None
    by_type, by_system = _types(), _systems()
    found = [by_type[pair] for pair in pairs(codings if isinstance(codings, list) else ()) if pair in by_type]
    system = by_system.get(canonical_system(identifier.get("system")))
    exact = [key for key in found if _documents()[key].country]
    key = next(iter((*exact, *filter(None, [system]), *found)), None)
    return _documents()[key] if key else None


def normal_value(value: str) -> str:
    """Return an identifier value without dots, spaces and dashes, in upper case, for comparing."""
    return _FILLING.sub("", value).upper()


@cache
def _documents() -> dict[str, Document]:
    return {
        row["key"]: Document(
            key=row["key"],
            country=row["country"],
            system=row["system"],
            v2=row["v2"],
            pattern=row["pattern"],
            check=row["check"],
            unverified=bool(row.get("unverified")),
        )
        for row in table("identifiers")["kinds"]
    }


@cache
def _systems() -> dict[str, str]:
    rows = table("identifiers")["kinds"]
    return {canonical_system(system): row["key"] for row in rows for system in (row["system"], *row["also"])}


@cache
def _types() -> dict[tuple[str, str], str]:
    rows = table("identifiers")["kinds"]
    return {(canonical_system(system), code): row["key"] for row in rows for system, code in row["types"]}
