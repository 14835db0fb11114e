"""The node file `config/nodes/<code>.toml`: one programme's country, people's documents, places, partners
and thresholds.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

NODES = Path(__file__).parent / "nodes"


class BadNodeFile(ValueError):
    """The node file is missing, or one of its fields breaks a rule; the sentence names both."""


@dataclass(frozen=True)
class IdentifierKind:
    """A kind of document people hold; `check` names a check digit rule that warns and never blocks."""

    key: str
    country: str
    system: str
    type_code: str
    names: dict[str, str]
    pattern: str = ""
    check: str = ""


@dataclass(frozen=True)
class Facility:
    """A place of care of this node."""

    id: str
    name: str
    region: str
    ubigeo: str = ""
    phone: str = ""


@dataclass(frozen=True)
class PartnerPolicy:
    """What this node's law and agreements allow with one partner; keys and addresses live in the signed
    trust list. `language` is the one its people read summaries in (es, pt, en).
    """

    id: str
    country: str
    name: str
    kind: str
    data_classes: tuple[str, ...]
    legal_basis: str
    purposes: tuple[str, ...] = ("TREAT",)
    verified: bool = False
    language: str = "es"


@dataclass(frozen=True)
class Thresholds:
    """Numbers of care rules in days (reference: supply arithmetic and continuity risk); editable per
    country.
    """

    iit_days: int = 28
    carry_days: int = 90
    lead_days: int = 14
    buffer_days: int = 7
    stock_unknown_days: int = 180
    transfer_pending_days: int = 14
    transfer_overdue_days: int = 30


@dataclass(frozen=True)
class Node:
    """One programme's registry, as its node file says."""

    code: str
    country: str
    name: str
    time_zone: ZoneInfo
    languages: tuple[str, ...]
    identifiers: tuple[IdentifierKind, ...]
    facilities: tuple[Facility, ...]
    partners: tuple[PartnerPolicy, ...]
    formulary: tuple[str, ...]
    thresholds: Thresholds
    identifier_base: str
    breach_notice_hours: int | None = None
    inbox_body_days: int = 30

    def partner(self, partner_id: str) -> PartnerPolicy | None:
        """Return the policy for a partner, or None when this node has none."""
        return next((partner for partner in self.partners if partner.id == partner_id), None)

    @property
    def programmes(self) -> tuple[PartnerPolicy, ...]:
        """Return the partners that are nodes of other programmes: people agree to corridors with these."""
        return tuple(partner for partner in self.partners if partner.kind == "puente")

    def facility(self, facility_id: str) -> Facility | None:
        """Return a place of care by id."""
        return next((facility for facility in self.facilities if facility.id == facility_id), None)

    def identifier_kind(self, key: str) -> IdentifierKind | None:
        """Return a kind of document by its key."""
        return next((kind for kind in self.identifiers if kind.key == key), None)


def read_node(code: str, folder: Path = NODES) -> Node:
    """Read `<folder>/<code>.toml` together with the shared `documents.toml`; raise BadNodeFile naming the
    field.
    """
    path = folder / f"{code}.toml"
    if not code.isalnum() or not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.toml") if file.stem != "documents"))
        raise BadNodeFile(f"There is no node file for {code!r}: set PUENTE_NODE to one of {known}.")
    try:
        text = tomllib.loads(path.read_text("utf-8"))
        documents = tomllib.loads((folder / "documents.toml").read_text("utf-8"))
        return _node(code, text, documents)
    except tomllib.TOMLDecodeError as error:
        raise BadNodeFile(f"The node file {path.name} is not valid TOML: {error}.") from None
    except KeyError as error:
        raise BadNodeFile(f"The node file {path.name} lacks the field {error}.") from None
    except (TypeError, ValueError) as error:
        raise BadNodeFile(f"The node file {path.name} has a wrong value: {error}.") from None


def _node(code: str, text: dict[str, Any], documents: dict[str, Any]) -> Node:
    try:
        zone = ZoneInfo(text["time_zone"])
    except ZoneInfoNotFoundError as error:
        raise ValueError(f"time_zone: {error}") from None
    kinds = {key: _kind(key, entry) for key, entry in documents.items()}
    return Node(
        code=code,
        country=text["country"],
        name=text["name"],
        time_zone=zone,
        languages=tuple(text["languages"]),
        identifiers=tuple(kinds[key] for key in text["identifiers"]),
        facilities=tuple(Facility(**entry) for entry in text["facilities"]),
        partners=tuple(_policy(entry) for entry in text["partners"]),
        formulary=tuple(text["formulary"]),
        thresholds=Thresholds(**text.get("thresholds", {})),
        identifier_base=text["identifier_base"],
        breach_notice_hours=text.get("breach_notice_hours"),
        inbox_body_days=text.get("inbox_body_days", 30),
    )


def _kind(key: str, entry: dict[str, Any]) -> IdentifierKind:
    return IdentifierKind(key=key, **entry)


def _policy(entry: dict[str, Any]) -> PartnerPolicy:
    values = dict(entry)
    values["data_classes"] = tuple(values["data_classes"])
    values["purposes"] = tuple(values.get("purposes", ("TREAT",)))
    return PartnerPolicy(**values)
