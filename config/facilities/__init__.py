"""How lists of facilities are read: which column means what, in a TOML file for each kind of list."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
DEPARTMENTS = "departments"
NEEDED = ("code", "name")
COLUMNS = frozenset(
    {
        *NEEDED,
        *("owner", "kind", "level", "ubigeo", "state", "province", "district", "address"),
        *("phone", "status", "latitude", "longitude", "services"),
    }
)
STATUSES = frozenset({"active", "suspended", "inactive"})


class BadMapping(ValueError):
    """There is no such mapping, or one of its fields breaks a rule; the sentence names it."""


@dataclass(frozen=True)
class FacilityMapping:
    """One kind of list: its columns by meaning (any of these headings), its words, its place codes."""

    name: str
    country: str
    system: str
    columns: Mapping[str, tuple[str, ...]]
    status: Mapping[str, tuple[str, ...]]
    departments: Mapping[str, str]
    code_digits: int = 0
    verified: bool = False


def names(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the names of all mappings."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml") if path.stem != DEPARTMENTS))


def read_mapping(name: str, folder: Path = FOLDER) -> FacilityMapping:
    """Read `<folder>/<name>.toml`; raise BadMapping with one sentence."""
    if name not in names(folder):
        raise BadMapping(f"There is no mapping {name!r}: use one of {', '.join(names(folder))}.")
    try:
        text = tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))
        return _mapping(name, text, folder)
    except tomllib.TOMLDecodeError as error:
        raise BadMapping(f"The mapping {name} is not valid TOML: {error}.") from None
    except KeyError as error:
        raise BadMapping(f"The mapping {name} lacks {error}.") from None


def _mapping(name: str, text: dict[str, Any], folder: Path) -> FacilityMapping:
    columns = {meaning: tuple(headings) for meaning, headings in text["columns"].items()}
    status = {state: tuple(words) for state, words in text.get("status", {}).items()}
    wrong = sorted((columns.keys() - COLUMNS) | (status.keys() - STATUSES))
    if wrong:
        raise BadMapping(f"The mapping {name} has names that mean nothing: {', '.join(wrong)}.")
    missing = [each for each in NEEDED if each not in columns]
    if missing:
        raise BadMapping(f"The mapping {name} lacks the column {missing[0]}.")
    tables = tomllib.loads((folder / f"{DEPARTMENTS}.toml").read_text("utf-8"))
    return FacilityMapping(
        name=name,
        country=text["country"],
        system=text["system"],
        columns=columns,
        status=status,
        departments=tables[text["departments"]] if "departments" in text else {},
        code_digits=text.get("code_digits", 0),
        verified=text.get("verified", False),
    )
