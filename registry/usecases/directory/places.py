"""One row of a list of facilities as resources: its Organization, its Location, its services, who runs it.

Profiles: IHE mCSD (https://profiles.ihe.net/ITI/mCSD/), read by ITI-90.
"""

import hashlib
import re
from dataclasses import dataclass

from config.facilities import FacilityMapping
from fhir import wire
from registry.usecases.directory.table import Row, plain

UBIGEO = "urn:puente:extension:ubigeo"
FACILITY_TYPE = "https://profiles.ihe.net/ITI/mCSD/CodeSystem/IHE.mCSD.Organization.Location.Types"
_CODE = re.compile(r"[A-Za-z0-9\-.]{1,40}")
_MOST_SERVICES = 50


class Skipped(Exception):
    """A row that names no facility; `reason` is a code for the report."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Facility:
    """The resources of one row, who runs it first, and what the report tells about it."""

    code: str
    resources: tuple[wire.JsonObject, ...]
    notes: tuple[str, ...]


def facility(row: Row, mapping: FacilityMapping) -> Facility:
    """Return the resources of a row; raise Skipped when it has no usable code or name."""
    code = _code(row, mapping)
    if "name" not in row.cells:
        raise Skipped("no-name")
    notes: list[str] = []
    status = _status(row, mapping, notes)
    address = _address(row, mapping, notes)
    own_id = f"{mapping.name}-{code}"
    parts: list[wire.JsonObject] = []
    runs = _runs(row, mapping)
    if runs is not None:
        parts.append(runs)
    shared = {
        "id": own_id,
        "identifier": [{"system": mapping.system, "value": code}],
        "name": row.cells["name"],
        **({"telecom": [{"system": "phone", "value": row.cells["phone"]}]} if "phone" in row.cells else {}),
    }
    parts.append(
        {
            "resourceType": "Organization",
            **shared,
            "active": status != "inactive",
            "type": _types(row),
            **({"address": [address]} if address else {}),
            **({"partOf": {"reference": f"Organization/{runs['id']}"}} if runs else {}),
        }
    )
    parts.append(
        {
            "resourceType": "Location",
            **shared,
            "status": status,
            "mode": "instance",
            "type": _types(row),
            **({"address": address} if address else {}),
            **_position(row, notes),
            "managingOrganization": {"reference": f"Organization/{own_id}"},
        }
    )
    parts.extend(_services(row, own_id, active=status == "active"))
    return Facility(code, tuple(parts), tuple(notes))


def _code(row: Row, mapping: FacilityMapping) -> str:
    code = row.cells.get("code", "")
    if not code:
        raise Skipped("no-code")
    if code.isdecimal():
        # Spreadsheets drop the zeros that codes begin with.
        code = code.zfill(mapping.code_digits)
    if not _CODE.fullmatch(code):
        raise Skipped("bad-code")
    return code


def _status(row: Row, mapping: FacilityMapping, notes: list[str]) -> str:
    word = plain(row.cells.get("status", ""))
    for status, words in mapping.status.items():
        if word and word in map(plain, words):
            return status
    if word:
        notes.append("unknown-status")
    return "active"


def _address(row: Row, mapping: FacilityMapping, notes: list[str]) -> wire.JsonObject:
    """Return the address; the department is that of the ubigeo, which spelling cannot change."""
    cells = row.cells
    ubigeo = cells.get("ubigeo", "")
    ubigeo = ubigeo.zfill(6) if ubigeo.isdecimal() else ubigeo
    department = mapping.departments.get(ubigeo[:2], "") if re.fullmatch(r"\d{6}", ubigeo) else ""
    if ubigeo and not department:
        notes.append("unknown-ubigeo")
    known = {
        "line": [cells["address"]] if "address" in cells else None,
        "city": cells.get("district"),
        "district": cells.get("province"),
        "state": department or cells.get("state"),
    }
    address: wire.JsonObject = {name: value for name, value in known.items() if value}
    if department:
        address["extension"] = [{"url": UBIGEO, "valueString": ubigeo}]
    return {**address, "country": mapping.country} if address else {}


def _types(row: Row) -> list[wire.JsonObject]:
    coding = {"system": FACILITY_TYPE, "code": "facility", "display": "Facility"}
    told = [{"text": row.cells[name]} for name in ("kind", "level") if name in row.cells]
    return [{"coding": [coding]}, *told]


def _position(row: Row, notes: list[str]) -> wire.JsonObject:
    if "latitude" not in row.cells or "longitude" not in row.cells:
        return {}
    try:
        latitude, longitude = (float(row.cells[name].replace(",", ".")) for name in ("latitude", "longitude"))
    except ValueError:
        notes.append("bad-position")
        return {}
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180) or latitude == longitude == 0:
        notes.append("bad-position")
        return {}
    return {"position": {"latitude": latitude, "longitude": longitude}}


def _runs(row: Row, mapping: FacilityMapping) -> wire.JsonObject | None:
    """Return the organisation that runs facilities: several of a node have the same."""
    name = row.cells.get("owner")
    if not name:
        return None
    return {
        "resourceType": "Organization",
        "id": f"{mapping.name}-owner-{_mark(name)}",
        "identifier": [{"system": f"{mapping.system}:owner", "value": plain(name)}],
        "active": True,
        "type": [{"text": "Institución"}],
        "name": name,
    }


def _services(row: Row, own_id: str, *, active: bool) -> list[wire.JsonObject]:
    named = [part.strip() for part in re.split(r"[;|,]", row.cells.get("services", "")) if part.strip()]
    return [
        {
            "resourceType": "HealthcareService",
            "id": f"{own_id}-{_mark(name)}",
            "active": active,
            "name": name,
            "providedBy": {"reference": f"Organization/{own_id}"},
            "location": [{"reference": f"Location/{own_id}"}],
        }
        for name in list(dict.fromkeys(named))[:_MOST_SERVICES]
    ]


def _mark(name: str) -> str:
    """Return a short id of a name, the same however it is written."""
    return hashlib.sha256(plain(name).encode()).hexdigest()[:10]
