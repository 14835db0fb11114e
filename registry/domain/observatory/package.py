"""The files the observatory publishes: one long CSV table and its Frictionless data package.

Sources: https://specs.frictionlessdata.io/tabular-data-package/, RFC 4180. The bytes depend on the figures
alone.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from config import Node
from registry.domain.observatory.disclosure import Released
from registry.domain.observatory.groups import AGES, ALL, ORIGINS, SEXES
from registry.domain.observatory.periods import Period
from registry.domain.observatory.tally import DEFINITION, INDICATORS

COLUMNS = (
    "indicator",
    "period",
    "org_unit",
    "country_origin",
    "sex",
    "age_group",
    "low",
    "high",
    "definition",
)


@dataclass(frozen=True)
class Package:
    """A folder name with its table and description as bytes; nothing has been written yet."""

    name: str
    table: bytes
    description: bytes

    @property
    def files(self) -> dict[str, bytes]:
        """Return the bytes of each file by its path below the folder of all packages."""
        return {
            f"{self.name}/{self.name}.csv": self.table,
            f"{self.name}/datapackage.json": self.description,
        }


def package(
    released: Iterable[Released],
    node: Node,
    period: Period,
    variant: str = "later-of",
    until: date | None = None,
) -> Package:
    """Return the package of one period.

    `variant` says how the expected contact was read; `until` is the last day counted of a running period.
    """
    label = period.label.replace("/", "_")
    stem = f"puente-{node.code}-{label}"
    provisional = f"/until-{until}" if until and until < period.end else ""
    table = _table(released, period.label, f"{DEFINITION}/{variant}{provisional}")
    described = _description(stem, table, node, period)
    if provisional:
        described["description"] = f"Provisional, counted until {until}. {described['description']}"
    text = json.dumps(described, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    return Package(stem, table, text.encode())


def _table(released: Iterable[Released], label: str, definition: str) -> bytes:
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in released:
        cell, figure = one.cell, one.figure
        place = (cell.indicator, label, cell.org_unit, cell.country_origin, cell.sex, cell.age_group)
        writer.writerow((*place, figure.low, figure.high, definition))
    return lines.getvalue().encode()


def _description(stem: str, table: bytes, node: Node, period: Period) -> dict[str, object]:
    return {
        "profile": "tabular-data-package",
        "name": stem.lower(),
        "title": f"{node.name}: {period.label}",
        "description": (
            "People on treatment, new, returned and lost, and days without tablets at crossings. Every "
            "figure was rounded to a multiple of 5 by itself; the true one lies from low to high. `all` "
            "means not broken down. Totals need not equal the sum of their parts."
        ),
        "version": DEFINITION,
        "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": stem.lower(),
                "path": f"{stem}.csv",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": len(table),
                "hash": f"sha256:{hashlib.sha256(table).hexdigest()}",
                "schema": _schema(node),
            }
        ],
    }


def _schema(node: Node) -> dict[str, object]:
    regions = sorted({facility.region for facility in node.facilities})
    listed: dict[str, list[str]] = {
        "indicator": list(INDICATORS),
        "org_unit": [ALL, *regions, "unknown"],
        "country_origin": [ALL, *ORIGINS],
        "sex": [ALL, *SEXES],
        "age_group": [ALL, *AGES],
    }
    return {
        "fields": [_field(name, listed.get(name)) for name in COLUMNS],
        "missingValues": [""],
        "primaryKey": ["indicator", "period", "org_unit", "country_origin", "sex", "age_group"],
    }


def _field(name: str, values: list[str] | None) -> dict[str, object]:
    constraints: dict[str, object] = {"required": True}
    if name in ("low", "high"):
        return {"name": name, "type": "integer", "constraints": {**constraints, "minimum": 0}}
    if values is not None:
        constraints["enum"] = values
    return {"name": name, "type": "string", "constraints": constraints}
